//! The names of a module and of its classes, and what they are given.

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::Given;
use crate::locate::code::changes;
use crate::locate::code::changes::dotted;
use crate::locate::code::python::WRAPPING;
use crate::locate::code::python::changed::RULES;
use crate::locate::code::walk::{Next, Scope, children, field, inner, walk, written};

pub(super) fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "function_definition" => Next::Past,
        "class_definition" => {
            if is_enum(node, text)
                && let Some(name) = node.child_by_field_name("name")
            {
                found.push(scope.declare(name, text, Some(Given::Written(node))));
            }
            Next::Type(field(node, "name", text).to_owned())
        }
        "assignment" => {
            assignment(node, scope, text, &mut found);
            assigned_inside(node, scope, text, &mut found);
            Next::Past
        }
        "augmented_assignment" => {
            if let Some(left) = node.child_by_field_name("left")
                && left.kind() == "identifier"
            {
                let given = Given::Computed(node, "added to here");
                found.push(scope.declare(left, text, Some(given)));
            }
            Next::Past
        }
        "type_alias_statement" => {
            let name = node.child_by_field_name("left");
            let value = node.child_by_field_name("right").map(Given::Written);
            found.extend(name.map(|name| scope.declare(name, text, value)));
            Next::Past
        }
        "delete_statement" => Next::Past,
        kind if kind.ends_with("_statement") || kind.ends_with("_clause") => Next::Into,
        "module" | "block" | "decorated_definition" | "ERROR" => Next::Into,
        _ => {
            assigned_inside(node, scope, text, &mut found);
            Next::Past
        }
    });
    changes::add(&RULES, root, text, &mut found);
    found
}

/// `(X := "v1")`, wherever in an expression that is not a function of its own.
fn assigned_inside<'t>(
    node: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    if !written(node, text).contains(":=") {
        return;
    }
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        match node.kind() {
            "lambda"
            | "list_comprehension"
            | "set_comprehension"
            | "generator_expression"
            | "dictionary_comprehension" => continue,
            "named_expression" => {
                let value = node.child_by_field_name("value").map(Given::Written);
                let name = node.child_by_field_name("name");
                found.extend(name.map(|name| scope.declare(name, text, value)));
            }
            _ => {}
        }
        todo.extend(children(node));
    }
}

/// Whether a class is an enumeration, by the name of what it is made of.
fn is_enum(class: Node<'_>, text: &str) -> bool {
    let bases = class.child_by_field_name("superclasses").map(children);
    let is = |base: &Node<'_>| {
        matches!(base.kind(), "identifier" | "attribute") && written(*base, text).ends_with("Enum")
    };
    bases.unwrap_or_default().iter().any(is)
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
                        (None, None | Some(Given::Changed(..))) => None,
                    };
                    todo.push((name, one));
                }
            }
            "subscript" | "attribute" => {
                // A key of its own, which changes what the mapping holds.
                if let Some(words) = dotted(&RULES, target, text) {
                    found.push(scope.declare_in(target, words, value));
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
