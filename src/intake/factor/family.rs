//! A family of rows as one image: what holds for all of it, and rows for what holds for some.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use crate::intake::factor::cells::{Selection, cells, cover, size};
use crate::intake::factor::table::Table;
use crate::intake::factor::template::{Expr, Token, tidy, weight};
use crate::intake::row::Row;

/// A template longer than this is said by rows, where rows can.
const LONG: usize = 170;

/// A key of an image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Name,
    Registry,
    Tag,
    /// `from` or `parent`.
    Base,
    Dockerfile,
    Target,
    Context,
    Platforms,
    Arg(String),
    /// The aliases, by their place among the tags of a row.
    Alias(usize),
}

/// What a key says.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Said {
    Template(Vec<Token>),
    /// A parent, as TOML.
    Parent(String),
    List(Vec<String>),
    /// A build arg that there is not.
    Absent,
}

/// What a row says of a key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Fact {
    Text(String),
    Parent(String),
    List(Vec<String>),
}

/// What becomes one image.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) key: String,
    pub(super) rows: Vec<usize>,
    pub(super) axes: Vec<usize>,
}

/// An image as it is declared.
#[derive(Clone, Debug, Default)]
pub(super) struct Declared {
    pub(super) fields: IndexMap<Key, Said>,
    /// By what they are for.
    pub(super) whens: IndexMap<Vec<Selection>, IndexMap<Key, Said>>,
    /// The cells that there are; `None`: all.
    pub(super) allowed: Option<Vec<Selection>>,
    /// Cells that there are not, among those.
    pub(super) excluded: Vec<Selection>,
    /// Moving tags, and the cells that have them; `None`: all.
    pub(super) aliases: Vec<(Option<Vec<Selection>>, Vec<Token>)>,
}

impl Family {
    /// A family of rows: it varies over the axes on which they differ. `None` where these do not tell them apart.
    /// `whole`: it also has axes on which its rows have one value, other than `none`.
    pub(super) fn new(key: String, rows: Vec<usize>, table: &Table, whole: bool) -> Option<Self> {
        let all: Vec<usize> = (0..table.axes.len()).collect();
        let used = table.used(&all, &rows);
        let has = |axis: &usize| used[*axis].len() > 1 || whole && !table.is_none(rows[0], *axis);
        let axes: Vec<usize> = all.iter().copied().filter(has).collect();
        let mut known = HashSet::new();
        let family = Family { key, rows, axes };
        let mut rows = family.rows.iter();
        rows.all(|row| known.insert(family.cell(table, *row)))
            .then_some(family)
    }

    pub(super) fn cell(&self, table: &Table, row: usize) -> Vec<usize> {
        let of = |axis: &usize| table.cells[row][*axis];
        self.axes.iter().map(of).collect()
    }

    fn counts(&self, table: &Table) -> Vec<usize> {
        let of = |axis: &usize| table.axes[*axis].values.len();
        self.axes.iter().map(of).collect()
    }

    /// Selections over the rows that are `meant`, which hold for none of the others.
    fn selected(&self, table: &Table, meant: &[usize]) -> Vec<Selection> {
        let meant: HashSet<usize> = meant.iter().copied().collect();
        let of = |wanted: bool| {
            let rows = self
                .rows
                .iter()
                .filter(move |row| meant.contains(row) == wanted);
            rows.map(|row| self.cell(table, *row)).collect::<Vec<_>>()
        };
        let others: HashSet<Vec<usize>> = of.clone()(false).into_iter().collect();
        let wanted = of(true);
        cover(&wanted, &self.counts(table), &|cell| !others.contains(cell))
    }

    /// Declares the family; `facts` says what each row says of a key.
    pub(super) fn declare(
        &self,
        table: &mut Table,
        rows: &[Row],
        facts: &dyn Fn(usize, &Key) -> Option<Fact>,
        by_exclusion: bool,
    ) -> Declared {
        let mut declared = Declared::default();
        let args: IndexSet<&String> = self
            .rows
            .iter()
            .flat_map(|r| rows[*r].args.keys())
            .collect();
        let fixed = [
            Key::Name,
            Key::Tag,
            Key::Registry,
            Key::Base,
            Key::Dockerfile,
            Key::Target,
            Key::Context,
            Key::Platforms,
        ];
        let args = args.into_iter().map(|name| Key::Arg(name.clone()));
        let keys: Vec<Key> = fixed.into_iter().chain(args).collect();
        for key in keys {
            let of: Vec<Option<Fact>> = self.rows.iter().map(|row| facts(*row, &key)).collect();
            self.field(table, rows, &key, &of, &mut declared);
        }
        self.existing(table, by_exclusion, &mut declared);
        self.aliases(table, rows, facts, &mut declared);
        declared
    }

    fn field(
        &self,
        table: &mut Table,
        rows: &[Row],
        key: &Key,
        of: &[Option<Fact>],
        declared: &mut Declared,
    ) {
        let hint = match key {
            Key::Arg(name) => super::variables::short(name),
            Key::Name => "name".to_owned(),
            Key::Tag | Key::Alias(_) => "tag".to_owned(),
            Key::Base => "base".to_owned(),
            Key::Dockerfile => "file".to_owned(),
            Key::Target => "target".to_owned(),
            Key::Context => "context".to_owned(),
            Key::Registry | Key::Platforms => String::new(),
        };
        let there: Vec<usize> = (0..of.len()).filter(|n| of[*n].is_some()).collect();
        if there.is_empty() {
            return;
        }
        let whole = |table: &mut Table, kept: &[usize]| {
            self.said(table, rows, key, &hint, kept, of)
                .filter(|said| match said {
                    Said::Template(tokens) => weight(tokens) <= LONG || tokens.len() == 1,
                    _ => true,
                })
        };
        // Of all that say something, one way to say it.
        if let Some(said) = whole(table, &there) {
            if there.len() == of.len() {
                declared.fields.insert(key.clone(), said);
                return;
            }
            let lacking: Vec<usize> = (0..of.len()).filter(|n| of[*n].is_none()).collect();
            let with = self.selected(table, &self.of(&there));
            let without = self.selected(table, &self.of(&lacking));
            if matches!(key, Key::Arg(_)) && without.len() < with.len() {
                declared.fields.insert(key.clone(), said);
                let row = declared.whens.entry(without).or_default();
                row.insert(key.clone(), Said::Absent);
            } else {
                declared
                    .whens
                    .entry(with)
                    .or_default()
                    .insert(key.clone(), said);
            }
            return;
        }
        // By the values of one axis, each its own way; else by what is said.
        let by_axis = self.axes.iter().filter_map(|axis| {
            let mut groups: IndexMap<usize, Vec<usize>> = IndexMap::new();
            for n in &there {
                let value = table.cells[self.rows[*n]][*axis];
                groups.entry(value).or_default().push(*n);
            }
            let mut ways: IndexMap<Said, Vec<usize>> = IndexMap::new();
            for kept in groups.values() {
                let mut trial = table.clone();
                let said = self.said(&mut trial, rows, key, &hint, kept, of)?;
                // What would take a new attribute is no way of one value.
                if trial
                    .axes
                    .iter()
                    .zip(&table.axes)
                    .any(|(a, b)| a.attributes.len() != b.attributes.len())
                {
                    return None;
                }
                ways.entry(said).or_default().extend(kept);
            }
            Some(ways)
        });
        let mut by_text: IndexMap<Said, Vec<usize>> = IndexMap::new();
        let mut best: Option<IndexMap<Said, Vec<usize>>> = None;
        for ways in by_axis {
            if best.as_ref().is_none_or(|known| ways.len() < known.len()) {
                best = Some(ways);
            }
        }
        for n in &there {
            let said = match &of[*n] {
                Some(Fact::Text(text)) => Said::Template(tidy([Token::Text(text.clone())])),
                Some(Fact::Parent(text)) => Said::Parent(text.clone()),
                Some(Fact::List(items)) => Said::List(items.clone()),
                None => continue,
            };
            by_text.entry(said).or_default().push(*n);
        }
        let mut ways = best
            .filter(|ways| ways.len() <= by_text.len())
            .unwrap_or(by_text);
        if there.len() == of.len() {
            let most = (0..ways.len()).max_by_key(|at| (ways[*at].len(), std::cmp::Reverse(*at)));
            if let Some((said, _)) = most.and_then(|at| ways.shift_remove_index(at)) {
                declared.fields.insert(key.clone(), said);
            }
        }
        for (said, kept) in ways {
            let selection = self.selected(table, &self.of(&kept));
            declared
                .whens
                .entry(selection)
                .or_default()
                .insert(key.clone(), said);
        }
    }

    fn of(&self, kept: &[usize]) -> Vec<usize> {
        kept.iter().map(|n| self.rows[*n]).collect()
    }

    /// One way to say what some rows say of a key.
    fn said(
        &self,
        table: &mut Table,
        rows: &[Row],
        key: &Key,
        hint: &str,
        kept: &[usize],
        of: &[Option<Fact>],
    ) -> Option<Said> {
        let facts: Vec<&Fact> = kept.iter().filter_map(|n| of[*n].as_ref()).collect();
        let (first, rest) = facts.split_first()?;
        let same = rest.iter().all(|fact| fact == first);
        match first {
            Fact::Parent(text) => return same.then(|| Said::Parent(text.clone())),
            Fact::List(items) => return same.then(|| Said::List(items.clone())),
            Fact::Text(_) => {}
        }
        let texts = facts.iter().map(|fact| match fact {
            Fact::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let texts: Vec<&str> = texts.collect::<Option<_>>()?;
        let these = self.of(kept);
        let bases = these.iter().map(|row| rows[*row].base.clone());
        let mut more = Vec::new();
        if let (Key::Arg(_), Some(bases)) = (key, bases.collect::<Option<Vec<String>>>()) {
            if bases.iter().zip(&texts).all(|(base, text)| base == text) {
                return Some(Said::Template(vec![Token::Expr("from".to_owned())]));
            }
            more.push(Expr {
                source: "from".to_owned(),
                texts: bases,
                declares: false,
            });
        }
        let tokens = table.template(&self.axes, &these, &texts, hint, &more)?;
        Some(Said::Template(tokens))
    }

    /// Which cells there are.
    fn existing(&self, table: &Table, by_exclusion: bool, declared: &mut Declared) {
        let counts = self.counts(table);
        let hull: Selection = table.used(&self.axes, &self.rows);
        let is_all = |selection: &Selection| {
            let mut both = selection.iter().zip(&counts);
            both.all(|(values, count)| values.len() == *count)
        };
        let hull_alone = Some(vec![hull.clone()]).filter(|_| !is_all(&hull));
        if size(&hull) == self.rows.len() {
            declared.allowed = hull_alone;
            return;
        }
        let present: HashSet<Vec<usize>> =
            self.rows.iter().map(|row| self.cell(table, *row)).collect();
        let ordered: Vec<Vec<usize>> = self.rows.iter().map(|row| self.cell(table, *row)).collect();
        let allowed = cover(&ordered, &counts, &|cell| present.contains(cell));
        let missing = cells(&hull).map(|all| {
            let missing = all.into_iter().filter(|cell| !present.contains(cell));
            missing.collect::<Vec<_>>()
        });
        let excluded = missing
            .filter(|missing| missing.len() <= 2_000)
            .map(|missing| cover(&missing, &counts, &|cell| !present.contains(cell)));
        let lines = if allowed.len() == 1 {
            1
        } else {
            allowed.len() + 2
        };
        match excluded {
            Some(excluded) if by_exclusion || exclusion_lines(&excluded, &hull_alone) <= lines => {
                declared.allowed = hull_alone;
                declared.excluded = excluded;
            }
            _ => declared.allowed = Some(allowed),
        }
    }

    fn aliases(
        &self,
        table: &mut Table,
        rows: &[Row],
        facts: &dyn Fn(usize, &Key) -> Option<Fact>,
        declared: &mut Declared,
    ) {
        for nth in 0.. {
            let key = Key::Alias(nth);
            let of: Vec<Option<Fact>> = self.rows.iter().map(|row| facts(*row, &key)).collect();
            let there: Vec<usize> = (0..of.len()).filter(|n| of[*n].is_some()).collect();
            if there.is_empty() {
                return;
            }
            let mut ways: Vec<(Vec<usize>, Vec<Token>)> = Vec::new();
            match self.said(table, rows, &key, "tag", &there, &of) {
                Some(Said::Template(tokens)) => ways.push((there, tokens)),
                _ => {
                    for n in there {
                        if let Some(Fact::Text(text)) = &of[n] {
                            ways.push((vec![n], tidy([Token::Text(text.clone())])));
                        }
                    }
                }
            }
            for (kept, tokens) in ways {
                let all = kept.len() == self.rows.len();
                let selected = (!all).then(|| self.selected(table, &self.of(&kept)));
                declared.aliases.push((selected, tokens));
            }
        }
    }
}

fn exclusion_lines(excluded: &[Selection], hull: &Option<Vec<Selection>>) -> usize {
    let own = match excluded.len() {
        1 => 3,
        n => n + 4,
    };
    own + usize::from(hull.is_some())
}

/// Rows by what they have in common, in the order of the first of each.
pub(super) fn grouped(rows: &[Row], by: &dyn Fn(&Row) -> String) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (index, row) in rows.iter().enumerate() {
        let at = *known.entry(by(row)).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(index);
    }
    groups
}

/// A selection in which every axis is open.
pub(super) fn is_open(values: &BTreeSet<usize>, count: usize) -> bool {
    values.len() == count
}
