//! One text file, and where its lines are.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use similar::{ChangeTag, TextDiff};

/// A text file as it was read.
#[derive(Debug)]
pub struct SourceFile {
    /// Path from the repository root, with `/`.
    pub path: Arc<str>,
    /// The whole text: as on disk, or with its line ends made LF.
    pub text: String,
    /// The bytes on disk, where they are not UTF-8.
    raw: Option<Vec<u8>>,
    /// The line breaks of the text that are CRLF on disk, as offsets, in order.
    turned: Vec<usize>,
    /// Where its lines begin, told when first asked.
    lines: OnceLock<Vec<usize>>,
}

impl SourceFile {
    /// A file with this path and text.
    pub fn new(path: impl Into<Arc<str>>, text: impl Into<String>) -> Arc<Self> {
        Arc::new(SourceFile {
            path: path.into(),
            text: text.into(),
            raw: None,
            turned: Vec::new(),
            lines: OnceLock::new(),
        })
    }

    /// A file with this path and these bytes, read as UTF-8 with a sign of replacement for what is none.
    pub fn decoded(path: impl Into<Arc<str>>, bytes: Vec<u8>) -> Arc<Self> {
        match String::from_utf8(bytes) {
            Ok(text) => SourceFile::new(path, text),
            Err(error) => {
                let bytes = error.into_bytes();
                Arc::new(SourceFile {
                    path: path.into(),
                    text: String::from_utf8_lossy(&bytes).into_owned(),
                    raw: Some(bytes),
                    turned: Vec::new(),
                    lines: OnceLock::new(),
                })
            }
        }
    }

    /// The bytes on disk, where they are not UTF-8 and the text is not all they say.
    pub fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref()
    }

    /// The same file with every line end made LF: a checkout may have turned them, and what is read must not turn with
    /// them. Places are still told by their bytes on disk.
    pub fn with_lf(self: &Arc<Self>) -> Arc<Self> {
        if !self.text.contains("\r\n") {
            return self.clone();
        }
        let mut text = String::with_capacity(self.text.len());
        let mut turned = Vec::new();
        for line in self.text.split_inclusive('\n') {
            match line.strip_suffix("\r\n") {
                Some(line) => {
                    text.push_str(line);
                    turned.push(text.len());
                    text.push('\n');
                }
                None => text.push_str(line),
            }
        }
        Arc::new(SourceFile {
            path: self.path.clone(),
            text,
            raw: self.raw.as_deref().map(without_cr),
            turned,
            lines: OnceLock::new(),
        })
    }

    /// The same bytes, as whole characters of the text: those that tell places count bytes, characters or columns, and
    /// what is no place of this text at all is made one.
    pub fn whole(&self, span: Range<usize>) -> Range<usize> {
        let mut start = span.start.min(self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let mut end = span.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        start..end
    }

    /// The text of a span.
    pub fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(self.whole(span)).unwrap_or_default()
    }

    /// Where a byte of the text stands in the file on disk.
    pub fn on_disk(&self, offset: usize) -> usize {
        offset + self.turned.partition_point(|at| *at < offset)
    }

    /// This file's bytes on disk with the changes that lead from its text to `edited`: lines that stay keep their line
    /// ends, new ones end like the first line of the file.
    pub fn edited_on_disk(&self, edited: &str) -> String {
        if self.turned.is_empty() {
            return edited.to_owned();
        }
        let turned = |line: &str, crlf: bool| match line.strip_suffix('\n') {
            Some(line) if crlf => format!("{line}\r\n"),
            _ => line.to_owned(),
        };
        let mut offset = 0;
        let mut out = String::with_capacity(edited.len() + self.turned.len());
        let first = self.text.find('\n');
        let by_default = first.is_some_and(|end| self.turned.contains(&end));
        for change in TextDiff::from_lines(self.text.as_str(), edited).iter_all_changes() {
            let line = change.value();
            let end = offset + line.len().saturating_sub(1);
            match change.tag() {
                ChangeTag::Equal => {
                    out.push_str(&turned(line, self.turned.binary_search(&end).is_ok()));
                    offset += line.len();
                }
                ChangeTag::Delete => offset += line.len(),
                ChangeTag::Insert => out.push_str(&turned(line, by_default)),
            }
        }
        out
    }

    /// The text with these bytes replaced. The replacements do not overlap.
    pub fn edited(&self, mut edits: Vec<(Range<usize>, String)>) -> String {
        edits.sort_by_key(|(span, _)| span.start);
        let mut text = self.text.clone();
        for (span, new) in edits.into_iter().rev() {
            text.replace_range(span, &new);
        }
        text
    }

    /// One-based line and column (counted in characters) of a byte offset.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let lines = self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
            std::iter::once(0)
                .chain(ends.map(|(at, _)| at + 1))
                .collect()
        });
        let line = lines.partition_point(|start| *start <= offset);
        let before = &self.text.as_bytes()[lines[line - 1]..offset];
        let column = String::from_utf8_lossy(before).chars().count();
        (line, column + 1)
    }

    /// The lines that `span` touches: their text, the offset of its first byte, and the number of its first line.
    pub fn window(&self, span: Range<usize>) -> (&str, usize, usize) {
        let span = self.whole(span);
        let start = self.text[..span.start].rfind('\n').map_or(0, |p| p + 1);
        // An annotation may end on the line break itself.
        let end = self.text[span.end..]
            .find('\n')
            .map_or(self.text.len(), |p| span.end + p + 1);
        (&self.text[start..end], start, self.line_column(start).0)
    }
}

/// Bytes with every CRLF made LF.
fn without_cr(bytes: &[u8]) -> Vec<u8> {
    let ends = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
    let kept = (0..bytes.len()).filter(|at| !ends(*at));
    kept.map(|at| bytes[at]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_leaves_the_line_ends_of_all_other_lines() {
        let disk = "a\r\nb\nc\r\nd";
        let file = SourceFile::new("f", disk).with_lf();
        assert_eq!(file.edited_on_disk("a\nb\nc\nd"), disk);
        assert_eq!(
            file.edited_on_disk("a\nB\nnew\nc\nd"),
            "a\r\nB\r\nnew\r\nc\r\nd"
        );
        assert_eq!(file.edited_on_disk("a\nd"), "a\r\nd");
        let file = SourceFile::new("f", "a\nb\r\n").with_lf();
        assert_eq!(file.edited_on_disk("a\nnew\nb\n"), "a\nnew\nb\r\n");
    }
}
