//! `gen plan`: all that a pipeline needs to know, as JSON.

use std::collections::BTreeSet;

use crate::check::unasked_finding;
use crate::cli::{Dates, FindingFormat, PlanArgs, PlanFormat};
use crate::command::one_off::one_off;
use crate::command::select::{Given, meant, selected, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, outcome};
use crate::config::header;
use crate::diagnostic::{Sink, fold};
use crate::flow;

pub(super) fn run(shell: &mut Shell<'_>, args: &PlanArgs) -> Result<Outcome, Error> {
    let given = Given::of(&args.selection);
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let mut expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => left(expanded),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only = match selectors(shell, &expanded.config, given)? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let one_off = match one_off(shell, &mut expanded, &args.one_off, &only, true)? {
        Ok(one_off) => one_off,
        Err(outcome) => return Ok(outcome),
    };
    if one_off.is_some() {
        meant(&expanded.matrix, &only)?;
    }
    let today = shell.today(Dates::default())?;
    let mut grounds = Sink::new();
    let plan = flow::plan(&repository, &expanded, today, &mut grounds);
    let grounds = grounds.into_sorted();
    // What is wrong with the lock is no fault of a plan.
    let outcome = outcome(&grounds, false);
    grounds.into_iter().for_each(|finding| sink.push(finding));
    let (mut plan, _contents) = match plan {
        Ok((plan, contents)) => (left(plan), left(contents)),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let mut findings = fold(sink.into_sorted());
    findings.extend(unasked_finding(&repository));
    shell.findings(&findings, FindingFormat::Full)?;
    if let Some(one_off) = one_off {
        plan.make_one_off(&expanded.matrix, one_off);
    } else if !only.is_empty() {
        let kept: BTreeSet<&str> = expanded
            .matrix
            .specs
            .iter()
            .filter(|s| selected(&only, s))
            .map(|s| s.id.as_ref())
            .collect();
        plan.keep(|spec| kept.contains(spec.id.as_ref()));
    }
    match args.format {
        PlanFormat::Json => shell.stream(|out| plan.write_json(out))?,
        PlanFormat::Lines => shell.data(&plan.to_lines(&header(&expanded.config)))?,
    }
    Ok(outcome)
}
