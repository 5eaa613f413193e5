//! A file as a tree, and what of it can be trusted when it does not parse as a whole.

use std::borrow::Cow;

use tree_sitter::{Node, Parser, Tree};

use crate::locate::choose;
use crate::locate::choose::Declaration;
use crate::locate::code::table::descend;
use crate::locate::code::{Change, Given, Syntax};
use crate::locate::found::{Found, FoundList};
use crate::locate::path::{KeyPath, Step};
use crate::locate::unfound::Unfound;

/// The text that the constant `name` is.
pub(crate) fn constant(syntax: &Syntax, text: &str, name: &str) -> Result<Found, Unfound> {
    let tree = parse(syntax, text)?;
    (syntax.text)(given(syntax, &tree, text, name)?, text)
}

/// The list that the constant `name` is.
pub(crate) fn list(syntax: &Syntax, text: &str, name: &str) -> Result<FoundList, Unfound> {
    let tree = parse(syntax, text)?;
    (syntax.list)(given(syntax, &tree, text, name)?, text)
}

fn parse(syntax: &Syntax, text: &str) -> Result<Tree, Unfound> {
    if let Some(at) = too_deep(text) {
        return Err(Unfound::Syntax {
            span: at..at + 1,
            what: "the brackets are too deep in each other".to_owned(),
        });
    }
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

/// Where brackets are deeper in each other than a file of people has them, if they are. A parser that mends what does not
/// fit takes the square of that depth.
fn too_deep(text: &str) -> Option<usize> {
    const DEEPEST: usize = 5000;
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// The expression that `name` is declared as, or that stands at a key of the mapping that a part of it is declared as.
fn given<'t>(syntax: &Syntax, tree: &'t Tree, text: &str, name: &str) -> Result<Node<'t>, Unfound> {
    let root = tree.root_node();
    let faults = faults(root);
    let mut declarations = (syntax.declarations)(root, text);
    declarations.sort_by_key(|d| d.span.start);
    let (changes, declarations): (Vec<_>, Vec<_>) = declarations
        .into_iter()
        .partition(|d| matches!(d.value, Some(Given::Changed(..))));
    let file = Declared {
        syntax,
        declarations,
        changes,
        text,
    };
    let found = match choose::one(&file.declarations, name, syntax.separator) {
        Ok(given) => file.whole(given, name),
        Err(nothing @ Unfound::Nothing { .. }) => file.part(name, true).unwrap_or(Err(nothing)),
        Err(unfound) => Err(unfound),
    };
    let (statement, node) = found.map_err(|unfound| {
        let last = name.rsplit(syntax.separator).next().unwrap_or(name);
        match (&unfound, faults.iter().find(|f| mentions(**f, text, last))) {
            (Unfound::Nothing { .. }, Some(fault)) => unparsed(*fault),
            _ => unfound.somewhere(text, name),
        }
    })?;
    let rows = |node: &Node<'_>| node.start_position().row..=node.end_position().row;
    let broken = |fault: &&Node<'_>| {
        let (ours, theirs) = (rows(&statement), rows(fault));
        ours.start() <= theirs.end() && theirs.start() <= ours.end()
    };
    match faults.iter().find(broken) {
        Some(fault) => Err(unparsed(*fault)),
        None => node,
    }
}

/// The names of a file, and where what they hold is changed in place.
struct Declared<'a, 't> {
    syntax: &'a Syntax,
    declarations: Vec<Declaration<Given<'t>>>,
    changes: Vec<Declaration<Given<'t>>>,
    text: &'a str,
}

/// A statement, and the expression in it that is meant, or why that cannot be read.
type InStatement<'t> = (Node<'t>, Result<Node<'t>, Unfound>);

impl<'t> Declared<'_, 't> {
    /// The whole of what a name is given.
    fn whole(&self, given: Given<'t>, name: &str) -> Result<InStatement<'t>, Unfound> {
        let (node, found) = match given {
            Given::Written(node) => (node, Ok(node)),
            Given::Computed(node, what) => (node, Err(Unfound::computed(node.byte_range(), what))),
            Given::Changed(node, _) => (node, Ok(node)),
        };
        self.unchanged(name, &[])?;
        // Given by itself, and by the mapping that it is in.
        if let (Some(Ok((_, Ok(other)))), Ok(node)) = (self.part(name, false), &found) {
            return Err(Unfound::Several(vec![
                other.byte_range(),
                node.byte_range(),
            ]));
        }
        Ok((statement(node), found))
    }

    /// What stands at a key of the mapping that the front of a name is given; `None` where no front of it is declared. With
    /// `last`, what no statement changes.
    fn part(&self, name: &str, last: bool) -> Option<Result<InStatement<'t>, Unfound>> {
        let separator = self.syntax.separator;
        let ends = name.char_indices().rev().filter(|(at, c)| {
            *at > 0 && (matches!(c, '.' | '[') || name[*at..].starts_with(separator))
        });
        for (at, _) in ends {
            let (head, rest) = name.split_at(at);
            let rest = rest.strip_prefix('.').unwrap_or(rest);
            let Ok(path) = KeyPath::parse(rest) else {
                continue;
            };
            match choose::one(&self.declarations, head, separator) {
                Err(Unfound::Nothing { .. }) => {}
                Err(unfound) => return Some(Err(unfound)),
                Ok(Given::Written(node)) => {
                    let found = descend(self.syntax, node, path.steps(), self.text);
                    let found = match self.unchanged(head, path.steps()) {
                        Err(changed) if last => Err(changed),
                        _ => found,
                    };
                    return Some(match found {
                        Err(nothing @ Unfound::Nothing { .. }) => Err(nothing),
                        found => Ok((statement(node), found)),
                    });
                }
                Ok(Given::Computed(node, what)) => {
                    let found = Err(Unfound::computed(node.byte_range(), what));
                    return Some(Ok((statement(node), found)));
                }
                Ok(Given::Changed(..)) => {}
            }
        }
        None
    }

    /// That nothing changes what stands at `steps` of what `name` holds.
    fn unchanged(&self, name: &str, steps: &[Step]) -> Result<(), Unfound> {
        let keys = steps.iter().map_while(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::Item(_) | Step::Named(..) => None,
        });
        let wanted: Vec<&str> = name.split(self.syntax.separator).chain(keys).collect();
        let named = name.split(self.syntax.separator).count();
        let inside = steps.len() > wanted.len() - named;
        let changed = self.changes.iter().find_map(|declaration| {
            let Some(Given::Changed(node, change)) = declaration.value else {
                return None;
            };
            let above = || (named..wanted.len()).any(|end| declaration.is(&wanted[..end]));
            let is = || declaration.is(&wanted);
            let matters = match change {
                Change::Whole => is() || above(),
                // Of a mapping as a whole it is one more key.
                Change::Key => is() || above() || declaration.is_in(&wanted),
                Change::DeclaredKey => {
                    (is() && !steps.is_empty()) || above() || declaration.is_in(&wanted)
                }
                Change::Below => above() || (is() && inside),
            };
            matters.then_some(node)
        });
        match changed {
            Some(node) => Err(Unfound::computed(
                node.byte_range(),
                "changed by this statement",
            )),
            None => Ok(()),
        }
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
