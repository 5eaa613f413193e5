//! What each stage stands on, where it takes from, and which stages a target needs.
//!
//! Source: `buildDispatchStates`, `toCommand`, `initOnBuildTriggers` and `allReachableStages` in
//! `frontend/dockerfile/dockerfile2llb/convert.go` of BuildKit.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::instruction::{Instruction, Operation, Word};
use crate::dockerfile::parse::Dockerfile;
use crate::dockerfile::reference;
use crate::dockerfile::rejection::Rejection;
use crate::dockerfile::scope::{Expander, Scope};
use crate::dockerfile::value::{Expansion, Unknown};
use crate::grammar::Target;

/// What something is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The build context.
    Context,
    /// A stage of the file, by its index.
    Stage(usize),
    /// `scratch`: nothing.
    Scratch,
    /// An image outside of the file, as its reference is written once all is filled in.
    Image(Arc<str>),
    /// Stage or image cannot be told.
    Unknown(Unknown),
}

/// What a stage stands on.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The stage or image behind FROM.
    pub base: Source,
    /// The bytes that name it.
    pub span: Range<usize>,
    /// The platform it is for.
    pub platform: Expansion,
    /// The `--platform` that says so: its own, or of the stage it stands on. None is the platform that is built for.
    pub platform_by: Option<Word>,
    /// Variables that FROM and its `--platform` read.
    pub reads: Vec<Arc<str>>,
}

/// What an instruction that a stage runs is, and where it is from.
#[derive(Clone, Debug)]
pub(super) struct Command {
    /// The instruction.
    pub instruction: Arc<Instruction>,
    /// The stage whose ONBUILD it is.
    pub trigger_of: Option<usize>,
    /// What it takes from: of COPY one, of RUN one a mount, in order.
    pub sources: Vec<Source>,
}

/// What every stage stands on, in order.
///
/// # Errors
/// When BuildKit refuses one, built or not.
pub(super) fn standings(
    file: &Dockerfile,
    target: &Target,
    scope: &Scope,
    expander: &mut Expander,
) -> Result<Vec<Standing>, Rejection> {
    let mut standings: Vec<Standing> = Vec::new();
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (index, stage) in file.stages.iter().enumerate() {
        let from = file.from(index);
        let mut reads = Vec::new();
        let image = expander.word(&from.image, scope)?;
        reads.extend(image.read);
        let base = match image.value {
            Expansion::Unknown(unknown) => Source::Unknown(unknown),
            Expansion::Known(text) if text.is_empty() => {
                let what = match image.unset.first() {
                    Some(name) => format!(
                        "`{}` names nothing: `{name}` has no value before the first `FROM`",
                        from.image.text.escape_debug()
                    ),
                    None => format!("`{}` names nothing", from.image.text.escape_debug()),
                };
                return Err(Rejection::new(what, from.image.span.clone()));
            }
            Expansion::Known(text) => match named.get(&*text) {
                Some(stage) => Source::Stage(*stage),
                None => outside(&text, &from.image)?,
            },
        };
        let mut platform = Expansion::Known(target.to_string().into());
        let mut platform_by = None;
        if let Some(word) = &from.platform {
            let expanded = expander.word(word, scope)?;
            reads.extend(expanded.read);
            let fault = |what: String| Rejection::new(what, word.span.clone());
            platform = match expanded.value {
                Expansion::Known(text) if text.is_empty() => {
                    return Err(fault(format!(
                        "`{}` names no platform",
                        word.text.escape_debug()
                    )));
                }
                Expansion::Known(text) => {
                    let parsed = Target::parse(&text).map_err(fault)?;
                    Expansion::Known(parsed.to_string().into())
                }
                unknown => unknown,
            };
            platform_by = Some(word.clone());
        }
        match &base {
            Source::Stage(on) => {
                platform = standings[*on].platform.clone();
                platform_by = standings[*on].platform_by.clone();
            }
            Source::Scratch => {
                platform = Expansion::Known(target.to_string().into());
                platform_by = None;
            }
            _ => {}
        }
        standings.push(Standing {
            base,
            span: from.image.span.clone(),
            platform,
            platform_by,
            reads,
        });
        if let Some(name) = &stage.name {
            named.insert(name, index);
        }
    }
    Ok(standings)
}

fn outside(text: &Arc<str>, word: &Word) -> Result<Source, Rejection> {
    if **text == *"scratch" {
        return Ok(Source::Scratch);
    }
    match reference::fault(text) {
        Some(what) => Err(Rejection::new(what, word.span.clone())),
        None => Ok(Source::Image(text.clone())),
    }
}

/// What the instructions of every stage take from, while it is being told. What is no stage is one to the builder too, behind
/// those of the file, and `--from` may mean it by its number. Source: `buildStageDependencyGraph` and `detectRunMount` of
/// moby/buildkit, frontend/dockerfile/dockerfile2llb.
pub(super) struct Taking<'a> {
    file: &'a Dockerfile,
    /// What is taken that is no stage of the file, in the order of the instructions.
    others: Vec<Source>,
    /// The instructions of each stage.
    commands: Vec<Vec<Command>>,
}

impl<'a> Taking<'a> {
    /// What the instructions of each stage itself take.
    ///
    /// # Errors
    /// When BuildKit refuses one, built or not, or stages take from each other in a circle.
    pub(super) fn new(file: &'a Dockerfile) -> Result<Self, Rejection> {
        let mut taking = Taking {
            file,
            others: Vec::new(),
            commands: Vec::new(),
        };
        for index in 0..file.stages.len() {
            let commands = file.body(index).iter();
            let commands = commands.map(|instruction| taking.command(instruction, None));
            let commands = commands.collect::<Result<_, _>>()?;
            taking.commands.push(commands);
        }
        let takes = |stage: usize| stages_of(&taking.commands[stage]);
        match circle(file.stages.len(), &takes) {
            Some(stage) => Err(Rejection::new(
                "the stage needs itself",
                file.from(stage).image.span.clone(),
            )),
            None => Ok(taking),
        }
    }

    /// The stages that `target` needs, itself among them, in order, with their instructions by stage. What ONBUILD of the
    /// stage below says comes first in each.
    ///
    /// # Errors
    /// When BuildKit refuses what ONBUILD says, or one that is built takes from a later one.
    pub(super) fn reachable(
        mut self,
        target: usize,
        standings: &[Standing],
    ) -> Result<(Vec<usize>, Vec<Vec<Command>>), Rejection> {
        let mut taken = vec![false; standings.len()];
        let mut open = vec![target];
        while let Some(stage) = open.pop() {
            if std::mem::replace(&mut taken[stage], true) {
                continue;
            }
            if let Source::Stage(below) = standings[stage].base {
                open.push(below);
                let triggers = self.triggers(below)?;
                self.commands[stage].splice(0..0, triggers);
            }
            open.extend(stages_of(&self.commands[stage]));
        }
        let built: Vec<usize> = (0..taken.len()).filter(|stage| taken[*stage]).collect();
        for stage in &built {
            for command in &self.commands[*stage] {
                let place = || command.instruction.keyword.clone();
                for source in &command.sources {
                    match source {
                        Source::Stage(other) if other > stage => {
                            let what = "it takes from a stage that begins only later";
                            return Err(Rejection::new(what, place()));
                        }
                        // By ONBUILD of the stage below. The builder does not refuse it, but breaks down over it.
                        Source::Stage(other) if other == stage => {
                            return Err(Rejection::new("the stage needs itself", place()));
                        }
                        _ => {}
                    }
                }
            }
        }
        Ok((built, self.commands))
    }

    /// What ONBUILD of a stage says.
    fn triggers(&mut self, below: usize) -> Result<Vec<Command>, Rejection> {
        let mut triggers = Vec::new();
        for instruction in self.file.body(below) {
            if let Operation::Onbuild(inner) = &instruction.kind {
                triggers.push(self.command(&inner.clone()?, Some(below))?);
            }
        }
        Ok(triggers)
    }

    fn command(
        &mut self,
        instruction: &Arc<Instruction>,
        trigger_of: Option<usize>,
    ) -> Result<Command, Rejection> {
        Ok(Command {
            instruction: instruction.clone(),
            trigger_of,
            sources: self.sources(instruction)?,
        })
    }

    fn sources(&mut self, instruction: &Instruction) -> Result<Vec<Source>, Rejection> {
        match &instruction.kind {
            Operation::Copy(transfer) => match &transfer.from {
                Some(from) => Ok(vec![self.copied(from)?]),
                None => Ok(vec![Source::Context]),
            },
            Operation::Add(_) => Ok(vec![Source::Context]),
            Operation::Run(_, mounts) => {
                let mounts = mounts.iter().map(|mount| match &mount.from {
                    Some(from) => self.named(from),
                    None => {
                        // Whatever its type, it is counted as one of nothing.
                        if self.file.stage_named("scratch").is_none() {
                            self.others.push(Source::Scratch);
                        }
                        Ok(Source::Context)
                    }
                });
                mounts.collect()
            }
            _ => Ok(Vec::new()),
        }
    }

    fn copied(&mut self, from: &Word) -> Result<Source, Rejection> {
        let escape = self.file.directives.escape();
        if from.text.contains(['$', '\'', '"', escape]) {
            return Err(Rejection::new(
                "`--from` takes no variables: name a stage that stands on the image",
                from.span.clone(),
            ));
        }
        let Ok(number) = from.text.parse::<i64>() else {
            return self.named(from);
        };
        let stages = self.file.stages.len();
        let meant = match usize::try_from(number) {
            Ok(number) if number < stages => Some(Source::Stage(number)),
            Ok(number) => self.others.get(number - stages).cloned(),
            Err(_) => None,
        };
        meant
            .ok_or_else(|| Rejection::new(format!("there is no stage {number}"), from.span.clone()))
    }

    fn named(&mut self, word: &Word) -> Result<Source, Rejection> {
        if let Some(stage) = self.file.stage_named(&word.text) {
            return Ok(Source::Stage(stage));
        }
        let source = outside(&word.text.as_str().into(), word)?;
        self.others.push(source.clone());
        Ok(source)
    }
}

/// The stages among what instructions take from.
fn stages_of(commands: &[Command]) -> impl Iterator<Item = usize> {
    let sources = commands.iter().flat_map(|command| &command.sources);
    sources.filter_map(|source| match source {
        Source::Stage(stage) => Some(*stage),
        _ => None,
    })
}

/// A stage on a circle of needs.
fn circle<I: Iterator<Item = usize>>(count: usize, needs: &dyn Fn(usize) -> I) -> Option<usize> {
    let mut left: Vec<usize> = (0..count).map(|stage| needs(stage).count()).collect();
    let mut needed_by: Vec<Vec<usize>> = vec![Vec::new(); count];
    for stage in 0..count {
        for on in needs(stage) {
            needed_by[on].push(stage);
        }
    }
    let mut free: Vec<usize> = (0..count).filter(|stage| left[*stage] == 0).collect();
    let mut freed = 0;
    while let Some(stage) = free.pop() {
        freed += 1;
        for other in &needed_by[stage] {
            left[*other] -= 1;
            if left[*other] == 0 {
                free.push(*other);
            }
        }
    }
    (freed < count).then(|| (0..count).find(|stage| left[*stage] > 0))?
}
