//! The files a build context holds, hashed the way a builder would see them.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::source::confined::TEXT_LIMIT;
use crate::source::{DockerIgnore, FolderMatch, ReadError, Repository};

/// Knows which files are gen's own outputs, which are part of no context.
pub struct Ours<'a> {
    /// By path from the root.
    pub path: &'a dyn Fn(&str) -> bool,
    /// By content, for what no path tells.
    pub bytes: &'a dyn Fn(&[u8]) -> bool,
}

/// What a build context holds.
#[derive(Clone, Debug, Default)]
pub struct BuildContext {
    /// SHA-256 over its files.
    pub hash: [u8; 32],
    /// Each file by its path in the context: its executable bit, kind and bytes as one hash.
    pub files: BTreeMap<String, [u8; 32]>,
    /// Whether the matrix file is among them, which every release changes.
    pub holds_matrix: bool,
}

impl BuildContext {
    /// One without files.
    pub fn empty() -> Self {
        BuildContext {
            hash: Sha256::new().finalize().into(),
            files: BTreeMap::new(),
            holds_matrix: false,
        }
    }
}

impl Repository {
    /// Whether a folder holds nothing but outputs of gen, or is not there: it adds no file to a context, whatever an
    /// ignore file says.
    pub fn holds_only(&self, folder: &str, ours: &Ours<'_>) -> bool {
        let mut entries = match fs::read_dir(self.absolute(folder)) {
            Ok(entries) => entries,
            Err(error) => return error.kind() == io::ErrorKind::NotFound,
        };
        entries.all(|entry| {
            entry.is_ok_and(|entry| {
                let is_file = entry.file_type().is_ok_and(|kind| !kind.is_dir());
                let name = entry.file_name();
                is_file && (ours.path)(&format!("{folder}/{}", name.to_string_lossy()))
            })
        })
    }

    /// The files of the folder `context` (from the root): path, executable bit and bytes of each, in sorted
    /// order, links by their target. `.git`, what the ignore file leaves out, and what is `ours` are not part of it.
    /// The ignore file is the one of that path, else the context's `.dockerignore`. A folder that is not there is empty.
    ///
    /// # Errors
    /// When the folder or a file in it cannot be read.
    pub fn build_context(
        &self,
        context: &str,
        ignore_file: Option<&str>,
        ours: &Ours<'_>,
    ) -> Result<BuildContext, ReadError> {
        let root = self.absolute(context);
        let mut files = BTreeMap::new();
        if root.exists() {
            let own = match context {
                "." => ".dockerignore".to_owned(),
                folder => format!("{}/.dockerignore", folder.trim_end_matches('/')),
            };
            let ignore = self.bytes_within(ignore_file.unwrap_or(&own), TEXT_LIMIT)?;
            let ignore = ignore.map(|bytes| DockerIgnore::parse(&bytes));
            let ignore = ignore.unwrap_or_default();
            walk(&root, "", (&ignore, &FolderMatch::default()), &mut files).map_err(|source| {
                ReadError::Io {
                    path: root.clone(),
                    source,
                }
            })?;
        }
        let prefix = if context == "." {
            String::new()
        } else {
            format!("{}/", context.trim_end_matches('/'))
        };
        let mut all = Sha256::new();
        let mut hashes = BTreeMap::new();
        let holds_matrix = files
            .keys()
            .any(|path| format!("{prefix}{path}") == self.matrix_path());
        for (path, kind) in files {
            if (ours.path)(&format!("{prefix}{path}")) {
                continue;
            }
            let absolute = root.join(&path);
            let fault = |source| ReadError::Io {
                path: absolute.clone(),
                source,
            };
            let (mark, bytes) = match kind {
                Kind::Link => {
                    let target = fs::read_link(&absolute).map_err(fault)?;
                    (b'l', target.to_string_lossy().into_owned().into_bytes())
                }
                Kind::File => {
                    let path = format!("{prefix}{path}");
                    let bytes = self.bytes_within(&path, u64::MAX - 1)?.unwrap_or_default();
                    if (ours.bytes)(&bytes) {
                        continue;
                    }
                    let executable = executable(&fs::metadata(&absolute).map_err(fault)?);
                    (if executable { b'x' } else { b'f' }, bytes)
                }
            };
            all.update((path.len() as u64).to_le_bytes());
            all.update(path.as_bytes());
            all.update([mark]);
            let bytes = Sha256::digest(&bytes);
            all.update(bytes);
            let one = Sha256::new().chain_update([mark]).chain_update(bytes);
            hashes.insert(path, one.finalize().into());
        }
        Ok(BuildContext {
            hash: all.finalize().into(),
            files: hashes,
            holds_matrix,
        })
    }
}

enum Kind {
    File,
    Link,
}

fn walk(
    root: &Path,
    below: &str,
    (ignore, above): (&DockerIgnore, &FolderMatch),
    files: &mut BTreeMap<String, Kind>,
) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if path == ".git" {
            continue;
        }
        let kind = entry.file_type()?;
        let (verdict, below) = ignore.entry(&path, above);
        if kind.is_dir() {
            // An exception may bring a file back from an excluded folder.
            if !below.is_closed() {
                walk(root, &path, (ignore, &below), files)?;
            }
        } else if !verdict.is_excluded {
            let kind = if kind.is_symlink() {
                Kind::Link
            } else if kind.is_file() {
                Kind::File
            } else {
                continue;
            };
            files.insert(path, kind);
        }
    }
    Ok(())
}

#[cfg(unix)]
fn executable(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    meta.permissions().mode() & 0o111 != 0
}

#[cfg(not(unix))]
fn executable(_: &fs::Metadata) -> bool {
    false
}
