//! `.env` files: `NAME=value`, perhaps exported, quoted, or with a comment behind it.

use crate::locate::choose::Declaration;
use crate::locate::line::{Syntax, Value, is_name, lines, trimmed};
use crate::locate::unfound::Unfound;
use crate::locate::word;

pub(crate) const SYNTAX: Syntax = Syntax { variables, not: "" };

/// The variables of a `.env` file.
fn variables(text: &str) -> Result<Vec<Declaration<Value>>, Unfound> {
    let mut found = Vec::new();
    for (start, line) in lines(text) {
        let Some(equals) = line.find('=') else {
            continue;
        };
        let mut name = trimmed(text, start..start + equals);
        if let Some(rest) = text[name.clone()].strip_prefix("export ") {
            name = trimmed(text, name.end - rest.len()..name.end);
        }
        if !is_name(&text[name.clone()]) {
            continue;
        }
        let rest = start + equals + 1..start + line.len();
        let length = value_length(&text[rest.clone()]);
        let value = trimmed(text, rest.start..rest.start + length);
        let written = Value::Written(value);
        found.push(Declaration::plain(&text[name.clone()], name, Some(written)));
    }
    Ok(found)
}

/// How much of the rest of a line is before its comment: `#` at its start or after white space, outside of quotes.
fn value_length(rest: &str) -> usize {
    let before = rest.len() - rest.trim_start().len();
    let value = &rest[before..];
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quoted = quote.and_then(|quote| word::closing(value, quote));
    let from = before + quoted.map_or(0, |end| end + 1);
    let comment = rest
        .match_indices('#')
        .map(|(at, _)| at)
        .find(|at| *at >= from && (*at == 0 || rest[..*at].ends_with(char::is_whitespace)));
    comment.unwrap_or(rest.len())
}
