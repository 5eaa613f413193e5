//! The files and places of a mention, read for what they name.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::config::{Mention, MentionPlace};
use crate::locate::Found;
use crate::output::has_header;
use crate::release::defaults::Plain;
use crate::release::mentions::names::ImageNames;
use crate::release::mentions::sighting::{
    Fixed, MentionKind, Mentions, Sighting, Unread, Unreadable,
};
use crate::release::pins::{Unseen, find};
use crate::source::lock_path;
use crate::source::{Repository, SourceFile, Wanted, conflict, is_mark};

impl ImageNames<'_> {
    /// Reads the files or the place of a mention. `written` says which paths are gen's own.
    pub fn read(
        &self,
        repository: &Repository,
        mention: &Mention,
        written: &dyn Fn(&str) -> bool,
    ) -> Mentions {
        if let Some(place) = &mention.place {
            return self.read_place(repository, mention, place);
        }
        let globs: Vec<&str> = mention.files.iter().map(|g| g.value.as_str()).collect();
        let mut paths = repository.matching(&globs);
        let unmatched = unmatched(repository, &globs, &paths);
        let owners = repository.family().owners().chain([repository.owner()]);
        let own: HashSet<String> = owners
            .flat_map(|owner| [owner.matrix().to_owned(), lock_path(owner.matrix())])
            .collect();
        paths.retain(|path| !written(path) && !own.contains(path));
        let mut mentions = Mentions {
            files: paths.len(),
            unmatched,
            ..Mentions::default()
        };
        let looked = repository.look_through(&paths, |path, bytes| {
            let unread = |why| {
                let path = path.to_owned();
                Some(Err(Unread { path, why }))
            };
            // Of what is no UTF-8 the letters that name images can be told, and nothing can be shown or rewritten.
            let names_images = |bytes: &[u8]| {
                let sign = |b: &u8| if b.is_ascii() { char::from(*b) } else { '?' };
                let text: String = bytes.iter().map(sign).collect();
                let file = SourceFile::new(path, text);
                !self.look(&file, mention, 0).sightings.is_empty() || self.moves(&file, mention)
            };
            if let Some(narrow) = narrow(bytes) {
                let names = self.hints.is_match(&narrow) && names_images(&narrow);
                return names.then(|| unread(Unreadable::Encoding))?;
            }
            // Most files name no image; those that do must be text.
            let first = self.hints.find(bytes)?.start();
            // Another matrix of the repository may have written it.
            if has_header(bytes) {
                return None;
            }
            if is_binary(bytes) {
                return names_images(bytes).then(|| unread(Unreadable::Binary))?;
            }
            let Ok(text) = std::str::from_utf8(bytes) else {
                return names_images(bytes).then(|| unread(Unreadable::Encoding))?;
            };
            let file = SourceFile::new(path, text);
            match unmerged(&file.text) {
                Some(at) if self.names_any(&file, mention) => {
                    unread(Unreadable::Conflict(file.clone(), at))
                }
                _ => Some(Ok(self.look(&file, mention, first))),
            }
        });
        for looked in looked {
            match looked {
                Ok(mut looked) => {
                    mentions.sightings.append(&mut looked.sightings);
                    mentions.idle.append(&mut looked.idle);
                    mentions.unjudged.append(&mut looked.unjudged);
                    mentions.ignoring.extend(looked.ignoring);
                }
                Err(unread) => mentions.unread.push(unread),
            }
        }
        mentions
    }

    /// Whether the next release rewrites a mention in one of its files.
    pub fn moves_in(&self, repository: &Repository, mention: &Mention, path: &str) -> bool {
        let Some(file) = repository.text(path) else {
            return false;
        };
        if let Some(place) = &mention.place {
            let found = find(&file, &place.locator).unwrap_or_default();
            let mut seen = found
                .iter()
                .map(|found| self.at_place(&file, found, mention, place));
            return seen.any(|sighting| self.is_moving(&sighting));
        }
        if has_header(file.text.as_bytes()) || is_binary(file.text.as_bytes()) {
            return false;
        }
        self.moves(&file, mention)
    }

    /// Looks at the one place of a mention.
    fn read_place(
        &self,
        repository: &Repository,
        mention: &Mention,
        place: &MentionPlace,
    ) -> Mentions {
        let mut mentions = Mentions {
            files: 1,
            ..Mentions::default()
        };
        let Some(file) = repository.text(&place.file) else {
            mentions.unseen = Some(Unseen::file(repository, &place.file));
            return mentions;
        };
        match find(&file, &place.locator) {
            Ok(found) => {
                let sightings = found
                    .iter()
                    .map(|f| self.at_place(&file, f, mention, place));
                let strange = sightings.filter(|s| s.kind != MentionKind::Current);
                mentions.sightings = strange.collect();
            }
            Err(unfound) => mentions.unseen = Some(Unseen::Place(file, unfound)),
        }
        mentions
    }

    /// What stands at a place: a reference, or a tag alone.
    fn at_place(
        &self,
        file: &Arc<SourceFile>,
        found: &Found,
        mention: &Mention,
        place: &MentionPlace,
    ) -> Sighting {
        let escaped = file.text.get(found.span.clone()) != Some(&found.value);
        let plain = Plain::new(&found.value, false, &|_| Vec::new()).filter(|_| !escaped);
        let value = plain.as_ref().map_or(found.value.as_str(), |p| &p.text);
        let mut sighting = self.in_value(file, value, mention, place);
        if let Some(plain) = &plain {
            sighting.onto(plain, &found.value);
        }
        let start = found.span.start;
        sighting.span = start + sighting.span.start..start + sighting.span.end;
        sighting.tag_span = start + sighting.tag_span.start..start + sighting.tag_span.end;
        if escaped {
            // With escapes in it nothing of it can be rewritten.
            (sighting.span, sighting.tag_span) = (found.span.clone(), found.span.clone());
            if value.contains(['/', ':']) && sighting.kind != MentionKind::Current {
                sighting.kind = MentionKind::UnknownTag;
            }
        }
        sighting
    }

    /// What a text is that stands at a place, with its bytes in that text.
    fn in_value(
        &self,
        file: &Arc<SourceFile>,
        value: &str,
        mention: &Mention,
        place: &MentionPlace,
    ) -> Sighting {
        let all = 0..value.len();
        if value.contains(['/', ':']) {
            let spelt = self.searcher.find(value).filter(|m| m.start() == 0);
            let reference = spelt.and_then(|m| {
                let spelling = self.spellings.get(m.pattern().as_usize())?;
                self.reference(file, value, m.range(), spelling, mention)
            });
            let whole = |s: &Sighting| s.fixed == Some(Fixed::Digest) || s.span.end == value.len();
            let untagged = self.untagged(value);
            return reference.filter(whole).unwrap_or_else(|| Sighting {
                file: file.clone(),
                span: all.clone(),
                tag_span: all,
                tag: value.to_owned(),
                repository: untagged.unwrap_or(value).to_owned(),
                fixed: None,
                kind: match untagged {
                    Some(_) => MentionKind::NoTag,
                    None => MentionKind::UnknownRepository,
                },
                value: None,
            });
        }
        let repositories: Vec<&str> = match place.image {
            Some(image) => self.images[image].clone(),
            None => self.repositories.keys().copied().collect(),
        };
        let kinds = repositories
            .iter()
            .filter_map(|repository| self.kind(repository, value, mention));
        let rank = |kind: &MentionKind| match kind {
            MentionKind::Current => 0,
            MentionKind::Stale { .. } => 1,
            MentionKind::UnknownTag | MentionKind::UnknownRepository | MentionKind::NoTag => 2,
        };
        let kind = kinds.min_by_key(rank).unwrap_or(MentionKind::UnknownTag);
        let repository = match repositories.as_slice() {
            [one] => one,
            [one, ..] if place.image.is_some() => one,
            _ => "",
        };
        Sighting {
            file: file.clone(),
            span: all.clone(),
            tag_span: all,
            tag: value.to_owned(),
            repository: repository.to_owned(),
            fixed: None,
            kind,
            value: None,
        }
    }
}

/// The globs that match no file, by their index; `paths` is what all of them together match. Those that take files out
/// are not asked: what they should have taken out is told where it names an image.
fn unmatched(repository: &Repository, globs: &[&str], paths: &[String]) -> Vec<usize> {
    let taking = globs
        .iter()
        .enumerate()
        .filter(|(_, g)| !g.starts_with('!'));
    let idle = taking.filter(|(_, glob)| {
        let alone = Wanted::new(&[glob]);
        !paths.iter().any(|path| alone.has(path)) && repository.matching(&[glob]).is_empty()
    });
    idle.map(|(index, _)| index).collect()
}

/// Whether git takes bytes for no text. Source: `buffer_is_binary` in `xdiff-interface.c` of git, which asks for a byte 0
/// among the first 8000.
fn is_binary(bytes: &[u8]) -> bool {
    bytes[..bytes.len().min(8000)].contains(&0)
}

/// A text in UTF-16, with the other bytes of its letters left out. `None` for what is none.
fn narrow(bytes: &[u8]) -> Option<Vec<u8>> {
    let marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let head = &bytes[..bytes.len().min(8000)];
    // Without the mark, every other byte of an English text is 0.
    let zeros = |from: usize| {
        head.iter()
            .skip(from)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let most =
        |from: usize| head.len() > 3 && zeros(from) * 5 > head.len() * 2 && zeros(1 - from) == 0;
    (marked || (is_binary(head) && (most(0) || most(1))))
        .then(|| bytes.iter().copied().filter(|b| *b != 0).collect())
}

/// Where a merge begins of which all marks are left, in their order. One alone is what people draw.
fn unmerged(text: &str) -> Option<Range<usize>> {
    conflict(text)?;
    let mut begun: Option<Range<usize>> = None;
    let mut parted = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            match line.as_bytes()[0] {
                b'<' => (begun, parted) = (Some(offset..offset + line.trim_end().len()), false),
                b'=' => parted = begun.is_some(),
                b'>' if parted => return begun,
                _ => {}
            }
        }
        offset += line.len();
    }
    None
}
