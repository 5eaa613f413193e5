//! Where rows go, and on which others they stand.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use crate::grammar::reference::full;
use crate::intake::factor::family::Family;
use crate::intake::factor::layout::text;
use crate::intake::factor::table::{NONE, Table};
use crate::intake::row::Row;

/// Which registries there are, and what images are called below them.
pub(super) struct Homes {
    /// Key and prefix, in the order of the rows.
    pub(super) registries: Vec<(String, String)>,
}

impl Homes {
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut folders: IndexSet<&str> = IndexSet::new();
        let mut several = false;
        for row in rows {
            let of: HashSet<&str> = row.references.iter().map(|r| r.split().0).collect();
            several |= of.len() > 1;
            folders.extend(row.references.iter().map(|reference| reference.split().0));
        }
        let mut prefixes: Vec<String> = folders.iter().map(|f| (*f).to_owned()).collect();
        // Folders of one host are one registry, where no image goes to two.
        if !several && prefixes.len() > 1 {
            let mut by_host: IndexMap<String, String> = IndexMap::new();
            for folder in prefixes {
                let host = folder.split('/').next().unwrap_or_default().to_owned();
                by_host
                    .entry(host)
                    .and_modify(|known| *known = shared_folder(known, &folder))
                    .or_insert(folder);
            }
            prefixes = by_host.into_values().collect();
        }
        let mut names: HashSet<String> = HashSet::new();
        let registries = prefixes.into_iter().map(|prefix| {
            let name = registry_name(&prefix);
            let mut unique = name.clone();
            let mut nth = 1;
            while !names.insert(unique.clone()) {
                nth += 1;
                unique = format!("{name}-{nth}");
            }
            (unique, prefix)
        });
        Homes {
            registries: registries.collect(),
        }
    }

    /// The registry that a repository is in.
    fn at(&self, repository: &str) -> usize {
        let is_in = |prefix: &str| {
            let rest = repository.strip_prefix(prefix);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        let fitting = (0..self.registries.len()).filter(|at| is_in(&self.registries[*at].1));
        let longest = fitting.max_by_key(|at| self.registries[*at].1.len());
        longest.unwrap_or_default()
    }

    pub(super) fn name<'r>(&self, row: &'r Row) -> &'r str {
        let repository = &row.references[0].repository;
        let (_, prefix) = &self.registries[self.at(repository)];
        repository.get(prefix.len() + 1..).unwrap_or(repository)
    }

    /// Where a row goes, where that is not everywhere.
    pub(super) fn registry(&self, row: &Row) -> Option<Vec<String>> {
        let of = row.references.iter().map(|r| self.at(&r.repository));
        let of: BTreeSet<usize> = of.collect();
        let names = of.iter().map(|at| self.registries[*at].0.clone());
        (of.len() < self.registries.len()).then(|| names.collect())
    }
}

fn shared_folder(one: &str, other: &str) -> String {
    let same = one
        .split('/')
        .zip(other.split('/'))
        .take_while(|(a, b)| a == b);
    let same: Vec<&str> = same.map(|(a, _)| a).collect();
    same.join("/")
}

fn registry_name(prefix: &str) -> String {
    let host = prefix.split('/').next().unwrap_or_default();
    let known = [
        ("docker.io", "hub"),
        ("ghcr.io", "ghcr"),
        ("quay.io", "quay"),
        ("gcr.io", "google"),
        ("pkg.dev", "google"),
        ("nvcr.io", "nvidia"),
        ("mcr.microsoft.com", "microsoft"),
        ("azurecr.io", "azure"),
        ("public.ecr.aws", "aws"),
        ("amazonaws.com", "aws"),
    ];
    let known = known.iter().find(|(end, _)| host.ends_with(end));
    known.map_or("registry", |(_, name)| name).to_owned()
}

/// Which rows stand on which others.
pub(super) struct Parents {
    /// The row that stands behind the base of each row.
    of: Vec<Option<usize>>,
    /// The family of each row.
    family: Vec<usize>,
}

impl Parents {
    pub(super) fn of(rows: &[Row], families: &[Family]) -> Self {
        let mut known: HashMap<String, usize> = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for reference in &row.references {
                known.insert(reference.to_string(), at);
            }
        }
        let base = |row: &Row| {
            let full = full(row.base.as_deref()?);
            known.get(&full).copied()
        };
        let mut family = vec![0; rows.len()];
        for (at, one) in families.iter().enumerate() {
            one.rows.iter().for_each(|row| family[*row] = at);
        }
        Parents {
            of: rows.iter().map(base).collect(),
            family,
        }
    }

    /// How a row names the one it stands on, as TOML.
    pub(super) fn of_row(
        &self,
        table: &Table,
        child: &Family,
        row: usize,
        families: &[Family],
    ) -> Option<String> {
        let parent = self.of[row]?;
        let family = &families[self.family[parent]];
        let mut given = Vec::new();
        for axis in &family.axes {
            let (own, theirs) = (table.cells[row][*axis], table.cells[parent][*axis]);
            let value = &table.axes[*axis].values[theirs];
            let default = match child.axes.contains(axis) {
                true => own == theirs,
                false => value == NONE,
            };
            if !default {
                given.push(format!("{} = {}", table.axes[*axis].name, text(value)));
            }
        }
        Some(match given.is_empty() {
            true => text(&family.key),
            false => format!("{{ image = {}, {} }}", text(&family.key), given.join(", ")),
        })
    }
}
