//! What changes a name of Python: <https://docs.python.org/3/reference/executionmodel.html#binding-of-names>, and the methods
//! that change a list, set or mapping in place.

use tree_sitter::Node;

use crate::locate::code::changes::{Binding, Opens, Part, Rules, Target};
use crate::locate::code::python::{WRAPPING, text as text_of};
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
    "__delitem__",
    "__iadd__",
    "__ior__",
    "__setitem__",
];

/// Functions of the standard library that change their first argument in place; methods that are called on their type do.
const GIVEN: &[&str] = &[
    "delitem",
    "heappop",
    "heappush",
    "heappushpop",
    "heapreplace",
    "iadd",
    "insort",
    "insort_left",
    "insort_right",
    "ior",
    "setitem",
];

/// What such functions and methods are called on.
const OWNERS: &[&str] = &["bisect", "dict", "heapq", "list", "operator", "set"];

/// What has variables of its own, and takes names that `:=` gives from the function around it.
const COMPREHENSIONS: &[&str] = &[
    "dictionary_comprehension",
    "generator_expression",
    "list_comprehension",
    "set_comprehension",
];

fn opens(node: Node<'_>, text: &str) -> Opens {
    match node.kind() {
        "class_definition" => Opens::Type(field(node, "name", text).to_owned()),
        "function_definition" | "lambda" => Opens::Function,
        kind if COMPREHENSIONS.contains(&kind) => Opens::Function,
        _ => Opens::Nothing,
    }
}

fn binds<'t>(node: Node<'t>, _: &str) -> Vec<Binding<'t>> {
    let part = |part: &str| node.child_by_field_name(part);
    let names = match node.kind() {
        "assignment" | "augmented_assignment" | "for_statement" | "for_in_clause" => {
            part("left").map(names)
        }
        "as_pattern" => part("alias").map(names),
        "function_definition" | "class_definition" => part("name").map(names),
        "named_expression" => {
            let around = std::iter::successors(node.parent(), Node::parent)
                .find(|n| !matches!(opens(*n, ""), Opens::Nothing));
            let inside = around.is_some_and(|n| COMPREHENSIONS.contains(&n.kind()));
            let name = part("name").into_iter();
            return match inside {
                true => name.map(Binding::Assigns).collect(),
                false => name.map(Binding::Declares).collect(),
            };
        }
        "import_statement" | "import_from_statement" => {
            let mut cursor = node.walk();
            let names = node.children_by_field_name("name", &mut cursor);
            // Of `import a.b` the name is `a`.
            let name = |name: Node<'t>| match name.child_by_field_name("alias") {
                Some(alias) => Some(alias),
                None => children(name).first().copied(),
            };
            Some(names.filter_map(name).collect())
        }
        "delete_statement" => {
            let targets = children(node).into_iter().flat_map(listed);
            Some(targets.filter(|t| t.kind() == "identifier").collect())
        }
        "parameters" | "lambda_parameters" => {
            let name = |parameter: Node<'t>| match parameter.child_by_field_name("name") {
                Some(name) => Some(name),
                None if parameter.kind() == "identifier" => Some(parameter),
                None => children(parameter).first().copied(),
            };
            Some(
                children(node)
                    .into_iter()
                    .filter_map(name)
                    .flat_map(names)
                    .collect(),
            )
        }
        "global_statement" => return children(node).into_iter().map(Binding::Outer).collect(),
        _ => None,
    };
    let names = names.unwrap_or_default().into_iter();
    names.map(Binding::Declares).collect()
}

/// The names in what is assigned to.
fn names(target: Node<'_>) -> Vec<Node<'_>> {
    targets(target, |n| n.kind() == "identifier")
}

/// The parts of what is assigned to that are of a kind.
fn targets<'t>(target: Node<'t>, is: fn(&Node<'t>) -> bool) -> Vec<Node<'t>> {
    let mut found = Vec::new();
    let mut todo = vec![target];
    while let Some(target) = todo.pop() {
        match target.kind() {
            _ if is(&target) => found.push(target),
            "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern"
            | "as_pattern_target"
            | "tuple" => todo.extend(children(target)),
            _ => {}
        }
    }
    found
}

/// The targets of a statement that may be parted by commas.
fn listed(node: Node<'_>) -> Vec<Node<'_>> {
    match node.kind() {
        "expression_list" | "tuple" => children(node),
        _ => vec![node],
    }
}

fn changes<'t>(node: Node<'t>, text: &str) -> Vec<Target<'t>> {
    let is_part = |n: &Node<'t>| matches!(n.kind(), "subscript" | "attribute");
    let left = || node.child_by_field_name("left");
    match node.kind() {
        "assignment" => {
            let parts = left()
                .map(|left| targets(left, is_part))
                .unwrap_or_default();
            parts
                .into_iter()
                .filter_map(|part| keyed(part, part, text))
                .collect()
        }
        "augmented_assignment" => left()
            .and_then(|left| keyed(left, node, text))
            .into_iter()
            .collect(),
        "delete_statement" => {
            let targets = children(node).into_iter().flat_map(listed);
            targets.filter_map(|t| keyed(t, node, text)).collect()
        }
        "call" => {
            let method = node.child_by_field_name("function");
            let name = method.map_or("", |m| match m.kind() {
                "identifier" => written(m, text),
                _ => field(m, "attribute", text),
            });
            let on = method.and_then(|m| m.child_by_field_name("object"));
            let is_owner = |on: Node<'t>| OWNERS.contains(&written(on, text));
            let first = || {
                let arguments = node.child_by_field_name("arguments").map(children);
                arguments.and_then(|a| a.first().copied())
            };
            let object = match on {
                Some(on) if is_owner(on) && (CHANGING.contains(&name) || GIVEN.contains(&name)) => {
                    first()
                }
                Some(on) => CHANGING.contains(&name).then_some(on),
                None => GIVEN.contains(&name).then(first).flatten(),
            };
            let whole = |object: Node<'t>| Target::whole(object, node);
            object.map(whole).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// A key or attribute that is given something else, or taken away.
fn keyed<'t>(target: Node<'t>, shown: Node<'t>, text: &str) -> Option<Target<'t>> {
    Target::of(part(target, text), target, shown)
}

fn part<'t>(node: Node<'t>, text: &str) -> Part<'t> {
    let node = inner(node, WRAPPING);
    let (object, key) = match node.kind() {
        "identifier" => return Part::Name(node),
        "attribute" => (
            node.child_by_field_name("object"),
            Some(field(node, "attribute", text).to_owned()),
        ),
        "subscript" => {
            let mut cursor = node.walk();
            let keys: Vec<_> = node
                .children_by_field_name("subscript", &mut cursor)
                .collect();
            let key = match keys.as_slice() {
                [key] if key.kind() == "string" => text_of(*key, text).ok().map(|k| k.value),
                _ => None,
            };
            (node.child_by_field_name("value"), key)
        }
        _ => (None, None),
    };
    object.map_or(Part::Other, |object| Part::Of(object, key))
}
