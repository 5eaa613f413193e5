//! From a file to a declaration.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::grammar::reference::full;
use crate::intake::fields::FieldOption;
use crate::intake::look::look;
use crate::intake::row::{Gathered, MOST_ROWS, Reference, Row, Told, Weight};
use crate::intake::value::{Node, Unreadable};
use crate::intake::{bake, factor, fields, prove, value, workflow};

/// How a file is read.
#[derive(Debug, Default)]
pub struct ReadOptions {
    /// Which column is what, where it is a list of rows.
    pub fields: Vec<FieldOption>,
    /// What a workflow cannot know by itself: `github.ref` and the like, with the value to take.
    pub set: Vec<(String, String)>,
}

/// What came of a file.
#[derive(Debug)]
pub struct Imported {
    /// The declaration; `None` where the file states no image that can be said.
    pub text: Option<String>,
    /// How many images it declares.
    pub images: usize,
    /// How many of their rows the file has.
    pub rows: usize,
    /// What is to be known of the file, by line.
    pub told: Vec<Told>,
}

impl Imported {
    /// Whether something of the file is not in the declaration.
    pub fn lacks(&self) -> bool {
        self.told.iter().any(|told| told.weight == Weight::Unsaid)
    }
}

/// Reads a file and declares its images; `name` is what the declaration calls it, `declared` gives the build args that a
/// Dockerfile of the repository declares, where it can be read.
///
/// # Errors
/// When it cannot be read, or is none of the kinds of file.
pub fn import(
    name: &str,
    text: &str,
    options: &ReadOptions,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Result<Imported, Unreadable> {
    let (gathered, count) = gathered(text, options)?;
    Ok(Imported {
        rows: count,
        ..declared_as(name, gathered, declared)
    })
}

/// Declares rows that were gathered elsewhere.
pub(super) fn put_together(
    name: &str,
    mut gathered: Gathered,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Imported {
    settle(&mut gathered);
    declared_as(name, gathered, declared)
}

fn declared_as(
    name: &str,
    mut gathered: Gathered,
    declared: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Imported {
    look(&mut gathered, declared);
    let reason = format!("not in {name}");
    let text = match gathered.rows.is_empty() {
        true => None,
        false => factor::declare(&gathered.rows, &reason),
    };
    if text.is_none() {
        for row in std::mem::take(&mut gathered.rows) {
            let what = format!(
                "{}: no declaration was found that says just this",
                row.called
            );
            gathered.unsaid(row.line, what);
        }
    }
    let mut told = gathered.told;
    told.sort();
    told.dedup();
    Imported {
        text: text
            .map(|text| format!("# The images of {name}, as `gen import` found them.\n\n{text}")),
        images: gathered.rows.len(),
        rows: gathered.rows.len(),
        told,
    }
}

/// The rows of a file, each one image with references of its own, and how many the file has.
fn gathered(text: &str, options: &ReadOptions) -> Result<(Gathered, usize), Unreadable> {
    let node = value::read(text)?;
    let whole = |what: String| Unreadable { line: 1, what };
    let gathered = match kind(&node) {
        Kind::Workflow => workflow::rows(&node, &options.set),
        Kind::Bake => bake::rows(&node),
        Kind::Rows if options.fields.is_empty() => Err(
            "it is no workflow and no bake file; of a list of rows say what the columns are: `--field tag=COLUMN`"
                .to_owned(),
        ),
        Kind::Rows => fields::rows(&node, &options.fields),
    };
    let mut gathered = gathered.map_err(whole)?;
    if gathered.rows.len() > MOST_ROWS {
        let count = gathered.rows.len();
        return Err(whole(format!(
            "it has {count} rows, and {MOST_ROWS} can be read"
        )));
    }
    let count = gathered.rows.len();
    settle(&mut gathered);
    Ok((gathered, count))
}

/// Each row one image, with references of its own.
fn settle(gathered: &mut Gathered) {
    split_by_name(gathered);
    fold_platforms(gathered);
    part_shared(gathered);
    stand(&mut gathered.rows);
}

enum Kind {
    Workflow,
    Bake,
    Rows,
}

fn kind(node: &Node) -> Kind {
    let is_map = |key: &str| node.get(key).is_some_and(|value| value.map().is_some());
    if is_map("jobs") {
        Kind::Workflow
    } else if is_map("target") {
        Kind::Bake
    } else {
        Kind::Rows
    }
}

/// One image has one name, and each of its tags in each of its registries: what is not so becomes rows of its own.
fn split_by_name(gathered: &mut Gathered) {
    let mut rows = Vec::new();
    for row in std::mem::take(&mut gathered.rows) {
        let mut by_name: IndexMap<String, IndexMap<String, Vec<Reference>>> = IndexMap::new();
        for reference in &row.references {
            let (folder, name) = reference.split();
            let folders = by_name.entry(name.to_owned()).or_default();
            let known = folders.entry(folder.to_owned()).or_default();
            if !known.contains(reference) {
                known.push(reference.clone());
            }
        }
        for folders in by_name.into_values() {
            let tags = |of: &[Reference]| {
                let mut tags: Vec<String> = of.iter().map(|r| r.tag.clone()).collect();
                tags.sort();
                tags
            };
            let mut alike: IndexMap<Vec<String>, Vec<Reference>> = IndexMap::new();
            for of in folders.into_values() {
                alike.entry(tags(&of)).or_default().extend(of);
            }
            for mut references in alike.into_values() {
                // `latest` is nobody's own tag, if there is another.
                let own = references.iter().position(|r| !r.tag.starts_with("latest"));
                let first = references[0].repository.clone();
                let own = own.filter(|at| references[*at].repository == first);
                let own = references.remove(own.unwrap_or_default());
                references.insert(0, own);
                rows.push(Row {
                    references,
                    ..row.clone()
                });
            }
        }
    }
    gathered.rows = rows;
}

/// Rows that differ in nothing but their platforms are one image: that is how workflows build each on a machine of its own.
fn fold_platforms(gathered: &mut Gathered) {
    let mut known: HashMap<Vec<Reference>, usize> = HashMap::new();
    let mut rows: Vec<Row> = Vec::new();
    for row in std::mem::take(&mut gathered.rows) {
        let at = known.get(&row.references).copied();
        if let Some(same) = at.and_then(|at| rows.get_mut(at))
            && same.args == row.args
            && (&same.dockerfile, &same.target) == (&row.dockerfile, &row.target)
            && (&same.context, &same.base) == (&row.context, &row.base)
        {
            if same.platforms == row.platforms {
                let what = format!(
                    "{} is {} of line {} again",
                    row.called, same.called, same.line
                );
                gathered.told.push(Told {
                    line: row.line,
                    weight: Weight::Odd,
                    what,
                });
            }
            for platform in row.platforms {
                if !same.platforms.contains(&platform) {
                    same.platforms.push(platform);
                }
            }
            same.variables
                .retain(|name, value| row.variables.get(name) == Some(value));
            continue;
        }
        known.entry(row.references.clone()).or_insert(rows.len());
        rows.push(row);
    }
    gathered.rows = rows;
}

/// A reference is of one image: the later row does without it, and that is told.
fn part_shared(gathered: &mut Gathered) {
    let mut known: HashMap<Reference, (String, usize)> = HashMap::new();
    let mut told = Vec::new();
    for row in &mut gathered.rows {
        let (called, line) = (row.called.clone(), row.line);
        let first = row.references[0].repository.clone();
        let mut lost: Vec<String> = Vec::new();
        for reference in &row.references {
            if let Some((other, at)) = known.get(reference) {
                let what = format!(
                    "{called} and {other} of line {at} share `{reference}`: which of them it is depends on who comes last, so {called} is declared without it"
                );
                told.push((line, what));
                lost.push(reference.tag.clone());
            }
        }
        // In every registry alike, or it would be two images.
        row.references
            .retain(|reference| !lost.contains(&reference.tag));
        if row.references.is_empty() {
            told.push((
                line,
                format!("{called} has no reference of its own, and is not declared"),
            ));
        }
        for reference in &row.references {
            known.insert(reference.clone(), (called.clone(), line));
        }
        if row
            .references
            .first()
            .is_some_and(|r| r.repository != first)
        {
            row.references.sort_by_key(|r| r.repository != first);
        }
    }
    gathered.rows.retain(|row| !row.references.is_empty());
    for (line, what) in told {
        gathered.unsaid(line, what);
    }
}

/// Writes a base that is the reference of another row as that row has it.
fn stand(rows: &mut [Row]) {
    let known: std::collections::HashSet<String> = rows
        .iter()
        .map(|row| row.references[0].to_string())
        .collect();
    for row in rows {
        if let Some(base) = row.base.as_mut() {
            let whole = full(base);
            if known.contains(&whole) {
                *base = whole;
            }
        }
    }
}

/// Whether a declaration says just what a file says: what somebody wrote by hand, for one.
///
/// # Errors
/// As [`import`].
pub fn agrees(text: &str, options: &ReadOptions, declaration: &str) -> Result<bool, Unreadable> {
    Ok(prove::agrees(declaration, &gathered(text, options)?.0.rows))
}
