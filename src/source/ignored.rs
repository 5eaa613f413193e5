//! Which files that are there git ignores and does not track: no clone has them.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::Gitignore;

use crate::source::repository::slashes;
use crate::source::worktree::Worktree;
use crate::source::{Origin, Repository};

/// A line of a `.gitignore` that keeps something out of git.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IgnoreLine {
    /// The file, from the root; `None` where it lies above that.
    pub file: Option<String>,
    /// Its pattern, as it is written there.
    pub pattern: String,
}

/// What was read of `.gitignore`s, by the folder they lie in, and of which folders they close.
#[derive(Default)]
struct Lists {
    read: HashMap<PathBuf, Option<Gitignore>>,
    closed: HashMap<PathBuf, Option<IgnoreLine>>,
}

impl Repository {
    /// Of files and folders that are there, those that git ignores and does not track, each with the line that says so.
    /// Without git, none. git is asked only where a `.gitignore` speaks of one.
    pub fn ignored(&self, paths: impl IntoIterator<Item = String>) -> Vec<(String, IgnoreLine)> {
        let mut lists = Lists::default();
        let mut tops = self.root().ancestors();
        let top = tops.find(|folder| Worktree::is_top(folder));
        let Some(top) = top.filter(|_| self.snapshot().is_none()) else {
            return Vec::new();
        };
        // Where git was asked already, only what it did not name is looked for in lists.
        let told = self.known_members();
        let told = told.filter(|members| *members.origin() == Origin::Worktree);
        let paths = paths.into_iter();
        let paths = paths.filter(|path| !told.is_some_and(|members| members.has(path)));
        let spoken = paths.filter_map(|path| {
            let line = self.deciding(top, &path, &mut lists)?;
            Some((path, line))
        });
        let spoken: Vec<(String, IgnoreLine)> = spoken.collect();
        if spoken.is_empty() || *self.members().origin() != Origin::Worktree {
            return Vec::new();
        }
        let untracked = spoken.into_iter().filter(|(path, _)| {
            let is_folder = self.is_folder(path);
            let folder = match path.rsplit_once('/') {
                _ if is_folder => path.as_str(),
                Some((folder, _)) => folder,
                None => ".",
            };
            let below = self.members().below(folder);
            let mut files = below.files.iter();
            below.absent.is_empty()
                && !files.any(|(known, _)| is_folder || known == path.as_bytes())
        });
        untracked.collect()
    }

    /// The line by which git ignores a path that is there: of the folders on the way, or of itself.
    fn deciding(&self, top: &Path, path: &str, lists: &mut Lists) -> Option<IgnoreLine> {
        let full = self.absolute(path);
        let folder = full.parent()?;
        let line = match self.closed(top, folder, lists) {
            Some(line) => Some(line),
            None => {
                let as_file = self.line(top, &full, false, lists);
                let as_folder = self.line(top, &full, true, lists);
                // Only of what a list speaks of is the disk asked what it is.
                let spoken = as_file.is_some() || as_folder.is_some();
                match spoken && full.is_dir() {
                    true => as_folder,
                    false => as_file,
                }
            }
        };
        line.filter(|_| full.exists())
    }

    /// The line by which git ignores a folder, or one that it lies in: what is in there cannot be taken in again.
    fn closed(&self, top: &Path, folder: &Path, lists: &mut Lists) -> Option<IgnoreLine> {
        if folder == top || !folder.starts_with(top) {
            return None;
        }
        if let Some(known) = lists.closed.get(folder) {
            return known.clone();
        }
        let above = folder.parent();
        let line = above.and_then(|above| self.closed(top, above, lists));
        let line = line.or_else(|| self.line(top, folder, true, lists));
        lists.closed.insert(folder.to_owned(), line.clone());
        line
    }

    /// The line by which git ignores an entry, whatever is said of the folders that it lies in.
    fn line(
        &self,
        top: &Path,
        entry: &Path,
        is_folder: bool,
        lists: &mut Lists,
    ) -> Option<IgnoreLine> {
        let folders = entry.ancestors().skip(1);
        let mut folders = folders.take_while(|folder| folder.starts_with(top));
        folders.find_map(|folder| {
            let list = lists.read.entry(folder.to_owned()).or_insert_with(|| {
                let file = folder.join(".gitignore");
                file.is_file().then(|| Gitignore::new(file).0)
            });
            match list.as_ref()?.matched(entry, is_folder) {
                Match::None => None,
                Match::Whitelist(_) => Some(None),
                Match::Ignore(glob) => {
                    let file = folder.join(".gitignore");
                    let file = file.strip_prefix(self.root()).ok().map(slashes);
                    let pattern = glob.original().to_owned();
                    Some(Some(IgnoreLine { file, pattern }))
                }
            }
        })?
    }
}
