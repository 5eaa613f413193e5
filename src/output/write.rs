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
use crate::output::list::LIST;
use crate::output::tree::Planned;
use crate::source::Repository;

/// Where files are written before they take their place; below `generated/`, so on the same file system as the rest.
pub(super) const TEMPORARY: &str = "generated/.tmp";

/// The paths that the run at work creates. One that is cut short leaves it, so that the next knows what to look at even
/// when the matrix has changed in between.
pub(super) const JOURNAL: &str = "generated/.tmp/started";

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

/// Carries out changes: writes what is missing or stale, removes orphans. The list of owned paths comes last, so that
/// a run that was cut short is healed by the next: what it wrote bears the header, what it did not remove is still listed.
///
/// # Errors
/// At the first path that fails; every file is then old or new, never in between.
pub fn write(repository: &Repository, changes: &[&Change]) -> Result<(), WriteError> {
    let temporary = repository.absolute(TEMPORARY);
    let fault = |doing, source| WriteError {
        doing,
        path: temporary.clone(),
        source,
    };
    if Links::new(repository).look(TEMPORARY) == Standing::Linked {
        if changes.is_empty() {
            return Ok(());
        }
        return Err(fault("use", led_astray()));
    }
    if changes.is_empty() {
        // What a run that was killed left behind.
        return clear(&temporary).map_err(|e| fault("clear", e));
    }
    let journal = journal(repository, changes);
    clear_but_journal(&temporary).map_err(|e| fault("clear", e))?;
    fs::create_dir_all(&temporary).map_err(|e| fault("create", e))?;
    keep_journal(repository, &temporary, &journal).map_err(|e| fault("write in", e))?;
    let result = carry_out(repository, changes, &temporary);
    // A run that failed keeps its journal: what it wrote is not listed yet.
    let cleared = if result.is_ok() {
        clear(&temporary)
    } else {
        clear_but_journal(&temporary)
    };
    result.and(cleared.map_err(|e| fault("clear", e)))
}

/// Gives a file of the user's another text. It keeps its mode; what a link leads to is replaced, not the link.
///
/// # Errors
/// When it cannot be written; it is then as it was.
pub fn rewrite(repository: &Repository, path: &str, text: &str) -> Result<(), WriteError> {
    let temporary = repository.absolute(TEMPORARY);
    let named = repository.absolute(path);
    let fault = |source| WriteError {
        doing: "replace",
        path: named.clone(),
        source,
    };
    if Links::new(repository).look(TEMPORARY) == Standing::Linked {
        return Err(WriteError {
            doing: "use",
            path: temporary,
            source: led_astray(),
        });
    }
    let replaced = || {
        let target = fs::canonicalize(&named)?;
        fs::create_dir_all(&temporary)?;
        let mut file = tempfile::NamedTempFile::new_in(&temporary)?;
        file.write_all(text.as_bytes())?;
        file.as_file()
            .set_permissions(fs::metadata(&target)?.permissions())?;
        file.persist(&target).map_err(|e| e.error)?;
        Ok(())
    };
    let result = replaced().map_err(fault);
    result.and(clear(&temporary).map_err(fault))
}

fn led_astray() -> io::Error {
    io::Error::other("the path leads through a symbolic link")
}

/// The paths that this run creates, and those that runs cut short before it may have created.
fn journal(repository: &Repository, changes: &[&Change]) -> BTreeSet<String> {
    let earlier = fs::read_to_string(repository.absolute(JOURNAL)).unwrap_or_default();
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
    file.persist(repository.absolute(JOURNAL))
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
        if JOURNAL.ends_with(&*path.file_name().unwrap_or_default().to_string_lossy()) {
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
    temporary: &Path,
) -> Result<(), WriteError> {
    // Looked at again: a link may have come since the comparison.
    let mut links = Links::new(repository);
    let (list, others): (Vec<&Change>, Vec<&Change>) = changes
        .iter()
        .copied()
        .partition(|c: &&Change| c.path == LIST);
    for change in others.into_iter().chain(list) {
        match (&change.after, change.state) {
            (Some(planned), _) => replace(repository, &mut links, planned, temporary)?,
            (None, State::Orphan) => remove(repository, &change.path)?,
            (None, _) => {}
        }
    }
    Ok(())
}

fn replace(
    repository: &Repository,
    links: &mut Links<'_>,
    planned: &Planned,
    temporary: &Path,
) -> Result<(), WriteError> {
    let target = repository.absolute(&planned.path);
    let fault = |doing, source| WriteError {
        doing,
        path: target.clone(),
        source,
    };
    links
        .make_folder_of(&planned.path)
        .map_err(|e| fault("create the folder of", e))?;
    let mut file = tempfile::NamedTempFile::new_in(temporary).map_err(|e| fault("write", e))?;
    file.write_all(planned.text.as_bytes())
        .map_err(|e| fault("write", e))?;
    set_mode(file.as_file(), planned.executable).map_err(|e| fault("set the mode of", e))?;
    file.persist(&target)
        .map_err(|e| fault("replace", e.error))?;
    Ok(())
}

#[cfg(unix)]
fn set_mode(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    // Temporary files are private; outputs are for everybody to read.
    file.set_permissions(fs::Permissions::from_mode(if executable {
        0o755
    } else {
        0o644
    }))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: bool) -> io::Result<()> {
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
