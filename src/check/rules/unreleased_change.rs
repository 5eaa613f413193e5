//! What is built changed, and the release did not.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::SpecId;
use crate::lock::{Before, Difference, Lock, Standing, grouped, some};

/// Causes told before the rest is counted.
const CAUSES: usize = 12;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let (Some(lock), Some(release)) = (cx.lock, &cx.config.release) else {
        return;
    };
    let Standing::Unreleased(difference) = lock.standing(cx.config, cx.matrix, cx.contents) else {
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
            (count, _) => {
                let all = cx.matrix.specs.len() + difference.removed.len();
                format!("{count} of {all} specs changed since release `{version}` was recorded")
            }
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

/// What changed, each cause with the specs it changed.
fn causes(cx: &Context<'_>, lock: &Lock, difference: &Difference<'_>) -> Vec<String> {
    let name = |id: SpecId| cx.matrix.spec(id).id.as_str();
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
    let added: Vec<&str> = difference.added.iter().map(|id| name(*id)).collect();
    for (what, specs) in [("new", &added), ("gone", &difference.removed)] {
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
