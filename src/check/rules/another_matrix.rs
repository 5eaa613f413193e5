//! Outputs that would stand where those of another matrix do.

use std::collections::BTreeMap;

use crate::config::Config;
use crate::diagnostic::{Finding, Place, code};
use crate::output::{Change, Drift, State};
use crate::source::{Family, LISTER};

/// One finding for each other matrix, and how the two get along.
pub(crate) fn findings(drift: &Drift, config: &Config, family: &Family) -> Vec<Finding> {
    let mut by_matrix: BTreeMap<&str, Vec<&Change>> = BTreeMap::new();
    for change in &drift.changes {
        if let State::Another(other) = &change.state {
            by_matrix.entry(other).or_default().push(change);
        }
    }
    let all = by_matrix.into_iter();
    all.map(|(other, changes)| finding(other, &changes, config, family))
        .collect()
}

fn finding(other: &str, changes: &[&Change], config: &Config, family: &Family) -> Finding {
    let mine = config.owner.matrix();
    let path = &changes[0].path;
    let headline = if *path == config.owner.list() {
        format!(
            "`{}/` holds the outputs of `{other}`",
            config.owner.folder()
        )
    } else {
        format!("`{path}` is an output of `{other}`")
    };
    let mut finding = Finding::new(&code::ANOTHER_MATRIX, headline, Place::file(path.as_str()));
    finding = match changes.len() {
        1 => finding.note(format!("`{mine}` would write there too")),
        n => finding.note(format!(
            "`{mine}` would write there too, and to {} more such",
            n - 1
        )),
    };
    if [mine, other]
        .iter()
        .all(|matrix| family.owner(matrix).is_some())
    {
        return finding.help("let one of the two write it to another path");
    }
    finding.help(listing(family, &[mine, other]))
}

/// How to list matrices that are not: the line of the one at the root.
pub(crate) fn listing(family: &Family, matrices: &[&str]) -> String {
    let unlisted = matrices.iter().copied();
    let unlisted: Vec<&str> = unlisted
        .filter(|matrix| family.owner(matrix).is_none())
        .collect();
    let line = family.line_with(&unlisted);
    if family.owner(LISTER).is_some() {
        format!("list it in `{LISTER}`: `{line}`")
    } else {
        format!("list them in a `{LISTER}` at the root: `{line}`")
    }
}
