//! The files a build context holds, as a builder is sent them from a clean checkout.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::sync::Arc;
use std::thread;

use sha2::{Digest, Sha256};

use crate::source::blob::{ObjectFormat, ObjectId};
use crate::source::confined::TEXT_LIMIT;
use crate::source::members::{Member, Origin};
use crate::source::worktree::{Found, FoundFile, Mode, Worktree};
use crate::source::{
    DockerIgnore, IgnoreFault, PathKind, ReadError, Refusal, Repository, SourceFile,
};

/// How many files are worth a thread of their own to look at.
const HANDFUL: usize = 512;

/// How much of a file is read to see whether it is an output, in bytes.
const HEAD: u64 = 1024;

/// Knows which files are gen's own outputs, which are part of no context.
pub struct Ours<'a> {
    /// By path from the root.
    pub path: &'a dyn Fn(&str) -> bool,
    /// By its first KiB, for what no path tells. Asked of files that stand where outputs do: see [`may_be_output`].
    pub head: &'a dyn Fn(&[u8]) -> bool,
}

/// What a build context holds. All paths are told from its folder; bytes in them that are no UTF-8 stand as `\xE9`, and
/// control characters are escaped.
#[derive(Clone, Debug, Default)]
pub struct BuildContext {
    /// SHA-256 over its files.
    pub hash: [u8; 32],
    /// Each file: its mode and the id of its bytes as one hash.
    pub files: BTreeMap<String, [u8; 32]>,
    /// The ignore file that it was read by, and the lines of that which cannot be followed.
    pub ignore_faults: Option<(String, Vec<IgnoreFault>)>,
    /// Files that git neither tracks nor ignores.
    pub untracked: BTreeSet<String>,
    /// Files that git tracks, and that are not as its index says.
    pub edited: BTreeSet<String>,
    /// Whether Git LFS stores files of it.
    pub holds_lfs: bool,
    /// Files that are pointers of Git LFS, where what they point at should lie.
    pub pointers: BTreeSet<String>,
    /// Whether a submodule lies in it, or it in one.
    pub holds_submodules: bool,
    /// Submodules in it that are not there, so that nobody can tell what it holds. From the root of the repository.
    pub absent_submodules: Vec<String>,
    /// Submodules in it that `.gitmodules` does not declare, so that no clone can fetch them. From the root.
    pub undeclared_submodules: Vec<String>,
    /// Why git does not speak of submodules among those, which are there.
    pub unasked_submodules: BTreeMap<String, String>,
    /// Files that cannot be sent, or whose bytes cannot be told.
    pub strange: BTreeMap<String, Strange>,
}

/// Why a file of a context cannot be sent, or its bytes cannot be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Strange {
    /// Its name is not UTF-8, which the builder refuses. Source: messages of `fsutil` are protocol buffers.
    Name,
    /// A device, a pipe or a socket, which no checkout holds.
    Special,
    /// It is the ignore file, and a link to what no builder finds: nothing is left out.
    Beyond,
    /// It cannot be read, and why.
    Unreadable(String),
}

impl BuildContext {
    /// One without files.
    pub fn empty() -> Self {
        BuildContext {
            hash: Sha256::new().finalize().into(),
            ..BuildContext::default()
        }
    }
}

/// What was found out of one file of a context.
struct Looked {
    path: Vec<u8>,
    member: Member,
    found: Found,
}

impl Repository {
    /// Whether a folder holds nothing but outputs of gen, or is not there: it adds no file to a context, whatever an
    /// ignore file says.
    pub fn holds_only(&self, folder: &str, ours: &Ours<'_>) -> bool {
        if let Some(members) = self.known_members()
            && *members.origin() == Origin::Commit
        {
            let below = members.below(&self.without_links(folder));
            let mut paths = below.files.iter();
            return below.absent.is_empty()
                && paths.all(|(path, _)| (ours.path)(&String::from_utf8_lossy(path)));
        }
        let listing = self.listing(folder);
        match listing.fault {
            Some(fault) => fault == io::ErrorKind::NotFound,
            None => {
                let ours = |(name, kind): (&str, PathKind)| {
                    kind != PathKind::Folder && (ours.path)(&format!("{folder}/{name}"))
                };
                listing.unreadable.is_empty() && listing.entries().all(ours)
            }
        }
    }

    /// What the builder is sent of the folder `context` (from the root): path, mode and blob of each file, in order. What
    /// the ignore file leaves out, and what is `ours`, is not part of it. The ignore file is the one of that path, else
    /// the context's `.dockerignore`. A folder that is not there is empty.
    pub fn build_context(
        &self,
        context: &str,
        ignore_file: Option<&str>,
        ours: &Ours<'_>,
    ) -> BuildContext {
        let mut strange = BTreeMap::new();
        let beside = |name: &str| match context {
            "." => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let mut ignore_path = ignore_file.map_or_else(|| beside(".dockerignore"), str::to_owned);
        let mut found = self.ignore_found(&ignore_path);
        if found.is_none() {
            strange.insert(".dockerignore".to_owned(), Strange::Beyond);
            if ignore_file.is_some() {
                ignore_path = beside(".dockerignore");
                found = self.ignore_found(&ignore_path);
            }
        }
        let read = found.map_or(Ok(None), |path| self.bytes_within(&path, TEXT_LIMIT));
        let ignore = match read {
            Ok(bytes) => DockerIgnore::parse(&bytes.unwrap_or_default()),
            Err(error) => {
                let why = match error {
                    ReadError::Io { source, .. } => source.to_string(),
                    error => error.to_string(),
                };
                let why = Strange::Unreadable(why);
                strange.insert(".dockerignore".to_owned(), why);
                DockerIgnore::default()
            }
        };
        let mut built = self.narrow_context(context, &ignore, ours);
        built.strange.extend(strange);
        let faults = ignore.faults();
        if !faults.is_empty() {
            built.ignore_faults = Some((ignore_path, faults.to_vec()));
        }
        built
    }

    /// As [`build_context`](Self::build_context), by the rules of `ignore` alone.
    pub fn narrow_context(
        &self,
        context: &str,
        ignore: &DockerIgnore,
        ours: &Ours<'_>,
    ) -> BuildContext {
        let mut built = BuildContext::default();
        let folder = self.without_links(context);
        let below = self.below(&folder);
        let skipped = if folder == "." { 0 } else { folder.len() + 1 };
        let absent = below.absent.into_iter().filter(|path| {
            let inside = path.get(skipped..).filter(|inside| !inside.is_empty());
            inside.is_none_or(|inside| ignore.may_send_of(inside))
        });
        for (path, why) in &below.unread {
            // A folder on the way to the context hides all of it.
            let inside = path.get(skipped..).filter(|inside| !inside.is_empty());
            if inside.is_none_or(|inside| ignore.may_send_of(inside)) {
                let name = named(inside.unwrap_or(b".")).into_owned();
                built.strange.insert(name, Strange::Unreadable(why.clone()));
            }
        }
        if !below.links.is_empty() && Worktree::is_top(self.root()) {
            let declared = self.gitmodules();
            let links = below.links.iter().filter(|path| {
                let inside = path.get(skipped..).filter(|inside| !inside.is_empty());
                inside.is_none_or(|inside| ignore.may_send_of(inside))
            });
            let links = links.map(|path| named(path).into_owned());
            built.undeclared_submodules = links.filter(|path| !declared.contains(path)).collect();
        }
        let unasked = below.unasked.iter();
        let unasked = unasked.map(|(path, why)| (named(path).into_owned(), why.clone()));
        built.unasked_submodules = unasked.collect();
        built.absent_submodules = absent.map(|path| named(&path).into_owned()).collect();
        let mut declared = self.declared_submodules(&folder).into_iter();
        built.holds_submodules = !built.absent_submodules.is_empty()
            || declared.any(|path| {
                // The context may lie in it.
                let inside = path.as_bytes().get(skipped..);
                let inside = inside.filter(|inside| !inside.is_empty());
                inside.is_none_or(|inside| ignore.may_send_of(inside))
            });
        let mut sieve = ignore.sieve();
        let sent = below.files.into_iter().filter(|(path, _)| {
            !sieve.excludes(&path[skipped..]) && !(ours.path)(&String::from_utf8_lossy(path))
        });
        let sent: Vec<(Vec<u8>, Member)> = sent.collect();
        let mut all = Sha256::new();
        for one in looked_at(sent) {
            self.count(&one, skipped, ours, &mut all, &mut built);
        }
        built.hash = all.finalize().into();
        built
    }

    /// A text file as git would store it: with LF, where a checkout turned its line ends.
    pub fn as_stored(&self, file: Arc<SourceFile>) -> Arc<SourceFile> {
        let with_lf = file.with_lf();
        if Arc::ptr_eq(&file, &with_lf) {
            return file;
        }
        let folder = file.path.rsplit_once('/').map_or(".", |(folder, _)| folder);
        let mut members = self.members().below(folder).files.into_iter();
        let found = members.find(|(path, _)| path == file.path.as_bytes());
        let stored = found.and_then(|(path, member)| member.id_of(&path, file.text.as_bytes()));
        let turned =
            stored.is_some_and(|id| id == ObjectId::of(with_lf.text.as_bytes(), id.format()));
        if turned { with_lf } else { file }
    }

    /// Adds a file to what is sent.
    fn count(
        &self,
        one: &Looked,
        skipped: usize,
        ours: &Ours<'_>,
        all: &mut Sha256,
        built: &mut BuildContext,
    ) {
        let Looked {
            path,
            member,
            found,
        } = one;
        let inside = &path[skipped..];
        let name = named(inside).into_owned();
        let mut file = match found {
            Found::Nothing => return,
            Found::Special => {
                built.strange.insert(name, Strange::Special);
                return;
            }
            Found::Unreadable(why) => {
                let why = Strange::Unreadable(why.clone());
                built.strange.insert(name, why);
                return;
            }
            Found::File(file) => *file,
        };
        let text = std::str::from_utf8(path).ok();
        if let Some(laid) = text.and_then(|path| self.laid(path)) {
            let bytes = laid.text.as_bytes();
            let plain = || ObjectId::of(bytes, ObjectFormat::Sha1);
            file = FoundFile {
                id: member.id_of(path, bytes).unwrap_or_else(plain),
                is_pointer: false,
                ..file
            };
        }
        if let Some(path) = text.filter(|path| may_be_output(path))
            && file.mode != Mode::Link
            && self.head(path, HEAD).is_some_and(|head| (ours.head)(&head))
        {
            return;
        }
        if text.is_none() {
            built.strange.insert(name.clone(), Strange::Name);
        }
        if member.is_untracked() {
            built.untracked.insert(name.clone());
        }
        if member.is_changed(&file) == Some(true) {
            built.edited.insert(name.clone());
        }
        if file.is_pointer {
            built.pointers.insert(name.clone());
        }
        built.holds_lfs |= file.is_lfs || file.is_pointer;
        built.holds_submodules |= member.in_submodule;
        let mark = match file.mode {
            Mode::File => b'f',
            Mode::Executable => b'x',
            Mode::Link => b'l',
        };
        let id = file.id.as_bytes();
        for part in [inside, &[mark], id] {
            all.update((part.len() as u64).to_le_bytes());
            all.update(part);
        }
        let hash = Sha256::new().chain_update([mark]).chain_update(id);
        built.files.insert(name, hash.finalize().into());
    }

    /// The folder that a path leads to, told from the root, where it leads through links.
    pub fn without_links(&self, context: &str) -> String {
        if let Some(snapshot) = self.snapshot() {
            let real = snapshot.resolved(context);
            return match real {
                Some(real) if real.is_empty() => ".".to_owned(),
                Some(real) => real,
                None => context.to_owned(),
            };
        }
        let real = fs::canonicalize(self.absolute(context)).ok();
        let real = real.and_then(|real| {
            let below = real.strip_prefix(self.root()).map_err(|_| {
                let (path, why) = (context.to_owned(), Refusal::Outside);
                ReadError::Refused { path, why }
            });
            Some(super::repository::slashes(self.noted(context, below)?))
        });
        match real {
            Some(real) if real.is_empty() => ".".to_owned(),
            Some(real) => real,
            None => context.to_owned(),
        }
    }
}

/// Whether an output of gen may stand at a path that no list names: outputs lie in the folder of that name, in folders of
/// tools, whose names begin with a dot, or are the YAML of such at the root. All other files are known by the lists alone,
/// and not read for it: what is copied from an output is sent like any file.
fn may_be_output(path: &str) -> bool {
    match path.split_once('/') {
        None => path.ends_with(".yml") || path.ends_with(".yaml"),
        Some((first, _)) => first.starts_with('.') || first == "generated",
    }
}

/// Looks at every file, several at a time, in order.
fn looked_at(files: Vec<(Vec<u8>, Member)>) -> Vec<Looked> {
    let look = |(path, member): (Vec<u8>, Member)| Looked {
        found: member.look(&path),
        path,
        member,
    };
    let threads = thread::available_parallelism().map_or(1, |n| n.get().min(8));
    let threads = threads.min(files.len() / HANDFUL).max(1);
    if threads == 1 {
        return files.into_iter().map(look).collect();
    }
    let share = files.len().div_ceil(threads);
    let mut files = files.into_iter();
    let shares: Vec<Vec<_>> = (0..threads)
        .map(|_| files.by_ref().take(share).collect())
        .collect();
    thread::scope(|scope| {
        let helpers: Vec<_> = shares
            .into_iter()
            .map(|share| scope.spawn(move || share.into_iter().map(look).collect::<Vec<_>>()))
            .collect();
        let mut all = Vec::new();
        for helper in helpers {
            match helper.join() {
                Ok(looked) => all.extend(looked),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// A path as text on one line: bytes that are no UTF-8 as `\xE9`, and control characters escaped.
pub(super) fn named(path: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(path) {
        Ok(text) if !text.contains(char::is_control) => Cow::Borrowed(text),
        _ => {
            let mut text = String::with_capacity(path.len() + 8);
            for chunk in path.utf8_chunks() {
                for c in chunk.valid().chars() {
                    match c.is_control() {
                        true => text.extend(c.escape_debug()),
                        false => text.push(c),
                    }
                }
                for byte in chunk.invalid() {
                    text.push_str(&format!("\\x{byte:02X}"));
                }
            }
            Cow::Owned(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_no_text_can_be_told() {
        assert_eq!(named(b"caf\xe9.txt"), "caf\\xE9.txt");
        assert_eq!(named(b"a\n::error::b"), "a\\n::error::b");
        assert_eq!(named("café".as_bytes()), "café");
    }
}
