//! Disk against render: what is missing, stale, orphaned, or not ours.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that compares and writes outputs"
)]

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use crate::diagnostic::{Code, code};
use crate::output::links::{Links, Standing};
use crate::output::list::{LIST, Owned, has_header};
use crate::output::tree::{Planned, Tree};
use crate::source::{ReadError, Repository, plain};

/// How an output stands on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As rendered (line ends aside).
    Fresh,
    /// Not there.
    Missing,
    /// There, ours, and different.
    Stale,
    /// There, ours, and with actions at other commits, which somebody put there.
    Edited,
    /// There, and neither listed nor bearing the header.
    NotOurs,
    /// Its path leads through a symbolic link.
    Linked,
    /// There, ours, and no longer rendered.
    Orphan,
}

impl State {
    /// The code of the finding for it; fresh has none.
    pub fn code(self) -> Option<Code> {
        match self {
            State::Fresh => None,
            State::Missing => Some(&code::MISSING_OUTPUT),
            State::Stale => Some(&code::STALE_OUTPUT),
            State::Edited => Some(&code::ACTION_EDITED),
            State::NotOurs => Some(&code::NOT_OURS),
            State::Linked => Some(&code::SYMLINK_OUTPUT),
            State::Orphan => Some(&code::ORPHAN_OUTPUT),
        }
    }
}

/// One path that is not fresh.
#[derive(Clone, Debug)]
pub struct Change {
    /// Path from the root.
    pub path: String,
    /// How it stands.
    pub state: State,
    /// What is on disk, as text, where that was read.
    pub before: Option<String>,
    /// What the matrix yields; `None` for an orphan.
    pub after: Option<Arc<Planned>>,
}

/// The comparison of a tree with the disk.
#[derive(Debug)]
pub struct Drift {
    /// Everything that is not fresh, sorted by path.
    pub changes: Vec<Change>,
    /// Number of outputs that the matrix yields.
    pub outputs: usize,
}

impl Drift {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.changes.is_empty()
    }

    /// Number of outputs that are compared: those that the matrix yields, and the orphans it no longer does.
    pub fn compared(&self) -> usize {
        let orphans = self.changes.iter().filter(|c| c.state == State::Orphan);
        self.outputs + orphans.count()
    }
}

/// Compares a rendered tree with the disk. With `take_over`, files that gen did not make count as stale.
///
/// # Errors
/// When a file exists and cannot be read.
pub fn compare(
    repository: &Repository,
    tree: &Tree,
    owned: &Owned,
    take_over: bool,
) -> Result<Drift, ReadError> {
    let mut links = Links::new(repository);
    let mut changes = Vec::new();
    let mut strange = BTreeSet::new();
    for planned in tree.iter() {
        let Some(mut change) = one(repository, &mut links, planned, owned)? else {
            continue;
        };
        if take_over && change.state == State::NotOurs && change.before.is_some() {
            change.state = State::Stale;
        }
        if matches!(change.state, State::NotOurs | State::Linked) {
            strange.insert(planned.path.as_str());
        }
        changes.push(change);
    }
    // What is not ours stays off the list, or the next run would take it for ours.
    changes.extend(one(
        repository,
        &mut links,
        &Arc::new(tree.list(&strange)),
        owned,
    )?);
    for path in orphans(repository, tree, owned) {
        if links.look(&path) != Standing::File {
            continue;
        }
        let Some(bytes) = repository.bytes(&path)? else {
            continue;
        };
        // A list that came through a merge, or that somebody edited, does not decide alone outside `generated/`.
        let ours = has_header(&bytes)
            || (owned.is_whole() && owned.lists(&path) && path.starts_with("generated/"));
        if ours {
            let before = String::from_utf8(bytes).ok();
            changes.push(Change {
                path,
                state: State::Orphan,
                before,
                after: None,
            });
        }
    }
    changes.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Drift {
        changes,
        outputs: tree.len() + 1,
    })
}

fn one(
    repository: &Repository,
    links: &mut Links<'_>,
    planned: &Arc<Planned>,
    owned: &Owned,
) -> Result<Option<Change>, ReadError> {
    let change = |state, before| {
        Some(Change {
            path: planned.path.clone(),
            state,
            before,
            after: Some(planned.clone()),
        })
    };
    match links.look(&planned.path) {
        Standing::Linked => return Ok(change(State::Linked, None)),
        Standing::Nothing => return Ok(change(State::Missing, None)),
        Standing::Folder => return Ok(change(State::NotOurs, None)),
        Standing::File => {}
    }
    let Some(bytes) = repository.bytes(&planned.path)? else {
        return Ok(change(State::Missing, None));
    };
    let wanted = planned.text.as_bytes();
    if bytes == wanted || (bytes.contains(&b'\r') && without_cr(&bytes) == wanted) {
        return Ok(None);
    }
    let state = if owned.claims(&planned.path, &bytes) {
        State::Stale
    } else {
        State::NotOurs
    };
    Ok(change(
        state,
        Some(String::from_utf8_lossy(&bytes).into_owned()),
    ))
}

fn without_cr(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for (index, byte) in bytes.iter().enumerate() {
        if !(*byte == b'\r' && bytes.get(index + 1) == Some(&b'\n')) {
            out.push(*byte);
        }
    }
    out
}

/// Paths that were ours and are no longer rendered: those listed, and what bears the header below `generated/`.
fn orphans(repository: &Repository, tree: &Tree, owned: &Owned) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = owned
        .listed()
        .chain(owned.started())
        .filter(|p| !tree.contains(p) && *p != LIST && plain(p))
        .map(str::to_owned)
        .collect();
    if !owned.is_whole() {
        headed(repository, "generated", tree, &mut found);
    }
    found
}

fn headed(repository: &Repository, folder: &str, tree: &Tree, found: &mut BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(repository.absolute(folder)) else {
        return;
    };
    for entry in entries.flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            headed(repository, &path, tree, found);
        } else if kind.is_file() && !tree.contains(&path) && path != LIST {
            found.insert(path);
        }
    }
}
