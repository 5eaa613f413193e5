//! `.env` files: `NAME=value`, perhaps exported, quoted, or with a comment behind it.

use crate::release::locate::choose::Declaration;
use crate::release::locate::line::{Value, is_name, lines, trimmed};
use crate::release::locate::unfound::Unfound;
use crate::release::locate::word;

/// The variables of a `.env` file.
pub fn variables(text: &str) -> Result<Vec<Declaration<Value>>, Unfound> {
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
        let value = trimmed(text, start + equals + 1..start + line.len());
        let value = value.start..value.start + value_length(&text[value]);
        let written = Value::Written(value);
        found.push(Declaration::plain(&text[name.clone()], name, Some(written)));
    }
    Ok(found)
}

/// How much of the rest of a line is the value: what is after it is a comment.
fn value_length(rest: &str) -> usize {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let quoted = quote
        .and_then(|q| word::closing(rest, q))
        .map(|end| end + 1);
    let from = quoted.unwrap_or(0);
    let comment = rest[from..]
        .char_indices()
        .find(|(at, c)| {
            *c == '#'
                && rest[..from + at]
                    .chars()
                    .next_back()
                    .is_none_or(char::is_whitespace)
        })
        .map_or(rest.len(), |(at, _)| from + at);
    rest[..comment].trim_end().len()
}
