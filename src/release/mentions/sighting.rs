//! What was sighted: a reference in a text, where it stands and what it is.

use std::ops::Range;
use std::sync::Arc;

use crate::release::defaults::Plain;
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
    /// Whether a digest follows the tag.
    pub digest: bool,
    /// What it is.
    pub kind: Kind,
}

/// What a mention is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
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
    /// A repository below a registry of this matrix that is none of its images.
    UnknownRepository,
}

/// A marker that keeps nothing.
#[derive(Debug)]
pub struct IdleMarker {
    /// The file it stands in.
    pub file: Arc<SourceFile>,
    /// Where.
    pub span: Range<usize>,
}

/// What was found in the files of a mention.
#[derive(Debug, Default)]
pub struct Mentions {
    /// References that are not current and that nothing keeps, by file and place.
    pub sightings: Vec<Sighting>,
    /// Markers that keep nothing.
    pub idle: Vec<IdleMarker>,
    /// Number of files that were looked at.
    pub files: usize,
    /// Why the one place of the mention could not be seen.
    pub unseen: Option<Unseen>,
    /// Files that name images and are no UTF-8.
    pub unread: Vec<String>,
}

impl Sighting {
    /// From where it stands in a text with its defaults in place to where it stands on disk.
    pub(super) fn onto_disk(&mut self, plain: &Plain) {
        let disk = &self.file.text;
        let pieces = plain.on_disk(self.tag_span.clone());
        let words: Vec<&str> = pieces.iter().map(|p| &disk[p.clone()]).collect();
        let mut place = whole(&pieces);
        if pieces.len() > 1
            && let Kind::Stale { tag, .. } = &mut self.kind
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
                None => self.kind = Kind::UnknownTag,
            }
        }
        let reference = whole(&plain.on_disk(self.span.clone()));
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
