//! Mentions: references to the matrix's images in documents, examples and workflows, and whether they are current.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::config::{Affixes, Config, Mention, Release};
use crate::diagnostic::nearest;
use crate::image::Matrix;
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
    /// Its tag.
    pub tag_span: Range<usize>,
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
    },
    /// A repository of this matrix with a tag it does not have.
    UnknownTag {
        /// The nearest it has.
        near: Option<String>,
    },
    /// A repository below a registry of this matrix that is none of its images.
    UnknownRepository {
        /// The nearest there is.
        near: Option<String>,
    },
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
    /// References that nothing keeps, by file and place.
    pub sightings: Vec<Sighting>,
    /// Markers that keep nothing.
    pub idle: Vec<IdleMarker>,
    /// Number of files that were looked at.
    pub files: usize,
}

/// The images of a matrix by every name that a text may call them.
#[derive(Debug)]
pub struct Names<'a> {
    release: &'a Release,
    repositories: HashMap<&'a str, Tags<'a>>,
    /// Text before the name of a repository, and the same with the host spelled in full.
    spellings: Vec<(String, String)>,
    searcher: Option<AhoCorasick>,
}

/// The tags of one repository.
#[derive(Debug, Default)]
struct Tags<'a> {
    now: HashSet<&'a str>,
    /// Tags that print the release, around which other releases are recognised.
    release: Vec<(Affixes, &'a str)>,
}

impl<'a> Names<'a> {
    /// The names of a matrix. `None` when nothing in it is released.
    pub fn new(config: &'a Config, matrix: &'a Matrix) -> Option<Self> {
        let release = config.release.as_ref()?;
        let mut repositories: HashMap<&str, Tags<'_>> = HashMap::new();
        for spec in &matrix.specs {
            let around = spec.tag.split_once(release.tag.as_str());
            for repository in spec.repositories.iter() {
                let tags = repositories.entry(repository).or_default();
                tags.now.insert(&spec.tag);
                if let Some((prefix, suffix)) = around {
                    let (prefix, suffix) = (prefix.to_owned(), suffix.to_owned());
                    tags.release.push((Affixes { prefix, suffix }, &spec.tag));
                }
            }
        }
        for alias in matrix.aliases.iter().chain(&matrix.resting) {
            for repository in matrix.spec(alias.spec).repositories.iter() {
                let tags = repositories.entry(repository).or_default();
                tags.now.insert(&alias.tag);
            }
        }
        for tags in repositories.values_mut() {
            // Of two that match, the one that says more of the tag.
            tags.release
                .sort_by_key(|(a, tag)| (std::cmp::Reverse(a.prefix.len() + a.suffix.len()), *tag));
        }
        let mut spellings = Vec::new();
        for registry in &config.registries {
            let full = format!("{}/", registry.prefix);
            match HUB
                .iter()
                .find_map(|host| registry.prefix.strip_prefix(host))
            {
                Some(path) => {
                    let path = path.trim_start_matches('/');
                    for host in HUB {
                        let spelling = [host, path, ""].join("/").replace("//", "/");
                        spellings.push((spelling, full.clone()));
                    }
                    if !path.is_empty() {
                        spellings.push((format!("{path}/"), full.clone()));
                    }
                }
                None => spellings.push((full.clone(), full)),
            }
        }
        // Without a registry to begin with, only the names themselves tell.
        let mut bare: Vec<&str> = repositories.keys().copied().collect();
        bare.sort_unstable();
        for repository in bare {
            let named = spellings
                .iter()
                .any(|(_, full)| repository.starts_with(full.as_str()));
            if !named {
                spellings.push((repository.to_owned(), repository.to_owned()));
            }
        }
        let searcher = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(spellings.iter().map(|(spelling, _)| spelling))
            .ok();
        Some(Names {
            release,
            repositories,
            spellings,
            searcher,
        })
    }

    /// Reads the files of a mention. `written` says which paths are gen's own.
    pub fn read(
        &self,
        repository: &Repository,
        mention: &Mention,
        written: &dyn Fn(&str) -> bool,
    ) -> Mentions {
        let globs: Vec<&str> = mention.files.iter().map(|g| g.value.as_str()).collect();
        let mut mentions = Mentions::default();
        for path in repository.matching(&globs) {
            if written(&path) || path == repository.matrix_path() {
                continue;
            }
            mentions.files += 1;
            if let Some(file) = repository.text(&path) {
                self.look(&file, mention, &mut mentions);
            }
        }
        mentions
    }

    fn look(&self, file: &Arc<SourceFile>, mention: &Mention, into: &mut Mentions) {
        let text = file.text.as_str();
        let searcher = self.searcher.iter();
        let mut sightings: Vec<Sighting> = searcher
            .flat_map(|s| s.find_iter(text))
            .filter_map(|found| {
                let (_, full) = &self.spellings[found.pattern().as_usize()];
                self.reference(file, found.range(), full, mention)
            })
            .collect();
        for (at, _) in text.match_indices(MARKER) {
            let kept = kept_by(text, at, &sightings);
            let before = sightings.len();
            sightings.retain(|s| s.kind == Kind::Current || !kept.contains(&s.span.start));
            if sightings.len() == before {
                into.idle.push(IdleMarker {
                    file: file.clone(),
                    span: at..at + MARKER.len(),
                });
            }
        }
        into.sightings.append(&mut sightings);
    }

    /// The reference that begins where a spelling was found, if one does.
    fn reference(
        &self,
        file: &Arc<SourceFile>,
        found: Range<usize>,
        full: &str,
        mention: &Mention,
    ) -> Option<Sighting> {
        let text = file.text.as_str();
        let before = &text[..found.start];
        let joined = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c));
        if joined && !before.ends_with("://") {
            return None;
        }
        let name_end = end_of(text, found.end, |c| {
            c.is_ascii_lowercase() || c.is_ascii_digit() || "._-/".contains(c)
        });
        let rest = &text[found.end..name_end];
        let repository = format!("{full}{rest}");
        let tag_start = name_end + 1;
        if !text[name_end..].starts_with(':') {
            return None;
        }
        let mut tag_end = end_of(text, tag_start, |c| {
            c.is_ascii_alphanumeric() || "._-".contains(c)
        });
        // What goes on is a placeholder: `:3.9-{version}`, `:$TAG`, `:<tag>`.
        if text[tag_end..].starts_with(['{', '$', '<', '*', '%', '[']) {
            return None;
        }
        // A full stop ends the sentence, not the tag.
        tag_end = tag_start + text[tag_start..tag_end].trim_end_matches(['.', '-']).len();
        let tag = &text[tag_start..tag_end];
        if tag.is_empty() || tag.starts_with(['.', '-']) {
            return None;
        }
        let kind = self.kind(&repository, tag, mention)?;
        // `acme/tool.py:14` is a line of a file.
        let hostless = !repository.starts_with(&text[found.clone()]);
        if matches!(kind, Kind::UnknownRepository { .. })
            && hostless
            && tag.bytes().all(|b| b.is_ascii_digit())
        {
            return None;
        }
        Some(Sighting {
            file: file.clone(),
            span: found.start..tag_end,
            tag_span: tag_start..tag_end,
            repository,
            digest: text[tag_end..].starts_with("@sha256:"),
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
            let mut known: Vec<&str> = self.repositories.keys().copied().collect();
            known.sort_unstable();
            let near = nearest(repository, known.into_iter()).map(str::to_owned);
            return Some(Kind::UnknownRepository { near });
        };
        if tags.now.contains(tag) {
            return Some(Kind::Current);
        }
        let stale = tags.release.iter().find_map(|(affixes, now)| {
            let states = affixes.strip(tag)?;
            self.states_release(states).then(|| Kind::Stale {
                states: states.to_owned(),
                tag: (*now).to_owned(),
            })
        });
        Some(stale.unwrap_or_else(|| {
            let mut known: Vec<&str> = tags.now.iter().copied().collect();
            known.sort_unstable();
            Kind::UnknownTag {
                near: nearest(tag, known.into_iter()).map(str::to_owned),
            }
        }))
    }

    /// Whether a text names a release, with or without what its tag puts around the version.
    fn states_release(&self, text: &str) -> bool {
        let framed = self.release.affixes.as_ref().and_then(|a| a.strip(text));
        framed
            .into_iter()
            .chain([text, text.trim_start_matches(['v', 'V'])])
            .any(|text| ReleaseVersion::parse(self.release.read.scheme(), text).is_ok())
    }
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
