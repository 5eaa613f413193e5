//! One word of a shell, a `.env` file, a Makefile or a Dockerfile: bare, or in quotes.

use std::ops::Range;

use crate::locate::found::{Found, FoundList};
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

/// The text that the word at `span` is. The characters of `not` mean something even in quotes.
pub(super) fn text(source: &str, span: Range<usize>, not: &'static str) -> Result<Found, Unfound> {
    let word = source.get(span.clone()).unwrap_or_default();
    if let Some(default) = default(word).filter(|_| !not.contains('$')) {
        return text(
            source,
            span.start + default.start..span.start + default.end,
            not,
        );
    }
    let quote = word.chars().next().filter(|c| matches!(c, '"' | '\''));
    let Some(quote) = quote else {
        if let Some(what) = put_together(word) {
            return Err(Unfound::computed(span, what));
        }
        if word.contains(['"', '\'']) {
            return Err(Unfound::computed(span, PIECES));
        }
        return Found::text(word, span.clone(), Literal::bare(plain))
            .map_err(|piece| Unfound::unread(span, &piece));
    };
    let Some(end) = closing(word, quote) else {
        return Err(Unfound::Syntax {
            span,
            what: "the quote is not closed".to_owned(),
        });
    };
    if end + 1 < word.len() {
        return Err(Unfound::computed(span, PIECES));
    }
    let content = &word[1..end];
    if let Some(default) = default(content).filter(|_| quote == '"' && !not.contains('$')) {
        let start = span.start + 1;
        return text(source, start + default.start..start + default.end, not);
    }
    let literal = match quote {
        '"' => Literal::escaped(&literal::SHELL, '"'),
        _ => Literal::raw("'"),
    };
    let verbatim = quote == '\'' && !not.contains('$');
    if let Some(what) = put_together(content).filter(|_| !verbatim) {
        return Err(Unfound::computed(span, what));
    }
    Found::text(
        content,
        span.start + 1..span.start + end,
        literal.without(not),
    )
    .map_err(|piece| Unfound::unread(span, &piece))
}

/// The words that a text is: a list, as shells and make know it.
pub(super) fn list(source: &str, found: &Found) -> Result<FoundList, Unfound> {
    words(source, found.span.clone(), "")
}

/// The words of the bytes `span`, each without quotes; a line that ends in a backslash goes on.
pub(super) fn words(
    source: &str,
    span: Range<usize>,
    not: &'static str,
) -> Result<FoundList, Unfound> {
    let mut items = Vec::new();
    let mut at = span.start;
    for piece in source[span.clone()].split_inclusive(char::is_whitespace) {
        let word = piece.trim_end();
        if !word.is_empty() && word != "\\" {
            items.push(text(source, at..at + word.len(), not)?);
        }
        at += piece.len();
    }
    Ok(FoundList { span, items })
}

/// Where the default stands in a word that is `${NAME:-default}`, and nothing else.
fn default(word: &str) -> Option<Range<usize>> {
    let inside = word.strip_prefix("${")?.strip_suffix('}')?;
    let name = inside.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
    let operator = [":-", ":=", "-", "="];
    let operator = operator.iter().find(|o| inside[name..].starts_with(**o))?;
    let default = &inside[name + operator.len()..];
    let plain = name > 0 && !default.contains(['$', '{', '}', '\\', '`', '"', '\'']);
    plain.then(|| word.len() - 1 - default.len()..word.len() - 1)
}

const PIECES: &str = "pieced together from several strings";

/// That a word is put together when it is used, if it is.
fn put_together(word: &str) -> Option<String> {
    let mut escaped = false;
    let special = word.chars().any(|c| match c {
        _ if escaped => {
            escaped = false;
            false
        }
        '\\' => {
            escaped = true;
            false
        }
        c => matches!(c, '$' | '`'),
    });
    special.then(|| format!("put together when it is used: `{word}`"))
}

/// Where the quote that starts `word` ends.
pub(super) fn closing(word: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in word.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// What stands for itself without quotes, wherever in the word.
fn plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._+-!/:@%,=^".contains(c)
}
