//! The files of the repository that globs name.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

use crate::source::confined::TEXT_LIMIT;
use crate::source::repository::slashes;
use crate::source::worktree::Worktree;
use crate::source::{Git, Refusal, Repository};

/// The list of what git ignores in a folder.
const IGNORE: &str = ".gitignore";

/// Which files are meant: those that a glob takes in and none that starts with `!` takes out.
#[derive(Debug)]
pub struct Wanted {
    taken: GlobSet,
    left: GlobSet,
    /// The folders outside of which no glob can match.
    below: Vec<String>,
}

impl Wanted {
    /// Of globs from the root.
    pub fn new(globs: &[&str]) -> Self {
        let (left, taken): (Vec<&str>, Vec<&str>) = globs
            .iter()
            .copied()
            .partition(|glob| glob.starts_with('!'));
        Wanted {
            below: taken.iter().map(|glob| literal_folder(glob)).collect(),
            taken: set(taken.into_iter()),
            left: set(left.iter().map(|glob| &glob[1..])),
        }
    }

    /// Whether a path is meant.
    pub fn has(&self, path: &str) -> bool {
        self.taken.is_match(path) && !self.left.is_match(path)
    }

    /// Whether a glob takes that path out.
    pub(super) fn leaves(&self, path: &str) -> bool {
        self.left.is_match(path)
    }

    /// Whether globs take out all that a folder can hold.
    fn leaves_all_of(&self, folder: &str) -> bool {
        self.leaves(&format!("{folder}/-")) && self.leaves(&format!("{folder}/-/-"))
    }

    fn may_hold(&self, folder: &str) -> bool {
        let inside = |a: &str, b: &str| {
            b.is_empty() || a == b || a.strip_prefix(b).is_some_and(|r| r.starts_with('/'))
        };
        self.below
            .iter()
            .any(|below| inside(folder, below) || inside(below, folder))
    }
}

fn set<'g>(globs: impl Iterator<Item = &'g str>) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in globs {
        if let Ok(glob) = GlobBuilder::new(glob).literal_separator(true).build() {
            set.add(glob);
        }
    }
    set.build().unwrap_or_default()
}

/// The folders of a glob before its first wildcard.
fn literal_folder(glob: &str) -> String {
    let literal = glob
        .find(['*', '?', '[', '{', '\\'])
        .map_or(glob, |i| &glob[..i]);
    literal
        .rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned()
}

/// What was found of the files that globs name.
#[derive(Debug, Default)]
pub(super) struct Matching {
    /// Their paths, sorted.
    pub files: Vec<String>,
    /// Files and folders that may be or hold some, and cannot be looked at.
    pub unseen: BTreeMap<String, Refusal>,
}

/// The files that git tracks below a root though a `.gitignore` names them; none where git cannot be asked.
fn tracked_though_ignored(root: &Path) -> Vec<String> {
    let asked = [
        "-c",
        "core.ignoreCase=false",
        "ls-files",
        "-z",
        "-c",
        "-i",
        "--exclude-per-directory=.gitignore",
    ];
    let said = Git::at(root).run("ls-files", &asked).unwrap_or_default();
    let paths = said.split(|byte| *byte == 0);
    paths
        .filter(|path| !path.is_empty())
        .filter_map(|path| std::str::from_utf8(path).ok().map(str::to_owned))
        .collect()
}

/// The files below a root that the globs name: see [`Repository::matching`].
pub(super) fn matching(root: &Path, globs: &[&str]) -> Matching {
    let wanted = Arc::new(Wanted::new(globs));
    if wanted.below.is_empty() {
        return Matching::default();
    }
    let (mut found, is_ignoring) = walked(root, &wanted);
    if !is_ignoring || !Worktree::is_in_git(root) {
        return found;
    }
    let tracked = tracked_though_ignored(root);
    for path in tracked.into_iter().filter(|path| wanted.has(path)) {
        match standing(root, &path) {
            Ok(true) => found.files.push(path),
            Ok(false) => {}
            Err(why) => {
                found.unseen.insert(path, Refusal::Unreadable(why));
            }
        }
    }
    found.files.sort();
    found.files.dedup();
    found
}

/// Whether a file stands at a path, and no link on the way.
fn standing(root: &Path, path: &str) -> Result<bool, io::ErrorKind> {
    let mut way = root.to_owned();
    let mut parts = path.split('/').peekable();
    while let Some(part) = parts.next() {
        way.push(part);
        let meta = match fs::symlink_metadata(&way) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => return Ok(false),
            Err(error) => return Err(error.kind()),
        };
        let fits = match parts.peek() {
            Some(_) => meta.is_dir(),
            None => meta.is_file(),
        };
        if !fits {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether an error says that nothing is there.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Whether a folder is a repository of its own: a submodule, or one that lies in this one. Its texts are not ours to move.
pub(super) fn is_repository(folder: &Path) -> bool {
    fs::symlink_metadata(folder.join(".git")).is_ok()
}

/// Whether a folder has a list of what is ignored in it.
///
/// # Errors
/// When no reader would come to its end.
fn lists_ignored(folder: &Path) -> Result<bool, Refusal> {
    match fs::metadata(folder.join(IGNORE)) {
        Ok(meta) if meta.is_dir() => Ok(false),
        Ok(meta) if !meta.is_file() => Err(Refusal::NotRegular),
        Ok(meta) if meta.len() > TEXT_LIMIT => Err(Refusal::TooLong(TEXT_LIMIT)),
        Ok(_) => Ok(true),
        // What cannot be asked is told of the folder.
        Err(_) => Ok(false),
    }
}

/// Those that a walk finds, which passes by what a `.gitignore` names; and whether it met one.
fn walked(root: &Path, wanted: &Arc<Wanted>) -> (Matching, bool) {
    let ignoring = Arc::new(Mutex::new((BTreeMap::new(), false)));
    let root = root.to_owned();
    let mut walk = WalkBuilder::new(&root);
    let stripped = root.clone();
    let path_of = move |path: &Path| {
        path.strip_prefix(&stripped)
            .map(slashes)
            .unwrap_or_default()
    };
    // What a clone ignores for itself (`.git/info/exclude`, the user's own list) would tell machines apart.
    walk.standard_filters(false)
        .git_ignore(true)
        .require_git(false);
    let told = ignoring.clone();
    let may_enter = move |folder: &Path, path: &str| {
        let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
        match lists_ignored(folder) {
            Ok(met) => {
                told.1 |= met;
                true
            }
            Err(why) => {
                let path = format!("{path}/{IGNORE}");
                told.0.insert(path.trim_start_matches('/').to_owned(), why);
                false
            }
        }
    };
    if !may_enter(&root, "") {
        let unseen = ignoring
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .clone();
        return (
            Matching {
                unseen,
                ..Matching::default()
            },
            false,
        );
    }
    let (pruned, prune_path) = (wanted.clone(), path_of.clone());
    walk.filter_entry(move |entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = prune_path(entry.path());
        path != ".git"
            && (!folder
                || path.is_empty()
                || (pruned.may_hold(&path)
                    && !is_repository(entry.path())
                    && may_enter(entry.path(), &path)))
    });
    let mut found = Matching::default();
    for entry in walk.build() {
        let faults = match &entry {
            Ok(entry) => entry.error(),
            Err(error) => Some(error),
        };
        for (path, why) in faults.map(unread).unwrap_or_default() {
            let path = path_of(path);
            if !wanted.leaves(&path) && !wanted.leaves_all_of(&path) {
                let path = if path.is_empty() {
                    ".".to_owned()
                } else {
                    path
                };
                found.unseen.insert(path, Refusal::Unreadable(why));
            }
        }
        if let Ok(entry) = entry
            && entry.file_type().is_some_and(|kind| kind.is_file())
        {
            let path = path_of(entry.path());
            if wanted.has(&path) {
                found.files.push(path);
            }
        }
    }
    found.files.sort();
    let told = ignoring.lock().unwrap_or_else(PoisonError::into_inner);
    found.unseen.extend(told.0.clone());
    (found, told.1)
}

/// What a walk could not read, and why. A pattern of a `.gitignore` that is none is none for git, too, and what is gone
/// since its folder was listed is not there.
fn unread(error: &ignore::Error) -> Vec<(&Path, io::ErrorKind)> {
    use ignore::Error;
    fn add<'e>(error: &'e Error, at: Option<&'e Path>, found: &mut Vec<(&'e Path, io::ErrorKind)>) {
        match error {
            Error::Partial(errors) => errors.iter().for_each(|error| add(error, at, found)),
            Error::WithPath { path, err } => add(err, Some(path), found),
            Error::WithLineNumber { err, .. } | Error::WithDepth { err, .. } => {
                add(err, at, found);
            }
            Error::Io(error)
                if !is_absent(error) && error.kind() != io::ErrorKind::IsADirectory =>
            {
                found.extend(at.map(|at| (at, error.kind())));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    add(error, None, &mut found);
    found
}

impl Repository {
    /// The files that the globs name, sorted. Globs are rooted at the repository, `*` stays within a folder; one that
    /// starts with `!` takes files out. Links are not followed, and what git ignores and does not track is not looked at.
    /// What may be such a file, or hold some, and cannot be looked at is [`refused`](Self::refused).
    pub fn matching(&self, globs: &[&str]) -> Vec<String> {
        if let Some(snapshot) = self.snapshot() {
            let wanted = Wanted::new(globs);
            let paths = snapshot.paths().filter(|path| wanted.has(path));
            return paths.map(str::to_owned).collect();
        }
        let found = matching(self.root(), globs);
        self.note(found.unseen);
        found.files
    }

    /// Whether it lies in a worktree of git, by what stands on disk.
    pub fn is_in_git(&self) -> bool {
        Worktree::is_in_git(self.root())
    }

    /// The folder on the way to a path that is a repository of its own, such as a submodule.
    pub fn nested(&self, path: &str) -> Option<String> {
        if self.snapshot().is_some() {
            return None;
        }
        let ends = path.match_indices('/').map(|(at, _)| &path[..at]);
        let mut folders = ends.filter(|folder| is_repository(&self.root().join(folder)));
        folders.next().map(str::to_owned)
    }

    /// Looks at the bytes of many files that [`matching`](Self::matching) found, several at a time, and keeps what `look`
    /// makes of them, in the order of the paths. Files that cannot be read are left out, and are
    /// [`refused`](Self::refused).
    pub fn look_through<T: Send>(
        &self,
        paths: &[String],
        look: impl Fn(&str, &[u8]) -> Option<T> + Sync,
    ) -> Vec<T> {
        /// How many files are worth a thread, and how many one takes at a time.
        const HANDFUL: usize = 64;
        /// What most texts fit into, in bytes.
        const USUAL: usize = 64 * 1024;
        let next = AtomicUsize::new(0);
        let work = || {
            let mut made = Vec::new();
            let mut bytes = Vec::with_capacity(USUAL);
            loop {
                let start = next.fetch_add(HANDFUL, Ordering::Relaxed);
                let Some(handful) = paths.get(start..paths.len().min(start + HANDFUL)) else {
                    return made;
                };
                for (index, path) in handful.iter().enumerate() {
                    let read = self.read_to_understand(path, &mut bytes);
                    let result = read.then(|| look(path, &bytes)).flatten();
                    made.extend(result.map(|result| (start + index, result)));
                }
                if handful.is_empty() {
                    return made;
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, |n| n.get().min(8));
        let mut made = thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads.min(paths.len().div_ceil(HANDFUL)))
                .map(|_| scope.spawn(work))
                .collect();
            let mut made = work();
            for helper in helpers {
                match helper.join() {
                    Ok(more) => made.extend(more),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            made
        });
        made.sort_by_key(|(index, _)| *index);
        made.into_iter().map(|(_, result)| result).collect()
    }
}
