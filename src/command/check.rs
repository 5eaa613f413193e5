//! `gen check`: prove that nothing drifted.

use std::collections::BTreeMap;

use crate::cli::CheckArgs;
use crate::command::difference::difference;
use crate::command::look::{Vantage, look_all};
use crate::command::shell::{Error, Outcome, Shell, left, number, outcome, tally};
use crate::diagnostic::{Fix, Sink, fold};
use crate::output::{self, Edit};
use crate::source::Repository;

pub(super) fn run(shell: &mut Shell<'_>, options: &CheckArgs) -> Result<Outcome, Error> {
    let mut repositories = shell.repositories()?;
    let from = Vantage {
        dates: options.dates,
        base: options.base.as_deref(),
        take_over: false,
    };
    if options.fix {
        mend(shell, &repositories, from)?;
        // What was mended may stand in build contexts, and so change what is rendered.
        repositories = repositories.iter().map(Repository::read_anew).collect();
    }
    let mut sink = Sink::new();
    let looked = match look_all(shell, &repositories, from, &mut sink)? {
        Ok(looked) => left(looked),
        Err(fault) => return shell.stopped(fault, sink, options.format),
    };
    let suppressed = sink.suppressed();
    let findings = fold(sink.into_sorted());
    shell.findings(&findings, options.format)?;
    if options.diff && !options.format.is_data() {
        for change in looked.iter().flat_map(|one| &one.drift.changes) {
            shell.tell(&difference(change))?;
        }
    }
    shell.say(&format!(
        "{}; {} of {} outputs differ",
        tally(&findings, suppressed),
        looked
            .iter()
            .map(|one| one.drift.changes.len())
            .sum::<usize>(),
        looked.iter().map(|one| one.drift.compared()).sum::<usize>()
    ));
    Ok(outcome(&findings, options.deny_warnings))
}

/// Carries out the fixes of all findings.
fn mend(shell: &Shell<'_>, repositories: &[Repository], from: Vantage<'_>) -> Result<(), Error> {
    let Some(repository) = repositories.first() else {
        return Ok(());
    };
    let _lock = output::lock(repository)?;
    let mut sink = Sink::new();
    if look_all(shell, repositories, from, &mut sink)?.is_err() {
        // What stops the plan is told by the run that follows.
        return Ok(());
    }
    let findings = sink.into_sorted();
    let fixes: Vec<Fix> = findings.into_iter().filter_map(|f| f.fix).collect();
    let edits = mended(&fixes);
    if edits.is_empty() {
        return Ok(());
    }
    output::probe(repository, edits.iter().map(|edit| edit.path.as_str()))?;
    output::write(repository, &[], &edits)?;
    let (places, files) = (number(fixes.len(), "place"), number(edits.len(), "file"));
    shell.say(&format!("mended {places} in {files}"));
    Ok(())
}

/// The files with their fixes, which do not overlap, sorted by path.
fn mended(fixes: &[Fix]) -> Vec<Edit> {
    let mut files: BTreeMap<&str, Vec<&Fix>> = BTreeMap::new();
    for fix in fixes {
        files.entry(&fix.file.path).or_default().push(fix);
    }
    let edits = files.into_iter().map(|(path, fixes)| {
        let edits = fixes.iter().map(|fix| (fix.span.clone(), fix.text.clone()));
        Edit {
            path: path.to_owned(),
            text: fixes[0].file.edited(edits.collect()),
        }
    });
    edits.collect()
}
