//! A text, read for references and for markers that keep them.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::Input;

use crate::config::Mention;
use crate::output::block_ranges;
use crate::release::defaults::{Plain, Use};
use crate::release::mentions::names::{ImageNames, Spelling, ignoring};
use crate::release::mentions::shape::Carried;
use crate::release::mentions::sighting::{
    Fixed, IdleMarker, MentionKind, Sighting, Unjudged, whole,
};
use crate::release::mentions::tag;
use crate::release::mentions::variable::{Variables, uses};
use crate::release::placeholders::is_placeholder;
use crate::render::Dialect;
use crate::source::SourceFile;

/// What is in a text.
struct Read {
    seen: Vec<Seen>,
    idle: Vec<IdleMarker>,
    unjudged: Vec<Unjudged>,
    ignoring: BTreeSet<usize>,
}

/// What is told of a text.
pub(super) struct Looked {
    /// References that are not current and that nothing keeps.
    pub sightings: Vec<Sighting>,
    /// Markers that keep nothing.
    pub idle: Vec<IdleMarker>,
    /// References whose tags are not read.
    pub unjudged: Vec<Unjudged>,
    /// Globs of `ignore` that leave out a reference.
    pub ignoring: BTreeSet<usize>,
}

/// A reference of a text, with what must be known of it while the text is judged as a whole.
struct Seen {
    /// As it stands on disk.
    sighting: Sighting,
    /// Its bytes in the text with its defaults in place.
    read: Range<usize>,
    /// Its bytes on disk, in pieces.
    pieces: Vec<Range<usize>>,
    /// Whether a marker keeps it.
    kept: bool,
}

impl ImageNames<'_> {
    /// The references of a text that are not current and that nothing keeps, and what keeps nothing or leaves out. Before
    /// `from` it names nothing.
    pub(super) fn look(&self, file: &Arc<SourceFile>, mention: &Mention, from: usize) -> Looked {
        let Read {
            seen,
            idle,
            unjudged,
            ignoring,
        } = self.seen(file, mention, from);
        let strange = seen
            .into_iter()
            .filter(|seen| !seen.kept && seen.sighting.kind != MentionKind::Current);
        let mut sightings: Vec<Sighting> = strange.map(|seen| seen.sighting).collect();
        // The value of one argument may be the tag of several images.
        sightings.sort_by_cached_key(|s| {
            let free = s.fixed.is_none();
            let at = s.edit().map_or(s.tag_span.start, |(at, _)| at.start);
            (at, free, s.fixed.clone(), s.span.start)
        });
        sightings.dedup_by(|later, first| {
            let edit = later.edit();
            later.tag_span == first.tag_span || edit.is_some() && edit == first.edit()
        });
        sightings.sort_by_key(|s| (s.span.start, s.tag_span.start));
        let written = self.written(file);
        sightings.retain(|s| !written.iter().any(|block| block.contains(&s.span.start)));
        Looked {
            sightings,
            idle,
            unjudged,
            ignoring,
        }
    }

    /// The bytes of a file that gen writes itself, in blocks.
    fn written(&self, file: &SourceFile) -> Vec<Range<usize>> {
        let comment = Dialect::of_path(&file.path).and_then(Dialect::comment);
        comment.map_or_else(Vec::new, |comment| {
            block_ranges(&file.text, comment, &self.blocks)
        })
    }

    /// Whether a text names an image of the matrix, whatever its release.
    pub(super) fn names_any(&self, file: &Arc<SourceFile>, mention: &Mention) -> bool {
        !self.seen(file, mention, 0).seen.is_empty()
    }

    /// Whether the next release rewrites a mention in a text.
    pub(super) fn moves(&self, file: &Arc<SourceFile>, mention: &Mention) -> bool {
        let seen = self.seen(file, mention, 0).seen;
        seen.iter()
            .any(|seen| !seen.kept && self.is_moving(&seen.sighting))
    }

    fn seen(&self, file: &Arc<SourceFile>, mention: &Mention, from: usize) -> Read {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        let name = name.to_ascii_lowercase();
        let recipe = name.contains("dockerfile") || name.contains("containerfile");
        let plain = Plain::new(&file.text, recipe, &|text| self.carriers(text));
        let text = plain.as_ref().map_or(file.text.as_str(), |p| &p.text);
        let on_disk = |part: Range<usize>| match &plain {
            Some(plain) => plain.on_disk(part),
            None => vec![part],
        };
        let mut seen: Vec<Seen> = Vec::new();
        let mut markers: Vec<Range<usize>> = Vec::new();
        let mut ignored = BTreeSet::new();
        let mut unjudged: Vec<Unjudged> = Vec::new();
        let variables = Variables::of(file);
        // With defaults in their place every byte may be another.
        let from = if plain.is_some() { 0 } else { from };
        for found in self.searcher.find_iter(Input::new(text).range(from..)) {
            let Some(spelling) = self.spellings.get(found.pattern().as_usize()) else {
                markers.push(whole(&on_disk(found.range())));
                continue;
            };
            let sighting = self.reference(file, text, found.range(), spelling, mention);
            let by_variable =
                || self.by_variable(&variables, text, found.range(), spelling, mention);
            let Some(mut sighting) = sighting.or_else(by_variable) else {
                if !mention.ignore.is_empty()
                    && let Some(opened) = self.opened(text, found.range(), spelling)
                {
                    ignored.extend(ignoring(&opened.repository, mention));
                }
                if let Some((read, name)) =
                    self.unread(&variables, text, found.range(), spelling, mention)
                {
                    let span = whole(&on_disk(read));
                    unjudged.push(Unjudged {
                        file: file.clone(),
                        span,
                        name,
                    });
                }
                continue;
            };
            let read = sighting.span.clone();
            let mut pieces = on_disk(read.clone());
            if let Some(plain) = &plain {
                sighting.onto(plain, &file.text);
            }
            if let Some(value) = &sighting.value {
                pieces.push(value.span.clone());
                sighting.tag_span = value.span.clone();
            }
            seen.push(Seen {
                sighting,
                read,
                pieces,
                kept: false,
            });
        }
        let mut idle = Vec::new();
        for marker in markers {
            let kept = kept_by(&file.text, marker.start, &seen);
            let mut used = false;
            for seen in seen.iter_mut().filter(|seen| seen.stands_in(&kept)) {
                seen.kept = true;
                // One that is current now is old after the next release.
                used |=
                    seen.sighting.kind != MentionKind::Current || self.is_moving(&seen.sighting);
            }
            let standing = unjudged.len();
            unjudged.retain(|one| one.span.end <= kept.start || kept.end <= one.span.start);
            used |= unjudged.len() < standing;
            if !used {
                idle.push(IdleMarker {
                    file: file.clone(),
                    span: marker,
                });
            }
        }
        let mut carried: Vec<&Carried> = seen
            .iter()
            .filter_map(|seen| seen.sighting.value.as_ref())
            .collect();
        carried.sort_by_key(|carried| (carried.span.start, &carried.by));
        carried.dedup();
        let mut shared: Vec<Use> = carried
            .into_iter()
            .flat_map(|carried| uses(text, carried, &on_disk))
            .collect();
        shared.extend(plain.iter().flat_map(|plain| plain.uses.iter().cloned()));
        share(file, &shared, &mut seen);
        Read {
            seen,
            idle,
            unjudged,
            ignoring: ignored,
        }
    }

    /// A reference that begins where a spelling was found, up to its tag.
    pub(super) fn opened(
        &self,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
    ) -> Option<Opened> {
        let before = &text[..found.start];
        let lines = tag::underlines(before);
        if lines == 0 && tag::is_joined(before) {
            return None;
        }
        let inside = |c: char| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '/')
        };
        let name_end = tag::end_of(text, found.end, inside);
        let colon = tag::colon(before, &text[name_end..])?;
        Some(Opened {
            repository: format!("{}{}", spelling.full, &text[found.end..name_end]),
            start: name_end + colon.length,
            around: tag::Around {
                lines,
                emphasised: before.ends_with('*'),
            },
            marked: colon.marked,
        })
    }

    /// The reference that begins where a spelling was found, if one does.
    pub(super) fn reference(
        &self,
        file: &Arc<SourceFile>,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
        mention: &Mention,
    ) -> Option<Sighting> {
        let Opened {
            repository,
            start,
            around,
            marked: colon_marked,
        } = self.opened(text, found.clone(), spelling)?;
        let sighting = |span: Range<usize>, tag: String, kind, fixed| Sighting {
            file: file.clone(),
            span: found.start..span.end,
            tag,
            tag_span: span,
            repository: repository.clone(),
            fixed,
            kind,
            value: None,
        };
        let Some((length, marked)) = tag::length(&text[start..], &around) else {
            // A default in a form that is not read would be taken for none at all.
            let (literal, tag) = tag::literal(text, start)?;
            let kind = self.kind(&repository, &tag, mention)?;
            let stale = matches!(kind, MentionKind::Stale { .. });
            return stale.then(|| sighting(literal, tag, kind, Some(Fixed::Expression)));
        };
        let span = start..start + length;
        let tag = &text[span.clone()];
        let kind = self.kind(&repository, tag, mention)?;
        let strange = matches!(
            kind,
            MentionKind::UnknownTag | MentionKind::UnknownRepository
        );
        // What stands in the midst of other signs must be known for a tag.
        if strange && (spelling.bare || marked || colon_marked || is_placeholder(tag)) {
            return None;
        }
        // `acme/tool.py:14` is a line of a file.
        let line = spelling.hostless && tag.bytes().all(|b| b.is_ascii_digit());
        if line && kind == MentionKind::UnknownRepository {
            return None;
        }
        let digest = text[span.end..].trim_start_matches(['"', '\'']);
        let fixed = digest.starts_with("@sha").then_some(Fixed::Digest);
        Some(sighting(span, tag.to_owned(), kind, fixed))
    }
}

/// A reference up to its tag.
pub(super) struct Opened {
    /// Its repository in full.
    pub repository: String,
    /// Where its tag begins.
    pub start: usize,
    around: tag::Around,
    /// Whether more than a colon parts the two.
    pub marked: bool,
}

impl Seen {
    /// Whether a part of it stands there.
    fn stands_in(&self, bytes: &Range<usize>) -> bool {
        let inside = |piece: &Range<usize>| piece.start < bytes.end && bytes.start < piece.end;
        self.pieces.iter().any(inside)
    }

    /// Whether it moves, and so moves what reads the same value.
    fn moves_with(&self, other: &Sighting) -> bool {
        let edit = self.sighting.edit();
        !self.kept && self.sighting.fixed.is_none() && edit.is_some() && edit == other.edit()
    }
}

/// Finds the mentions whose tag is the value of a variable that another image reads and that must stay there.
fn share(file: &Arc<SourceFile>, uses: &[Use], seen: &mut [Seen]) {
    // What is read is in the order of the text, and no part of another.
    let covering = |at: &Range<usize>| -> Option<&Seen> {
        let before = seen.partition_point(|other| other.read.start <= at.start);
        let other = seen.get(before.checked_sub(1)?)?;
        (at.end <= other.read.end).then_some(other)
    };
    let mut known: HashMap<(usize, usize, String), Option<Fixed>> = HashMap::new();
    let mut shared = Vec::new();
    for (index, one) in seen.iter().enumerate() {
        let Some((at, to)) = one.sighting.edit() else {
            continue;
        };
        if one.kept || one.sighting.fixed.is_some() {
            continue;
        }
        let find = || {
            let place = &one.sighting.tag_span;
            let meets = |value: &Range<usize>| value.start < place.end && place.start < value.end;
            let mut uses = uses.iter().filter(|u| u.value.iter().any(meets));
            let stays = uses.find(|u| {
                !covering(&u.read).is_some_and(|other| other.moves_with(&one.sighting))
            })?;
            Some(Fixed::Shared {
                image: file.text[stays.image.clone()].to_owned(),
                line: file.line_column(stays.image.start).0,
            })
        };
        let found = known.entry((at.start, at.end, to)).or_insert_with(find);
        shared.extend(found.clone().map(|fixed| (index, fixed)));
    }
    for (index, fixed) in shared {
        seen[index].sighting.fixed = Some(fixed);
    }
}

/// The bytes in which a marker keeps mentions: its own line, or the next where its own mentions nothing.
fn kept_by(text: &str, marker: usize, seen: &[Seen]) -> Range<usize> {
    let end = |from: usize| text[from..].find('\n').map_or(text.len(), |i| from + i);
    let own = text[..marker].rfind('\n').map_or(0, |i| i + 1)..end(marker);
    if own.end == text.len() || seen.iter().any(|seen| seen.stands_in(&own)) {
        return own;
    }
    own.end + 1..end(own.end + 1)
}
