//! A build of a Dockerfile, as far as it can be told beforehand: its stages with what they stand on, and what each of
//! their instructions comes to.

use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::flags;
use crate::dockerfile::instruction::{
    Assignment, CommandLine as Line, Instruction, Operation, Word,
};
use crate::dockerfile::parse::Dockerfile;
use crate::dockerfile::rejection::Rejection;
use crate::dockerfile::runtime;
use crate::dockerfile::scope::{Expander, Global, Request, Scope, globals};
use crate::dockerfile::stages::{Command, Source, Standing, Taking, standings};
use crate::dockerfile::value::Expansion;
use crate::grammar::Target;

/// What is built for a target on a platform.
#[derive(Debug)]
pub struct Build {
    /// The stage that becomes the image, by its index.
    pub target: usize,
    /// The platform that is built for.
    pub platform: Expansion,
    /// The args before the first FROM, in order.
    pub globals: Vec<Global>,
    /// What each stage of the file stands on, built or not.
    pub standings: Vec<Standing>,
    /// The stages that are built, in the order of the file; the target among them.
    pub stages: Vec<Built>,
}

/// A stage that is built.
#[derive(Debug)]
pub struct Built {
    /// Its index in the file.
    pub index: usize,
    /// What its instructions do, in order; what ONBUILD of the stage below says comes first.
    pub steps: Vec<Step>,
    /// What its image is made to run; of what it stands on, where nothing here says.
    pub config: Config,
}

/// What an image runs. `None` is what the image outside of the file has that it stands on.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// `USER`.
    pub user: Option<Expansion>,
    /// `WORKDIR`, as it is written last.
    pub workdir: Option<Expansion>,
    /// `ENTRYPOINT`.
    pub entrypoint: Option<Line>,
    /// `CMD`.
    pub cmd: Option<Line>,
}

/// An instruction of a stage that is built.
#[derive(Debug)]
pub struct Step {
    /// The instruction.
    pub instruction: Arc<Instruction>,
    /// The stage whose ONBUILD it is.
    pub trigger_of: Option<usize>,
    /// What it takes from: of COPY and ADD one, of RUN one a mount, in order.
    pub sources: Vec<Source>,
    /// What its words come to.
    pub does: Does,
    /// Variables that the builder fills in for it. What a shell reads is not among them.
    pub reads: Vec<Arc<str>>,
}

/// What an instruction comes to, where variables are filled in by the builder.
#[derive(Debug)]
pub enum Does {
    /// Declares args, with what they come to; `None` has no value.
    Args(Vec<(Arc<str>, Option<Expansion>)>),
    /// Sets variables of the environment.
    Env(Vec<(Arc<str>, Expansion)>),
    /// Sets labels.
    Labels(Vec<(Expansion, Expansion)>),
    /// Takes these to there.
    Takes(Vec<(Word, Expansion)>, Expansion),
    /// Mounts these, with what their fields come to, in order; `None` is a field without a value.
    Mounts(Vec<Vec<Option<Expansion>>>),
    /// One word: of USER, WORKDIR and STOPSIGNAL.
    Word(Expansion),
    /// Words: of VOLUME and EXPOSE.
    Words(Vec<Expansion>),
    /// Nothing that the builder fills in.
    AsWritten,
}

/// An image outside of the file that a build takes from.
#[derive(Debug)]
pub struct Named<'a> {
    /// The stage that takes it, by its index.
    pub stage: usize,
    /// How.
    pub by: NamedBy,
    /// What it is: [`Source::Image`] or [`Source::Unknown`].
    pub source: &'a Source,
    /// The bytes that name it.
    pub span: Range<usize>,
    /// The platform it is taken for.
    pub platform: &'a Expansion,
}

/// How a build takes an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedBy {
    /// A stage stands on it.
    From,
    /// `COPY --from`.
    Copy,
    /// `RUN --mount=from`.
    Mount,
}

impl Dockerfile {
    /// The stage that a target means: by name, else the last.
    ///
    /// # Errors
    /// When no stage has that name.
    pub fn target(&self, target: Option<&str>) -> Result<usize, String> {
        match target.filter(|target| !target.is_empty()) {
            None => Ok(self.stages.len() - 1),
            Some(name) => self
                .stage_named(name)
                .ok_or_else(|| format!("it has no stage `{}`", name.escape_debug())),
        }
    }

    /// What is built for a request. A target that is not there is the last stage: who asks has been told.
    ///
    /// # Errors
    /// When BuildKit refuses to build that.
    pub fn evaluate(&self, request: &Request<'_>) -> Result<Build, Rejection> {
        let mut expander = Expander::of(self);
        let platform =
            Target::parse(request.platform).map_err(|what| Rejection::new(what, 0..0))?;
        let (scope, globals) = globals(self, request, &mut expander)?;
        let standings = standings(self, &platform, &scope, &mut expander)?;
        let taking = Taking::new(self)?;
        let last = self.stages.len() - 1;
        let target = self.target(request.target).unwrap_or(last);
        let (built, mut commands) = taking.reachable(target, &standings)?;
        let mut stages: Vec<Built> = Vec::new();
        let mut scopes: Vec<Scope> = Vec::new();
        for index in built {
            let below = match standings[index].base {
                Source::Stage(below) => stages.iter().position(|stage| stage.index == below),
                _ => None,
            };
            let mut stage = Stage {
                request,
                globals: &scope,
                expander: &mut expander,
                scope: match (below, &standings[index].base) {
                    (Some(below), _) => scopes[below].clone(),
                    (None, Source::Scratch) => Scope::of_scratch(),
                    (None, _) => Scope::of_image(),
                },
                config: match (below, &standings[index].base) {
                    (Some(below), _) => stages[below].config.clone(),
                    (None, Source::Scratch) => Config::of_scratch(),
                    (None, _) => Config::default(),
                },
                own_cmd: false,
            };
            let mut steps = Vec::new();
            for command in std::mem::take(&mut commands[index]) {
                steps.push(stage.step(command)?);
            }
            let (scope, config) = (stage.scope, stage.config);
            scopes.push(scope);
            stages.push(Built {
                index,
                steps,
                config,
            });
        }
        Ok(Build {
            target,
            platform: Expansion::Known(platform.to_string().into()),
            globals,
            standings,
            stages,
        })
    }
}

impl Build {
    /// The stage that becomes the image.
    pub fn last(&self) -> Option<&Built> {
        self.stages.iter().find(|stage| stage.index == self.target)
    }

    /// Every image outside of the file that is taken, once a place, by stage.
    pub fn named(&self) -> impl Iterator<Item = Named<'_>> {
        let outside = |source: &Source| matches!(source, Source::Image(_) | Source::Unknown(_));
        self.stages.iter().flat_map(move |stage| {
            let standing = &self.standings[stage.index];
            let base = std::iter::once(Named {
                stage: stage.index,
                by: NamedBy::From,
                source: &standing.base,
                span: standing.span.clone(),
                platform: &standing.platform,
            });
            let taken = stage.steps.iter().flat_map(move |step| {
                let (by, spans): (_, Vec<_>) = match &step.instruction.kind {
                    Operation::Copy(copy) => (
                        NamedBy::Copy,
                        vec![copy.from.as_ref().map(|from| from.span.clone())],
                    ),
                    Operation::Run(_, mounts) => {
                        let from = |m: &crate::dockerfile::Mount| {
                            m.from.as_ref().map(|from| from.span.clone())
                        };
                        (NamedBy::Mount, mounts.iter().map(from).collect())
                    }
                    _ => (NamedBy::From, Vec::new()),
                };
                let taken = step.sources.iter().zip(spans);
                taken.filter_map(move |(source, span)| {
                    Some(Named {
                        stage: stage.index,
                        by,
                        source,
                        span: span?,
                        // Taken for the platform that is built for, whatever the stage stands on.
                        platform: &self.platform,
                    })
                })
            });
            base.chain(taken).filter(move |named| outside(named.source))
        })
    }
}

impl Config {
    /// Of `scratch`.
    fn of_scratch() -> Self {
        Config {
            user: Some(Expansion::from("")),
            workdir: Some(Expansion::from("/")),
            entrypoint: Some(Line::Exec(Vec::new())),
            cmd: Some(Line::Exec(Vec::new())),
        }
    }
}

/// A stage while its instructions are gone through.
struct Stage<'a, 'r> {
    request: &'a Request<'r>,
    globals: &'a Scope,
    expander: &'a mut Expander,
    scope: Scope,
    config: Config,
    /// Whether a CMD of the stage itself came already.
    own_cmd: bool,
}

impl Stage<'_, '_> {
    fn step(&mut self, command: Command) -> Result<Step, Rejection> {
        let mut reads = Vec::new();
        let does = self.does(&command.instruction, &mut reads)?;
        Ok(Step {
            instruction: command.instruction,
            trigger_of: command.trigger_of,
            sources: command.sources,
            does,
            reads,
        })
    }

    fn value(&mut self, word: &Word, reads: &mut Vec<Arc<str>>) -> Result<Expansion, Rejection> {
        let expanded = self.expander.word(word, &self.scope)?;
        for name in expanded.read {
            if !reads.contains(&name) {
                reads.push(name);
            }
        }
        Ok(expanded.value)
    }

    fn values(
        &mut self,
        words: &[Word],
        reads: &mut Vec<Arc<str>>,
    ) -> Result<Vec<Expansion>, Rejection> {
        words.iter().map(|word| self.value(word, reads)).collect()
    }

    fn pairs(
        &mut self,
        pairs: &[Assignment],
        reads: &mut Vec<Arc<str>>,
    ) -> Result<Vec<(Expansion, Expansion)>, Rejection> {
        let mut found = Vec::new();
        for Assignment { name, value } in pairs {
            let name = self.value(name, reads)?;
            let value = match value {
                Some(value) => self.value(value, reads)?,
                None => Expansion::from(""),
            };
            found.push((name, value));
        }
        Ok(found)
    }

    fn does(
        &mut self,
        instruction: &Instruction,
        reads: &mut Vec<Arc<str>>,
    ) -> Result<Does, Rejection> {
        Ok(match &instruction.kind {
            Operation::Arg(assignments) => {
                let mut args = Vec::new();
                for Assignment { name, value } in assignments {
                    let key: Arc<str> = name.text.as_str().into();
                    let value = match (self.request.args.get(&*key), value) {
                        (Some(passed), _) => Some(Expansion::from(passed.as_str())),
                        (None, Some(default)) => Some(self.value(default, reads)?),
                        (None, None) => {
                            use crate::dockerfile::expand::Variables;
                            self.globals.get(&key).map(|value| value.into_owned())
                        }
                    };
                    if let Some(value) = &value {
                        self.scope.set(key.clone(), value.clone());
                    }
                    args.push((key, value));
                }
                Does::Args(args)
            }
            Operation::Env(assignments) => {
                let mut set = Vec::new();
                for (name, value) in self.pairs(assignments, reads)? {
                    if let Expansion::Known(name) = name {
                        set.push((name, value));
                    }
                }
                for (name, value) in &set {
                    self.scope.set(name.clone(), value.clone());
                }
                Does::Env(set)
            }
            Operation::Label(assignments) => Does::Labels(self.pairs(assignments, reads)?),
            Operation::Copy(transfer) | Operation::Add(transfer) => {
                for name in ["chown", "chmod", "checksum"] {
                    if let Some(word) = instruction.flag(name).and_then(|flag| flag.word()) {
                        self.value(&word, reads)?;
                    }
                }
                let mut taken = Vec::new();
                for source in &transfer.sources {
                    let value = self.value(source, reads)?;
                    let is_url =
                        |text: &str| ["http://", "https://"].iter().any(|s| text.starts_with(s));
                    if matches!(instruction.kind, Operation::Copy(_))
                        && value.known().is_some_and(is_url)
                    {
                        return Err(Rejection::new(
                            "COPY takes no URL, ADD does",
                            source.span.clone(),
                        ));
                    }
                    taken.push((source.clone(), value));
                }
                Does::Takes(taken, self.value(&transfer.destination, reads)?)
            }
            Operation::Run(_, mounts) => {
                let flags = instruction.flags.iter().filter(|flag| flag.name == "mount");
                let mut mounted = Vec::new();
                for (mount, flag) in mounts.iter().zip(flags) {
                    let mut values = Vec::new();
                    for (name, value) in &mount.fields {
                        let word = value.as_ref().map(|text| flag.part(0, text));
                        let value = match word {
                            Some(word) => Some(self.value(&word, reads)?),
                            None => None,
                        };
                        flags::field(flag, name, value.as_ref().map(Expansion::known))?;
                        values.push(value);
                    }
                    mounted.push(values);
                }
                Does::Mounts(mounted)
            }
            Operation::User(word) => {
                let value = self.value(word, reads)?;
                self.config.user = Some(value.clone());
                Does::Word(value)
            }
            Operation::Workdir(word) => {
                let value = self.value(word, reads)?;
                self.config.workdir = Some(value.clone());
                Does::Word(value)
            }
            Operation::Stopsignal(word) => {
                let value = self.value(word, reads)?;
                if let Some(text) = value.known().filter(|text| !runtime::is_signal(text)) {
                    let what = format!("`{}` is no signal", text.escape_debug());
                    return Err(Rejection::new(what, word.span.clone()));
                }
                Does::Word(value)
            }
            Operation::Volume(words) => Does::Words(self.values(words, reads)?),
            Operation::Expose(words) => {
                let values = self.values(words, reads)?;
                for (word, value) in words.iter().zip(&values) {
                    // What a variable comes to may be several ports, or none.
                    for text in value.known().unwrap_or_default().split_whitespace() {
                        let fault = |what| Rejection::new(what, word.span.clone());
                        runtime::port(text).map_err(fault)?;
                    }
                }
                Does::Words(values)
            }
            Operation::Cmd(line) => {
                self.own_cmd = true;
                self.config.cmd = Some(line.clone());
                Does::AsWritten
            }
            Operation::Entrypoint(line) => {
                self.config.entrypoint = Some(line.clone());
                // A command that was meant for another entrypoint does not pass on.
                if !self.own_cmd {
                    self.config.cmd = Some(Line::Exec(Vec::new()));
                }
                Does::AsWritten
            }
            Operation::From(_)
            | Operation::Healthcheck(_)
            | Operation::Maintainer(_)
            | Operation::Onbuild(_)
            | Operation::Shell(_) => Does::AsWritten,
        })
    }
}
