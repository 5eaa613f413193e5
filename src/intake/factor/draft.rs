//! A declaration for each way to look at the rows, and the best of those that are proved.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use crate::grammar::reference::path_fault;
use crate::intake::factor::family::{Declared, Fact, Family, Key, grouped};
use crate::intake::factor::homes::{Homes, Parents};
use crate::intake::factor::layout::{Layout, arch_value};
use crate::intake::factor::table::Table;
use crate::intake::factor::variables::{self, Search};
use crate::intake::prove;
use crate::intake::row::{Row, folder, split};

/// What a line weighs beside its characters.
const LINE: usize = 80;

/// The shortest declaration that is found and proved to say what the rows say. `reason` says why cells are not there.
pub(in crate::intake) fn declare(rows: &[Row], reason: &str) -> Option<String> {
    let mut drafts: Vec<(usize, usize, String)> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for search in searches(rows) {
        let Some(table) = variables::table(rows, search) else {
            continue;
        };
        for groups in partitions(rows) {
            let ways = [(false, false), (false, true), (true, false), (true, true)];
            for (whole, by_exclusion) in ways {
                if whole && groups.len() == 1 {
                    continue;
                }
                let ways = (whole, by_exclusion);
                let Some(text) = draft(rows, &table, &groups, search, ways, reason) else {
                    continue;
                };
                if known.insert(text.clone()) {
                    drafts.push((weight(&text), drafts.len(), text));
                }
            }
        }
    }
    drafts.sort();
    let mut drafts = drafts.into_iter().map(|(_, _, text)| text);
    drafts.find(|text| prove::agrees(text, rows))
}

/// How much there is to read: lines, characters, and conditions in conditions.
fn weight(text: &str) -> usize {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let nested = |line: &str| line.matches(" if ").count().saturating_sub(1);
    lines
        .map(|line| LINE * (1 + 3 * nested(line)) + line.chars().count())
        .sum()
}

fn searches(rows: &[Row]) -> Vec<Search> {
    let printed = rows.len() > 1
        && rows.iter().all(|row| row.platforms.len() == 1)
        && rows.iter().any(|row| row.platforms != rows[0].platforms);
    let mut all = Vec::new();
    for arch in if printed {
        vec![true, false]
    } else {
        vec![false]
    } {
        for by_row in [false, true] {
            for least in [true, false] {
                all.push(Search {
                    by_row,
                    least,
                    arch,
                });
            }
        }
    }
    all
}

/// The ways to part rows into families, each once.
fn partitions(rows: &[Row]) -> Vec<Vec<Vec<usize>>> {
    let repository = |row: &Row| row.references[0].repository.clone();
    let file = |row: &Row| format!("{:?} {:?}", row.dockerfile, row.target);
    let args = |row: &Row| {
        let mut names: Vec<&str> = row.args.keys().map(String::as_str).collect();
        names.sort_unstable();
        names.join(" ")
    };
    let kinds: Vec<Vec<Vec<usize>>> = vec![
        grouped(rows, &repository),
        grouped(rows, &|row| format!("{} {}", repository(row), file(row))),
        grouped(rows, &|row| format!("{} {}", repository(row), args(row))),
        grouped(rows, &|_| String::new()),
        grouped(rows, &file),
        grouped(rows, &args),
    ];
    let kinds: IndexSet<Vec<Vec<usize>>> = kinds.into_iter().collect();
    // A family for nearly each row is no family.
    let few = |groups: &Vec<Vec<usize>>| groups.len() <= 60;
    let mut kinds: Vec<Vec<Vec<usize>>> = kinds.into_iter().collect();
    if kinds.iter().any(few) {
        kinds.retain(few);
    }
    kinds
}

fn draft(
    rows: &[Row],
    table: &Table,
    groups: &[Vec<usize>],
    search: Search,
    (whole, by_exclusion): (bool, bool),
    reason: &str,
) -> Option<String> {
    let mut table = table.clone();
    let keys = keys(rows, groups);
    let families = groups.iter().zip(keys);
    let families: Option<Vec<Family>> = families
        .map(|(group, key)| Family::new(key, group.clone(), &table, whole))
        .collect();
    let families = families?;
    let homes = Homes::of(rows);
    let printed = printed_arch(rows, &table, search);
    let arches = if printed.is_some() {
        None
    } else {
        arches(rows)
    };
    let parents = Parents::of(rows, &families);
    let mut declared: Vec<Declared> = Vec::new();
    for family in &families {
        let lines = table.clone();
        let facts = |row: usize, key: &Key| {
            let of = &rows[row];
            match key {
                Key::Name => Some(Fact::Text(homes.name(of).to_owned())),
                Key::Registry => homes.registry(of).map(Fact::List),
                Key::Tag => Some(Fact::Text(of.references[0].tag.clone())),
                Key::Base => {
                    let base = of.base.clone()?;
                    match parents.of_row(&lines, family, row, &families) {
                        Some(parent) => Some(Fact::Parent(parent)),
                        None => Some(Fact::Text(base)),
                    }
                }
                Key::Dockerfile => of.dockerfile.clone().map(Fact::Text),
                Key::Target => of.target.clone().map(Fact::Text),
                Key::Context => {
                    let context = of.context.as_deref()?;
                    let beside = of.dockerfile.as_deref().map(folder);
                    (beside != Some(context)).then(|| Fact::Text(context.to_owned()))
                }
                Key::Platforms => {
                    let default = match &arches {
                        Some(arches) => arches.iter().map(|a| format!("linux/{a}")).collect(),
                        None => vec!["linux/amd64".to_owned()],
                    };
                    let stated = !of.platforms.is_empty() && printed.is_none();
                    (stated && of.platforms != default).then(|| Fact::List(of.platforms.clone()))
                }
                Key::Arg(name) => of.args.get(name).cloned().map(Fact::Text),
                Key::Alias(nth) => {
                    let own = &of.references[0];
                    let mut others = of.references.iter().skip(1);
                    let others = others
                        .by_ref()
                        .filter(|other| other.repository == own.repository && other.tag != own.tag);
                    others.map(|other| Fact::Text(other.tag.clone())).nth(*nth)
                }
            }
        };
        declared.push(family.declare(&mut table, rows, &facts, by_exclusion));
    }
    let layout = Layout {
        table: &table,
        families: &families,
        declared: &declared,
        registries: &homes.registries,
        arches: arches.as_deref(),
        printed_arch: printed.as_deref(),
        reason,
    };
    Some(layout.write())
}

/// The values of an `arch` axis that images print, with their platforms.
fn printed_arch(rows: &[Row], table: &Table, search: Search) -> Option<Vec<(String, String)>> {
    let at = table.axes.iter().position(|axis| axis.name == "arch");
    let at = at.filter(|_| search.arch)?;
    let mut known: IndexMap<String, String> = IndexMap::new();
    for (row, cell) in rows.iter().zip(&table.cells) {
        let value = table.axes[at].values[cell[at]].clone();
        known.insert(value, row.platforms.first()?.clone());
    }
    Some(known.into_iter().collect())
}

/// The values of an `arch` axis that is folded: of the platforms that most rows have, where there are several. An image can
/// have fewer of them, and none besides.
fn arches(rows: &[Row]) -> Option<Vec<String>> {
    let mut counts: IndexMap<&[String], usize> = IndexMap::new();
    for row in rows.iter().filter(|row| row.platforms.len() > 1) {
        *counts.entry(&row.platforms).or_default() += 1;
    }
    let (most, _) = counts
        .into_iter()
        .max_by_key(|(all, count)| (*count, all.len()))?;
    let mut all = rows.iter().flat_map(|row| &row.platforms);
    let known = all.all(|platform| most.contains(platform));
    let arches: Option<Vec<String>> = most.iter().map(|p| arch_value(p)).collect();
    arches.filter(|_| known)
}

/// A key for each family, unique and in the grammar of keys.
fn keys(rows: &[Row], groups: &[Vec<usize>]) -> Vec<String> {
    let name = |group: &[usize]| {
        let names: IndexSet<&str> = group
            .iter()
            .map(|row| split(&rows[*row].references[0].repository).1)
            .collect();
        match names.len() {
            1 => names[0].to_owned(),
            _ => {
                let files = group
                    .iter()
                    .filter_map(|row| rows[*row].dockerfile.as_deref());
                stem(files).unwrap_or_else(|| "base".to_owned())
            }
        }
    };
    let mut keys: Vec<String> = groups.iter().map(|group| name(group)).collect();
    let counts: HashMap<String, usize> = keys.iter().fold(HashMap::new(), |mut counts, key| {
        *counts.entry(key.clone()).or_default() += 1;
        counts
    });
    let mut taken: HashSet<String> = HashSet::new();
    for (key, group) in keys.iter_mut().zip(groups) {
        if counts.get(key).is_some_and(|count| *count > 1) {
            let rows = || group.iter().map(|row| &rows[*row]);
            let target = stem(rows().filter_map(|row| row.target.as_deref()));
            let file = stem(rows().filter_map(|row| row.dockerfile.as_deref()));
            let more = target.or(file).filter(|more| more != key);
            if let Some(more) = more {
                *key = format!("{key}-{more}");
            }
        }
        let plain = key.clone();
        let mut nth = 1;
        while !taken.insert(key.clone()) {
            nth += 1;
            *key = format!("{plain}-{nth}");
        }
    }
    keys
}

/// A word for paths or stages that are all one, in the grammar of keys: of `docker/Dockerfile.gpu` `gpu`.
pub(in crate::intake) fn stem<'a>(all: impl Iterator<Item = &'a str>) -> Option<String> {
    let all: IndexSet<&str> = all.collect();
    let (Some(path), 1) = (all.first(), all.len()) else {
        return None;
    };
    let last = path.rsplit('/').next().unwrap_or(path);
    let lower = last.to_ascii_lowercase();
    let word = lower.replace("dockerfile", "").replace('_', "-");
    let word = word.trim_matches(['.', '-']).to_owned();
    (path_fault(&word).is_none() && !word.contains('/')).then_some(word)
}
