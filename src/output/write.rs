//! Writing: each file replaced atomically, so that a fault or a kill leaves every file old or new.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

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
        return Err(fault(
            "use",
            io::Error::other("the path leads through a symbolic link"),
        ));
    }
    // What a run that was killed left behind.
    clear(&temporary).map_err(|e| fault("clear", e))?;
    if changes.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(&temporary).map_err(|e| fault("create", e))?;
    let result = carry_out(repository, changes, &temporary);
    clear(&temporary).map_err(|e| fault("clear", e))?;
    result
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
