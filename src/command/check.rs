//! `gen check`: prove that nothing drifted.

use similar::TextDiff;

use crate::cli::FindingFormat;
use crate::command::shell::{Error, Outcome, Shell, counted, outcome};
use crate::diagnostic::Sink;
use crate::flow::{self, Expanded};
use crate::lock::Base;
use crate::output::Change;
use crate::source::Repository;

/// How to run.
pub(super) struct Options<'a> {
    pub diff: bool,
    pub format: FindingFormat,
    pub deny_warnings: bool,
    pub base: Option<&'a str>,
}

pub(super) fn run(shell: &mut Shell<'_>, options: &Options<'_>) -> Result<Outcome, Error> {
    let format = options.format;
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => expanded,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let rendered = match flow::render(&repository, &expanded, &mut sink) {
        Ok(rendered) => rendered,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let base = published(shell, &repository, &expanded, options.base)?;
    let drift = match flow::inspect(&repository, &expanded, &rendered, &base, false, &mut sink) {
        Ok(drift) => drift,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let findings = sink.into_sorted();
    shell.findings(&findings, format)?;
    if options.diff && !matches!(format, FindingFormat::Json) {
        for change in &drift.changes {
            shell.data(&difference(change))?;
        }
    }
    shell.say(&format!(
        "{}; {} of {} outputs differ",
        counted(&findings),
        drift.changes.len(),
        drift.outputs
    ));
    Ok(outcome(&findings, options.deny_warnings))
}

/// Where the release was published; why that cannot be told is for people who ask for more, or asked for a revision.
pub(super) fn published(
    shell: &Shell<'_>,
    repository: &Repository,
    expanded: &Expanded,
    named: Option<&str>,
) -> Result<Base, Error> {
    let (release, lock) = (expanded.config.release.as_ref(), expanded.lock.as_ref());
    let base = Base::find(repository, release, lock, named)?;
    if let Base::Skipped(why) = &base {
        let line = format!("`tag-moved` was not checked: {why}");
        match named {
            Some(_) => shell.say(&line),
            None => shell.detail(&line),
        }
    }
    Ok(base)
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
