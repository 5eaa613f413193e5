//! What each stage stands on, where it takes from, and which stages a target needs.
//!
//! Source: `buildDispatchStates`, `toCommand`, `initOnBuildTriggers` and `allReachableStages` in
//! `frontend/dockerfile/dockerfile2llb/convert.go` of BuildKit.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::fault::Fault;
use crate::dockerfile::instruction::{Instruction, Kind, Word};
use crate::dockerfile::parse::Dockerfile;
use crate::dockerfile::reference;
use crate::dockerfile::scope::{Expander, Scope};
use crate::dockerfile::value::{Unknown, Value};
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
    pub platform: Value,
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
) -> Result<Vec<Standing>, Fault> {
    let mut standings: Vec<Standing> = Vec::new();
    let mut named: HashMap<&str, usize> = HashMap::new();
    for (index, stage) in file.stages.iter().enumerate() {
        let from = file.from(index);
        let mut reads = Vec::new();
        let image = expander.word(&from.image, scope)?;
        reads.extend(image.read);
        let base = match image.value {
            Value::Unknown(unknown) => Source::Unknown(unknown),
            Value::Known(text) if text.is_empty() => {
                let what = match image.unset.first() {
                    Some(name) => format!(
                        "`{}` names nothing: `{name}` has no value before the first `FROM`",
                        from.image.text.escape_debug()
                    ),
                    None => format!("`{}` names nothing", from.image.text.escape_debug()),
                };
                return Err(Fault::new(what, from.image.span.clone()));
            }
            Value::Known(text) => match named.get(&*text) {
                Some(stage) => Source::Stage(*stage),
                None => outside(&text, &from.image)?,
            },
        };
        let mut platform = Value::Known(target.to_string().into());
        let mut platform_by = None;
        if let Some(word) = &from.platform {
            let expanded = expander.word(word, scope)?;
            reads.extend(expanded.read);
            let fault = |what: String| Fault::new(what, word.span.clone());
            platform = match expanded.value {
                Value::Known(text) if text.is_empty() => {
                    return Err(fault(format!(
                        "`{}` names no platform",
                        word.text.escape_debug()
                    )));
                }
                Value::Known(text) => {
                    let parsed = Target::parse(&text).map_err(fault)?;
                    Value::Known(parsed.to_string().into())
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
                platform = Value::Known(target.to_string().into());
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

fn outside(text: &Arc<str>, word: &Word) -> Result<Source, Fault> {
    if **text == *"scratch" {
        return Ok(Source::Scratch);
    }
    match reference::fault(text) {
        Some(what) => Err(Fault::new(what, word.span.clone())),
        None => Ok(Source::Image(text.clone())),
    }
}

/// What the instructions of every stage take from, in order; what ONBUILD of the stage below says comes first.
///
/// # Errors
/// When BuildKit refuses one, built or not.
pub(super) fn commands(
    file: &Dockerfile,
    standings: &[Standing],
) -> Result<Vec<Vec<Command>>, Fault> {
    let mut all = Vec::new();
    for (index, standing) in standings.iter().enumerate() {
        let mut commands = Vec::new();
        if let Source::Stage(below) = standing.base {
            for instruction in file.body(below) {
                if let Kind::Onbuild(inner) = &instruction.kind {
                    let inner = inner.clone()?;
                    let sources = sources(file, &inner)?;
                    commands.push(Command {
                        instruction: inner,
                        trigger_of: Some(below),
                        sources,
                    });
                }
            }
        }
        for instruction in file.body(index) {
            commands.push(Command {
                instruction: instruction.clone(),
                trigger_of: None,
                sources: sources(file, instruction)?,
            });
        }
        all.push(commands);
    }
    Ok(all)
}

fn sources(file: &Dockerfile, instruction: &Instruction) -> Result<Vec<Source>, Fault> {
    let named = |word: &Word| match file.stage_named(&word.text) {
        Some(stage) => Ok(Source::Stage(stage)),
        None => outside(&word.text.as_str().into(), word),
    };
    match &instruction.kind {
        Kind::Copy(transfer) => {
            let Some(from) = &transfer.from else {
                return Ok(vec![Source::Context]);
            };
            if from
                .text
                .contains(['$', '\'', '"', file.directives.escape()])
            {
                return Err(Fault::new(
                    "`--from` takes no variables: name a stage that stands on the image",
                    from.span.clone(),
                ));
            }
            match from.text.parse::<i64>() {
                Ok(number) => match usize::try_from(number) {
                    Ok(number) if number < file.stages.len() => Ok(vec![Source::Stage(number)]),
                    _ => Err(Fault::new(
                        format!("there is no stage {number}"),
                        from.span.clone(),
                    )),
                },
                Err(_) => Ok(vec![named(from)?]),
            }
        }
        Kind::Add(_) => Ok(vec![Source::Context]),
        Kind::Run(_, mounts) => {
            let mounts = mounts.iter().map(|mount| match &mount.from {
                Some(from) => named(from),
                None => Ok(Source::Context),
            });
            mounts.collect()
        }
        _ => Ok(Vec::new()),
    }
}

/// The stages that `target` needs, itself among them, in order.
///
/// # Errors
/// When stages need each other in a circle, or one that is built takes from a later one.
pub(super) fn reachable(
    file: &Dockerfile,
    target: usize,
    standings: &[Standing],
    commands: &[Vec<Command>],
) -> Result<Vec<usize>, Fault> {
    let needs = |stage: usize| {
        let base = std::iter::once(&standings[stage].base);
        let taken = commands[stage].iter().flat_map(|command| &command.sources);
        base.chain(taken).filter_map(|source| match source {
            Source::Stage(stage) => Some(*stage),
            _ => None,
        })
    };
    if let Some(stage) = circle(standings.len(), &needs) {
        let from = file.from(stage);
        return Err(Fault::new(
            "the stage needs itself",
            from.image.span.clone(),
        ));
    }
    let mut taken = vec![false; standings.len()];
    let mut open = vec![target];
    while let Some(stage) = open.pop() {
        if !std::mem::replace(&mut taken[stage], true) {
            open.extend(needs(stage));
        }
    }
    let built: Vec<usize> = (0..taken.len()).filter(|stage| taken[*stage]).collect();
    for stage in &built {
        for command in &commands[*stage] {
            let later = |source: &Source| matches!(source, Source::Stage(other) if other > stage);
            if command.sources.iter().any(later) {
                return Err(Fault::new(
                    "it takes from a stage that begins only later",
                    command.instruction.keyword.clone(),
                ));
            }
        }
    }
    Ok(built)
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
