//! Outputs in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::output::list::LIST;

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
    header: String,
}

impl Tree {
    /// An empty tree.
    pub fn new(header: String) -> Self {
        Tree {
            files: BTreeMap::new(),
            header,
        }
    }

    /// Adds an output.
    ///
    /// # Errors
    /// Gives the path back when it is taken, or is not a plain relative path below the root.
    pub fn add(&mut self, planned: Planned) -> Result<(), String> {
        let taken = self.files.contains_key(&planned.path)
            || planned.path == LIST
            || planned.path == "matrix.toml";
        if taken || !plain(&planned.path) {
            return Err(planned.path);
        }
        self.files.insert(planned.path.clone(), Arc::new(planned));
        Ok(())
    }

    /// Adds the attributes file; call when all else is in.
    pub fn close(mut self) -> Self {
        let attributes = "generated/.gitattributes";
        let text = format!("# {}\n* linguist-generated=true text eol=lf\n", self.header);
        self.files.insert(
            attributes.to_owned(),
            Arc::new(Planned::text(attributes.to_owned(), text)),
        );
        self
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

/// Whether a path is relative and stays below the root.
pub(super) fn plain(path: &str) -> bool {
    !path.is_empty()
        && !path.contains(['\\', ':'])
        && !path.chars().any(char::is_control)
        && path
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..")
        && !path.starts_with(".git/")
}
