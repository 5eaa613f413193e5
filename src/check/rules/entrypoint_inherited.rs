//! A `cmd` that is a shell, and an ENTRYPOINT from below that is handed it as an argument: `python bash`.

use std::ops::Range;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{CommandLine, Instruction, Operation};
use crate::grammar::SpecId;
use crate::image::Spec;
use crate::source::SourceFile;

/// Shells, by the name of the program.
const SHELLS: [&str; 7] = ["ash", "bash", "dash", "fish", "ksh", "sh", "zsh"];

/// Programs that run what they are handed.
const RUNNERS: [&str; 16] = [
    "catatonit",
    "conda",
    "docker-init",
    "dumb-init",
    "env",
    "gosu",
    "micromamba",
    "mpirun",
    "nice",
    "pixi",
    "poetry",
    "setpriv",
    "su-exec",
    "sudo",
    "tini",
    "uv",
];

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    let mut known = FxHashMap::default();
    for id in &cx.matrix.order {
        let spec = cx.matrix.spec(*id);
        let said = said(cx, *id, spec);
        let written = said.written.clone();
        let below = spec.parent.and_then(|parent| known.get(&parent).cloned());
        let (entry, inherited) = match (said.entrypoint, said.entrypoint_from_stage) {
            (Some(own), from_stage) => (own, from_stage),
            (None, _) => (below.unwrap_or_default(), true),
        };
        if let Some(shell) = said.cmd.filter(|cmd| inherited && is_shell(cmd))
            && !entry.is_empty()
            && !hands_on(&entry)
        {
            let label = format!("runs as `{} {}`", shown(&entry), shown(&shell));
            let place = match &written {
                Some(Written { own: true, .. }) => None,
                Some(_) => {
                    let template = spec.merged.template.as_ref();
                    Some(template.map_or_else(|| cx.span_of(spec, None), |t| t.span.clone()))
                }
                None => {
                    let cmd = spec.merged.cmd.as_ref().and_then(|cmd| cmd.first());
                    Some(cx.span_of(spec, cmd))
                }
            };
            let headline = format!("`{}` is handed to an ENTRYPOINT from below", shown(&shell));
            let mut places = written
                .iter()
                .flat_map(Written::places)
                .collect::<Vec<Place>>();
            let primary = match place {
                Some(span) => cx.place(span, label),
                None => {
                    let mut cmd = places.remove(0);
                    cmd.label = label;
                    cmd
                }
            };
            let mut finding = Finding::new(&code::ENTRYPOINT_INHERITED, headline, primary);
            places.sort_by_key(|place| place.at.as_ref().map(|(_, span)| span.start));
            for place in places {
                finding = finding.related(place);
            }
            let finding = match whose(cx, spec) {
                Some((span, name)) => {
                    finding.related(cx.place(span, format!("the ENTRYPOINT of `{name}`")))
                }
                None => finding,
            };
            let finding = finding.help(match written {
                Some(_) => "state an ENTRYPOINT in this stage, too: `ENTRYPOINT []` before the CMD takes the one below away",
                None => "state an `entrypoint` here, too: `entrypoint = []` takes the one below away",
            });
            told.add(finding, &shown(&entry), &[*id]);
        }
        known.insert(*id, entry);
    }
    told.tell(sink);
}

/// What the Dockerfile of a spec says of the program that runs.
#[derive(Default)]
struct Said {
    entrypoint: Option<Vec<String>>,
    /// Whether that is said by a stage which the last one stands on.
    entrypoint_from_stage: bool,
    cmd: Option<Vec<String>>,
    /// Where the CMD stands, where that is in a Dockerfile with a text of the user's.
    written: Option<Written>,
}

/// Where a Dockerfile says it.
#[derive(Clone)]
struct Written {
    file: Arc<SourceFile>,
    /// Whether it is a file of the user's, and not rendered anew for each spec.
    own: bool,
    cmd: Range<usize>,
    entrypoint: Option<Range<usize>>,
}

impl Written {
    /// The place of the CMD, and that of the ENTRYPOINT.
    fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::span(&self.file, self.cmd.clone(), "the CMD")];
        let below = self.entrypoint.iter();
        places.extend(
            below.map(|span| Place::span(&self.file, span.clone(), "the ENTRYPOINT from below")),
        );
        places
    }
}

fn said(cx: &Context<'_>, id: SpecId, spec: &Spec) -> Said {
    let rendered = cx.contents.get(id);
    if let Some(cooked) = cx.cooked_of(id) {
        let builds = cx.builds(&cooked);
        let first = builds
            .iter()
            .find_map(|(_, build)| build.as_ref().as_ref().ok());
        let Some(last) = first.and_then(|build| build.last()) else {
            return Said::default();
        };
        let mut steps = last.steps.iter();
        let lineage = first.map(|build| build.lineage()).unwrap_or_default();
        let stages = first.iter().flat_map(|build| &build.stages);
        let stages = stages.filter(|stage| lineage.contains(&stage.index));
        let all: Vec<&Instruction> = stages
            .flat_map(|stage| &stage.steps)
            .map(|step| &*step.instruction)
            .collect();
        let span_of = |is: &dyn Fn(&Operation) -> bool| {
            let found = all.iter().rfind(|instruction| is(&instruction.kind));
            found.map(|instruction| instruction.span.clone())
        };
        let written = span_of(&|kind| matches!(kind, Operation::Cmd(_)));
        let written = written.filter(|_| spec.merged.cmd.is_none());
        return Said {
            written: written.map(|cmd| Written {
                file: cooked.recipe.file.clone(),
                own: cooked.recipe.own,
                cmd,
                entrypoint: span_of(&|kind| matches!(kind, Operation::Entrypoint(_))),
            }),
            entrypoint: last.config.entrypoint.as_ref().map(words),
            entrypoint_from_stage: !steps
                .any(|step| matches!(step.instruction.kind, Operation::Entrypoint(_))),
            cmd: last.config.cmd.as_ref().map(words),
        };
    }
    // Ours, whose last lines these are; parsed alone where they matter.
    let text = rendered.dockerfile_text();
    let stated = |key: bool, name: &str| {
        if !key {
            return None;
        }
        let mut lines = text.lines().rev();
        let list = lines.find_map(|line| line.strip_prefix(name))?;
        serde_json::from_str(list).ok()
    };
    Said {
        entrypoint: stated(spec.merged.entrypoint.is_some(), "ENTRYPOINT "),
        entrypoint_from_stage: false,
        cmd: stated(spec.merged.cmd.is_some(), "CMD "),
        written: None,
    }
}

/// The words that run. A line is a shell's.
fn words(command: &CommandLine) -> Vec<String> {
    match command {
        CommandLine::Shell(line) if line.text.trim().is_empty() => Vec::new(),
        CommandLine::Shell(line) => vec!["/bin/sh".to_owned(), "-c".to_owned(), line.text.clone()],
        CommandLine::Exec(words) => words.iter().map(|word| word.text.clone()).collect(),
    }
}

fn program(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

fn is_shell(cmd: &[String]) -> bool {
    cmd.first()
        .is_some_and(|word| SHELLS.contains(&program(word)))
}

/// Whether an entrypoint runs what it is handed, as far as its name tells: scripts that prepare do, and so do inits.
fn hands_on(entry: &[String]) -> bool {
    let Some(first) = entry.first().map(|word| program(word)) else {
        return true;
    };
    let is_script =
        |word: &str| word.ends_with(".sh") || word.contains("entry") || word.contains("init");
    RUNNERS.contains(&first) || is_script(first) || entry.last().is_some_and(|word| word == "--")
}

/// Where the matrix states the entrypoint that a spec inherits, and of which image.
fn whose(cx: &Context<'_>, spec: &Spec) -> Option<(Range<usize>, String)> {
    let mut next = spec.parent;
    while let Some(parent) = next {
        let spec = cx.matrix.spec(parent);
        if let Some(field) = spec
            .merged
            .entrypoint
            .as_ref()
            .and_then(|words| words.first())
        {
            let name = cx.config.images[spec.image.0].key.to_string();
            return Some((field.span.clone(), name));
        }
        next = spec.parent;
    }
    None
}

fn shown(words: &[String]) -> String {
    words.join(" ").escape_debug().to_string()
}
