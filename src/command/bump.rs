//! `gen bump`: move the release everywhere at once.

use std::fmt::Write;

use crate::bump::Move;
use crate::bump::News;
use crate::bump::{Ahead, Destination};
use crate::bump::{Asked, Bump, plan};
use crate::check::{stale_finding, unasked_finding};
use crate::cli::{BumpArgs, Dates, FindingFormat};
use crate::command::difference::patches;
use crate::command::look::{Vantage, look};
use crate::command::shell::{Error, Outcome, Shell, counted, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Code, Finding, Severity, Sink, code, fold, visible};
use crate::flow::{self, Expanded, Fault, Standpoint};
use crate::grammar::release::ReleaseStep;
use crate::lock::{Before, Looking};
use crate::output::{self, Change, State};
use crate::release::Begun;
use crate::release::lockfiles;
use crate::source::Repository;

/// How many mentions are listed before the rest is counted.
const SHOWN: usize = 20;

/// The findings that say whether all places agree.
const AGREEMENT: &[Code] = &[
    &code::BUILT_UNOFFERED,
    &code::BUMP_CUT_SHORT,
    &code::CONTENT_FORMAT,
    &code::LOCKFILE_STALE,
    &code::LOCK_CONFLICT,
    &code::LOCK_FORMAT,
    &code::LOCK_STALE,
    &code::LOCK_SYNTAX,
    &code::MENTION_STALE,
    &code::MENTION_UNKNOWN,
    &code::OFFER_UNBUILT,
    &code::PIN_MISMATCH,
    &code::PLACE_AMBIGUOUS,
    &code::PLACE_COMPUTED,
    &code::PLACE_MISSING,
    &code::PLACE_UNREADABLE,
    &code::STALE_OUTPUT,
    &code::MISSING_OUTPUT,
    &code::TAG_MOVED,
    &code::UNRELEASED_CHANGE,
];

/// Outputs that differ, which state no release of their own: a bump renders them.
const OUTPUTS: &[Code] = &[
    &code::MISSING_OUTPUT,
    &code::ORPHAN_OUTPUT,
    &code::STALE_OUTPUT,
];

/// What is found before a bump writes, and mended by what it writes; and what another tool writes after it.
const MENDED: &[Code] = &[
    &code::BUMP_CUT_SHORT,
    &code::LOCKFILE_STALE,
    &code::MISSING_OUTPUT,
    &code::ORPHAN_OUTPUT,
    &code::STALE_OUTPUT,
];

/// What is found where the content of a spec cannot be told.
const UNTOLD: &[Code] = &[
    &code::CONTEXT_FILE,
    &code::DOCKERFILE_MISSING,
    &code::SUBMODULE_MISSING,
];

pub(super) fn run(shell: &mut Shell<'_>, options: &BumpArgs) -> Result<Outcome, Error> {
    if options.check {
        return agreement(shell, options.format);
    }
    let repository = shell.repository()?;
    let _lock = if options.dry_run {
        None
    } else {
        Some(output::lock(&repository)?)
    };
    let begun = output::noted(&repository).and_then(|line| Begun::parse(&line));
    let asked = Asked {
        target: target(options.to.as_deref()),
        back: options.backwards,
        begun: begun.as_ref(),
        today: shell.today(Dates::default())?,
    };
    let mut sink = Sink::new();
    let mut bump = match plan(&repository, &asked, &mut sink) {
        Ok(bump) => bump,
        Err(Fault::Read(error)) => return Err(error.into()),
        Err(Fault::Findings) => return refused(shell, sink),
    };
    let mut carried = carried(shell, &mut bump)?;
    if asked.target == Destination::Amend {
        // To record a release anew hides nothing: what `check` finds of it, it goes on finding. But a content that cannot be
        // told is none to record.
        carried.retain(|finding| UNTOLD.contains(&finding.code));
    }
    // What would be recorded may be of files that no clone has.
    carried.extend(unasked_finding(&bump.repository));
    if !carried.is_empty() && !options.allow_errors {
        return would_carry(shell, &carried, &bump);
    }
    if !options.dry_run && !bump.is_done() {
        // All or nothing: what can be told before the first write is told before it.
        output::probe(&repository, bump.paths())?;
    }
    shell.say(listing(&bump).trim_end());
    if options.dry_run {
        shell.patch(&patches(&bump.drift, &bump.files))?;
    } else {
        carry_out(&repository, options.to.as_deref(), &bump)?;
    }
    // What repeats the version and is another tool's to write.
    let mut repeated = Sink::new();
    lockfiles::look(&bump.repository, &bump.expanded.config, &mut repeated);
    let mut told = carried;
    told.extend(repeated.into_sorted());
    shell.findings(&told, FindingFormat::Full)?;
    shell.say(&summary(&bump, options.dry_run));
    if !options.dry_run {
        // Only what was said is done: a run that is cut short before this would otherwise be taken for one that was not.
        output::unnote(&repository)?;
    }
    Ok(Outcome(CLEAN))
}

/// What is asked for.
fn target(to: Option<&str>) -> Destination {
    match to {
        None => Destination::Amend,
        Some(to) => ReleaseStep::of(to)
            .map_or_else(|| Destination::Version(to.to_owned()), Destination::Step),
    }
}

/// The errors that `gen check` would find after the bump.
fn carried(shell: &Shell<'_>, bump: &mut Bump) -> Result<Vec<Finding>, Error> {
    let mut sink = std::mem::take(&mut bump.said);
    bump.expanded.lock = Some(bump.lock.clone());
    let (release, lock) = (&bump.expanded.config.release, &bump.lock);
    let looking = Looking {
        base: None,
        pipeline: shell.in_pipeline(),
    };
    let before = Before::find(&bump.repository, release.as_ref(), Some(lock), looking)?;
    let standpoint = Standpoint {
        before,
        ..Standpoint::on(shell.today(Dates::default())?)
    };
    let (expanded, rendered) = (&bump.expanded, &bump.rendered);
    flow::judge(
        &bump.repository,
        expanded,
        rendered,
        &bump.drift,
        &standpoint,
        &mut sink,
    );
    let mut findings = sink.into_sorted();
    findings.retain(|f| f.severity() == Severity::Error && !MENDED.contains(&f.code));
    Ok(findings)
}

/// Refuses a bump after which `gen check` would find errors.
fn would_carry(shell: &Shell<'_>, carried: &[Finding], bump: &Bump) -> Result<Outcome, Error> {
    shell.findings(carried, FindingFormat::Full)?;
    let (counted, to) = (counted(carried), &bump.to);
    shell.insist(&format!(
        "{counted} would go into {to}; nothing was moved: mend them first, or add `--allow-errors`"
    ));
    Ok(Outcome(FOUND))
}

/// Writes everything, the matrix file last.
fn carry_out(repository: &Repository, to: Option<&str>, bump: &Bump) -> Result<(), Error> {
    if bump.is_done() {
        return Ok(output::settle(repository)?);
    }
    let changes: Vec<&Change> = bump.drift.changes.iter().collect();
    let edits: Vec<_> = bump.files.iter().map(|f| f.edit.clone()).collect();
    if let Some(asked) = to.filter(|_| bump.from != bump.to) {
        let begun = Begun {
            asked: asked.to_owned(),
            from: bump.from.clone(),
            to: bump.to.clone(),
        };
        output::note(repository, &begun.line())?;
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
fn agreement(shell: &Shell<'_>, format: FindingFormat) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let looked = match look(shell, &repository, Vantage::here(), &mut sink)? {
        Ok(looked) => looked,
        Err(fault) => return shell.stopped(fault, sink, format),
    };
    let mut findings: Vec<Finding> = sink.into_sorted();
    findings.retain(|f| f.severity() == Severity::Error || AGREEMENT.contains(&f.code));
    // What a channel publishes meanwhile is still to be released.
    if !looked.expanded.config.channels.is_empty() {
        let unreleased = [&code::UNRELEASED_CHANGE, &code::TAG_MOVED];
        let told = findings.iter_mut().filter(|f| unreleased.contains(&f.code));
        told.for_each(|f| f.severity = f.code.severity);
    }
    let behind = findings.iter().any(|f| f.code == &code::LOCK_STALE);
    findings.extend(other_release(&looked.expanded).filter(|_| !behind));
    let findings = fold(findings);
    shell.findings(&findings, format)?;
    let release = looked.expanded.config.release.as_ref();
    let version = release.map_or("", |r| r.version.as_str());
    let rendered = |f: &Finding| OUTPUTS.contains(&f.code);
    let disagree = findings
        .iter()
        .any(|f| AGREEMENT.contains(&f.code) && !rendered(f));
    let counted = counted(&findings);
    shell.say(&match (findings.is_empty(), release) {
        (true, None) => "the matrix states no release".to_owned(),
        (false, None) => format!("{counted}; the matrix states no release"),
        (true, _) => format!("all places agree on {version}"),
        (false, _) if disagree => format!("{counted}; not all places agree on {version}"),
        (false, _) if findings.iter().all(rendered) => {
            format!("{counted}; the places agree on {version}, and a bump renders the outputs anew")
        }
        (false, _) => {
            format!("{counted}; the places agree on {version}, and no bump would be carried out")
        }
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
    let mut text = match &bump.counted {
        _ if bump.from == bump.to => format!("release {}\n", bump.to),
        None => format!("release {} → {}\n", bump.from, bump.to),
        Some(Ahead {
            version,
            path,
            line,
        }) => format!(
            "release {} → {}, counted from {version} of {path}:{line}\n",
            bump.from, bump.to
        ),
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
    let content = match bump.news {
        News::First { specs } => format!("{} recorded for the first time", number(specs, "image")),
        News::Changed { changed } => {
            let (images, are) = (
                number(changed, "image"),
                if changed == 1 { "is" } else { "are" },
            );
            format!("{images} {are} no longer as recorded")
        }
        News::New { new: 0, .. } => "no image has new content, so nothing is built".to_owned(),
        News::New { new, builds, specs } => {
            let have = if new == 1 { "has" } else { "have" };
            let once = if builds < new {
                format!(", in {}", number(builds, "build"))
            } else {
                String::new()
            };
            if specs == 1 {
                "the image has new content".to_owned()
            } else {
                format!("{new} of {specs} images {have} new content{once}")
            }
        }
    };
    if bump.is_done() {
        let content = match bump.news {
            // As of the release before, which may have been long ago.
            News::New { new, specs, .. } if new > 0 => {
                let are = if new == 1 { "is" } else { "are" };
                format!("{new} of its {} {are} new in it", number(specs, "image"))
            }
            _ => content,
        };
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
