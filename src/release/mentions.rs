//! Mentions: references to the matrix's images in documents, examples and workflows, and whether they are current.

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::config::{Config, Mention, MentionPlace};
use crate::diagnostic::nearest;
use crate::image::Matrix;
use crate::lock::{self, Lock};
use crate::output::has_header;
use crate::release::defaults::Plain;
use crate::release::forms::{Frame, Frames, StandIn, at};
use crate::release::locate::Found;
use crate::release::pins::{Unseen, find};
use crate::release::placeholders::is_placeholder;
use crate::release::version::ReleaseVersion;
use crate::source::{Repository, SourceFile};

/// What keeps a mention that is old on purpose: on its line, or alone on the line above.
pub const MARKER: &str = "basematrix: keep";

/// Hosts that are Docker Hub by another name.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

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

/// The images of a matrix by every name that a text may call them.
#[derive(Debug)]
pub struct Names<'a> {
    repositories: BTreeMap<&'a str, Tags<'a>>,
    /// The repositories of each image, in declared order.
    images: Vec<Vec<&'a str>>,
    release: Option<&'a ReleaseVersion>,
    spellings: Vec<Spelling>,
    /// Finds the spellings, and after them the marker.
    searcher: AhoCorasick,
}

/// How a text may begin a reference.
#[derive(Debug)]
struct Spelling {
    /// What stands in the text.
    text: String,
    /// The same with the host in full.
    full: String,
    /// Whether it is the name of an image alone. Nothing but the release in its tag then tells a mention from other words.
    bare: bool,
}

/// The tags of one repository.
#[derive(Debug, Default)]
struct Tags<'a> {
    now: HashSet<&'a str>,
    /// Tags that are as good.
    accepted: HashSet<&'a str>,
    /// Tags that print the release, by which other releases are recognised.
    framed: Vec<(Frame, &'a str)>,
}

impl<'a> Names<'a> {
    /// The names of a matrix.
    pub fn new(config: &'a Config, matrix: &'a Matrix) -> Option<Self> {
        let repositories = repositories(config, matrix);
        let mut images: Vec<Vec<&str>> = vec![Vec::new(); config.images.len()];
        for spec in &matrix.specs {
            for repository in spec.repositories.iter() {
                let own = &mut images[spec.image.0];
                if !own.contains(&repository.as_str()) {
                    own.push(repository);
                }
            }
        }
        let mut spellings = spellings(config);
        // Without a registry to begin with, only the names themselves tell.
        for repository in repositories.keys() {
            let named = spellings
                .iter()
                .any(|s| repository.starts_with(s.full.as_str()));
            if !named {
                spellings.push(Spelling {
                    text: (*repository).to_owned(),
                    full: (*repository).to_owned(),
                    bare: true,
                });
            }
        }
        let words = spellings.iter().map(|s| s.text.as_str());
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(words.chain([MARKER]))
            .ok()?;
        Some(Names {
            repositories,
            images,
            release: config.release.as_ref().map(|r| &r.read),
            spellings,
            searcher,
        })
    }

    /// The same, where what is current by `others` is current, too.
    pub fn accepting(mut self, others: &Names<'a>) -> Self {
        for (repository, tags) in &others.repositories {
            if let Some(own) = self.repositories.get_mut(repository) {
                own.accepted.extend(&tags.now);
            }
        }
        self
    }

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

    fn look(&self, file: &Arc<SourceFile>, mention: &Mention) -> (Vec<Sighting>, Vec<IdleMarker>) {
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
    fn all(
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
    fn reference(
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

    /// What a reference is; `None` when it is no business of this matrix.
    fn kind(&self, repository: &str, tag: &str, mention: &Mention) -> Option<Kind> {
        let short = HUB.iter().find_map(|host| {
            let rest = repository.strip_prefix(host)?;
            rest.strip_prefix('/')
        });
        if mention.ignore.is_match(repository) || short.is_some_and(|s| mention.ignore.is_match(s))
        {
            return None;
        }
        let Some(tags) = self.repositories.get(repository) else {
            return Some(Kind::UnknownRepository);
        };
        if tags.now.contains(tag) || tags.accepted.contains(tag) {
            return Some(Kind::Current);
        }
        let stale = tags.framed.iter().find_map(|(frame, now)| {
            Some(Kind::Stale {
                states: frame.states(tag)?.to_owned(),
                tag: (*now).to_owned(),
                earlier_final: frame.version(tag).is_some_and(|stated| {
                    let before = |release| stated.cmp_release(release).is_lt();
                    !stated.is_pre_release() && self.release.is_some_and(before)
                }),
            })
        });
        Some(stale.unwrap_or(Kind::UnknownTag))
    }

    /// The repository of this matrix that is most like one it does not have.
    pub fn near_repository(&self, repository: &str) -> Option<&str> {
        nearest(repository, self.repositories.keys().copied())
    }

    /// The tag of a repository that is most like one it does not have.
    pub fn near_tag(&self, repository: &str, tag: &str) -> Option<&str> {
        let tags = self.repositories.get(repository)?;
        let mut known: Vec<&str> = tags.now.iter().copied().collect();
        known.sort_unstable();
        nearest(tag, known)
    }
}

/// A text with its defaults in place, where it has any.
fn plain(file: &SourceFile) -> Option<Plain> {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    Plain::new(&file.text, name.to_ascii_lowercase().contains("dockerfile"))
}

impl Sighting {
    /// From where it stands in a text with its defaults in place to where it stands on disk.
    fn onto_disk(&mut self, plain: &Plain) {
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
fn whole(pieces: &[Range<usize>]) -> Range<usize> {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return 0..0;
    };
    first.start.min(last.start)..last.end
}

/// The repositories of a matrix with their tags.
fn repositories<'a>(config: &Config, matrix: &'a Matrix) -> BTreeMap<&'a str, Tags<'a>> {
    let stand_in = StandIn::new(config);
    let release = config.release.as_ref().map(|r| &r.read);
    let other = stand_in.as_ref().map(|s| &s.matrix);
    let mut frames = stand_in
        .as_ref()
        .zip(release)
        .map(|(s, release)| Frames::new(s, release));
    let mut repositories: BTreeMap<&str, Tags<'_>> = BTreeMap::new();
    let mut add = |spec: usize, tag: &'a str, other: Option<&str>| {
        let frame = frames
            .as_mut()
            .and_then(|frames| other.and_then(|tag| frames.of(tag)));
        for repository in matrix.specs[spec].repositories.iter() {
            let tags = repositories.entry(repository).or_default();
            tags.now.insert(tag);
            tags.framed.extend(frame.clone().map(|frame| (frame, tag)));
        }
    };
    for (index, spec) in matrix.specs.iter().enumerate() {
        let other = other.and_then(|m| m.specs.get(index));
        let same = other.filter(|o| o.id == spec.id);
        add(index, &spec.tag, same.map(|o| o.tag.as_str()));
    }
    let aliases = |matrix: &'a Matrix| matrix.aliases.iter().chain(&matrix.resting);
    let others: Vec<_> = other
        .into_iter()
        .flat_map(|m| m.aliases.iter().chain(&m.resting))
        .collect();
    for (index, alias) in aliases(matrix).enumerate() {
        let same = others.get(index).filter(|o| o.spec == alias.spec);
        add(alias.spec.0, &alias.tag, same.map(|o| o.tag.as_str()));
    }
    for tags in repositories.values_mut() {
        // Of two that match, the one that says more of the tag.
        tags.framed
            .sort_by_cached_key(|(frame, tag)| (frame.order(), *tag));
    }
    repositories
}

/// What texts stay at while a pre-release is made.
#[derive(Debug)]
pub enum LastFinal {
    /// The release itself: it is final, or there is none.
    Own,
    /// The matrix at the final release before it.
    Known(Box<(Config, Matrix)>),
    /// Nothing says which release that was.
    Unknown,
}

impl LastFinal {
    /// The last final release, as the lock records it.
    pub fn of(config: &Config, lock: Option<&Lock>) -> Self {
        let Some(release) = config.release.as_ref().filter(|r| r.read.is_pre_release()) else {
            return LastFinal::Own;
        };
        let known = lock
            .and_then(Lock::last_final)
            .and_then(|last| at(config, release, &last.version));
        known.map_or(LastFinal::Unknown, |known| {
            LastFinal::Known(Box::new(known))
        })
    }
}

/// How references to images of the declared registries begin.
fn spellings(config: &Config) -> Vec<Spelling> {
    let mut spellings = Vec::new();
    for registry in &config.registries {
        let full = format!("{}/", registry.prefix);
        let mut add = |text: String| {
            spellings.push(Spelling {
                text,
                full: full.clone(),
                bare: false,
            });
        };
        let path = HUB
            .iter()
            .find_map(|host| registry.prefix.strip_prefix(host));
        let Some(path) = path else {
            add(full.clone());
            continue;
        };
        for host in HUB {
            add(format!("{host}{path}/"));
        }
        if let Some(path) = path.strip_prefix('/') {
            add(format!("{path}/"));
        }
    }
    spellings
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
fn kept_by(text: &str, marker: usize, sightings: &[Sighting]) -> Range<usize> {
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
