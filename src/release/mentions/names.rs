//! The images of a matrix by every name that a text may call them, and what a reference to them is.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};

use crate::config::{Config, Mention};
use crate::diagnostic::nearest;
use crate::grammar::reference::Parts;
use crate::grammar::release::ReleaseVersion;
use crate::image::{Alias, Matrix};
use crate::release::forms::{Frame, Frames, StandIn};
use crate::release::mentions::MARKER;
use crate::release::mentions::shape::Shape;
use crate::release::mentions::sighting::{MentionKind, Sighting};

/// Hosts that are Docker Hub by another name.
const HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/// The images of a matrix by every name that a text may call them.
#[derive(Debug)]
pub struct ImageNames<'a> {
    pub(super) repositories: BTreeMap<&'a str, Tags<'a>>,
    /// The repositories of each image, in declared order.
    pub(super) images: Vec<Vec<&'a str>>,
    /// Repositories of images of others that the matrix describes.
    others: HashSet<String>,
    release: Option<&'a ReleaseVersion>,
    pub(super) spellings: Vec<Spelling>,
    /// Finds the spellings, and after them the marker.
    pub(super) searcher: AhoCorasick,
    /// Finds what a text must hold that names an image, be it in pieces.
    pub(super) hints: AhoCorasick,
    /// How spellings of images of the declared registries begin, without the slash.
    pub(super) prefixes: Vec<String>,
    /// Blocks that gen writes in files of the user's: what stands in one is no mention.
    pub(super) blocks: Vec<&'a str>,
}

/// How a text may begin a reference.
#[derive(Debug)]
pub(super) struct Spelling {
    /// What stands in the text.
    pub text: String,
    /// The same with the host in full.
    pub full: String,
    /// Whether the host is left out.
    pub hostless: bool,
    /// Whether it is the name of an image alone. Nothing but the release in its tag then tells a mention from other words.
    pub bare: bool,
}

impl Spelling {
    /// As it is written, and as JSON and addresses may escape it.
    fn escaped(self) -> Vec<Self> {
        let slashes = ["/", "\\/", "%2F", "%2f"];
        let texts = slashes.map(|slash| self.text.replace('/', slash));
        let mut made: Vec<Self> = Vec::new();
        for text in texts {
            if made.iter().all(|other| other.text != text) {
                made.push(Spelling {
                    text,
                    full: self.full.clone(),
                    ..self
                });
            }
        }
        made
    }
}

/// The tags of one repository.
#[derive(Debug, Default)]
pub(super) struct Tags<'a> {
    now: HashSet<&'a str>,
    /// Tags that are as good.
    accepted: HashSet<&'a str>,
    /// Tags that print the release.
    stating: HashSet<&'a str>,
    /// Tags of the release before, each with its tag of this one.
    former: HashMap<&'a str, &'a str>,
    /// How those print it, by which other releases are recognised.
    framed: Vec<(Frame, &'a str)>,
}

/// Which release a tag is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stated<'t> {
    /// One that the matrix has now.
    Now,
    /// Another, by what of the tag states it.
    Other(&'t str),
}

/// What a tag may be of which not all is told.
pub(super) enum Like<'a> {
    /// A tag of this release, by what is told of it.
    Current {
        /// One that it may be.
        tag: &'a str,
        /// What of the shape states the release.
        part: Range<usize>,
    },
    /// One of another release, whatever the rest is.
    Stale {
        /// What of the shape states the release.
        part: Range<usize>,
        /// What that is.
        kind: MentionKind,
    },
    /// None of the matrix, though another with other numbers is.
    Unknown,
}

impl<'a> ImageNames<'a> {
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
                spellings.extend(
                    Spelling {
                        text: (*repository).to_owned(),
                        full: (*repository).to_owned(),
                        hostless: false,
                        bare: true,
                    }
                    .escaped(),
                );
            }
        }
        // The bytes that are rare in names, such as `/`, are none in documents: to jump from one to the next is slower.
        let searcher = |words: Vec<&str>| {
            AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostLongest)
                .prefilter(false)
                .kind(Some(AhoCorasickKind::DFA))
                .build(words)
                .ok()
        };
        let words = spellings.iter().map(|s| s.text.as_str());
        let all = searcher(words.clone().chain([MARKER]).collect())?;
        let prefixes: Vec<String> = spellings
            .iter()
            .filter(|s| !s.bare && s.text.ends_with('/'))
            .map(|s| s.text.trim_end_matches('/').to_owned())
            .collect();
        // A host may stand elsewhere, and with it the end of what is named here.
        let rests: Vec<String> = prefixes
            .iter()
            .filter_map(|prefix| Some(format!("/{}/", prefix.split_once('/')?.1)))
            .collect();
        let hints = words
            .map(|word| word.trim_end_matches('/'))
            .chain(rests.iter().map(String::as_str));
        let hints = searcher(hints.chain([MARKER]).collect())?;
        let described = config.described.iter();
        let others = described.map(|image| {
            let Parts { host, path, .. } = Parts::of(&image.reference);
            format!("{host}/{path}")
        });
        Some(ImageNames {
            repositories,
            others: others.collect(),
            images,
            release: config.release.as_ref().map(|r| &r.read),
            spellings,
            searcher: all,
            hints,
            prefixes,
            blocks: {
                let files = config.outputs.files.iter();
                let named = files.filter_map(|file| file.between.as_ref());
                named.map(|name| name.value.as_str()).collect()
            },
        })
    }

    /// The same, where what is current by `others` is current, too.
    pub fn accepting(mut self, others: &ImageNames<'a>) -> Self {
        for (repository, tags) in &others.repositories {
            if let Some(own) = self.repositories.get_mut(repository) {
                own.accepted.extend(&tags.now);
            }
        }
        self
    }

    /// The same, where the tags that specs and aliases had at the release before are known for what they are, whatever
    /// they look like: what is local to a version (`1.4.0+cu128`) tells a release from a variant in no other way.
    pub fn after(mut self, before: &'a Matrix, now: &'a Matrix) -> Self {
        let mut former = |spec: usize, old: &'a str, new: &'a str| {
            for repository in now.specs[spec].repositories.iter() {
                if let Some(tags) = self.repositories.get_mut(repository.as_str())
                    && tags.stating.contains(new)
                    && !tags.now.contains(old)
                {
                    tags.former.insert(old, new);
                }
            }
        };
        for (index, spec) in now.specs.iter().enumerate() {
            let old = before.specs.get(index).filter(|old| old.id == spec.id);
            if let Some((old, new)) = old.and_then(|old| old.tag.as_ref().zip(spec.tag.as_ref())) {
                former(index, old, new);
            }
        }
        fn aliases(matrix: &Matrix) -> impl Iterator<Item = &Alias> {
            matrix.aliases.iter().chain(&matrix.resting)
        }
        for (old, new) in aliases(before).zip(aliases(now)) {
            if old.spec == new.spec {
                former(new.spec.0, &old.tag, &new.tag);
            }
        }
        self
    }

    /// What a reference is; `None` when it is no business of this matrix.
    pub(super) fn kind(
        &self,
        repository: &str,
        tag: &str,
        mention: &Mention,
    ) -> Option<MentionKind> {
        if !ignoring(repository, mention).is_empty() {
            return None;
        }
        let Some(tags) = self.repositories.get(repository) else {
            let theirs = self.others.contains(repository);
            return (!theirs).then_some(MentionKind::UnknownRepository);
        };
        if tags.now.contains(tag) || tags.accepted.contains(tag) {
            return Some(MentionKind::Current);
        }
        if let Some(now) = tags.former.get(tag) {
            return Some(MentionKind::Stale {
                states: tag.to_owned(),
                tag: (*now).to_owned(),
                earlier_final: false,
            });
        }
        let stale = tags.framed.iter().find_map(|(frame, now)| {
            Some(MentionKind::Stale {
                states: frame.states(tag)?.to_owned(),
                tag: (*now).to_owned(),
                earlier_final: self.is_earlier_final(frame, tag),
            })
        });
        Some(stale.unwrap_or(MentionKind::UnknownTag))
    }

    /// The release that a tag of a repository states, be it this one or another; `None` where it is none of the matrix's.
    pub fn states<'t>(&self, repository: &str, tag: &'t str) -> Option<Stated<'t>> {
        let tags = self.repositories.get(repository)?;
        if tags.now.contains(tag) {
            return Some(Stated::Now);
        }
        let states = tags.framed.iter().find_map(|(frame, _)| frame.states(tag));
        states.map(Stated::Other)
    }

    /// What a tag may be that comes to a shape with something in it that nothing tells; `None` where that is anything.
    pub(super) fn like<'s>(
        &'s self,
        repository: &str,
        shape: &Shape,
        mention: &Mention,
    ) -> Option<Like<'s>> {
        if !shape.has_digits() || !ignoring(repository, mention).is_empty() {
            return None;
        }
        let tags = self.repositories.get(repository)?;
        // Of those that it may be, one that the next release moves by what is written here tells more.
        let stated = |frame: &Frame, tag: &str| {
            let (before, after) = frame.around();
            shape.between(before, after).find(|part| {
                frame
                    .states(&format!("{before}{}{after}", shape.part(part.clone())))
                    .is_some()
                    && tag.len() > before.len() + after.len()
            })
        };
        let mut current = tags.now.iter().chain(&tags.accepted);
        if current.any(|tag| shape.fits(tag)) {
            let framed = tags.framed.iter().filter(|(_, now)| shape.fits(now));
            let mut moving = framed.filter_map(|(frame, now)| Some((now, stated(frame, now)?)));
            let (tag, part) = moving.next()?;
            return Some(Like::Current { tag, part });
        }
        let stale = tags.framed.iter().find_map(|(frame, now)| {
            let (before, after) = frame.around();
            let part = stated(frame, now)?;
            let word = shape.part(part.clone());
            let tag = format!("{before}{word}{after}");
            let kind = MentionKind::Stale {
                states: word.to_owned(),
                tag: now.get(before.len()..now.len() - after.len())?.to_owned(),
                earlier_final: self.is_earlier_final(frame, &tag),
            };
            Some(Like::Stale { part, kind })
        });
        let unknown = || {
            let resembles = tags.now.iter().any(|tag| shape.resembles(tag));
            resembles.then_some(Like::Unknown)
        };
        stale.or_else(unknown)
    }

    /// Whether a tag states a final release before this one.
    fn is_earlier_final(&self, frame: &Frame, tag: &str) -> bool {
        frame.version(tag).is_some_and(|stated| {
            let before = |release| stated.cmp_release(release).is_lt();
            !stated.is_pre_release() && self.release.is_some_and(before)
        })
    }

    /// Whether a mention states a release, and so another one after each.
    pub(super) fn is_moving(&self, sighting: &Sighting) -> bool {
        match sighting.kind {
            MentionKind::Stale { .. } => true,
            MentionKind::UnknownTag | MentionKind::UnknownRepository | MentionKind::NoTag => false,
            MentionKind::Current => {
                let mut tags = self.repositories.iter().filter(|(repository, _)| {
                    // A tag alone may be that of any image.
                    sighting.repository.is_empty() || **repository == sighting.repository
                });
                tags.any(|(_, tags)| tags.stating.contains(sighting.tag.as_str()))
            }
        }
    }

    /// The repository of this matrix that a text names, with nothing but a digest after it.
    pub(super) fn untagged(&self, text: &str) -> Option<&str> {
        let name = text.split_once('@').map_or(text, |(name, _)| name);
        let named = |spelling: &Spelling| {
            let rest = name.strip_prefix(spelling.text.as_str())?;
            let full = format!("{}{rest}", spelling.full);
            let known = self.repositories.get_key_value(full.as_str());
            known.map(|(repository, _)| *repository)
        };
        self.spellings.iter().find_map(named)
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

/// Which globs of a mention leave a repository out, by their index.
pub(super) fn ignoring(repository: &str, mention: &Mention) -> Vec<usize> {
    if mention.ignore.is_empty() {
        return Vec::new();
    }
    let short = HUB.iter().find_map(|host| {
        let rest = repository.strip_prefix(host)?;
        rest.strip_prefix('/')
    });
    let mut found = mention.ignore.matches(repository);
    found.extend(short.iter().flat_map(|short| mention.ignore.matches(short)));
    found
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
            if let Some(frame) = &frame {
                tags.stating.insert(tag);
                tags.framed.push((frame.clone(), tag));
            }
        }
    };
    for (index, spec) in matrix.specs.iter().enumerate() {
        let other = other.and_then(|m| m.specs.get(index));
        let same = other.filter(|o| o.id == spec.id);
        if let Some(tag) = &spec.tag {
            add(index, tag, same.and_then(|o| o.tag.as_deref()));
        }
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
    // What a channel fills in is known to nobody here.
    let channels = matrix
        .channel_tags
        .iter()
        .filter(|tag| !tag.tag.contains('{'));
    channels.for_each(|tag| add(tag.spec.0, &tag.tag, None));
    for tags in repositories.values_mut() {
        // Of two that match, the one that says more of the tag.
        tags.framed
            .sort_by_cached_key(|(frame, tag)| (frame.order(), *tag));
    }
    repositories
}

/// How references to images of the declared registries begin.
fn spellings(config: &Config) -> Vec<Spelling> {
    let mut spellings = Vec::new();
    for registry in &config.registries {
        let full = format!("{}/", registry.prefix);
        let mut add = |text: String, hostless: bool| {
            let plain = Spelling {
                text,
                full: full.clone(),
                hostless,
                bare: false,
            };
            spellings.extend(plain.escaped());
        };
        let path = HUB
            .iter()
            .find_map(|host| registry.prefix.strip_prefix(host));
        let Some(path) = path else {
            add(full.clone(), false);
            continue;
        };
        for host in HUB {
            add(format!("{host}{path}/"), false);
        }
        if let Some(path) = path.strip_prefix('/') {
            add(format!("{path}/"), true);
        }
    }
    spellings
}
