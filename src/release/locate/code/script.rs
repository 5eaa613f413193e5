//! TypeScript and JavaScript: variables, fields of classes, members of enums, and what a CommonJS module exports.

use tree_sitter::Node;

use crate::release::locate::choose::Declaration;
use crate::release::locate::code::walk::{
    Next, Scope, call, children, field, inner, name, texts, walk, written,
};
use crate::release::locate::code::{Given, Syntax};
use crate::release::locate::found::{Found, FoundList};
use crate::release::locate::literal::{self, Literal};
use crate::release::locate::unfound::Unfound;

/// TypeScript without JSX.
pub const TYPESCRIPT: Syntax = Syntax {
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    ..SCRIPT
};

/// JavaScript, which the grammar of TypeScript with JSX contains.
pub const SCRIPT: Syntax = Syntax {
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
};

const WRAPPING: &[&str] = &[
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "type_assertion",
];
/// What makes a collection of a collection.
const COLLECTIONS: &[&str] = &["Set", "Map", "Array.from", "Object.freeze"];

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "program" | "export_statement" | "lexical_declaration" | "variable_declaration" => {
            Next::Into
        }
        "ambient_declaration" | "expression_statement" | "class_body" | "enum_body" => Next::Into,
        // The body of a namespace, or a block of its own: functions are not gone into.
        "statement_block" | "if_statement" | "else_clause" | "try_statement" | "catch_clause" => {
            Next::Into
        }
        "variable_declarator" => {
            variable(node, scope, text, &mut found);
            Next::Past
        }
        "class_declaration" | "abstract_class_declaration" => {
            Next::Type(field(node, "name", text).to_owned())
        }
        "enum_declaration" => {
            if let Some(name) = node.child_by_field_name("name") {
                found.push(scope.declare(name, text, Some(Given::Written(node))));
            }
            Next::Type(field(node, "name", text).to_owned())
        }
        "internal_module" | "module" => Next::Module(field(node, "name", text).to_owned()),
        "public_field_definition" | "enum_assignment" => {
            if let Some(name) = node.child_by_field_name("name") {
                let value = node.child_by_field_name("value").map(Given::Written);
                found.push(scope.declare(name, text, value));
            }
            Next::Past
        }
        "assignment_expression" => {
            exported(node, scope, text, &mut found);
            Next::Past
        }
        _ => Next::Past,
    });
    found
}

/// A variable, or those that a pattern takes out of a value.
fn variable<'t>(
    node: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let value = node.child_by_field_name("value");
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    if name.kind() == "identifier" {
        found.push(scope.declare(name, text, value.map(Given::Written)));
        return;
    }
    let mut todo = vec![name];
    while let Some(pattern) = todo.pop() {
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => {
                let given = value.map(|v| Given::Computed(v, "unpacked from this"));
                found.push(scope.declare(pattern, text, given));
            }
            "pair_pattern" => todo.extend(pattern.child_by_field_name("value")),
            "assignment_pattern" | "object_assignment_pattern" => {
                todo.extend(pattern.child_by_field_name("left"));
            }
            _ => todo.extend(children(pattern)),
        }
    }
}

/// `exports.X = …` and `module.exports.X = …`.
fn exported<'t>(
    node: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let (Some(left), Some(right)) = (
        node.child_by_field_name("left"),
        node.child_by_field_name("right"),
    ) else {
        return;
    };
    let object = field(left, "object", text);
    if let Some(name) = left.child_by_field_name("property")
        && matches!(object, "exports" | "module.exports")
    {
        found.push(scope.declare(name, text, Some(Given::Written(right))));
    }
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = inner(node, WRAPPING);
    let span = node.byte_range();
    let all = written(node, source);
    let literal = match node.kind() {
        "string" if all.starts_with('\'') => Literal::escaped(&literal::SCRIPT, '\''),
        "string" => Literal::escaped(&literal::SCRIPT, '"'),
        "template_string" => {
            let mut parts = children(node).into_iter();
            if parts.any(|n| n.kind() == "template_substitution") {
                return Err(Unfound::computed(span, "a template with fields in it"));
            }
            Literal::escaped(&literal::TEMPLATE, '`')
        }
        "property_identifier" => return Ok(Found::name(all, span)),
        kind => {
            return Err(match kind {
                "number" => Unfound::number(span, all),
                "true" | "false" | "null" | "undefined" => {
                    Unfound::not_text(span, format!("`{all}`"))
                }
                "array" => Unfound::not_text(span, "an array"),
                "object" => Unfound::not_text(span, "an object"),
                "enum_declaration" => Unfound::not_text(span, "an enum"),
                "call_expression" => call(node, field(node, "function", source)),
                "new_expression" => call(node, field(node, "constructor", source)),
                "identifier" | "member_expression" | "shorthand_property_identifier" => {
                    name(node, source)
                }
                "spread_element" => Unfound::computed(span, "whatever another list holds"),
                _ => Unfound::computed(span, "the result of an expression"),
            });
        }
    };
    let content = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
    Found::text(content, span.start + 1..span.end - 1, literal)
        .map_err(|piece| Unfound::unread(span, &piece))
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let span = node.byte_range();
    let mut node = inner(node, WRAPPING);
    while let "call_expression" | "new_expression" = node.kind() {
        let callee = match node.child_by_field_name("constructor") {
            Some(constructor) => written(constructor, source),
            None => field(node, "function", source),
        };
        let arguments = node.child_by_field_name("arguments").map(children);
        match arguments.as_deref() {
            Some([one]) if COLLECTIONS.contains(&callee) => node = inner(*one, WRAPPING),
            _ => return Err(call(node, callee)),
        }
    }
    let items: Vec<Node<'_>> = match node.kind() {
        "array" => children(node),
        "object" => children(node)
            .into_iter()
            .map(|n| part(n, &["key", "name"]))
            .collect(),
        "enum_declaration" => members(node)?,
        _ => {
            return Err(match text(node, source) {
                Err(computed @ Unfound::Computed { .. }) => computed,
                _ => Unfound::not_list(node.byte_range()),
            });
        }
    };
    Ok(FoundList {
        span,
        items: texts(items, source, text)?,
    })
}

/// The values of the members of an enum.
fn members(node: Node<'_>) -> Result<Vec<Node<'_>>, Unfound> {
    let body = node.child_by_field_name("body").map(children);
    fn value(member: Node<'_>) -> Result<Node<'_>, Unfound> {
        member.child_by_field_name("value").ok_or_else(|| {
            Unfound::not_text(member.byte_range(), "a member of an enum without a text")
        })
    }
    body.unwrap_or_default().into_iter().map(value).collect()
}

/// The first of the parts `fields` that a node has, else itself.
fn part<'t>(node: Node<'t>, fields: &[&str]) -> Node<'t> {
    let part = fields.iter().find_map(|f| node.child_by_field_name(f));
    part.unwrap_or(node)
}
