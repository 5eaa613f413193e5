//! What the matrix makes of findings: how much each weighs here, and which are accepted for now.

use crate::check::Context;
use crate::config::Suppression;
use crate::diagnostic::{Finding, Sink, Stage, code};
use crate::matrix::Selector;

/// Weighs the findings of rules as `[check.severity]` says, takes away what `[[check.suppress]]` accepts, and adds what
/// is wrong with the suppressions. Findings that stop the plan stay as they are.
pub(super) fn settle(cx: &Context<'_>, sink: &mut Sink) {
    let suppressions = &cx.config.check.suppressions;
    let mut used = vec![false; suppressions.len()];
    for finding in std::mem::take(sink).into_sorted() {
        if finding.code.stage == Stage::Plan {
            sink.push(finding);
            continue;
        }
        let Some(finding) = weighed(cx, finding) else {
            continue;
        };
        let by = suppressions
            .iter()
            .position(|s| !expired(cx, s) && accepts(cx, s, &finding));
        match by {
            Some(index) => {
                used[index] = true;
                sink.suppress();
            }
            None => sink.push(finding),
        }
    }
    for (suppression, used) in suppressions.iter().zip(used) {
        let name = suppression.code.value.name;
        let reason = format!("its reason: {}", suppression.reason);
        let finding = match &suppression.until {
            Some(until) if expired(cx, suppression) => Finding::new(
                &code::SUPPRESSION_EXPIRED,
                format!("the suppression of `{name}` ended on {}", until.value),
                cx.place(until.span.clone(), "its last day"),
            )
            .help("mend what it accepted, or set a later day"),
            _ if used => continue,
            _ => Finding::new(
                &code::SUPPRESSION_UNUSED,
                format!("the suppression of `{name}` suppresses nothing"),
                cx.place(
                    suppression.code.span.clone(),
                    "no finding is accepted by it",
                ),
            )
            .help("delete it, or correct its `match` or `path`"),
        };
        if let Some(finding) = weighed(cx, finding.note(reason)) {
            sink.push(finding);
        }
    }
}

fn expired(cx: &Context<'_>, suppression: &Suppression) -> bool {
    suppression
        .until
        .as_ref()
        .is_some_and(|until| until.value < cx.today)
}

fn accepts(cx: &Context<'_>, suppression: &Suppression, finding: &Finding) -> bool {
    let about = |selector: &Selector| {
        !finding.specs.is_empty()
            && finding
                .specs
                .iter()
                .all(|id| cx.matrix.spec(*id).is_meant(selector))
    };
    *suppression.code == finding.code
        && suppression
            .path
            .as_ref()
            .is_none_or(|glob| glob.is_match(&*finding.primary.path))
        && suppression.selector.as_ref().is_none_or(about)
}

/// The finding with the weight that the matrix gives it; `None` when that is not to be told.
fn weighed(cx: &Context<'_>, mut finding: Finding) -> Option<Finding> {
    if let Some(severity) = cx.config.check.severities.get(finding.code.name) {
        finding.severity = (*severity)?;
    }
    Some(finding)
}
