//! What a clean checkout of the repository would hold: the files that can go into a build context.
//!
//! Of a worktree, these are the files that git tracks, ignored or not, and those it neither tracks nor ignores; of a
//! commit, its tree. A submodule counts by its own files. `.git` is nobody's file, and a repository inside this one that
//! is no submodule is not part of it. What one machine alone ignores (`info/exclude`, a list of the user's) counts.
//! git is asked once a run for the whole repository, and once more for each submodule that a context reaches.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::source::blob::ObjectId;
use crate::source::walk::is_absent;
use crate::source::worktree::{Entry, Found, FoundFile, Mode, Stat, Worktree, os};
use crate::source::{Commit, Git, GitError};

/// Since when a flag of an index entry says that git does not look at the file (`CE_VALID`), that it is not in a sparse
/// worktree (`CE_SKIP_WORKTREE`), or that its bytes were not added (`CE_INTENT_TO_ADD`). Source: `read-cache-ll.h`.
const ASSUMED: u32 = 0x8000;
const SKIPPED: u32 = 1 << 30;
const INTENDED: u32 = 1 << 29;

/// Where the files of a repository were learnt from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// From git, of the worktree.
    Worktree,
    /// From git, of a commit.
    Commit,
    /// There is no git here: every file counts.
    Walk,
    /// git could not be asked, and why: every file counts.
    Unasked(String),
}

/// The files of a repository.
#[derive(Debug)]
pub struct Members {
    origin: Origin,
    trees: Mutex<Trees>,
    /// The submodules of the worktree itself, and not of others in it.
    links: Vec<Vec<u8>>,
    /// The folder, where git says nothing of it.
    plain: Option<Arc<Worktree>>,
}

/// All that is known of the files so far.
#[derive(Debug, Default)]
struct Trees {
    /// By path from the root of the repository.
    files: BTreeMap<Vec<u8>, Member>,
    /// Submodules that were not looked into yet.
    submodules: BTreeMap<Vec<u8>, Submodule>,
    /// Folders and lists of what is ignored that could not be read, and why: what they hold cannot be told.
    unread: BTreeMap<Vec<u8>, String>,
}

/// A submodule that was not looked into.
#[derive(Clone, Debug)]
struct Submodule {
    /// The commit that stands in a tree.
    commit: Option<ObjectId>,
    /// Where its worktree would be.
    folder: std::path::PathBuf,
    /// Whether there is none.
    is_absent: bool,
    /// Why git does not speak of the one that is there.
    unasked: Option<String>,
}

/// One file.
#[derive(Clone, Debug)]
pub struct Member {
    kind: Kind,
    /// Whether it lies in a submodule.
    pub in_submodule: bool,
}

#[derive(Clone, Debug)]
enum Kind {
    /// Of a commit.
    Committed(Mode, ObjectId),
    /// Of a worktree: where in it, and what the index says of it.
    Standing {
        worktree: Arc<Worktree>,
        /// Its path begins there in that of the member.
        at: usize,
        entry: Option<Entry>,
    },
}

impl Member {
    /// What stands there.
    pub fn look(&self, path: &[u8]) -> Found {
        match &self.kind {
            Kind::Committed(mode, id) => Found::File(FoundFile {
                mode: *mode,
                id: *id,
                is_lfs: false,
                is_pointer: false,
            }),
            Kind::Standing {
                worktree,
                at,
                entry,
            } => worktree.look(&path[*at..], entry.as_ref()),
        }
    }

    /// What git would store of bytes that are about to be written there; `None` where they are not of a worktree.
    pub fn id_of(&self, path: &[u8], bytes: &[u8]) -> Option<ObjectId> {
        match &self.kind {
            Kind::Committed(..) => None,
            Kind::Standing {
                worktree,
                at,
                entry,
            } => worktree.id_of(&path[*at..], bytes, entry.as_ref()),
        }
    }

    /// The mode that git knows it by.
    pub fn known_mode(&self) -> Option<Mode> {
        match &self.kind {
            Kind::Committed(mode, _) => Some(*mode),
            Kind::Standing { entry, .. } => entry.map(|entry| entry.mode),
        }
    }

    /// Whether git is told not to look whether it is there.
    pub fn is_pinned(&self) -> bool {
        match &self.kind {
            Kind::Committed(..) => false,
            Kind::Standing { entry, .. } => entry.is_some_and(|entry| entry.is_pinned),
        }
    }

    /// Whether git neither tracks nor ignores it.
    pub fn is_untracked(&self) -> bool {
        match &self.kind {
            Kind::Committed(..) => false,
            Kind::Standing {
                worktree, entry, ..
            } => worktree.in_git && entry.is_none(),
        }
    }

    /// Whether what stands there is what git's index says; `None` where git knows nothing of it.
    pub fn is_changed(&self, found: &FoundFile) -> Option<bool> {
        match &self.kind {
            Kind::Standing {
                entry: Some(entry), ..
            } => Some(entry.id != Some(found.id) || entry.mode != found.mode),
            _ => None,
        }
    }
}

/// The files below a folder.
#[derive(Debug, Default)]
pub struct Below {
    /// In order, by path from the root of the repository.
    pub files: Vec<(Vec<u8>, Member)>,
    /// Submodules that are not there: which files they hold cannot be told.
    pub absent: Vec<Vec<u8>>,
    /// Folders that could not be listed, and why.
    pub unread: Vec<(Vec<u8>, String)>,
    /// Submodules that git's index has, there or not.
    pub links: Vec<Vec<u8>>,
    /// Of those that are there and of which git does not speak, why.
    pub unasked: BTreeMap<Vec<u8>, String>,
}

/// Whether git is what answers here.
fn answers(root: &Path) -> bool {
    let asked = ["rev-parse", "--is-inside-work-tree"];
    let said = Git::at(root).run("rev-parse", &asked);
    said.is_ok_and(|said| said.trim_ascii() == b"true")
}

/// Whether git will list a file that is not there yet, as the matrix is not before it is written.
fn will_be(root: &Path, path: &str) -> bool {
    !root.join(path).exists() && answers(root) && Git::at(root).ignoring(path).is_none()
}

impl Members {
    /// Those of the worktree at `root`. `known` is a file that surely is one of them, or will be: where git does not list it,
    /// the folder only lies in some other worktree that ignores it.
    pub fn of_worktree(root: &Path, known: &str) -> Self {
        let unasked = |origin| Members {
            origin,
            trees: Mutex::default(),
            links: Vec::new(),
            plain: Some(Arc::new(Worktree::new(root, false))),
        };
        if !Worktree::is_in_git(root) {
            return unasked(Origin::Walk);
        }
        match listed(root, b"") {
            Ok(trees) if trees.files.contains_key(known.as_bytes()) || will_be(root, known) => {
                Members {
                    origin: Origin::Worktree,
                    links: trees.submodules.keys().cloned().collect(),
                    trees: Mutex::new(trees),
                    plain: None,
                }
            }
            Ok(_) => unasked(Origin::Unasked(match answers(root) {
                true => format!("it ignores `{known}`"),
                false => "what is called `git` here does not answer as git does".to_owned(),
            })),
            Err(error) => unasked(Origin::Unasked(error.to_string())),
        }
    }

    /// Those of a commit, below the root of the repository.
    ///
    /// # Errors
    /// When git cannot list them.
    pub fn of_commit(git: &Git<'_>, commit: &Commit) -> Result<Self, GitError> {
        let trees = committed(git.root(), b"", &commit.to_string())?;
        Ok(Members {
            origin: Origin::Commit,
            links: Vec::new(),
            trees: Mutex::new(trees),
            plain: None,
        })
    }

    /// Where they were learnt from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether a file, or a folder by what lies in it, is surely one of them; submodules are not looked into.
    pub(super) fn has(&self, path: &str) -> bool {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = format!("{path}/").into_bytes();
        let mut below = trees.files.range(inside.clone()..);
        trees.files.contains_key(path.as_bytes())
            || below
                .next()
                .is_some_and(|(path, _)| path.starts_with(&inside))
    }

    /// Those below a folder, which is told from the root; `.` is all. Submodules in it are looked into.
    pub fn below(&self, folder: &str) -> Below {
        if let Some(plain) = &self.plain {
            return walked(plain, folder);
        }
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        let prefix = match folder {
            "." => Vec::new(),
            folder => format!("{folder}/").into_bytes(),
        };
        trees.look_into(&prefix);
        let inside = |path: &&Vec<u8>| path.starts_with(&prefix);
        let files = trees.files.range(prefix.clone()..);
        let absent = trees.submodules.iter();
        let absent =
            absent.filter(|(path, one)| one.is_absent && (inside(path) || leads_to(path, &prefix)));
        let unasked = absent.clone();
        let unasked = unasked.filter_map(|(path, one)| Some((path.clone(), one.unasked.clone()?)));
        let links = self.links.iter();
        let links = links.filter(|path| inside(path) || leads_to(path, &prefix));
        Below {
            unasked: unasked.collect(),
            links: links.cloned().collect(),
            files: files
                .take_while(|(path, _)| inside(path))
                .map(|(path, member)| (path.clone(), member.clone()))
                .collect(),
            absent: absent.map(|(path, _)| path.clone()).collect(),
            unread: trees
                .unread
                .iter()
                .filter(|(path, _)| path.starts_with(&prefix) || leads_to(path, &prefix))
                .map(|(path, why)| (path.clone(), why.clone()))
                .collect(),
        }
    }
}

/// Whether the folder `path` is one above `prefix`, or that itself.
fn leads_to(path: &[u8], prefix: &[u8]) -> bool {
    prefix
        .strip_prefix(path)
        .is_some_and(|rest| rest.starts_with(b"/"))
}

impl Trees {
    /// Looks into every submodule below `prefix`, or above it.
    fn look_into(&mut self, prefix: &[u8]) {
        while let Some(path) = self
            .submodules
            .iter()
            .find(|(path, one)| {
                !one.is_absent && (path.starts_with(prefix) || leads_to(path, prefix))
            })
            .map(|(path, _)| path.clone())
        {
            let Some(mut one) = self.submodules.remove(&path) else {
                return;
            };
            let above = [&path[..], b"/"].concat();
            // Without a `.git` of its own, git would speak of the worktree around it.
            let is_there = fs::symlink_metadata(one.folder.join(".git")).is_ok();
            let hex = |id: ObjectId| -> String {
                id.as_bytes().iter().map(|b| format!("{b:02x}")).collect()
            };
            let found = match one.commit {
                _ if !is_there => None,
                Some(commit) => Some(committed(&one.folder, &above, &hex(commit))),
                None => Some(listed(&one.folder, &above)),
            };
            let found = match found {
                Some(Err(error)) => {
                    one.unasked = Some(error.to_string());
                    None
                }
                found => found.and_then(Result::ok),
            };
            match found {
                Some(found) => {
                    let files = found.files.into_iter();
                    self.files.extend(files.map(|(path, member)| {
                        let in_submodule = true;
                        (
                            path,
                            Member {
                                in_submodule,
                                ..member
                            },
                        )
                    }));
                    self.submodules.extend(found.submodules);
                    self.unread.extend(found.unread);
                }
                None => {
                    one.is_absent = true;
                    self.submodules.insert(path, one);
                }
            }
        }
    }
}

/// The files of the worktree at `root`; their paths begin with `above`.
fn listed(root: &Path, above: &[u8]) -> Result<Trees, GitError> {
    let (said, warned) = Git::at(root).run_and_hear(
        "ls-files",
        &[
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.ignoreCase=false",
            "ls-files",
            "-z",
            "-t",
            "-s",
            "-c",
            "-o",
            "--debug",
            "--exclude-per-directory=.gitignore",
        ],
    )?;
    let mut found = Vec::new();
    let mut submodules = BTreeMap::new();
    let mut rest = said.as_slice();
    while let Some((record, more)) = split(rest, 0) {
        let (stat, flags, more) = debugged(more);
        rest = more;
        let untracked = record.strip_prefix(b"? ");
        let (path, entry) = match untracked {
            // A repository that is no submodule.
            Some(path) if path.ends_with(b"/") => continue,
            Some(path) => (path, None),
            None => {
                let Some((words, path)) = split(record, b'\t') else {
                    continue;
                };
                let words: Vec<&[u8]> = words.split(|byte| *byte == b' ').collect();
                let [_, mode, id, stage] = words[..] else {
                    continue;
                };
                if mode == b"160000" {
                    submodules.insert(
                        [above, path].concat(),
                        Submodule {
                            commit: None,
                            folder: root.join(os(path)),
                            is_absent: false,
                            unasked: None,
                        },
                    );
                    continue;
                }
                let is_open = stage != b"0" || flags & INTENDED != 0;
                let entry = Entry {
                    mode: mode_of(mode),
                    id: ObjectId::parse(id).filter(|_| !is_open),
                    stat,
                    is_pinned: flags & (ASSUMED | SKIPPED) != 0,
                };
                (path, Some(entry))
            }
        };
        if !is_git(path) {
            found.push((path.to_owned(), entry));
        }
    }
    let mut worktree = Worktree::new(root, true);
    let mut entries = found.iter().filter_map(|(_, entry)| entry.as_ref());
    worktree.learn_format(entries.find_map(|entry| entry.id));
    worktree.look_for_lfs(found.iter().map(|(path, _)| path.as_slice()));
    let worktree = Arc::new(worktree);
    let files = found.into_iter().map(|(path, entry)| {
        let kind = Kind::Standing {
            worktree: worktree.clone(),
            at: above.len(),
            entry,
        };
        let in_submodule = false;
        ([above, &path].concat(), Member { kind, in_submodule })
    });
    Ok(Trees {
        files: files.collect(),
        submodules,
        unread: unread(&warned, above),
    })
}

/// What git warns of, that it could not read: it goes on without. Source: `warning_errno` in `dir.c` and `wrapper.c`.
fn unread(warned: &[u8], above: &[u8]) -> BTreeMap<Vec<u8>, String> {
    let lines = warned.split(|byte| *byte == b'\n');
    let told = lines.filter_map(|line| {
        let (what, said) = split(line.strip_prefix(b"warning: ")?, b'\'')?;
        let end = said.windows(3).rposition(|word| word == b"': ")?;
        let known =
            what.starts_with(b"could not open directory") || what.starts_with(b"unable to access");
        let path = said[..end].strip_suffix(b"/").unwrap_or(&said[..end]);
        let why = String::from_utf8_lossy(&said[end + 3..]).into_owned();
        known.then(|| ([above, path].concat(), why))
    });
    told.collect()
}

/// The files of a tree, told from the folder `root` of a worktree; their paths begin with `above`.
fn committed(root: &Path, above: &[u8], tree: &str) -> Result<Trees, GitError> {
    let said = Git::at(root).run("ls-tree", &["ls-tree", "-r", "-z", tree])?;
    let mut trees = Trees::default();
    for record in said.split(|byte| *byte == 0) {
        let Some((words, path)) = split(record, b'\t') else {
            continue;
        };
        let words: Vec<&[u8]> = words.split(|byte| *byte == b' ').collect();
        let [mode, kind, id] = words[..] else {
            continue;
        };
        let Some(id) = ObjectId::parse(id) else {
            continue;
        };
        let full = [above, path].concat();
        if kind == b"commit" {
            let submodule = Submodule {
                commit: Some(id),
                folder: root.join(os(path)),
                is_absent: false,
                unasked: None,
            };
            trees.submodules.insert(full, submodule);
        } else {
            let kind = Kind::Committed(mode_of(mode), id);
            let in_submodule = false;
            trees.files.insert(full, Member { kind, in_submodule });
        }
    }
    Ok(trees)
}

/// Every file below a folder, where there is no git to say which count.
fn walked(worktree: &Arc<Worktree>, folder: &str) -> Below {
    let mut found = BTreeMap::new();
    let mut unread = BTreeMap::new();
    let mut folders = vec![match folder {
        "." => Vec::new(),
        folder => folder.as_bytes().to_vec(),
    }];
    while let Some(below) = folders.pop() {
        let entries = match fs::read_dir(worktree.root().join(os(&below))) {
            Ok(entries) => Some(entries),
            Err(error) => {
                if !is_absent(&error) {
                    unread.insert(below.clone(), error.to_string());
                }
                None
            }
        };
        for entry in entries.into_iter().flatten() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    unread.insert(below.clone(), error.to_string());
                    break;
                }
            };
            let name = entry.file_name();
            let name = name.as_encoded_bytes();
            if name == b".git" {
                continue;
            }
            let path = match &below[..] {
                b"" => name.to_owned(),
                below => [below, b"/", name].concat(),
            };
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
                continue;
            }
            let kind = Kind::Standing {
                worktree: worktree.clone(),
                at: 0,
                entry: None,
            };
            let in_submodule = false;
            found.insert(path, Member { kind, in_submodule });
        }
    }
    Below {
        files: found.into_iter().collect(),
        unread: unread.into_iter().collect(),
        ..Below::default()
    }
}

/// Whether a path leads to git's own.
fn is_git(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == b".git")
}

fn mode_of(mode: &[u8]) -> Mode {
    match mode {
        b"120000" => Mode::Link,
        b"100755" => Mode::Executable,
        _ => Mode::File,
    }
}

/// What stands before and after the first `at`.
fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|byte| *byte == at)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// The stat data and the flags that `--debug` prints after an entry, and what follows them. Where they are not as they are
/// known to be, there are none.
fn debugged(rest: &[u8]) -> (Option<Stat>, u32, &[u8]) {
    let mut after = rest;
    let mut words: Vec<&str> = Vec::new();
    while after.starts_with(b"  ") {
        let Some((line, more)) = split(after, b'\n') else {
            break;
        };
        let line = std::str::from_utf8(line).unwrap_or_default();
        words.extend(line.split([' ', '\t', ':']).filter(|word| !word.is_empty()));
        after = more;
    }
    let number = |key: &str, nth: usize| -> Option<u32> {
        let at = words.iter().position(|word| *word == key)?;
        let word = words.get(at + nth)?;
        match key {
            "flags" => u32::from_str_radix(word, 16).ok(),
            _ => word.parse::<u64>().ok().map(|n| (n & 0xffff_ffff) as u32),
        }
    };
    let stat = || {
        Some(Stat {
            ctime: (number("ctime", 1)?, number("ctime", 2)?),
            mtime: (number("mtime", 1)?, number("mtime", 2)?),
            inode: number("ino", 1)?,
            size: number("size", 1)?,
        })
    };
    (stat(), number("flags", 1).unwrap_or_default(), after)
}
