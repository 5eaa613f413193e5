//! What was sighted: a reference in a text, where it stands and what it is.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::release::defaults::Plain;
use crate::release::mentions::shape::Carried;
use crate::release::pins::Unseen;
use crate::source::SourceFile;

/// One reference in a text.
#[derive(Debug)]
pub struct Sighting {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// The whole reference.
    pub span: Range<usize>,
    /// Where its tag is; of one in pieces, such as `3.12-${TAG:-v1}`, the piece that states the release.
    pub tag_span: Range<usize>,
    /// Its tag, as it reads.
    pub tag: String,
    /// Its repository in full, with the host.
    pub repository: String,
    /// Why it cannot be rewritten, where it cannot.
    pub fixed: Option<Fixed>,
    /// What it is.
    pub kind: MentionKind,
    /// The value of the variable that states the release in its tag.
    pub value: Option<Carried>,
}

/// What a mention is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MentionKind {
    /// A reference or alias of this release.
    Current,
    /// A spec of this matrix with another release, or the release spelled otherwise.
    Stale {
        /// What it states.
        states: String,
        /// The tag of this release.
        tag: String,
        /// Whether that is a final release before this one.
        earlier_final: bool,
    },
    /// A repository of this matrix with a tag it does not have.
    UnknownTag,
    /// A repository of this matrix with no tag at all, where one belongs.
    NoTag,
    /// A repository below a registry of this matrix that is none of its images.
    UnknownRepository,
}

/// Why a mention of another release cannot be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixed {
    /// Another image reads the same variable, and must not move with it.
    Shared {
        /// What it names, as it is written.
        image: String,
        /// Its line.
        line: usize,
    },
    /// A digest follows the tag.
    Digest,
    /// More than one of the pieces that it is put together from would change.
    Pieces,
    /// Its variable is given a value more than once.
    Several,
    /// It stands in an expression that is not read.
    Expression,
}

impl Fixed {
    /// The reason, for people.
    pub fn why(&self) -> String {
        match self {
            Fixed::Shared { image, line } => {
                format!(
                    "`{image}` on line {line} reads the same variable, and does not move with it"
                )
            }
            Fixed::Digest => {
                "a digest follows the tag, and only a registry knows that of another release"
                    .to_owned()
            }
            Fixed::Pieces => {
                "it is put together from pieces, and more than one of them changes".to_owned()
            }
            Fixed::Several => "a variable in it is given a value more than once".to_owned(),
            Fixed::Expression => "it stands in an expression that is not read".to_owned(),
        }
    }

    /// What can be done.
    pub fn help(&self, repository: &str, tag: &str) -> String {
        match self {
            Fixed::Shared { .. } => {
                format!("give that one a variable of its own, and this one `{tag}`")
            }
            Fixed::Digest => format!("write `{repository}:{tag}` with its digest"),
            Fixed::Pieces | Fixed::Several | Fixed::Expression => {
                format!("let it come to `{tag}` by hand")
            }
        }
    }
}

/// A reference to an image of the matrix whose tag is a variable that the file gives a value in a way that is not read.
#[derive(Debug)]
pub struct Unjudged {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Range<usize>,
    /// The variable.
    pub name: String,
}

/// A marker that keeps nothing.
#[derive(Debug)]
pub struct IdleMarker {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Range<usize>,
}

/// A file that names images and is not read.
#[derive(Debug)]
pub struct Unread {
    /// Its path from the root.
    pub path: String,
    /// Why it is not.
    pub why: Unreadable,
}

/// Why a file that names images is not read.
#[derive(Debug)]
pub enum Unreadable {
    /// Its text is no UTF-8.
    Encoding,
    /// Git would take it for no text: a byte 0 stands near its beginning.
    Binary,
    /// It holds both sides of a merge, from there on.
    Conflict(Arc<SourceFile>, Range<usize>),
}

/// What was found in the files of a mention.
#[derive(Debug, Default)]
pub struct Mentions {
    /// References that are not current and that nothing keeps, by file and place.
    pub sightings: Vec<Sighting>,
    /// Markers that keep nothing.
    pub idle: Vec<IdleMarker>,
    /// Globs of the mention that leave out a repository that is named, by where they stand in its `ignore`.
    pub ignoring: BTreeSet<usize>,
    /// Number of files that were looked at.
    pub files: usize,
    /// Why the one place of the mention could not be seen.
    pub unseen: Option<Unseen>,
    /// References whose tags are not read.
    pub unjudged: Vec<Unjudged>,
    /// Files that name images and are not read.
    pub unread: Vec<Unread>,
    /// Globs of the mention that match no file, by where they stand in its list.
    pub unmatched: Vec<usize>,
}

impl Sighting {
    /// What is written where, so that it is of this release: no more than differs.
    pub(super) fn edit(&self) -> Option<(Range<usize>, String)> {
        let MentionKind::Stale { tag, .. } = &self.kind else {
            return None;
        };
        let now = self.file.text.get(self.tag_span.clone())?;
        let same = |(a, b): &(char, char)| a == b;
        let width = |pairs: &mut dyn Iterator<Item = (char, char)>| -> usize {
            pairs.map(|(a, _)| a.len_utf8()).sum()
        };
        let before = width(&mut now.chars().zip(tag.chars()).take_while(same));
        let (rest, new) = (&now[before..], &tag[before..]);
        let after = width(&mut rest.chars().rev().zip(new.chars().rev()).take_while(same));
        let span = self.tag_span.start + before..self.tag_span.end - after;
        Some((span, new[..new.len() - after].to_owned()))
    }

    /// From where it stands in a text with its defaults in place to where it stands in that text on disk.
    pub(super) fn onto(&mut self, plain: &Plain, disk: &str) {
        let pieces = match &self.value {
            Some(_) => Vec::new(),
            None => plain.on_disk(self.tag_span.clone()),
        };
        let words: Vec<&str> = pieces.iter().map(|p| &disk[p.clone()]).collect();
        let mut place = whole(&pieces);
        if pieces.len() > 1
            && let MentionKind::Stale { tag, .. } = &mut self.kind
        {
            // Of a tag in pieces, such as `3.12-${TAG:-v1}`, one moves and the others stay.
            let moved = (0..words.len()).rev().find_map(|nth| {
                let rest = tag.strip_prefix(&words[..nth].concat())?;
                Some((
                    nth,
                    rest.strip_suffix(&words[nth + 1..].concat())?.to_owned(),
                ))
            });
            match moved {
                Some((nth, moved)) => (place, *tag) = (pieces[nth].clone(), moved),
                None => self.fixed = self.fixed.take().or(Some(Fixed::Pieces)),
            }
        }
        let reference = whole(&plain.on_disk(self.span.clone()));
        if self.value.is_some() {
            self.span = reference;
            return;
        }
        // One that is put together from several lines is shown where its tag is.
        let line = !disk[reference.clone()].contains('\n');
        self.span = if line { reference } else { place.clone() };
        self.tag_span = place;
    }
}

/// From the first of the pieces to the last; the last where they are not in that order.
pub(super) fn whole(pieces: &[Range<usize>]) -> Range<usize> {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return 0..0;
    };
    first.start.min(last.start)..last.end
}
