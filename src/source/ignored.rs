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

impl Repository {
    /// Of files and folders that are there, those that git ignores and does not track, each with the line that says so.
    /// Without git, none. git is asked only where a `.gitignore` speaks of one.
    pub fn ignored(&self, paths: impl IntoIterator<Item = String>) -> Vec<(String, IgnoreLine)> {
        let mut lists = HashMap::new();
        let mut tops = self.root().ancestors();
        let top = tops.find(|folder| Worktree::is_top(folder));
        let Some(top) = top.filter(|_| self.snapshot().is_none()) else {
            return Vec::new();
        };
        let spoken = paths.into_iter().filter_map(|path| {
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
    fn deciding(
        &self,
        top: &Path,
        path: &str,
        lists: &mut HashMap<PathBuf, Option<Gitignore>>,
    ) -> Option<IgnoreLine> {
        let full = self.absolute(path);
        if !full.exists() {
            return None;
        }
        let mut way: Vec<&Path> = full.ancestors().take_while(|one| *one != top).collect();
        way.reverse();
        // What lies in an ignored folder cannot be taken in again.
        way.into_iter().find_map(|one| {
            let is_folder = one != full || full.is_dir();
            let folders = one.ancestors().skip(1);
            let mut folders = folders.take_while(|folder| folder.starts_with(top));
            let decided = folders.find_map(|folder| {
                let list = lists.entry(folder.to_owned()).or_insert_with(|| {
                    let file = folder.join(".gitignore");
                    file.is_file().then(|| Gitignore::new(file).0)
                });
                match list.as_ref()?.matched(one, is_folder) {
                    Match::None => None,
                    Match::Whitelist(_) => Some(None),
                    Match::Ignore(glob) => {
                        let file = folder.join(".gitignore");
                        let file = file.strip_prefix(self.root()).ok().map(slashes);
                        let pattern = glob.original().to_owned();
                        Some(Some(IgnoreLine { file, pattern }))
                    }
                }
            });
            decided.flatten()
        })
    }
}
