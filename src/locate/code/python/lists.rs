//! Lists, enumerations and mappings.

use tree_sitter::Node;

use crate::locate::code::python::defaults::otherwise;
use crate::locate::code::python::text;
use crate::locate::code::table::Entry;
use crate::locate::code::walk::{call, children, field, texts, written};
use crate::locate::found::FoundList;
use crate::locate::unfound::Unfound;

/// What makes a collection of a collection.
const COLLECTIONS: &[&str] = &[
    "frozenset",
    "set",
    "tuple",
    "list",
    "dict",
    "MappingProxyType",
];

/// The collection in what makes collections of it; or the call that makes something else.
fn collected<'t>(node: Node<'t>, source: &str) -> Result<Node<'t>, Unfound> {
    let mut node = otherwise(node, source);
    while node.kind() == "call" {
        let callee = field(node, "function", source);
        let plain = callee.rsplit('.').next().unwrap_or(callee);
        let arguments = node.child_by_field_name("arguments").map(children);
        match arguments.as_deref() {
            Some([one]) if COLLECTIONS.contains(&plain) && one.kind() != "keyword_argument" => {
                node = otherwise(*one, source);
            }
            _ => return Err(call(node, callee)),
        }
    }
    Ok(node)
}

pub(super) fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let whole = node.byte_range();
    if let Some(members) = functional(node, source) {
        let items = texts(members, source, text)?;
        return Ok(FoundList { span: whole, items });
    }
    let node = collected(node, source)?;
    let items = match node.kind() {
        "list" | "tuple" | "set" | "expression_list" => texts(children(node), source, text)?,
        "dictionary" => {
            let keys = children(node)
                .into_iter()
                .map(|n| n.child_by_field_name("key").unwrap_or(n));
            texts(keys, source, text)?
        }
        "class_definition" => texts(members(node, source), source, text)?,
        "list_comprehension" | "set_comprehension" | "dictionary_comprehension" => {
            return Err(Unfound::computed(node.byte_range(), "a comprehension"));
        }
        _ => match literals(node, source) {
            Some(literals) => texts(literals, source, text)?,
            None => match annotated(node, source) {
                Some(literals) => {
                    return Ok(FoundList {
                        span: literals.first().map_or(whole.start, Node::start_byte)
                            ..literals.last().map_or(whole.end, Node::end_byte),
                        items: texts(literals, source, text)?,
                    });
                }
                None => return Err(not_list(node, source)),
            },
        },
    };
    Ok(FoundList { span: whole, items })
}

/// The values of the members of an enumeration.
fn members<'t>(class: Node<'t>, source: &str) -> Vec<Node<'t>> {
    let body = class.child_by_field_name("body").map(children);
    let statements = body.unwrap_or_default().into_iter();
    let assignments = statements
        .filter(|s| s.kind() == "expression_statement")
        .flat_map(children)
        .filter(|a| a.kind() == "assignment");
    // `_ignore_`, `__doc__` and what is private by `__` are no members:
    // <https://docs.python.org/3/howto/enum.html#supported-sunder-names>.
    let reserved = |name: &str| {
        name.starts_with("__") || (name.len() > 2 && name.starts_with('_') && name.ends_with('_'))
    };
    let mut names = Vec::new();
    let mut values = Vec::new();
    for assignment in assignments {
        let name = field(assignment, "left", source);
        if let Some(value) = assignment.child_by_field_name("right")
            && !reserved(name)
        {
            // What has another's value is another name of that one.
            let is_alias = value.kind() == "identifier" && names.contains(&written(value, source));
            values.extend((!is_alias).then_some(value));
            names.push(name);
        }
    }
    values
}

/// The values of the members of `Enum("NAME", {"A": "a"})` and `Enum("NAME", [("A", "a")])`; `None` where it is anything
/// else: <https://docs.python.org/3/howto/enum.html#functional-api>.
fn functional<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let node = otherwise(node, source);
    if node.kind() != "call" || !field(node, "function", source).ends_with("Enum") {
        return None;
    }
    let arguments = children(node.child_by_field_name("arguments")?);
    let [_, members, ..] = arguments.as_slice() else {
        return None;
    };
    let value = |member: &Node<'t>| match (member.kind(), children(*member).as_slice()) {
        ("pair", _) => member.child_by_field_name("value"),
        ("tuple" | "list", [_, value]) => Some(*value),
        _ => None,
    };
    let listed = matches!(members.kind(), "dictionary" | "list" | "tuple");
    let members = children(*members);
    members
        .iter()
        .map(value)
        .collect::<Option<Vec<_>>>()
        .filter(|_| listed)
}

/// The texts of `Literal["a", "b"]`, and of several with `|` between them; `None` where it is anything else.
fn literals<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let mut found = Vec::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        let mut parts = children(node);
        match node.kind() {
            "type" | "parenthesized_expression" | "union_type" => {
                todo.extend(parts.into_iter().rev());
            }
            "binary_operator" if field(node, "operator", source) == "|" => {
                todo.extend(parts.into_iter().rev());
            }
            "subscript" | "generic_type" => {
                let name = written(*parts.first()?, source);
                let name = name.rsplit('.').next()?;
                let inside = parts.split_off(1).into_iter();
                let inside = inside
                    .flat_map(|part| match part.kind() {
                        "type_parameter" | "tuple" | "expression_list" => children(part),
                        _ => vec![part],
                    })
                    .map(|n| match (n.kind(), children(n).as_slice()) {
                        ("type", [only]) => *only,
                        _ => n,
                    });
                match name {
                    "Union" | "Optional" => {
                        todo.extend(inside.collect::<Vec<_>>().into_iter().rev());
                    }
                    "Annotated" | "Final" | "ClassVar" | "Required" | "NotRequired" => {
                        todo.extend(inside.take(1));
                    }
                    _ if is_literal(name, source) => found.extend(inside),
                    _ => return None,
                }
            }
            "none" => {}
            _ => return None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Whether a name is that of `Literal`, or what the file calls it: `from typing import Literal as L`.
fn is_literal(name: &str, source: &str) -> bool {
    name == "Literal" || {
        let words = source.split(|c: char| c.is_whitespace() || "(),".contains(c));
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        words
            .windows(3)
            .any(|three| three == ["Literal", "as", name])
    }
}

/// The texts of the annotation of a name: `python: Literal["3.12", "3.13"] = "3.12"`.
fn annotated<'t>(value: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let assignment = value.parent().filter(|p| p.kind() == "assignment")?;
    literals(assignment.child_by_field_name("type")?, source)
}

pub(super) fn entries<'t>(node: Node<'t>, source: &str) -> Option<Vec<Entry<'t>>> {
    let node = otherwise(node, source);
    let node = collected(node, source).unwrap_or(node);
    let pairs = match node.kind() {
        "dictionary" => children(node),
        // `dict(tag="v1")`, and what is made by its keywords: `Config(tag="v1")`.
        "call" => {
            let callee = field(node, "function", source);
            let name = callee.rsplit('.').next().unwrap_or(callee);
            if name != "dict" && !name.starts_with(|c: char| c.is_uppercase()) {
                return None;
            }
            children(node.child_by_field_name("arguments")?)
        }
        _ => return None,
    };
    let entry = |pair: Node<'t>| {
        let key = pair.child_by_field_name("key");
        let name = pair.child_by_field_name("name");
        let of_call = name.map(|n| written(n, source).to_owned());
        Entry {
            key: key
                .and_then(|k| text(k, source).ok())
                .map(|k| k.value)
                .or(of_call),
            span: key.or(name).unwrap_or(pair).byte_range(),
            value: pair.child_by_field_name("value"),
        }
    };
    Some(pairs.into_iter().map(entry).collect())
}

pub(super) fn items<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let node = collected(node, source).ok()?;
    let is_list = matches!(node.kind(), "list" | "tuple" | "set" | "expression_list");
    is_list.then(|| children(node))
}

/// What stands where a list should.
fn not_list(node: Node<'_>, source: &str) -> Unfound {
    match text(node, source) {
        Err(computed @ Unfound::Computed { .. }) => computed,
        _ => Unfound::not_list(node.byte_range()),
    }
}
