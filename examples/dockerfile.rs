//! How gen reads Dockerfiles, for comparing it with a builder: tests/acceptance/test_dockerfiles.py.
//!
//! Each line on stdin is a JSON object: `file`, `platform`, and perhaps `args` and `target`. Each line on stdout says
//! `refused` (why no build can be had of it), or `targets`, `bases` and `args`, as a builder's `--call` does.

use std::collections::BTreeSet;
use std::io::{BufRead, stdin};
use std::sync::Arc;

use basematrix::dockerfile::{Build, Dockerfile, Does, Expansion, Request, Source};
use basematrix::grammar::Pairs;
use basematrix::grammar::reference::full;
use basematrix::source::SourceFile;
use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct Asked {
    file: String,
    platform: String,
    #[serde(default)]
    args: IndexMap<Arc<str>, String>,
    target: Option<String>,
}

fn main() {
    for line in stdin().lock().lines() {
        let asked: Asked = serde_json::from_str(&line.expect("a line")).expect("JSON");
        let bytes = std::fs::read(&asked.file).expect("a file");
        println!(
            "{}",
            answer(
                &asked,
                &SourceFile::decoded(asked.file.as_str(), bytes).text
            )
        );
    }
}

fn answer(asked: &Asked, text: &str) -> serde_json::Value {
    let file = match Dockerfile::parse(text) {
        Ok(file) => file,
        Err(fault) => return json!({ "refused": fault.what, "unread": true }),
    };
    let args: Pairs<_, _> = asked.args.clone().into();
    let request = Request {
        args: &args,
        target: asked.target.as_deref(),
        platform: &asked.platform,
        build_platform: Some("linux/amd64"),
    };
    let target = file.target(asked.target.as_deref());
    let build = match target.and_then(|_| file.evaluate(&request).map_err(|fault| fault.what)) {
        Ok(build) => build,
        Err(what) => return json!({ "refused": what }),
    };
    let targets = (0..file.stages.len()).map(|stage| {
        let from = file.from(stage);
        json!([
            file.stages[stage].name,
            from.image.text,
            from.platform.as_ref().map(|word| &word.text),
        ])
    });
    let bases: BTreeSet<String> = build
        .named()
        .filter_map(|named| match named.source {
            Source::Image(image) => Some(full(image)),
            _ => None,
        })
        .collect();
    let mut args = Args::new(asked);
    args.stage(&build, build.target);
    json!({
        "targets": targets.collect::<Vec<_>>(),
        "bases": bases,
        "args": args.found,
    })
}

/// The args that a builder outlines: by name, all that they come to in the stages that see them; `null` cannot be told.
struct Args<'a> {
    passed: &'a IndexMap<Arc<str>, String>,
    found: IndexMap<String, Vec<Option<String>>>,
    seen: BTreeSet<usize>,
}

impl<'a> Args<'a> {
    fn new(asked: &'a Asked) -> Self {
        Args {
            passed: &asked.args,
            found: IndexMap::new(),
            seen: BTreeSet::new(),
        }
    }

    fn add(&mut self, name: &str, value: Option<&Expansion>) {
        let value = match value {
            Some(Expansion::Known(text)) => Some(text.to_string()),
            Some(Expansion::Unknown(_)) => None,
            None => Some(String::new()),
        };
        let values = self.found.entry(name.to_owned()).or_default();
        if !values.contains(&value) {
            values.push(value);
        }
    }

    /// An arg before the first FROM, with those that its default read.
    fn global(&mut self, build: &Build, name: &str) {
        let mut open = vec![name.to_owned()];
        let mut known = BTreeSet::new();
        while let Some(name) = open.pop() {
            if !known.insert(name.clone()) {
                continue;
            }
            for global in build.globals.iter().filter(|global| *global.name == *name) {
                self.add(&name, global.value.as_ref());
                open.extend(global.reads.iter().map(std::string::ToString::to_string));
            }
        }
    }

    fn stage(&mut self, build: &Build, index: usize) {
        if !self.seen.insert(index) {
            return;
        }
        for read in &build.standings[index].reads {
            self.global(build, read);
        }
        let Some(stage) = build.stages.iter().find(|stage| stage.index == index) else {
            return;
        };
        // What a stage says itself takes the place of what stands before the first FROM.
        let own = |name: &str| {
            let gives = |step| step_gives(step, name);
            self.passed.contains_key(name) || stage.steps.iter().any(gives)
        };
        let mut declared = Vec::new();
        for step in &stage.steps {
            if let Does::Args(args) = &step.does {
                declared.extend(args.iter().map(|(name, value)| (name, value, own(name))));
            }
        }
        for (name, value, own) in declared {
            let global = build.globals.iter().any(|global| global.name == *name);
            if !own {
                self.global(build, name);
            }
            // What every build has, and the file declares without a default, is not listed.
            let automatic = ["TARGET", "BUILD"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            if !automatic || global || own {
                self.add(name, value.as_ref());
            }
        }
        let base = std::iter::once(&build.standings[index].base);
        let sources = stage.steps.iter().flat_map(|step| &step.sources);
        for source in base.chain(sources) {
            if let Source::Stage(other) = source {
                self.stage(build, *other);
            }
        }
    }
}

/// Whether an ARG gives that name a default.
fn step_gives(step: &basematrix::dockerfile::Step, name: &str) -> bool {
    match &step.instruction.kind {
        basematrix::dockerfile::Operation::Arg(args) => args
            .iter()
            .any(|arg| arg.name.text == name && arg.value.is_some()),
        _ => false,
    }
}
