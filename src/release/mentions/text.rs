//! A text, read for references and for markers that keep them.

use std::ops::Range;
use std::sync::Arc;

use crate::config::Mention;
use crate::release::defaults::Plain;
use crate::release::mentions::names::{Names, Spelling};
use crate::release::mentions::sighting::{IdleMarker, Kind, Sighting, whole};
use crate::release::placeholders::is_placeholder;
use crate::source::SourceFile;

impl Names<'_> {
    pub(super) fn look(
        &self,
        file: &Arc<SourceFile>,
        mention: &Mention,
    ) -> (Vec<Sighting>, Vec<IdleMarker>) {
        let plain = plain(file);
        let text = plain.as_ref().map_or(file.text.as_str(), |p| &p.text);
        let (mut sightings, markers) = self.all(file, text, mention);
        let mut idle = Vec::new();
        for marker in markers {
            let kept = kept_by(text, marker.start, &sightings);
            let before = sightings.len();
            sightings.retain(|s| s.kind == Kind::Current || !kept.contains(&s.span.start));
            if sightings.len() == before {
                idle.push(IdleMarker {
                    file: file.clone(),
                    span: marker,
                });
            }
        }
        sightings.retain(|s| s.kind != Kind::Current);
        if let Some(plain) = &plain {
            for sighting in &mut sightings {
                sighting.onto_disk(plain);
            }
            for idle in &mut idle {
                idle.span = whole(&plain.on_disk(idle.span.clone()));
            }
            // The value of one argument may be the tag of several images.
            sightings.sort_by_key(|s| (s.tag_span.start, s.span.start));
            sightings.dedup_by_key(|s| s.tag_span.clone());
        }
        (sightings, idle)
    }

    /// Every reference in a text, and every marker.
    pub(super) fn all(
        &self,
        file: &Arc<SourceFile>,
        text: &str,
        mention: &Mention,
    ) -> (Vec<Sighting>, Vec<Range<usize>>) {
        let mut sightings: Vec<Sighting> = Vec::new();
        let mut markers: Vec<Range<usize>> = Vec::new();
        for found in self.searcher.find_iter(text) {
            match self.spellings.get(found.pattern().as_usize()) {
                Some(spelling) => {
                    sightings.extend(self.reference(file, text, found.range(), spelling, mention));
                }
                None => markers.push(found.range()),
            }
        }
        (sightings, markers)
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
        let before = &text[..found.start];
        let joined = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c));
        // In front of it may stand a scheme, or the escape of a line break.
        let apart = ["://", "\\n", "\\r", "\\t"]
            .iter()
            .any(|s| before.ends_with(s));
        if joined && !apart {
            return None;
        }
        let name_end = end_of(text, found.end, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c)
        });
        if !text[name_end..].starts_with(':') {
            return None;
        }
        let repository = format!("{}{}", spelling.full, &text[found.end..name_end]);
        let tag_start = name_end + 1;
        let emphasised = before.ends_with('*');
        let tag_span = tag_start..tag_start + tag_length(&text[tag_start..], emphasised)?;
        let tag = &text[tag_span.clone()];
        let kind = self.kind(&repository, tag, mention)?;
        let strange = matches!(kind, Kind::UnknownTag | Kind::UnknownRepository);
        if strange && (spelling.bare || is_placeholder(tag)) {
            return None;
        }
        // `acme/tool.py:14` is a line of a file.
        let hostless = spelling.text != spelling.full;
        let line = hostless && tag.bytes().all(|b| b.is_ascii_digit());
        if line && kind == Kind::UnknownRepository {
            return None;
        }
        Some(Sighting {
            file: file.clone(),
            span: found.start..tag_span.end,
            digest: text[tag_span.end..].starts_with("@sha"),
            tag: tag.to_owned(),
            tag_span,
            repository,
            kind,
        })
    }
}

/// A text with its defaults in place, where it has any.
pub(super) fn plain(file: &SourceFile) -> Option<Plain> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    Plain::new(&file.text, name.to_ascii_lowercase().contains("dockerfile"))
}

/// How long the tag at the start of a text is; `None` when none is written out there. Text that is `emphasised` ends in `*`.
fn tag_length(text: &str, emphasised: bool) -> Option<usize> {
    let end = end_of(text, 0, |c| c.is_ascii_alphanumeric() || "._-".contains(c));
    let (written, rest) = text.split_at(end);
    // What goes on is a placeholder: `:3.9-{version}`, `:$TAG`, `:<tag>`; or a path, and this was a port.
    let goes_on = rest.starts_with(['{', '$', '<', '*', '%', '[', '#', '/', '…']);
    let markup = rest.starts_with("</") || rest.starts_with("<br");
    if goes_on && !markup && !(emphasised && rest.starts_with('*')) {
        return None;
    }
    // So is what is left open: `"base:3.9-" + version`, `base:3.9-...`.
    let open = written.ends_with(['-', '_']) && rest.starts_with(['"', '\'', '`']);
    if open || written.ends_with("..") || written.starts_with(['.', '-']) {
        return None;
    }
    // A full stop ends the sentence, not the tag.
    let length = written.trim_end_matches(['.', '-']).len();
    (length > 0).then_some(length)
}

/// The bytes in which a marker keeps mentions: its own line, or the next where its own mentions nothing.
pub(super) fn kept_by(text: &str, marker: usize, sightings: &[Sighting]) -> Range<usize> {
    let end = |from: usize| text[from..].find('\n').map_or(text.len(), |i| from + i);
    let own = text[..marker].rfind('\n').map_or(0, |i| i + 1)..end(marker);
    if own.end == text.len() || sightings.iter().any(|s| own.contains(&s.span.start)) {
        return own;
    }
    own.end + 1..end(own.end + 1)
}

fn end_of(text: &str, start: usize, inside: impl Fn(char) -> bool) -> usize {
    text.get(start..)
        .and_then(|rest| rest.find(|c| !inside(c)).map(|i| start + i))
        .unwrap_or(text.len())
}
