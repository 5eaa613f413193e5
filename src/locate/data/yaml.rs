//! YAML, by the events of its parser.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use crate::locate::data::{Entry, Key, Kind, Node};
use crate::locate::found::Found;
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

/// Values deeper in each other than this are refused: no file of people is so deep.
const DEEPEST: usize = 200;

/// The documents of a YAML file.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Unfound> {
    let places = Places::of(text);
    let mut documents = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    for event in Parser::new_from_str(text) {
        let (event, marks) = event.map_err(|fault| {
            let at = places.byte(fault.marker().index());
            Unfound::Syntax {
                span: at..at,
                what: fault.info().to_owned(),
            }
        })?;
        let span = places.byte(marks.start.index())..places.byte(marks.end.index());
        let done = match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => {
                if open.len() == DEEPEST {
                    let what = "the values are too deep in each other".to_owned();
                    return Err(Unfound::Syntax { span, what });
                }
                open.push(Open {
                    start: span.start,
                    map: matches!(event, Event::MappingStart(..)),
                    inside: Vec::new(),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(done) => done.close(text, span.end),
                None => continue,
            },
            Event::Scalar(value, style, _, tag) => {
                scalar(&value, style, tag.as_deref(), span, text)
            }
            Event::Alias(_) => {
                let what = "an alias: the value stands at its anchor";
                Node {
                    kind: Kind::Other(Unfound::computed(span.clone(), what)),
                    span,
                }
            }
            _ => continue,
        };
        match open.last_mut() {
            Some(open) => open.inside.push(done),
            None => documents.push(done),
        }
    }
    Ok(documents)
}

/// A list or mapping whose end has not come yet.
struct Open {
    start: usize,
    map: bool,
    /// Items; or keys and values, in turn.
    inside: Vec<Node>,
}

impl Open {
    /// `end` is where the parser noticed that it is over, which of a block is where the next thing starts.
    fn close(self, text: &str, end: usize) -> Node {
        let inside = text.get(self.start..end).unwrap_or_default();
        let span = self.start..self.start + inside.trim_end().len();
        let kind = if self.map {
            let mut entries = Vec::new();
            let mut inside = self.inside.into_iter();
            while let (Some(key), Some(mut value)) = (inside.next(), inside.next()) {
                let key = self::key(key, text);
                if let Kind::Other(Unfound::Valueless { span }) = &mut value.kind {
                    *span = key.span.clone();
                }
                entries.push(Entry { key, value });
            }
            Kind::Map(entries)
        } else {
            Kind::List(self.inside)
        };
        Node { span, kind }
    }
}

fn key(node: Node, text: &str) -> Key {
    let span = node.span;
    let written = text.get(span.clone()).unwrap_or_default();
    match node.kind {
        Kind::Text(found) => Key {
            name: found.value.clone(),
            span,
            text: Ok(found),
        },
        Kind::Number(_, unfound) | Kind::Other(unfound) => Key {
            name: written.to_owned(),
            span,
            text: Err(unfound),
        },
        Kind::Map(_) | Kind::List(_) => Key {
            name: written.to_owned(),
            text: Err(Unfound::not_text(span.clone(), "no text")),
            span,
        },
    }
}

/// `span` holds the anchor and tag before the scalar, and perhaps a comment behind it.
fn scalar(
    value: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: Range<usize>,
    text: &str,
) -> Node {
    let start = span.start + properties(&text[span.clone()]);
    let rest = &text[start..];
    let (mark, literal) = match style {
        ScalarStyle::Plain => return plain_scalar(value, tag, start, text),
        ScalarStyle::SingleQuoted => ("'", Literal::doubled('\'')),
        ScalarStyle::DoubleQuoted => ("\"", Literal::escaped(&literal::YAML, '"')),
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let what = "a block of lines";
            let span = start..start + text[start..span.end].trim_end().len();
            return Node {
                kind: Kind::Other(Unfound::not_text(span.clone(), what)),
                span,
            };
        }
    };
    let length = quoted(rest, mark).unwrap_or(rest.len());
    let whole = start..start + length;
    let inside = start + 1..(start + length).saturating_sub(1).max(start + 1);
    let written = text.get(inside.clone()).unwrap_or_default();
    let kind = match Found::text(written, inside, literal) {
        Ok(found) if found.value == value => Kind::Text(found),
        Ok(_) => Kind::Other(Unfound::not_text(whole.clone(), "a text of several lines")),
        Err(piece) => Kind::Other(Unfound::unread(whole.clone(), &piece)),
    };
    Node { span: whole, kind }
}

/// How long the text in quotes at the start of `rest` is, quotes included.
fn quoted(rest: &str, mark: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        let doubled = mark == "'" && bytes[at..].starts_with(b"''");
        match byte {
            b'\\' if mark == "\"" => at += 2,
            _ if doubled => at += 2,
            _ if *byte == mark.as_bytes()[0] => return Some(at + 1),
            _ => at += 1,
        }
    }
    None
}

fn plain_scalar(value: &str, tag: Option<&Tag>, start: usize, text: &str) -> Node {
    let span = start..start + value.len();
    let text_by_tag = tag.is_some_and(|t| t.is_yaml_core_schema() && t.suffix == "str");
    let kind = if text.get(span.clone()) != Some(value) {
        let end = text[start..]
            .find(['\r', '\n'])
            .map_or(text.len(), |n| start + n);
        let what = "a text of several lines";
        return Node {
            kind: Kind::Other(Unfound::not_text(start..end, what)),
            span: start..end,
        };
    } else if text_by_tag {
        Kind::Text(Found::plain(value, span.clone()))
    } else if let Some(tag) = tag {
        let what = format!("tagged `{}{}`", tag.handle, tag.suffix);
        Kind::Other(Unfound::computed(span.clone(), what))
    } else {
        match means(value) {
            Meaning::Text => Kind::Text(Found::plain(value, span.clone())),
            Meaning::Number => Kind::number(span.clone(), value),
            Meaning::Nothing => Kind::Other(Unfound::Valueless { span: span.clone() }),
            Meaning::Word => Kind::Other(Unfound::not_text(span.clone(), format!("`{value}`"))),
        }
    };
    Node { span, kind }
}

/// The bytes before a scalar that are its anchor and tag, and what parts them from it.
fn properties(written: &str) -> usize {
    let mut rest = written;
    loop {
        rest = rest.trim_start();
        if rest.starts_with(['&', '!']) {
            rest = rest.trim_start_matches(|c: char| !c.is_whitespace());
        } else if rest.starts_with('#') {
            rest = rest.trim_start_matches(|c| c != '\n');
        } else {
            return written.len() - rest.len();
        }
    }
}

/// What a scalar without quotes is, by the core schema: YAML 1.2.2, section 10.3.2.
enum Meaning {
    Text,
    Number,
    Word,
    Nothing,
}

fn means(plain: &str) -> Meaning {
    match plain {
        "" => Meaning::Nothing,
        "~" | "null" | "Null" | "NULL" | "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => {
            Meaning::Word
        }
        _ if number(plain) => Meaning::Number,
        _ => Meaning::Text,
    }
}

/// Whether a scalar is a number: `12`, `-1.5`, `.5`, `1e3`, `0x1f`, `0o7`, `.inf`, `.nan`.
fn number(plain: &str) -> bool {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    if matches!(
        unsigned,
        ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN"
    ) {
        return true;
    }
    if let Some(digits) = plain.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
    }
    if let Some(digits) = plain.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|b| matches!(b, b'0'..=b'7'));
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let exponent = exponent.is_none_or(|e| {
        let e = e.strip_prefix(['+', '-']).unwrap_or(e);
        !e.is_empty() && digits(e)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    exponent && digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty())
}

/// Whether `value` can stand without quotes where `old` does, so that no reader of YAML 1.1 or 1.2 takes it for anything else
/// than text. Whether this place takes it is for a parser to say: YAML 1.2.2, section 7.3.3.
pub(crate) fn stays_plain(old: &str, value: &str) -> bool {
    // What stood there without quotes shows that readers take it.
    let safe = |c: char| c.is_ascii_alphanumeric() || "._+-/@!".contains(c) || old.contains(c);
    let first = value.chars().next();
    let starts = first.is_some_and(|c| c.is_ascii_alphanumeric() || old.starts_with(c));
    // A `:` before a blank ends a key, a `#` behind one starts a comment.
    let parted = value.contains(": ") || value.contains(" #") || value.ends_with([':', ' ']);
    // A date, sexagesimals, `1_000`, `0b1`, `017`: anything that starts like a number of YAML 1.1 and could be one.
    let unsigned = value.trim_start_matches(['+', '-', '.']);
    let digits = value
        .chars()
        .all(|c| c.is_ascii_hexdigit() || "._+-xob:".contains(c))
        && unsigned.starts_with(|c: char| c.is_ascii_digit())
        && value.matches('.').count() < 2;
    let date = value.split(['T', 't', ' ']).next().is_some_and(|day| {
        day.starts_with(|c: char| c.is_ascii_digit())
            && day.matches('-').count() == 2
            && day.bytes().all(|b| b.is_ascii_digit() || b == b'-')
    });
    let word = matches!(
        value.to_ascii_lowercase().as_str(),
        "y" | "yes" | "n" | "no" | "on" | "off" | "=" | "<<"
    );
    let text = matches!(means(value), Meaning::Text);
    starts && text && !parted && !digits && !date && !word && value.chars().all(safe)
}

/// `value` in quotes.
pub(crate) fn in_quotes(value: &str) -> Result<String, String> {
    let quoted = Literal::doubled('\'').encode(value)?;
    Ok(format!("'{quoted}'"))
}

/// Where characters, which the parser counts, are in bytes.
struct Places {
    /// Where each character starts; none when each is a byte.
    starts: Option<Vec<usize>>,
    length: usize,
}

impl Places {
    fn of(text: &str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).collect();
        Places {
            starts: (!text.is_ascii()).then(starts),
            length: text.len(),
        }
    }

    fn byte(&self, character: usize) -> usize {
        match &self.starts {
            None => character.min(self.length),
            Some(starts) => starts.get(character).copied().unwrap_or(self.length),
        }
    }
}
