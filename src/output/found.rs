//! What stands below the folder of outputs besides those that are rendered.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::output::links::Links;
use crate::output::list::{HEAD, made_from};
use crate::output::tree::Tree;
use crate::output::write::TEMPORARY;
use crate::source::{Listing, PathKind, Repository};

/// What stands below the folder of a matrix.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Files that no output is, and that bear gen's header, with the matrix file that it names, sorted.
    pub made: Vec<(String, String)>,
    /// Names that are no text, as people may read them.
    pub unreadable: Vec<String>,
    /// Every folder that no link leads to, with what it holds.
    folders: FxHashMap<String, Arc<Listing>>,
}

impl Found {
    /// What stands at a path, where its folder was looked at.
    pub(super) fn standing(&self, path: &str) -> Option<PathKind> {
        let (folder, name) = path.rsplit_once('/')?;
        let listing = self.folders.get(folder)?;
        Some(listing.standing(name))
    }
}

/// Looks through the folder of a matrix, but for the folders of others in it. Links are not followed.
pub(super) fn found(repository: &Repository, tree: &Tree) -> Found {
    let owner = tree.owner();
    let family = repository.family().listed().iter();
    let others = family.filter(|other| *other != owner).map(|o| o.folder());
    let mut passed: Vec<String> = others.collect();
    passed.push(owner.path(TEMPORARY));
    let mut found = Found::default();
    if Links::new(repository).look(&owner.folder()) != PathKind::Folder {
        return found;
    }
    let mut folders = vec![owner.folder()];
    while let Some(folder) = folders.pop() {
        let listing = repository.listing(&folder);
        for (name, kind) in listing.entries() {
            if !matches!(kind, PathKind::Folder | PathKind::File) {
                continue;
            }
            let path = format!("{folder}/{name}");
            if kind == PathKind::Folder {
                if !passed.contains(&path) {
                    folders.push(path);
                }
            } else if !tree.contains(&path) {
                let made = head(repository.absolute(&path)).and_then(|head| made_from(&head));
                found.made.extend(made.map(|made| (path, made)));
            }
        }
        let names = listing.unreadable.iter();
        found
            .unreadable
            .extend(names.map(|name| format!("{folder}/{name}")));
        found.folders.insert(folder, listing);
    }
    found.made.sort();
    found.unreadable.sort();
    found
}

/// The bytes of a file that its header is in.
fn head(path: PathBuf) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let file = File::open(path).ok()?;
    let limit = u64::try_from(HEAD).unwrap_or(u64::MAX);
    file.take(limit).read_to_end(&mut head).ok()?;
    Some(head)
}
