//! What stands below the folder of outputs besides those that are rendered.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;

use crate::output::list::{HEAD, made_from};
use crate::output::tree::Tree;
use crate::output::write::TEMPORARY;
use crate::source::Repository;

/// Files that bear gen's header, with the matrix file that it names, sorted; and names that are no text.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub made: Vec<(String, String)>,
    /// As people may read them.
    pub unreadable: Vec<String>,
}

/// Looks through the folder of a matrix, but for the folders of others in it. Links are not followed.
pub(super) fn found(repository: &Repository, tree: &Tree) -> Found {
    let owner = tree.owner();
    let family = repository.family().listed().iter();
    let others = family.filter(|other| *other != owner).map(|o| o.folder());
    let mut passed: Vec<String> = others.collect();
    passed.push(owner.path(TEMPORARY));
    let mut found = Found::default();
    let mut folders = vec![(owner.folder(), repository.absolute(&owner.folder()))];
    while let Some((folder, at)) = folders.pop() {
        let Ok(entries) = fs::read_dir(&at) else {
            continue;
        };
        for entry in entries.flatten() {
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                let name = name.to_string_lossy();
                found.unreadable.push(format!("{folder}/{name}"));
                continue;
            };
            let path = format!("{folder}/{name}");
            if kind.is_dir() {
                if !passed.contains(&path) {
                    folders.push((path, entry.path()));
                }
            } else if kind.is_file() && !tree.contains(&path) {
                let made = head(entry.path()).and_then(|head| made_from(&head));
                found.made.extend(made.map(|made| (path, made)));
            }
        }
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
