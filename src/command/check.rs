//! `gen check`: prove that nothing drifted.

use similar::TextDiff;

use crate::cli::{Dates, FindingFormat};
use crate::command::shell::{Error, Outcome, Shell, outcome, tally};
use crate::diagnostic::Sink;
use crate::flow;
use crate::output::Change;

pub(super) fn run(
    shell: &mut Shell<'_>,
    diff: bool,
    format: FindingFormat,
    deny_warnings: bool,
    dates: Dates,
) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let today = shell.today(dates)?;
    let mut expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => expanded,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    shell.look_ahead(dates, &mut expanded.config);
    let rendered = match flow::render(&repository, &expanded, &mut sink) {
        Ok(rendered) => rendered,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let drift = match flow::inspect(&repository, &expanded, &rendered, false, today, &mut sink) {
        Ok(drift) => drift,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let suppressed = sink.suppressed();
    let findings = sink.into_sorted();
    shell.findings(&findings, format)?;
    if diff && !matches!(format, FindingFormat::Json) {
        for change in &drift.changes {
            shell.data(&difference(change))?;
        }
    }
    shell.say(&format!(
        "{}; {} of {} outputs differ",
        tally(&findings, suppressed),
        drift.changes.len(),
        drift.outputs
    ));
    Ok(outcome(&findings, deny_warnings))
}

/// A unified diff from what is on disk to what the matrix yields.
pub(super) fn difference(change: &Change) -> String {
    let before = change.before.as_deref().unwrap_or("").replace("\r\n", "\n");
    let after = change.after.as_ref().map_or("", |p| p.text.as_str());
    let (old, new) = (
        if change.before.is_some() {
            format!("a/{}", change.path)
        } else {
            "/dev/null".to_owned()
        },
        if change.after.is_some() {
            format!("b/{}", change.path)
        } else {
            "/dev/null".to_owned()
        },
    );
    TextDiff::from_lines(before.as_str(), after)
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}
