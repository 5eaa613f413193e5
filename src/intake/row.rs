//! One image as another tool's file states it, and what is told of a file besides.

use indexmap::IndexMap;

use crate::grammar::reference::{given_tag_fault, path_fault, split_prefix};

/// More rows than this are refused: what is put together of them takes time.
pub(super) const MOST_ROWS: usize = 5_000;

/// `host/path` and a tag.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Reference {
    /// Host and path: `docker.io/acme/base`.
    pub(super) repository: String,
    pub(super) tag: String,
}

impl Reference {
    /// Reads a reference; without a tag it is `latest`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some((_, digest)) = text.split_once('@') {
            return Err(format!("it names the digest `{digest}`, which nobody puts"));
        }
        let (name, tag) = match text.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, tag),
            _ => (text, "latest"),
        };
        let (host, path) = match name.contains('/') {
            true => split_prefix(name),
            false => ("docker.io", name),
        };
        let host = host.to_ascii_lowercase();
        let library = match host == "docker.io" && !path.contains('/') {
            true => "library/",
            false => "",
        };
        let path = format!("{library}{path}");
        if let Some(fault) = path_fault(&path) {
            return Err(fault);
        }
        if let Some(fault) = given_tag_fault(tag) {
            return Err(fault);
        }
        Ok(Reference {
            repository: format!("{host}/{path}"),
            tag: tag.to_owned(),
        })
    }

    /// Folder and last part of the repository.
    pub(super) fn split(&self) -> (&str, &str) {
        split(&self.repository)
    }
}

/// Folder and last part of a repository.
pub(super) fn split(repository: &str) -> (&str, &str) {
    repository.rsplit_once('/').unwrap_or(("", repository))
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.repository, self.tag)
    }
}

/// One image that is built.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// The line of the file that states it.
    pub(super) line: usize,
    /// What it is called there: `build (python=3.12)`.
    pub(super) called: String,
    /// What it is pushed as, its own reference first.
    pub(super) references: Vec<Reference>,
    /// In declared order; none: the builder's own.
    pub(super) platforms: Vec<String>,
    pub(super) args: IndexMap<String, String>,
    /// The image it stands on, where the file says so.
    pub(super) base: Option<String>,
    pub(super) dockerfile: Option<String>,
    /// Folder sent to the builder, where the file says so.
    pub(super) context: Option<String>,
    pub(super) target: Option<String>,
    /// What the file varies: axes, if anything is.
    pub(super) variables: IndexMap<String, String>,
}

/// How much a word about a file weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is not in the declaration.
    Unsaid,
    /// It is, and looks like a slip.
    Odd,
}

/// Something to know of a file, with its line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// One-based.
    pub line: usize,
    /// How much it weighs.
    pub weight: Weight,
    /// The fact, and what to do.
    pub what: String,
}

/// What a file says: the images, and what is told of it.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) rows: Vec<Row>,
    pub(super) told: Vec<Told>,
}

impl Gathered {
    pub(super) fn unsaid(&mut self, line: usize, what: impl Into<String>) {
        self.tell(line, Weight::Unsaid, what.into());
    }

    pub(super) fn odd(&mut self, line: usize, what: impl Into<String>) {
        self.tell(line, Weight::Odd, what.into());
    }

    fn tell(&mut self, line: usize, weight: Weight, what: String) {
        self.told.push(Told { line, weight, what });
    }
}

/// A path of a repository without what says nothing: `./docker/` is `docker`; `None` where it leads out or is no path here.
pub(super) fn path(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with(['/', '-']) || text.contains("://") || text.contains(['\0', '\n', '\\']) {
        return None;
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(match parts.is_empty() {
        true => ".".to_owned(),
        false => parts.join("/"),
    })
}

/// The folder of a file.
pub(super) fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

/// `folder/name`, or the name alone in the root.
pub(super) fn below(folder: &str, name: &str) -> String {
    match folder {
        "." => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
