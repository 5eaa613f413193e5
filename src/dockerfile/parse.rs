//! A whole file: its directives, instructions and stages.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::directive::Directives;
use crate::dockerfile::heredoc;
use crate::dockerfile::instruction::{FromLine, Heredoc, Instruction, Operation};
use crate::dockerfile::lines::Lines;
use crate::dockerfile::read::{self, Manner};
use crate::dockerfile::rejection::Rejection;

/// Most stages a file may have: each may see all that those before it set.
const MAX_STAGES: usize = 1000;

/// A Dockerfile that was read.
#[derive(Clone, Debug)]
pub struct Dockerfile {
    /// Its directives.
    pub directives: Directives,
    /// Its instructions, in order.
    pub instructions: Vec<Arc<Instruction>>,
    /// Its stages, in order; never empty.
    pub stages: Vec<Stage>,
}

/// A stage as it is written.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Index of its FROM among the instructions.
    pub from: usize,
    /// Indexes of the instructions that follow it.
    pub body: Range<usize>,
    /// Its name, in lower case: names are compared without regard to case.
    pub name: Option<String>,
}

impl Dockerfile {
    /// Names that `ARG` declares anywhere in the file, by ONBUILD too.
    pub fn declared(&self) -> BTreeSet<String> {
        let args = self.instructions.iter().filter_map(|i| match &i.kind {
            Operation::Arg(args) => Some(args),
            Operation::Onbuild(Ok(inner)) => match &inner.kind {
                Operation::Arg(args) => Some(args),
                _ => None,
            },
            _ => None,
        });
        let names = args.flatten().map(|arg| arg.name.text.clone());
        names.collect()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// When BuildKit refuses it, whatever is to be built.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        let mut lines = Lines::of(text);
        let mut instructions = Vec::new();
        let mut stages: Vec<Stage> = Vec::new();
        while let Some(line) = lines.next()? {
            let manner = Manner {
                escape: lines.directives.escape(),
                foreign: lines.directives.foreign(),
            };
            let all = 0..line.joined.text.len();
            let mut one = read::instruction(&line.joined, all, line.span.clone(), manner)?;
            if read::takes_heredocs(&one.kind, &line.joined) {
                let announced = heredoc::announced(&line.joined.text)
                    .map_err(|what| Rejection::new(what, line.span.clone()))?;
                for doc in announced {
                    let found = lines.heredoc(&doc.name, doc.chomp)?;
                    let Some((body, end)) = found else {
                        return Err(Rejection::new(
                            format!("the here-document `{}` never ends", doc.name.escape_debug()),
                            line.span,
                        ));
                    };
                    one.span.end = end;
                    one.heredocs.push(Heredoc {
                        name: doc.name,
                        expand: doc.expand,
                        chomp: doc.chomp,
                        body,
                    });
                }
            }
            let index = instructions.len();
            match (&one.kind, stages.last_mut()) {
                (Operation::From(from), _) => stages.push(Stage {
                    from: index,
                    body: index + 1..index + 1,
                    name: from.name.as_ref().map(|name| name.text.to_lowercase()),
                }),
                (_, Some(stage)) => stage.body.end = index + 1,
                (Operation::Arg(_), None) => {}
                (_, None) => {
                    return Err(Rejection::new(
                        "no stage begins before this: only `ARG` may stand before the first `FROM`",
                        one.keyword,
                    ));
                }
            }
            if stages.len() > MAX_STAGES {
                let what = format!("there are more than {MAX_STAGES} stages");
                return Err(Rejection::new(what, one.keyword));
            }
            instructions.push(Arc::new(one));
        }
        if stages.is_empty() {
            let what = match instructions.is_empty() {
                true => "it has no instructions",
                false => "it has no `FROM`",
            };
            return Err(Rejection::new(what, text.len()..text.len()));
        }
        Ok(Dockerfile {
            directives: lines.directives,
            instructions,
            stages,
        })
    }

    /// The FROM of a stage.
    pub fn from(&self, stage: usize) -> &FromLine {
        match &self.instructions[self.stages[stage].from].kind {
            Operation::From(from) => from,
            // A stage is made where a FROM stands.
            _ => unreachable!("a stage without FROM"),
        }
    }

    /// The instructions of a stage, without its FROM.
    pub fn body(&self, stage: usize) -> &[Arc<Instruction>] {
        &self.instructions[self.stages[stage].body.clone()]
    }

    /// The ARGs before the first FROM.
    pub fn globals(&self) -> &[Arc<Instruction>] {
        &self.instructions[..self.stages[0].from]
    }

    /// The stage of that name; where several have it, the last.
    pub fn stage_named(&self, name: &str) -> Option<usize> {
        let name = name.to_lowercase();
        let named = |stage: &Stage| stage.name.as_ref() == Some(&name);
        self.stages.iter().rposition(named)
    }
}
