//! `gen matrix`: regenerate.

use indexmap::IndexSet;

use std::collections::HashMap;
use std::sync::Arc;

use crate::cli::MatrixArgs;
use crate::command::difference::{difference, patch};
use crate::command::look::{Looked, Vantage, look_all};
use crate::command::shell::{Error, Outcome, Shell, left, number, outcome, tally};
use crate::diagnostic::{Finding, Sink, fold, visible};
use crate::flow::{self, Adoption};
use crate::output::{self, Change, Edit, State};
use crate::source::SourceFile;

pub(super) fn run(shell: &mut Shell<'_>, options: &MatrixArgs) -> Result<Outcome, Error> {
    let mut repositories = shell.repositories()?;
    let writes = !(options.dry_run || options.diff);
    let _lock = match repositories.first() {
        Some(repository) if writes => Some(output::lock(repository)?),
        _ => None,
    };
    let mut sink = Sink::new();
    let from = Vantage {
        dates: options.dates,
        base: None,
        take_over: options.take_over,
    };
    let mut looked = match look_all(shell, &repositories, from, &mut sink)? {
        Ok(looked) => left(looked),
        Err(fault) => return shell.stopped(fault, sink, options.format),
    };
    let mut adoptions: Vec<Option<Adopting>> = Vec::new();
    if options.adopt {
        for (repository, one) in repositories.iter_mut().zip(looked.iter()) {
            let found = flow::adopted(repository, &one.expanded, &one.drift).map(|adoption| {
                let paths = adoption.files.iter().map(|file| &file.path);
                let before = paths.map(|path| repository.text(path)).collect();
                *repository = repository.with(adoption.files.iter().cloned());
                Adopting { adoption, before }
            });
            adoptions.push(found);
        }
        if adoptions.iter().any(Option::is_some) {
            sink = Sink::new();
            looked = match look_all(shell, &repositories, from, &mut sink)? {
                Ok(looked) => left(looked),
                Err(fault) => return shell.stopped(fault, sink, options.format),
            };
        }
    }
    // What is about to be mended is no finding; what cannot be is.
    let mended = |change: &&Change| change.state != State::Fresh && !change.state.is_refused();
    let suppressed = sink.suppressed();
    let mut findings = sink.into_sorted();
    let changes: Vec<Vec<&Change>> = looked
        .iter()
        .map(|one| one.drift.changes.iter().filter(mended).collect())
        .collect();
    let all: Vec<&Change> = changes.iter().flatten().copied().collect();
    let codes: HashMap<&str, _> = all
        .iter()
        .map(|c| (c.path.as_str(), c.state.code()))
        .collect();
    findings.retain(|f| codes.get(&*f.primary.path) != Some(&Some(f.code)));
    let findings = fold(findings);
    if options.diff {
        for Adopting { adoption, before } in adoptions.iter().flatten() {
            for (before, after) in before.iter().zip(&adoption.files) {
                let before = before.as_ref().map(|file| &*file.text);
                shell.patch(&patch(&after.path, before, Some(&after.text)))?;
            }
        }
        for change in &all {
            shell.tell(&difference(change))?;
        }
    }
    // Before anything is written: should that fail, they may say why.
    shell.findings(&findings, options.format)?;
    if writes {
        adoptions.resize_with(repositories.len(), || None);
        for ((repository, changes), adoption) in repositories.iter().zip(&changes).zip(&adoptions) {
            // The matrix file last: a run that is cut short before finds the same edits again.
            let edits: Vec<Edit> = adoption.iter().flat_map(Adopting::edits).collect();
            if !edits.is_empty() {
                let paths = changes.iter().map(|change| &change.path);
                let paths = paths.chain(edits.iter().map(|edit| &edit.path));
                output::probe(repository, paths.map(String::as_str))?;
            }
            output::write(repository, changes, &edits)?;
        }
    }
    let moved = adoptions.iter().flatten();
    for (action, from, to) in moved.flat_map(|found| &found.adoption.moved) {
        let will = if writes { "adopted" } else { "would adopt" };
        shell.say(&visible(&format!("{will} {action} {from} → {to}")));
    }
    for change in &all {
        let line = format!("{} {}", verb(change, writes), visible(&change.path));
        if options.dry_run {
            shell.say(&line);
        } else {
            shell.detail(&line);
        }
    }
    let sum = |of: fn(&Looked) -> usize| looked.iter().map(of).sum::<usize>();
    shell.say(&summary(
        &all,
        (&findings, suppressed),
        sum(|one| one.drift.changes.len()) - all.len(),
        sum(|one| one.drift.outputs),
        sum(|one| one.expanded.matrix.specs.len()),
        writes,
    ));
    if writes {
        first_steps(shell, &looked);
    }
    Ok(outcome(&findings, false))
}

/// What is to be set up where, the first time that outputs are written: once, where several matrices need the same.
fn first_steps(shell: &Shell<'_>, looked: &[Looked]) {
    let all = looked.iter().flat_map(|one| &one.first);
    let lines = all.map(|(provider, lines)| format!("{provider} needs {}", lines.join("; ")));
    let lines: IndexSet<String> = lines.collect();
    lines.iter().for_each(|line| shell.say(&visible(line)));
}

/// What is taken over, with the files as they were.
struct Adopting {
    adoption: Adoption,
    before: Vec<Option<Arc<SourceFile>>>,
}

impl Adopting {
    fn edits(&self) -> impl Iterator<Item = Edit> {
        self.adoption.files.iter().map(|file| Edit {
            path: file.path.to_string(),
            text: file.text.clone(),
        })
    }
}

fn verb(change: &Change, writes: bool) -> &'static str {
    match (&change.state, writes) {
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
    (findings, suppressed): (&[Finding], usize),
    refused: usize,
    outputs: usize,
    specs: usize,
    writes: bool,
) -> String {
    let count = |of: fn(&State) -> bool| changes.iter().filter(|c| of(&c.state)).count();
    let written = count(|state| matches!(state, State::Missing));
    let updated = count(|state| matches!(state, State::Stale | State::Block(_)));
    let removed = count(|state| matches!(state, State::Orphan));
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
    if !findings.is_empty() || suppressed > 0 {
        text = format!("{}; {text}", tally(findings, suppressed));
    }
    text
}
