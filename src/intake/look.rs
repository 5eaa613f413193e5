//! What looks like a slip in the rows themselves.

use std::collections::{HashMap, HashSet};

use indexmap::IndexMap;

use crate::intake::row::Gathered;

/// So many rows have to agree before one that does not is worth a word.
const AGREEING: usize = 4;

pub(super) fn look(gathered: &mut Gathered, declared: &dyn Fn(&str) -> Option<Vec<String>>) {
    undeclared(gathered, declared);
    lone_values(gathered);
    lone_pairs(gathered);
}

/// Build args that no `ARG` of the Dockerfile takes.
fn undeclared(gathered: &mut Gathered, declared: &dyn Fn(&str) -> Option<Vec<String>>) {
    let mut known: HashMap<String, Option<HashSet<String>>> = HashMap::new();
    let mut told: IndexMap<(String, String), usize> = IndexMap::new();
    for row in &gathered.rows {
        let Some(path) = &row.dockerfile else {
            continue;
        };
        let of = known
            .entry(path.clone())
            .or_insert_with(|| declared(path).map(|names| names.into_iter().collect()));
        let Some(of) = of else { continue };
        for name in row.args.keys() {
            // BuildKit takes these without an ARG.
            let own = name.starts_with("BUILDKIT_") || name.starts_with("SOURCE_DATE_EPOCH");
            let proxy = name.to_ascii_lowercase().ends_with("_proxy");
            if !of.contains(name) && !own && !proxy {
                told.entry((path.clone(), name.clone())).or_insert(row.line);
            }
        }
    }
    for ((path, name), line) in told {
        let what = format!("`{path}` declares no `ARG {name}`: the build arg does nothing");
        gathered.odd(line, what);
    }
}

/// A value that one row has and that differs by a character from one that many have.
fn lone_values(gathered: &mut Gathered) {
    let mut told = Vec::new();
    let mut known = HashSet::new();
    for (name, rows) in by_value(gathered) {
        for (value, of) in &rows {
            let [only] = of[..] else { continue };
            // A variable and the build arg that it becomes are one.
            if known.contains(&(only, *value)) {
                continue;
            }
            let near = rows.iter().find(|(other, of)| {
                of.len() >= AGREEING.min(gathered.rows.len() / 2).max(3)
                    && strsim::levenshtein(value, other) == 1
                    && (value.len() < other.len() || !digits_alone(value, other))
            });
            if let Some((other, many)) = near {
                known.insert((only, *value));
                let row = &gathered.rows[only];
                told.push((
                    row.line,
                    format!(
                        "{}: `{name}` is `{value}` here alone, and `{other}` in {} rows",
                        row.called,
                        many.len()
                    ),
                ));
            }
        }
    }
    told.into_iter()
        .for_each(|(line, what)| gathered.odd(line, what));
}

/// Whether two texts differ in a digit: `3.11` and `3.12` are both meant.
fn digits_alone(one: &str, other: &str) -> bool {
    let mut both = one.chars().zip(other.chars());
    one.len() == other.len()
        && both.all(|(a, b)| a == b || (a.is_ascii_digit() && b.is_ascii_digit()))
}

type Values<'g> = IndexMap<&'g str, Vec<usize>>;

fn by_value(gathered: &Gathered) -> IndexMap<&str, Values<'_>> {
    let mut all: IndexMap<&str, Values<'_>> = IndexMap::new();
    for (at, row) in gathered.rows.iter().enumerate() {
        for (name, value) in row.variables.iter().chain(&row.args) {
            let of = all.entry(name).or_default().entry(value).or_default();
            if of.last() != Some(&at) {
                of.push(at);
            }
        }
    }
    all
}

/// A variable that follows another in all rows but one.
fn lone_pairs(gathered: &mut Gathered) {
    let mut told: IndexMap<usize, Vec<String>> = IndexMap::new();
    let columns: Vec<(&str, Values<'_>)> = by_value(gathered).into_iter().collect();
    // Of columns upon columns nobody reads what is told.
    if columns.len() > 40 {
        return;
    }
    let text = |row: usize, name: &str| {
        let row = &gathered.rows[row];
        let value = row.variables.get(name).or_else(|| row.args.get(name));
        value.map(String::as_str)
    };
    for (cause, values) in &columns {
        if values.len() < 2 || values.values().any(|of| of.len() < 2) {
            continue;
        }
        for (effect, others) in &columns {
            // What does not tell the cause again says nothing of it.
            if cause == effect || others.len() < 2 || others.len() > values.len() + 1 {
                continue;
            }
            let mut lone = Vec::new();
            let mut kept: HashSet<&str> = HashSet::new();
            for of in values.values() {
                let mut counts: IndexMap<Option<&str>, Vec<usize>> = IndexMap::new();
                for row in of {
                    counts.entry(text(*row, effect)).or_default().push(*row);
                }
                let most = counts.iter().max_by_key(|(_, of)| of.len());
                let Some((Some(most), many)) = most else {
                    continue;
                };
                kept.insert(most);
                let rest = counts.iter().filter(|(value, _)| **value != Some(most));
                for (value, of) in rest {
                    lone.extend(of.iter().map(|row| (*row, *value, *most, many.len())));
                }
            }
            let [(row, value, most, many)] = lone[..] else {
                continue;
            };
            if many >= AGREEING && kept.len() > 1 {
                let value = value.unwrap_or("not there");
                let cause_value = text(row, cause).unwrap_or_default();
                told.entry(row).or_default().push(format!(
                    "`{effect}` is `{value}` here and `{most}` in the {many} other rows of `{cause}` `{cause_value}`"
                ));
            }
        }
    }
    for (row, mut words) in told {
        words.truncate(1);
        let (line, called) = (gathered.rows[row].line, gathered.rows[row].called.clone());
        gathered.odd(line, format!("{called}: {}", words.join("; ")));
    }
}
