//! Files of the library with their new texts, in memory, in place of what is on disk.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::locate;
use crate::output::Edit;
use crate::source::{Repository, SourceFile};

/// A file that is rewritten.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// As it is on disk; `None` when it is not there.
    pub before: Option<Arc<SourceFile>>,
    /// As it will be.
    pub edit: Edit,
}

/// The repository with the texts that are planned so far.
#[derive(Debug)]
pub(super) struct Texts<'a> {
    disk: &'a Repository,
    now: Repository,
    edited: BTreeMap<String, Arc<SourceFile>>,
}

impl<'a> Texts<'a> {
    pub(super) fn new(disk: &'a Repository) -> Self {
        Texts {
            disk,
            now: disk.with([]),
            edited: BTreeMap::new(),
        }
    }

    /// The repository as if all of it were written.
    pub(super) fn now(&self) -> &Repository {
        &self.now
    }

    /// Whether a file has a text other than on disk.
    pub(super) fn has(&self, path: &str) -> bool {
        self.edited.contains_key(path)
    }

    /// Puts a text in its place.
    pub(super) fn put(&mut self, path: &str, text: String) {
        let file = SourceFile::new(path, text);
        self.edited.insert(path.to_owned(), file.clone());
        self.now.lay(file);
    }

    /// Carries out edits of a file as it is now. They do not overlap; none change nothing.
    pub(super) fn edit(&mut self, file: &SourceFile, edits: Vec<locate::Edit>) {
        if !edits.is_empty() {
            self.put(&file.path, file.edited(edits));
        }
    }

    /// What is rewritten, the matrix file last.
    pub(super) fn finish(self) -> (Repository, Vec<Rewritten>) {
        let matrix = self.disk.matrix_path();
        let (last, mut files): (Vec<_>, Vec<_>) = self
            .edited
            .into_iter()
            .partition(|(path, _)| path == matrix);
        files.extend(last);
        let files = files.into_iter().filter_map(|(path, file)| {
            let before = self.disk.text(&path);
            let text = file.text.clone();
            let same = before.as_ref().is_some_and(|b| b.text == text);
            (!same).then_some(Rewritten {
                before,
                edit: Edit { path, text },
            })
        });
        (self.now, files.collect())
    }
}
