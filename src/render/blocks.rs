//! Blocks that gen writes in files of the user's: the lines between two markers, `<!-- gen:NAME -->` and
//! `<!-- /gen:NAME -->`, as the file writes comments.

use std::ops::Range;

use crate::render::kinds::Comment;

/// What stands before the name of a block.
const SIGN: &str = "gen:";

/// Why a block has no place in a file. Ranges are bytes of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misplaced {
    /// No marker bears its name; these do bear others.
    Missing(Vec<String>),
    /// It begins there and does not end.
    Unclosed(Range<usize>),
    /// It ends there and has not begun.
    Unopened(Range<usize>),
    /// It begins, or ends, a second time.
    Twice(Range<usize>, Range<usize>),
    /// Another marker stands inside of it.
    Nested(Range<usize>, Range<usize>),
}

/// One marker.
struct Marker<'t> {
    name: &'t str,
    ends: bool,
    /// The comment itself.
    span: Range<usize>,
    /// Its whole line, with what ends that.
    line: Range<usize>,
}

/// The line that begins a block.
pub fn begins(comment: Comment, name: &str) -> String {
    comment.line(&format!("{SIGN}{name}"))
}

/// The line that ends one.
pub fn ends(comment: Comment, name: &str) -> String {
    comment.line(&format!("/{SIGN}{name}"))
}

/// Whether a block may have that name: lower-case letters and digits, with `.`, `_` or `-` between them.
pub fn is_block_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    edge(name.chars().next()) && edge(name.chars().next_back()) && name.chars().all(inner)
}

fn markers(text: &str, comment: Comment) -> Vec<Marker<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let whole = at..at + line.len();
        at = whole.end;
        let Some(said) = comment.text(line) else {
            continue;
        };
        let (ends, said) = match said.strip_prefix('/') {
            Some(said) => (true, said),
            None => (false, said),
        };
        let Some(name) = said.strip_prefix(SIGN).filter(|name| is_block_name(name)) else {
            continue;
        };
        let start = whole.start + line.len() - line.trim_start().len();
        found.push(Marker {
            name,
            ends,
            span: start..start + line.trim().len(),
            line: whole,
        });
    }
    found
}

/// The bytes between the markers of a block: whole lines.
///
/// # Errors
/// When it has no place, or not one.
pub fn block(text: &str, comment: Comment, name: &str) -> Result<Range<usize>, Misplaced> {
    let all = markers(text, comment);
    let own: Vec<&Marker<'_>> = all.iter().filter(|marker| marker.name == name).collect();
    let second = |ends: bool| {
        let mut such = own.iter().filter(move |marker| marker.ends == ends);
        (such.next(), such.next())
    };
    for ends in [false, true] {
        if let (Some(first), Some(second)) = second(ends) {
            return Err(Misplaced::Twice(first.span.clone(), second.span.clone()));
        }
    }
    let (open, close) = match (second(false).0, second(true).0) {
        (None, None) => {
            let mut others: Vec<String> = all.iter().map(|m| m.name.to_owned()).collect();
            others.dedup();
            return Err(Misplaced::Missing(others));
        }
        (Some(open), None) => return Err(Misplaced::Unclosed(open.span.clone())),
        (None, Some(close)) => return Err(Misplaced::Unopened(close.span.clone())),
        (Some(open), Some(close)) if close.span.start < open.span.start => {
            return Err(Misplaced::Unopened(close.span.clone()));
        }
        (Some(open), Some(close)) => (open, close),
    };
    let inside = open.line.end..close.line.start;
    match all
        .iter()
        .find(|marker| inside.contains(&marker.span.start))
    {
        Some(other) => Err(Misplaced::Nested(open.span.clone(), other.span.clone())),
        None => Ok(inside),
    }
}

/// The text with other lines in a block, ended as the line that begins it is.
///
/// # Errors
/// As [`block`].
pub fn filled(text: &str, comment: Comment, name: &str, lines: &str) -> Result<String, Misplaced> {
    let inside = block(text, comment, name)?;
    let end = match text[..inside.start].ends_with("\r\n") {
        true => "\r\n",
        false => "\n",
    };
    let mut out = text[..inside.start].to_owned();
    for line in lines.trim_end().lines() {
        out.push_str(line);
        out.push_str(end);
    }
    out.push_str(&text[inside.end..]);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::dialect::Dialect;

    fn markdown() -> Comment {
        Dialect::Markdown.comment().expect("it has comments")
    }

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let before = "a\n<!-- gen:x -->\nold\n<!-- /gen:x -->\nb";
        let after = filled(before, markdown(), "x", "new\n\nlines\n\n").expect("a block");
        assert_eq!(after, "a\n<!-- gen:x -->\nnew\n\nlines\n<!-- /gen:x -->\nb");
        assert_eq!(
            filled(&after, markdown(), "x", "new\n\nlines").expect("a block"),
            after
        );
        let windows = "<!--gen:x-->\r\n<!-- /gen:x -->\r\n";
        assert_eq!(
            filled(windows, markdown(), "x", "new\n").expect("a block"),
            "<!--gen:x-->\r\nnew\r\n<!-- /gen:x -->\r\n"
        );
    }

    #[test]
    fn a_block_has_one_place_or_none() {
        let found = |text: &str| block(text, markdown(), "x");
        let (open, close) = ("<!-- gen:x -->\n", "<!-- /gen:x -->\n");
        let other = "<!-- gen:y -->\n";
        assert_eq!(found(other), Err(Misplaced::Missing(vec!["y".to_owned()])));
        assert_eq!(found(open), Err(Misplaced::Unclosed(0..14)));
        assert_eq!(found(close), Err(Misplaced::Unopened(0..15)));
        let text = format!("{close}{open}");
        assert_eq!(found(&text), Err(Misplaced::Unopened(0..15)));
        let text = format!("{open}{close}{open}");
        assert_eq!(found(&text), Err(Misplaced::Twice(0..14, 31..45)));
        let text = format!("{open}{other}{close}");
        assert_eq!(found(&text), Err(Misplaced::Nested(0..14, 15..29)));
        // What is said of a marker is none.
        assert_eq!(
            found("see `<!-- gen:x -->`\n"),
            Err(Misplaced::Missing(Vec::new()))
        );
    }

    #[test]
    fn names_are_plain_words() {
        for good in ["images", "a", "gpu-images", "v1.2_x"] {
            assert!(is_block_name(good), "{good}");
        }
        for bad in ["", "A", "a b", "-a", "a-", "é"] {
            assert!(!is_block_name(bad), "{bad}");
        }
    }
}
