//! JSON, with the comments and commas that people add to it.

use jsonc_parser::ast::{ObjectProp, ObjectPropName, StringLit, Value};
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::locate::data::{Entry, Key, Kind, Node};
use crate::locate::found::Found;
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

/// The value of a JSON file, if there is one in it.
pub(crate) fn documents(text: &str) -> Result<Vec<Node>, Unfound> {
    let options = ParseOptions {
        allow_missing_commas: false,
        ..ParseOptions::default()
    };
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|fault| {
        let what = fault.kind().to_string();
        Unfound::Syntax {
            span: span(fault.range()),
            what: lower(&what),
        }
    })?;
    Ok(parsed.value.iter().map(|value| node(value, text)).collect())
}

fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}

fn span(range: Range) -> std::ops::Range<usize> {
    range.start..range.end
}

fn node(value: &Value<'_>, text: &str) -> Node {
    let span = span(value.range());
    let other = |unfound| Kind::Other(unfound);
    let kind = match value {
        Value::StringLit(value) => match string(value, text) {
            Ok(found) => Kind::Text(found),
            Err(unfound) => other(unfound),
        },
        Value::NumberLit(number) => Kind::number(span.clone(), number.value),
        Value::BooleanLit(_) | Value::NullKeyword(_) => {
            let written = text.get(span.clone()).unwrap_or_default();
            other(Unfound::not_text(span.clone(), format!("`{written}`")))
        }
        Value::Array(array) => Kind::List(array.elements.iter().map(|e| node(e, text)).collect()),
        Value::Object(object) => {
            Kind::Map(object.properties.iter().map(|p| entry(p, text)).collect())
        }
    };
    Node { span, kind }
}

fn entry(property: &ObjectProp<'_>, text: &str) -> Entry {
    let span = span(property.name.range());
    let name = property.name.as_str().to_owned();
    let as_item = match &property.name {
        ObjectPropName::String(string) => self::string(string, text),
        ObjectPropName::Word(_) => Ok(Found::name(&name, span.clone())),
    };
    Entry {
        key: Key {
            name,
            span,
            text: as_item,
        },
        value: node(&property.value, text),
    }
}

fn string(string: &StringLit<'_>, text: &str) -> Result<Found, Unfound> {
    let span = span(string.range);
    let inside = span.start + 1..span.end.saturating_sub(1).max(span.start + 1);
    let written = text.get(inside.clone()).unwrap_or_default();
    let quote = match text.get(span.clone()) {
        Some(all) if all.starts_with('\'') => '\'',
        _ => '"',
    };
    match Found::text(written, inside, Literal::escaped(&literal::JSON, quote)) {
        Ok(found) if found.value == string.value => Ok(found),
        Ok(_) => Err(Unfound::unread(span, "\\")),
        Err(piece) => Err(Unfound::unread(span, &piece)),
    }
}
