//! Which of what the rows vary are axes, and which are facts of an axis.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use crate::intake::factor::table::{Axis, NONE, Table, attribute_name, compact};
use crate::intake::row::{Row, split};
use crate::matrix::{reserved_axis_name, valid_axis_name, value_fault};

/// Of what rows vary no more than this is looked at, each beside each other.
const MOST_COLUMNS: usize = 100;

/// How axes are looked for; which is shortest shows when all is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    /// Also by what is another for each row: a table with a line a row.
    pub(super) by_row: bool,
    /// Also leave out what several axes say together.
    pub(super) least: bool,
    /// Take what says the platform for `arch`.
    pub(super) arch: bool,
}

/// Something that the rows vary.
struct Column {
    name: String,
    /// `none` where a row lacks it.
    texts: Vec<String>,
    /// The number of each row's value.
    values: Vec<usize>,
    count: usize,
}

impl Column {
    fn new(name: String, texts: Vec<String>) -> Self {
        let mut known: IndexSet<&str> = IndexSet::new();
        let values: Vec<usize> = texts.iter().map(|text| known.insert_full(text).0).collect();
        let count = known.len();
        Column {
            name,
            texts,
            values,
            count,
        }
    }

    /// Whether it says all that another says.
    fn says(&self, other: &Column) -> bool {
        let mut of: Vec<Option<usize>> = vec![None; self.count];
        let mut both = self.values.iter().zip(&other.values);
        both.all(|(own, theirs)| *of[*own].get_or_insert(*theirs) == *theirs)
    }
}

/// The axes of the rows and the cell of each; `None` where nothing that the rows vary tells them apart.
pub(super) fn table(rows: &[Row], search: Search) -> Option<Table> {
    let columns = columns(rows, search);
    let repositories = Column::new(
        String::new(),
        rows.iter()
            .map(|row| row.references[0].repository.clone())
            .collect(),
    );
    let tags: Vec<&str> = rows
        .iter()
        .map(|row| row.references[0].tag.as_str())
        .collect();
    // Of those that say the same, the one that reads best.
    let mut order: Vec<usize> = (0..columns.len()).collect();
    let rank = |at: &usize| {
        let column = &columns[*at];
        let fits = column.texts.iter().all(|text| value_fault(text).is_none());
        let printed = printed(column, &tags);
        let dots = column.texts.iter().map(|text| text.matches('.').count());
        let long = column.texts.iter().map(String::len).max().unwrap_or(0) > 40;
        (
            !fits,
            !printed,
            long,
            std::cmp::Reverse(dots.sum::<usize>()),
        )
    };
    order.sort_by_cached_key(rank);
    let mut kept: Vec<usize> = Vec::new();
    for at in order {
        let same = |other: &usize| {
            columns[*other].count == columns[at].count && columns[*other].says(&columns[at])
        };
        if !kept.iter().any(same) {
            kept.push(at);
        }
    }
    kept.retain(|at| {
        let column = &columns[*at];
        let fits = column.texts.iter().all(|text| value_fault(text).is_none());
        fits && (search.by_row || column.count < rows.len() || rows.len() < 4)
    });
    // What says least goes first, if the others tell the rows apart without it.
    let tells_apart = |kept: &[usize]| {
        let mut known = HashSet::new();
        (0..rows.len()).all(|row| {
            let cell: Vec<usize> = kept.iter().map(|at| columns[*at].values[row]).collect();
            known.insert((repositories.values[row], cell))
        })
    };
    let mut doubtful = kept.clone();
    doubtful.sort_by_key(|at| {
        let column = &columns[*at];
        let whole = search.by_row && column.count == rows.len();
        (
            whole,
            printed(column, &tags),
            column.count,
            std::cmp::Reverse(*at),
        )
    });
    for at in doubtful {
        let rest: Vec<usize> = kept.iter().copied().filter(|other| *other != at).collect();
        let said = rest.iter().any(|other| columns[*other].says(&columns[at]));
        if (said || search.least || !printed(&columns[at], &tags)) && tells_apart(&rest) {
            kept = rest;
        }
    }
    kept.sort_unstable();
    let mut axes: Vec<(Axis, Vec<usize>)> = Vec::new();
    let mut names: HashSet<String> = HashSet::new();
    for at in &kept {
        let column = &columns[*at];
        let of_arch = search.arch && is_arch(column, rows);
        let name = match of_arch {
            true => "arch".to_owned(),
            false => axis_name(&column.name, &names),
        };
        names.insert(name.clone());
        let mut values: IndexSet<String> = IndexSet::new();
        let cells = column.texts.iter();
        let cells = cells
            .map(|text| values.insert_full(text.clone()).0)
            .collect();
        let mut attributes = IndexMap::new();
        for other in &columns {
            if other.count > column.count || !column.says(other) || other.name == column.name {
                continue;
            }
            let mut texts = vec![None; values.len()];
            for (row, value) in column.values.iter().enumerate() {
                let text = &other.texts[row];
                texts[*value] = (text != NONE).then(|| text.clone());
            }
            if texts.iter().flatten().next().is_some() {
                let short = short(&other.name);
                attributes.entry(attribute_name(&short)).or_insert(texts);
            }
        }
        let axis = Axis {
            name,
            values: values.into_iter().collect(),
            attributes,
        };
        axes.push((axis, cells));
    }
    if !tells_apart(&kept) {
        let (axis, cells) = variants(rows, &names)?;
        axes.push((axis, cells));
    }
    let cells = (0..rows.len())
        .map(|row| axes.iter().map(|(_, cells)| cells[row]).collect())
        .collect();
    Some(Table {
        axes: axes.into_iter().map(|(axis, _)| axis).collect(),
        cells,
    })
}

/// Whether the tag of each row prints its value, where it has one.
fn printed(column: &Column, tags: &[&str]) -> bool {
    let mut both = column.texts.iter().zip(tags);
    both.all(|(text, tag)| {
        text == NONE
            || tag.contains(text.as_str())
            || compact(text).is_some_and(|short| tag.contains(&short))
    })
}

/// Whether each value is a platform of one row's and of no other value.
fn is_arch(column: &Column, rows: &[Row]) -> bool {
    let mut of: Vec<Option<&str>> = vec![None; column.count];
    let single = rows.iter().zip(&column.values).all(|(row, value)| {
        matches!(&row.platforms[..], [only] if *of[*value].get_or_insert(only) == only)
    });
    let known: HashSet<&str> = of.iter().flatten().copied().collect();
    single && known.len() == column.count
}

/// All that differs between rows: what the file varies, build args, and the repository.
fn columns(rows: &[Row], search: Search) -> Vec<Column> {
    let mut names: IndexSet<(bool, &str)> = IndexSet::new();
    for row in rows {
        names.extend(row.variables.keys().map(|name| (false, name.as_str())));
    }
    for row in rows {
        names.extend(row.args.keys().map(|name| (true, name.as_str())));
    }
    let text = |value: Option<&String>| match value.map(String::as_str) {
        None | Some("" | "null") => NONE.to_owned(),
        Some(text) => text.to_owned(),
    };
    let named = names.into_iter().map(|(is_arg, name)| {
        let of = |row: &Row| match is_arg {
            true => text(row.args.get(name)),
            false => text(row.variables.get(name)),
        };
        Column::new(name.to_owned(), rows.iter().map(of).collect())
    });
    let repository = rows.iter().map(|row| {
        let (_, last) = split(&row.references[0].repository);
        last.to_owned()
    });
    let repository = Column::new("name".to_owned(), repository.collect());
    let platforms = rows.iter().map(|row| row.platforms.join(" "));
    let platforms = platforms.map(|text| text.replace("linux/", ""));
    let platforms = Column::new("arch".to_owned(), platforms.collect());
    let platforms = Some(platforms).filter(|_| search.arch);
    let all = named.chain(std::iter::once(repository)).chain(platforms);
    all.filter(|column| column.count > 1)
        .take(MOST_COLUMNS)
        .collect()
}

/// An axis for rows that nothing else tells apart: what is left of their tags without what all share.
fn variants(rows: &[Row], names: &HashSet<String>) -> Option<(Axis, Vec<usize>)> {
    let tags: Vec<&str> = rows
        .iter()
        .map(|row| row.references[0].tag.as_str())
        .collect();
    let mut by_repository: HashMap<&str, HashSet<&str>> = HashMap::new();
    for (row, tag) in rows.iter().zip(&tags) {
        let known = by_repository.entry(&row.references[0].repository);
        if !known.or_default().insert(tag) {
            return None;
        }
    }
    let first = tags.first()?;
    let edge = |c: char| !c.is_ascii_alphanumeric() && c != '.';
    let shared = tags.iter().map(|tag| {
        let same = first.bytes().zip(tag.bytes()).take_while(|(a, b)| a == b);
        same.count()
    });
    let shared = shared.min().unwrap_or(0);
    let front = first[..shared].rfind(edge).map_or(0, |at| at + 1);
    let back = tags.iter().map(|tag| {
        let same = first.bytes().rev().zip(tag.bytes().rev());
        let same = same.take_while(|(a, b)| a == b).count();
        same.min(tag.len() - front)
    });
    let back = back.min().unwrap_or(0);
    let back = first[first.len() - back..]
        .find(edge)
        .map_or(0, |at| back - at);
    let mut values: IndexSet<String> = IndexSet::new();
    let mut cells = Vec::new();
    for tag in tags {
        let middle = tag.get(front..tag.len() - back).unwrap_or(tag);
        let text = match value_fault(middle) {
            None => middle,
            Some(_) if middle.is_empty() => NONE,
            Some(_) => return None,
        };
        cells.push(values.insert_full(text.to_owned()).0);
    }
    let axis = Axis {
        name: axis_name("variant", names),
        values: values.into_iter().collect(),
        attributes: IndexMap::new(),
    };
    Some((axis, cells))
}

/// A column's name without what says nothing: `PYTHON_VERSION` is `python`.
pub(super) fn short(name: &str) -> String {
    let lower = name.to_ascii_lowercase().replace(['.', ' ', '/'], "-");
    let endings = ["_version", "-version", "_ver", "-ver", "_tag", "-tag"];
    let cut = endings.iter().find_map(|end| lower.strip_suffix(end));
    cut.filter(|rest| !rest.is_empty())
        .unwrap_or(&lower)
        .to_owned()
}

/// A name for an axis that is none yet.
fn axis_name(column: &str, taken: &HashSet<String>) -> String {
    let word: String = short(column)
        .chars()
        .map(|c| match c {
            'a'..='z' | '0'..='9' | '-' => c,
            _ => '-',
        })
        .collect();
    let word = word.trim_matches('-');
    let word = match word.starts_with(|c: char| c.is_ascii_lowercase()) {
        true => word.to_owned(),
        false => format!("v{word}"),
    };
    let refused = |word: &str| {
        !valid_axis_name(word) || reserved_axis_name(word) || word == "arch" || taken.contains(word)
    };
    let mut name = word.clone();
    let mut nth = 1;
    while refused(&name) {
        nth += 1;
        name = match nth {
            2 => format!("{word}-kind"),
            nth => format!("{word}-{nth}"),
        };
        if nth > 1000 {
            break;
        }
    }
    name
}
