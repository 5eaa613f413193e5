//! What a builder would refuse, with its place.

use std::ops::Range;

/// A Dockerfile, or a build of it, that BuildKit refuses too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Rejection {
    /// What is wrong: lower case, literals in backticks, no full stop.
    pub what: String,
    /// The bytes of the text that are meant; empty at the end of the file where something is missing.
    pub span: Range<usize>,
    /// Whether it is one of the line alone, and so of an ONBUILD that nothing triggers, too.
    pub(super) of_line: bool,
}

impl Rejection {
    /// A fault at these bytes.
    pub fn new(what: impl Into<String>, span: Range<usize>) -> Self {
        Rejection {
            what: what.into(),
            span,
            of_line: false,
        }
    }

    /// The same, as one of the line alone.
    pub(super) fn of_line(self) -> Self {
        Rejection {
            of_line: true,
            ..self
        }
    }
}
