//! A worktree of git's: what stands in it now, against what git knows of it.
//!
//! Whether a file is what the index says is told from its stat data, as git does, read from `ls-files --debug` in the same
//! process that lists the files. Reading the index ourselves would need its four versions, its split and its sparse form
//! (a crate that knows them brings thirty others); `diff-files` and `ls-files -m` read racy files through filters. What
//! git prints for people to look at may change its form: then no file counts as clean, and all are read.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::source::Git;
use crate::source::attributes::{self, Attributes, FileAttributes};
use crate::source::blob::{
    LONGEST_POINTER, LineEnds, ObjectFormat, ObjectId, Stored, Storing, is_pointer, stored,
};
use crate::source::walk::is_absent;

/// What a file is to a builder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// A file.
    File,
    /// A file that can be run.
    Executable,
    /// A symbolic link; its text is its bytes.
    Link,
}

/// What git's index says of a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its mode.
    pub mode: Mode,
    /// The id of its bytes; `None` where they are to be read: in a conflict, or with `git add -N`.
    pub id: Option<ObjectId>,
    /// Its stat data when it was last looked at.
    pub stat: Option<Stat>,
    /// Whether git is told not to look at the worktree: sparse, or assumed to be unchanged.
    pub is_pinned: bool,
}

/// The stat data that the index holds, cut to 32 bits as there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stat {
    /// Change of the inode, in seconds and nanoseconds.
    pub ctime: (u32, u32),
    /// Change of the bytes.
    pub mtime: (u32, u32),
    /// Number of the inode.
    pub inode: u32,
    /// Length in bytes.
    pub size: u32,
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub enum Found {
    /// Nothing, or what git would not take: the file is deleted.
    Nothing,
    /// A device, a pipe or a socket, which no checkout holds. It is never opened.
    Special,
    /// It cannot be read, and why.
    Unreadable(String),
    /// A file or link.
    File(FoundFile),
}

/// A file or link that stands in a worktree.
#[derive(Clone, Copy, Debug)]
pub struct FoundFile {
    /// Its mode.
    pub mode: Mode,
    /// The id of what git would store of it.
    pub id: ObjectId,
    /// Whether Git LFS stores it.
    pub is_lfs: bool,
    /// Whether a pointer of Git LFS lies there in its place.
    pub is_pointer: bool,
}

/// What git is told of this worktree, and matters here. Source: git-config(1).
#[derive(Clone, Copy, Debug)]
struct Settings {
    auto_crlf: LineEnds,
    file_mode: bool,
    symlinks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            auto_crlf: LineEnds::Kept,
            file_mode: true,
            symlinks: true,
        }
    }
}

/// A worktree, or a folder that git does not know.
#[derive(Debug)]
pub(super) struct Worktree {
    /// The folder that paths are told from.
    root: PathBuf,
    /// The folder where attributes begin: of git's, the top.
    top: PathBuf,
    /// From the top to the root, with a `/` behind each part.
    prefix: Vec<u8>,
    /// Whether git knows it.
    pub in_git: bool,
    /// When the index was written.
    index_time: Option<(u32, u32)>,
    format: OnceLock<ObjectFormat>,
    settings: OnceLock<Settings>,
    attributes: Attributes,
    /// Whether some attribute file speaks of Git LFS.
    pub speaks_of_lfs: bool,
    /// Folders on the way to a file that are none: links, or not there.
    broken: Mutex<HashMap<PathBuf, bool>>,
    /// What was read once is not read again.
    read: Mutex<HashMap<Vec<u8>, Found>>,
}

impl Worktree {
    /// Of the folder `root`, in a worktree of git's or not.
    pub(super) fn new(root: &Path, in_git: bool) -> Self {
        let holding = root.ancestors().find(|folder| {
            let entry = fs::symlink_metadata(folder.join(".git"));
            in_git && entry.is_ok()
        });
        let top = holding.unwrap_or(root).to_owned();
        let below = root.strip_prefix(&top).unwrap_or(Path::new(""));
        let mut prefix = Vec::new();
        for part in below.components() {
            prefix.extend_from_slice(part.as_os_str().as_encoded_bytes());
            prefix.push(b'/');
        }
        let index = git_folder(&top).map(|folder| folder.join("index"));
        let index_time = index.and_then(|index| fs::metadata(index).ok());
        Worktree {
            root: root.to_owned(),
            prefix,
            in_git,
            index_time: index_time.map(|meta| times(&meta).1),
            format: OnceLock::new(),
            settings: OnceLock::new(),
            attributes: Attributes::default(),
            // Whoever reads every file can ask of every file.
            speaks_of_lfs: !in_git,
            broken: Mutex::default(),
            read: Mutex::default(),
            top,
        }
    }

    /// Whether a folder lies in a worktree of git's, as far as one can see.
    pub(super) fn is_in_git(root: &Path) -> bool {
        root.ancestors().any(Worktree::is_top)
    }

    /// Whether a folder is the top of a worktree, as far as one can see.
    pub(super) fn is_top(folder: &Path) -> bool {
        fs::symlink_metadata(folder.join(".git")).is_ok()
    }

    /// The folder that paths are told from.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Learns the hash of the repository from an id.
    pub(super) fn learn_format(&mut self, id: Option<ObjectId>) {
        if let Some(id) = id {
            let _ = self.format.set(id.format());
        }
    }

    /// Looks through the attribute files, of which those below the root are at these paths, for Git LFS.
    pub(super) fn look_for_lfs<'p>(&mut self, paths: impl Iterator<Item = &'p [u8]>) {
        let name = attributes::NAME.as_bytes();
        let here = paths
            .filter(|path| path.ends_with(name))
            .map(|path| self.root.join(os(path)));
        let above = self.root.ancestors();
        let above = above.take_while(|folder| folder.starts_with(&self.top));
        let mut files = here.chain(above.map(|folder| folder.join(attributes::NAME)));
        self.speaks_of_lfs = files.any(|file| {
            let bytes = regular(&file).unwrap_or_default();
            bytes.windows(3).any(|word| word == b"lfs")
        });
    }

    fn format(&self) -> ObjectFormat {
        *self.format.get_or_init(|| {
            let named = ["rev-parse", "--show-object-format"];
            let said = self
                .in_git
                .then(|| Git::at(&self.root).run("rev-parse", &named));
            match said {
                Some(Ok(said)) if said.trim_ascii() == b"sha256" => ObjectFormat::Sha256,
                _ => ObjectFormat::Sha1,
            }
        })
    }

    fn settings(&self) -> Settings {
        *self.settings.get_or_init(|| {
            if !self.in_git {
                return Settings::default();
            }
            let pattern = r"^core\.(autocrlf|filemode|symlinks)$";
            let asked = ["config", "-z", "--get-regexp", pattern];
            // It fails where none is set.
            let said = Git::at(&self.root)
                .run("config", &asked)
                .unwrap_or_default();
            let mut settings = Settings::default();
            for one in said.split(|byte| *byte == 0).filter(|one| !one.is_empty()) {
                let one = String::from_utf8_lossy(one).to_lowercase();
                let (key, value) = one.split_once('\n').unwrap_or((&one, "true"));
                let on = !["false", "no", "off", "0", ""].contains(&value);
                match key {
                    "core.autocrlf" if on => settings.auto_crlf = LineEnds::Auto,
                    "core.autocrlf" => settings.auto_crlf = LineEnds::Kept,
                    "core.filemode" => settings.file_mode = on,
                    _ => settings.symlinks = on,
                }
            }
            settings
        })
    }

    fn attributes(&self, path: &[u8]) -> FileAttributes {
        let full = [&self.prefix, path].concat();
        self.attributes.of(&full, &|folder| {
            regular(&self.top.join(os(folder)).join(attributes::NAME)).ok()
        })
    }

    /// How git would store the file `path`.
    fn storing(&self, path: &[u8]) -> Storing {
        let attributes = self.attributes(path);
        let line_ends = match attributes.line_ends() {
            // Without git, the bytes count as they are.
            _ if !self.in_git => LineEnds::Kept,
            Some(said) => said,
            None => self.settings().auto_crlf,
        };
        Storing {
            line_ends,
            is_lfs: attributes.is_lfs(),
            format: self.format(),
        }
    }

    /// The id that bytes would have at `path`, of which the index says `entry`, and which are about to be written there.
    pub(super) fn id_of(
        &self,
        path: &[u8],
        bytes: &[u8],
        entry: Option<&Entry>,
    ) -> Option<ObjectId> {
        let length = bytes.len() as u64;
        let how = self.storing(path);
        let found = stored(&mut io::Cursor::new(bytes), length, how).ok()?;
        Some(self.settled(&found, entry))
    }

    /// The id of what was read: CRLF that was stored before is stored again.
    fn settled(&self, found: &Stored, entry: Option<&Entry>) -> ObjectId {
        let known = entry.and_then(|entry| entry.id);
        match found.unless_crlf_before {
            Some(raw) if known == Some(raw) => raw,
            Some(raw) if known.is_some_and(|id| id != found.id && self.holds_crlf(id)) => raw,
            _ => found.id,
        }
    }

    /// What stands at `path` (from the root), of which the index says `entry`.
    pub(super) fn look(&self, path: &[u8], entry: Option<&Entry>) -> Found {
        if let Some(Entry {
            mode,
            id: Some(id),
            is_pinned: true,
            ..
        }) = entry
        {
            return Found::File(FoundFile {
                mode: *mode,
                id: *id,
                is_lfs: self.is_lfs(path),
                is_pointer: false,
            });
        }
        let file = self.root.join(os(path));
        if self.is_beyond_a_link(&file) {
            return Found::Nothing;
        }
        let meta = match fs::symlink_metadata(&file) {
            Ok(meta) => meta,
            Err(error) if is_absent(&error) => return Found::Nothing,
            Err(error) => return Found::Unreadable(error.to_string()),
        };
        if meta.is_dir() {
            return Found::Nothing;
        }
        if !meta.is_file() && !meta.is_symlink() {
            return Found::Special;
        }
        if let Some((entry, id)) = entry.and_then(|entry| Some((entry, entry.id?)))
            && self.is_clean(entry, &meta)
        {
            let is_lfs = self.is_lfs(path);
            return Found::File(FoundFile {
                mode: entry.mode,
                id,
                is_lfs,
                is_pointer: entry.mode != Mode::Link && is_pointer_file(&file, &meta, is_lfs),
            });
        }
        let known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(path) {
            return known.clone();
        }
        drop(known);
        let found = self
            .read(path, &file, &meta, entry)
            .map_or_else(|error| Found::Unreadable(error.to_string()), Found::File);
        let mut known = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), found.clone());
        found
    }

    fn is_lfs(&self, path: &[u8]) -> bool {
        self.speaks_of_lfs && self.attributes(path).is_lfs()
    }

    /// Whether a file surely holds what the index says. What was written in the moment in which the index was may have
    /// been written once more after it: such files are read.
    fn is_clean(&self, entry: &Entry, meta: &Metadata) -> bool {
        let (Some(stat), Some(index)) = (entry.stat, self.index_time) else {
            return false;
        };
        // A filesystem that knows no parts of a second says nothing of them.
        let racy = if stat.mtime.1 == 0 || index.1 == 0 {
            stat.mtime.0 >= index.0
        } else {
            stat.mtime >= index
        };
        !racy && stat.size > 0 && stat == stat_of(meta)
    }

    fn read(
        &self,
        path: &[u8],
        file: &Path,
        meta: &Metadata,
        entry: Option<&Entry>,
    ) -> io::Result<FoundFile> {
        let before = entry.map(|entry| entry.mode);
        if meta.is_symlink() {
            let target = fs::read_link(file)?;
            return Ok(FoundFile {
                mode: Mode::Link,
                id: ObjectId::of(target.as_os_str().as_encoded_bytes(), self.format()),
                is_lfs: false,
                is_pointer: false,
            });
        }
        // Where links cannot be made, a checkout writes their text into files.
        if before == Some(Mode::Link) && !self.settings().symlinks {
            return Ok(FoundFile {
                mode: Mode::Link,
                id: ObjectId::of(&regular(file)?, self.format()),
                is_lfs: false,
                is_pointer: false,
            });
        }
        if self.in_git
            && let Some(name) = self.attributes(path).not_followed()
        {
            let holds_id = || regular(file).is_ok_and(|b| b.windows(4).any(|w| w == b"$Id:"));
            // The moment in which it was checked out is no reason to doubt it: only its bytes could tell.
            if let Some(Entry {
                mode,
                stat: Some(stat),
                id: Some(id),
                ..
            }) = entry
                && *stat == stat_of(meta)
            {
                return Ok(FoundFile {
                    mode: *mode,
                    id: *id,
                    is_lfs: false,
                    is_pointer: false,
                });
            }
            if name != attributes::IDENT || holds_id() {
                return Err(io::Error::other(format!(
                    "git stores it otherwise by its attribute `{name}`, which is followed for files alone that are as \
                     the index has them"
                )));
            }
        }
        let how = self.storing(path);
        let mut opened = File::open(file)?;
        let found = stored(&mut opened, meta.len(), how)?;
        let mode = match before {
            _ if self.settings().file_mode => {
                if is_executable(meta) {
                    Mode::Executable
                } else {
                    Mode::File
                }
            }
            Some(mode @ (Mode::File | Mode::Executable)) => mode,
            _ => Mode::File,
        };
        Ok(FoundFile {
            mode,
            id: self.settled(&found, entry),
            is_lfs: how.is_lfs,
            is_pointer: found.is_pointer,
        })
    }

    /// Whether a blob was stored with CRLF, and as text. Source: `has_crlf_in_index` of git's `convert.c`.
    fn holds_crlf(&self, id: ObjectId) -> bool {
        let hex: String = id.as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        let found = Git::at(&self.root).objects(&[hex]);
        let object = found.ok().and_then(|mut found| found.pop().flatten());
        object.is_some_and(|object| {
            let length = object.bytes.len() as u64;
            let how = Storing {
                line_ends: LineEnds::Auto,
                is_lfs: false,
                format: id.format(),
            };
            let read = stored(&mut io::Cursor::new(object.bytes), length, how);
            read.is_ok_and(|read| read.unless_crlf_before.is_some())
        })
    }

    /// Whether a folder on the way to a file is a link: to git, the file is gone then.
    fn is_beyond_a_link(&self, file: &Path) -> bool {
        let Some(folder) = file.parent().filter(|folder| *folder != self.root) else {
            return false;
        };
        if !folder.starts_with(&self.root) {
            return false;
        }
        let known = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(folder) {
            return *known;
        }
        drop(known);
        let broken = fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_symlink())
            || self.is_beyond_a_link(folder);
        let mut known = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), broken);
        broken
    }
}

/// The bytes of a regular file.
fn regular(file: &Path) -> io::Result<Vec<u8>> {
    if !fs::symlink_metadata(file)?.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    fs::read(file)
}

/// Whether a file that need not be read holds a pointer. One that git LFS is not said to store is looked at only if it is
/// as long as pointers are.
fn is_pointer_file(file: &Path, meta: &Metadata, is_lfs: bool) -> bool {
    let usual = 120..=150;
    let may_be = usual.contains(&meta.len()) || (is_lfs && meta.len() <= LONGEST_POINTER);
    meta.is_file() && may_be && fs::read(file).is_ok_and(|bytes| is_pointer(&bytes))
}

/// The folder of git's for the worktree with this top.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let entry = top.join(".git");
    if entry.is_dir() {
        return Some(entry);
    }
    let text = fs::read_to_string(&entry).ok()?;
    let named = text.lines().next()?.strip_prefix("gitdir:")?.trim();
    Some(top.join(named))
}

/// The folder of git's that all worktrees share with the one with this top. Source: `commondir` in gitrepository-layout(5).
pub(super) fn common_folder(top: &Path) -> Option<PathBuf> {
    let own = git_folder(top)?;
    match fs::read_to_string(own.join("commondir")) {
        Ok(named) => Some(own.join(named.trim_end_matches(['\n', '\r']))),
        Err(_) => Some(own),
    }
}

#[cfg(unix)]
pub(super) fn os(path: &[u8]) -> &OsStr {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(path)
}

#[cfg(not(unix))]
pub(super) fn os(path: &[u8]) -> &OsStr {
    OsStr::new(std::str::from_utf8(path).unwrap_or_default())
}

#[cfg(unix)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the index holds the low 32 bits"
)]
fn times(meta: &Metadata) -> ((u32, u32), (u32, u32)) {
    use std::os::unix::fs::MetadataExt;
    (
        (meta.ctime() as u32, meta.ctime_nsec() as u32),
        (meta.mtime() as u32, meta.mtime_nsec() as u32),
    )
}

#[cfg(unix)]
#[expect(
    clippy::cast_possible_truncation,
    reason = "the index holds the low 32 bits"
)]
fn stat_of(meta: &Metadata) -> Stat {
    use std::os::unix::fs::MetadataExt;
    let (ctime, mtime) = times(meta);
    Stat {
        ctime,
        mtime,
        inode: meta.ino() as u32,
        size: meta.len() as u32,
    }
}

#[cfg(unix)]
fn is_executable(meta: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o100 != 0
}

// Elsewhere stat data say nothing that could be compared with the index: every file is read.
#[cfg(not(unix))]
fn times(_: &Metadata) -> ((u32, u32), (u32, u32)) {
    ((0, 0), (0, 0))
}

#[cfg(not(unix))]
fn stat_of(_: &Metadata) -> Stat {
    Stat {
        ctime: (0, 0),
        mtime: (0, 0),
        inode: 0,
        size: 0,
    }
}

#[cfg(not(unix))]
fn is_executable(_: &Metadata) -> bool {
    false
}
