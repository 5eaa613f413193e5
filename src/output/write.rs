//! Writing: each file replaced atomically, so that a fault or a kill leaves every file old or new.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::output::drift::{Change, State};
use crate::output::links::{Links, Standing};
use crate::source::Repository;

/// Where files are written before they take their place; in the folder of outputs, so on the same file system as the rest.
pub(super) const TEMPORARY: &str = ".tmp";

/// The paths that the run at work creates. One that is cut short leaves it, so that the next knows what to look at even
/// when the matrix has changed in between.
pub(super) const JOURNAL: &str = ".tmp/started";

/// What a run that takes a step says of it before it begins: if it is cut short after its last file, running it again must
/// not take another step. Removing it is the last thing that run does.
pub(super) const NOTE: &str = ".step";

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
    if Links::new(repository).look(&folder) == Standing::Linked {
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
    clear_but_journal(&temporary).map_err(|e| fault("clear", e))?;
    fs::create_dir_all(&temporary).map_err(|e| fault("create", e))?;
    keep_journal(repository, &temporary, &journal).map_err(|e| fault("write in", e))?;
    let result = carry_out(repository, changes, edits, &temporary);
    // A run that failed keeps its journal: what it wrote is not listed yet.
    match result {
        Ok(()) => settle(repository),
        Err(error) => clear_but_journal(&temporary)
            .map_err(|e| fault("clear", e))
            .and(Err(error)),
    }
}

/// Keeps a line until a run has carried out its changes.
///
/// # Errors
/// When it cannot be written.
pub fn note(repository: &Repository, line: &str) -> Result<(), WriteError> {
    let name = repository.owner().path(NOTE);
    let path = repository.absolute(&name);
    let keep = || {
        if Links::new(repository).look(&name) == Standing::Linked {
            let linked = "the path leads through a symbolic link";
            return Err(io::Error::other(linked));
        }
        let temporary = repository.absolute(&repository.owner().path(TEMPORARY));
        fs::create_dir_all(&temporary)?;
        let mut file = tempfile::NamedTempFile::new_in(&temporary)?;
        file.write_all(line.as_bytes())?;
        file.persist(&path).map_err(|e| e.error)?;
        Ok(())
    };
    keep().map_err(|source| WriteError {
        doing: "write",
        path: path.clone(),
        source,
    })
}

/// The line that a run which was cut short has left.
pub fn noted(repository: &Repository) -> Option<String> {
    fs::read_to_string(repository.absolute(&repository.owner().path(NOTE))).ok()
}

/// Clears what runs that were cut short have left, once nothing is left to do.
///
/// # Errors
/// When it cannot be removed.
pub fn settle(repository: &Repository) -> Result<(), WriteError> {
    let fault = |path: &str, source| WriteError {
        doing: "clear",
        path: repository.absolute(path),
        source,
    };
    let (temporary, note) = (
        repository.owner().path(TEMPORARY),
        repository.owner().path(NOTE),
    );
    clear(&repository.absolute(&temporary)).map_err(|e| fault(&temporary, e))?;
    match fs::remove_file(repository.absolute(&note)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(fault(&note, e)),
        _ => Ok(()),
    }
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
        if matches!(links.look(&path), Standing::Linked | Standing::Folder) {
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

/// The paths that this run creates, and those that runs cut short before it may have created.
fn journal(repository: &Repository, changes: &[&Change]) -> BTreeSet<String> {
    let earlier = fs::read_to_string(repository.absolute(&repository.owner().path(JOURNAL)))
        .unwrap_or_default();
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
    for path in paths {
        writeln!(file, "{path}")?;
    }
    file.persist(repository.absolute(&repository.owner().path(JOURNAL)))
        .map_err(|e| e.error)?;
    Ok(())
}

fn clear_but_journal(temporary: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(temporary) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    let mut journal = false;
    for entry in entries {
        let path = entry?.path();
        if path.ends_with(JOURNAL) {
            journal = true;
        } else {
            fs::remove_file(path)?;
        }
    }
    if journal { Ok(()) } else { clear(temporary) }
}

fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
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
    for edit in edits {
        replace(
            repository,
            &mut links,
            &edit.path,
            &edit.text,
            Mode::Kept,
            temporary,
        )?;
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
    file.persist(&target)
        .map_err(|e| fault("replace", e.error))?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Mode, target: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; outputs are for everybody to read.
    let mode = match (mode, fs::metadata(target)) {
        (Mode::Kept, Ok(before)) => before.permissions().mode() & 0o7777,
        (Mode::Kept, Err(_)) | (Mode::Output { executable: false }, _) => 0o644,
        (Mode::Output { executable: true }, _) => 0o755,
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
