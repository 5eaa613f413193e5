//! Python: assignments of a module and of its classes.

mod changed;
mod declared;
mod defaults;
mod lists;

use std::ops::Range;

use tree_sitter::Node;

use crate::locate::code::Syntax;
use crate::locate::code::python::declared::declarations;
use crate::locate::code::python::defaults::otherwise;
use crate::locate::code::python::lists::{entries, items, list};
use crate::locate::code::walk::{call, children, field, name, written};
use crate::locate::found::Found;
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

pub(crate) const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_python::LANGUAGE.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
    entries,
    items,
};

const WRAPPING: &[&str] = &["parenthesized_expression"];

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = otherwise(node, source);
    let span = node.byte_range();
    Err(match node.kind() {
        "string" => return string(node, source),
        "tuple" | "list" | "expression_list" => match numbers(node) {
            Some(parts) => return Ok(Found::parts(source, parts)),
            None => Unfound::not_text(span, format!("a {}", node.kind().replace('_', " "))),
        },
        "concatenated_string" => Unfound::computed(span, "pieced together from several strings"),
        "integer" | "float" => Unfound::number(span, written(node, source)),
        "true" | "false" | "none" => {
            Unfound::not_text(span, format!("`{}`", written(node, source)))
        }
        "dictionary" | "set" => Unfound::not_text(span, format!("a {}", node.kind())),
        "class_definition" => Unfound::not_text(span, "a class"),
        "type" | "generic_type" => Unfound::not_text(span, "a type"),
        "call" => call(node, field(node, "function", source)),
        "identifier" | "attribute" => name(node, source),
        "list_splat" | "dictionary_splat" => Unfound::computed(span, "whatever another list holds"),
        _ => Unfound::computed(span, "the result of an expression"),
    })
}

/// The parts of a tuple of whole numbers.
fn numbers(node: Node<'_>) -> Option<Vec<Range<usize>>> {
    let parts = children(node);
    let whole = !parts.is_empty() && parts.iter().all(|p| p.kind() == "integer");
    whole.then(|| parts.iter().map(Node::byte_range).collect())
}

fn string(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let span = node.byte_range();
    let all = written(node, source);
    let Some(at) = all.find(['"', '\'']) else {
        return Err(Unfound::unread(span, all));
    };
    let (prefix, quoted) = all.split_at(at);
    let prefix = prefix.to_ascii_lowercase();
    let quote = if quoted.starts_with('\'') { '\'' } else { '"' };
    let triple = quote.to_string().repeat(3);
    let marks = if quoted.starts_with(&triple) { 3 } else { 1 };
    if prefix.contains('b') {
        return Err(Unfound::not_text(span, "bytes"));
    }
    if children(node).iter().any(|n| n.kind() == "interpolation") || prefix.contains('t') {
        return Err(Unfound::computed(span, "a string with fields in it"));
    }
    let literal = match prefix.contains('r') {
        true => Literal::raw(&triple[..marks]).without("\\"),
        false => Literal::escaped(&literal::PYTHON, quote),
    };
    let literal = match prefix.contains('f') {
        true => literal.without(if prefix.contains('r') { "\\{}" } else { "{}" }),
        false => literal,
    };
    let Some(content) = quoted.get(marks..quoted.len().saturating_sub(marks)) else {
        return Err(Unfound::unread(span, all));
    };
    let start = span.start + at + marks;
    Found::text(content, start..start + content.len(), literal)
        .map_err(|piece| Unfound::unread(span, &piece))
}
