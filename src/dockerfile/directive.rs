//! Parser directives: `# escape=`, `# syntax=` and `# check=` before anything else.
//!
//! Source: `frontend/dockerfile/parser/directives.go` of BuildKit.

use std::ops::Range;

use crate::dockerfile::fault::Fault;
use crate::dockerfile::instruction::Word;

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
    pub(super) fn look(&mut self, line: &str, start: usize) -> Result<(), Fault> {
        if self.done {
            return Ok(());
        }
        let Some((name, value)) = parts(line) else {
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
                        return Err(Fault::new(
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
            true => Err(Fault::new(
                format!("the directive `{name}` stands twice"),
                span,
            )),
            false => Ok(()),
        }
    }
}

/// Name in lower case and value of `# name = value`.
fn parts(line: &str) -> Option<(String, &str)> {
    let (name, value) = line.strip_prefix('#')?.trim_start().split_once('=')?;
    // What Go's regular expressions call a space.
    let space = [' ', '\t', '\n', '\x0c', '\r'];
    let name = name.trim_end_matches(space);
    let value = value.trim_matches(space);
    let word = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric());
    (word && !value.is_empty()).then(|| (name.to_ascii_lowercase(), value))
}
