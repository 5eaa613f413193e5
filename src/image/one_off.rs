//! One-offs: some specs under names of their own, which no release has and no pipeline reads.
//!
//! What they stand on is built for them alone: where it has to be pushed at all, it goes by `oneoff-HASH`, so that nothing
//! built on somebody's machine is ever taken for the content of a release.

use serde::Serialize;

use crate::config::RegistryKind;
use crate::grammar::reference::split_prefix;
use crate::grammar::{Pairs, SpecId};
use crate::image::plan::{Plan, Registry};
use crate::image::{Matrix, Spec};

/// What is put in place of what a release puts.
#[derive(Clone, Debug, Serialize)]
pub struct OneOff {
    /// The tag as it was asked for; `None`: the tags that the specs have.
    pub tag: Option<String>,
    /// The registry as it was asked for, with its host; `None`: those of the matrix.
    pub registry: Option<String>,
    /// The tags of each spec by [`SpecId`]; `None` for one that was not asked for.
    #[serde(skip)]
    pub tags: Vec<Option<Vec<String>>>,
}

impl OneOff {
    /// Where a spec goes, home first.
    pub fn repositories(&self, spec: &Spec) -> Vec<String> {
        match &self.registry {
            Some(registry) => vec![format!("{registry}/{}", spec.name)],
            None => spec.repositories.to_vec(),
        }
    }

    /// What a spec is called; nothing where it was not asked for.
    pub fn references(&self, matrix: &Matrix, id: SpecId) -> Vec<String> {
        let repositories = self.repositories(matrix.spec(id));
        let tags = self.tags[id.0].iter().flatten();
        tags.flat_map(|tag| repositories.iter().map(move |at| format!("{at}:{tag}")))
            .collect()
    }
}

impl Plan {
    /// Makes of a whole plan that of a one-off: the specs that were asked for and what they stand on, with no release, so
    /// that nothing moves but what the one-off itself puts.
    pub fn make_one_off(&mut self, matrix: &Matrix, one_off: OneOff) {
        let meant: Vec<bool> = one_off.tags.iter().map(Option::is_some).collect();
        let kept = matrix.with_lineage(&meant);
        let mut moved: Vec<(String, String)> = Vec::new();
        for (place, (plan, spec)) in self.specs.iter_mut().zip(&matrix.specs).enumerate() {
            let home = &one_off.repositories(spec)[0];
            let (_, content) = plan.content_reference.rsplit_once(':').unwrap_or_default();
            let hash = content.strip_prefix("content-").unwrap_or(content);
            let here = format!("{home}:oneoff-{hash}");
            let there = std::mem::replace(&mut plan.content_reference, here.clone());
            for pushed in plan.pushed.values_mut() {
                let suffix = pushed.strip_prefix(&there).unwrap_or_default();
                *pushed = format!("{here}{suffix}");
            }
            moved.push((there, here));
            plan.references = one_off.references(matrix, SpecId(place));
            plan.aliases.clear();
            plan.channels = Pairs::default();
            plan.alias_lines = Pairs::default();
            plan.immutable = false;
            plan.publish = meant[place];
            plan.ci = Pairs::default();
        }
        // Dockerfiles call what they stand on by its content, which is elsewhere now.
        for (place, spec) in matrix.specs.iter().enumerate() {
            let below = spec.stands_on().map(|id| &moved[id.0]);
            let named: Vec<(String, String)> = below.cloned().collect();
            let plan = &mut self.specs[place];
            let is_named = |name: &str| named.iter().any(|(there, _)| there == name);
            let others = plan.contexts.iter().filter(|(name, _)| !is_named(name));
            let others: Vec<(String, String)> = others
                .map(|(name, at)| {
                    let here = named.iter().find(|(there, _)| there == at);
                    (name.clone(), here.map_or(at, |(_, here)| here).clone())
                })
                .collect();
            plan.contexts = named.into_iter().chain(others).collect();
        }
        if let Some(registry) = &one_off.registry {
            let (host, _) = split_prefix(registry);
            self.registries = vec![Registry {
                name: "one-off".to_owned(),
                prefix: registry.clone(),
                host: host.to_owned(),
                kind: RegistryKind::of(host),
            }];
        }
        self.release = None;
        self.channels.clear();
        self.on.truncate(1);
        self.one_off = Some(one_off);
        let mut place = 0;
        self.specs.retain(|_| {
            place += 1;
            kept[place - 1]
        });
        self.decide();
    }
}
