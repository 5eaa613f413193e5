//! Where the tag of a reference begins and ends in a text, among the marks of documents and programs.

use std::ops::Range;

/// What stands before a reference.
#[derive(Debug)]
pub(super) struct Around {
    /// How many underlines emphasise it.
    pub lines: usize,
    /// Whether stars do.
    pub emphasised: bool,
}

/// What parts a tag from its name.
#[derive(Debug)]
pub(super) struct Colon {
    /// How long it is.
    pub length: usize,
    /// Whether there is more than a colon.
    pub marked: bool,
}

/// How many underlines begin an emphasis at the end of a text.
pub(super) fn underlines(before: &str) -> usize {
    let lines = before.len() - before.trim_end_matches('_').len();
    match lines {
        1..=3 if !is_joined(&before[..before.len() - lines]) => lines,
        _ => 0,
    }
}

/// Whether what follows a text is the rest of its last word.
pub(super) fn is_joined(before: &str) -> bool {
    let joined = before.ends_with(|c: char| c.is_ascii_alphanumeric() || "._-/@".contains(c));
    // In front of it may stand a scheme, the escape of a line break, or of another sign.
    let apart = ["://", "\\n", "\\r", "\\t"];
    let escape = |length: usize, mark: &str| {
        let start = before.len().checked_sub(length);
        let digits = start
            .and_then(|start| before.get(start..))
            .and_then(|escape| escape.strip_prefix(mark));
        digits.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
    };
    let slash = before.ends_with("%2F") || before.ends_with("%2f");
    joined
        && !apart.iter().any(|s| before.ends_with(s))
        && !escape(6, "\\u")
        && (slash || !escape(3, "%"))
}

/// The colon after a name, perhaps escaped, and the quotes or emphasis about it: `"acme/app":v1`, `acme/app:**v1**`.
pub(super) fn colon(before: &str, rest: &str) -> Option<Colon> {
    let quote = rest.starts_with(['"', '\'']) && before.ends_with(&rest[..1]);
    let after = &rest[usize::from(quote)..];
    let colon = [":", "%3A", "%3a"]
        .into_iter()
        .find(|c| after.starts_with(c))?;
    let opened = &after[colon.len()..];
    let marks = ["**", "*", "__", "_", "\"", "'", "`"];
    let open = marks.into_iter().find(|mark| {
        // What opens there must close after the word.
        let inside = opened.strip_prefix(mark);
        inside.is_some_and(|inside| {
            let word = end_of(inside, 0, is_tag);
            let word = inside[..word].trim_end_matches('_').len();
            word > 0 && inside[word..].starts_with(mark)
        })
    });
    let open = open.map_or(0, str::len);
    Some(Colon {
        length: usize::from(quote) + colon.len() + open,
        marked: quote || open > 0,
    })
}

pub(super) fn is_tag(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// What follows a word that may be a tag.
#[derive(PartialEq)]
enum Follows {
    /// Its end.
    End,
    /// A sign that ends it only where it is a tag already.
    Mark,
    /// More of the tag, or of something else.
    More,
}

/// How long the tag at the start of a text is, and whether a sign follows that would say otherwise of what is no tag;
/// `None` when none is written out there.
pub(super) fn length(text: &str, around: &Around) -> Option<(usize, bool)> {
    let end = end_of(text, 0, is_tag);
    let (mut written, rest) = text.split_at(end);
    // `_acme/app:v1_`
    let closing = &"___"[..around.lines];
    if around.lines > 0 {
        written = written.strip_suffix(closing)?;
    }
    let follows = match follows(rest, around) {
        Follows::More => return None,
        follows => follows,
    };
    // What is left open: `"base:3.9-" + version`, `base:3.9-...`.
    let open = written.ends_with(['-', '_']) && rest.starts_with(['"', '\'', '`']);
    let marked = follows == Follows::Mark;
    let open = open || (marked && written.ends_with(['-', '_', '.']));
    if open || written.ends_with("..") || written.starts_with(['.', '-']) {
        return None;
    }
    // A full stop ends the sentence, and an underline the emphasis of more than the tag.
    let length = written.trim_end_matches(['.', '-']).len();
    let lined = written[..length].trim_end_matches('_').len();
    let length = if text_ends_lined(written, lined) {
        lined
    } else {
        length
    };
    (length > 0).then_some((length, marked))
}

/// Whether nothing but underlines follows a word.
fn text_ends_lined(written: &str, word: usize) -> bool {
    word > 0 && word < written.len() && written[word..].bytes().all(|b| b == b'_')
}

/// What follows: a placeholder (`:3.9-{version}`, `:$TAG`, `:<tag>`), a path, so that this was a port, or a mark of the
/// document.
fn follows(rest: &str, around: &Around) -> Follows {
    let begins = |starts: &[&str]| starts.iter().any(|s| rest.starts_with(s));
    let mut chars = rest.chars();
    let (first, second) = (chars.next(), chars.next());
    let alphanumeric = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    match first {
        // Attributes of Markdown, and the braces of a shell whose first choice is nothing.
        Some('{') if begins(&["{,", "{.", "{:", "{#"]) => Follows::Mark,
        Some('<') if begins(&["</", "<br", "<!--"]) => Follows::End,
        Some('<')
            if begins(&[
                "<sup", "<sub", "<a ", "<b>", "<i>", "<em", "<strong", "<span", "<code", "<p>",
                "<hr", "<small", "<kbd", "<u>", "<img",
            ]) =>
        {
            Follows::Mark
        }
        Some('*') if around.emphasised => Follows::End,
        Some('*') if !alphanumeric(rest.trim_start_matches('*').chars().next()) => Follows::Mark,
        Some('[') if second.is_some_and(|c| c == '^' || c.is_ascii_digit()) => Follows::Mark,
        Some('#') if second != Some('{') => Follows::Mark,
        Some('/' | '…') => Follows::Mark,
        // So many of a hundred, and no verb of a format.
        Some('%') if second.is_none_or(char::is_whitespace) => Follows::Mark,
        Some('{' | '$' | '<' | '*' | '%' | '[' | '#') => Follows::More,
        Some('\\') if second == Some('(') => Follows::More,
        Some(quote @ ('"' | '\'')) => joined(&rest[1..], quote),
        _ => Follows::End,
    }
}

/// What follows the end of a quoted text: `+ more`, or a text that is put to it.
fn joined(rest: &str, quote: char) -> Follows {
    let rest = rest.trim_start_matches([' ', '\t']);
    let added = ["+", "~", "..", ". $", ". '", ". \""]
        .into_iter()
        .find_map(|sign| {
            rest.strip_prefix(sign)
                .map(|_| &rest[sign.trim_end_matches(['$', '\'', '"']).len()..])
        });
    if let Some(added) = added {
        let added = added.trim_start();
        let text = added.strip_prefix(['"', '\'']);
        // `"acme/app:v1" + " bash"`
        let apart =
            text.is_some_and(|text| !text.starts_with(|c: char| is_tag(c) || "{$%@".contains(c)));
        let nothing = added.is_empty() || added.starts_with(['+', '=']);
        return if apart || nothing {
            Follows::End
        } else {
            Follows::More
        };
    }
    let put = rest
        .strip_prefix(quote)
        .is_some_and(|text| text.starts_with(is_tag));
    if put { Follows::Mark } else { Follows::End }
}

/// A text in quotes in the expression that a tag goes on with, and the tag that it makes: `v1` of `3.12-${get("TAG", "v1")}`.
pub(super) fn literal(text: &str, start: usize) -> Option<(Range<usize>, String)> {
    let written = end_of(text, start, is_tag);
    let rest = &text[written..];
    let opens = ["${", "$(", "{", "#{", "%{", "\\("];
    if !opens.iter().any(|open| rest.starts_with(open)) {
        return None;
    }
    let line = &rest[..rest.find('\n').unwrap_or(rest.len())];
    let mut open = 0_usize;
    let close = line.char_indices().find(|(_, c)| {
        match c {
            '{' | '(' => open += 1,
            '}' | ')' => open = open.saturating_sub(1),
            _ => return false,
        }
        open == 0
    });
    let expression = &line[..close?.0];
    let mut quoted = expression.match_indices(['"', '\'', '`']).map(|(at, _)| at);
    quoted.find_map(|at| {
        let inside = &expression[at + 1..];
        let length = end_of(inside, 0, is_tag);
        let digit = inside[..length].bytes().any(|b| b.is_ascii_digit());
        let closed = inside[length..].starts_with(['"', '\'', '`', '\\']);
        let begin = written + at + 1;
        let tag = || format!("{}{}", &text[start..written], &inside[..length]);
        (digit && closed).then(|| (begin..begin + length, tag()))
    })
}

/// Where the letters end that are `inside`.
pub(super) fn end_of(text: &str, start: usize, inside: impl Fn(char) -> bool) -> usize {
    text.get(start..)
        .and_then(|rest| rest.find(|c| !inside(c)).map(|i| start + i))
        .unwrap_or(text.len())
}
