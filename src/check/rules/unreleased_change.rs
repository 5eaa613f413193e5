//! What is built changed, and the release did not.

use crate::check::Context;
use crate::diagnostic::{Finding, Severity, Sink, code};
use crate::grammar::SpecId;
use crate::lock::{Before, Difference, Lock, Standing, grouped, some};

/// Causes told before the rest is counted.
const CAUSES: usize = 12;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let (Some(lock), Some(release)) = (cx.lock, &cx.config.release) else {
        return;
    };
    let Some(difference) = difference(cx, lock) else {
        return;
    };
    let version = &release.version;
    let told = causes(cx, lock, &difference);
    let mut finding = Finding::new(
        &code::UNRELEASED_CHANGE,
        match (difference.len(), difference.changed.first()) {
            (1, Some((id, _))) => {
                let spec = cx.matrix.spec(*id).describe(cx.config);
                format!("{spec} changed since release `{version}` was recorded")
            }
            _ => format!(
                "{} since release `{version}` was recorded",
                counted(&difference, cx.matrix.specs.len())
            ),
        },
        cx.place(release.span.clone(), "the release is still the same"),
    );
    finding.related.extend(lock.place.clone().map(|mut place| {
        place.label = "recorded here".to_owned();
        place
    }));
    for cause in told {
        finding = finding.note(cause);
    }
    let published = cx
        .config
        .channels
        .iter()
        .find(|channel| channel.branch().is_some());
    if let Some(channel) = published {
        let fact = format!("channel `{}` publishes it until then", channel.name);
        finding.severity = Severity::Note;
        finding = finding.related(cx.place(channel.span.clone(), fact));
    }
    sink.push(match cx.before {
        Before::At(published) if published.certain => finding.help(format!(
            "run `gen bump patch`; `gen diff {}` shows the changes line by line",
            published.revision
        )),
        _ => finding
            .help(
                "run `gen bump patch`; or `gen bump --amend`, if this release was never published",
            )
            .help("`gen diff` shows the changes line by line"),
    });
}

/// How the specs that a lock records differ from those of now, where that is unreleased.
fn difference<'a>(cx: &Context<'a>, lock: &'a Lock) -> Option<Difference<'a>> {
    let Standing::Unreleased(mut difference) = lock.standing(cx.config, cx.matrix, cx.contents)
    else {
        return None;
    };
    let told = cx.told();
    difference.changed.retain(|(id, _)| told[id.0]);
    difference.is_of_release(cx.matrix).then_some(difference)
}

/// The specs that this rule tells of as changed, where nobody accepts what it says.
pub(super) fn changed(cx: &Context<'_>) -> Vec<SpecId> {
    let mut accepted = cx.config.check.suppressions.iter();
    let found = match cx.lock {
        Some(lock) if accepted.all(|one| *one.code != &code::UNRELEASED_CHANGE) => {
            difference(cx, lock)
        }
        _ => None,
    };
    let changed = found.into_iter().flat_map(|found| found.changed);
    changed.map(|(id, _)| id).collect()
}

/// How many specs of those there are now changed or are new, and how many are gone.
fn counted(difference: &Difference<'_>, all: usize) -> String {
    let verb = |n: usize, one: &str, more: &str| format!("{n} {}", if n == 1 { one } else { more });
    let mut parts = Vec::new();
    let of = |n: usize, what: &str| format!("{n} of {all} specs {what}");
    match (difference.changed.len(), difference.added.len()) {
        (0, 0) => {}
        (0, added) => parts.push(of(added, if added == 1 { "is new" } else { "are new" })),
        (changed, 0) => parts.push(of(changed, "changed")),
        (changed, added) => {
            parts.push(of(changed, "changed"));
            parts.push(verb(added, "is new", "are new"));
        }
    }
    match difference.removed.len() {
        0 => {}
        n if parts.is_empty() => parts.push(verb(n, "spec is gone", "specs are gone")),
        n => parts.push(verb(n, "is gone", "are gone")),
    }
    match parts.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => parts.concat(),
    }
}

/// What changed, each cause with the specs it changed.
fn causes(cx: &Context<'_>, lock: &Lock, difference: &Difference<'_>) -> Vec<String> {
    let name = |id: SpecId| cx.matrix.spec(id).id.as_ref();
    let changed = difference.changed.iter().map(|(id, entry)| {
        let changes = lock.changes(cx.matrix, cx.contents, (*id, entry));
        (name(*id).to_owned(), changes)
    });
    let (mut groups, followers) = grouped(changed);
    // What changed most comes first.
    groups.sort_by_key(|group| std::cmp::Reverse(group.specs.len()));
    let mut told: Vec<String> = groups
        .iter()
        .map(|group| format!("{}: {}", group.change, some(&group.specs)))
        .collect();
    if told.len() > CAUSES {
        let more = told.len() - CAUSES;
        told.truncate(CAUSES);
        told.push(format!("and {more} more causes"));
    }
    let added = difference.added.iter().map(|id| name(*id));
    let (opened, new): (Vec<&str>, Vec<&str>) = added.partition(|id| lock.specs.contains_key(*id));
    let there = |id: &&str| cx.matrix.specs.iter().any(|spec| *spec.id == **id);
    let (withdrawn, gone): (Vec<&str>, Vec<&str>) =
        difference.removed.iter().copied().partition(there);
    for (what, specs) in [
        ("new", &new),
        ("published now", &opened),
        ("gone", &gone),
        ("no longer published", &withdrawn),
    ] {
        if !specs.is_empty() {
            told.push(format!("{what}: {}", some(specs)));
        }
    }
    if !followers.is_empty() {
        let verb = if followers.len() == 1 {
            "follows"
        } else {
            "follow"
        };
        told.push(format!("{} {verb} what changed below", some(&followers)));
    }
    told
}
