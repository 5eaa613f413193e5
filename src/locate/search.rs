//! The last resort: a pattern whose one group is the value.

use std::ops::Range;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};

use crate::locate::found::{Found, FoundList};
use crate::locate::unfound::Unfound;
use crate::source::SourceFile;

/// A regular expression with exactly one group, which is the value. `^` and `$` match at the lines, whichever way they
/// end; `.` stays on its line.
#[derive(Clone, Debug)]
pub struct Search(Regex);

/// Why a pattern cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchFault {
    /// Not a regular expression.
    #[error("{what}")]
    Syntax {
        /// The bytes of the pattern that are wrong.
        span: Range<usize>,
        /// What is wrong with them.
        what: String,
    },
    /// Without the group that is the value, or with more than one.
    #[error("{}", groups(*.0))]
    Groups(usize),
    /// It matches so much that it cannot be compiled.
    #[error("the pattern is too large")]
    Large,
}

fn groups(count: usize) -> String {
    match count {
        0 => "the pattern has no group: put `(` and `)` around the value".to_owned(),
        n => format!("the pattern has {n} groups, and one is the value: write the others `(?:…)`"),
    }
}

impl Search {
    /// Reads a pattern.
    ///
    /// # Errors
    /// When it is not a regular expression with exactly one group.
    pub fn parse(pattern: &str) -> Result<Search, SearchFault> {
        let parsed = regex_syntax::ParserBuilder::new()
            .multi_line(true)
            .crlf(true)
            .build()
            .parse(pattern);
        if let Err(fault) = parsed {
            return Err(syntax(pattern, &fault));
        }
        let regex = RegexBuilder::new(pattern)
            .multi_line(true)
            .crlf(true)
            .build()
            .map_err(|_| SearchFault::Large)?;
        match regex.captures_len() - 1 {
            1 => Ok(Search(regex)),
            count => Err(SearchFault::Groups(count)),
        }
    }

    /// The groups of all matches; there must be `count`. A match without its group is none.
    ///
    /// # Errors
    /// When another number is there.
    pub fn find(&self, file: &SourceFile, count: usize) -> Result<Vec<Found>, Unfound> {
        let spans = spans(&self.0, &file.text);
        if spans.len() != count {
            return Err(Unfound::Count(spans));
        }
        let found = |(nth, span): (usize, Range<usize>)| {
            Found::matched(&file.text[span.clone()], span, self.0.clone(), nth)
        };
        Ok(spans.into_iter().enumerate().map(found).collect())
    }

    /// The groups of all matches, as a list.
    ///
    /// # Errors
    /// When there is none.
    pub fn list(&self, file: &SourceFile) -> Result<FoundList, Unfound> {
        let count = spans(&self.0, &file.text).len();
        let items = self.find(file, count)?;
        match (items.first(), items.last()) {
            (Some(first), Some(last)) => Ok(FoundList {
                span: first.span.start..last.span.end,
                items,
            }),
            _ => Err(Unfound::Count(Vec::new())),
        }
    }
}

fn syntax(pattern: &str, fault: &regex_syntax::Error) -> SearchFault {
    let (span, what) = match fault {
        regex_syntax::Error::Parse(fault) => (*fault.span(), fault.kind().to_string()),
        regex_syntax::Error::Translate(fault) => (*fault.span(), fault.kind().to_string()),
        _ => return SearchFault::Large,
    };
    SearchFault::Syntax {
        span: span.start.offset..span.end.offset.min(pattern.len()),
        what,
    }
}

fn spans(pattern: &Regex, text: &str) -> Vec<Range<usize>> {
    pattern
        .captures_iter(text)
        .filter_map(|captures| captures.get(1))
        .map(|group| group.range())
        .collect()
}

/// Whether the `nth` match would be `value`, if that stood in the place of `span`, and as many matches as before.
pub(super) fn finds(
    pattern: &Regex,
    text: &str,
    nth: usize,
    span: &Range<usize>,
    value: &str,
) -> bool {
    let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
        return false;
    };
    let found = spans(pattern, &format!("{before}{value}{after}"));
    found.len() == spans(pattern, text).len()
        && found.get(nth) == Some(&(span.start..span.start + value.len()))
}

/// A version as people write it, with a dot in it at least.
static VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b[vV]?[0-9]+(?:\.[0-9]+)+(?:[.+-]?[0-9A-Za-z]+)*").ok());

/// A pattern that finds the version at a place of a file, or on the lines of it, and nothing else there. Of several
/// versions it is one of `wanted`, else the first. `None` where no simple pattern does.
pub fn pattern(file: &SourceFile, place: &Range<usize>, wanted: &[&str]) -> Option<String> {
    const LINES: usize = 5;
    let text = &file.text;
    let start = text.get(..place.start)?.rfind('\n').map_or(0, |at| at + 1);
    let rest = &text[start..];
    let least = place.end.max(place.start) - start;
    let end = rest.match_indices('\n').map(|(at, _)| at).take(LINES);
    let end = end.take_while(|at| *at < least).count();
    let length = rest
        .match_indices('\n')
        .nth(end)
        .map_or(rest.len(), |(at, _)| at);
    let versions: Vec<_> = VERSION.as_ref()?.find_iter(&rest[..length]).collect();
    let meant = versions
        .iter()
        .find(|v| wanted.contains(&v.as_str()))
        .or(versions.first());
    let number = text
        .get(place.clone())
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    let span = match meant {
        Some(meant) => start + meant.start()..start + meant.end(),
        // `MINOR = 2`
        None if number => place.clone(),
        None => return None,
    };
    let line = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[line..span.start];
    let (group, behind) = match text[span.end..]
        .chars()
        .next()
        .filter(|c| !c.is_whitespace())
    {
        Some(c) => {
            let c = regex::escape(c.encode_utf8(&mut [0; 4]));
            (format!(r"([^{c}\s]+)"), c)
        }
        None => (r"(\S+)".to_owned(), String::new()),
    };
    let near = regex::escape(before.trim_start());
    let whole = regex::escape(before);
    [
        format!("{near}{group}{behind}"),
        format!("^{whole}{group}{behind}"),
    ]
    .into_iter()
    .filter(|_| !before.trim().is_empty())
    .find(|pattern| {
        let found = Search::parse(pattern)
            .ok()
            .and_then(|s| s.find(file, 1).ok());
        found.is_some_and(|found| found[0].span == span)
    })
}
