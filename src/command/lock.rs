//! `gen lock`: ask registries what upstream images are now, and stand on that.

use std::fmt::Write;
use std::time::Duration;

use indexmap::IndexMap;

use crate::bump::{Base, Bases, Moved, Refreshed, Relock};
use crate::cli::{Dates, FindingFormat, LockArgs, Refresh};
use crate::command::difference::patches;
use crate::command::select::{Given, selected, selectors};
use crate::command::shell::{Error, Outcome, Shell, counted, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Finding, Sink, and_list};
use crate::flow::Fault;
use crate::grammar::reference::Parts;
use crate::image::Digest;
use crate::lock::some;
use crate::output::{self, Change, State};
use crate::registry::{self, Client};

pub(super) fn run(shell: &mut Shell<'_>, args: &LockArgs) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let _lock = if args.dry_run {
        None
    } else {
        Some(output::lock(&repository)?)
    };
    let mut sink = Sink::new();
    let bases = match Bases::read(&repository, &mut sink) {
        Ok(bases) => bases,
        Err(fault) => return refused(shell, fault, sink),
    };
    let selectors = match selectors(shell, &bases.expanded.config, Given::only(&args.only))? {
        Ok(selectors) => selectors,
        Err(outcome) => return Ok(outcome),
    };
    let chosen = bases.chosen(|spec| selected(&selectors, spec));
    let references: Vec<&str> = chosen.iter().map(|base| base.reference.as_str()).collect();
    let mut digests = Vec::new();
    let client = Client::new(Duration::from_secs(args.timeout));
    let shell_ = &*shell;
    let waiting = |open: &[&str]| shell_.say(&still(open));
    let mut unreached: IndexMap<String, Vec<(&Base, registry::Fault)>> = IndexMap::new();
    for (base, answer) in chosen
        .into_iter()
        .zip(client.resolve_all(&references, &waiting))
    {
        match answer {
            Ok(pointed) => match bases.lacking(base, pointed.platforms.as_deref()) {
                Some(finding) => sink.push(finding),
                None => digests.push((base, pointed.digest)),
            },
            Err(fault) => {
                let cause = cause(base, &fault);
                unreached.entry(cause).or_default().push((base, fault));
            }
        }
    }
    for ((base, fault), others) in unreached.values().filter_map(|group| group.split_first()) {
        sink.push(unresolved(&bases, base, fault, others));
    }
    if !sink.is_empty() {
        return refused(shell, Fault::Findings, sink);
    }
    let refreshed = Refreshed {
        today: shell.today(Dates::default())?,
        packages: args.refresh == Refresh::Packages,
    };
    let relock = match bases.plan(&repository, &digests, refreshed, &mut sink) {
        Ok(relock) => relock,
        Err(fault) => return refused(shell, fault, sink),
    };
    if !args.dry_run && !relock.is_done() {
        // All or nothing: what can be told before the first write is told before it.
        output::probe(&repository, relock.paths())?;
    }
    shell.say(listing(&relock.moved).trim_end());
    if let Some(day) = relock.packages {
        shell.say(&format!("  packages are not older than {day}"));
    }
    for place in bases.unlocked() {
        let (path, why) = (&place.path, &place.label);
        let line = place.line_column();
        let line = line.map_or(String::new(), |(line, _)| format!(":{line}"));
        shell.say(&format!(
            "  not locked: what {path}{line} names, since {why}"
        ));
    }
    if args.dry_run {
        shell.patch(&patches(&relock.drift, &relock.files))?;
    } else {
        // The lock last: a run that is cut short before is healed by the next.
        let changes: Vec<&Change> = relock.drift.changes.iter().collect();
        let edits: Vec<_> = relock.files.iter().map(|f| f.edit.clone()).collect();
        output::write(&repository, &changes, &edits)?;
    }
    shell.say(&summary(&relock, args.dry_run));
    Ok(Outcome(CLEAN))
}

/// What is waited for.
fn still(open: &[&str]) -> String {
    let mut hosts: Vec<&str> = open.iter().map(|r| Parts::of(r).host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let asked = number(open.len(), "image");
    format!("waiting for {}: {asked} still to ask", and_list(hosts))
}

fn refused(shell: &Shell<'_>, fault: Fault, sink: Sink) -> Result<Outcome, Error> {
    let stopped = sink.has_stopping();
    let findings = sink.into_sorted();
    shell.findings(&findings, FindingFormat::Full)?;
    match fault {
        Fault::Read(error) => Err(error.into()),
        Fault::Findings => {
            shell.say(&format!("{}; nothing was locked", counted(&findings)));
            Ok(Outcome(if stopped { NO_PLAN } else { FOUND }))
        }
    }
}

/// What a fault has in common with others: who was not reached and why, or else the image alone.
fn cause(base: &Base, fault: &registry::Fault) -> String {
    match fault {
        registry::Fault::Proxy { .. } => fault.to_string(),
        registry::Fault::Unreached(_) => format!("{} {fault}", Parts::of(&base.reference).host),
        _ => base.reference.clone(),
    }
}

/// Why the digests of bases were not learned, for one cause, and what to do about it.
fn unresolved(
    bases: &Bases,
    base: &Base,
    fault: &registry::Fault,
    others: &[(&Base, registry::Fault)],
) -> Finding {
    let headline = |base: &Base| {
        let reference = &base.reference;
        match fault {
            registry::Fault::NotFound(_) => format!("`{reference}` does not exist"),
            registry::Fault::Denied(_) => format!("`{reference}` does not exist, or is private"),
            _ => format!("the digest of `{reference}` could not be learned"),
        }
    };
    let mut finding = bases.unresolved(base, headline(base));
    let host = Parts::of(&base.reference).host;
    finding = finding.note(format!("`{host}` {fault}"));
    if !others.is_empty() {
        finding.headline = format!(
            "the digests of {} images could not be learned",
            others.len() + 1
        );
        let names: Vec<&str> = others.iter().map(|(b, _)| b.reference.as_str()).collect();
        finding = finding.note(format!("the others: {}", some(&names)));
        for (other, _) in others {
            let other = bases.unresolved(other, headline(other));
            finding.specs.extend(other.specs);
            finding.also.push((other.headline, other.primary));
        }
    }
    match fault {
        registry::Fault::NotFound(_) => finding.help("correct the name or the tag"),
        registry::Fault::Denied(_) => {
            finding.help(format!("correct the name, or run `docker login {host}`"))
        }
        registry::Fault::Busy(_) => finding.help(format!(
            "run `gen lock` again later; after `docker login {host}` there may be less to wait for"
        )),
        registry::Fault::Proxy { .. } => finding.help(
            "correct `HTTPS_PROXY` or `ALL_PROXY`, or name the host in `NO_PROXY`; until then what is locked stays",
        ),
        _ => finding.help("run `gen lock` again; until then what is locked stays"),
    }
}

/// Every base with what it was and will be.
fn listing(moved: &[Moved]) -> String {
    let short = |digest: &Digest| digest.short().to_string();
    let width = moved.iter().map(|m| m.reference.len()).max().unwrap_or(0);
    let mut text = String::new();
    for Moved {
        reference,
        from,
        to,
    } in moved
    {
        let how = match (from, to) {
            (Some(from), Some(to)) if from == to => format!("{} stays", short(from)),
            (Some(from), Some(to)) => format!("{} → {}", short(from), short(to)),
            (None, Some(to)) => format!("new → {}", short(to)),
            (Some(from), None) => format!("{} dropped", short(from)),
            (None, None) => continue,
        };
        let _ = writeln!(text, "  {reference:width$}  {how}");
    }
    text
}

fn summary(relock: &Relock, dry_run: bool) -> String {
    let count = |of: fn(&Moved) -> bool| relock.moved.iter().filter(|m| of(m)).count();
    let new = count(|m| m.from.is_none());
    let moved = count(|m| m.from.is_some() && m.to.is_some() && m.from != m.to);
    let dropped = count(|m| m.to.is_none());
    let bases = relock.moved.len() - dropped;
    let outputs = relock.drift.changes.iter();
    let outputs = outputs.filter(|c| c.state != State::Fresh).count();
    let mut text = if relock.is_done() {
        format!("{} locked; nothing changed", number(bases, "base"))
    } else {
        let verb = if dry_run { "would lock" } else { "locked" };
        format!(
            "{verb} {}: {new} new, {moved} moved, {dropped} dropped; {}",
            number(bases, "base"),
            number(outputs, "output")
        )
    };
    if relock.unreleased > 0 {
        let verb = if relock.unreleased == 1 {
            "differs"
        } else {
            "differ"
        };
        let _ = write!(
            text,
            "; {} {verb} from the release that is recorded: run `gen bump`",
            number(relock.unreleased, "spec")
        );
    }
    text
}
