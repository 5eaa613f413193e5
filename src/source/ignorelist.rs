//! A `.gitignore`: its lines as git reads them. Source: `parse_path_pattern` and `trim_trailing_spaces` of git's `dir.c`.

use crate::source::wildmatch::PathPattern;

/// The lines of one file.
#[derive(Debug)]
pub(super) struct IgnoreList(Vec<Line>);

#[derive(Debug)]
struct Line {
    pattern: PathPattern,
    /// Whether it takes in again what lines before it leave out.
    takes_in: bool,
    /// Whether it speaks of folders alone.
    of_folders: bool,
    text: String,
}

/// What a list says of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said<'l> {
    /// The line that ignores it, as it is written.
    Ignored(&'l str),
    /// It is taken in, whatever lists of folders above say.
    TakenIn,
}

impl IgnoreList {
    /// Of the bytes of the file.
    pub(super) fn new(bytes: &[u8]) -> Self {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let lines = bytes.split_inclusive(|byte| *byte == b'\n');
        IgnoreList(lines.filter_map(Line::new).collect())
    }

    /// What the last line that matches says of an entry, by its path from the folder of the list.
    pub(super) fn said(&self, path: &[u8], is_folder: bool) -> Option<Said<'_>> {
        let mut lines = self.0.iter().rev();
        let line =
            lines.find(|line| (is_folder || !line.of_folders) && line.pattern.matches(path))?;
        Some(match line.takes_in {
            true => Said::TakenIn,
            false => Said::Ignored(&line.text),
        })
    }
}

impl Line {
    fn new(line: &[u8]) -> Option<Self> {
        let ended = line.strip_suffix(b"\n");
        let line = ended.map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        if line.starts_with(b"#") {
            return None;
        }
        let line = without_blanks(line);
        let (takes_in, pattern) = match line.strip_prefix(b"!") {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (of_folders, pattern) = match pattern.strip_suffix(b"/") {
            Some(rest) => (true, rest),
            None => (false, pattern),
        };
        (!pattern.is_empty()).then(|| Line {
            pattern: PathPattern::new(pattern),
            takes_in,
            of_folders,
            text: String::from_utf8_lossy(line).into_owned(),
        })
    }
}

/// A line without the blanks at its end; one behind a backslash stays.
fn without_blanks(line: &[u8]) -> &[u8] {
    let mut end = 0;
    let mut at = 0;
    while at < line.len() {
        match line[at] {
            b' ' => at += 1,
            b'\\' => {
                at = (at + 2).min(line.len());
                end = at;
            }
            _ => {
                at += 1;
                end = at;
            }
        }
    }
    &line[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether git ignores, in order: each with what it says of `a/b.log` as a file and as a folder.
    #[test]
    fn lines_are_read_as_git_reads_them() {
        for (list, file, folder) in [
            ("*.log\n", true, true),
            ("/b.log\n", false, false),
            ("b.log/\n", false, true),
            ("a/b.log  \r\n", true, true),
            ("a/b.log\\ \n", false, false),
            ("# *.log\n\n   \n", false, false),
            ("\\#x\n*.log\n!b.log\n", false, false),
            ("!b.log\n*.log", true, true),
            ("\u{feff}a/*\n!a/*/\n", true, false),
            ("**/b.lo[!a-f]\n", true, true),
            ("a//\n/\n!\n", false, false),
        ] {
            let read = IgnoreList::new(list.as_bytes());
            let ignored =
                |is_folder| matches!(read.said(b"a/b.log", is_folder), Some(Said::Ignored(_)));
            assert_eq!((ignored(false), ignored(true)), (file, folder), "{list:?}");
        }
    }

    #[test]
    fn the_line_is_told_as_it_is_written() {
        let list = IgnoreList::new(b"/a/*.log \n");
        assert_eq!(
            list.said(b"a/b.log", false),
            Some(Said::Ignored("/a/*.log"))
        );
        let list = IgnoreList::new(b"*\n!b.log\n");
        assert_eq!(list.said(b"a/b.log", false), Some(Said::TakenIn));
    }
}
