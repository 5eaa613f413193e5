//! Where the repository is, and reading from it.

#![expect(clippy::disallowed_methods, reason = "the room that reads files")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::{Mutex, OnceLock};

use crate::source::confined::{Confined, OUTPUT_LIMIT, Refusal, TEXT_LIMIT};
use crate::source::family::{self, Family};
use crate::source::listing::Listings;
use crate::source::owner::Owner;
use crate::source::snapshot::Snapshot;
use crate::source::walk::is_absent;
use crate::source::{Members, SourceFile};

/// The folder all paths of `matrix.toml` and all outputs are relative to, and the matrix file in it.
#[derive(Debug)]
pub struct Repository {
    root: PathBuf,
    /// Whose outputs are meant.
    owner: Owner,
    /// The matrices of this root.
    family: Arc<Family>,
    /// The commit that is read instead of the disk.
    snapshot: Option<Arc<Snapshot>>,
    /// Texts that stand for what is on disk: what a bump is about to write.
    overlay: BTreeMap<String, Arc<SourceFile>>,
    texts: Mutex<BTreeMap<String, Option<Arc<SourceFile>>>>,
    confined: Confined,
    listings: Listings,
    refused: Mutex<BTreeMap<String, Refusal>>,
    /// The files that can go into build contexts, asked of git when first needed.
    members: Arc<OnceLock<Members>>,
}

/// A file or folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No matrix file from the start folder upwards.
    #[error("no `matrix.toml` in {} or any folder above it", .0.display())]
    NoMatrix(PathBuf),
    /// The matrix file lies outside the repository root.
    #[error("{} is not inside {}", file.display(), root.display())]
    Outside {
        /// The file named.
        file: PathBuf,
        /// The root it should be in.
        root: PathBuf,
    },
    /// Whether another matrix lists this one, and so where its outputs go, cannot be told.
    #[error("{} may list {}, and is no TOML", lister.display(), file.display())]
    Lister {
        /// The matrix file that may list it.
        lister: PathBuf,
        /// The matrix file.
        file: PathBuf,
    },
    /// Reading failed.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// What was being read.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// It is there, and not a file that is read.
    #[error("`{}` {why}", path.escape_debug())]
    Refused {
        /// Its path from the root.
        path: String,
        /// Why.
        why: Refusal,
    },
    /// The file is not UTF-8 text.
    #[error("{} is not UTF-8 text", .0.display())]
    NotText(PathBuf),
}

impl Repository {
    /// Finds the repository: `directory` (`-C`) and `config` as given on the command line. Without
    /// `config`, the nearest folder from `directory` upwards that holds a `matrix.toml`; with it, `directory` itself. Where
    /// the `matrix.toml` of a folder above lists that file, the folder of that one.
    ///
    /// # Errors
    /// When there is no such file, or it lies outside the root.
    pub fn find(directory: &Path, config: Option<&Path>) -> Result<Self, ReadError> {
        let start = directory.canonicalize().map_err(|source| ReadError::Io {
            path: directory.to_owned(),
            source,
        })?;
        let (root, matrix) = match config {
            Some(config) => {
                let named = start.join(config);
                let file = named.canonicalize().map_err(|source| ReadError::Io {
                    path: named.clone(),
                    source,
                })?;
                let relative = file.strip_prefix(&start).map_err(|_| ReadError::Outside {
                    file: file.clone(),
                    root: start.clone(),
                })?;
                let relative = slashes(relative);
                (start, relative)
            }
            None => {
                let root = start
                    .ancestors()
                    .find(|folder| folder.join("matrix.toml").is_file())
                    .ok_or_else(|| ReadError::NoMatrix(start.clone()))?;
                (root.to_owned(), "matrix.toml".to_owned())
            }
        };
        let file = root.join(&matrix);
        let lister = family::root_of(&file).map_err(|lister| ReadError::Lister {
            lister,
            file: file.clone(),
        })?;
        let (root, matrix) = match lister {
            Some(above) => {
                let path = file.strip_prefix(above).unwrap_or(&file);
                (above.to_owned(), slashes(path))
            }
            None => (root, matrix),
        };
        let family = Arc::new(Family::read(&root));
        let owner = family.owner(&matrix).cloned();
        Ok(Repository {
            root,
            owner: owner.unwrap_or_else(|| Owner::alone(matrix)),
            family,
            snapshot: None,
            overlay: BTreeMap::new(),
            texts: Mutex::default(),
            confined: Confined::default(),
            listings: Listings::default(),
            refused: Mutex::default(),
            members: Arc::default(),
        })
    }

    /// The repository around a folder in which a matrix is yet to be written: `matrix.toml` in the nearest folder upwards
    /// that git knows as a root, else in that folder itself.
    ///
    /// # Errors
    /// When there is no such folder.
    pub fn around(directory: &Path) -> Result<Self, ReadError> {
        let start = directory.canonicalize().map_err(|source| ReadError::Io {
            path: directory.to_owned(),
            source,
        })?;
        let root = start
            .ancestors()
            .find(|folder| folder.join(".git").exists());
        let root = root.unwrap_or(&start).to_owned();
        Ok(Repository {
            family: Arc::new(Family::read(&root)),
            root,
            owner: Owner::alone(family::LISTER),
            snapshot: None,
            overlay: BTreeMap::new(),
            texts: Mutex::default(),
            confined: Confined::default(),
            listings: Listings::default(),
            refused: Mutex::default(),
            members: Arc::default(),
        })
    }

    /// The same matrix as a commit has it. Nothing that is laid over the disk is laid over that.
    pub fn at(&self, snapshot: Arc<Snapshot>) -> Self {
        Repository {
            snapshot: Some(snapshot),
            members: Arc::default(),
            overlay: BTreeMap::new(),
            ..self.with([])
        }
    }

    pub(super) fn listings(&self) -> &Listings {
        &self.listings
    }

    /// The commit that is read instead of the disk.
    pub(super) fn snapshot(&self) -> Option<&Snapshot> {
        self.snapshot.as_deref()
    }

    /// The same root with each of its matrices, this one first: those that it lists, where it is the one that may.
    pub fn with_listed(self) -> Vec<Repository> {
        let root = self.owner.name().is_none() && self.owner.matrix() == family::LISTER;
        let listed = self.family.listed().iter().filter(|_| root);
        let others: Vec<Repository> = listed
            .map(|owner| Repository {
                owner: owner.clone(),
                ..self.with([])
            })
            .collect();
        std::iter::once(self).chain(others).collect()
    }

    /// The same repository as if these texts were in it already.
    pub fn with(&self, texts: impl IntoIterator<Item = Arc<SourceFile>>) -> Self {
        let mut overlay = self.overlay.clone();
        overlay.extend(texts.into_iter().map(|file| (file.path.to_string(), file)));
        Repository {
            root: self.root.clone(),
            owner: self.owner.clone(),
            family: self.family.clone(),
            snapshot: self.snapshot.clone(),
            overlay,
            texts: Mutex::default(),
            confined: Confined::default(),
            listings: Listings::default(),
            refused: Mutex::default(),
            members: self.members.clone(),
        }
    }

    /// The same repository, of which nothing was read yet.
    pub fn read_anew(&self) -> Self {
        Repository {
            members: Arc::default(),
            ..self.with([])
        }
    }

    /// The same repository with these files instead of those of its worktree.
    pub fn with_members(self, members: Members) -> Self {
        Repository {
            members: Arc::new(OnceLock::from(members)),
            ..self
        }
    }

    /// The files that can go into build contexts.
    pub fn members(&self) -> &Members {
        self.members
            .get_or_init(|| Members::of_worktree(&self.root, self.matrix_path()))
    }

    /// The files that can go into build contexts, if any context was looked at.
    pub fn known_members(&self) -> Option<&Members> {
        self.members.get()
    }

    /// Lays one more text over what is there.
    pub fn lay(&mut self, file: Arc<SourceFile>) {
        let texts = self.texts.get_mut();
        let texts = texts.unwrap_or_else(std::sync::PoisonError::into_inner);
        texts.remove(&*file.path);
        self.overlay.insert(file.path.to_string(), file);
    }

    /// The text that stands for what is on disk.
    pub(super) fn laid(&self, path: &str) -> Option<&Arc<SourceFile>> {
        self.overlay.get(path)
    }

    /// The root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Path of the matrix file from the root.
    pub fn matrix_path(&self) -> &str {
        self.owner.matrix()
    }

    /// Whose outputs are meant.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The matrices of this root.
    pub fn family(&self) -> &Family {
        &self.family
    }

    /// A path from the root as a path of the machine.
    pub fn absolute(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Reads a text file by its path from the root.
    ///
    /// # Errors
    /// When it cannot be read or is not UTF-8.
    pub fn read_text(&self, path: &str) -> Result<Arc<SourceFile>, ReadError> {
        if let Some(file) = self.overlay.get(path) {
            return Ok(file.clone());
        }
        let bytes = self.stored(path, TEXT_LIMIT)?;
        let text = String::from_utf8(bytes).map_err(|_| ReadError::NotText(self.absolute(path)))?;
        Ok(SourceFile::new(path, text))
    }

    /// Reads a file by its path from the root, whatever bytes it holds: with each that is no UTF-8 replaced, and the
    /// offset of the first such, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_lossy(&self, path: &str) -> Result<(Arc<SourceFile>, Option<usize>), ReadError> {
        let bytes = self.stored(path, TEXT_LIMIT)?;
        let bad = std::str::from_utf8(&bytes).err().map(|e| e.valid_up_to());
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Ok((SourceFile::new(path, text), bad))
    }

    /// Whether [`text`](Self::text) was asked for a file that is there, but not read.
    pub fn refuses(&self, path: &str) -> bool {
        let refused = self.refused.lock();
        let refused = refused.unwrap_or_else(std::sync::PoisonError::into_inner);
        refused.contains_key(path)
    }

    /// The files that were asked for and that are there, but not read, and the folders that could not be listed, sorted by
    /// path. What hides matrices is told of the one that lists them.
    pub fn refused(&self) -> Vec<(String, Refusal)> {
        let refused = self.refused.lock();
        let mut refused = refused
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone();
        if self.owner.matrix() == family::LISTER {
            let unseen = self.family.unseen().iter();
            refused.extend(unseen.map(|(path, why)| (path.clone(), *why)));
        }
        refused.into_iter().collect()
    }

    /// The text of a file that may be absent, unreadable or not text; read once a run.
    pub fn text(&self, path: &str) -> Option<Arc<SourceFile>> {
        let mut texts = self
            .texts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = texts.get(path) {
            return known.clone();
        }
        let read = self.noted(path, self.read_text(path));
        texts.insert(path.to_owned(), read.clone());
        read
    }

    /// Reads a file that [`matching`](Self::matching) found, and that is no longer than a text may be. Whether it was read.
    pub(super) fn read_to_understand(&self, path: &str, bytes: &mut Vec<u8>) -> bool {
        let read = if self.snapshot.is_some() || self.overlay.contains_key(path) {
            let read = self.bytes_within(path, TEXT_LIMIT);
            read.map(|read| *bytes = read.unwrap_or_default())
        } else {
            self.confined.seen(&self.root, path, TEXT_LIMIT, bytes)
        };
        self.noted(path, read).is_some()
    }

    /// What was read; a refusal is remembered, and so is what is there and cannot be read.
    pub(super) fn noted<T>(&self, path: &str, read: Result<T, ReadError>) -> Option<T> {
        let why = match &read {
            Err(ReadError::Refused { why, .. }) => Some(*why),
            Err(ReadError::Io { source, .. }) if !is_absent(source) => {
                Some(Refusal::Unreadable(source.kind()))
            }
            _ => None,
        };
        self.note(why.map(|why| (path.to_owned(), why)));
        read.ok()
    }

    /// Remembers refusals.
    pub(super) fn note(&self, refusals: impl IntoIterator<Item = (String, Refusal)>) {
        let refused = self.refused.lock();
        let mut refused = refused.unwrap_or_else(std::sync::PoisonError::into_inner);
        refused.extend(refusals);
    }

    /// The bytes of a file, on disk or in the commit; at most `limit` of them.
    fn stored(&self, path: &str, limit: u64) -> Result<Vec<u8>, ReadError> {
        match &self.snapshot {
            Some(snapshot) => snapshot.read(path, limit),
            None => self.confined.read(&self.root, path, limit),
        }
    }

    /// A file that may be absent or unreadable; bytes that are no UTF-8 are read as well as they can be.
    pub fn decoded(&self, path: &str) -> Option<Arc<SourceFile>> {
        if let Some(text) = self.text(path) {
            return Some(text);
        }
        let decoded = SourceFile::decoded(
            path,
            self.noted(path, self.bytes_within(path, TEXT_LIMIT))??,
        );
        let mut texts = self
            .texts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = texts.entry(path.to_owned()).or_default();
        Some(known.get_or_insert(decoded).clone())
    }

    /// Whether a file is there.
    pub fn is_file(&self, path: &str) -> bool {
        match &self.snapshot {
            Some(snapshot) => snapshot.is_file(path),
            None => self.absolute(path).is_file(),
        }
    }

    /// Whether a folder is there.
    pub fn is_folder(&self, path: &str) -> bool {
        match &self.snapshot {
            Some(snapshot) => snapshot.is_folder(path),
            None => self.absolute(path).is_dir(),
        }
    }

    /// Whether an output that was seen to be a regular file, and no link on the way, holds just these bytes. It is read piece
    /// by piece into `piece`; what is not read from disk is never said to hold them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_same(&self, path: &str, bytes: &[u8], piece: &mut [u8]) -> Result<bool, ReadError> {
        if self.snapshot.is_some() || self.overlay.contains_key(path) {
            return Ok(false);
        }
        match Confined::is_same(&self.root, path, bytes, piece) {
            Err(ReadError::Io { source, .. }) if is_absent(&source) => Ok(false),
            result => result,
        }
    }

    /// The bytes of a file, `None` when there is no such file; at most as many as an output may have.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn bytes(&self, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
        self.bytes_within(path, OUTPUT_LIMIT)
    }

    /// The first `length` bytes of a file, `None` where it cannot be read.
    pub fn head(&self, path: &str, length: u64) -> Option<Vec<u8>> {
        let whole = usize::try_from(length).unwrap_or(usize::MAX);
        let start = |bytes: &[u8]| bytes[..bytes.len().min(whole)].to_vec();
        if let Some(file) = self.overlay.get(path) {
            return Some(start(file.text.as_bytes()));
        }
        match &self.snapshot {
            Some(snapshot) => Some(start(&snapshot.read(path, OUTPUT_LIMIT).ok()?)),
            None => self.confined.head(&self.root, path, length),
        }
    }

    /// The bytes of a file, `None` when there is no such file; at most `limit` of them.
    ///
    /// # Errors
    /// When it exists and cannot be read.
    pub fn bytes_within(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, ReadError> {
        if let Some(file) = self.overlay.get(path) {
            return Ok(Some(file.text.clone().into_bytes()));
        }
        match self.stored(path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(ReadError::Io { source, .. }) if is_absent(&source) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A relative path with `/` between its parts.
pub(super) fn slashes(path: &Path) -> String {
    path.components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join("/")
}
