//! `gen matrix`: regenerate.

use std::collections::HashMap;
use std::sync::Arc;

use crate::cli::FindingFormat;
use crate::command::check::difference;
use crate::command::shell::{Error, Outcome, Shell, counted, number, outcome};
use crate::diagnostic::{Finding, Sink};
use crate::flow::{self, Expanded, Fault};
use crate::output::{self, Change, Drift, Planned, State};
use crate::source::{Repository, SourceFile};

/// How to run.
pub(super) struct Options {
    pub dry_run: bool,
    pub diff: bool,
    pub adopt: bool,
    pub take_over: bool,
    pub format: FindingFormat,
}

pub(super) fn run(shell: &mut Shell<'_>, options: &Options) -> Result<Outcome, Error> {
    let mut repository = shell.repository()?;
    let writes = !(options.dry_run || options.diff);
    let _lock = if writes {
        Some(output::lock(&repository)?)
    } else {
        None
    };
    let mut sink = Sink::new();
    let (mut expanded, mut drift) = match inspect(&repository, options, &mut sink) {
        Ok(inspected) => inspected,
        Err(fault) => return shell.stopped(fault, sink, options.format),
    };
    let mut adoption = None;
    if options.adopt
        && let Some(found) = flow::adopted(&expanded, &drift)
    {
        let matrix = repository.matrix_path().to_owned();
        repository = repository.with_planned(&matrix, found.text.clone());
        sink = Sink::new();
        let before = expanded.config.file.clone();
        (expanded, drift) = match inspect(&repository, options, &mut sink) {
            Ok(inspected) => inspected,
            Err(fault) => return shell.stopped(fault, sink, options.format),
        };
        adoption = Some((edit(&before, &expanded.config.file), found));
    }
    // What is about to be mended is no finding; what cannot be is.
    let mended = |change: &Change| match change.state {
        State::Edited | State::NotOurs | State::Linked => false,
        State::Fresh | State::Missing | State::Stale | State::Orphan => true,
    };
    let mut findings = sink.into_sorted();
    let changes: Vec<&Change> = drift.changes.iter().filter(|c| mended(c)).collect();
    let codes: HashMap<&str, _> = changes
        .iter()
        .map(|c| (c.path.as_str(), c.state.code()))
        .collect();
    findings.retain(|f| codes.get(&*f.primary.path) != Some(&Some(f.code)));
    if options.diff {
        for change in adoption
            .iter()
            .map(|(edit, _)| edit)
            .chain(changes.iter().copied())
        {
            shell.data(&difference(change))?;
        }
    }
    // Before anything is written: should that fail, they may say why.
    shell.findings(&findings, options.format)?;
    if writes {
        output::write(&repository, &changes)?;
        // Last: a run that is cut short before finds the same edits again.
        if let Some((_, adoption)) = &adoption {
            output::rewrite(&repository, repository.matrix_path(), &adoption.text)?;
        }
    }
    for (action, from, to) in adoption.iter().flat_map(|(_, adoption)| &adoption.moved) {
        let will = if writes { "adopted" } else { "would adopt" };
        shell.say(&format!("{will} {action} {from} → {to}"));
    }
    for change in &changes {
        let line = format!("{} {}", verb(change, writes), change.path);
        if options.dry_run {
            shell.say(&line)
        } else {
            shell.detail(&line)
        }
    }
    shell.say(&summary(
        &changes,
        &findings,
        drift.changes.len() - changes.len(),
        drift.outputs,
        expanded.matrix.specs.len(),
        writes,
    ));
    Ok(outcome(&findings, false))
}

/// The matrix, expanded, and what of it is not on disk.
fn inspect(
    repository: &Repository,
    options: &Options,
    sink: &mut Sink,
) -> Result<(Expanded, Drift), Fault> {
    let expanded = flow::expand(repository, sink)?;
    let rendered = flow::render(repository, &expanded, sink)?;
    let drift = flow::inspect(repository, &expanded, &rendered, options.take_over, sink)?;
    Ok((expanded, drift))
}

/// The change of the matrix file, to be shown like that of an output.
fn edit(before: &SourceFile, after: &SourceFile) -> Change {
    let planned = Planned::text(after.path.to_string(), after.text.clone());
    Change {
        path: planned.path.clone(),
        state: State::Stale,
        before: Some(before.text.clone()),
        after: Some(Arc::new(planned)),
    }
}

fn verb(change: &Change, writes: bool) -> &'static str {
    match (change.state, writes) {
        (State::Missing, true) => "wrote",
        (State::Missing, false) => "would write",
        (State::Orphan, true) => "removed",
        (State::Orphan, false) => "would remove",
        (_, true) => "updated",
        (_, false) => "would update",
    }
}

fn summary(
    changes: &[&Change],
    findings: &[Finding],
    refused: usize,
    outputs: usize,
    specs: usize,
    writes: bool,
) -> String {
    let count = |state: &[State]| changes.iter().filter(|c| state.contains(&c.state)).count();
    let written = count(&[State::Missing]);
    let updated = count(&[State::Stale]);
    let removed = count(&[State::Orphan]);
    let will = if writes { "" } else { "would be " };
    let what = format!(
        "{} for {}",
        number(outputs, "output"),
        number(specs, "spec")
    );
    let mut text = if changes.is_empty() && refused == 0 {
        format!("{what} are up to date")
    } else if refused > 0 {
        format!(
            "{what}: {written} {will}written, {updated} {will}updated, {removed} {will}removed, {refused} refused"
        )
    } else {
        format!("{what}: {written} {will}written, {updated} {will}updated, {removed} {will}removed")
    };
    if !findings.is_empty() {
        text = format!("{}; {text}", counted(findings));
    }
    text
}
