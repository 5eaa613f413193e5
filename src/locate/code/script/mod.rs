//! TypeScript and JavaScript: variables, fields of classes, members of enums, and what a CommonJS module exports.

mod changed;

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::changes;
use crate::locate::code::changes::dotted;
use crate::locate::code::script::changed::RULES;
use crate::locate::code::table::Entry;
use crate::locate::code::walk::{
    Next, Scope, call, children, field, inner, looked_up, name, texts, walk, written,
};
use crate::locate::code::{Given, Syntax};
use crate::locate::found::{Found, FoundList};
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

/// TypeScript without JSX.
pub(crate) const TYPESCRIPT: Syntax = Syntax {
    language: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    ..SCRIPT
};

/// JavaScript, which the grammar of TypeScript with JSX contains.
pub(crate) const SCRIPT: Syntax = Syntax {
    language: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
    entries,
    items,
};

const WRAPPING: &[&str] = &[
    "parenthesized_expression",
    "as_expression",
    "satisfies_expression",
    "non_null_expression",
    "type_assertion",
];
/// What makes a collection of a collection.
const COLLECTIONS: &[&str] = &["Set", "Map", "Array.from", "Object.freeze", "z.enum"];
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
        "type_alias_declaration" => {
            let name = node.child_by_field_name("name");
            let value = node.child_by_field_name("value").map(Given::Written);
            found.extend(name.map(|name| scope.declare(name, text, value)));
            Next::Past
        }
        "assignment_expression" => {
            assigned(node, scope, text, &mut found);
            Next::Past
        }
        "augmented_assignment_expression" => {
            if let Some(left) = node.child_by_field_name("left")
                && left.kind() == "identifier"
            {
                let given = Given::Computed(node, "added to here");
                found.push(scope.declare(left, text, Some(given)));
            }
            Next::Past
        }
        _ => Next::Past,
    });
    changes::add(&RULES, root, text, &mut found);
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
    let environment = value.is_some_and(|v| is_environment(written(v, text)));
    let mut todo = vec![name];
    while let Some(pattern) = todo.pop() {
        match pattern.kind() {
            // `const { TAG = "v1" } = process.env`
            "assignment_pattern" | "object_assignment_pattern" if environment => {
                let default = pattern.child_by_field_name("right").map(Given::Written);
                let name = pattern.child_by_field_name("left");
                found.extend(name.map(|name| scope.declare(name, text, default)));
            }
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

/// `exports.X = …`, `module.exports = { X: … }`, and what gives a name or a key of it another value.
fn assigned<'t>(
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
    if written(left, text) == "module.exports" {
        for entry in entries(right, text).into_iter().flatten() {
            let value = entry.value.filter(|_| entry.key.is_some());
            if let (Some(key), Some(value)) = (entry.key, value) {
                let given = Some(Given::Written(value));
                found.push(Declaration::plain(&key, entry.span, given));
            }
        }
        return;
    }
    let object = field(left, "object", text);
    if let Some(name) = left.child_by_field_name("property")
        && matches!(object, "exports" | "module.exports")
    {
        found.push(scope.declare(name, text, Some(Given::Written(right))));
        return;
    }
    if let Some(words) = dotted(&RULES, left, text) {
        found.push(scope.declare_in(left, words, Some(Given::Written(right))));
    }
}

/// Whether an expression is the variables of the environment.
fn is_environment(written: &str) -> bool {
    matches!(
        written,
        "process.env" | "import.meta.env" | "Bun.env" | "env" | "globalThis.process.env"
    )
}

/// Whether an expression is a variable of the environment, or the first of several.
fn is_variable(node: Node<'_>, source: &str) -> bool {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        let node = inner(node, WRAPPING);
        let is = match node.kind() {
            "binary_expression" if matches!(field(node, "operator", source), "??" | "||") => {
                todo.extend(children(node));
                true
            }
            "member_expression" | "subscript_expression" => {
                let object = field(node, "object", source);
                is_environment(object.trim_end_matches('?'))
            }
            "call_expression" => field(node, "function", source) == "Deno.env.get",
            _ => false,
        };
        if !is {
            return false;
        }
    }
    true
}

/// What an expression is when no variable of the environment says otherwise; itself where none could.
fn otherwise<'t>(node: Node<'t>, source: &str) -> Node<'t> {
    let mut node = inner(node, WRAPPING);
    loop {
        let set = |part: &str| {
            node.child_by_field_name(part)
                .is_some_and(|n| is_variable(n, source))
        };
        let next = match node.kind() {
            "binary_expression"
                if matches!(field(node, "operator", source), "??" | "||") && set("left") =>
            {
                node.child_by_field_name("right")
            }
            "ternary_expression" if set("consequence") => node.child_by_field_name("alternative"),
            "call_expression" => {
                let arguments = node.child_by_field_name("arguments").map(children);
                let callee = field(node, "function", source);
                looked_up(callee, &arguments.unwrap_or_default(), |n| {
                    n.kind() == "string"
                })
            }
            _ => None,
        };
        match next {
            Some(next) => node = inner(next, WRAPPING),
            None => return node,
        }
    }
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = otherwise(node, source);
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
                kind if kind.ends_with("_type") => Unfound::not_text(span, "a type"),
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

/// The collection in what makes collections of it; or the call that makes something else.
fn collected<'t>(node: Node<'t>, source: &str) -> Result<Node<'t>, Unfound> {
    let mut node = otherwise(node, source);
    while let "call_expression" | "new_expression" = node.kind() {
        let callee = match node.child_by_field_name("constructor") {
            Some(constructor) => written(constructor, source),
            None => field(node, "function", source),
        };
        let arguments = node.child_by_field_name("arguments").map(children);
        match arguments.as_deref() {
            Some([one]) if COLLECTIONS.contains(&callee) => node = otherwise(*one, source),
            _ => return Err(call(node, callee)),
        }
    }
    Ok(node)
}

fn entries<'t>(node: Node<'t>, source: &str) -> Option<Vec<Entry<'t>>> {
    let node = collected(node, source).ok()?;
    if node.kind() != "object" {
        return None;
    }
    let entry = |pair: Node<'t>| {
        let key = part(pair, &["key", "name"]);
        let name = match key.kind() {
            "property_identifier" | "number" | "shorthand_property_identifier" => {
                Some(written(key, source).to_owned())
            }
            "string" => text(key, source).ok().map(|found| found.value),
            _ => None,
        };
        Entry {
            key: name,
            span: key.byte_range(),
            value: pair.child_by_field_name("value"),
        }
    };
    Some(children(node).into_iter().map(entry).collect())
}

fn items<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let node = collected(node, source).ok()?;
    (node.kind() == "array").then(|| children(node))
}

/// The texts of `"a" | "b"`; `None` where it is anything else.
fn literals(node: Node<'_>) -> Option<Vec<Node<'_>>> {
    let mut found = Vec::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        match node.kind() {
            "union_type" | "parenthesized_type" => todo.extend(children(node).into_iter().rev()),
            "literal_type" => found.extend(children(node)),
            _ => return None,
        }
    }
    Some(found)
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let span = node.byte_range();
    let node = collected(node, source)?;
    let items: Vec<Node<'_>> = match node.kind() {
        "array" => children(node),
        "object" => children(node)
            .into_iter()
            .map(|n| part(n, &["key", "name"]))
            .collect(),
        "enum_declaration" => members(node)?,
        kind if kind.ends_with("_type") && literals(node).is_some() => {
            literals(node).unwrap_or_default()
        }
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
