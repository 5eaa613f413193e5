//! A value that was found: where it stands, what it says, and how to make it say something else.

use std::ops::Range;

use regex::Regex;

use crate::locate::data::yaml;
use crate::locate::literal::Literal;
use crate::locate::search;
use crate::locate::unfound::Unfound;
use crate::source::SourceFile;

/// Bytes of a file, and what to put in their place.
pub type Edit = (Range<usize>, String);

/// A value, written out in a file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The bytes of the value in the file's text: inside the quotes; of a tuple, from its first part to its last.
    pub span: Range<usize>,
    /// What it says, escapes undone.
    pub value: String,
    form: Form,
    /// How it was found, to look whether what is written there is found again; `None` of an item of a list.
    by: Option<By>,
}

/// How a value was found.
#[derive(Clone, Debug)]
struct By {
    path: String,
    name: String,
    look: fn(&SourceFile, &str) -> Result<Found, Unfound>,
}

/// The values of a list, in the order they stand in.
#[derive(Clone, Debug)]
pub struct FoundList {
    /// The whole list, with its brackets.
    pub span: Range<usize>,
    /// What is in it.
    pub items: Vec<Found>,
}

/// How a value is written, which decides how another is.
#[derive(Clone, Debug)]
enum Form {
    Text(Literal),
    /// Integers that are the parts of a version.
    Parts(Vec<Range<usize>>),
    /// A scalar of YAML without quotes, which may have to get some.
    Plain,
    /// The name of a key, which is written without quotes.
    Name,
    /// The group of the `nth` match of a pattern.
    Match {
        pattern: Regex,
        nth: usize,
    },
}

/// Why a value cannot be written in the place of another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unwritable {
    /// The form cannot hold a character, or a run of them.
    #[error("`{0}` cannot be written here")]
    Text(String),
    /// The place holds another number of parts.
    #[error("the place holds {}, and `{value}` has {given}", parts(*.holds))]
    Parts {
        /// How many parts it has.
        holds: usize,
        /// How many are wanted.
        given: usize,
        /// What was to be written.
        value: String,
    },
    /// A part must be a number.
    #[error("`{0}` is not a whole number, as the place needs")]
    Number(String),
    /// The key of a table is not rewritten.
    #[error("the place is the bare name of a key")]
    Name,
    /// It would not be read back.
    #[error("with `{0}` in its place it would not be found again")]
    Lost(String),
    /// The pattern would no longer match.
    #[error("with `{0}` in its place the pattern would not find it again")]
    Pattern(String),
}

fn parts(count: usize) -> String {
    match count {
        1 => "1 part".to_owned(),
        n => format!("{n} parts"),
    }
}

impl Found {
    /// The text that `written` stands for, by `literal`; `span` is where `written` is. Fails with what is not understood.
    pub(super) fn text(
        written: &str,
        span: Range<usize>,
        literal: Literal,
    ) -> Result<Self, String> {
        Ok(Found {
            value: literal.decode(written)?,
            span,
            form: Form::Text(literal),
            by: None,
        })
    }

    /// A plain scalar of YAML.
    pub(super) fn plain(value: &str, span: Range<usize>) -> Self {
        Found {
            span,
            value: value.to_owned(),
            form: Form::Plain,
            by: None,
        }
    }

    /// The bare name of a key.
    pub(super) fn name(value: &str, span: Range<usize>) -> Self {
        Found {
            span,
            value: value.to_owned(),
            form: Form::Name,
            by: None,
        }
    }

    /// Whole numbers that together are a version; there is at least one.
    pub(super) fn parts(text: &str, parts: Vec<Range<usize>>) -> Self {
        let value = parts
            .iter()
            .map(|part| &text[part.clone()])
            .collect::<Vec<_>>()
            .join(".");
        let start = parts.first().map_or(0, |part| part.start);
        let end = parts.last().map_or(start, |part| part.end);
        Found {
            span: start..end,
            value,
            form: Form::Parts(parts),
            by: None,
        }
    }

    /// The group of the `nth` match of `pattern`.
    pub(super) fn matched(value: &str, span: Range<usize>, pattern: Regex, nth: usize) -> Self {
        Found {
            span,
            value: value.to_owned(),
            form: Form::Match { pattern, nth },
            by: None,
        }
    }

    /// The same, found under a name in the file at `path`.
    pub(super) fn found_by(
        self,
        path: &str,
        name: &str,
        look: fn(&SourceFile, &str) -> Result<Found, Unfound>,
    ) -> Self {
        let by = By {
            path: path.to_owned(),
            name: name.to_owned(),
            look,
        };
        Found {
            by: Some(by),
            ..self
        }
    }

    /// The same, `by` bytes later.
    pub(super) fn shifted(mut self, by: usize) -> Self {
        let shift = |span: &mut Range<usize>| *span = span.start + by..span.end + by;
        shift(&mut self.span);
        if let Form::Parts(parts) = &mut self.form {
            parts.iter_mut().for_each(shift);
        }
        self
    }

    /// The replacements in `text`, the text it was found in, that make it say `value`. Every other byte stays.
    /// None when it says so already.
    ///
    /// # Errors
    /// When the form cannot hold `value`.
    pub fn edits(&self, text: &str, value: &str) -> Result<Vec<Edit>, Unwritable> {
        if value == self.value {
            return Ok(Vec::new());
        }
        let written = match &self.form {
            Form::Text(literal) => literal.encode(value).map_err(Unwritable::Text)?,
            Form::Plain => {
                if yaml::stays_plain(&self.value, value) {
                    let edits = vec![(self.span.clone(), value.to_owned())];
                    if let Ok(edits) = self.read_back(text, edits, value) {
                        return Ok(edits);
                    }
                }
                yaml::in_quotes(value).map_err(Unwritable::Text)?
            }
            Form::Parts(places) => {
                let edits = rewritten(text, places, value)?;
                return self.read_back(text, edits, value);
            }
            Form::Name => return Err(Unwritable::Name),
            Form::Match { pattern, nth } => {
                if !search::finds(pattern, text, *nth, &self.span, value) {
                    return Err(Unwritable::Pattern(value.to_owned()));
                }
                value.to_owned()
            }
        };
        self.read_back(text, vec![(self.span.clone(), written)], value)
    }

    /// The edits, if the value is found again, and says `value`, in the text that they make.
    fn read_back(
        &self,
        text: &str,
        edits: Vec<Edit>,
        value: &str,
    ) -> Result<Vec<Edit>, Unwritable> {
        let Some(By { path, name, look }) = &self.by else {
            return Ok(edits);
        };
        let moved = SourceFile::new(path.as_str(), text).edited(edits.clone());
        match look(&SourceFile::new(path.as_str(), moved), name) {
            Ok(again) if again.value == value => Ok(edits),
            _ => Err(Unwritable::Lost(value.to_owned())),
        }
    }
}

/// Each part of `value` in the place of one.
fn rewritten(text: &str, places: &[Range<usize>], value: &str) -> Result<Vec<Edit>, Unwritable> {
    let parts: Vec<&str> = value.split('.').collect();
    if parts.len() != places.len() {
        return Err(Unwritable::Parts {
            holds: places.len(),
            given: parts.len(),
            value: value.to_owned(),
        });
    }
    let mut edits = Vec::new();
    for (place, part) in places.iter().zip(parts) {
        if text.get(place.clone()) != Some(integer(part)?) {
            edits.push((place.clone(), part.to_owned()));
        }
    }
    Ok(edits)
}

/// A whole number without a leading zero, which languages refuse or take for octal.
fn integer(part: &str) -> Result<&str, Unwritable> {
    let digits = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if digits && (part == "0" || !part.starts_with('0')) {
        Ok(part)
    } else {
        Err(Unwritable::Number(part.to_owned()))
    }
}
