//! Values as literals of Python, and the words that may be names in it.
//!
//! <https://docs.python.org/3/reference/lexical_analysis.html>

use std::fmt::Write;

use serde_json::Value as Json;

/// The hard keywords of Python 3. The soft ones (`match`, `case`, `type`, `_`) may be names.
const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
    "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import",
    "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while",
    "with", "yield",
];

/// Whether Python reads `word` as its own.
pub fn is_python_keyword(word: &str) -> bool {
    KEYWORDS.contains(&word)
}

/// Whether `word` may name something in Python. Letters beyond ASCII, which Python would normalise, are left out.
pub fn is_python_name(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with(|c: char| c.is_ascii_digit())
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !is_python_keyword(word)
}

/// A value as a literal: text in double quotes, lists as tuples, tables as dicts.
pub(super) fn literal(value: &Json) -> String {
    let mut out = String::new();
    push(value, &mut out);
    out
}

fn push(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("None"),
        Json::Bool(true) => out.push_str("True"),
        Json::Bool(false) => out.push_str("False"),
        Json::Number(number) => {
            let _ = write!(out, "{number}");
        }
        Json::String(text) => push_text(text, out),
        Json::Array(items) => {
            out.push('(');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                push(item, out);
            }
            out.push_str(if items.len() == 1 { ",)" } else { ")" });
        }
        Json::Object(map) => {
            out.push('{');
            for (index, (key, item)) in map.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                push_text(key, out);
                out.push_str(": ");
                push(item, out);
            }
            out.push('}');
        }
    }
}

/// Letters and digits of any script stand as they are; all else beyond printable ASCII, such as what is not seen or turns
/// the direction of writing, is escaped.
fn push_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if (c as u32) < 0x1_0000 => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => {
                let _ = write!(out, "\\U{:08x}", c as u32);
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_literals() {
        assert_eq!(
            literal(&json!({ "a": [1, true, null], "b": ["x"], "c": [] })),
            r#"{"a": (1, True, None), "b": ("x",), "c": ()}"#
        );
        assert_eq!(literal(&json!("a\"b\\\n{}é")), r#""a\"b\\\u000a{}é""#);
        assert_eq!(
            literal(&json!("\u{202e}\u{1f600}")),
            r#""\u202e\U0001f600""#
        );
    }

    #[test]
    fn keywords_and_other_words_are_no_names() {
        for good in ["a", "_", "n", "on", "match", "type", "class_", "A1"] {
            assert!(is_python_name(good), "{good}");
        }
        for bad in ["", "class", "None", "1a", "a-b", "a b", "é"] {
            assert!(!is_python_name(bad), "{bad}");
        }
    }
}
