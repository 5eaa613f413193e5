//! Outputs in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::image::Digest;
use crate::output::block::Block;
use crate::output::list::has_header;
use crate::output::write::TEMPORARY;
use crate::source::lock_path;
use crate::source::{Owner, plain};

/// Tells git that its folder is generated.
const ATTRIBUTES: &str = ".gitattributes";

/// How many bytes a part of a path may have on the disks in use.
const LONGEST_PART: usize = 255;

/// One output.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Path from the root.
    pub path: String,
    /// Its bytes, with LF line ends. Of a Dockerfile they are those that its content was hashed from, and not theirs again.
    pub text: Arc<String>,
    /// Whether it is to be executable.
    pub executable: bool,
}

impl Planned {
    /// A text file.
    pub fn text(path: String, text: impl Into<Arc<String>>) -> Self {
        Planned {
            path,
            text: text.into(),
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
    /// Blocks of files that are the user's, by the path of the file.
    blocks: BTreeMap<String, Vec<Block>>,
    /// Folders of the files, and those above them.
    folders: FxHashSet<String>,
    /// All of these paths, by what a disk that ignores case takes them for.
    folded: FxHashMap<String, String>,
    header: String,
    owner: Owner,
    /// Paths that are the owner's otherwise.
    reserved: [String; 4],
}

/// Why an output cannot have its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no relative path below the root.
    Outside,
    /// An output is there already.
    Twice,
    /// Something is there, or on the way to it, or needs it for a folder.
    Taken,
    /// A disk that ignores case would take it for this other one.
    Case(String),
    /// A part of it, of so many bytes, is longer than disks can name.
    Long(usize),
}

impl Tree {
    /// A tree of the attributes file alone, for the outputs of that owner.
    pub fn new(header: String, owner: Owner) -> Self {
        let text = format!("# {header}\n* linguist-generated=true text eol=lf\n");
        let attributes = Planned::text(owner.path(ATTRIBUTES), text);
        let reserved = [
            owner.list(),
            owner.path(TEMPORARY),
            lock_path(owner.matrix()),
            owner.matrix().to_owned(),
        ];
        let mut tree = Tree {
            files: BTreeMap::new(),
            blocks: BTreeMap::new(),
            folders: FxHashSet::default(),
            folded: FxHashMap::default(),
            header,
            owner,
            reserved,
        };
        for path in tree.reserved.clone() {
            tree.folded.insert(folded(&path), path);
        }
        tree.put(attributes);
        tree
    }

    /// Adds an output.
    ///
    /// # Errors
    /// When it cannot have its path.
    pub fn add(&mut self, planned: Planned) -> Result<(), Refused> {
        let path = planned.path.as_str();
        if !plain(path) {
            return Err(Refused::Outside);
        }
        if self.contains(path) || self.blocks.contains_key(path) {
            return Err(Refused::Twice);
        }
        if self.takes(path) {
            return Err(Refused::Taken);
        }
        let longest = path.split('/').map(str::len).max().unwrap_or(0);
        if longest > LONGEST_PART {
            return Err(Refused::Long(longest));
        }
        // The folder of another output was looked at with it.
        for part in ways(path).filter(|way| !self.folders.contains(*way)) {
            let known = self.folded.get(&folded(part));
            if let Some(other) = known.filter(|other| *other != part) {
                return Err(Refused::Case(other.clone()));
            }
        }
        self.put(planned);
        Ok(())
    }

    /// Adds a block of a file that is the user's.
    ///
    /// # Errors
    /// When no such file can be at the path, or gen writes it, or the block is there already.
    pub fn add_block(&mut self, path: &str, block: Block) -> Result<(), Refused> {
        if !plain(path) {
            return Err(Refused::Outside);
        }
        if self.contains(path) {
            return Err(Refused::Twice);
        }
        if self.takes(path) {
            return Err(Refused::Taken);
        }
        let blocks = self.blocks.entry(path.to_owned()).or_default();
        if blocks.iter().any(|other| other.name == block.name) {
            return Err(Refused::Twice);
        }
        blocks.push(block);
        Ok(())
    }

    /// The files of the user's that hold blocks, with these, sorted by path.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = (&str, &[Block])> {
        let all = self.blocks.iter();
        all.map(|(path, blocks)| (path.as_str(), blocks.as_slice()))
    }

    fn put(&mut self, planned: Planned) {
        let path = planned.path.clone();
        let mut folder = path.as_str();
        self.folded.insert(folded(&path), path.clone());
        while let Some((above, _)) = folder.rsplit_once('/') {
            if !self.folders.insert(above.to_owned()) {
                break;
            }
            self.folded.insert(folded(above), above.to_owned());
            folder = above;
        }
        self.files.insert(path, Arc::new(planned));
    }

    /// Whether something stands at the path already, or on the way to it, or needs it for a folder.
    fn takes(&self, path: &str) -> bool {
        let file =
            |path: &str| self.files.contains_key(path) || self.reserved.iter().any(|r| r == path);
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

    /// The list of owned paths: all outputs but those in `strange`, and those in `kept` that are none any more, as the list
    /// names them.
    pub fn list(&self, strange: &BTreeSet<&str>, kept: &BTreeSet<String>) -> Planned {
        let mut list = format!("# {}\n", self.header);
        let outputs = self.files.values();
        let outputs = outputs.filter(|planned| !strange.contains(planned.path.as_str()));
        let outputs = outputs.map(|planned| self.entry(planned));
        let all: BTreeSet<String> = outputs.chain(kept.iter().cloned()).collect();
        for entry in all {
            list.push_str(&entry);
            list.push('\n');
        }
        Planned::text(self.owner.list(), list)
    }

    /// How the list names an output: by its path; outside of the folder, what bears no header also by the hash of its bytes.
    fn entry(&self, planned: &Planned) -> String {
        let path = &planned.path;
        let inside = path.starts_with(&self.owner.path(""));
        if inside || has_header(planned.text.as_bytes()) {
            return path.clone();
        }
        format!("{path}\t{}", Digest::of(planned.text.as_bytes()))
    }

    /// Whose outputs they are.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The outputs, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Planned>> {
        self.files.values()
    }

    /// The output of that path.
    pub fn get(&self, path: &str) -> Option<&Arc<Planned>> {
        self.files.get(path)
    }

    /// Whether an output has this path.
    pub fn contains(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Number of outputs, and of files that hold blocks.
    pub fn len(&self) -> usize {
        self.files.len() + self.blocks.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a disk that ignores case takes a path for.
pub(super) fn folded(path: &str) -> String {
    path.to_lowercase()
}

/// A path and each folder on the way to it.
fn ways(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .map(|(at, _)| &path[..at])
        .chain([path])
}
