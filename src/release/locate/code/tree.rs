//! A file as a tree, and what of it can be trusted when it does not parse as a whole.

use std::borrow::Cow;

use tree_sitter::{Node, Parser, Tree};

use crate::release::locate::choose;
use crate::release::locate::code::{Given, Syntax};
use crate::release::locate::found::{Found, FoundList};
use crate::release::locate::unfound::Unfound;

/// The text that the constant `name` is.
pub fn constant(syntax: &Syntax, text: &str, name: &str) -> Result<Found, Unfound> {
    let tree = parse(syntax, text)?;
    (syntax.text)(given(syntax, &tree, text, name)?, text)
}

/// The list that the constant `name` is.
pub fn list(syntax: &Syntax, text: &str, name: &str) -> Result<FoundList, Unfound> {
    let tree = parse(syntax, text)?;
    (syntax.list)(given(syntax, &tree, text, name)?, text)
}

fn parse(syntax: &Syntax, text: &str) -> Result<Tree, Unfound> {
    let mut shown = Cow::Borrowed(text.as_bytes());
    if syntax.ascii && !text.is_ascii() {
        let bytes = shown.to_mut().iter_mut();
        bytes.filter(|b| !b.is_ascii()).for_each(|b| *b = b'_');
    }
    let mut parser = Parser::new();
    let tree = parser
        .set_language(&(syntax.language)())
        .ok()
        .and_then(|()| parser.parse(&shown, None));
    tree.ok_or_else(|| Unfound::Syntax {
        span: 0..0,
        what: "the file cannot be parsed".to_owned(),
    })
}

/// The expression that `name` is declared as.
fn given<'t>(syntax: &Syntax, tree: &'t Tree, text: &str, name: &str) -> Result<Node<'t>, Unfound> {
    let root = tree.root_node();
    let faults = faults(root);
    let mut declarations = (syntax.declarations)(root, text);
    declarations.sort_by_key(|d| d.span.start);
    let given = choose::one(declarations, name, syntax.separator).map_err(|unfound| {
        let last = name.rsplit(syntax.separator).next().unwrap_or(name);
        match (&unfound, faults.iter().find(|f| mentions(**f, text, last))) {
            (Unfound::Nothing { .. }, Some(fault)) => unparsed(*fault),
            _ => unfound,
        }
    })?;
    let (Given::Written(node) | Given::Computed(node, _)) = given;
    let statement = statement(node);
    let rows = |node: &Node<'_>| node.start_position().row..=node.end_position().row;
    let broken = |fault: &&Node<'_>| {
        let (ours, theirs) = (rows(&statement), rows(fault));
        ours.start() <= theirs.end() && theirs.start() <= ours.end()
    };
    if let Some(fault) = faults.iter().find(broken) {
        return Err(unparsed(*fault));
    }
    match given {
        Given::Written(node) => Ok(node),
        Given::Computed(node, what) => Err(Unfound::computed(node.byte_range(), what)),
    }
}

/// The assignment or item that gives `node` to its name; the expression itself where the grammar has none around it.
fn statement(node: Node<'_>) -> Node<'_> {
    match node.parent() {
        Some(parent) if parent.kind().contains("assignment") || parent.kind().contains("item") => {
            parent
        }
        _ => node,
    }
}

/// The places where the text does not follow the grammar.
fn faults(root: Node<'_>) -> Vec<Node<'_>> {
    let mut faults = Vec::new();
    let mut todo = vec![root];
    while let Some(node) = todo.pop() {
        if node.is_error() || node.is_missing() {
            faults.push(node);
        } else if node.has_error() {
            let mut cursor = node.walk();
            todo.extend(node.children(&mut cursor));
        }
    }
    faults.sort_by_key(Node::start_byte);
    faults
}

fn unparsed(fault: Node<'_>) -> Unfound {
    let what = match fault.is_missing() {
        true => format!("`{}` is missing here", fault.kind()),
        false => "this does not parse".to_owned(),
    };
    Unfound::Syntax {
        span: fault.byte_range(),
        what,
    }
}

/// Whether the word `name` is in the text of `node`.
fn mentions(node: Node<'_>, text: &str, name: &str) -> bool {
    let text = text.get(node.byte_range()).unwrap_or_default();
    let joined = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        !text[..at].ends_with(joined) && !text[at + name.len()..].starts_with(joined)
    })
}
