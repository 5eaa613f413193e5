//! Go: `const` and `var` of a package.

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::changes;
use crate::locate::code::changes::{Binding, Opens, Part, Rules, Target};
use crate::locate::code::table::Entry;
use crate::locate::code::walk::{
    Next, call, children, field, inner, looked_up, name, texts, walk, written,
};
use crate::locate::code::{Given, Syntax};
use crate::locate::found::{Found, FoundList};
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

pub(crate) const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_go::LANGUAGE.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
    entries,
    items,
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
    changes::add(&RULES, root, text, &mut found);
    found
}

/// What changes a variable of a package.
const RULES: Rules = Rules {
    opens,
    binds,
    changes,
    part,
};

fn opens(node: Node<'_>, _: &str) -> Opens {
    match node.kind() {
        "function_declaration" | "method_declaration" | "func_literal" => Opens::Function,
        "block" => Opens::Block,
        _ => Opens::Nothing,
    }
}

fn binds<'t>(node: Node<'t>, text: &str) -> Vec<Binding<'t>> {
    let names = |part: &str| {
        let mut cursor = node.walk();
        let parts: Vec<_> = node.children_by_field_name(part, &mut cursor).collect();
        let listed = parts.into_iter().flat_map(|part| match part.kind() {
            "expression_list" => children(part),
            _ => vec![part],
        });
        listed.filter(|n| n.kind() == "identifier")
    };
    let declares = |part: &str| names(part).map(Binding::Declares).collect();
    match node.kind() {
        "const_spec" | "var_spec" | "parameter_declaration" | "variadic_parameter_declaration" => {
            declares("name")
        }
        "short_var_declaration" => declares("left"),
        "range_clause" if written(node, text).contains(":=") => declares("left"),
        "range_clause" | "assignment_statement" => names("left").map(Binding::Assigns).collect(),
        "inc_statement" | "dec_statement" => {
            let name = children(node)
                .into_iter()
                .filter(|n| n.kind() == "identifier");
            name.map(Binding::Assigns).collect()
        }
        _ => Vec::new(),
    }
}

fn changes<'t>(node: Node<'t>, text: &str) -> Vec<Target<'t>> {
    match node.kind() {
        "assignment_statement" => {
            let targets = node.child_by_field_name("left").map(children);
            let keyed = |target: Node<'t>| Target::of(part(target, text), target, node);
            let targets = targets.unwrap_or_default().into_iter();
            targets.filter_map(keyed).collect()
        }
        "call_expression" if matches!(field(node, "function", text), "delete" | "clear") => {
            let arguments = node.child_by_field_name("arguments").map(children);
            let object = arguments.and_then(|a| a.first().copied());
            let whole = |object: Node<'t>| Target::whole(object, node);
            object.map(whole).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn part<'t>(node: Node<'t>, source: &str) -> Part<'t> {
    let node = inner(node, WRAPPING);
    let key = match node.kind() {
        "identifier" => return Part::Name(node),
        "selector_expression" => Some(field(node, "field", source).to_owned()),
        "index_expression" => node
            .child_by_field_name("index")
            .and_then(|index| text(index, source).ok())
            .map(|index| index.value),
        _ => return Part::Other,
    };
    match node.child_by_field_name("operand") {
        Some(operand) => Part::Of(operand, key),
        None => Part::Other,
    }
}

/// What an expression is when no variable of the environment says otherwise; itself where none could.
fn otherwise<'t>(node: Node<'t>, source: &str) -> Node<'t> {
    let mut node = inner(node, WRAPPING);
    while node.kind() == "call_expression" {
        let callee = field(node, "function", source);
        let arguments = node.child_by_field_name("arguments").map(children);
        let arguments = arguments.unwrap_or_default();
        let is_text = |n: &Node<'_>| n.kind().ends_with("string_literal");
        let next = match arguments.as_slice() {
            [variables @ .., default] if callee == "cmp.Or" && !variables.is_empty() => {
                let looked = |n: &Node<'_>| field(*n, "function", source) == "os.Getenv";
                variables.iter().all(looked).then_some(*default)
            }
            _ => looked_up(callee, &arguments, is_text),
        };
        match next {
            Some(next) => node = inner(next, WRAPPING),
            None => break,
        }
    }
    node
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = otherwise(node, source);
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

/// What stands in the braces of a composite value.
fn body<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let mut node = inner(node, WRAPPING);
    if node.kind() == "unary_expression"
        && let Some(operand) = node.child_by_field_name("operand")
        && field(node, "operator", source) == "&"
    {
        node = operand;
    }
    match node.kind() {
        "composite_literal" => node.child_by_field_name("body").map(children),
        // The type of an item may be left out.
        "literal_value" => Some(children(node)),
        _ => None,
    }
}

fn entries<'t>(node: Node<'t>, source: &str) -> Option<Vec<Entry<'t>>> {
    let keyed = body(node, source)?;
    if keyed.iter().any(|n| n.kind() != "keyed_element") {
        return None;
    }
    let entry = |pair: Node<'t>| {
        let key = pair.child_by_field_name("key").unwrap_or(pair);
        let name = match text(key, source) {
            Ok(found) => Some(found.value),
            // The name of a field.
            Err(_) => Some(written(key, source).to_owned())
                .filter(|_| inner(key, WRAPPING).kind() == "identifier"),
        };
        Entry {
            key: name,
            span: key.byte_range(),
            value: pair.child_by_field_name("value"),
        }
    };
    Some(keyed.into_iter().map(entry).collect())
}

fn items<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let items = body(node, source)?;
    let plain = items.iter().all(|n| n.kind() != "keyed_element");
    plain.then_some(items)
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let Some(items) = body(node, source) else {
        let span = inner(node, WRAPPING).byte_range();
        return Err(match text(node, source) {
            Err(computed @ Unfound::Computed { .. }) => computed,
            _ => Unfound::not_list(span),
        });
    };
    let keys = items
        .into_iter()
        .map(|n| n.child_by_field_name("key").unwrap_or(n));
    Ok(FoundList {
        span: inner(node, WRAPPING).byte_range(),
        items: texts(keys, source, text)?,
    })
}
