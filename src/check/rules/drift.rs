//! Outputs that are not on disk as the matrix yields them.

use std::collections::{BTreeSet, HashSet};

use crate::check::Context;
use crate::check::rules::{
    action_edited, another_matrix, content_format, machinery_edited, markers,
};
use crate::config::Config;
use crate::diagnostic::{Finding, Place, Sink, and_list, code};
use crate::emit::ActionEdits;
use crate::output::{Change, Drift, State};
use crate::source::{Family, SourceFile, conflict};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // What another gen wrote is told with what it recorded.
    let folded = [
        &code::STALE_OUTPUT,
        &code::MISSING_OUTPUT,
        &code::ORPHAN_OUTPUT,
    ];
    let is_untold = cx.told().contains(&false);
    let is_other = content_format::other_format(cx).is_some();
    let by_content: BTreeSet<&str> = match is_untold {
        true => cx
            .drift
            .changes
            .iter()
            .filter(|c| differs_by_content(c))
            .map(|c| c.path.as_str())
            .collect(),
        false => BTreeSet::new(),
    };
    for finding in drift_findings(cx.drift, cx.config, cx.repository.family()) {
        if is_other && folded.contains(&finding.code) {
            continue;
        }
        // What outputs say of contents that cannot be told is no fact.
        if finding.code == &code::STALE_OUTPUT && by_content.contains(&*finding.primary.path) {
            continue;
        }
        sink.push(finding);
    }
}

/// Whether an output differs from what is rendered by nothing but hashes.
fn differs_by_content(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return false;
    };
    *before != *after.text && without_hashes(before) == without_hashes(&after.text)
}

/// A text without its hashes, whole or cut to what stands in a tag.
fn without_hashes(text: &str) -> String {
    const SHORT: usize = 12;
    let is_hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_hex) {
        let length = rest[at..].find(|c| !is_hex(c)).unwrap_or(rest.len() - at);
        out.push_str(&rest[..at]);
        match length >= SHORT {
            true => out.push('#'),
            false => out.push_str(&rest[at..at + length]),
        }
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    out
}

/// What is to be said of outputs that a run leaves as they are, until somebody has decided.
pub fn refused_outputs<'a>(
    drift: &'a Drift,
    config: &'a Config,
    family: &'a Family,
) -> impl Iterator<Item = Finding> {
    let refused: Vec<Change> = drift
        .changes
        .iter()
        .filter(|change| change.state.is_refused())
        .cloned()
        .collect();
    let codes: HashSet<&str> = refused
        .iter()
        .filter_map(|c| Some(c.state.code()?.name))
        .collect();
    let findings = drift_findings(drift, config, family).into_iter();
    findings.filter(move |finding| {
        codes.contains(finding.code.name) && finding.code != &code::ORPHAN_OUTPUT
    })
}

/// What is to be said of outputs that differ.
pub(crate) fn drift_findings(drift: &Drift, config: &Config, family: &Family) -> Vec<Finding> {
    let mut findings = another_matrix::findings(drift, config, family);
    let list = config.owner.list();
    for change in &drift.changes {
        let path = change.path.as_str();
        if path == list && told_by_its_paths(change, &drift.changes) {
            continue;
        }
        let whole = || Place::file(path);
        let finding = match &change.state {
            State::Fresh | State::Another(_) => continue,
            State::Unmarked(block, why) => markers::finding(config, change, block, why),
            State::Block(blocks) => {
                let after = change.after.as_ref().map_or("", |p| p.text.as_str());
                let names = and_list(blocks.iter().map(|block| block.name.as_str()));
                let mut finding = stale(config, change, after);
                finding.headline = format!(
                    "the {} {names} of `{path}` {} not what {} yields",
                    if blocks.len() == 1 { "block" } else { "blocks" },
                    if blocks.len() == 1 { "is" } else { "are" },
                    config.file.path
                );
                finding.help("run `gen matrix`; what stands outside of the markers is yours")
            }
            State::Missing => Finding::new(
                &code::MISSING_OUTPUT,
                format!("`{path}` does not exist"),
                whole(),
            )
            .help("run `gen matrix` and commit the result"),
            State::Stale => {
                let after = change.after.as_ref().map_or("", |p| p.text.as_str());
                stale(config, change, after).help(
                    "run `gen matrix`; to keep an edit, make it in the matrix or the templates",
                )
            }
            State::Edited => {
                let Some((edits, before)) = ActionEdits::of(change).zip(change.before.as_ref())
                else {
                    continue;
                };
                findings.extend(action_edited::findings(config, path, before, &edits));
                if before.replace("\r\n", "\n") == edits.rebased {
                    continue;
                }
                stale(config, change, &edits.rebased)
                    .help("decide on the actions that were moved in it first")
            }
            State::Moved(images) => {
                let before = change.before.as_deref().unwrap_or_default();
                findings.extend(machinery_edited::findings(config, path, before, images));
                if before.replace("\r\n", "\n") == images.rebased {
                    continue;
                }
                stale(config, change, &images.rebased)
                    .help("decide on the images that were moved in it first")
            }
            State::Orphan => Finding::new(
                &code::ORPHAN_OUTPUT,
                format!("`{path}` is no longer rendered"),
                whole(),
            )
            .help("run `gen matrix`, which removes it"),
            State::Kept(other) => Finding::new(
                &code::ORPHAN_OUTPUT,
                format!("`{path}` is no longer rendered"),
                whole(),
            )
            .note(format!(
                "it stays while `{other}`, which may be what replaces it, is refused"
            ))
            .help("decide on that one first"),
            // Of a file the text is known; what is none is never replaced.
            State::NotOurs if change.before.is_none() => Finding::new(
                &code::NOT_OURS,
                format!("`{path}` is no file, and an output belongs there"),
                whole(),
            )
            .help("move it away, then run `gen matrix`"),
            State::NotOurs => Finding::new(
                &code::NOT_OURS,
                format!("`{path}` was not made by gen"),
                whole(),
            )
            .help("move it away, or replace it with `gen matrix --take-over`"),
            State::Linked => Finding::new(
                &code::SYMLINK_OUTPUT,
                format!("`{path}` leads through a symbolic link"),
                whole(),
            )
            .help("remove the link, and run `gen matrix`"),
        };
        findings.push(finding);
    }
    findings
}

fn stale(config: &Config, change: &Change, after: &str) -> Finding {
    let path = change.path.as_str();
    if let Some((before, at)) = change
        .before
        .as_ref()
        .and_then(|text| Some((text, conflict(text)?)))
    {
        let file = SourceFile::new(path, before.as_str());
        let place = Place::span(&file, at, "git left this here");
        let headline = format!("`{path}` holds both sides of a merge");
        return Finding::new(&code::STALE_OUTPUT, headline, place);
    }
    let place = match &change.before {
        Some(before) => first_difference(path, before, after),
        None => Place::file(path),
    };
    Finding::new(
        &code::STALE_OUTPUT,
        format!("`{path}` is not what {} yields", config.file.path),
        place,
    )
}

/// Whether the list differs in nothing but paths that come or go, each of which is told by itself.
fn told_by_its_paths(list: &Change, changes: &[Change]) -> bool {
    let (Some(before), Some(after)) = (&list.before, &list.after) else {
        return false;
    };
    // The hash of what bears no header moves with its text.
    let path = |line: &str| line.split('\t').next().unwrap_or_default().to_owned();
    let lines = |text: &'_ str| -> BTreeSet<String> { text.lines().map(path).collect() };
    let (before, after) = (lines(before), lines(&after.text));
    let moved: BTreeSet<&str> = changes
        .iter()
        .filter(|c| matches!(c.state, State::Missing | State::Orphan))
        .map(|c| c.path.as_str())
        .collect();
    before
        .symmetric_difference(&after)
        .all(|line| moved.contains(line.as_str()))
        && !moved.is_empty()
}

/// At most 60 characters of a line.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The first line on disk that differs, with what it should be.
fn first_difference(path: &str, before: &str, after: &str) -> Place {
    let mut offset = 0;
    let mut wanted = after.lines();
    for line in before.split_inclusive('\n') {
        let shown = line.trim_end_matches(['\n', '\r']);
        let want = wanted.next();
        if want != Some(shown) {
            let label = match want {
                Some("") => "an empty line is rendered here".to_owned(),
                Some(want) => format!("rendered: {}", shortened(want.trim())),
                None => "nothing is rendered from here on".to_owned(),
            };
            let file = SourceFile::new(path, before);
            return Place::span(&file, offset..offset + shown.len(), label);
        }
        offset += line.len();
    }
    let file = SourceFile::new(path, before);
    Place::span(
        &file,
        before.len()..before.len(),
        "more is rendered from here on",
    )
}
