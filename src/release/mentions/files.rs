//! The files and places of a mention, read for what they name.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::{Mention, MentionPlace};
use crate::lock;
use crate::output::has_header;
use crate::release::locate::Found;
use crate::release::mentions::names::Names;
use crate::release::mentions::sighting::{Kind, Mentions, Sighting};
use crate::release::mentions::text::{kept_by, plain};
use crate::release::pins::{Unseen, find};
use crate::source::{Repository, SourceFile};

impl Names<'_> {
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
        let owners = repository.family().owners().chain([repository.owner()]);
        let own: HashSet<String> = owners
            .flat_map(|owner| [owner.matrix().to_owned(), lock::path(owner.matrix())])
            .collect();
        paths.retain(|path| !written(path) && !own.contains(path));
        let mut mentions = Mentions {
            files: paths.len(),
            ..Mentions::default()
        };
        let looked = repository.look_through(&paths, |path, bytes| {
            // Most files name no image; those that do must be text.
            self.searcher.find(&bytes)?;
            // Another matrix of the repository may have written it.
            if has_header(&bytes) {
                return None;
            }
            match String::from_utf8(bytes) {
                Ok(text) => Some(Ok(self.look(&SourceFile::new(path, text), mention))),
                // What names images in another encoding can be told, and not shown or rewritten.
                Err(fault) => {
                    let bytes = fault.into_bytes();
                    let text: String = bytes
                        .iter()
                        .map(|b| if b.is_ascii() { char::from(*b) } else { '?' })
                        .collect();
                    let seen = self.look(&SourceFile::new(path, text), mention);
                    let tells = !bytes.contains(&0) && !seen.0.is_empty();
                    tells.then(|| Err(path.to_owned()))
                }
            }
        });
        for looked in looked {
            match looked {
                Ok((mut sightings, mut idle)) => {
                    mentions.sightings.append(&mut sightings);
                    mentions.idle.append(&mut idle);
                }
                Err(path) => mentions.unread.push(path),
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
        if has_header(file.text.as_bytes()) {
            return false;
        }
        let plain = plain(&file);
        let text = plain.as_ref().map_or(file.text.as_str(), |p| &p.text);
        let (mut sightings, markers) = self.all(&file, text, mention);
        for marker in markers {
            let kept = kept_by(text, marker.start, &sightings);
            sightings.retain(|s| !kept.contains(&s.span.start));
        }
        sightings.iter().any(|sighting| self.is_moving(sighting))
    }

    /// Whether a mention states a release, and so another one after each.
    fn is_moving(&self, sighting: &Sighting) -> bool {
        match sighting.kind {
            Kind::Stale { .. } => true,
            Kind::UnknownTag | Kind::UnknownRepository => false,
            Kind::Current => {
                let mut tags = self.repositories.iter().filter(|(repository, _)| {
                    // A tag alone may be that of any image.
                    sighting.repository.is_empty() || **repository == sighting.repository
                });
                tags.any(|(_, tags)| tags.framed.iter().any(|(_, tag)| *tag == sighting.tag))
            }
        }
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
            mentions.unseen = Some(Unseen::File);
            return mentions;
        };
        match find(&file, &place.locator) {
            Ok(found) => {
                let sightings = found
                    .iter()
                    .map(|f| self.at_place(&file, f, mention, place));
                let strange = sightings.filter(|s| s.kind != Kind::Current);
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
        let value = found.value.as_str();
        if value.contains(['/', ':']) {
            let spelt = self.searcher.find(value).filter(|m| m.start() == 0);
            let reference = spelt.and_then(|m| {
                let spelling = self.spellings.get(m.pattern().as_usize())?;
                self.reference(file, value, m.range(), spelling, mention)
            });
            let whole = |s: &Sighting| s.digest || s.span.end == value.len();
            let mut sighting = reference.filter(whole).unwrap_or_else(|| Sighting {
                file: file.clone(),
                span: 0..value.len(),
                tag_span: 0..value.len(),
                tag: value.to_owned(),
                repository: value.to_owned(),
                digest: false,
                kind: Kind::UnknownRepository,
            });
            let start = found.span.start;
            sighting.span = start + sighting.span.start..start + sighting.span.end;
            sighting.tag_span = start + sighting.tag_span.start..start + sighting.tag_span.end;
            if file.text.get(found.span.clone()) != Some(value) {
                // With escapes in it nothing of it can be rewritten.
                (sighting.span, sighting.tag_span) = (found.span.clone(), found.span.clone());
                if sighting.kind != Kind::Current {
                    sighting.kind = Kind::UnknownTag;
                }
            }
            return sighting;
        }
        let repositories: Vec<&str> = match place.image {
            Some(image) => self.images[image].clone(),
            None => self.repositories.keys().copied().collect(),
        };
        let kinds = repositories
            .iter()
            .filter_map(|repository| self.kind(repository, value, mention));
        let rank = |kind: &Kind| match kind {
            Kind::Current => 0,
            Kind::Stale { .. } => 1,
            Kind::UnknownTag | Kind::UnknownRepository => 2,
        };
        let kind = kinds.min_by_key(rank).unwrap_or(Kind::UnknownTag);
        let repository = match repositories.as_slice() {
            [one] => one,
            [one, ..] if place.image.is_some() => one,
            _ => "",
        };
        Sighting {
            file: file.clone(),
            span: found.span.clone(),
            tag_span: found.span.clone(),
            tag: value.to_owned(),
            repository: repository.to_owned(),
            digest: false,
            kind,
        }
    }
}
