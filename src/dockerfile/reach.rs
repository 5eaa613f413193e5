//! Whether an arg that is passed arrives: which instruction of what is built sees it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::evaluate::{Build, Does, Step};
use crate::dockerfile::instruction::{Command, Instruction, Kind};
use crate::dockerfile::parse::Dockerfile;
use crate::dockerfile::stages::Source;

/// Where an arg is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Declared {
    /// Before the first FROM, where only FROM sees it.
    Global,
    /// In this stage, which is built.
    Built(usize),
    /// In this stage, which is not built.
    Unbuilt(usize),
}

/// How far an arg gets.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Where it is declared, and the bytes of its name there, in order.
    pub declared: Vec<(Declared, Range<usize>)>,
    /// Instructions of what is built that take its value: FROM, what the builder fills in, RUN where a command names it.
    pub used: Vec<Range<usize>>,
    /// RUNs of what is built that have it in their environment and do not name it: a script may still read it.
    pub exposed: Vec<Range<usize>>,
    /// Instructions of what is built that name it where it has no value, or not that of the arg.
    pub missed: Vec<Range<usize>>,
}

impl Build {
    /// How far the arg `name` gets in a build of `file`, whose text is `text`.
    pub fn reach(&self, file: &Dockerfile, text: &str, name: &str) -> Reach {
        let mut reach = Reach {
            declared: self.declared(file, name),
            ..Reach::default()
        };
        self.follow(file, text, name, &mut reach, &mut BTreeSet::new());
        for spans in [&mut reach.used, &mut reach.exposed, &mut reach.missed] {
            spans.sort_by_key(|span| (span.start, span.end));
            spans.dedup();
        }
        reach
    }

    fn declared(&self, file: &Dockerfile, name: &str) -> Vec<(Declared, Range<usize>)> {
        let mut found = Vec::new();
        let globals = file.globals().iter().map(|one| (Declared::Global, one));
        let staged = (0..file.stages.len()).flat_map(|stage| {
            let built = self.stages.iter().any(|built| built.index == stage);
            let declared = match built {
                true => Declared::Built(stage),
                false => Declared::Unbuilt(stage),
            };
            file.body(stage).iter().map(move |one| (declared, one))
        });
        for (declared, instruction) in globals.chain(staged) {
            if let Kind::Arg(assignments) = &instruction.kind {
                let named = assignments.iter().filter(|one| one.name.text == name);
                found.extend(named.map(|one| (declared, one.name.span.clone())));
            }
        }
        found
    }

    fn follow(
        &self,
        file: &Dockerfile,
        text: &str,
        name: &str,
        reach: &mut Reach,
        seen: &mut BTreeSet<String>,
    ) {
        if !seen.insert(name.to_owned()) {
            return;
        }
        let reads = |names: &[Arc<str>]| names.iter().any(|read| **read == *name);
        let mut passed_on = BTreeSet::new();
        for global in self.globals.iter().filter(|global| reads(&global.reads)) {
            passed_on.insert(global.name.clone());
        }
        // Whether the environment has it at the end of each stage that is built.
        let mut ends: Vec<(usize, bool)> = Vec::new();
        for stage in &self.stages {
            let standing = &self.standings[stage.index];
            let declared = self.globals.iter().any(|global| *global.name == *name);
            if declared && reads(&standing.reads) {
                reach.used.push(
                    file.instructions[file.stages[stage.index].from]
                        .span
                        .clone(),
                );
            }
            let mut here = match standing.base {
                Source::Stage(below) => ends.iter().any(|(index, end)| *index == below && *end),
                _ => false,
            };
            for step in &stage.steps {
                here = self.look(step, text, name, here, reach, &mut passed_on);
            }
            ends.push((stage.index, here));
        }
        for other in passed_on {
            // Of what it is passed on to, only that it is used counts.
            let mut further = Reach::default();
            self.follow(file, text, &other, &mut further, seen);
            reach.used.extend(further.used);
            reach.exposed.extend(further.exposed);
        }
    }

    /// Goes past one instruction; whether the environment has the arg behind it.
    fn look(
        &self,
        step: &Step,
        text: &str,
        name: &str,
        here: bool,
        reach: &mut Reach,
        passed_on: &mut BTreeSet<Arc<str>>,
    ) -> bool {
        let instruction = &step.instruction;
        let span = || instruction.span.clone();
        let read = step.reads.iter().any(|read| **read == *name);
        match &step.does {
            Does::Args(args) => {
                if read && here {
                    passed_on.extend(args.iter().map(|(arg, _)| arg.clone()));
                }
                passed_on.remove(name);
                here || args.iter().any(|(arg, _)| **arg == *name)
            }
            _ if here && read => {
                reach.used.push(span());
                !sets(&step.does, name)
            }
            _ if here => {
                match (&instruction.kind, names(instruction, text, name)) {
                    (Kind::Run(..), true) => reach.used.push(span()),
                    (Kind::Run(..), false) => reach.exposed.push(span()),
                    _ => {}
                }
                !sets(&step.does, name)
            }
            _ => {
                if matches!(
                    instruction.kind,
                    Kind::Run(..)
                        | Kind::Copy(_)
                        | Kind::Add(_)
                        | Kind::Env(_)
                        | Kind::Label(_)
                        | Kind::User(_)
                        | Kind::Workdir(_)
                ) && names(instruction, text, name)
                {
                    reach.missed.push(span());
                }
                false
            }
        }
    }
}

/// Whether an ENV takes the place of the arg from here on.
fn sets(does: &Does, name: &str) -> bool {
    matches!(does, Does::Env(set) if set.iter().any(|(key, _)| **key == *name))
}

/// Whether an instruction names a variable, as a word of its own: in its line or in its here-documents.
fn names(instruction: &Instruction, text: &str, name: &str) -> bool {
    let alone = |c: Option<char>| c.is_none_or(|c| !(c.is_alphanumeric() || c == '_'));
    let within = |text: &str| {
        let mut found = text.match_indices(name);
        found.any(|(at, _)| {
            alone(text[..at].chars().next_back()) && alone(text[at + name.len()..].chars().next())
        })
    };
    let line = match &instruction.kind {
        Kind::Run(Command::Shell(line), _) => within(&line.text),
        Kind::Run(Command::Exec(words), _) => words.iter().any(|word| within(&word.text)),
        _ => within(&text[instruction.span.clone()]),
    };
    line || instruction
        .heredocs
        .iter()
        .any(|doc| within(&text[doc.body.clone()]))
}
