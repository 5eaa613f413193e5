//! Parser directives: `# escape=`, `# syntax=` and `# check=` before anything else.
//!
//! Source: `frontend/dockerfile/parser/directives.go` of BuildKit.

use std::ops::Range;

use crate::dockerfile::instruction::Word;
use crate::dockerfile::rejection::Rejection;

/// The directives of a file.
#[derive(Clone, Debug, Default)]
pub struct Directives {
    /// The frontend that is to read the file.
    pub syntax: Option<Word>,
    /// How it is to be checked.
    pub check: Option<Word>,
    escape: Option<(char, Range<usize>)>,
    done: bool,
}

impl Directives {
    /// The character that escapes, and continues lines.
    pub fn escape(&self) -> char {
        self.escape.as_ref().map_or('\\', |(escape, _)| *escape)
    }

    /// Whether another frontend than Docker's released one reads the file: what that accepts is not known here.
    pub fn foreign(&self) -> bool {
        self.syntax.as_ref().is_some_and(|syntax| {
            let name = syntax.text.split(' ').next().unwrap_or_default();
            let name = name.split_once('@').map_or(name, |(name, _)| name);
            let name = name.strip_prefix("docker.io/").unwrap_or(name);
            let tag = name.strip_prefix("docker/dockerfile");
            !tag.is_some_and(|tag| {
                tag.is_empty()
                    || tag.starts_with(':') && !tag.contains("labs") && !tag.contains("master")
            })
        })
    }

    /// Looks at one line, without white space before it, that begins at `start`.
    pub(super) fn look(&mut self, line: &str, start: usize) -> Result<(), Rejection> {
        if self.done {
            return Ok(());
        }
        let Some((name, value)) = parts(line, "#") else {
            self.done = true;
            return Ok(());
        };
        let span = start..start + line.trim_end().len();
        let at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
        let word = Word {
            text: value.to_owned(),
            span: at..at + value.len(),
        };
        let twice = match name.as_str() {
            "syntax" => self.syntax.replace(word).is_some(),
            "check" => self.check.replace(word).is_some(),
            "escape" => {
                let escape = match value {
                    "\\" => '\\',
                    "`" => '`',
                    _ => {
                        return Err(Rejection::new(
                            format!("`{value}` cannot escape: write a backslash or a backtick"),
                            word.span,
                        ));
                    }
                };
                self.escape.replace((escape, word.span)).is_some()
            }
            _ => {
                self.done = true;
                return Ok(());
            }
        };
        match twice {
            true => Err(Rejection::new(
                format!("the directive `{name}` stands twice"),
                span,
            )),
            false => Ok(()),
        }
    }
}

/// The frontend that a file asks to be read by, where it is none of Docker's: what that understands is not known here.
/// Docker's own is known by its name, at whatever registry.
///
/// Source: `DetectSyntax` of BuildKit: behind a line for an interpreter, by comments of `#` or `//`, or by JSON.
pub fn other_frontend(text: &str) -> Option<Word> {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    if text[at..].starts_with("#!") {
        at = text[at..].find('\n').map_or(text.len(), |end| at + end + 1);
    }
    let asked = by_comments(text, at, "#");
    let asked = asked.or_else(|| by_comments(text, at, "//"));
    let asked = asked.or_else(|| by_json(text, at))?;
    let name = asked.text.split([' ', '@']).next().unwrap_or_default();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = name.split(':').next().unwrap_or_default();
    (!matches!(name, "dockerfile" | "dockerfile-upstream")).then_some(asked)
}

fn by_comments(text: &str, mut at: usize, mark: &str) -> Option<Word> {
    for line in text[at..].split_inclusive('\n') {
        let (name, value) = parts(line.trim_start(), mark)?;
        let start = at + (value.as_ptr() as usize - line.as_ptr() as usize);
        at += line.len();
        match name.as_str() {
            "syntax" => {
                return Some(Word {
                    text: value.to_owned(),
                    span: start..start + value.len(),
                });
            }
            "check" | "escape" => {}
            _ => return None,
        }
    }
    None
}

fn by_json(text: &str, at: usize) -> Option<Word> {
    if !text[at..].trim_start().starts_with('{') {
        return None;
    }
    let json: serde_json::Value = serde_json::from_str(&text[at..]).ok()?;
    let syntax = json.get("syntax")?.as_str()?;
    let start = text.find(syntax)?;
    Some(Word {
        text: syntax.to_owned(),
        span: start..start + syntax.len(),
    })
}

/// Name in lower case and value of `# name = value`, behind that mark of a comment.
fn parts<'a>(line: &'a str, mark: &str) -> Option<(String, &'a str)> {
    let (name, value) = line.strip_prefix(mark)?.trim_start().split_once('=')?;
    // What Go's regular expressions call a space.
    let space = [' ', '\t', '\n', '\x0c', '\r'];
    let name = name.trim_end_matches(space);
    let value = value.trim_matches(space);
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    (word && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value))
}
