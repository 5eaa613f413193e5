//! Outputs in memory.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use crate::lock;
use crate::output::list::LIST;
use crate::output::write::{NOTE, TEMPORARY};
use crate::source::plain;

/// Tells git that its folder is generated.
const ATTRIBUTES: &str = "generated/.gitattributes";

/// One output.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Path from the root.
    pub path: String,
    /// Its bytes, with LF line ends.
    pub text: String,
    /// Whether it is to be executable.
    pub executable: bool,
}

impl Planned {
    /// A text file.
    pub fn text(path: String, text: String) -> Self {
        Planned {
            path,
            text,
            executable: false,
        }
    }

    /// The same, executable.
    pub fn executable(self) -> Self {
        Planned {
            executable: true,
            ..self
        }
    }
}

/// All outputs but the list of them, by path.
#[derive(Debug)]
pub struct Tree {
    files: BTreeMap<String, Arc<Planned>>,
    /// Folders of the files, and those above them.
    folders: HashSet<String>,
    header: String,
    matrix: String,
    lock: String,
}

impl Tree {
    /// A tree of the attributes file alone, for the matrix file of that path.
    pub fn new(header: String, matrix: String) -> Self {
        let text = format!("# {header}\n* linguist-generated=true text eol=lf\n");
        let attributes = Planned::text(ATTRIBUTES.to_owned(), text);
        Tree {
            files: BTreeMap::from([(ATTRIBUTES.to_owned(), Arc::new(attributes))]),
            folders: HashSet::from(["generated".to_owned()]),
            header,
            lock: lock::path(&matrix),
            matrix,
        }
    }

    /// Adds an output.
    ///
    /// # Errors
    /// Gives the path back when it is taken, or is not a plain relative path below the root.
    pub fn add(&mut self, planned: Planned) -> Result<(), String> {
        if self.takes(&planned.path) || !plain(&planned.path) {
            return Err(planned.path);
        }
        let mut folder = planned.path.as_str();
        while let Some((above, _)) = folder.rsplit_once('/') {
            if !self.folders.insert(above.to_owned()) {
                break;
            }
            folder = above;
        }
        self.files.insert(planned.path.clone(), Arc::new(planned));
        Ok(())
    }

    /// Whether something stands at the path already, or on the way to it, or needs it for a folder.
    pub fn takes(&self, path: &str) -> bool {
        let file = |path: &str| {
            self.files.contains_key(path)
                || path == LIST
                || path == NOTE
                || path == TEMPORARY
                || path == self.matrix
                || path == self.lock
        };
        let mut way = path;
        while let Some((above, _)) = way.rsplit_once('/') {
            if self.folders.contains(above) {
                break;
            }
            if file(above) {
                return true;
            }
            way = above;
        }
        file(path) || self.folders.contains(path)
    }

    /// The list of owned paths: all outputs but those in `strange`.
    pub fn list(&self, strange: &BTreeSet<&str>) -> Planned {
        let mut list = format!("# {}\n", self.header);
        for path in self.files.keys().filter(|p| !strange.contains(p.as_str())) {
            list.push_str(path);
            list.push('\n');
        }
        Planned::text(LIST.to_owned(), list)
    }

    /// The outputs, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Planned>> {
        self.files.values()
    }

    /// Whether an output has this path.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Number of outputs.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}
