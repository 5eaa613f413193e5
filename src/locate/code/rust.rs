//! Rust: `const` and `static` of modules, and associated constants.

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::table::Entry;
use crate::locate::code::walk::{Next, call, children, field, inner, name, texts, walk, written};
use crate::locate::code::{Given, Syntax};
use crate::locate::found::{Found, FoundList};
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;

pub(crate) const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_rust::LANGUAGE.into(),
    ascii: false,
    separator: "::",
    declarations,
    text,
    list,
    entries,
    items,
};

const WRAPPING: &[&str] = &["parenthesized_expression", "reference_expression"];

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "const_item" | "static_item" => {
            if let Some(name) = node.child_by_field_name("name") {
                let value = node.child_by_field_name("value").map(Given::Written);
                found.push(scope.declare(name, text, value));
            }
            Next::Past
        }
        "source_file" | "declaration_list" => Next::Into,
        "mod_item" => Next::Module(field(node, "name", text).to_owned()),
        "trait_item" => Next::Type(field(node, "name", text).to_owned()),
        "impl_item" => {
            let of = field(node, "type", text);
            let of = of.split('<').next().unwrap_or(of);
            Next::Type(of.rsplit("::").next().unwrap_or(of).trim().to_owned())
        }
        _ => Next::Past,
    });
    found
}

/// What an expression is when the variable of the environment that `option_env!` asks for is not set; itself where it
/// does not ask.
fn otherwise<'t>(node: Node<'t>, source: &str) -> Node<'t> {
    let node = inner(node, WRAPPING);
    let asks = |n: Node<'t>| {
        let n = inner(n, WRAPPING);
        n.kind() == "macro_invocation" && field(n, "macro", source).ends_with("option_env")
    };
    let default = match node.kind() {
        "call_expression" => node.child_by_field_name("function").and_then(|function| {
            let of = function.child_by_field_name("value")?;
            let asked = field(function, "field", source) == "unwrap_or" && asks(of);
            let arguments = node.child_by_field_name("arguments").map(children)?;
            match arguments.as_slice() {
                [default] if asked => Some(*default),
                _ => None,
            }
        }),
        "match_expression" if node.child_by_field_name("value").is_some_and(asks) => {
            let arms = node.child_by_field_name("body").map(children);
            let none = arms
                .unwrap_or_default()
                .into_iter()
                .find(|arm| matches!(field(*arm, "pattern", source).trim(), "None" | "_"));
            none.and_then(|arm| arm.child_by_field_name("value"))
        }
        _ => None,
    };
    default.map_or(node, |default| inner(default, WRAPPING))
}

/// `Config { tag: "v1" }`.
fn entries<'t>(node: Node<'t>, source: &str) -> Option<Vec<Entry<'t>>> {
    let node = inner(node, WRAPPING);
    if node.kind() != "struct_expression" {
        return None;
    }
    let entry = |field: Node<'t>| {
        let name = field.child_by_field_name("field");
        Entry {
            key: name.map(|n| written(n, source).to_owned()),
            span: name.unwrap_or(field).byte_range(),
            value: field.child_by_field_name("value"),
        }
    };
    let fields = node.child_by_field_name("body").map(children)?;
    // What `..base` holds is what the fields before it do not say.
    let (base, fields): (Vec<_>, Vec<_>) = fields
        .into_iter()
        .partition(|f| f.kind() == "base_field_initializer");
    Some(base.into_iter().chain(fields).map(entry).collect())
}

fn items<'t>(node: Node<'t>, _: &str) -> Option<Vec<Node<'t>>> {
    let node = inner(node, WRAPPING);
    let is_list = match node.kind() {
        "array_expression" => node.child_by_field_name("length").is_none(),
        kind => kind == "tuple_expression",
    };
    is_list.then(|| children(node))
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let node = otherwise(node, source);
    let span = node.byte_range();
    let all = written(node, source);
    Err(match node.kind() {
        "string_literal" => match all.strip_prefix('"').and_then(|s| s.strip_suffix('"')) {
            Some(content) => {
                let literal = Literal::escaped(&literal::RUST, '"');
                return Found::text(content, span.start + 1..span.end - 1, literal)
                    .map_err(|piece| Unfound::unread(span, &piece));
            }
            None => Unfound::not_text(span, "not a `str`"),
        },
        "raw_string_literal" => match raw(all) {
            Some((content, hashes)) => {
                let start = span.start + 2 + hashes;
                let literal = Literal::raw(format!("\"{}", "#".repeat(hashes)));
                return Found::text(content, start..start + content.len(), literal)
                    .map_err(|piece| Unfound::unread(span, &piece));
            }
            None => Unfound::not_text(span, "not a `str`"),
        },
        "integer_literal" | "float_literal" => Unfound::number(span, all),
        "boolean_literal" => Unfound::not_text(span, format!("`{all}`")),
        "char_literal" => Unfound::not_text(span, "a character"),
        "array_expression" => Unfound::not_text(span, "an array"),
        "tuple_expression" => Unfound::not_text(span, "a tuple"),
        "macro_invocation" => {
            let name = field(node, "macro", source);
            Unfound::computed(span, format!("the result of `{name}!(…)`"))
        }
        "call_expression" => call(node, field(node, "function", source)),
        "identifier" | "scoped_identifier" | "field_expression" => name(node, source),
        _ => Unfound::computed(span, "the result of an expression"),
    })
}

/// The inside of `r#"…"#`, and the number of `#`.
fn raw(literal: &str) -> Option<(&str, usize)> {
    let rest = literal.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let quoted = rest.get(hashes..rest.len().checked_sub(hashes)?)?;
    let content = quoted.strip_prefix('"')?.strip_suffix('"')?;
    Some((content, hashes))
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    let span = node.byte_range();
    let node = inner(node, WRAPPING);
    match node.kind() {
        "array_expression" if node.child_by_field_name("length").is_some() => {
            Err(Unfound::computed(node.byte_range(), "one value, repeated"))
        }
        "array_expression" | "tuple_expression" => Ok(FoundList {
            span,
            items: texts(children(node), source, text)?,
        }),
        _ => Err(match text(node, source) {
            Err(computed @ Unfound::Computed { .. }) => computed,
            _ => Unfound::not_list(node.byte_range()),
        }),
    }
}
