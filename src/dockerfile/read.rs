//! One line read as an instruction.
//!
//! Source: `frontend/dockerfile/parser/line_parsers.go` and `frontend/dockerfile/instructions/parse.go` of BuildKit: what
//! is refused here is refused there.

use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::flags;
use crate::dockerfile::heredoc;
use crate::dockerfile::instruction::{
    Assignment, CommandLine, Flag, FromLine, Instruction, Operation, Transfer, Word,
};
use crate::dockerfile::lines::Joined;
use crate::dockerfile::rejection::Rejection;
use crate::dockerfile::words::{self, Json};

/// How lines are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// The character that escapes.
    pub escape: char,
    /// Whether flags that are not known here may be known to who reads the file.
    pub foreign: bool,
}

/// A line on its way to become an instruction.
struct Reading<'a> {
    joined: &'a Joined,
    manner: Manner,
    keyword: Range<usize>,
    flags: Vec<Flag>,
    /// Arguments, without flags.
    rest: Range<usize>,
}

/// Reads a line, or the part of it that is `within`, as an instruction; its here-documents are yet to come.
///
/// # Errors
/// When BuildKit refuses it.
pub(super) fn instruction(
    joined: &Joined,
    within: Range<usize>,
    span: Range<usize>,
    manner: Manner,
) -> Result<Instruction, Rejection> {
    let (keyword, rest) = words::keyword(&joined.text[within.clone()]);
    let moved = |range: Range<usize>| within.start + range.start..within.start + range.end;
    let (keyword, rest) = (moved(keyword), moved(rest));
    let (found, rest) = words::flags(&joined.text, rest, manner.escape);
    let flags = found
        .into_iter()
        .map(|(text, at)| {
            let bare = text.strip_prefix("--").unwrap_or(&text);
            let (name, value) = match bare.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (bare, None),
            };
            let span = joined.source(at.clone());
            // Only where nothing was taken away do its bytes say what it says.
            let given = value
                .as_ref()
                .map(|value| at.end.saturating_sub(value.len())..at.end);
            let given = given.filter(|given| joined.text.get(given.clone()) == value.as_deref());
            Flag {
                name: name.to_owned(),
                value,
                value_span: given.map_or_else(|| span.clone(), |given| joined.source(given)),
                span,
            }
        })
        .collect();
    let mut reading = Reading {
        joined,
        manner,
        keyword,
        flags,
        rest,
    };
    let kind = reading.kind()?;
    Ok(Instruction {
        keyword: joined.source(reading.keyword.clone()),
        span,
        flags: std::mem::take(&mut reading.flags),
        kind,
        heredocs: Vec::new(),
    })
}

/// Whether an instruction may announce here-documents.
pub(super) fn takes_heredocs(kind: &Operation, joined: &Joined) -> bool {
    match kind {
        Operation::Run(CommandLine::Shell(_), _) => true,
        // As JSON they announce none.
        Operation::Copy(_) | Operation::Add(_) => {
            let (_, rest) = words::keyword(&joined.text);
            let (_, rest) = words::flags(&joined.text, rest, '\\');
            !matches!(words::json(&joined.text, rest), Json::Texts(_))
        }
        Operation::Onbuild(Ok(inner)) => matches!(
            inner.kind,
            Operation::Run(CommandLine::Shell(_), _) | Operation::Copy(_) | Operation::Add(_)
        ),
        _ => false,
    }
}

impl Reading<'_> {
    fn text(&self, range: Range<usize>) -> &str {
        &self.joined.text[range]
    }

    fn word(&self, range: Range<usize>) -> Word {
        Word {
            text: self.text(range.clone()).to_owned(),
            span: self.joined.source(range),
        }
    }

    fn fault(&self, what: impl Into<String>) -> Rejection {
        Rejection::new(what, self.joined.source(self.keyword.clone()))
    }

    fn kind(&mut self) -> Result<Operation, Rejection> {
        let name = self.text(self.keyword.clone()).to_ascii_lowercase();
        Ok(match name.as_str() {
            "add" => Operation::Add(self.transfer("ADD", &flags::ADD)?),
            "copy" => Operation::Copy(self.transfer("COPY", &flags::COPY)?),
            "arg" => Operation::Arg(self.arguments()?),
            "env" => Operation::Env(self.assignments("ENV")?),
            "label" => Operation::Label(self.assignments("LABEL")?),
            "from" => Operation::From(self.from()?),
            "run" => {
                let command = self.command(self.rest.clone())?;
                flags::check(&self.flags, &flags::RUN, self.manner.foreign)?;
                flags::network(&self.flags)?;
                Operation::Run(command, flags::mounts(&self.flags)?)
            }
            "cmd" => Operation::Cmd(self.plain_command()?),
            "entrypoint" => Operation::Entrypoint(self.plain_command()?),
            "shell" => match self.plain_command()? {
                CommandLine::Exec(words) if !words.is_empty() => Operation::Shell(words),
                CommandLine::Exec(_) => {
                    return Err(self.fault("`SHELL` needs at least one argument"));
                }
                CommandLine::Shell(_) => {
                    return Err(self.fault("`SHELL` needs its arguments as JSON"));
                }
            },
            "healthcheck" => Operation::Healthcheck(self.healthcheck()?),
            "onbuild" => Operation::Onbuild(self.onbuild()?),
            "maintainer" => Operation::Maintainer(self.one("MAINTAINER", true)?),
            "user" => Operation::User(self.one("USER", true)?),
            "workdir" => Operation::Workdir(self.one("WORKDIR", true)?),
            // Flags of it are not looked at.
            "stopsignal" => Operation::Stopsignal(self.one("STOPSIGNAL", false)?),
            "expose" => Operation::Expose(self.list("EXPOSE", false)?),
            "volume" => Operation::Volume(self.list("VOLUME", true)?),
            _ => {
                let said = self.text(self.keyword.clone());
                return Err(self.fault(format!("unknown instruction `{}`", said.escape_debug())));
            }
        })
    }

    fn no_flags(&self) -> Result<(), Rejection> {
        flags::check(&self.flags, &flags::NONE, self.manner.foreign)
    }

    /// All of the arguments, as one word.
    fn one(&self, name: &str, flags: bool) -> Result<Word, Rejection> {
        if self.rest.is_empty() {
            return Err(self.fault(format!("`{name}` needs exactly one argument")));
        }
        if flags {
            self.no_flags()?;
        }
        Ok(self.word(self.rest.clone()))
    }

    /// The arguments as JSON; `None` where they are not.
    fn json(&self, range: Range<usize>) -> Result<Option<Vec<Word>>, Rejection> {
        match words::json(&self.joined.text, range.clone()) {
            Json::None => Ok(None),
            Json::Other => Err(Rejection::new(
                "an array of arguments holds something else than texts",
                self.joined.source(range),
            )
            .of_line()),
            Json::Texts(texts) => Ok(Some(
                texts
                    .into_iter()
                    .map(|(text, at)| Word {
                        text,
                        span: self.joined.source(at),
                    })
                    .collect(),
            )),
        }
    }

    fn list(&self, name: &str, json: bool) -> Result<Vec<Word>, Rejection> {
        let as_json = if json {
            self.json(self.rest.clone())?
        } else {
            None
        };
        let words = as_json.unwrap_or_else(|| {
            let words = words::blank(&self.joined.text, self.rest.clone());
            words.into_iter().map(|range| self.word(range)).collect()
        });
        if words.is_empty() {
            return Err(self.fault(format!("`{name}` needs at least one argument")));
        }
        self.no_flags()?;
        if json && words.iter().any(|word| word.text.trim().is_empty()) {
            return Err(self.fault(format!("`{name}` names nothing")));
        }
        Ok(words)
    }

    fn command(&self, range: Range<usize>) -> Result<CommandLine, Rejection> {
        Ok(match self.json(range.clone())? {
            Some(words) => CommandLine::Exec(words),
            None => CommandLine::Shell(self.word(range)),
        })
    }

    fn plain_command(&self) -> Result<CommandLine, Rejection> {
        let command = self.command(self.rest.clone())?;
        self.no_flags()?;
        Ok(command)
    }

    fn transfer(&self, name: &str, known: &[flags::Known]) -> Result<Transfer, Rejection> {
        let words = match self.json(self.rest.clone())? {
            Some(words) => words,
            None => words::blank(&self.joined.text, self.rest.clone())
                .into_iter()
                .map(|range| self.word(range))
                .collect(),
        };
        let heredoc = |word: &Word| heredoc::of_word(&word.text).ok().flatten().is_some();
        let Some((destination, sources)) = words.split_last().filter(|(_, s)| !s.is_empty()) else {
            return Err(self.fault(format!("`{name}` needs a source and a destination")));
        };
        flags::check(&self.flags, known, self.manner.foreign)?;
        if heredoc(destination) {
            return Err(Rejection::new(
                format!("`{name}` cannot have a here-document as its destination"),
                destination.span.clone(),
            ));
        }
        let from = self.flags.iter().find(|flag| flag.name == "from");
        Ok(Transfer {
            sources: sources.iter().filter(|s| !heredoc(s)).cloned().collect(),
            destination: destination.clone(),
            // Where it is empty it is not there.
            from: from
                .and_then(Flag::word)
                .filter(|from| name == "COPY" && !from.text.is_empty()),
        })
    }

    fn arguments(&self) -> Result<Vec<Assignment>, Rejection> {
        let words = words::quoted(&self.joined.text, self.rest.clone(), self.manner.escape);
        if words.is_empty() {
            return Err(self.fault("`ARG` needs at least one argument"));
        }
        let assignments = words
            .into_iter()
            .map(|(text, at)| match text.split_once('=') {
                Some(("", _)) => Err(Rejection::new("`ARG` needs a name", self.joined.source(at))),
                Some((name, value)) => Ok(self.assignment(name, value, at)),
                None => Ok(Assignment {
                    name: Word {
                        text,
                        span: self.joined.source(at),
                    },
                    value: None,
                }),
            });
        assignments.collect()
    }

    /// `name=value`, from the word at `at`.
    fn assignment(&self, name: &str, value: &str, at: Range<usize>) -> Assignment {
        // What was dropped from the word on the way is an escape at its very end.
        let begins = match self.text(at.clone()).find('=') {
            Some(equals) => at.start + equals,
            None => at.end,
        };
        Assignment {
            name: Word {
                text: name.to_owned(),
                span: self.joined.source(at.start..begins),
            },
            value: Some(Word {
                text: value.to_owned(),
                span: self.joined.source((begins + 1).min(at.end)..at.end),
            }),
        }
    }

    fn assignments(&self, name: &str) -> Result<Vec<Assignment>, Rejection> {
        let words = words::quoted(&self.joined.text, self.rest.clone(), self.manner.escape);
        let Some((first, _)) = words.first() else {
            self.no_flags()?;
            return Err(self.fault(format!("`{name}` needs at least one argument")));
        };
        let blank = |at: &Range<usize>| {
            Rejection::new(
                format!("`{name}` needs a name"),
                self.joined.source(at.clone()),
            )
        };
        // `ENV NAME all the rest`
        if !first.contains('=') {
            let rest = self.text(self.rest.clone());
            let Some(end) = rest.find(words::is_blank) else {
                return Err(self
                    .fault(format!("`{name}` needs a name and a value"))
                    .of_line());
            };
            self.no_flags()?;
            let skipped = rest[end..].len() - rest[end..].trim_start_matches(words::is_blank).len();
            let start = self.rest.start;
            return Ok(vec![Assignment {
                name: self.word(start..start + end),
                value: Some(self.word(start + end + skipped..self.rest.end)),
            }]);
        }
        let mut found = Vec::new();
        for (text, at) in &words {
            match text.split_once('=') {
                Some(("", _)) => return Err(blank(at)),
                Some((name, value)) => found.push(self.assignment(name, value, at.clone())),
                None => {
                    return Err(Rejection::new(
                        format!("`{}` has no `=`: write `name=value`", text.escape_debug()),
                        self.joined.source(at.clone()),
                    )
                    .of_line());
                }
            }
        }
        self.no_flags()?;
        Ok(found)
    }

    fn from(&self) -> Result<FromLine, Rejection> {
        let words = words::blank(&self.joined.text, self.rest.clone());
        let (image, name) = match &words[..] {
            [image] => (image, None),
            [image, r#as, name] if self.text(r#as.clone()).eq_ignore_ascii_case("as") => {
                let word = self.word(name.clone());
                let lower = word.text.to_lowercase();
                let valid = lower.starts_with(|c: char| c.is_ascii_lowercase())
                    && lower.bytes().all(|b| {
                        b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b)
                    });
                if !valid {
                    return Err(Rejection::new(
                        format!(
                            "`{}` cannot name a stage: a name is a letter, then letters, digits, `-`, `_` and `.`",
                            word.text.escape_debug()
                        ),
                        word.span,
                    ));
                }
                (image, Some(word))
            }
            _ => {
                return Err(
                    self.fault("`FROM` needs an image, and nothing else but `AS` and a name")
                );
            }
        };
        flags::check(&self.flags, &flags::FROM, self.manner.foreign)?;
        let platform = self.flags.iter().find(|flag| flag.name == "platform");
        Ok(FromLine {
            image: self.word(image.clone()),
            name,
            platform: platform
                .and_then(Flag::word)
                .filter(|platform| !platform.text.is_empty()),
        })
    }

    fn healthcheck(&self) -> Result<Option<CommandLine>, Rejection> {
        let rest = self.text(self.rest.clone());
        if rest.is_empty() {
            return Err(self.fault("`HEALTHCHECK` needs at least one argument"));
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let skipped = rest[end..].len() - rest[end..].trim_start().len();
        let arguments = self.rest.start + end + skipped..self.rest.end;
        match rest[..end].to_uppercase().as_str() {
            "NONE" if arguments.is_empty() => Ok(None),
            "NONE" => Err(self.fault("`HEALTHCHECK NONE` takes no arguments")),
            "CMD" => {
                let command = self.command(arguments.clone())?;
                flags::check(&self.flags, &flags::HEALTHCHECK, self.manner.foreign)?;
                let empty = match &command {
                    CommandLine::Exec(words) => words.is_empty(),
                    CommandLine::Shell(_) => arguments.is_empty(),
                };
                if empty {
                    return Err(self.fault("`HEALTHCHECK CMD` needs a command"));
                }
                flags::intervals(&self.flags)?;
                Ok(Some(command))
            }
            other => Err(self.fault(format!(
                "`HEALTHCHECK` takes `CMD` or `NONE`, not `{}`",
                other.escape_debug()
            ))),
        }
    }

    fn onbuild(&self) -> Result<Result<Arc<Instruction>, Rejection>, Rejection> {
        if self.rest.is_empty() {
            return Err(self.fault("`ONBUILD` needs an instruction"));
        }
        self.no_flags()?;
        let (keyword, _) = words::keyword(self.text(self.rest.clone()));
        let keyword = &self.text(self.rest.clone())[keyword];
        let upper = keyword.to_uppercase();
        if matches!(upper.as_str(), "ONBUILD" | "MAINTAINER" | "FROM") {
            return Err(self.fault(format!("`{upper}` cannot stand behind `ONBUILD`")));
        }
        let span = self.joined.source(self.rest.clone());
        let inner = instruction(self.joined, self.rest.clone(), span, self.manner);
        match inner {
            Err(fault) if fault.of_line => Err(fault),
            inner => Ok(inner.map(Arc::new)),
        }
    }
}
