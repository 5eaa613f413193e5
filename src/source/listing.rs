//! What folders hold, each listed once in a run.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::source::Repository;

/// What stands at a name, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PathKind {
    /// Nothing.
    Nothing,
    /// A symbolic link, or something behind one.
    Linked,
    /// A folder.
    Folder,
    /// A regular file.
    File,
    /// A device, a pipe, a socket.
    Special,
}

/// What one folder holds.
#[derive(Debug, Default)]
pub struct Listing {
    /// By name, sorted.
    entries: Vec<(String, PathKind)>,
    /// Names that are no text, as people may read them.
    pub unreadable: Vec<String>,
    /// Why it could not be listed, or not to its end.
    pub fault: Option<io::ErrorKind>,
}

impl Listing {
    fn of(folder: &std::path::Path) -> Self {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                listing.fault = Some(error.kind());
                return listing;
            }
        };
        for entry in entries {
            match entry.and_then(|entry| Ok((entry.file_type()?, entry.file_name()))) {
                Ok((kind, name)) => match name.into_string() {
                    Ok(name) => listing.entries.push((name, PathKind::of(kind))),
                    Err(name) => listing.unreadable.push(name.to_string_lossy().into_owned()),
                },
                Err(error) => listing.fault = Some(error.kind()),
            }
        }
        listing.entries.sort_unstable();
        listing.unreadable.sort_unstable();
        listing
    }

    fn absent() -> Self {
        Listing {
            fault: Some(io::ErrorKind::NotFound),
            ..Listing::default()
        }
    }

    /// The names with what stands there, sorted.
    pub fn entries(&self) -> impl Iterator<Item = (&str, PathKind)> {
        self.entries.iter().map(|(name, kind)| (&**name, *kind))
    }

    /// What stands at a name.
    pub fn standing(&self, name: &str) -> PathKind {
        let at = self
            .entries
            .binary_search_by(|(known, _)| (**known).cmp(name));
        at.map_or(PathKind::Nothing, |at| self.entries[at].1)
    }
}

impl PathKind {
    /// Of what the file system says of it.
    pub fn of(kind: fs::FileType) -> Self {
        if kind.is_symlink() {
            PathKind::Linked
        } else if kind.is_dir() {
            PathKind::Folder
        } else if kind.is_file() {
            PathKind::File
        } else {
            PathKind::Special
        }
    }
}

/// The folders that were listed, by path from the root.
#[derive(Debug, Default)]
pub(super) struct Listings(Mutex<FxHashMap<String, Arc<Listing>>>);

impl Repository {
    /// What a folder of the worktree holds, as it was when this was first asked.
    pub fn listing(&self, folder: &str) -> Arc<Listing> {
        let known = &self.listings().0;
        let listed = known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = listed.get(folder) {
            return listing.clone();
        }
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        let nothing = |known: &&Arc<Listing>| known.fault == Some(io::ErrorKind::NotFound);
        let absent = listed.get(above).filter(nothing).map(|_| Listing::absent());
        drop(listed);
        let listing = Arc::new(absent.unwrap_or_else(|| Listing::of(&self.absolute(folder))));
        if listing.fault == Some(io::ErrorKind::NotFound) && !folder.is_empty() {
            // Before a first run, folders by the thousand are absent for want of one above them.
            self.listing(above);
        }
        let mut listed = known.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(folder.to_owned(), listing.clone());
        listing
    }
}
