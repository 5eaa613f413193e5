//! Python: assignments of a module and of its classes.

use std::ops::Range;

use tree_sitter::Node;

use crate::release::locate::choose::Declaration;
use crate::release::locate::code::table::Entry;
use crate::release::locate::code::walk::{
    Next, Scope, call, children, field, inner, looked_up, name, texts, walk, written,
};
use crate::release::locate::code::{Given, Syntax};
use crate::release::locate::found::{Found, FoundList};
use crate::release::locate::literal::{self, Literal};
use crate::release::locate::unfound::Unfound;

pub const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_python::LANGUAGE.into(),
    ascii: false,
    separator: ".",
    declarations,
    text,
    list,
    entries,
    items,
};

const WRAPPING: &[&str] = &["parenthesized_expression"];
/// What makes a collection of a collection.
const COLLECTIONS: &[&str] = &[
    "frozenset",
    "set",
    "tuple",
    "list",
    "dict",
    "MappingProxyType",
];

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

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
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
                self::text(node.child_by_field_name("subscript")?, text)
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

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = otherwise(node, source);
    let span = node.byte_range();
    Err(match node.kind() {
        "string" => return string(node, source),
        "tuple" | "list" | "expression_list" => match numbers(node) {
            Some(parts) => return Ok(Found::parts(source, parts)),
            None => Unfound::not_text(span, format!("a {}", node.kind().replace('_', " "))),
        },
        "concatenated_string" => Unfound::computed(span, "pieced together from several strings"),
        "integer" | "float" => Unfound::number(span, written(node, source)),
        "true" | "false" | "none" => {
            Unfound::not_text(span, format!("`{}`", written(node, source)))
        }
        "dictionary" | "set" => Unfound::not_text(span, format!("a {}", node.kind())),
        "class_definition" => Unfound::not_text(span, "a class"),
        "type" | "generic_type" => Unfound::not_text(span, "a type"),
        "call" => call(node, field(node, "function", source)),
        "identifier" | "attribute" => name(node, source),
        "list_splat" | "dictionary_splat" => Unfound::computed(span, "whatever another list holds"),
        _ => Unfound::computed(span, "the result of an expression"),
    })
}

/// What an expression is when no variable of the environment and no argument says otherwise; itself where nothing could.
fn otherwise<'t>(node: Node<'t>, source: &str) -> Node<'t> {
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

/// The parts of a tuple of whole numbers.
fn numbers(node: Node<'_>) -> Option<Vec<Range<usize>>> {
    let parts = children(node);
    let whole = !parts.is_empty() && parts.iter().all(|p| p.kind() == "integer");
    whole.then(|| parts.iter().map(Node::byte_range).collect())
}

fn string(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let span = node.byte_range();
    let all = written(node, source);
    let Some(at) = all.find(['"', '\'']) else {
        return Err(Unfound::unread(span, all));
    };
    let (prefix, quoted) = all.split_at(at);
    let prefix = prefix.to_ascii_lowercase();
    let quote = if quoted.starts_with("'") { '\'' } else { '"' };
    let triple = quote.to_string().repeat(3);
    let marks = if quoted.starts_with(&triple) { 3 } else { 1 };
    if prefix.contains('b') {
        return Err(Unfound::not_text(span, "bytes"));
    }
    if children(node).iter().any(|n| n.kind() == "interpolation") || prefix.contains('t') {
        return Err(Unfound::computed(span, "a string with fields in it"));
    }
    let literal = match prefix.contains('r') {
        true => Literal::raw(&triple[..marks]).without("\\"),
        false => Literal::escaped(&literal::PYTHON, quote),
    };
    let literal = match prefix.contains('f') {
        true => literal.without(if prefix.contains('r') { "\\{}" } else { "{}" }),
        false => literal,
    };
    let Some(content) = quoted.get(marks..quoted.len().saturating_sub(marks)) else {
        return Err(Unfound::unread(span, all));
    };
    let start = span.start + at + marks;
    Found::text(content, start..start + content.len(), literal)
        .map_err(|piece| Unfound::unread(span, &piece))
}

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

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let whole = node.byte_range();
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
    // `_ignore_` and its like are no members.
    assignments
        .filter(|a| !field(*a, "left", source).starts_with('_'))
        .filter_map(|a| a.child_by_field_name("right"))
        .collect()
}

/// The texts of `Literal["a", "b"]`, and of several with `|` between them; `None` where it is anything else.
fn literals<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let mut found = Vec::new();
    let mut todo = vec![node];
    while let Some(node) = todo.pop() {
        let mut parts = children(node);
        match node.kind() {
            "type" | "parenthesized_expression" | "union_type" => {
                todo.extend(parts.into_iter().rev())
            }
            "binary_operator" if field(node, "operator", source) == "|" => {
                todo.extend(parts.into_iter().rev())
            }
            "subscript" | "generic_type" => {
                let name = written(*parts.first()?, source);
                if name.rsplit('.').next() != Some("Literal") {
                    return None;
                }
                let inside = parts.split_off(1).into_iter();
                found.extend(
                    inside
                        .flat_map(|part| match part.kind() {
                            "type_parameter" | "tuple" | "expression_list" => children(part),
                            _ => vec![part],
                        })
                        .map(|n| match (n.kind(), children(n).as_slice()) {
                            ("type", [only]) => *only,
                            _ => n,
                        }),
                );
            }
            "none" => {}
            _ => return None,
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The texts of the annotation of a name: `python: Literal["3.12", "3.13"] = "3.12"`.
fn annotated<'t>(value: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
    let assignment = value.parent().filter(|p| p.kind() == "assignment")?;
    literals(assignment.child_by_field_name("type")?, source)
}

fn entries<'t>(node: Node<'t>, source: &str) -> Option<Vec<Entry<'t>>> {
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

fn items<'t>(node: Node<'t>, source: &str) -> Option<Vec<Node<'t>>> {
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
