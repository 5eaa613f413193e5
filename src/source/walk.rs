//! The files of the repository that globs name.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

use crate::source::Repository;
use crate::source::repository::slashes;

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

/// The files below a root that the globs name: see [`Repository::matching`].
pub(super) fn matching(root: &Path, globs: &[&str]) -> Vec<String> {
    let wanted = Arc::new(Wanted::new(globs));
    let root = root.to_owned();
    let mut walk = WalkBuilder::new(&root);
    let path_of = move |path: &Path| path.strip_prefix(&root).map(slashes).unwrap_or_default();
    // What a clone ignores for itself (`.git/info/exclude`, the user's own list) would tell machines apart.
    walk.standard_filters(false)
        .git_ignore(true)
        .require_git(false);
    let (pruned, prune_path) = (wanted.clone(), path_of.clone());
    walk.filter_entry(move |entry| {
        let folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let path = prune_path(entry.path());
        path != ".git" && (!folder || path.is_empty() || pruned.may_hold(&path))
    });
    let files = walk
        .build()
        .flatten()
        .filter(|entry| entry.file_type().is_some_and(|kind| kind.is_file()));
    let mut found: Vec<String> = files
        .map(|entry| path_of(entry.path()))
        .filter(|path| wanted.has(path))
        .collect();
    found.sort();
    found
}

impl Repository {
    /// The files that the globs name, sorted. Globs are rooted at the repository, `*` stays within a folder; one that
    /// starts with `!` takes files out. Links are not followed, and what git ignores is not looked at.
    pub fn matching(&self, globs: &[&str]) -> Vec<String> {
        if let Some(snapshot) = self.snapshot() {
            let wanted = Wanted::new(globs);
            let paths = snapshot.paths().filter(|path| wanted.has(path));
            return paths.map(str::to_owned).collect();
        }
        matching(self.root(), globs)
    }

    /// Looks at the bytes of many files, several at a time, and keeps what `look` makes of them, in the order of the
    /// paths. Files that cannot be read are left out, and those that are refused are known
    /// as such.
    pub fn look_through<T: Send>(
        &self,
        paths: &[String],
        look: impl Fn(&str, Vec<u8>) -> Option<T> + Sync,
    ) -> Vec<T> {
        /// How many files are worth a thread, and how many one takes at a time.
        const HANDFUL: usize = 64;
        let next = AtomicUsize::new(0);
        let work = || {
            let mut made = Vec::new();
            loop {
                let start = next.fetch_add(HANDFUL, Ordering::Relaxed);
                let Some(handful) = paths.get(start..paths.len().min(start + HANDFUL)) else {
                    return made;
                };
                for (index, path) in handful.iter().enumerate() {
                    let bytes = self.bytes_to_understand(path);
                    let result = bytes.and_then(|bytes| look(path, bytes));
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
