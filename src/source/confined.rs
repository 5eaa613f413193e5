//! Which files are read at all: regular ones below the root, however links lead there, and no more of them than a bound.
//!
//! A device never ends, a FIFO waits for a writer, and what a link brings in from outside is not in the repository that
//! a colleague checks out.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;

use crate::source::ReadError;

/// The longest text that is read to be understood, in bytes: Dockerfiles, pins, templates, texts with mentions.
pub(super) const TEXT_LIMIT: u64 = 16 * 1024 * 1024;
/// The longest output that is compared, in bytes: more than any plan of the most cells that a product may have.
pub(super) const OUTPUT_LIMIT: u64 = 256 * 1024 * 1024;

/// Why a file that is there is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is a device, a FIFO, a socket.
    #[error("is no regular file")]
    NotRegular,
    /// A link leads to it, or to its folder, from the repository.
    #[error("leads out of the repository")]
    Outside,
    /// Its bytes are not in this clone, which holds a part of the repository.
    #[error("is not in this clone, which holds only a part of what was committed")]
    Lacking,
    /// The machine does not let it be read, and why.
    #[error("cannot be read: {0}")]
    Unreadable(io::ErrorKind),
    /// It is longer than this many bytes.
    #[error("is longer than {} MiB", .0 / 1024 / 1024)]
    TooLong(u64),
}

/// The folders of a repository that were found to lie in it, or not to.
#[derive(Debug, Default)]
pub(super) struct Confined {
    folders: Mutex<FxHashMap<PathBuf, bool>>,
}

impl Confined {
    /// The bytes of the file at `path` from `root`, at most `limit` of them.
    ///
    /// # Errors
    /// When it cannot be read, or is refused.
    pub(super) fn read(&self, root: &Path, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        let absolute = root.join(path);
        self.bytes(root, &absolute, limit)
            .map_err(|source| ReadError::Io {
                path: absolute.clone(),
                source,
            })?
            .map_err(|why| ReadError::Refused {
                path: path.to_owned(),
                why,
            })
    }

    /// Reads a file that was seen to be a regular one, and no link on the way, into `bytes`; at most `limit` of them.
    ///
    /// # Errors
    /// When it cannot be read, or is longer.
    pub(super) fn seen(
        &self,
        root: &Path,
        path: &str,
        limit: u64,
        bytes: &mut Vec<u8>,
    ) -> Result<(), ReadError> {
        let absolute = root.join(path);
        bytes.clear();
        let read = File::open(&absolute).and_then(|file| file.take(limit + 1).read_to_end(bytes));
        read.map_err(|source| ReadError::Io {
            path: absolute,
            source,
        })?;
        match bytes.len() as u64 > limit {
            true => Err(ReadError::Refused {
                path: path.to_owned(),
                why: Refusal::TooLong(limit),
            }),
            false => Ok(()),
        }
    }

    /// Whether a file that was seen to be a regular one, and no link on the way, holds just these bytes. However many they
    /// are, they are compared piece by piece, each as long as `piece`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn is_same(
        root: &Path,
        path: &str,
        bytes: &[u8],
        piece: &mut [u8],
    ) -> Result<bool, ReadError> {
        let absolute = root.join(path);
        let compare = |mut file: File| {
            let mut left = bytes;
            loop {
                let count = file.read(piece)?;
                match left.split_at_checked(count) {
                    Some((next, rest)) if next == &piece[..count] => left = rest,
                    _ => return Ok(false),
                }
                if count == 0 {
                    return Ok(left.is_empty());
                }
            }
        };
        File::open(&absolute)
            .and_then(compare)
            .map_err(|source| ReadError::Io {
                path: absolute,
                source,
            })
    }

    /// The first bytes of the file at `path` from `root`, `None` where it cannot be read or is refused.
    pub(super) fn head(&self, root: &Path, path: &str, length: u64) -> Option<Vec<u8>> {
        let file = self.opened(root, &root.join(path)).ok()?.ok()?;
        let mut bytes = Vec::new();
        file.take(length).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    fn bytes(&self, root: &Path, path: &Path, limit: u64) -> io::Result<Result<Vec<u8>, Refusal>> {
        let file = match self.opened(root, path)? {
            Ok(file) => file,
            Err(why) => return Ok(Err(why)),
        };
        let meta = file.metadata()?;
        if meta.len() > limit {
            return Ok(Err(Refusal::TooLong(limit)));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(meta.len()).unwrap_or(0) + 1);
        file.take(limit + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > limit {
            return Ok(Err(Refusal::TooLong(limit)));
        }
        Ok(Ok(bytes))
    }

    fn opened(&self, root: &Path, path: &Path) -> io::Result<Result<File, Refusal>> {
        let mut meta = fs::symlink_metadata(path)?;
        let inside = if meta.is_symlink() {
            let inside = path.canonicalize()?.starts_with(root);
            meta = fs::metadata(path)?;
            inside
        } else {
            match path.parent() {
                Some(folder) => self.holds(root, folder)?,
                None => false,
            }
        };
        if !inside {
            return Ok(Err(Refusal::Outside));
        }
        // Asked before it is opened: to open a FIFO is to wait.
        if !meta.is_file() {
            return Ok(Err(Refusal::NotRegular));
        }
        Ok(Ok(File::open(path)?))
    }

    /// Whether a folder lies in the repository: one that is no link does where the folder above it does.
    fn holds(&self, root: &Path, folder: &Path) -> io::Result<bool> {
        let known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(folder) {
            return Ok(*known);
        }
        drop(known);
        let above = folder.parent().filter(|above| above.starts_with(root));
        let inside = match above {
            _ if folder == root => true,
            Some(above) if is_plain(folder) && !fs::symlink_metadata(folder)?.is_symlink() => {
                self.holds(root, above)?
            }
            _ => folder.canonicalize()?.starts_with(root),
        };
        let mut known = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(folder.to_owned(), inside);
        Ok(inside)
    }
}

/// Whether the last part of a path is a name, and no way back up.
fn is_plain(path: &Path) -> bool {
    matches!(path.components().next_back(), Some(Component::Normal(_)))
}
