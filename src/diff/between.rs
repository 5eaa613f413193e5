//! Comparing two revisions that both were rendered.

use std::collections::HashMap;

use indexmap::IndexMap;
use similar::{ChangeTag, TextDiff};

use crate::config::Config;
use crate::diagnostic::by_version;
use crate::diff::model::{
    Changed, Diff, FORMAT, File, How, Line, Listed, Moved, Place, Summary, Tag, Tags,
};
use crate::emit::{Jobs, Providers, jobs};
use crate::facts::Facts;
use crate::grammar::SpecId;
use crate::image::plan::PlanSpec;
use crate::image::{Contents, Matrix, Plan};
use crate::lock::{InputChange, Inputs, changes, dockerfile};

/// One of the two revisions.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// What it is called.
    pub revision: &'a str,
    /// The providers whose pipelines it may turn on.
    pub providers: Providers,
    /// Facts of the outside world.
    pub facts: &'a Facts,
    /// Its configuration.
    pub config: &'a Config,
    /// Its specs.
    pub matrix: &'a Matrix,
    /// What goes into each.
    pub contents: &'a Contents,
    /// What is done with them.
    pub plan: &'a Plan,
}

impl<'a> Side<'a> {
    fn is_final(&self) -> bool {
        self.plan.release.as_ref().is_none_or(|r| r.is_final)
    }

    fn summary(&self) -> Summary {
        let plan = self.plan;
        Summary {
            revision: self.revision.to_owned(),
            release: plan.release.as_ref().map(|r| r.version.clone()),
            specs: plan.specs.len(),
            builds: plan.builds(),
            jobs: jobs(self.providers, self.config, self.facts, plan),
        }
    }

    /// The specs by id, with where they are in the plan.
    fn by_id(&self) -> HashMap<&'a str, SpecId> {
        let specs = self.plan.specs.iter().enumerate();
        specs.map(|(i, s)| (s.id.as_ref(), SpecId(i))).collect()
    }

    fn inputs(&self, id: SpecId) -> Inputs {
        Inputs::whole(self.matrix, self.contents, id)
    }

    fn dockerfile(&self, id: SpecId) -> String {
        dockerfile(self.matrix, self.contents, id)
    }
}

/// What differs where there was no matrix before: all is new.
pub fn first(revision: &str, new: Side<'_>) -> Diff {
    let plan = new.plan;
    let tags = references(&new).into_iter().map(|(reference, is)| Tag {
        reference,
        spec: is.spec.id.to_string(),
    });
    let jobs = new.summary().jobs.into_iter();
    Diff {
        version: FORMAT,
        old: Summary {
            revision: revision.to_owned(),
            release: None,
            specs: 0,
            builds: 0,
            jobs: jobs.map(|jobs| Jobs { jobs: 0, ..jobs }).collect(),
        },
        new: new.summary(),
        rebuilds: plan.builds(),
        added: plan.specs.iter().map(list).collect(),
        removed: Vec::new(),
        changed: Vec::new(),
        tags: Tags {
            new: tags.collect(),
            ..Tags::default()
        },
    }
}

/// What differs between two revisions.
pub fn between(old: Side<'_>, new: Side<'_>) -> Diff {
    let (old_ids, new_ids) = (old.by_id(), new.by_id());
    let listed = |specs: &[PlanSpec], others: &HashMap<&str, SpecId>| -> Vec<Listed> {
        let alone = specs.iter().filter(|s| !others.contains_key(s.id.as_ref()));
        alone.map(list).collect()
    };
    let (before, now) = (old.plan, new.plan);
    let was_there = before.units();
    let units = now.units();
    let anew = units
        .iter()
        .filter(|(content, _)| !was_there.contains_key(*content));
    Diff {
        version: FORMAT,
        old: old.summary(),
        new: new.summary(),
        rebuilds: anew.map(|(_, spec)| spec.platforms.len()).sum(),
        added: listed(&now.specs, &old_ids),
        removed: listed(&before.specs, &new_ids),
        changed: now
            .specs
            .iter()
            .filter_map(|spec| {
                let id = spec.id.as_ref();
                let (was, is) = (*old_ids.get(id)?, *new_ids.get(id)?);
                changed((old, was), (new, is))
            })
            .collect(),
        tags: tags(old, new),
    }
}

fn list(spec: &PlanSpec) -> Listed {
    Listed {
        id: spec.id.to_string(),
        references: spec.references.clone(),
        platforms: spec
            .platforms
            .iter()
            .map(|p| p.as_str().to_owned())
            .collect(),
        from: spec
            .parent
            .as_deref()
            .or(spec.base.as_deref())
            .map(str::to_owned),
    }
}

/// What changed of a spec; `None` when its content is the same.
fn changed((old, was): (Side<'_>, SpecId), (new, is): (Side<'_>, SpecId)) -> Option<Changed> {
    let before = old.contents.get(was);
    let now = new.contents.get(is);
    if before.content == now.content {
        return None;
    }
    let mut changes = changes(&old.inputs(was), &new.inputs(is), now);
    if changes.is_empty() {
        // Only hashes that agree in their first digits could hide it.
        changes.push(InputChange::Dockerfile { own: None });
    }
    let (a, b) = (old.dockerfile(was), new.dockerfile(is));
    let diff = TextDiff::from_lines(a.as_str(), b.as_str());
    let lines = diff.iter_all_changes().filter_map(|change| {
        let line = change.value().trim_end_matches(['\n', '\r']).to_owned();
        match change.tag() {
            ChangeTag::Delete => Some(Line::Old(line)),
            ChangeTag::Insert => Some(Line::New(line)),
            ChangeTag::Equal => None,
        }
    });
    let mut files: Vec<File> = Vec::new();
    let mut file = |path: &String, how| {
        files.push(File {
            path: path.clone(),
            how,
        });
    };
    for (path, hash) in &now.files.files {
        match before.files.files.get(path) {
            None => file(path, How::Added),
            Some(other) if other != hash => file(path, How::Changed),
            Some(_) => {}
        }
    }
    for path in before.files.files.keys() {
        if !now.files.files.contains_key(path) {
            file(path, How::Removed);
        }
    }
    // A Dockerfile that lies in its own context is told once.
    let own = now.own.as_ref().map(|_| now.dockerfile.as_str());
    let folder = match now.context.as_str() {
        "." => String::new(),
        folder => format!("{folder}/"),
    };
    let is_own = |file: &File| {
        own.and_then(|own| own.strip_prefix(folder.as_str())) == Some(file.path.as_str())
    };
    let told = |change: &InputChange| matches!(change, InputChange::Dockerfile { .. });
    if changes.iter().any(told) && files.iter().any(is_own) {
        files.retain(|file| !is_own(file));
        if files.is_empty() {
            changes.retain(|change| !matches!(change, InputChange::Context { .. }));
        }
    }
    files.sort_by(|a, b| by_version(&a.path, &b.path));
    Some(Changed {
        id: new.plan.specs[is.0].id.to_string(),
        old: before.content.to_string(),
        new: now.content.to_string(),
        changes,
        dockerfile: lines.collect(),
        files,
    })
}

/// A reference on one side.
struct Stands<'a> {
    spec: &'a PlanSpec,
    immutable: bool,
}

impl Stands<'_> {
    fn place(&self) -> Place {
        Place {
            spec: self.spec.id.to_string(),
            content: self.spec.content.clone(),
        }
    }
}

/// Every reference at home, with what it stands for. Copies in other registries follow them.
fn references<'a>(side: &Side<'a>) -> IndexMap<String, Stands<'a>> {
    let mut found = IndexMap::new();
    let matrix = side.matrix;
    let aliases = matrix.alias_tags();
    for ((one, aliases), spec) in matrix.specs.iter().zip(aliases).zip(&side.plan.specs) {
        let immutable = one.immutable;
        if let Some(reference) = one.home_reference() {
            found.insert(reference, Stands { spec, immutable });
        }
        for alias in aliases {
            let immutable = false;
            found.insert(
                format!("{}:{alias}", one.home()),
                Stands { spec, immutable },
            );
        }
    }
    found
}

fn tags(old: Side<'_>, new: Side<'_>) -> Tags {
    let (before, now) = (references(&old), references(&new));
    let mut tags = Tags::default();
    for (reference, is) in &now {
        let Some(was) = before.get(reference) else {
            tags.new.push(Tag {
                reference: reference.clone(),
                spec: is.spec.id.to_string(),
            });
            continue;
        };
        let (old, new) = (was.place(), is.place());
        if old != new {
            tags.moved.push(Moved {
                reference: reference.clone(),
                immutable: is.immutable || was.immutable,
                old,
                new,
            });
        }
    }
    let version = |side: &Side<'_>| side.plan.release.as_ref().map(|r| r.version.clone());
    let released = version(&old) != version(&new);
    for (reference, was) in &before {
        // What a release published stays; what a pre-release does not move stays where it was.
        let stays = if was.immutable {
            released
        } else {
            !new.is_final()
        };
        if !stays && !now.contains_key(reference) {
            tags.gone.push(Tag {
                reference: reference.clone(),
                spec: was.spec.id.to_string(),
            });
        }
    }
    tags
}
