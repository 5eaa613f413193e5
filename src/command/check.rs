//! `gen check`: prove that nothing drifted.

use std::collections::BTreeMap;

use similar::TextDiff;

use crate::cli::FindingFormat;
use crate::command::shell::{Error, Outcome, Shell, counted, number, outcome};
use crate::diagnostic::{Fix, Sink};
use crate::flow::{self, Expanded, Fault};
use crate::lock::Base;
use crate::output::{self, Change, Drift, Edit};
use crate::source::Repository;

/// How to run.
pub(super) struct Options<'a> {
    pub fix: bool,
    pub diff: bool,
    pub format: FindingFormat,
    pub deny_warnings: bool,
    pub base: Option<&'a str>,
}

pub(super) fn run(shell: &mut Shell<'_>, options: &Options<'_>) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    if options.fix {
        mend(shell, &repository)?;
    }
    // Read anew: what was mended may stand in build contexts, and so change what is rendered.
    let repository = repository.with([]);
    let mut sink = Sink::new();
    let (findings, drift) = match look(&repository, &mut sink) {
        Ok(drift) => (sink.into_sorted(), drift),
        Err(fault) => return shell.stopped(fault, sink, options.format),
    };
    shell.findings(&findings, options.format)?;
    if options.diff && !matches!(options.format, FindingFormat::Json) {
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

fn look(repository: &Repository, sink: &mut Sink) -> Result<Drift, Fault> {
    let expanded = flow::expand(repository, sink)?;
    let rendered = flow::render(repository, &expanded, sink)?;
    let base = &Base::Nothing;
    flow::inspect(repository, &expanded, &rendered, base, false, sink)
}

/// Carries out the fixes of all findings.
fn mend(shell: &Shell<'_>, repository: &Repository) -> Result<(), Error> {
    let _lock = output::lock(repository)?;
    let mut sink = Sink::new();
    if look(repository, &mut sink).is_err() {
        // What stops the plan is told by the run that follows.
        return Ok(());
    }
    let fixes: Vec<Fix> = sink
        .into_sorted()
        .into_iter()
        .filter_map(|f| f.fix)
        .collect();
    let edits = mended(&fixes);
    output::write(repository, &[], &edits)?;
    if !fixes.is_empty() {
        let (places, files) = (number(fixes.len(), "place"), number(edits.len(), "file"));
        shell.say(&format!("mended {places} in {files}"));
    }
    Ok(())
}

/// The files with their fixes, which do not overlap, sorted by path.
fn mended(fixes: &[Fix]) -> Vec<Edit> {
    let mut files: BTreeMap<&str, (String, Vec<&Fix>)> = BTreeMap::new();
    for fix in fixes {
        let file = files.entry(&fix.file.path);
        file.or_insert_with(|| (fix.file.text.clone(), Vec::new()))
            .1
            .push(fix);
    }
    let edits = files.into_iter().map(|(path, (mut text, mut fixes))| {
        fixes.sort_by_key(|fix| fix.span.start);
        for fix in fixes.into_iter().rev() {
            text.replace_range(fix.span.clone(), &fix.text);
        }
        Edit {
            path: path.to_owned(),
            text,
        }
    });
    edits.collect()
}

/// A unified diff from what is on disk to what the matrix yields.
pub(super) fn difference(change: &Change) -> String {
    let after = change.after.as_ref().map(|p| p.text.as_str());
    unified(&change.path, change.before.as_deref(), after)
}

/// A unified diff of a file that may come or go. Line ends play no part.
pub(super) fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (name("a", before), name("b", after));
    let lf = |text: Option<&str>| text.unwrap_or("").replace("\r\n", "\n");
    TextDiff::from_lines(lf(before).as_str(), lf(after).as_str())
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}
