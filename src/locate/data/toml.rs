//! TOML: <https://toml.io/en/v1.1.0>.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::locate::data::{Entry, Key, Kind, Node};
use crate::locate::found::Found;
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

/// The one document of a TOML file.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Unfound> {
    let (document, faults) = DeTable::parse_recoverable(text);
    if let Some(fault) = faults.first() {
        return Err(Unfound::Syntax {
            span: fault.span().unwrap_or(0..0),
            what: fault
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
        });
    }
    Ok(vec![table(document.get_ref(), 0..text.len(), text)])
}

fn table(table: &DeTable<'_>, span: Range<usize>, text: &str) -> Node {
    let entry =
        |(key, value): (&Spanned<std::borrow::Cow<'_, str>>, &Spanned<DeValue<'_>>)| Entry {
            key: Key {
                name: key.get_ref().to_string(),
                span: key.span(),
                text: name(key.get_ref(), key.span(), text),
            },
            value: node(value, text),
        };
    Node {
        span,
        kind: Kind::Map(table.iter().map(entry).collect()),
    }
}

fn node(value: &Spanned<DeValue<'_>>, text: &str) -> Node {
    let span = value.span();
    let written = text.get(span.clone()).unwrap_or_default();
    let kind = match value.get_ref() {
        DeValue::String(value) => match string(value, span.clone(), text) {
            Ok(found) => Kind::Text(found),
            Err(unfound) => Kind::Other(unfound),
        },
        DeValue::Integer(_) | DeValue::Float(_) => Kind::number(span.clone(), written),
        DeValue::Boolean(_) => Kind::Other(Unfound::not_text(span.clone(), format!("`{written}`"))),
        DeValue::Datetime(_) => Kind::Other(Unfound::not_text(span.clone(), "a date")),
        DeValue::Array(items) => Kind::List(items.iter().map(|item| node(item, text)).collect()),
        DeValue::Table(inside) => return table(inside, span, text),
    };
    Node { span, kind }
}

fn name(key: &str, span: Range<usize>, text: &str) -> Result<Found, Unfound> {
    match text.get(span.clone()) {
        Some(written) if written == key => Ok(Found::name(key, span)),
        _ => string(key, span, text),
    }
}

/// A text in any of the four kinds of quotes.
fn string(value: &str, span: Range<usize>, text: &str) -> Result<Found, Unfound> {
    let written = text.get(span.clone()).unwrap_or_default();
    let (marks, literal) = if written.starts_with("\"\"\"") {
        (3, Literal::escaped(&literal::TOML, '"'))
    } else if written.starts_with("'''") {
        (3, Literal::raw("'''"))
    } else if written.starts_with('"') {
        (1, Literal::escaped(&literal::TOML, '"'))
    } else {
        (1, Literal::raw("'"))
    };
    let inside = span.start + marks..span.end.saturating_sub(marks).max(span.start + marks);
    let content = text.get(inside.clone()).unwrap_or_default();
    match Found::text(content, inside, literal) {
        Ok(found) if found.value == value => Ok(found),
        Ok(_) => Err(Unfound::not_text(span, "a text of several lines")),
        Err(piece) => Err(Unfound::unread(span, &piece)),
    }
}
