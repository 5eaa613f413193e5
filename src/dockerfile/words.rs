//! The words of a line: flags, names with values, lists. Quotes and escapes stay in them until they are expanded.
//!
//! Source: `frontend/dockerfile/parser/{split_command,line_parsers}.go` of BuildKit. Ranges are bytes of the text given.

use std::ops::Range;

/// Whether it parts an instruction from its arguments, and the words of a list.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, '\t' | '\x0b' | '\x0c' | '\r' | ' ')
}

/// A piece of `text` without white space at its ends.
pub(super) fn trimmed(text: &str, span: Range<usize>) -> Range<usize> {
    let inside = &text[span.clone()];
    let start = span.start + (inside.len() - inside.trim_start().len());
    start..start + inside.trim().len()
}

/// The keyword of a line and the rest of it.
pub(super) fn keyword(text: &str) -> (Range<usize>, Range<usize>) {
    let all = trimmed(text, 0..text.len());
    let line = &text[all.clone()];
    match line.find(is_blank) {
        Some(end) => {
            let rest = &line[end..];
            let skipped = rest.len() - rest.trim_start_matches(is_blank).len();
            (
                all.start..all.start + end,
                all.start + end + skipped..all.end,
            )
        }
        None => (all.clone(), all.end..all.end),
    }
}

/// The words of `--name=value` that `span` begins with, quotes and escapes taken away, and what follows them.
pub(super) fn flags(
    text: &str,
    span: Range<usize>,
    escape: char,
) -> (Vec<(String, Range<usize>)>, Range<usize>) {
    let mut words = Vec::new();
    let mut at = span.start;
    loop {
        let rest = &text[at..span.end];
        at += rest.len() - rest.trim_start().len();
        let rest = &text[at..span.end];
        if !rest.starts_with("--") {
            return (words, trimmed(text, at..span.end));
        }
        let mut word = String::new();
        let mut quote = None;
        let mut chars = rest.char_indices();
        let end = loop {
            let Some((index, c)) = chars.next() else {
                break rest.len();
            };
            match quote {
                None if c.is_whitespace() => break index,
                None if c == '"' || c == '\'' => quote = Some(c),
                Some(open) if c == open => quote = None,
                _ if c == escape => word.extend(chars.next().map(|(_, c)| c)),
                _ => word.push(c),
            }
        };
        at += end;
        if word == "--" {
            return (words, trimmed(text, at..span.end));
        }
        words.push((word, at - end..at));
    }
}

/// Words parted by white space outside of quotes; quotes and escapes stay.
pub(super) fn quoted(text: &str, span: Range<usize>, escape: char) -> Vec<(String, Range<usize>)> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut start = None;
    let mut quote = None;
    let mut chars = text[span.clone()].char_indices().peekable();
    while let Some((index, c)) = chars.next() {
        let at = span.start + index;
        if quote.is_none() && c.is_whitespace() {
            if let Some(start) = start.take()
                && !word.is_empty()
            {
                words.push((std::mem::take(&mut word), start..at));
            }
            continue;
        }
        start.get_or_insert(at);
        let mut closes = false;
        match quote {
            None if c == '"' || c == '\'' => quote = Some(c),
            Some(open) => closes = c == open,
            None => {}
        }
        if closes {
            quote = None;
        }
        // Nothing is escaped between single quotes, and an escape at the very end is dropped.
        if c == escape && quote != Some('\'') {
            if let Some((_, escaped)) = chars.next() {
                word.extend([c, escaped]);
            }
            continue;
        }
        word.push(c);
    }
    if let Some(start) = start
        && !word.is_empty()
    {
        words.push((word, start..span.end));
    }
    words
}

/// Words parted by blanks, whatever quotes say. Where there is nothing there is no word.
pub(super) fn blank(text: &str, span: Range<usize>) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    if span.is_empty() {
        return words;
    }
    let mut start = span.start;
    let mut in_blank = false;
    for (index, c) in text[span.clone()].char_indices() {
        let at = span.start + index;
        if is_blank(c) {
            if !in_blank {
                words.push(start..at);
            }
            in_blank = true;
        } else if in_blank {
            in_blank = false;
            start = at;
        }
    }
    if !in_blank {
        words.push(start..span.end);
    }
    words
}

/// What a JSON array of texts holds, or why none stands here.
pub(super) enum Json {
    /// Its texts, with their bytes, quotes included.
    Texts(Vec<(String, Range<usize>)>),
    /// An array that holds something else.
    Other,
    /// No array.
    None,
}

/// Reads a JSON array.
pub(super) fn json(text: &str, span: Range<usize>) -> Json {
    let inside = &text[span.clone()];
    if !inside.trim_start().starts_with('[') {
        return Json::None;
    }
    let Ok(values) = serde_json::from_str::<Vec<serde_json::Value>>(inside) else {
        return Json::None;
    };
    let mut at = span.start;
    let mut texts = Vec::new();
    for value in values {
        let serde_json::Value::String(said) = value else {
            return Json::Other;
        };
        // The array is sound, so that each quote opens or closes a text.
        let start = at + text[at..span.end].find('"').unwrap_or(0);
        let mut escaped = false;
        let close = text[start + 1..span.end].find(|c| {
            let closes = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            closes
        });
        at = start + 1 + close.map_or(0, |close| close + 1);
        texts.push((said, start..at));
    }
    Json::Texts(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_end_where_something_else_begins() {
        let text = r#"--from=a --chown="b c" -- --no d"#;
        let (found, rest) = flags(text, 0..text.len(), '\\');
        let found: Vec<_> = found
            .into_iter()
            .map(|(word, at)| (word, &text[at]))
            .collect();
        assert_eq!(
            found,
            [
                ("--from=a".to_owned(), "--from=a"),
                ("--chown=b c".to_owned(), "--chown=\"b c\"")
            ]
        );
        assert_eq!(&text[rest], "--no d");
    }

    #[test]
    fn quotes_hold_white_space_and_stay() {
        let words = |text: &str| -> Vec<String> {
            let found = quoted(text, 0..text.len(), '\\').into_iter();
            found.map(|(word, _)| word).collect()
        };
        assert_eq!(
            words(r#"A="x y" B=a\ b  C"#),
            [r#"A="x y""#, r"B=a\ b", "C"]
        );
        assert_eq!(words(r#"'a\' "c\" d" e\"#), [r"'a\'", r#""c\" d""#, "e"]);
        assert_eq!(words(r#"A='\' B"#), [r"A='\'", "B"]);
    }

    #[test]
    fn arrays_say_where_their_texts_stand() {
        let text = r#" [ "a", "b \"c\\" ] "#;
        match json(text, 0..text.len()) {
            Json::Texts(texts) => {
                let texts: Vec<_> = texts
                    .into_iter()
                    .map(|(said, at)| (said, &text[at]))
                    .collect();
                assert_eq!(
                    texts,
                    [
                        ("a".to_owned(), "\"a\""),
                        ("b \"c\\".to_owned(), r#""b \"c\\""#)
                    ]
                );
            }
            _ => panic!("an array"),
        }
        assert!(matches!(json("[1]", 0..3), Json::Other));
        assert!(matches!(json("[a]", 0..3), Json::None));
        assert!(matches!(json("[]", 0..2), Json::Texts(texts) if texts.is_empty()));
    }
}
