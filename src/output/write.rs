//! Writing: each file replaced atomically, so that a fault or a kill leaves every file old or new.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::output::block::refilled;
use crate::output::drift::{Change, State};
use crate::output::links::Links;
use crate::source::{PathKind, Repository};

/// Where files are written before they take their place; in the folder of outputs, so on the same file system as the rest.
pub(super) const TEMPORARY: &str = ".tmp";

/// The paths that the run at work creates. One that is cut short leaves it, so that the next knows what to look at even
/// when the matrix has changed in between.
pub(super) const JOURNAL: &str = ".tmp/started";

/// What keeps git from the temporary folder, which a run that is cut short leaves behind.
const IGNORED: &str = ".gitignore";

/// What the notes of bumps begin with, in the temporary folder; the path of the matrix follows.
const NOTE: &str = "bump-";

/// Where a bump of a matrix notes what it sets out for, before its first write: if it is cut short, running it again must
/// not take another step. Removing the note is the last thing it does.
pub fn note_path(repository: &Repository) -> String {
    // `%` first, so that two paths never share a note.
    let matrix = repository.matrix_path();
    let name = matrix.replace('%', "%25").replace('/', "%2F");
    repository
        .owner()
        .path(&format!("{TEMPORARY}/{NOTE}{name}"))
}

fn temporary(repository: &Repository) -> PathBuf {
    repository.absolute(&repository.owner().path(TEMPORARY))
}

/// An output could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source}", path.display())]
pub struct WriteError {
    /// What was being done.
    doing: &'static str,
    /// To which path.
    path: PathBuf,
    /// Why it failed.
    source: io::Error,
}

impl WriteError {
    /// Why it failed.
    pub fn kind(&self) -> io::ErrorKind {
        self.source.kind()
    }
}

/// Holds off other runs over the same repository until it is dropped.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Waits until no other run writes to this repository. The root folder itself is locked: nothing is left behind, runs
/// over different matrix files are kept apart too, and an editor that replaces the matrix file does not shake the lock off.
///
/// # Errors
/// When it cannot be opened or locked.
pub fn lock(repository: &Repository) -> Result<Lock, WriteError> {
    let path = if cfg!(unix) {
        repository.root().to_owned()
    } else {
        // Elsewhere folders cannot be opened as files.
        repository.absolute(repository.matrix_path())
    };
    let fault = |source| WriteError {
        doing: "lock",
        path: path.clone(),
        source,
    };
    let file = File::open(&path).map_err(fault)?;
    match file.lock() {
        Ok(()) => {}
        // Some network file systems know no locks; running alone there is up to the user.
        Err(e) if e.kind() == io::ErrorKind::Unsupported => {}
        Err(e) => return Err(fault(e)),
    }
    Ok(Lock { _file: file })
}

/// A file of the user's with its new text.
#[derive(Clone, Debug)]
pub struct Edit {
    /// Path from the root.
    pub path: String,
    /// Its new text, line ends as they are to be.
    pub text: String,
}

/// Makes the matrix file of a repository that has none; `false` where there is one by now, which stays as it is.
///
/// # Errors
/// When it cannot be written; then there is none.
pub fn create(repository: &Repository, text: &str) -> Result<bool, WriteError> {
    let path = repository.absolute(repository.matrix_path());
    let fault = |source| WriteError {
        doing: "write",
        path: path.clone(),
        source,
    };
    let mut file = tempfile::NamedTempFile::new_in(repository.root()).map_err(fault)?;
    file.write_all(text.as_bytes()).map_err(fault)?;
    set_mode(file.as_file(), Mode::Kept, &path).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(true),
        Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(e) => Err(fault(e.error)),
    }
}

/// Carries out changes: writes what is missing or stale, removes orphans. The list of owned paths comes last, so that
/// a run that was cut short is healed by the next: what it wrote bears the header, what it did not remove is still listed.
/// Then the edits, in their order; each file keeps its mode.
///
/// # Errors
/// At the first path that fails; every file is then old or new, never in between.
pub fn write(
    repository: &Repository,
    changes: &[&Change],
    edits: &[Edit],
) -> Result<(), WriteError> {
    let folder = repository.owner().path(TEMPORARY);
    let temporary = repository.absolute(&folder);
    let fault = |doing, source| WriteError {
        doing,
        path: temporary.clone(),
        source,
    };
    if Links::new(repository).look(&folder) == PathKind::Linked {
        if changes.is_empty() && edits.is_empty() {
            return Ok(());
        }
        return Err(fault(
            "use",
            io::Error::other("the path leads through a symbolic link"),
        ));
    }
    if changes.is_empty() && edits.is_empty() {
        // What a run that was killed left behind.
        return settle(repository);
    }
    let journal = journal(repository, changes);
    // Blocks first: the last of the edits says that all is there.
    let blocks = changes
        .iter()
        .filter_map(|change| of_blocks(repository, change));
    let edits: Vec<Edit> = blocks.chain(edits.iter().cloned()).collect();
    clear(&temporary, true).map_err(|e| fault("clear", e))?;
    make(&temporary).map_err(|e| fault("create", e))?;
    keep_journal(repository, &temporary, &journal).map_err(|e| fault("write in", e))?;
    let result = carry_out(repository, changes, &edits, &temporary);
    // A run that failed keeps its journal: what it wrote is not listed yet.
    match result {
        Ok(()) => settle(repository),
        Err(error) => clear(&temporary, true)
            .map_err(|e| fault("clear", e))
            .and(Err(error)),
    }
}

/// Keeps the line in which a bump says what it sets out for, until [`unnote`] takes it away; safe from a power cut.
///
/// # Errors
/// When it cannot be written.
pub fn note(repository: &Repository, line: &str) -> Result<(), WriteError> {
    let note = note_path(repository);
    let path = repository.absolute(&note);
    let keep = || {
        if Links::new(repository).look(&note) == PathKind::Linked {
            let linked = "the path leads through a symbolic link";
            return Err(io::Error::other(linked));
        }
        let temporary = temporary(repository);
        make(&temporary)?;
        let mut file = tempfile::NamedTempFile::new_in(&temporary)?;
        file.write_all(line.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map_err(|e| e.error)?;
        // With the folders that may have been made for it.
        let above = temporary.ancestors();
        let mut made = above.take_while(|folder| folder.starts_with(repository.root()));
        made.try_for_each(sync_folder)
    };
    keep().map_err(|source| WriteError {
        doing: "write",
        path: path.clone(),
        source,
    })
}

/// The line that a bump of this matrix has left which was cut short.
pub fn noted(repository: &Repository) -> Option<String> {
    let bytes = repository.bytes(&note_path(repository));
    String::from_utf8(bytes.ok()??).ok()
}

/// Takes away the line of a bump that came to its end.
///
/// # Errors
/// When it cannot be removed.
pub fn unnote(repository: &Repository) -> Result<(), WriteError> {
    let path = repository.absolute(&note_path(repository));
    let gone = match fs::remove_file(&path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => clear(&temporary(repository), true),
    };
    gone.map_err(|source| WriteError {
        doing: "clear",
        path: path.clone(),
        source,
    })
}

/// Clears what runs that were cut short have left, once nothing is left to do; but the notes of bumps, which they end.
///
/// # Errors
/// When it cannot be removed.
pub fn settle(repository: &Repository) -> Result<(), WriteError> {
    let temporary = temporary(repository);
    clear(&temporary, false).map_err(|source| WriteError {
        doing: "clear",
        path: temporary,
        source,
    })
}

/// Whether all these paths can be written, as far as can be told without writing: a run that is to leave all or nothing
/// asks before it begins.
///
/// # Errors
/// At the first path that cannot.
pub fn probe<'p>(
    repository: &Repository,
    paths: impl Iterator<Item = &'p str>,
) -> Result<(), WriteError> {
    let mut links = Links::new(repository);
    let mut folders = BTreeSet::new();
    let journal = repository.owner().path(JOURNAL);
    let paths = paths.map(str::to_owned).chain([journal]);
    for path in paths {
        let target = repository.absolute(&path);
        if matches!(links.look(&path), PathKind::Linked | PathKind::Folder) {
            return Err(WriteError {
                doing: "replace",
                path: target,
                source: io::Error::other("it is a folder, or a symbolic link leads there"),
            });
        }
        let mut above = target.ancestors().skip(1);
        if let Some(folder) = above.find(|folder| folder.exists()) {
            folders.insert(folder.to_owned());
        }
    }
    for path in folders {
        tempfile::tempfile_in(&path).map_err(|source| WriteError {
            doing: "write in",
            path,
            source,
        })?;
    }
    Ok(())
}

/// A file of the user's with its blocks anew, over what it holds by now: another matrix may have filled one of its own.
fn of_blocks(repository: &Repository, change: &Change) -> Option<Edit> {
    let State::Block(blocks) = &change.state else {
        return None;
    };
    let now = fs::read_to_string(repository.absolute(&change.path)).ok()?;
    Some(Edit {
        path: change.path.clone(),
        text: refilled(&now, blocks),
    })
}

/// The paths that this run creates, and those that runs cut short before it may have created.
fn journal(repository: &Repository, changes: &[&Change]) -> BTreeSet<String> {
    // As any file of the repository: no device, nothing from outside, and no more than an output may have.
    let earlier = repository.bytes(&repository.owner().path(JOURNAL));
    let earlier = earlier.ok().flatten().unwrap_or_default();
    let earlier = String::from_utf8(earlier).unwrap_or_default();
    let created = changes
        .iter()
        .filter(|c| c.state == State::Missing)
        .map(|c| c.path.clone());
    earlier.lines().map(str::to_owned).chain(created).collect()
}

/// Puts the journal in its place before anything else is written.
fn keep_journal(
    repository: &Repository,
    temporary: &Path,
    paths: &BTreeSet<String>,
) -> io::Result<()> {
    if paths.is_empty() {
        return Ok(());
    }
    let mut file = tempfile::NamedTempFile::new_in(temporary)?;
    let mut text = String::new();
    for path in paths {
        text.push_str(path);
        text.push('\n');
    }
    file.write_all(text.as_bytes())?;
    file.persist(repository.absolute(&repository.owner().path(JOURNAL)))
        .map_err(|e| e.error)?;
    Ok(())
}

/// Makes the temporary folder, where git does not look.
fn make(temporary: &Path) -> io::Result<()> {
    fs::create_dir_all(temporary)?;
    let ignored = temporary.join(IGNORED);
    if ignored.exists() {
        return Ok(());
    }
    fs::write(ignored, "*\n")
}

/// Empties the temporary folder but for the notes of bumps and, where that is asked for, the journal; the folder goes when
/// nothing is left to keep.
fn clear(temporary: &Path, keep_journal: bool) -> io::Result<()> {
    let entries = match fs::read_dir(temporary) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut kept = false;
    for entry in entries {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        let note = name.to_string_lossy().starts_with(NOTE);
        if note || (keep_journal && path.ends_with(JOURNAL)) {
            kept = true;
        } else if entry.file_type()?.is_dir() {
            fs::remove_dir_all(path)?;
        } else if name != IGNORED {
            fs::remove_file(path)?;
        }
    }
    if kept {
        return Ok(());
    }
    match fs::remove_dir_all(temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

/// Lets the names in a folder survive a power cut. Where folders cannot be opened, the machine has ways of its own.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some file systems have nothing to sync in a folder.
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        result => result,
    }
}

fn carry_out(
    repository: &Repository,
    changes: &[&Change],
    edits: &[Edit],
    temporary: &Path,
) -> Result<(), WriteError> {
    // Looked at again: a link may have come since the comparison.
    let mut links = Links::new(repository);
    let list = repository.owner().list();
    let (list, others): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .copied()
        .partition(|c: &&Change| c.path == list);
    for change in others.into_iter().chain(list) {
        match (&change.after, &change.state) {
            // Among the edits.
            (_, State::Block(_)) => {}
            (Some(planned), _) => {
                let mode = Mode::Output {
                    executable: planned.executable,
                };
                replace(
                    repository,
                    &mut links,
                    &planned.path,
                    &planned.text,
                    mode,
                    temporary,
                )?;
            }
            (None, State::Orphan) => remove(repository, &change.path)?,
            (None, _) => {}
        }
    }
    // What the user wrote is in no other place: each new text is on the disk before it takes the place of the old one, and
    // all of them before the last, which says that all are there. Outputs can be made again.
    let mut folders = BTreeSet::new();
    for (index, edit) in edits.iter().enumerate() {
        if index + 1 == edits.len() {
            sync_folders(&mut folders)?;
        }
        replace(
            repository,
            &mut links,
            &edit.path,
            &edit.text,
            Mode::Kept,
            temporary,
        )?;
        let path = repository.absolute(&edit.path);
        folders.extend(path.parent().map(Path::to_owned));
    }
    sync_folders(&mut folders)
}

fn sync_folders(folders: &mut BTreeSet<PathBuf>) -> Result<(), WriteError> {
    for path in std::mem::take(folders) {
        sync_folder(&path).map_err(|source| WriteError {
            doing: "sync",
            path,
            source,
        })?;
    }
    Ok(())
}

/// Who may do what with a file that is replaced.
#[derive(Clone, Copy)]
enum Mode {
    /// Everybody may read it.
    Output {
        /// And run it.
        executable: bool,
    },
    /// As before; a file that was not there is as an output.
    Kept,
}

fn replace(
    repository: &Repository,
    links: &mut Links<'_>,
    path: &str,
    text: &str,
    mode: Mode,
    temporary: &Path,
) -> Result<(), WriteError> {
    let target = repository.absolute(path);
    let fault = |doing, source| WriteError {
        doing,
        path: target.clone(),
        source,
    };
    links
        .make_folder_of(path)
        .map_err(|e| fault("create the folder of", e))?;
    let mut file = tempfile::NamedTempFile::new_in(temporary).map_err(|e| fault("write", e))?;
    file.write_all(text.as_bytes())
        .map_err(|e| fault("write", e))?;
    set_mode(file.as_file(), mode, &target).map_err(|e| fault("set the mode of", e))?;
    if matches!(mode, Mode::Kept) {
        file.as_file().sync_all().map_err(|e| fault("sync", e))?;
    }
    file.persist(&target)
        .map_err(|e| fault("replace", e.error))?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Mode, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; outputs are for everybody to read.
    let mode = match mode {
        Mode::Kept => fs::metadata(target).map_or(0o644, |m| m.permissions().mode() & 0o7777),
        Mode::Output { executable: false } => 0o644,
        Mode::Output { executable: true } => 0o755,
    };
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: Mode, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Removes an orphan, and the folders that it leaves empty below `generated/`.
fn remove(repository: &Repository, path: &str) -> Result<(), WriteError> {
    let target = repository.absolute(path);
    match fs::remove_file(&target) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(source) => {
            return Err(WriteError {
                doing: "remove",
                path: target,
                source,
            });
        }
    }
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        if !above.starts_with("generated/") || fs::remove_dir(repository.absolute(above)).is_err() {
            break;
        }
        folder = above;
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_journal_from_outside_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("repository");
        fs::create_dir_all(root.join("generated/.tmp")).expect("folders");
        fs::write(root.join("matrix.toml"), "").expect("a matrix");
        let repository = Repository::find(&root, None).expect("a repository");
        let started = repository.absolute(&repository.owner().path(JOURNAL));
        fs::write(&started, "generated/a\n").expect("a journal");
        assert_eq!(journal(&repository, &[]).len(), 1);
        fs::rename(&started, folder.path().join("outside")).expect("it is moved");
        std::os::unix::fs::symlink(folder.path().join("outside"), &started).expect("a link");
        assert_eq!(journal(&repository, &[]).len(), 0);
    }
}
