//! Variables of files that are read line by line.

pub(super) mod dockerfile;
pub(super) mod env;
pub(super) mod make;

use std::ops::Range;

use crate::locate::choose;
use crate::locate::choose::Declaration;
use crate::locate::found::{Found, FoundList};
use crate::locate::unfound::Unfound;
use crate::locate::word;

/// How a kind of file is read.
pub(super) struct Syntax {
    /// The variables of a file, with the bytes of their values.
    pub variables: fn(&str) -> Result<Vec<Declaration<Value>>, Unfound>,
    /// What means something even in quotes.
    pub not: &'static str,
}

/// What a variable is given.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// These bytes.
    Written(Range<usize>),
    /// What comes of them.
    Computed(Range<usize>, &'static str),
}

/// The text of the variable `name`.
pub(super) fn constant(syntax: &Syntax, text: &str, name: &str) -> Result<Found, Unfound> {
    word::text(text, value(syntax, text, name)?, syntax.not)
}

/// The words of the variable `name`.
pub(super) fn list(syntax: &Syntax, text: &str, name: &str) -> Result<FoundList, Unfound> {
    let span = value(syntax, text, name)?;
    match text[span.clone()].starts_with(['"', '\'']) {
        true => word::list(text, &word::text(text, span, syntax.not)?),
        false => word::words(text, span, syntax.not),
    }
}

fn value(syntax: &Syntax, text: &str, name: &str) -> Result<Range<usize>, Unfound> {
    match choose::one(&(syntax.variables)(text)?, name, "\0")? {
        Value::Written(span) => Ok(span),
        Value::Computed(span, what) => Err(Unfound::computed(span, what)),
    }
}

/// The lines of a text, without their ends, with the byte each starts at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line.trim_end_matches(['\n', '\r'])))
    })
}

/// `span` without the white space at its ends; of nothing but white space, where that starts.
fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inside = &text[span.clone()];
    let inner = inside.trim();
    let start = match inner {
        "" => span.start,
        _ => span.start + (inside.len() - inside.trim_start().len()),
    };
    start..start + inner.len()
}

/// Whether a word can be the name of a variable.
fn is_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
