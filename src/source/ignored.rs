//! Which files that are there git ignores and does not track: no clone has them.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::source::ignorelist::{IgnoreList, Said};
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

/// What was read of `.gitignore`s, by the folder they lie in, and of which folders they close. Paths are told from the top
/// of the worktree, which is the empty one.
struct Lists<'t> {
    top: &'t Path,
    read: HashMap<String, Option<IgnoreList>>,
    closed: HashMap<String, Option<Line>>,
}

/// The list that decides, by its folder, and its pattern.
type Line = (String, String);

impl Repository {
    /// Of files and folders that are there, those that git ignores and does not track, each with the line that says so.
    /// Without git, none. git is asked only where a `.gitignore` speaks of one.
    pub fn ignored(&self, paths: impl IntoIterator<Item = String>) -> Vec<(String, IgnoreLine)> {
        let mut tops = self.root().ancestors();
        let top = tops.find(|folder| Worktree::is_top(folder));
        let Some(top) = top.filter(|_| self.snapshot().is_none()) else {
            return Vec::new();
        };
        let below = self.root().strip_prefix(top).map(slashes);
        let below = below.unwrap_or_default();
        let mut lists = Lists::of(top);
        // Where git was asked already, only what it did not name is looked for in lists.
        let told = self.known_members();
        let told = told.filter(|members| *members.origin() == Origin::Worktree);
        let paths = paths.into_iter();
        let paths = paths.filter(|path| !told.is_some_and(|members| members.has(path)));
        let spoken = paths.filter_map(|path| {
            let (folder, pattern) = lists.deciding(&join(&below, &path))?;
            let file = join(&folder, ".gitignore");
            // One above the root of the repository is told without its place.
            let file = match &*below {
                "" => Some(file),
                below => file
                    .strip_prefix(below)
                    .and_then(|file| file.strip_prefix('/'))
                    .map(str::to_owned),
            };
            Some((path, IgnoreLine { file, pattern }))
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
}

impl<'t> Lists<'t> {
    fn of(top: &'t Path) -> Self {
        Lists {
            top,
            read: HashMap::new(),
            closed: HashMap::new(),
        }
    }

    /// The line by which git ignores a path that is there: of the folders on the way, or of itself.
    fn deciding(&mut self, path: &str) -> Option<Line> {
        let line = match self.closed(parent(path)?) {
            Some(line) => Some(line),
            None => {
                let as_file = self.line(path, false);
                let as_folder = self.line(path, true);
                // Only of what a list speaks of is the disk asked what it is.
                let spoken = as_file.is_some() || as_folder.is_some();
                match spoken && self.top.join(path).is_dir() {
                    true => as_folder,
                    false => as_file,
                }
            }
        };
        line.filter(|_| self.top.join(path).exists())
    }

    /// The line by which git ignores a folder, or one that it lies in: what is in there cannot be taken in again.
    fn closed(&mut self, folder: &str) -> Option<Line> {
        let above = parent(folder)?;
        if let Some(known) = self.closed.get(folder) {
            return known.clone();
        }
        let line = self.closed(above).or_else(|| self.line(folder, true));
        self.closed.insert(folder.to_owned(), line.clone());
        line
    }

    /// The line by which git ignores an entry, whatever is said of the folders that it lies in.
    fn line(&mut self, entry: &str, is_folder: bool) -> Option<Line> {
        let mut folder = parent(entry);
        while let Some(at) = folder {
            if !self.read.contains_key(at) {
                let file = self.top.join(at).join(".gitignore");
                let bytes = file.is_file().then(|| fs::read(file).ok()).flatten();
                let list = bytes.map(|bytes| IgnoreList::new(&bytes));
                self.read.insert(at.to_owned(), list);
            }
            let list = self.read.get(at).and_then(Option::as_ref);
            let path = entry[at.len()..].trim_start_matches('/');
            match list.and_then(|list| list.said(path.as_bytes(), is_folder)) {
                Some(Said::TakenIn) => return None,
                Some(Said::Ignored(pattern)) => return Some((at.to_owned(), pattern.to_owned())),
                None => folder = parent(at),
            }
        }
        None
    }
}

/// The folder that a path lies in; none of the top's.
fn parent(path: &str) -> Option<&str> {
    match path.rsplit_once('/') {
        Some((folder, _)) => Some(folder),
        None => (!path.is_empty()).then_some(""),
    }
}

fn join(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}
