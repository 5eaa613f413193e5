//! Into the mappings and lists of code, by a key path: `CONFIG.images[name=acme/app].tag`.

use std::ops::Range;

use tree_sitter::Node;

use crate::diagnostic::nearest;
use crate::locate::code::Syntax;
use crate::locate::path::Step;
use crate::locate::unfound::Unfound;

/// A key of a mapping with its value.
pub(super) struct Entry<'t> {
    /// The key; `None` of one that is not written out, and of another mapping that is unpacked there. Of two, the later counts.
    pub key: Option<String>,
    /// Where the key is.
    pub span: Range<usize>,
    /// Its value.
    pub value: Option<Node<'t>>,
}

/// The expression that steps lead to from `node`.
pub(super) fn descend<'t>(
    syntax: &Syntax,
    node: Node<'t>,
    steps: &[Step],
    source: &str,
) -> Result<Node<'t>, Unfound> {
    steps.iter().try_fold(node, |node, step| match step {
        Step::Key(key) => member(syntax, node, key, source),
        Step::Item(index) => {
            let items = items(syntax, node, source)?;
            let item = items.get(*index).copied();
            item.ok_or(Unfound::Nothing {
                near: None,
                named: None,
            })
        }
        Step::Named(keys, value) => {
            let items = items(syntax, node, source)?;
            let names: Vec<Option<String>> = items
                .iter()
                .map(|item| named(syntax, *item, keys, source))
                .collect();
            let mut meant = items
                .iter()
                .zip(&names)
                .filter(|(_, name)| name.as_ref() == Some(value))
                .map(|(item, _)| *item);
            match (meant.next(), meant.next()) {
                (Some(one), None) => Ok(one),
                (Some(one), Some(next)) => {
                    let more = [one, next].into_iter().chain(meant);
                    Err(Unfound::Several(more.map(|n| n.byte_range()).collect()))
                }
                (None, _) => Err(Unfound::Nothing {
                    near: nearest(value, names.iter().flatten().map(String::as_str))
                        .map(|near| format!("[{}={near}]", keys.join("."))),
                    named: None,
                }),
            }
        }
    })
}

fn member<'t>(
    syntax: &Syntax,
    node: Node<'t>,
    key: &str,
    source: &str,
) -> Result<Node<'t>, Unfound> {
    let Some(entries) = (syntax.entries)(node, source) else {
        return Err(no(syntax, node, source, "no mapping of keys"));
    };
    let mut meant: Vec<&Entry<'t>> = Vec::new();
    let (mut unpacked, mut over) = (None, None);
    for entry in &entries {
        match &entry.key {
            Some(name) if name == key => meant.push(entry),
            Some(_) => {}
            None if meant.is_empty() => unpacked = Some(entry.span.clone()),
            None => over = Some(entry.span.clone()),
        }
    }
    match (
        meant.as_slice(),
        over.or(unpacked.filter(|_| meant.is_empty())),
    ) {
        // What is unpacked behind it may say otherwise.
        ([_], Some(over)) => Err(Unfound::computed(over, "what may say it anew")),
        ([one], None) => one
            .value
            .ok_or_else(|| Unfound::computed(one.span.clone(), "another name's")),
        ([], Some(over)) => Err(Unfound::computed(over, "whatever another mapping holds")),
        ([], None) => Err(Unfound::Nothing {
            near: nearest(key, entries.iter().filter_map(|e| e.key.as_deref())).map(str::to_owned),
            named: None,
        }),
        (several, _) => Err(Unfound::Several(
            several.iter().map(|e| e.span.clone()).collect(),
        )),
    }
}

fn items<'t>(syntax: &Syntax, node: Node<'t>, source: &str) -> Result<Vec<Node<'t>>, Unfound> {
    (syntax.items)(node, source).ok_or_else(|| no(syntax, node, source, "no list"))
}

/// The text at a path of keys below an item.
fn named(syntax: &Syntax, item: Node<'_>, keys: &[String], source: &str) -> Option<String> {
    let node = keys
        .iter()
        .try_fold(item, |node, key| member(syntax, node, key, source))
        .ok()?;
    match (syntax.text)(node, source) {
        Ok(found) => Some(found.value),
        Err(_) => source
            .get(node.byte_range())
            .filter(|number| number.bytes().all(|b| b.is_ascii_digit()))
            .map(str::to_owned),
    }
}

/// What stands where a mapping or list should.
fn no(syntax: &Syntax, node: Node<'_>, source: &str, what: &str) -> Unfound {
    match (syntax.text)(node, source) {
        Err(computed @ Unfound::Computed { .. }) => computed,
        _ => Unfound::not_text(node.byte_range(), what),
    }
}
