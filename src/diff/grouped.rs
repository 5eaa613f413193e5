//! Changed specs, those that changed in the same way together.

use indexmap::IndexMap;

use crate::diff::{Changed, Diff, File, Line, Summary};
use crate::emit::Jobs;
use crate::lock::InputChange;

/// Specs that changed in the same way.
pub(super) struct Group<'a> {
    /// Their ids.
    pub specs: Vec<&'a str>,
    /// Their inputs that changed, but for what they stand on.
    pub changes: Vec<&'a InputChange>,
    /// Lines of their Dockerfiles.
    pub dockerfile: &'a [Line],
    /// Files of their contexts.
    pub files: &'a [File],
}

/// In which way a spec changed.
type Way<'a> = (Vec<&'a InputChange>, &'a [Line], &'a [File]);

/// The groups, in the order of their first spec, and the specs that only follow what they stand on.
pub(super) fn groups(diff: &Diff) -> (Vec<Group<'_>>, Vec<&str>) {
    let mut groups: IndexMap<Way<'_>, Vec<&str>> = IndexMap::new();
    let mut followers = Vec::new();
    for spec in &diff.changed {
        if spec.follows() {
            followers.push(spec.id.as_str());
            continue;
        }
        let changes = spec.changes.iter().filter(|c| !c.follows()).collect();
        let key = (changes, spec.dockerfile.as_slice(), spec.files.as_slice());
        groups.entry(key).or_default().push(&spec.id);
    }
    let groups = groups.into_iter();
    let groups = groups.map(|((changes, dockerfile, files), specs)| Group {
        specs,
        changes,
        dockerfile,
        files,
    });
    (groups.collect(), followers)
}

/// A row of the summary: what it counts, before, now.
pub(super) struct Telling {
    /// What it counts.
    pub what: String,
    /// Before.
    pub old: String,
    /// Now.
    pub new: String,
}

/// The summary of both sides, row by row.
pub(super) fn rows(diff: &Diff) -> Vec<Telling> {
    let row = |what: &str, get: &dyn Fn(&Summary) -> Option<String>| {
        let said = |side| get(side).unwrap_or_else(|| "none".to_owned());
        Telling {
            what: what.to_owned(),
            old: said(&diff.old),
            new: said(&diff.new),
        }
    };
    let mut rows = Vec::new();
    if diff.old.release.is_some() || diff.new.release.is_some() {
        rows.push(row("release", &|side| side.release.clone()));
    }
    rows.push(row("specs", &|side| Some(side.specs.to_string())));
    rows.push(row("platform images", &|side| {
        Some(side.builds.to_string())
    }));
    let mut pipelines: Vec<&Jobs> = diff.old.jobs.iter().chain(&diff.new.jobs).collect();
    pipelines.sort_by_key(|jobs| jobs.place);
    pipelines.dedup_by_key(|jobs| jobs.place);
    for pipeline in pipelines {
        rows.push(row(&pipeline.counted, &|side| {
            let mut jobs = side.jobs.iter();
            let found = jobs.find(|jobs| jobs.provider == pipeline.provider)?;
            Some(found.jobs.to_string())
        }));
    }
    rows
}

/// How many specs came, went and changed, in words; `None` when all are the same.
pub(super) fn counts(diff: &Diff) -> Option<String> {
    let follow = diff
        .changed
        .iter()
        .filter(|spec| Changed::follows(spec))
        .count();
    let parts = [
        (diff.added.len(), "added"),
        (diff.removed.len(), "removed"),
        (diff.changed.len() - follow, "changed"),
        (follow, if follow == 1 { "follows" } else { "follow" }),
    ];
    let told: Vec<String> = parts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}
