//! Python: assignments of a module and of its classes.

use std::ops::Range;

use tree_sitter::Node;

use crate::release::locate::choose::Declaration;
use crate::release::locate::code::walk::{
    Next, Scope, call, children, field, inner, name, texts, walk, written,
};
use crate::release::locate::code::{Given, Syntax};
use crate::release::locate::found::{Found, FoundList};
use crate::release::locate::literal::{self, Literal};
use crate::release::locate::unfound::Unfound;

pub const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_python::LANGUAGE.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
};

const WRAPPING: &[&str] = &["parenthesized_expression"];
/// What makes a collection of a collection.
const COLLECTIONS: &[&str] = &[
    "frozenset",
    "set",
    "tuple",
    "list",
    "dict",
    "MappingProxyType",
];

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "function_definition" => Next::Past,
        "class_definition" => Next::Type(field(node, "name", text).to_owned()),
        "assignment" => {
            assignment(node, scope, text, &mut found);
            Next::Past
        }
        "augmented_assignment" => {
            if let Some(left) = node.child_by_field_name("left") {
                let given = Given::Computed(node, "added to here");
                found.push(scope.declare(left, text, Some(given)));
            }
            Next::Past
        }
        kind if kind.ends_with("_statement") || kind.ends_with("_clause") => Next::Into,
        "module" | "block" | "decorated_definition" | "ERROR" => Next::Into,
        _ => Next::Past,
    });
    found
}

/// `a = b = value`: each name has the value.
fn assignment<'t>(
    mut node: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let mut targets = Vec::new();
    let value = loop {
        targets.extend(node.child_by_field_name("left"));
        match node.child_by_field_name("right") {
            Some(right) if right.kind() == "assignment" => node = right,
            value => break value,
        }
    };
    for target in targets {
        unpack(target, value.map(Given::Written), scope, text, found);
    }
}

/// `a, (b, c) = x, (y, z)`: names and values side by side.
fn unpack<'t>(
    target: Node<'t>,
    value: Option<Given<'t>>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let mut todo = vec![(target, value)];
    while let Some((target, value)) = todo.pop() {
        match target.kind() {
            "identifier" => found.push(scope.declare(target, text, value)),
            "pattern_list" | "tuple_pattern" | "list_pattern" | "list_splat_pattern" => {
                let names = children(target);
                let values = value.and_then(|v| side_by_side(v, &names));
                for (nth, name) in names.into_iter().enumerate() {
                    let one = match (&values, value) {
                        (Some(values), _) => Some(Given::Written(values[nth])),
                        (None, Some(Given::Written(all) | Given::Computed(all, _))) => {
                            Some(Given::Computed(all, "unpacked from this"))
                        }
                        (None, None) => None,
                    };
                    todo.push((name, one));
                }
            }
            _ => {}
        }
    }
}

/// The values for as many names, if each has its own.
fn side_by_side<'t>(value: Given<'t>, names: &[Node<'_>]) -> Option<Vec<Node<'t>>> {
    let Given::Written(value) = value else {
        return None;
    };
    let value = inner(value, WRAPPING);
    let values = children(value);
    let written = matches!(value.kind(), "expression_list" | "tuple" | "list")
        && values.len() == names.len()
        && !values.iter().any(|v| v.kind() == "list_splat")
        && !names.iter().any(|n| n.kind() == "list_splat_pattern");
    written.then_some(values)
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = inner(node, WRAPPING);
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
    let quote = if quoted.starts_with("'") { '\'' } else { '"' };
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

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let whole = node.byte_range();
    let mut node = inner(node, WRAPPING);
    while node.kind() == "call" {
        let callee = field(node, "function", source);
        let plain = callee.rsplit('.').next().unwrap_or(callee);
        let arguments = node.child_by_field_name("arguments").map(children);
        match arguments.as_deref() {
            Some([one]) if COLLECTIONS.contains(&plain) => node = inner(*one, WRAPPING),
            _ => return Err(call(node, callee)),
        }
    }
    let items = match node.kind() {
        "list" | "tuple" | "set" | "expression_list" => texts(children(node), source, text)?,
        "dictionary" => {
            let keys = children(node)
                .into_iter()
                .map(|n| n.child_by_field_name("key").unwrap_or(n));
            texts(keys, source, text)?
        }
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" => {
            return Err(Unfound::computed(node.byte_range(), "a comprehension"));
        }
        _ => return Err(not_list(node, source)),
    };
    Ok(FoundList { span: whole, items })
}

/// What stands where a list should.
fn not_list(node: Node<'_>, source: &str) -> Unfound {
    match text(node, source) {
        Err(computed @ Unfound::Computed { .. }) => computed,
        _ => Unfound::not_list(node.byte_range()),
    }
}
