//! What the other listed matrices of a repository make: images that a text may name, and that are theirs to judge.

use std::collections::{HashMap, HashSet};

use crate::config::{self, ProviderTable};
use crate::diagnostic::Sink;
use crate::image::resolve;
use crate::release::mentions::sighting::{MentionKind, Sighting};
use crate::release::mentions::tag::is_tag;
use crate::source::Repository;

/// The tags of the other matrices of a repository, by their repositories.
#[derive(Debug, Default)]
pub struct Sisters {
    tags: HashMap<String, HashSet<String>>,
}

impl Sisters {
    /// Those of a repository, whose matrices may turn on pipelines of `providers`. One of which no plan can be built tells so
    /// where it is looked at, and makes nothing here.
    pub fn of(repository: &Repository, providers: &[&'static dyn ProviderTable]) -> Self {
        let mut sisters = Sisters::default();
        let owners = repository.family().owners();
        for owner in owners.filter(|owner| *owner != repository.owner()) {
            let mut unheard = Sink::new();
            let matrix = repository.text(owner.matrix()).and_then(|file| {
                let config = config::load(&file, owner, providers, &mut unheard).ok()?;
                resolve(&config, &mut unheard).ok()
            });
            let Some(matrix) = matrix else {
                continue;
            };
            let mut add = |spec: usize, tag: &str| {
                for repository in matrix.specs[spec].repositories.iter() {
                    let tags = sisters.tags.entry(repository.clone()).or_default();
                    tags.insert(tag.to_owned());
                }
            };
            for (index, spec) in matrix.specs.iter().enumerate() {
                add(index, spec.tag.as_deref().unwrap_or_default());
            }
            for alias in matrix.aliases.iter().chain(&matrix.resting) {
                add(alias.spec.0, &alias.tag);
            }
        }
        sisters
    }

    /// Whether what is strange here is of another matrix.
    pub fn make(&self, sighting: &Sighting) -> bool {
        let tags = self.tags.get(&sighting.repository);
        match sighting.kind {
            MentionKind::UnknownRepository => tags.is_some(),
            MentionKind::UnknownTag => tags.is_some_and(|tags| {
                // One with variables in it may be any of theirs.
                tags.contains(&sighting.tag) || !sighting.tag.chars().all(is_tag)
            }),
            MentionKind::Current | MentionKind::Stale { .. } | MentionKind::NoTag => false,
        }
    }
}
