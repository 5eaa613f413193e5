//! What changes a name of TypeScript or JavaScript, and the methods that change an array, set or map in place.

use tree_sitter::Node;

use crate::locate::code::changes::{Binding, Opens, Part, Rules, Target};
use crate::locate::code::script::{WRAPPING, text as text_of};
use crate::locate::code::walk::{children, field, inner, written};

pub(super) const RULES: Rules = Rules {
    opens,
    binds,
    changes,
    part,
};

/// Methods that change what they are called on.
const CHANGING: &[&str] = &[
    "add",
    "clear",
    "copyWithin",
    "delete",
    "fill",
    "pop",
    "push",
    "set",
    "shift",
    "splice",
    "unshift",
];

/// Functions that change their first argument in place.
const GIVEN: &[&str] = &[
    "Object.assign",
    "Object.defineProperties",
    "Object.defineProperty",
    "Reflect.defineProperty",
    "Reflect.deleteProperty",
    "Reflect.set",
];

fn opens(node: Node<'_>, text: &str) -> Opens {
    match node.kind() {
        "arrow_function"
        | "function_declaration"
        | "function_expression"
        | "generator_function"
        | "generator_function_declaration"
        | "method_definition" => Opens::Function,
        "statement_block" => Opens::Block,
        "internal_module" | "module" => Opens::Module(field(node, "name", text).to_owned()),
        _ => Opens::Nothing,
    }
}

fn binds<'t>(node: Node<'t>, _: &str) -> Vec<Binding<'t>> {
    let part = |part: &str| node.child_by_field_name(part);
    let (declared, assigned) = match node.kind() {
        "variable_declarator"
        | "function_declaration"
        | "generator_function_declaration"
        | "class_declaration"
        | "enum_declaration" => (part("name"), None),
        "required_parameter" | "optional_parameter" => (part("pattern"), None),
        "catch_clause" => (part("parameter"), None),
        // `x => …`
        "identifier" => {
            let function = node.parent().filter(|p| p.kind() == "arrow_function");
            let parameter = function.and_then(|f| f.child_by_field_name("parameter"));
            (parameter.filter(|p| *p == node), None)
        }
        "for_in_statement" if part("kind").is_some() => (part("left"), None),
        "for_in_statement" | "assignment_expression" | "augmented_assignment_expression" => {
            (None, part("left"))
        }
        "update_expression" => (None, part("argument")),
        _ => (None, None),
    };
    let declared = declared.map(names).unwrap_or_default().into_iter();
    let assigned = assigned.map(names).unwrap_or_default().into_iter();
    declared
        .map(Binding::Declares)
        .chain(assigned.map(Binding::Assigns))
        .collect()
}

/// The names in a pattern.
fn names(pattern: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut todo = vec![pattern];
    while let Some(pattern) = todo.pop() {
        match pattern.kind() {
            "identifier" | "shorthand_property_identifier_pattern" => found.push(pattern),
            "pair_pattern" => todo.extend(pattern.child_by_field_name("value")),
            "assignment_pattern" | "object_assignment_pattern" => {
                todo.extend(pattern.child_by_field_name("left"));
            }
            "array_pattern" | "object_pattern" | "rest_pattern" => todo.extend(children(pattern)),
            _ => {}
        }
    }
    found
}

fn changes<'t>(node: Node<'t>, text: &str) -> Vec<Target<'t>> {
    let part = |part: &str| node.child_by_field_name(part);
    let target = match node.kind() {
        "assignment_expression" | "augmented_assignment_expression" => {
            part("left").and_then(|left| keyed(left, node, text))
        }
        "update_expression" => part("argument").and_then(|target| keyed(target, node, text)),
        "unary_expression" if field(node, "operator", text) == "delete" => {
            part("argument").and_then(|target| keyed(target, node, text))
        }
        "call_expression" => part("function").and_then(|method| {
            let on = method.child_by_field_name("object");
            let property = field(method, "property", text);
            // `Array.prototype.push.apply(X, …)`
            let borrowed = on.is_some_and(|on| {
                matches!(property, "apply" | "call")
                    && CHANGING.contains(&field(on, "property", text))
            });
            let object = if borrowed || GIVEN.contains(&written(method, text)) {
                let arguments = part("arguments").map(children);
                arguments.and_then(|a| a.first().copied())
            } else {
                on.filter(|_| CHANGING.contains(&property))
            };
            object.map(|object| Target::whole(object, node))
        }),
        _ => None,
    };
    target.into_iter().collect()
}

/// A key that is given something else, or taken away.
fn keyed<'t>(target: Node<'t>, shown: Node<'t>, text: &str) -> Option<Target<'t>> {
    match part(target, text) {
        // `X.length = 0` cuts a list.
        Part::Of(object, Some(key)) if key == "length" => Some(Target::whole(object, shown)),
        other => Target::of(other, target, shown),
    }
}

fn part<'t>(node: Node<'t>, text: &str) -> Part<'t> {
    let node = inner(node, WRAPPING);
    let key = match node.kind() {
        "identifier" => return Part::Name(node),
        "member_expression" => Some(field(node, "property", text).to_owned()),
        "subscript_expression" => node
            .child_by_field_name("index")
            .filter(|index| matches!(index.kind(), "string" | "template_string"))
            .and_then(|index| text_of(index, text).ok())
            .map(|index| index.value),
        _ => return Part::Other,
    };
    match node.child_by_field_name("object") {
        Some(object) => Part::Of(object, key),
        None => Part::Other,
    }
}
