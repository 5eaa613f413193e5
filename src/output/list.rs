//! `generated/.outputs`: every path that gen owns.

use std::collections::BTreeSet;

use crate::emit::MARK;
use crate::output::write::{JOURNAL, NOTE, TEMPORARY};
use crate::source::{ReadError, Refusal, Repository, plain};

/// Where the list stands.
pub const LIST: &str = "generated/.outputs";

/// How many bytes of a file are looked at for the header.
const HEAD: usize = 1024;

/// What gen owns: the listed paths, and whatever bears the header.
#[derive(Debug, Default)]
pub struct Owned {
    listed: BTreeSet<String>,
    /// Whether the list can be trusted: it is there, and a merge left no marks in it.
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
        let started = repository.bytes(JOURNAL)?.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.lines()
                .filter(|line| plain(line))
                .map(str::to_owned)
                .collect()
        });
        let mut owned = Owned {
            started: started.unwrap_or_default(),
            ..Owned::default()
        };
        let bytes = match repository.bytes(LIST) {
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
        let text = String::from_utf8_lossy(&bytes);
        owned.whole = true;
        for line in text.lines().map(str::trim_end) {
            if ["<<<<<<<", "=======", ">>>>>>>", "|||||||"]
                .iter()
                .any(|mark| line.starts_with(mark))
            {
                owned.whole = false;
            } else if !line.is_empty() && !line.starts_with('#') && plain(line) {
                owned.listed.insert(line.to_owned());
            }
        }
        Ok(owned)
    }

    /// Whether a file of that path and content is gen's.
    pub fn claims(&self, path: &str, bytes: &[u8]) -> bool {
        self.lists(path) || has_header(bytes)
    }

    /// Whether a file of that path is gen's, whatever it holds.
    pub fn lists(&self, path: &str) -> bool {
        [LIST, NOTE].contains(&path)
            || path
                .strip_prefix(TEMPORARY)
                .is_some_and(|rest| rest.starts_with('/'))
            || (self.whole && self.listed.contains(path))
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

/// Whether a file begins with gen's header, or, as JSON, says so in its first keys.
pub fn has_header(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    head.lines().take(4).any(|line| {
        line.contains(MARK)
            || line
                .trim_start()
                .starts_with("\"generated\": \"by gen matrix from ")
    })
}
