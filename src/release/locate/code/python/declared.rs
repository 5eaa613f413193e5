//! The names of a module and of its classes, and what they are given.

use tree_sitter::Node;

use crate::release::locate::choose::Declaration;
use crate::release::locate::code::Given;
use crate::release::locate::code::python::{WRAPPING, text as text_of};
use crate::release::locate::code::walk::{Next, Scope, children, field, inner, walk, written};

/// Methods that change what they are called on.
const CHANGING: &[&str] = &[
    "add",
    "append",
    "appendleft",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "extendleft",
    "insert",
    "intersection_update",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "setdefault",
    "symmetric_difference_update",
    "update",
];

pub fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
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
            match node.child_by_field_name("left") {
                Some(left) if left.kind() == "identifier" => {
                    let given = Given::Computed(node, "added to here");
                    found.push(scope.declare(left, text, Some(given)));
                }
                Some(left) => changed(left, node, scope, text, &mut found),
                None => {}
            }
            Next::Past
        }
        "type_alias_statement" => {
            let name = node.child_by_field_name("left");
            let value = node.child_by_field_name("right").map(Given::Written);
            found.extend(name.map(|name| scope.declare(name, text, value)));
            Next::Past
        }
        "delete_statement" => {
            for target in children(node).into_iter().flat_map(listed) {
                changed(target, node, scope, text, &mut found);
            }
            Next::Past
        }
        "call" => {
            if let Some(method) = node.child_by_field_name("function")
                && CHANGING.contains(&field(method, "attribute", text))
                && let Some(object) = method.child_by_field_name("object")
                && let Some(words) = dotted(object, text)
            {
                let given = Given::Changed(node, None);
                found.push(scope.declare_in(object, words, Some(given)));
            }
            assigned_inside(node, scope, text, &mut found);
            Next::Past
        }
        kind if kind.ends_with("_statement") || kind.ends_with("_clause") => Next::Into,
        "module" | "block" | "decorated_definition" | "ERROR" => Next::Into,
        _ => {
            assigned_inside(node, scope, text, &mut found);
            Next::Past
        }
    });
    found
}

/// The targets of a statement that may be parted by commas.
fn listed(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        "expression_list" | "tuple" => children(node),
        _ => vec![node],
    }
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

/// The words of `A.x` and `A["x"]`.
fn dotted(mut node: Node<'_>, text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    loop {
        let word = match node.kind() {
            "identifier" => written(node, text).to_owned(),
            "attribute" => field(node, "attribute", text).to_owned(),
            "subscript" => {
                text_of(node.child_by_field_name("subscript")?, text)
                    .ok()?
                    .value
            }
            _ => return None,
        };
        words.push(word);
        node = match node.kind() {
            "attribute" => node.child_by_field_name("object")?,
            "subscript" => node.child_by_field_name("value")?,
            _ => break,
        };
    }
    words.reverse();
    Some(words)
}

/// `A["x"]`, `A[0]`, `A.x` and `A` itself are given something else by a statement.
fn changed<'t>(
    target: Node<'t>,
    statement: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let (object, key) = match target.kind() {
        "subscript" => (
            target.child_by_field_name("value"),
            target.child_by_field_name("subscript"),
        ),
        "attribute" => (target.child_by_field_name("object"), None),
        _ => (Some(target), None),
    };
    if let Some(object) = object
        && let Some(words) = dotted(object, text)
    {
        let given = Given::Changed(statement, key.filter(|k| k.kind() == "string"));
        found.push(scope.declare_in(object, words, Some(given)));
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
                if let Some(words) = dotted(target, text) {
                    found.push(scope.declare_in(target, words, value));
                }
                if target.kind() == "subscript" {
                    changed(target, target, scope, text, found);
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
