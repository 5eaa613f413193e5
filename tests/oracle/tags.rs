//! References and aliases: what each spec is called, and where two names collide.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::oracle::expand::Draft;
use crate::oracle::model::{Contradiction, Fault, Value, contradiction, malformed, value_in};
use crate::oracle::read::{Alias, Declaration};
use crate::oracle::selector::Selector;
use crate::oracle::template::{self, Scope};

#[derive(Default)]
pub(super) struct Names {
    pub references: Vec<String>,
    pub aliases: Vec<String>,
}

pub(super) fn resolve(declaration: &Declaration, drafts: &[Draft]) -> Result<Vec<Names>, Fault> {
    let mut names: Vec<Names> = Vec::new();
    let mut tagged: BTreeMap<String, usize> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        let references = match &draft.tag {
            Some(tag) => references(draft, tag)?,
            None => Vec::new(),
        };
        for reference in &references {
            if tagged.insert(reference.clone(), index).is_some() {
                return contradiction(Contradiction::DuplicateReference, reference);
            }
        }
        names.push(Names {
            references,
            aliases: Vec::new(),
        });
    }

    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for alias in &declaration.aliases {
        for (tag, index) in holders(declaration, alias, drafts)? {
            // Put at home and copied to the spec's other registries: it may meet nobody's name in any of them.
            for reference in references(&drafts[index], &tag)? {
                match (
                    tagged.get(&reference),
                    held.insert(reference.clone(), index),
                ) {
                    (Some(owner), _) if *owner != index => {
                        return contradiction(Contradiction::AliasIsTag, reference);
                    }
                    (_, Some(before)) if before != index => {
                        return contradiction(Contradiction::AliasClash, reference);
                    }
                    (None, None) => names[index].aliases.push(reference),
                    _ => {}
                }
            }
        }
    }
    if declaration
        .release
        .as_ref()
        .is_some_and(|release| !release.is_final)
    {
        names.iter_mut().for_each(|names| names.aliases.clear());
    }
    Ok(names)
}

/// Does the selector hold for the spec? Where it names an `arch` that is folded, one of the spec's own will do.
pub(super) fn selects(selector: &Selector, draft: &Draft) -> bool {
    let on = |arch: &Value| {
        let mut cell = draft.cell.clone();
        cell.push(("arch".into(), arch.clone()));
        selector.holds(&draft.image, &cell)
    };
    selector.holds(&draft.image, &draft.cell) || draft.arches.iter().any(on)
}

/// `prefix/name:tag` in each registry of the spec, home first; without any, `name:tag`.
fn references(draft: &Draft, tag: &str) -> Result<Vec<String>, Fault> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let legal_tag = tag.len() <= 128
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || ".-".contains(c));
    let small = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let legal_name = draft
        .name
        .split(['.', '_', '-', '/'])
        .all(|part| !part.is_empty() && part.chars().all(small));
    if !legal_tag || !legal_name {
        return malformed(format!("outside the grammar: `{}:{tag}`", draft.name));
    }
    let short = format!("{}:{tag}", draft.name);
    if draft.registries.is_empty() {
        return Ok(vec![short]);
    }
    Ok(draft
        .registries
        .iter()
        .map(|prefix| format!("{prefix}/{short}"))
        .collect())
}

/// Home reference, tag and spec.
type Rendered = Vec<(String, String, usize)>;

/// The tags one `[[alias]]` renders, and which spec has each, in the order of specs, then tags. Specs are rivals where
/// they render the same reference at home.
fn holders(
    declaration: &Declaration,
    alias: &Alias,
    drafts: &[Draft],
) -> Result<Vec<(String, usize)>, Fault> {
    let mut rendered: Rendered = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let meant = alias.matching.as_ref();
        if draft.tag.is_none() || !meant.is_none_or(|matching| selects(matching, draft)) {
            continue;
        }
        for tag in &alias.tags {
            let release = declaration.release.as_ref();
            let scope = Scope {
                cell: &draft.cell,
                release,
                image: &draft.image,
                from: None,
            };
            let tag = template::render(tag, &scope)?;
            let home = references(draft, &tag)?.swap_remove(0);
            rendered.push((home, tag, index));
        }
    }
    let mut winners = Vec::new();
    for (reference, tag, index) in &rendered {
        let rivals = rendered
            .iter()
            .filter(|(other, _, rival)| other == reference && rival != index);
        let mut wins = true;
        for (_, _, rival) in rivals {
            match newer(&alias.newest, &drafts[*index], &drafts[*rival]) {
                Ordering::Greater => {}
                Ordering::Less => wins = false,
                Ordering::Equal if tied_at_the_top(alias, reference, *index, &rendered, drafts) => {
                    return contradiction(Contradiction::AliasClash, reference);
                }
                Ordering::Equal => wins = false,
            }
        }
        if wins {
            winners.push((tag.clone(), *index));
        }
    }
    Ok(winners)
}

/// Is nobody who renders the reference newer than this one, who already has an equal?
fn tied_at_the_top(
    alias: &Alias,
    at: &str,
    index: usize,
    rendered: &Rendered,
    drafts: &[Draft],
) -> bool {
    let mut rivals = rendered.iter().filter(|(reference, _, _)| reference == at);
    rivals.all(|(_, _, rival)| {
        newer(&alias.newest, &drafts[*rival], &drafts[index]) != Ordering::Greater
    })
}

/// By each axis in turn, as versions: finals before pre-releases; `none` and plain strings are oldest, and equally old.
fn newer(axes: &[String], left: &Draft, right: &Draft) -> Ordering {
    for axis in axes {
        let version =
            |draft: &Draft| value_in(&draft.cell, axis).and_then(super::model::Value::version);
        let order = match (version(left), version(right)) {
            (Some(left), Some(right)) => {
                let finals = left.is_final().cmp(&right.is_final());
                finals.then(left.compare(&right))
            }
            (left, right) => left.is_some().cmp(&right.is_some()),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}
