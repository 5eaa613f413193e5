//! Go: `const` and `var` of a package.

use tree_sitter::Node;

use crate::release::locate::choose::Declaration;
use crate::release::locate::code::walk::{
    Next, call, children, field, inner, name, texts, walk, written,
};
use crate::release::locate::code::{Given, Syntax};
use crate::release::locate::found::{Found, FoundList};
use crate::release::locate::literal::{self, Literal};
use crate::release::locate::unfound::Unfound;

pub const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_go::LANGUAGE.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
};

const WRAPPING: &[&str] = &["parenthesized_expression", "literal_element"];

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "source_file" | "const_declaration" | "var_declaration" | "var_spec_list" => Next::Into,
        "const_spec" | "var_spec" => {
            let mut cursor = node.walk();
            let names = node
                .children_by_field_name("name", &mut cursor)
                .filter(Node::is_named);
            let given = node.child_by_field_name("value");
            let values = given.map(children).unwrap_or_default();
            for (nth, name) in names.enumerate() {
                let value = match (values.get(nth), given) {
                    (Some(value), _) => Some(Given::Written(*value)),
                    (None, Some(all)) => Some(Given::Computed(all, "one of several results")),
                    (None, None) => None,
                };
                found.push(scope.declare(name, text, value));
            }
            Next::Past
        }
        _ => Next::Past,
    });
    found
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = inner(node, WRAPPING);
    let span = node.byte_range();
    let all = written(node, source);
    let literal = match node.kind() {
        "interpreted_string_literal" => Literal::escaped(&literal::GO, '"'),
        "raw_string_literal" => Literal::raw("`"),
        kind => {
            return Err(match kind {
                "int_literal" | "float_literal" | "imaginary_literal" => Unfound::number(span, all),
                "true" | "false" | "nil" => Unfound::not_text(span, format!("`{all}`")),
                "rune_literal" => Unfound::not_text(span, "a character"),
                "composite_literal" | "literal_value" => {
                    Unfound::not_text(span, "a composite value")
                }
                "call_expression" => call(node, field(node, "function", source)),
                "type_conversion_expression" => call(node, field(node, "type", source)),
                "identifier" | "selector_expression" => name(node, source),
                _ => Unfound::computed(span, "the result of an expression"),
            });
        }
    };
    let content = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
    Found::text(content, span.start + 1..span.end - 1, literal)
        .map_err(|piece| Unfound::unread(span, &piece))
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let mut node = inner(node, WRAPPING);
    if node.kind() == "unary_expression"
        && let Some(operand) = node.child_by_field_name("operand")
        && field(node, "operator", source) == "&"
    {
        node = operand;
    }
    let span = node.byte_range();
    let body = node.child_by_field_name("body");
    let Some(body) = body.filter(|_| node.kind() == "composite_literal") else {
        return Err(match text(node, source) {
            Err(computed @ Unfound::Computed { .. }) => computed,
            _ => Unfound::not_list(span),
        });
    };
    let keys = children(body)
        .into_iter()
        .map(|n| n.child_by_field_name("key").unwrap_or(n));
    Ok(FoundList {
        span,
        items: texts(keys, source, text)?,
    })
}
