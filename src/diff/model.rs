//! What differs between two revisions, as data. It serialises to what `docs/diff.md` describes.

use serde::{Serialize, Serializer};

use crate::emit::Jobs;
use crate::lock::InputChange;

/// Version of the format of the JSON. Raised when a field changes its meaning or goes; new fields do not raise it.
pub const FORMAT: u32 = 1;

/// What differs between two revisions.
#[derive(Debug, Serialize)]
pub struct Diff {
    /// [`FORMAT`].
    pub version: u32,
    /// The matrix as it was.
    pub old: Summary,
    /// The matrix as it is.
    pub new: Summary,
    /// Number of platform images whose content was not there before.
    pub rebuilds: usize,
    /// Specs that came, in declared order.
    pub added: Vec<Listed>,
    /// Specs that went, in declared order.
    pub removed: Vec<Listed>,
    /// Specs of other content, in declared order.
    pub changed: Vec<Changed>,
    /// References that stand for something else.
    pub tags: Tags,
}

/// One revision as a whole.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// What it is called.
    pub revision: String,
    /// Its release, when it states one.
    pub release: Option<String>,
    /// Number of specs.
    pub specs: usize,
    /// Number of platform images to build when none is there.
    pub builds: usize,
    /// What each pipeline would run then.
    pub jobs: Vec<Jobs>,
}

/// A spec that is there on one side alone.
#[derive(Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its full references, home first.
    pub references: Vec<String>,
    /// Its platforms.
    pub platforms: Vec<String>,
    /// The upstream image or the id of the spec it stands on.
    pub from: Option<String>,
}

/// A spec whose content changed.
#[derive(Debug, Serialize)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// Its content before.
    pub old: String,
    /// Its content now.
    pub new: String,
    /// Its inputs that changed.
    pub changes: Vec<InputChange>,
    /// Lines of its Dockerfile that came or went, but for what it stands on and the values of args.
    pub dockerfile: Vec<Line>,
    /// Files of its context that came, went or changed, by path.
    pub files: Vec<File>,
}

impl Changed {
    /// Whether all of the cause lies in what it stands on.
    pub fn follows(&self) -> bool {
        self.changes.iter().all(InputChange::follows)
    }
}

/// A line that came or went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Line {
    /// It went.
    Old(String),
    /// It came.
    New(String),
}

/// As in a diff: `+` or `-`, and the line.
impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Line::Old(line) => write!(f, "-{line}"),
            Line::New(line) => write!(f, "+{line}"),
        }
    }
}

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A file of a context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct File {
    /// Its path in the context.
    pub path: String,
    /// What happened to it.
    pub how: How,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum How {
    /// It came.
    Added,
    /// It went.
    Removed,
    /// Its bytes, its executable bit or its kind changed.
    Changed,
}

impl How {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            How::Added => "added",
            How::Removed => "removed",
            How::Changed => "changed",
        }
    }
}

/// References at home that stand for something else, in declared order. Copies in other registries follow them.
#[derive(Debug, Default, Serialize)]
pub struct Tags {
    /// Those that are on both sides, and stand for another spec or content.
    pub moved: Vec<Moved>,
    /// Those that came.
    pub new: Vec<Tag>,
    /// Those that nothing puts any more. What a former release published stays, and is not among them.
    pub gone: Vec<Tag>,
}

impl Tags {
    /// The references that moved and never may, since they print the release.
    pub fn overwritten(&self) -> Vec<&str> {
        let moved = self.moved.iter().filter(|tag| tag.immutable);
        moved.map(|tag| tag.reference.as_str()).collect()
    }

    /// The references that moved as they may.
    pub fn moving(&self) -> Vec<&Moved> {
        self.moved.iter().filter(|tag| !tag.immutable).collect()
    }
}

/// A reference that stands for another spec or content.
#[derive(Debug, Serialize)]
pub struct Moved {
    /// The full reference.
    pub reference: String,
    /// Whether it prints the release, and may therefore never move.
    pub immutable: bool,
    /// What it stood for.
    pub old: Place,
    /// What it stands for.
    pub new: Place,
}

/// What a reference stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Id of the spec.
    pub spec: String,
    /// Its content.
    pub content: String,
}

/// A reference with the spec that has it.
#[derive(Debug, Serialize)]
pub struct Tag {
    /// The full reference.
    pub reference: String,
    /// Id of the spec.
    pub spec: String,
}
