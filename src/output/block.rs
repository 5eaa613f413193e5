//! Blocks in files that are the user's: what stands between two markers there, and nothing else of them, is gen's. Such a
//! file is never owned, listed or removed.

use std::ops::Range;
use std::sync::Arc;

use crate::output::drift::{Change, State};
use crate::output::tree::Planned;
use crate::render::Comment;
use crate::render::blocks::{Misplaced, block, filled};
use crate::source::{ReadError, Repository};

/// A block as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its name.
    pub name: String,
    /// How its file writes comments.
    pub comment: Comment,
    /// Its lines.
    pub lines: Arc<String>,
    /// Where it is asked for, in the matrix file.
    pub asked: Range<usize>,
}

/// Why a block cannot be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmarked {
    /// There is no such file.
    NoFile,
    /// The file is no UTF-8 text.
    NotText,
    /// Its markers are not as they should be.
    Markers(Misplaced),
}

/// How the blocks of a file stand.
///
/// # Errors
/// When it exists and cannot be read.
pub(super) fn look(
    repository: &Repository,
    path: &str,
    blocks: &[Block],
) -> Result<Vec<Change>, ReadError> {
    let change = |state, before: Option<&String>, after: Option<String>| Change {
        path: path.to_owned(),
        state,
        before: before.cloned(),
        after: after.map(|text| Arc::new(Planned::text(path.to_owned(), text))),
    };
    let unmarked = |block: &Block, why: Unmarked, before| {
        change(State::Unmarked(Box::new(block.clone()), why), before, None)
    };
    let all = |why: &Unmarked| {
        blocks
            .iter()
            .map(|b| unmarked(b, why.clone(), None))
            .collect()
    };
    let Some(bytes) = repository.bytes(path)? else {
        return Ok(all(&Unmarked::NoFile));
    };
    let Ok(before) = String::from_utf8(bytes) else {
        return Ok(all(&Unmarked::NotText));
    };
    let mut changes = Vec::new();
    let mut stale = Vec::new();
    let mut after = before.clone();
    for block in blocks {
        match filled(&after, block.comment, &block.name, &block.lines) {
            Err(why) => changes.push(unmarked(block, Unmarked::Markers(why), Some(&before))),
            Ok(new) if new == after => {}
            Ok(new) => {
                after = new;
                stale.push(block.clone());
            }
        }
    }
    if !stale.is_empty() {
        changes.push(change(
            State::Block(stale.into()),
            Some(&before),
            Some(after),
        ));
    }
    Ok(changes)
}

/// The text of a file with these blocks as they are to be; others stay, and so does what has lost its markers since.
pub(super) fn refilled(text: &str, blocks: &[Block]) -> String {
    blocks.iter().fold(text.to_owned(), |text, block| {
        filled(&text, block.comment, &block.name, &block.lines).unwrap_or(text)
    })
}

/// The bytes of a file in which blocks of these names stand.
pub fn ranges(text: &str, comment: Comment, names: &[&str]) -> Vec<Range<usize>> {
    let places = names
        .iter()
        .filter_map(|name| block(text, comment, name).ok());
    places.collect()
}
