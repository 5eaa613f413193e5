//! Text that others wrote, made harmless where people and CI read it line by line.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a character moves the cursor, ends a line, hides, or turns the direction of writing: all of Unicode's control
/// characters, its two separators, its marks of direction (<https://trojansource.codes>), and what is shown as nothing
/// (`Default_Ignorable_Code_Point`), but for the selectors that emoji are written with.
pub(super) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let bad = |c: char| is_unseen(c) && !stays(c);
    // Most is plain ASCII, which is soon seen.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) || !text.contains(bad) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if bad(c) {
            let _ = write!(out, "{}", c.escape_default());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// One line of text: whatever is not seen is spelled out, line breaks and tabs too.
pub fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}

/// Lines of text: as [`visible`], but for the line breaks between them and for tabs.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_seen_is_spelled_out() {
        assert_eq!(visible("é “py” 日本"), "é “py” 日本");
        assert_eq!(visible("a\n::error::b"), r"a\n::error::b");
        assert_eq!(
            visible("\u{1b}[2J\u{9b}\r\t\u{7f}\0"),
            r"\u{1b}[2J\u{9b}\r\t\u{7f}\u{0}"
        );
        assert_eq!(
            visible("\u{202e}\u{2066}\u{2028}\u{feff}\u{200f}"),
            r"\u{202e}\u{2066}\u{2028}\u{feff}\u{200f}"
        );
        assert_eq!(
            visible("a\u{ad}b\u{180e}c\u{e0041}❤\u{fe0f}"),
            "a\\u{ad}b\\u{180e}c\\u{e0041}❤\u{fe0f}"
        );
        assert_eq!(visible_lines("a\tb\n\u{1b}c\r\n"), "a\tb\n\\u{1b}c\\r\n");
    }
}
