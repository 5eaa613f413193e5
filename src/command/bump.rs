//! `gen bump`: move the release everywhere at once.

use std::fmt::Write;

use crate::check::stale_finding;
use crate::cli::FindingFormat;
use crate::command::difference::patches;
use crate::command::look::{From, look};
use crate::command::shell::{Error, Outcome, Shell, counted, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Code, Finding, Sink, code, visible};
use crate::flow::{Expanded, Fault};
use crate::output::{self, Change, State};
use crate::release::bump::{Bump, plan};
use crate::release::lockfiles;
use crate::release::moving::Move;
use crate::release::target::Target;
use crate::release::version::Step;
use crate::source::Repository;

/// How many mentions are listed before the rest is counted.
const SHOWN: usize = 20;

/// The findings that say whether all places agree.
const AGREEMENT: &[Code] = &[
    &code::CONTENT_FORMAT,
    &code::LOCKFILE_STALE,
    &code::LOCK_CONFLICT,
    &code::LOCK_FORMAT,
    &code::LOCK_STALE,
    &code::LOCK_SYNTAX,
    &code::MENTION_STALE,
    &code::PIN_MISMATCH,
    &code::PLACE_AMBIGUOUS,
    &code::PLACE_COMPUTED,
    &code::PLACE_MISSING,
    &code::PLACE_UNREADABLE,
    &code::STALE_OUTPUT,
    &code::MISSING_OUTPUT,
];

/// How to run.
pub(super) struct Options<'a> {
    /// Where to; `None` records the current release anew.
    pub to: Option<&'a str>,
    pub check: bool,
    pub dry_run: bool,
    pub backwards: bool,
}

pub(super) fn run(shell: &mut Shell<'_>, options: &Options<'_>) -> Result<Outcome, Error> {
    if options.check {
        return agreement(shell);
    }
    let repository = shell.repository()?;
    let _lock = if options.dry_run {
        None
    } else {
        Some(output::lock(&repository)?)
    };
    let target = target(&repository, options.to);
    let mut sink = Sink::new();
    let bump = match plan(&repository, &target, options.backwards, &mut sink) {
        Ok(bump) => bump,
        Err(Fault::Read(error)) => return Err(error.into()),
        Err(Fault::Findings) => return refused(shell, sink),
    };
    if !options.dry_run && !bump.is_done() {
        // All or nothing: what can be told before the first write is told before it.
        output::probe(&repository, bump.paths())?;
    }
    shell.say(listing(&bump).trim_end());
    if options.dry_run {
        shell.patch(&patches(&bump.drift, &bump.files))?;
    } else {
        carry_out(&repository, options.to, &bump)?;
    }
    // What repeats the version and is another tool's to write.
    let mut repeated = Sink::new();
    lockfiles::look(&bump.repository, &bump.expanded.config, &mut repeated);
    shell.findings(&repeated.into_sorted(), FindingFormat::Full)?;
    shell.say(&summary(&bump, options.dry_run));
    Ok(Outcome(CLEAN))
}

/// What is asked for. A step says how far a run that was cut short had taken it.
fn target(repository: &Repository, to: Option<&str>) -> Target {
    let Some(to) = to else { return Target::Amend };
    let Some(step) = step(to) else {
        return Target::Version(to.to_owned());
    };
    let noted = output::noted(repository);
    let begun = noted.as_deref().and_then(|line| line.split_once(' '));
    let begun = begun.filter(|(step, _)| *step == to);
    Target::Step {
        step,
        begun: begun.map(|(_, version)| version.to_owned()),
    }
}

fn step(word: &str) -> Option<Step> {
    Some(match word {
        "major" => Step::Major,
        "minor" => Step::Minor,
        "patch" => Step::Patch,
        "pre" => Step::Pre,
        "release" => Step::Release,
        _ => return None,
    })
}

/// Writes everything, the matrix file last.
fn carry_out(repository: &Repository, to: Option<&str>, bump: &Bump) -> Result<(), Error> {
    if bump.is_done() {
        return Ok(output::settle(repository)?);
    }
    let changes: Vec<&Change> = bump.drift.changes.iter().collect();
    let edits: Vec<_> = bump.files.iter().map(|f| f.edit.clone()).collect();
    if let Some(step) = to.filter(|to| step(to).is_some()) {
        output::note(repository, &format!("{step} {}", bump.to))?;
    }
    Ok(output::write(repository, &changes, &edits)?)
}

fn refused(shell: &Shell<'_>, sink: Sink) -> Result<Outcome, Error> {
    let stopped = sink.has_stopping();
    let findings = sink.into_sorted();
    shell.findings(&findings, FindingFormat::Full)?;
    shell.say(&format!("{}; nothing was moved", counted(&findings)));
    Ok(Outcome(if stopped { NO_PLAN } else { FOUND }))
}

/// Whether all places agree, and nothing else.
fn agreement(shell: &Shell<'_>) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let full = FindingFormat::Full;
    let looked = match look(shell, &repository, From::here(), &mut sink)? {
        Ok(looked) => looked,
        Err(fault) => return shell.stopped(fault, sink, full),
    };
    let mut findings: Vec<Finding> = sink.into_sorted();
    findings.retain(|f| AGREEMENT.contains(&f.code));
    let behind = findings.iter().any(|f| f.code == &code::LOCK_STALE);
    findings.extend(other_release(&looked.expanded).filter(|_| !behind));
    shell.findings(&findings, full)?;
    let release = looked.expanded.config.release.as_ref();
    let version = release.map_or("", |r| r.version.as_str());
    shell.say(&match (findings.is_empty(), release) {
        (_, None) => "the matrix states no release".to_owned(),
        (true, _) => format!("all places agree on {version}"),
        (false, _) => format!("{}; not all places agree on {version}", counted(&findings)),
    });
    let agree = findings.is_empty();
    Ok(Outcome(if agree { CLEAN } else { FOUND }))
}

/// The finding for a lock of another release. `gen check` says nothing of it where that one already had all there is to
/// build, for then no release was due.
fn other_release(expanded: &Expanded) -> Option<Finding> {
    let (config, lock) = (&expanded.config, expanded.lock.as_ref()?);
    let recorded = lock.release.as_ref().filter(|_| !lock.conflicted)?;
    let version = &config.release.as_ref()?.version;
    (recorded.version != *version).then(|| stale_finding(config, lock, recorded))
}

/// Every place with what it stated and will state.
fn listing(bump: &Bump) -> String {
    let mut text = if bump.from == bump.to {
        format!("release {}\n", bump.to)
    } else {
        format!("release {} → {}\n", bump.from, bump.to)
    };
    let shown = bump.mentions.iter().take(SHOWN);
    let rows: Vec<(String, &str, String)> = bump
        .pins
        .iter()
        .chain(shown)
        .map(|m| (place(m), m.what.as_str(), format!("{} → {}", m.from, m.to)))
        .chain(bump.stays.iter().map(|m| {
            let stays = format!("{} stays", m.from);
            (place(m), m.what.as_str(), stays)
        }))
        .collect();
    let width = |of: fn(&(String, &str, String)) -> usize| rows.iter().map(of).max().unwrap_or(0);
    let (places, whats) = (width(|r| r.0.len()), width(|r| r.1.len()));
    for (place, what, how) in &rows {
        let (what, how) = (visible(what), visible(how));
        let _ = writeln!(text, "  {place:places$}  {what:whats$}  {how}");
    }
    let rest = &bump.mentions[bump.mentions.len().min(SHOWN)..];
    if !rest.is_empty() {
        let _ = writeln!(text, "  and {}", number(rest.len(), "mention"));
    }
    text
}

fn place(moved: &Move) -> String {
    format!("{}:{}", visible(&moved.path), moved.line)
}

fn summary(bump: &Bump, dry_run: bool) -> String {
    let specs = bump.lock.specs.len();
    let new = bump
        .lock
        .specs
        .values()
        .filter(|s| s.since == bump.to)
        .count();
    let content = match new {
        _ if bump.is_first() => format!("{} recorded for the first time", number(specs, "image")),
        0 => "no image has new content, so tags move and nothing is built".to_owned(),
        1 => format!("1 of {specs} images has new content"),
        n => format!("{n} of {specs} images have new content"),
    };
    if bump.is_done() {
        return format!("{} is recorded everywhere; {content}", bump.to);
    }
    let outputs = bump
        .drift
        .changes
        .iter()
        .filter(|c| c.state != State::Fresh);
    let moved = [
        number(bump.pins.len(), "pin"),
        number(bump.mentions.len(), "mention"),
        number(outputs.count(), "output"),
    ]
    .join(", ");
    let verb = match (bump.from == bump.to, dry_run) {
        (true, false) => "recorded",
        (true, true) => "would record",
        (false, false) => "moved to",
        (false, true) => "would move to",
    };
    format!("{verb} {}: {moved}; {content}", bump.to)
}
