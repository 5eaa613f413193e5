//! Shell: variables, also those exported, read-only or declared, and the defaults of others.

use tree_sitter::Node;

use crate::locate::choose::Declaration;
use crate::locate::code::walk::{Next, Scope, children, field, texts, walk, written};
use crate::locate::code::{Change, Given, Syntax};
use crate::locate::found::{Found, FoundList};
use crate::locate::literal;
use crate::locate::literal::Literal;
use crate::locate::unfound::Unfound;
use crate::locate::word;

pub(crate) const SYNTAX: Syntax = Syntax {
    language: || tree_sitter_bash::LANGUAGE.into(),
    ascii: true,
    separator: ".",
    declarations,
    text,
    list,
    entries: |_, _| None,
    items: |_, _| None,
};

fn declarations<'t>(root: Node<'t>, text: &str) -> Vec<Declaration<Given<'t>>> {
    let mut found: Vec<Declaration<Given<'t>>> = Vec::new();
    // What else gives a variable something, or takes it away.
    let mut set: Vec<(Node<'t>, String)> = Vec::new();
    walk(root, |node, scope| match node.kind() {
        "variable_assignment" => {
            assignment(node, scope, text, &mut found);
            Next::Past
        }
        "declaration_command" if local(node, text) => Next::Past,
        // A command does not keep what is set before it; `:` is there for its expansions.
        "command" if field(node, "name", text) == ":" => {
            defaults(node, scope, text, &mut found);
            Next::Past
        }
        "unset_command" => {
            for name in children(node) {
                let word = written(name, text).trim_matches(['"', '\'']);
                match word.split_once('[') {
                    Some((array, _)) => {
                        let given = Given::Changed(node, Change::Whole);
                        found.push(scope.declare_in(name, vec![array.to_owned()], Some(given)));
                    }
                    None => set.push((node, word.to_owned())),
                }
            }
            Next::Past
        }
        "for_statement" => {
            if let Some(variable) = node.child_by_field_name("variable") {
                set.push((variable, written(variable, text).to_owned()));
            }
            Next::Into
        }
        "command"
            if matches!(
                field(node, "name", text),
                "read" | "printf" | "mapfile" | "readarray"
            ) =>
        {
            set.extend(filled(node, text).into_iter().map(|name| (node, name)));
            Next::Past
        }
        "command" | "test_command" | "array" | "string" => Next::Past,
        _ => Next::Into,
    });
    let given_before = |name: &str, at: usize| {
        let mut before = found.iter().filter(|d| d.span.start < at);
        before.any(|d| d.is(&[name]))
    };
    let mut changes = Vec::new();
    for (node, name) in set {
        // A function may be called later than it stands; what runs where it stands is undone by what is given behind it.
        let later = match function(node) {
            Some(function) => !is_local(function, &name, text),
            None => given_before(&name, node.start_byte()),
        };
        if later {
            let value = Given::Changed(node, Change::Whole);
            changes.push(Declaration::plain(&name, node.byte_range(), Some(value)));
        }
    }
    found.extend(changes);
    found
}

/// The function that a node is in.
fn function(node: Node<'_>) -> Option<Node<'_>> {
    std::iter::successors(node.parent(), Node::parent).find(|n| n.kind() == "function_definition")
}

/// Whether a function has a variable for itself.
fn is_local(function: Node<'_>, name: &str, source: &str) -> bool {
    let mut todo = vec![function];
    while let Some(node) = todo.pop() {
        if node.kind() == "declaration_command" && local(node, source) {
            let named = |n: Node<'_>| {
                let name = n.child_by_field_name("name").unwrap_or(n);
                written(name, source)
            };
            if children(node).into_iter().any(|n| named(n) == name) {
                return true;
            }
        }
        todo.extend(children(node));
    }
    false
}

/// The variables that `read`, `mapfile` and `printf -v` fill:
/// <https://www.gnu.org/software/bash/manual/html_node/Bash-Builtins.html>.
fn filled(command: Node<'_>, text: &str) -> Vec<String> {
    let words = children(command).into_iter().skip(1);
    let words: Vec<&str> = words
        .map(|n| written(n, text).trim_matches(['"', '\'']))
        .collect();
    if field(command, "name", text) == "printf" {
        let option = words.iter().position(|w| *w == "-v");
        let name = option.and_then(|at| words.get(at + 1));
        return name.map(|n| (*n).to_owned()).into_iter().collect();
    }
    let valued = match field(command, "name", text) {
        "read" => "dinNptu",
        _ => "dnOsuCc",
    };
    let mut names = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.strip_prefix('-') {
            // An option whose value is the next word; of `-a` that is a variable.
            Some(option) if option.ends_with('a') => names.extend(words.next().map(str::to_owned)),
            Some(option) if option.len() == 1 && valued.contains(option) => {
                words.next();
            }
            Some(_) => {}
            None => names.push(word.to_owned()),
        }
    }
    names
}

fn assignment<'t>(
    node: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let Some(name) = node.child_by_field_name("name") else {
        return;
    };
    if name.kind() != "variable_name" {
        // `X[2]=…` changes an array.
        if let Some(name) = name.child_by_field_name("name") {
            found.push(scope.declare(name, text, Some(Given::Changed(node, Change::Whole))));
        }
        return;
    }
    let added = text[name.end_byte()..].starts_with("+=");
    let value = match node.child_by_field_name("value") {
        Some(_) if added => Given::Computed(node, "added to here"),
        Some(value) => Given::Written(value),
        // `X=` is the empty text, and the assignment ends where it stands.
        None => Given::Written(node),
    };
    found.push(scope.declare(name, text, Some(value)));
}

/// Whether a declaration is one of a function alone.
fn local(node: Node<'_>, text: &str) -> bool {
    let command = written(node, text);
    let mut words = command.split_whitespace();
    match words.next() {
        Some("local") => true,
        Some("declare" | "typeset") => {
            let global = words
                .take_while(|w| w.starts_with('-'))
                .any(|w| w.contains('g'));
            let within = std::iter::successors(node.parent(), Node::parent)
                .any(|n| n.kind() == "function_definition");
            within && !global
        }
        _ => false,
    }
}

/// `: "${X:=v1}"` gives `X` a value if it has none.
fn defaults<'t>(
    command: Node<'t>,
    scope: &Scope,
    text: &str,
    found: &mut Vec<Declaration<Given<'t>>>,
) {
    let mut todo = children(command);
    while let Some(node) = todo.pop() {
        match node.kind() {
            "string" => todo.extend(children(node)),
            "expansion" if matches!(operator(node, text), ":=" | "=") => {
                let name = children(node)
                    .into_iter()
                    .find(|n| n.kind() == "variable_name");
                if let Some(name) = name {
                    found.push(scope.declare(name, text, Some(Given::Written(node))));
                }
            }
            _ => {}
        }
    }
}

/// What stands between the name and the rest in `${X:-rest}`.
fn operator<'a>(expansion: Node<'_>, text: &'a str) -> &'a str {
    let inside = written(expansion, text)
        .trim_start_matches("${")
        .trim_end_matches('}');
    let after = inside.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    [":=", ":-", "=", "-"]
        .into_iter()
        .find(|o| after.starts_with(o))
        .and_then(|o| after.get(..o.len()))
        .unwrap_or_default()
}

fn text(node: Node<'_>, source: &str) -> Result<Found, Unfound> {
    let span = node.byte_range();
    let all = written(node, source);
    match node.kind() {
        "variable_assignment" => word::text(source, span.end..span.end, ""),
        "expansion" => match default(node, source) {
            Some(default) => word::text(source, default, ""),
            None => Err(variables(node, source)),
        },
        "string" => match children(node).as_slice() {
            // `"${X:-v1}"`: nothing but the expansion in quotes.
            [only] if only.kind() == "expansion" && only.byte_range().len() + 2 == span.len() => {
                match default(*only, source) {
                    // In double quotes a single one is a character like others.
                    Some(default) if source[default.clone()].starts_with('\'') => {
                        Err(Unfound::unread(default, "'"))
                    }
                    _ => text(*only, source),
                }
            }
            _ => word::text(source, span, ""),
        },
        "ansi_c_string" => {
            let content = all.get(2..all.len().saturating_sub(1)).unwrap_or_default();
            let literal = Literal::escaped(&literal::PYTHON, '\'');
            Found::text(content, span.start + 2..span.end - 1, literal)
                .map_err(|piece| Unfound::unread(span, &piece))
        }
        "array" => Err(Unfound::not_text(span, "an array")),
        "simple_expansion" => Err(variables(node, source)),
        "command_substitution" => Err(Unfound::computed(
            span,
            format!("put together when it is used: `{all}`"),
        )),
        "word" | "raw_string" | "number" | "concatenation" => word::text(source, span, ""),
        _ => Err(Unfound::computed(span, "the result of an expression")),
    }
}

fn variables(node: Node<'_>, source: &str) -> Unfound {
    let what = format!("put together when it is used: `{}`", written(node, source));
    Unfound::computed(node.byte_range(), what)
}

/// The bytes of the word that is used when the variable of an expansion is not set.
fn default(expansion: Node<'_>, text: &str) -> Option<std::ops::Range<usize>> {
    let operator = operator(expansion, text);
    let name = children(expansion).first().map(Node::end_byte)?;
    let start = name + operator.len();
    (!operator.is_empty()).then_some(start..expansion.end_byte() - 1)
}

fn list(node: Node<'_>, source: &str) -> Result<FoundList, Unfound> {
    match node.kind() {
        "array" => Ok(FoundList {
            span: node.byte_range(),
            items: texts(children(node), source, text)?,
        }),
        _ => word::list(source, &text(node, source)?),
    }
}
