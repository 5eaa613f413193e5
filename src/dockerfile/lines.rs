//! Physical lines put together into the lines that a builder reads: continuations joined, comments between them left out.
//!
//! Source: `frontend/dockerfile/parser/parser.go` of BuildKit (`Parse`, `processLine`, `trimContinuationCharacter`).

use std::ops::Range;

use crate::dockerfile::directive::Directives;
use crate::dockerfile::rejection::Rejection;

/// Longest physical line with its line break, in bytes. Source: `bufio.MaxScanTokenSize` of Go.
const MAX_LINE: usize = 64 * 1024;

/// A line put together from pieces of the text, which knows where each of its bytes stands there.
#[derive(Debug, Default)]
pub(super) struct Joined {
    /// The line.
    pub text: String,
    /// Where a piece begins in the line, and where in the text.
    pieces: Vec<(usize, usize)>,
}

impl Joined {
    fn push(&mut self, piece: &str, source: usize) {
        if !piece.is_empty() {
            self.pieces.push((self.text.len(), source));
            self.text.push_str(piece);
        }
    }

    /// The bytes of the text from which these of the line come: from the first to the last, with what lies between.
    pub(super) fn source(&self, span: Range<usize>) -> Range<usize> {
        let piece = |at: usize| {
            let index = self.pieces.partition_point(|(start, _)| *start <= at);
            self.pieces
                .get(index.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        let (start, source) = piece(span.start);
        let first = source + (span.start - start);
        if span.is_empty() {
            return first..first;
        }
        let (start, source) = piece(span.end - 1);
        first..source + (span.end - start)
    }
}

/// The lines of a text, from first to last.
pub(super) struct Lines<'a> {
    text: &'a str,
    at: usize,
    /// Directives so far.
    pub directives: Directives,
}

/// A line that an instruction stands on.
pub(super) struct Line {
    /// What it says.
    pub joined: Joined,
    /// All its bytes in the text, without the last line break.
    pub span: Range<usize>,
}

impl<'a> Lines<'a> {
    /// Of a text.
    pub(super) fn of(text: &'a str) -> Self {
        Lines {
            text,
            at: 0,
            directives: Directives::default(),
        }
    }

    /// The next physical line with its line break, and where it begins.
    fn physical(&mut self) -> Result<Option<(usize, &'a str)>, Rejection> {
        let start = self.at;
        let rest = &self.text[start..];
        if rest.is_empty() {
            return Ok(None);
        }
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        let whole = rest[..length].ends_with('\n');
        if length > MAX_LINE || (length == MAX_LINE && !whole) {
            return Err(Rejection::new(
                format!("a line is longer than {} bytes", MAX_LINE - 1),
                start..start,
            ));
        }
        Ok(Some((start, &rest[..length])))
    }

    /// The next line that is neither empty nor a comment.
    ///
    /// # Errors
    /// When a line is too long, or a directive stands twice or says what it cannot.
    pub(super) fn next(&mut self) -> Result<Option<Line>, Rejection> {
        loop {
            let Some((mut start, line)) = self.physical()? else {
                return Ok(None);
            };
            let mut line = line.trim_end_matches(['\r', '\n']);
            if start == 0
                && let Some(rest) = line.strip_prefix('\u{feff}')
            {
                start += line.len() - rest.len();
                line = rest;
            }
            let trimmed = line.trim_start();
            start += line.len() - trimmed.len();
            self.directives.look(trimmed, start)?;
            if trimmed.starts_with('#') {
                continue;
            }
            let (piece, mut goes_on) = self.continued(trimmed);
            if piece.is_empty() && !goes_on {
                continue;
            }
            let mut joined = Joined::default();
            joined.push(piece, start);
            let mut end = start + trimmed.len();
            while goes_on {
                let Some((at, line)) = self.physical()? else {
                    break;
                };
                let line = line.trim_end_matches(['\r', '\n']);
                let bare = line.trim_start();
                if bare.is_empty() || bare.starts_with('#') {
                    continue;
                }
                end = at + line.len();
                let (piece, more) = self.continued(line);
                joined.push(piece, at);
                goes_on = more;
            }
            let span = start..end;
            return Ok(Some(Line { joined, span }));
        }
    }

    /// A line without the character that says it goes on in the next, and whether it does. That character escapes itself.
    fn continued<'l>(&self, line: &'l str) -> (&'l str, bool) {
        let escape = self.directives.escape();
        match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
            Some(piece) if !piece.ends_with(escape) => (piece, true),
            _ => (line, false),
        }
    }

    /// The lines up to one that is `terminator` alone: what stands between, and the end of that line. With `chomp`, tabs
    /// before it do not count. `None` when the text ends before.
    pub(super) fn heredoc(
        &mut self,
        terminator: &str,
        chomp: bool,
    ) -> Result<Option<(Range<usize>, usize)>, Rejection> {
        let begin = self.at;
        while let Some((start, line)) = self.physical()? {
            let line = line.trim_end_matches(['\r', '\n']);
            let said = match chomp {
                true => line.trim_start_matches('\t'),
                false => line,
            };
            if said == terminator {
                return Ok(Some((begin..start, start + line.len())));
            }
        }
        Ok(None)
    }
}
