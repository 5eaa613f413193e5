//! What a call or an expression falls back to.

use tree_sitter::Node;

use crate::locate::code::python::WRAPPING;
use crate::locate::code::walk::{children, field, inner, looked_up, written};

/// What an expression is when no variable of the environment and no argument says otherwise; itself where nothing could.
pub(super) fn otherwise<'t>(node: Node<'t>, source: &str) -> Node<'t> {
    let mut node = inner(node, WRAPPING);
    loop {
        let next = match node.kind() {
            "named_expression" => node.child_by_field_name("value"),
            "call" => default_of(node, source),
            // `os.environ.get("X") or "v1"`
            "boolean_operator" if field(node, "operator", source) == "or" => node
                .child_by_field_name("left")
                .filter(|left| is_unset(*left, source))
                .and_then(|_| node.child_by_field_name("right")),
            // `os.environ["X"] if "X" in os.environ else "v1"`
            "conditional_expression" => match children(node).as_slice() {
                [value, _, other] if is_unset(*value, source) => Some(*other),
                _ => None,
            },
            _ => None,
        };
        match next {
            Some(next) => node = inner(next, WRAPPING),
            None => return node,
        }
    }
}

/// Whether an expression is a variable of the environment without a default, or with an empty one.
fn is_unset(node: Node<'_>, source: &str) -> bool {
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        let node = inner(node, WRAPPING);
        match node.kind() {
            "boolean_operator" if field(node, "operator", source) == "or" => {
                todo.extend(children(node));
            }
            "subscript" if field(node, "value", source).ends_with("environ") => {}
            "call" => {
                let callee = field(node, "function", source);
                let looks = callee.ends_with("environ.get") || callee.ends_with("getenv");
                let arguments = node.child_by_field_name("arguments").map(children);
                let empty = match arguments.as_deref() {
                    Some([_]) => true,
                    Some([_, default]) => {
                        matches!(written(*default, source), "None" | "\"\"" | "''")
                    }
                    _ => false,
                };
                if !(looks && empty) {
                    return false;
                }
            }
            _ => return false,
        }
    }
    true
}

/// The default that a call falls back to: of `os.environ.get` and its like, of a field of pydantic, dataclasses or attrs.
fn default_of<'t>(call: Node<'t>, source: &str) -> Option<Node<'t>> {
    /// What takes `default=`: pydantic, dataclasses, attrs, SQLAlchemy, environs, django-environ, python-decouple.
    const NAMED: &[&str] = &[
        "Field",
        "PrivateAttr",
        "attrib",
        "config",
        "env",
        "field",
        "get",
        "getenv",
        "ib",
        "mapped_column",
        "str",
    ];
    let callee = field(call, "function", source);
    let name = callee.rsplit('.').next().unwrap_or(callee);
    let arguments = children(call.child_by_field_name("arguments")?);
    let (named, plain): (Vec<_>, Vec<_>) = arguments
        .into_iter()
        .partition(|a| a.kind() == "keyword_argument");
    if plain.iter().any(|a| a.kind().ends_with("_splat")) {
        return None;
    }
    let default = named
        .iter()
        .find(|a| field(**a, "name", source) == "default")
        .and_then(|a| a.child_by_field_name("value"));
    if default.is_some() {
        return default.filter(|_| NAMED.contains(&name));
    }
    if name == "Field" {
        return plain.first().copied();
    }
    let environment = callee.ends_with("environ.get") || callee.ends_with("environ.setdefault");
    match plain.as_slice() {
        [_, default] if environment => Some(*default),
        _ => looked_up(callee, &plain, |n| n.kind() == "string"),
    }
}
