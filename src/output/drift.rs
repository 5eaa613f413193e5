//! Disk against render: what is missing, stale, orphaned, or not ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::diagnostic::{Code, by_version, code};
use crate::output::block::{self, Block, Unmarked};
use crate::output::found::{Found, found};
use crate::output::links::Links;
use crate::output::list::{Owned, lines};
use crate::output::moved::{MovedImages, is_dockerfile};
use crate::output::tree::{Planned, Tree};
use crate::output::whose::{Claims, Eye, Whose};
use crate::render::blocks::Misplaced;
use crate::source::{PathKind, ReadError, Repository};

/// Bytes of an output that are compared at once: most are shorter, and few as long as all the memory that lies near.
const PIECE: usize = 64 * 1024;

/// How an output stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// An output of another matrix, whose file that is; there, or about to be.
    Another(String),
    /// There, ours, and with other images than are rendered, which somebody put there.
    Moved(Arc<MovedImages>),
    /// Its path leads through a symbolic link.
    Linked,
    /// There, ours, and no longer rendered.
    Orphan,
    /// The same, and kept while this path, which may be what replaces it, is refused.
    Kept(String),
    /// A file of the user's, in which these blocks are different.
    Block(Arc<[Block]>),
    /// A file of the user's in which this block has no place.
    Unmarked(Box<Block>, Unmarked),
}

impl State {
    /// The code of the finding for it; fresh has none.
    pub fn code(&self) -> Option<Code> {
        match self {
            State::Fresh => None,
            State::Missing => Some(&code::MISSING_OUTPUT),
            State::Stale | State::Block(_) => Some(&code::STALE_OUTPUT),
            State::Unmarked(_, Unmarked::Markers(why)) => Some(match why {
                Misplaced::Missing(_) => &code::MARKER_MISSING,
                _ => &code::MARKER_MISPLACED,
            }),
            State::Unmarked(..) => Some(&code::MARKER_MISSING),
            State::Edited => Some(&code::ACTION_EDITED),
            State::Moved(_) => Some(&code::MACHINERY_EDITED),
            State::NotOurs => Some(&code::NOT_OURS),
            State::Another(_) => Some(&code::ANOTHER_MATRIX),
            State::Linked => Some(&code::SYMLINK_OUTPUT),
            State::Orphan | State::Kept(_) => Some(&code::ORPHAN_OUTPUT),
        }
    }

    /// Whether a run leaves the path as it is, until somebody has decided.
    pub fn is_refused(&self) -> bool {
        match self {
            State::Edited
            | State::Moved(_)
            | State::NotOurs
            | State::Another(_)
            | State::Linked
            | State::Kept(_)
            | State::Unmarked(..) => true,
            State::Fresh | State::Missing | State::Stale | State::Orphan | State::Block(_) => false,
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
#[derive(Debug, Default)]
pub struct Drift {
    /// Everything that is not fresh, sorted by path.
    pub changes: Vec<Change>,
    /// Number of outputs that the matrix yields.
    pub outputs: usize,
    /// Files below the folder of outputs that a matrix which nobody lists has made: one of each such, with its matrix.
    pub unlisted: Vec<(String, String)>,
    /// Names below the folder of outputs that are no text, as people may read them.
    pub unreadable: Vec<String>,
}

impl Drift {
    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.changes.is_empty()
    }

    /// Number of outputs that are compared: those that the matrix yields, and the orphans it no longer does.
    pub fn compared(&self) -> usize {
        let gone = |c: &&Change| matches!(c.state, State::Orphan | State::Kept(_));
        let orphans = self.changes.iter().filter(gone);
        self.outputs + orphans.count()
    }
}

/// Compares a rendered tree with the disk. `claims` are those of all matrices, where all of them are looked at. With
/// `take_over`, files that gen did not make count as stale.
///
/// # Errors
/// When a file exists and cannot be read.
pub fn compare(
    repository: &Repository,
    tree: &Tree,
    owned: &Owned,
    claims: Option<&Claims>,
    take_over: bool,
) -> Result<Drift, ReadError> {
    let eye = Eye { repository, claims };
    let mut drift = Drift {
        changes: Vec::new(),
        outputs: tree.len() + 1,
        unlisted: Vec::new(),
        unreadable: Vec::new(),
    };
    let mut comparison = Comparison {
        eye,
        owned,
        links: Links::new(repository),
        found: found(repository, tree),
        piece: vec![0; PIECE],
    };
    drift.changes = comparison.outputs(tree, take_over)?;
    let list = tree.owner().list();
    if let [only] = &drift.changes[..]
        && only.path == list
        && matches!(only.state, State::Another(_))
    {
        return Ok(drift);
    }
    let mut ours: BTreeSet<String> = owned
        .listed()
        .chain(owned.started())
        .map(str::to_owned)
        .collect();
    for (path, made) in std::mem::take(&mut comparison.found.made) {
        match eye.of(&path, made) {
            Whose::Mine => {}
            // What it left elsewhere stands in the list that it left here.
            Whose::Left if path == list || (claims.is_some() && path.ends_with("/.outputs")) => {
                let bytes = repository.bytes(&path)?.unwrap_or_default();
                ours.extend(lines(&bytes).0);
            }
            Whose::Left => {}
            Whose::Another(matrix) => {
                let known = repository.family().owner(&matrix).is_some();
                if !known && drift.unlisted.iter().all(|(_, of)| *of != matrix) {
                    drift.unlisted.push((path, matrix));
                }
                continue;
            }
            Whose::Unsaid => continue,
        }
        ours.insert(path);
    }
    drift.unreadable = std::mem::take(&mut comparison.found.unreadable);
    ours.retain(|path| !tree.contains(path) && *path != list && !eye.is_claimed(path));
    for path in ours {
        drift.changes.extend(comparison.orphan(path)?);
    }
    keep(&mut drift.changes);
    let blocks = comparison.blocks(tree)?;
    let paths = |of: fn(&State) -> bool| -> BTreeSet<&str> {
        let meant = drift.changes.iter().filter(|change| of(&change.state));
        meant.map(|change| change.path.as_str()).collect()
    };
    // What is not ours stays off the list, or the next run would take it for ours.
    let strange =
        paths(|state| matches!(state, State::NotOurs | State::Another(_) | State::Linked));
    let kept = paths(|state| matches!(state, State::Kept(_))).into_iter();
    let kept = kept.map(|path| owned.entry(path)).collect();
    let list = Arc::new(tree.list(&strange, &kept));
    let list = comparison.one(&list)?;
    drift.changes.extend(list);
    drift.changes.extend(blocks);
    drift.changes.sort_by(|a, b| by_version(&a.path, &b.path));
    Ok(drift)
}

/// Lets orphans stay while an output of their kind is refused: it may be what replaces them.
fn keep(changes: &mut [Change]) {
    let refused: Vec<String> = changes
        .iter()
        .filter(|change| {
            let state = &change.state;
            matches!(state, State::NotOurs | State::Another(_) | State::Linked)
        })
        .map(|change| change.path.clone())
        .collect();
    for change in changes.iter_mut().filter(|c| c.state == State::Orphan) {
        let kind = is_dockerfile(&change.path);
        if let Some(other) = refused.iter().find(|path| is_dockerfile(path) == kind) {
            change.state = State::Kept(other.clone());
        }
    }
}

struct Comparison<'a> {
    eye: Eye<'a>,
    owned: &'a Owned,
    links: Links<'a>,
    found: Found,
    /// What is compared at once.
    piece: Vec<u8>,
}

impl Comparison<'_> {
    /// The outputs that are not fresh. Where the folder is another's, the list alone.
    fn outputs(&mut self, tree: &Tree, take_over: bool) -> Result<Vec<Change>, ReadError> {
        let list = Arc::new(tree.list(&BTreeSet::new(), &BTreeSet::new()));
        let list = self.one(&list)?;
        if let Some(list) = list.filter(|list| matches!(list.state, State::Another(_))) {
            return Ok(vec![list]);
        }
        let mut changes = Vec::new();
        for planned in tree.iter() {
            let Some(mut change) = self.one(planned)? else {
                continue;
            };
            if take_over && change.state == State::NotOurs && change.before.is_some() {
                change.state = State::Stale;
            }
            changes.push(change);
        }
        Ok(changes)
    }

    /// The files of the user's whose blocks are not as they are to be.
    fn blocks(&mut self, tree: &Tree) -> Result<Vec<Change>, ReadError> {
        let repository = self.eye.repository;
        let mut changes = Vec::new();
        for (path, blocks) in tree.blocks() {
            if self.links.look(path) == PathKind::Linked {
                changes.push(Change {
                    path: path.to_owned(),
                    state: State::Linked,
                    before: None,
                    after: None,
                });
                continue;
            }
            changes.extend(block::look(repository, path, blocks)?);
        }
        Ok(changes)
    }

    fn one(&mut self, planned: &Arc<Planned>) -> Result<Option<Change>, ReadError> {
        let path = &planned.path;
        let change = |state, before| {
            Some(Change {
                path: path.clone(),
                state,
                before,
                after: Some(planned.clone()),
            })
        };
        let missing = |eye: &Eye<'_>| match eye.claimed(path) {
            Some(other) => change(State::Another(other), None),
            None => change(State::Missing, None),
        };
        let wanted = planned.text.as_bytes();
        let repository = self.eye.repository;
        let bytes = match self.found.standing(path) {
            Some(PathKind::File) if repository.is_same(path, wanted, &mut self.piece)? => {
                return Ok(None);
            }
            Some(PathKind::File) => repository.bytes(path)?,
            _ => match self.links.look(path) {
                PathKind::Linked => return Ok(change(State::Linked, None)),
                PathKind::Nothing => None,
                PathKind::Folder => return Ok(change(State::NotOurs, None)),
                PathKind::File | PathKind::Special => repository.bytes(path)?,
            },
        };
        let Some(bytes) = bytes else {
            return Ok(missing(&self.eye));
        };
        if bytes == wanted || (bytes.contains(&b'\r') && without_cr(&bytes) == wanted) {
            return Ok(None);
        }
        let state = match self.eye.whose(path, &bytes) {
            Whose::Mine => State::Stale,
            Whose::Another(other) => State::Another(other),
            Whose::Left => match self.eye.claimed(path) {
                Some(other) => State::Another(other),
                None => State::Stale,
            },
            Whose::Unsaid if self.owned.lists(path) => State::Stale,
            Whose::Unsaid if self.owned.wrote(path, &without_cr(&bytes)) => State::Stale,
            Whose::Unsaid => State::NotOurs,
        };
        Ok(change(
            state,
            Some(String::from_utf8_lossy(&bytes).into_owned()),
        ))
    }

    /// A path that was ours and is no longer rendered, where that is so.
    fn orphan(&mut self, path: String) -> Result<Option<Change>, ReadError> {
        let repository = self.eye.repository;
        if !matches!(self.links.look(&path), PathKind::File | PathKind::Special) {
            return Ok(None);
        }
        let Some(bytes) = repository.bytes(&path)? else {
            return Ok(None);
        };
        // A list that came through a merge, or that somebody edited, does not decide alone outside of its folder.
        let folder = repository.owner().path("");
        let ours = match self.eye.whose(&path, &bytes) {
            Whose::Mine | Whose::Left => true,
            Whose::Another(_) => false,
            Whose::Unsaid => {
                (self.owned.is_whole() && self.owned.lists(&path) && path.starts_with(&folder))
                    || self.owned.wrote(&path, &without_cr(&bytes))
            }
        };
        Ok(ours.then(|| Change {
            path,
            state: State::Orphan,
            before: String::from_utf8(bytes).ok(),
            after: None,
        }))
    }
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
