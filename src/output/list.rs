//! `.outputs` in the folder of outputs: every path that gen owns. And the header, which says whose a file is.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use crate::config::MARK;
use crate::image::Digest;
use crate::output::write::{JOURNAL, TEMPORARY};
use crate::source::{Owner, ReadError, Refusal, Repository, conflict, is_mark, plain};

/// How many bytes of a file are looked at for the header.
pub(super) const HEAD: usize = 1024;

/// What gen owns: the listed paths, and whatever bears the header.
#[derive(Debug)]
pub struct Owned {
    owner: Owner,
    listed: BTreeSet<String>,
    /// Of listed paths outside of the folder that bear no header, the hash of what was written.
    hashes: BTreeMap<String, String>,
    /// Whether the list can be trusted: it is there, it is this matrix's, and a merge left no marks in it.
    whole: bool,
    /// Paths that a run which was cut short may have written before it came to the list.
    started: BTreeSet<String>,
}

impl Owned {
    /// Reads the list.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn read(repository: &Repository) -> Result<Self, ReadError> {
        let owner = repository.owner();
        let started = repository.bytes(&owner.path(JOURNAL))?.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.lines()
                .filter(|line| plain(line))
                .map(str::to_owned)
                .collect()
        });
        let mut owned = Owned {
            owner: owner.clone(),
            listed: BTreeSet::new(),
            hashes: BTreeMap::new(),
            whole: false,
            started: started.unwrap_or_default(),
        };
        let bytes = match repository.bytes(&owner.list()) {
            // Of outputs that lead away it is told when they are compared.
            Err(ReadError::Refused {
                why: Refusal::Outside,
                ..
            }) => None,
            read => read?,
        };
        let Some(bytes) = bytes else {
            return Ok(owned);
        };
        let other = made_from(&bytes).is_some_and(|made| made != owner.matrix());
        if !other {
            (owned.listed, owned.whole) = lines(&bytes);
            owned.hashes = hashes(&bytes);
        }
        Ok(owned)
    }

    /// Whether a file of that path is gen's, whatever it holds.
    pub fn lists(&self, path: &str) -> bool {
        let own = path.strip_prefix(&self.owner.folder());
        own.and_then(|own| own.strip_prefix('/'))
            .is_some_and(|own| {
                own == LIST
                    || own
                        .strip_prefix(TEMPORARY)
                        .is_some_and(|rest| rest.starts_with('/'))
            })
            || (self.whole && self.listed.contains(path))
    }

    /// Whether these bytes are those that gen wrote to a listed path, whose text bears no header.
    pub(super) fn wrote(&self, path: &str, bytes: &[u8]) -> bool {
        let hash = self.hashes.get(path);
        hash.is_some_and(|hash| *hash == Digest::of(bytes).to_string())
    }

    /// How the list names a path.
    pub(super) fn entry(&self, path: &str) -> String {
        match self.hashes.get(path) {
            Some(hash) => format!("{path}\t{hash}"),
            None => path.to_owned(),
        }
    }

    /// Whether gen has written nothing here yet.
    pub fn is_new(&self) -> bool {
        !self.whole && self.listed.is_empty() && self.started.is_empty()
    }

    /// Whether the list could be read whole.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Paths that a run which was cut short may have written. They are gen's only where they bear the header.
    pub fn started(&self) -> impl Iterator<Item = &str> {
        self.started.iter().map(String::as_str)
    }

    /// Listed paths.
    pub fn listed(&self) -> impl Iterator<Item = &str> {
        self.listed.iter().map(String::as_str)
    }
}

/// The list, in the folder of outputs.
const LIST: &str = ".outputs";

/// The paths of a list, and whether it is whole: no merge left marks in it.
pub(super) fn lines(bytes: &[u8]) -> (BTreeSet<String>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let whole = conflict(&text).is_none();
    let lines = text.lines().map(str::trim_end);
    let lines = lines.filter(|line| !line.starts_with('#') && !is_mark(line));
    let paths = lines.map(|line| line.split_once('\t').map_or(line, |(path, _)| path));
    let paths = paths.filter(|path| plain(path));
    (paths.map(str::to_owned).collect(), whole)
}

/// The hashes that a list states, by path. Where a merge left both sides, either may be what was written.
fn hashes(bytes: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(bytes);
    let stated = text
        .lines()
        .filter_map(|line| line.trim_end().split_once('\t'));
    stated
        .filter(|(path, _)| plain(path))
        .map(|(path, hash)| (path.to_owned(), hash.to_owned()))
        .collect()
}

/// Whether a file begins with gen's header, or, as JSON, says so in its first keys.
pub fn has_header(bytes: &[u8]) -> bool {
    header(bytes).is_some()
}

/// The path of the matrix file that the header of a file names.
pub fn made_from(bytes: &[u8]) -> Option<String> {
    let said = header(bytes)?;
    let end = [". Do not edit", ": change ", "\""]
        .iter()
        .filter_map(|end| said.find(end))
        .min()
        .unwrap_or(said.len());
    let path = said[..end].trim_end().trim_end_matches('.');
    plain(path).then(|| path.to_owned())
}

/// What follows the words by which a header is known, to the end of its line.
fn header(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(HEAD)];
    head.split(|b| *b == b'\n').take(4).find_map(|line| {
        let json = line.trim_ascii_start().strip_prefix(IN_JSON.as_bytes());
        let marked = || memmem::find(line, MARK.as_bytes()).map(|at| &line[at + MARK.len()..]);
        let said = String::from_utf8_lossy(json.or_else(marked)?);
        Some(said.trim_end_matches('\r').to_owned())
    })
}

/// How JSON says what made it.
const IN_JSON: &str = "\"generated\": \"by gen matrix from ";
