//! Whether an arg that is passed arrives: which instruction of what is built sees it.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::evaluate::{Build, Config, Does, Step};
use crate::dockerfile::instruction::{CommandLine, Instruction, Operation};
use crate::dockerfile::naming::{expands, fills_in, names, reads, reads_alone, said, sets, spells};
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
    /// By ONBUILD of this stage, which no stage that is built stands on: for what is built on the image.
    Later(usize),
}

/// Why an instruction that names an arg does not see its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// The stage has no such arg there.
    Undeclared,
    /// An ENV took its place: the bytes of that.
    Env(Range<usize>),
    /// It runs when the image does, and no build arg is in the environment then.
    RunTime,
    /// The builder takes it as it is written: it is escaped, or in a here-document whose end is quoted.
    AsWritten,
    /// It is the default of another arg, which is passed itself.
    Default,
}

/// An instruction that names an arg and does not see its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// Its bytes.
    pub span: Range<usize>,
    /// Why.
    pub why: Lack,
    /// Whether it cannot but mean the arg: it reads a variable of that name, which nothing beside it sets.
    pub sure: bool,
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
    pub missed: Vec<Missed>,
}

impl Build {
    /// How far the arg `name` gets in a build of `file`, whose text is `text`.
    pub fn reach(&self, file: &Dockerfile, text: &str, name: &str) -> Reach {
        let mut reach = Reach {
            declared: self.declared(file, name),
            ..Reach::default()
        };
        self.follow(file, text, name, &mut reach, &mut BTreeSet::new());
        for spans in [&mut reach.used, &mut reach.exposed] {
            spans.sort_by_key(|span| (span.start, span.end));
            spans.dedup();
        }
        reach
            .missed
            .sort_by_key(|one| (one.span.start, one.span.end));
        reach.missed.dedup_by(|a, b| a.span == b.span);
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
            let (declared, kind) = match (&instruction.kind, declared) {
                (
                    Operation::Onbuild(Ok(inner)),
                    Declared::Built(stage) | Declared::Unbuilt(stage),
                ) => {
                    let mut steps = self.stages.iter().flat_map(|built| &built.steps);
                    let declared = match steps.any(|step| step.trigger_of == Some(stage)) {
                        true => Declared::Built(stage),
                        false => Declared::Later(stage),
                    };
                    (declared, &inner.kind)
                }
                (kind, declared) => (declared, kind),
            };
            if let Operation::Arg(assignments) = kind {
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
        // What the environment has by its name at the end of each stage that is built.
        let mut ends: Vec<(usize, Here)> = Vec::new();
        let lineage = self.lineage();
        let config = self.last().map(|last| &last.config);
        for stage in &self.stages {
            let standing = &self.standings[stage.index];
            if reads(&standing.reads) {
                let from = &file.instructions[file.stages[stage.index].from];
                reach.used.push(from.span.clone());
            }
            let below = |below: usize| ends.iter().find(|(index, _)| *index == below);
            let here = match standing.base {
                Source::Stage(index) => below(index).map(|(_, end)| end.clone()),
                _ => None,
            };
            let mut look = Look {
                text,
                name,
                runs: config.filter(|_| lineage.contains(&stage.index)),
                here: here.unwrap_or(Here::Nothing),
                reach: &mut *reach,
                passed_on: &mut passed_on,
            };
            for step in &stage.steps {
                look.step(step);
            }
            ends.push((stage.index, look.here));
        }
        for other in passed_on {
            // Of what it is passed on to, only that it is used counts.
            let mut further = Reach::default();
            self.follow(file, text, &other, &mut further, seen);
            reach.used.extend(further.used);
            reach.exposed.extend(further.exposed);
        }
    }

    /// The stage that becomes the image, and those that it stands on, down to the lowest.
    pub fn lineage(&self) -> Vec<usize> {
        let mut found = vec![self.target];
        while let Some(Source::Stage(below)) = found.last().map(|at| &self.standings[*at].base) {
            found.push(*below);
        }
        found
    }

    /// The args that FROM of a stage and its `--platform` read, with those that their defaults read.
    pub fn read_by_from(&self, stage: usize) -> Vec<Arc<str>> {
        let mut names = self.standings[stage].reads.clone();
        let mut next = 0;
        while let Some(name) = names.get(next).cloned() {
            next += 1;
            let defaults = self.globals.iter().filter(|global| global.name == name);
            for read in defaults.flat_map(|global| &global.reads) {
                if !names.contains(read) {
                    names.push(read.clone());
                }
            }
        }
        names
    }
}

/// What the environment of a stage has by the name of an arg.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Here {
    /// Nothing that the file says.
    Nothing,
    /// What is passed.
    Passed,
    /// What this ENV says.
    Env(Range<usize>),
}

/// A stage while its instructions are gone through.
struct Look<'a> {
    text: &'a str,
    name: &'a str,
    /// What the image runs, where the stage becomes it, or what it stands on.
    runs: Option<&'a Config>,
    here: Here,
    reach: &'a mut Reach,
    passed_on: &'a mut BTreeSet<Arc<str>>,
}

impl Look<'_> {
    /// Goes past one instruction.
    fn step(&mut self, step: &Step) {
        let instruction = &*step.instruction;
        let name = self.name;
        let read = step.reads.iter().any(|read| **read == *name);
        let passed = self.here == Here::Passed;
        match &step.does {
            Does::Args(args) => {
                if read && passed {
                    self.passed_on
                        .extend(args.iter().map(|(arg, _)| arg.clone()));
                } else if let Operation::Arg(assignments) = &instruction.kind {
                    let defaults = assignments.iter().filter_map(|one| one.value.as_ref());
                    let mut defaults = defaults.filter(|default| reads(&default.text, name));
                    if defaults.next().is_some() {
                        let why = self.lack(Lack::Default);
                        self.miss(instruction, why, false);
                    }
                }
                self.passed_on.remove(name);
                if args.iter().any(|(arg, _)| **arg == *name) {
                    self.here = Here::Passed;
                }
            }
            does => {
                match &instruction.kind {
                    Operation::Cmd(command)
                    | Operation::Entrypoint(command)
                    | Operation::Healthcheck(Some(command)) => {
                        self.at_run_time(instruction, command);
                    }
                    Operation::Run(..) if passed => {
                        let spans = match read || names(instruction, self.text, name) {
                            true => &mut self.reach.used,
                            false => &mut self.reach.exposed,
                        };
                        spans.push(instruction.span.clone());
                    }
                    kind if fills_in(kind) && passed => {
                        if read || expands(instruction, self.text, name) {
                            self.reach.used.push(instruction.span.clone());
                        } else if spells(instruction, self.text, name) {
                            self.miss(instruction, Lack::AsWritten, false);
                        }
                    }
                    kind => {
                        let named = match kind {
                            Operation::Run(..) => names(instruction, self.text, name),
                            kind => fills_in(kind) && spells(instruction, self.text, name),
                        };
                        if named {
                            let why = self.lack(Lack::AsWritten);
                            let sure = reads_alone(instruction, self.text, name);
                            self.miss(instruction, why, sure);
                        }
                    }
                }
                if matches!(does, Does::Env(set) if set.iter().any(|(key, _)| **key == *name)) {
                    self.here = Here::Env(instruction.span.clone());
                }
            }
        }
    }

    /// Why what names it here lacks it; `passed` where it is there.
    fn lack(&self, passed: Lack) -> Lack {
        match &self.here {
            Here::Nothing => Lack::Undeclared,
            Here::Passed => passed,
            Here::Env(span) => Lack::Env(span.clone()),
        }
    }

    /// Notes that an instruction names it in vain.
    fn miss(&mut self, instruction: &Instruction, why: Lack, sure: bool) {
        self.reach.missed.push(Missed {
            span: instruction.span.clone(),
            sure: sure && why == Lack::Undeclared,
            why,
        });
    }

    /// Goes past a command that the image runs.
    fn at_run_time(&mut self, instruction: &Instruction, command: &CommandLine) {
        let runs = self.runs.is_some_and(|config| {
            let shown = matches!(instruction.kind, Operation::Healthcheck(_));
            shown || [&config.cmd, &config.entrypoint].contains(&&Some(command.clone()))
        });
        // One that an ENV sets is there.
        if !runs || matches!(self.here, Here::Env(_)) {
            return;
        }
        // One with a default is looked for wherever the image runs.
        let defaults = ["-", ":-", "=", ":="].map(|mark| format!("${{{}{mark}", self.name));
        let said = said(command, instruction, self.text);
        let any = |test: &dyn Fn(&str) -> bool| said.iter().any(|text| test(text));
        if any(&|text| reads(text, self.name))
            && !any(&|text| sets(text, self.name))
            && !any(&|text| defaults.iter().any(|default| text.contains(default)))
        {
            self.reach.missed.push(Missed {
                span: instruction.span.clone(),
                why: Lack::RunTime,
                // Without its ARG the image may be meant to be told by who runs it.
                sure: self.here == Here::Passed,
            });
        }
    }
}
