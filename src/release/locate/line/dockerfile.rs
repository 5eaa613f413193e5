//! Dockerfiles: the defaults of `ARG`.

use std::ops::Range;

use parse_dockerfile::Instruction;

use crate::release::locate::choose::Declaration;
use crate::release::locate::line::{Syntax, Value};
use crate::release::locate::unfound::Unfound;
use crate::release::locate::word;

pub const SYNTAX: Syntax = Syntax { variables, not: "" };

/// The build arguments of a Dockerfile.
fn variables(text: &str) -> Result<Vec<Declaration<Value>>, Unfound> {
    let parsed = parse_dockerfile::parse(text).map_err(|fault| syntax(text, &fault))?;
    let mut found = Vec::new();
    for instruction in &parsed.instructions {
        if let Instruction::Arg(arg) = instruction {
            for word in split(text, arg.arguments.span.clone()) {
                let (name, value) = match text[word.clone()].find('=') {
                    Some(at) => (
                        word.start..word.start + at,
                        Some(word.start + at + 1..word.end),
                    ),
                    None => (word, None),
                };
                let value = value.map(Value::Written);
                found.push(Declaration::plain(&text[name.clone()], name, value));
            }
        }
    }
    Ok(found)
}

/// The words of an instruction: white space in quotes does not part them, nor does the end of a line that goes on.
fn split(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = span.start;
    while at < span.end {
        let rest = &text[at..span.end];
        let space = |c: char| c.is_whitespace();
        let skipped = rest.len() - rest.trim_start_matches(space).len();
        if skipped > 0 {
            at += skipped;
            continue;
        }
        if rest.starts_with(['\\', '`'])
            && rest[1..]
                .trim_start_matches([' ', '\t'])
                .starts_with(['\r', '\n'])
        {
            at += 1;
            continue;
        }
        let mut length = 0;
        while let Some(c) = rest[length..].chars().next()
            && !space(c)
        {
            let quoted = matches!(c, '"' | '\'')
                .then(|| word::closing(&rest[length..], c))
                .flatten();
            length += quoted.unwrap_or(0) + c.len_utf8();
        }
        words.push(at..at + length);
        at += length;
    }
    words
}

fn syntax(text: &str, fault: &parse_dockerfile::Error) -> Unfound {
    let start = text
        .split_inclusive('\n')
        .take(fault.line().saturating_sub(1))
        .map(str::len)
        .sum::<usize>();
    let line = text[start..].lines().next().unwrap_or_default();
    let said = fault.to_string();
    let what = said
        .rsplit_once(" at line ")
        .map_or(said.as_str(), |(s, _)| s);
    Unfound::Syntax {
        span: start..start + line.len(),
        what: what.to_owned(),
    }
}
