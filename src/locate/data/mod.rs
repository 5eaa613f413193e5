//! Values of data files, by their key path. Each format becomes the same few nodes, which are walked here.

pub(super) mod json;
pub(super) mod toml;
pub(super) mod yaml;

use std::ops::Range;

use crate::diagnostic::nearest;
use crate::locate::found::{Found, FoundList};
use crate::locate::path::{KeyPath, Step};
use crate::locate::unfound::Unfound;

/// A value of a data file.
#[derive(Debug)]
pub(crate) struct Node {
    pub span: Range<usize>,
    pub kind: Kind,
}

#[derive(Debug)]
pub(crate) enum Kind {
    Text(Found),
    Map(Vec<Entry>),
    List(Vec<Node>),
    /// A number as it is written, and that it is no text.
    Number(String, Unfound),
    /// Why it is no text.
    Other(Unfound),
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub key: Key,
    pub value: Node,
}

#[derive(Debug)]
pub(crate) struct Key {
    /// What paths call it.
    pub name: String,
    /// Where it is, with its quotes.
    pub span: Range<usize>,
    /// What it is as an item of a list of keys.
    pub text: Result<Found, Unfound>,
}

impl Kind {
    /// A number.
    fn number(span: Range<usize>, written: &str) -> Self {
        Kind::Number(written.to_owned(), Unfound::number(span, written))
    }
}

/// The text at `path` in the one document that has it.
pub(super) fn value(documents: &[Node], path: &KeyPath) -> Result<Found, Unfound> {
    let node = at(documents, path)?;
    match &node.kind {
        Kind::Text(found) => Ok(found.clone()),
        Kind::Number(_, unfound) | Kind::Other(unfound) => Err(unfound.clone()),
        Kind::List(_) => Err(Unfound::not_text(node.span.clone(), "a list")),
        Kind::Map(entries) => Err(workspace(entries)
            .unwrap_or_else(|| Unfound::not_text(node.span.clone(), "a table of keys"))),
    }
}

/// The list at `path` in the one document that has it, or the keys of the table there.
pub(super) fn list(documents: &[Node], path: &KeyPath) -> Result<FoundList, Unfound> {
    let node = at(documents, path)?;
    let items: Result<Vec<Found>, Unfound> = match &node.kind {
        Kind::List(items) => items.iter().map(item).collect(),
        Kind::Map(entries) => match workspace(entries) {
            Some(unfound) => Err(unfound),
            None => entries.iter().map(|e| e.key.text.clone()).collect(),
        },
        Kind::Other(computed @ Unfound::Computed { .. }) => Err(computed.clone()),
        Kind::Text(found)
            if found
                .value
                .trim_start()
                .starts_with(['<', '>', '=', '~', '^', '!']) =>
        {
            let what = "a range of versions, which is no list";
            Err(Unfound::not_text(node.span.clone(), what))
        }
        Kind::Number(..) | Kind::Other(_) | Kind::Text(_) => {
            Err(Unfound::not_list(node.span.clone()))
        }
    };
    let items = items?;
    // A table of TOML is its header; its keys stand below it.
    let start = items.iter().map(|i| i.span.start).chain([node.span.start]);
    let end = items.iter().map(|i| i.span.end).chain([node.span.end]);
    let (start, end) = (start.min(), end.max());
    Ok(FoundList {
        span: start.unwrap_or_default()..end.unwrap_or_default(),
        items,
    })
}

fn item(node: &Node) -> Result<Found, Unfound> {
    match &node.kind {
        Kind::Text(found) => Ok(found.clone()),
        Kind::Number(_, unfound) | Kind::Other(unfound) => Err(unfound.clone()),
        Kind::List(_) => Err(Unfound::not_text(node.span.clone(), "a list")),
        Kind::Map(_) => Err(Unfound::not_text(node.span.clone(), "a table of keys")),
    }
}

/// `version.workspace = true`: Cargo takes the value from the workspace
/// (<https://doc.rust-lang.org/cargo/reference/workspaces.html#the-package-table>).
fn workspace(entries: &[Entry]) -> Option<Unfound> {
    match entries {
        [only] if only.key.name == "workspace" => Some(Unfound::computed(
            only.key.span.clone(),
            "taken from the workspace: it is a key of `workspace.package` in the `Cargo.toml` at its root",
        )),
        _ => None,
    }
}

fn at<'d>(documents: &'d [Node], path: &KeyPath) -> Result<&'d Node, Unfound> {
    let mut nodes: Vec<(&Node, Range<usize>)> =
        documents.iter().map(|d| (d, d.span.clone())).collect();
    for (nth, step) in path.steps().iter().enumerate() {
        let next: Vec<_> = nodes.iter().flat_map(|(n, _)| below(n, step)).collect();
        if next.is_empty() {
            let walked = &path.steps()[..nth];
            let rest = &path.steps()[nth + 1..];
            return Err(missing(nodes.iter().map(|(n, _)| *n), walked, step, rest));
        }
        nodes = next;
    }
    match nodes.as_slice() {
        [(node, _)] => Ok(node),
        [] => Err(Unfound::Nothing {
            near: None,
            named: None,
        }),
        several => Err(Unfound::Several(
            several.iter().map(|(_, key)| key.clone()).collect(),
        )),
    }
}

/// The values that a step leads to, each with the place that names it.
fn below<'d>(node: &'d Node, step: &Step) -> Vec<(&'d Node, Range<usize>)> {
    match (&node.kind, step) {
        (Kind::Map(entries), Step::Key(key)) => entries
            .iter()
            .filter(|e| e.key.name == *key)
            .map(|e| (&e.value, e.key.span.clone()))
            .collect(),
        (Kind::List(items), Step::Item(index)) => items
            .get(*index)
            .map(|n| (n, n.span.clone()))
            .into_iter()
            .collect(),
        (Kind::List(items), Step::Named(keys, value)) => items
            .iter()
            .filter(|n| named(n, keys) == Some(value))
            .map(|n| (n, n.span.clone()))
            .collect(),
        // A document among several, by what it says of itself.
        (Kind::Map(_), Step::Named(keys, value)) if named(node, keys) == Some(value) => {
            vec![(node, node.span.clone())]
        }
        _ => Vec::new(),
    }
}

/// The text at a path of keys below a node.
fn named<'d>(node: &'d Node, keys: &[String]) -> Option<&'d str> {
    let node = keys.iter().try_fold(node, |node, key| match &node.kind {
        Kind::Map(entries) => Some(&entries.iter().find(|e| e.key.name == *key)?.value),
        _ => None,
    })?;
    match &node.kind {
        Kind::Text(found) => Some(&found.value),
        Kind::Number(written, _) => Some(written),
        _ => None,
    }
}

/// Why no step leads on from `nodes`.
fn missing<'d>(
    nodes: impl Iterator<Item = &'d Node>,
    walked: &[Step],
    step: &Step,
    rest: &[Step],
) -> Unfound {
    let nodes: Vec<&Node> = nodes.collect();
    let mut keys = Vec::new();
    let mut items = Vec::new();
    let mut computed = None;
    for node in &nodes {
        match &node.kind {
            Kind::Map(entries) => {
                computed = computed
                    .or_else(|| dynamic(entries, step))
                    .or_else(|| merged(entries));
                keys.extend(entries.iter().map(|e| e.key.name.as_str()));
            }
            Kind::List(list) => items.extend(list),
            Kind::Other(unfound @ Unfound::Computed { .. }) => computed = Some(unfound.clone()),
            _ => {}
        }
    }
    if let Some(computed) = computed {
        return computed;
    }
    let last = match step {
        Step::Key(wanted) => nearest(wanted, keys).map(|key| Step::Key(key.to_owned())),
        Step::Named(by, wanted) => {
            let names = items.into_iter().filter_map(|n| named(n, by));
            nearest(wanted, names).map(|name| Step::Named(by.clone(), name.to_owned()))
        }
        Step::Item(_) => None,
    };
    Unfound::Nothing {
        near: last.map(|last| {
            let leads = |node: &&Node| leads(node, std::iter::once(&last).chain(rest));
            let rest = if nodes.iter().any(leads) { rest } else { &[] };
            KeyPath::show(walked.iter().chain([&last]).chain(rest))
        }),
        named: None,
    }
}

/// Whether steps lead somewhere from a node.
fn leads<'s>(node: &Node, steps: impl Iterator<Item = &'s Step>) -> bool {
    let mut nodes = vec![node];
    for step in steps {
        nodes = nodes
            .into_iter()
            .flat_map(|n| below(n, step))
            .map(|(n, _)| n)
            .collect();
    }
    !nodes.is_empty()
}

/// `<<: *defaults` of YAML: what the table lacks may stand at the anchor.
fn merged(entries: &[Entry]) -> Option<Unfound> {
    let merge = entries.iter().find(|e| e.key.name == "<<")?;
    let what = "merged in from an anchor: name the place where it is written";
    Some(Unfound::computed(merge.key.span.clone(), what))
}

/// `dynamic = ["version"]`: a build backend computes what the table lacks
/// (<https://packaging.python.org/en/latest/specifications/pyproject-toml/#dynamic>).
fn dynamic(entries: &[Entry], step: &Step) -> Option<Unfound> {
    let declared = entries.iter().find(|e| e.key.name == "dynamic")?;
    let (Kind::List(items), Step::Key(wanted)) = (&declared.value.kind, step) else {
        return None;
    };
    items.iter().find_map(|item| match &item.kind {
        Kind::Text(found) if found.value == *wanted => Some(Unfound::computed(
            item.span.clone(),
            "dynamic: the build backend computes it, and its own settings say from what",
        )),
        _ => None,
    })
}
