//! Why no value was found.

use std::ops::Range;

use crate::locate::path::PathFault;

/// Why a value could not be read from a file, and where that shows. `what` says what is there instead, so that it
/// reads after "the value is".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfound {
    /// Nothing is declared by this name.
    #[error("nothing by this name{}", near.as_ref().map(|n| format!("; there is `{n}`")).unwrap_or_default())]
    Nothing {
        /// The name that was probably meant.
        near: Option<String>,
        /// Where the file has the name all the same, as something that is not read: a local, a comment, a word of a text.
        named: Option<Range<usize>>,
    },
    /// It is declared, without a value.
    #[error("declared without a value")]
    Valueless {
        /// The declared name.
        span: Range<usize>,
    },
    /// More than one declaration gives it a value: their names.
    #[error("declared {} times", .0.len())]
    Several(Vec<Range<usize>>),
    /// The value is not written out: only running the code, or another file, tells it.
    #[error("the value is {what}")]
    Computed {
        /// The expression.
        span: Range<usize>,
        /// What it is.
        what: String,
    },
    /// There is a value, which is not a text (or not a list, where one is asked for).
    #[error("the value is {what}")]
    NotText {
        /// The value.
        span: Range<usize>,
        /// What it is.
        what: String,
    },
    /// The file cannot be understood at the place that matters.
    #[error("{what}")]
    Syntax {
        /// Where.
        span: Range<usize>,
        /// What the parser says.
        what: String,
    },
    /// Such files are not read this way.
    #[error("not among the files that are read this way: {readable}")]
    Language {
        /// The kinds of files that are, for people.
        readable: &'static str,
    },
    /// The pattern matched another number of times: what it found.
    #[error("found {} times", .0.len())]
    Count(Vec<Range<usize>>),
    /// The key path cannot be read.
    #[error(transparent)]
    Path(PathFault),
}

impl Unfound {
    /// A value that is not written out.
    pub(super) fn computed(span: Range<usize>, what: impl Into<String>) -> Self {
        let what = what.into();
        Unfound::Computed { span, what }
    }

    /// A value that is not text.
    pub(super) fn not_text(span: Range<usize>, what: impl Into<String>) -> Self {
        let what = what.into();
        Unfound::NotText { span, what }
    }

    /// A number, which may not say what is written: `3.10` is 3.1.
    pub(super) fn number(span: Range<usize>, written: &str) -> Self {
        let short = match written.split_once('.') {
            Some(_) => written.trim_end_matches('0').trim_end_matches('.'),
            None => written,
        };
        if short == written {
            Self::not_text(span, format!("the number `{written}`, without quotes"))
        } else {
            let what = format!("the number `{written}`, which without quotes is `{short}`");
            Self::not_text(span, what)
        }
    }

    /// A text of which a piece is not understood.
    pub(super) fn unread(span: Range<usize>, piece: &str) -> Self {
        Self::not_text(
            span,
            format!("a text with `{piece}` in it, which is not read here"),
        )
    }

    /// Something that should have been a list.
    pub(super) fn not_list(span: Range<usize>) -> Self {
        Self::not_text(span, "not a list")
    }

    /// The same; of nothing by a name, with the place that has the last word of the name all the same.
    pub(super) fn somewhere(self, text: &str, name: &str) -> Self {
        match self {
            Unfound::Nothing { near, named: None } => Unfound::Nothing {
                near,
                named: occurrence(text, name),
            },
            other => other,
        }
    }

    /// The same, `by` bytes later.
    pub(super) fn shifted(mut self, by: usize) -> Self {
        let shift = |span: &mut Range<usize>| *span = span.start + by..span.end + by;
        match &mut self {
            Unfound::Valueless { span }
            | Unfound::Nothing {
                named: Some(span), ..
            }
            | Unfound::Computed { span, .. }
            | Unfound::NotText { span, .. }
            | Unfound::Syntax { span, .. } => shift(span),
            Unfound::Several(spans) | Unfound::Count(spans) => spans.iter_mut().for_each(shift),
            Unfound::Nothing { .. } | Unfound::Language { .. } | Unfound::Path(_) => {}
        }
        self
    }
}

/// Where the last word of a name stands in a text as a word of its own.
pub(crate) fn occurrence(text: &str, name: &str) -> Option<Range<usize>> {
    let inside = |c: char| c.is_alphanumeric() || c == '_';
    let word = name.rsplit(|c| !inside(c)).next()?;
    if word.is_empty() {
        return None;
    }
    text.match_indices(word)
        .map(|(at, _)| at..at + word.len())
        .find(|at| !text[..at.start].ends_with(inside) && !text[at.end..].starts_with(inside))
}
