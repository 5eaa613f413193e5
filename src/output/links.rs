//! Which paths lead through symbolic links.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::fs;
use std::io;

use rustc_hash::FxHashSet;

use crate::source::{PathKind, Repository};

/// Whether a symbolic link stands at a path from the root, or leads there.
pub fn is_linked(repository: &Repository, path: &str) -> bool {
    Links::new(repository).look(path) == PathKind::Linked
}

/// The first of some paths from the root at which a symbolic link stands, or that lead through one.
pub fn first_linked(
    repository: &Repository,
    mut paths: impl Iterator<Item = String>,
) -> Option<String> {
    let mut links = Links::new(repository);
    paths.find(|path| links.look(path) == PathKind::Linked)
}

/// Looks at paths below the root, at each folder on the way once.
pub(super) struct Links<'a> {
    repository: &'a Repository,
    /// Folders that were there and no links.
    known: FxHashSet<String>,
}

impl<'a> Links<'a> {
    pub(super) fn new(repository: &'a Repository) -> Self {
        Links {
            repository,
            known: FxHashSet::default(),
        }
    }

    /// What stands at a path from the root.
    pub(super) fn look(&mut self, path: &str) -> PathKind {
        if let Some((folder, _)) = path.rsplit_once('/') {
            match self.folder(folder) {
                PathKind::Folder => {}
                PathKind::File | PathKind::Special => return PathKind::Nothing,
                other => return other,
            }
        }
        self.one(path)
    }

    /// Makes the folder of a path, and those above it.
    ///
    /// # Errors
    /// When one cannot be made, or is a link.
    pub(super) fn make_folder_of(&mut self, path: &str) -> io::Result<()> {
        let Some((folder, _)) = path.rsplit_once('/') else {
            return Ok(());
        };
        // What can be made was not there, and needs no look.
        let above = folder.rsplit_once('/').map_or("", |(above, _)| above);
        if !self.known.contains(folder)
            && self.known.contains(above)
            && fs::create_dir(self.repository.absolute(folder)).is_ok()
        {
            self.known.insert(folder.to_owned());
            return Ok(());
        }
        match self.folder(folder) {
            PathKind::Folder => Ok(()),
            PathKind::Linked => Err(io::Error::other("the path leads through a symbolic link")),
            PathKind::Nothing | PathKind::File | PathKind::Special => {
                fs::create_dir_all(self.repository.absolute(folder))
            }
        }
    }

    fn folder(&mut self, folder: &str) -> PathKind {
        if self.known.contains(folder) {
            return PathKind::Folder;
        }
        if let Some((above, _)) = folder.rsplit_once('/') {
            let standing = self.folder(above);
            if standing != PathKind::Folder {
                return standing;
            }
        }
        let standing = self.one(folder);
        if standing == PathKind::Folder {
            self.known.insert(folder.to_owned());
        }
        standing
    }

    fn one(&self, path: &str) -> PathKind {
        match fs::symlink_metadata(self.repository.absolute(path)) {
            Err(_) => PathKind::Nothing,
            Ok(meta) => PathKind::of(meta.file_type()),
        }
    }
}
