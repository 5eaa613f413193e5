//! Instructions as they are written: keyword, flags, words and here-documents, each with its bytes in the text.

use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::rejection::Rejection;

/// A word as it is written, its quotes, escapes and variables still in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// What it says, continuations joined.
    pub text: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A flag: `--from=build`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its name, without `--`.
    pub name: String,
    /// What it is given, quotes taken away.
    pub value: Option<String>,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// The bytes of what it is given; with quotes or escapes in it, of the whole flag.
    pub value_span: Range<usize>,
}

impl Flag {
    /// What it is given, as a word.
    pub fn word(&self) -> Option<Word> {
        Some(Word {
            text: self.value.clone()?,
            span: self.value_span.clone(),
        })
    }

    /// A part of what it is given, as a word.
    pub fn part(&self, at: usize, text: &str) -> Word {
        let plain = self.value.as_ref().map(String::len) == Some(self.value_span.len());
        let start = self.value_span.start + at;
        Word {
            text: text.to_owned(),
            span: match plain {
                true => start..start + text.len(),
                false => self.value_span.clone(),
            },
        }
    }
}

/// A name and what it is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: Word,
    /// What it is given; `None` only for an `ARG` without default.
    pub value: Option<Word>,
}

/// A command, in one of its two forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// A line for the shell. Empty where nothing is written.
    Shell(Word),
    /// Words, as JSON.
    Exec(Vec<Word>),
}

/// What COPY and ADD take, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Paths, or URLs for ADD. Here-documents are not among them.
    pub sources: Vec<Word>,
    /// Where to.
    pub destination: Word,
    /// The stage or image it is from (`--from`); `None` is the build context.
    pub from: Option<Word>,
}

/// FROM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FromLine {
    /// Image or stage.
    pub image: Word,
    /// The name of the stage.
    pub name: Option<Word>,
    /// `--platform`.
    pub platform: Option<Word>,
}

/// A mount of RUN, as far as it names where it is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Its fields, in order: `type=bind`, `from=build`, `ro`.
    pub fields: Vec<(String, Option<String>)>,
    /// The stage or image it is from.
    pub from: Option<Word>,
}

/// What an instruction does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// `ADD`
    Add(Transfer),
    /// `ARG`
    Arg(Vec<Assignment>),
    /// `CMD`
    Cmd(CommandLine),
    /// `COPY`
    Copy(Transfer),
    /// `ENTRYPOINT`
    Entrypoint(CommandLine),
    /// `ENV`
    Env(Vec<Assignment>),
    /// `EXPOSE`
    Expose(Vec<Word>),
    /// `FROM`
    From(FromLine),
    /// `HEALTHCHECK`; `None` is `NONE`.
    Healthcheck(Option<CommandLine>),
    /// `LABEL`
    Label(Vec<Assignment>),
    /// `MAINTAINER`
    Maintainer(Word),
    /// `ONBUILD`: what a child stage does first. What cannot be read there is a fault of the child's.
    Onbuild(Result<Arc<Instruction>, Rejection>),
    /// `RUN`
    Run(CommandLine, Vec<Mount>),
    /// `SHELL`
    Shell(Vec<Word>),
    /// `STOPSIGNAL`
    Stopsignal(Word),
    /// `USER`
    User(Word),
    /// `VOLUME`
    Volume(Vec<Word>),
    /// `WORKDIR`
    Workdir(Word),
}

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The line that ends it.
    pub name: String,
    /// Whether COPY and ADD expand variables in it. RUN leaves that to the shell.
    pub expand: bool,
    /// Whether tabs at the start of its lines are dropped.
    pub chomp: bool,
    /// The bytes of its lines in the file.
    pub body: Range<usize>,
}

/// An instruction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The bytes of its keyword.
    pub keyword: Range<usize>,
    /// All its bytes, here-documents included, without the last line break.
    pub span: Range<usize>,
    /// Its flags.
    pub flags: Vec<Flag>,
    /// What it does.
    pub kind: Operation,
    /// Its here-documents.
    pub heredocs: Vec<Heredoc>,
}

impl Instruction {
    /// A flag by its name.
    pub fn flag(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().find(|flag| flag.name == name)
    }
}
