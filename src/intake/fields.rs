//! Any list of rows: which column is what, as `--field` says.

use indexmap::IndexMap;

use crate::grammar::Platform;
use crate::intake::row::{Gathered, MOST_ROWS, Reference, Row, path};
use crate::intake::value::{Kind, Node};

/// What a column can be.
const KEYS: [&str; 9] = [
    "reference",
    "name",
    "tag",
    "base",
    "dockerfile",
    "context",
    "target",
    "platforms",
    "args",
];

/// `--field KEY=COLUMN`.
#[derive(Clone, Debug)]
pub struct FieldOption {
    key: Key,
    from: Source,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    Known(&'static str),
    Arg(String),
}

/// Where what stands in a field comes from.
#[derive(Clone, Debug)]
enum Source {
    /// A column.
    Column(String),
    /// A text, with columns in it.
    Text(Vec<Piece>),
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Column(String),
}

impl FieldOption {
    /// Reads `KEY=COLUMN`, `KEY=text with {COLUMN}` or `KEY==text`; a key is one of `reference`, `name`, `tag`, `base`,
    /// `dockerfile`, `context`, `target`, `platforms`, `args`, `arg` (a build arg called as its column) and `arg.NAME`.
    ///
    /// # Errors
    /// When it is none of that.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (key, from) = text
            .split_once('=')
            .ok_or("write KEY=COLUMN, such as tag=TAG")?;
        let from = match from.strip_prefix('=') {
            Some(literal) => Source::Text(vec![Piece::Text(literal.to_owned())]),
            None if from.contains('{') => Source::Text(pieces(from)?),
            None if from.is_empty() => return Err("name a column behind the `=`".to_owned()),
            None => Source::Column(from.to_owned()),
        };
        let key = match (key, key.strip_prefix("arg.")) {
            (_, Some(name)) if !name.is_empty() => Key::Arg(name.to_owned()),
            ("arg", _) => match &from {
                Source::Column(column) => Key::Arg(last(column).to_owned()),
                Source::Text(_) => return Err("say which: arg.NAME=…".to_owned()),
            },
            _ => match KEYS.iter().find(|known| **known == key) {
                Some(known) => Key::Known(known),
                None => {
                    let known = KEYS.join(", ");
                    return Err(format!("a key is one of {known}, arg and arg.NAME"));
                }
            },
        };
        Ok(FieldOption { key, from })
    }
}

fn last(column: &str) -> &str {
    column.rsplit('.').next().unwrap_or(column)
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (column, after) = after.split_once('}').ok_or("a `{` without its `}`")?;
        if column.is_empty() {
            return Err("name a column between `{` and `}`".to_owned());
        }
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Column(column.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

/// The rows of a list, or of the one list that a table holds.
pub(super) fn rows(node: &Node, fields: &[FieldOption]) -> Result<Gathered, String> {
    let lists = node.map().unwrap_or_default().iter();
    let mut lists = lists.filter(|(_, value)| value.list().is_some());
    let items = match (node.list(), lists.next(), lists.next()) {
        (Some(items), ..) => items,
        (None, Some((_, only)), None) => only.list().unwrap_or_default(),
        _ => {
            return Err("it holds no list of rows; let `jq` make one: docs/import.md".to_owned());
        }
    };
    if items.len() > MOST_ROWS {
        let count = items.len();
        return Err(format!("it has {count} rows, and {MOST_ROWS} can be read"));
    }
    let mut gathered = Gathered::default();
    let mut seen: Vec<String> = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let columns = match item.map() {
            Some(_) => flat(item, &mut gathered),
            None => {
                gathered.unsaid(
                    item.line,
                    format!("row {} is no table of columns", index + 1),
                );
                continue;
            }
        };
        for column in columns.keys() {
            if !seen.contains(column) {
                seen.push(column.clone());
            }
        }
        row(index, item, &columns, fields, &mut gathered);
    }
    for field in fields {
        let named: Vec<&String> = match &field.from {
            Source::Column(column) => vec![column],
            Source::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Column(column) => Some(column),
                    Piece::Text(_) => None,
                })
                .collect(),
        };
        let is_there = |column: &str| {
            let below = format!("{column}.");
            seen.iter().any(|c| c == column || c.starts_with(&below))
        };
        if let Some(column) = named.into_iter().find(|column| !is_there(column)) {
            let known = seen.join(", ");
            return Err(format!(
                "no row has a column `{column}`; there are {known}. A text is written with two `=`: `KEY==text`"
            ));
        }
    }
    Ok(gathered)
}

/// A cell of a row.
#[derive(Clone, Debug)]
enum Cell {
    Text(String),
    List(Vec<String>),
}

/// The columns of a row; those of a table in it are called `table.column`.
fn flat(item: &Node, gathered: &mut Gathered) -> IndexMap<String, Cell> {
    let mut columns = IndexMap::new();
    let mut open: Vec<(String, &Node)> = vec![(String::new(), item)];
    while let Some((prefix, node)) = open.pop() {
        if let Some((written, printed)) = node.lost() {
            let what = format!("`{written}` without quotes is the number {printed}");
            gathered.odd(node.line, what);
        }
        match &node.kind {
            Kind::Map(entries) => {
                for (key, value) in entries.iter().rev() {
                    let name = match prefix.is_empty() {
                        true => key.clone(),
                        false => format!("{prefix}.{key}"),
                    };
                    open.push((name, value));
                }
            }
            Kind::List(items) => {
                let items = items.iter().filter_map(Node::text);
                columns.insert(prefix, Cell::List(items.collect()));
            }
            _ => {
                let text = node.text().unwrap_or_default();
                columns.insert(prefix, Cell::Text(text));
            }
        }
    }
    columns
}

fn row(
    index: usize,
    item: &Node,
    columns: &IndexMap<String, Cell>,
    fields: &[FieldOption],
    gathered: &mut Gathered,
) {
    let mut row = Row {
        line: item.line,
        called: format!("row {}", index + 1),
        ..Row::default()
    };
    let (mut names, mut tags): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut used: Vec<&str> = Vec::new();
    for field in fields {
        let values = match &field.from {
            Source::Column(column) => match columns.get(column) {
                Some(Cell::Text(text)) => vec![text.clone()],
                Some(Cell::List(items)) => items.clone(),
                None => {
                    if field.key == Key::Known("args") {
                        args_below(column, columns, &mut row, &mut used);
                    }
                    continue;
                }
            },
            Source::Text(pieces) => match filled(pieces, columns) {
                Some(text) => vec![text],
                None => {
                    let what = format!("row {} lacks a column of a field", index + 1);
                    return gathered.unsaid(item.line, what);
                }
            },
        };
        if let (Source::Column(column), Key::Arg(_)) = (&field.from, &field.key) {
            used.push(column);
        }
        let words = || values.iter().flat_map(|v| v.split([',', '\n', ' ']));
        let words = || words().map(str::trim).filter(|w| !w.is_empty());
        let one = || Some(values.join(",")).filter(|text| !text.is_empty());
        match &field.key {
            Key::Arg(name) => {
                row.args.insert(name.clone(), values.join(","));
            }
            Key::Known("reference") => {
                for word in words() {
                    match Reference::parse(word) {
                        Ok(reference) => row.references.push(reference),
                        Err(fault) => gathered.unsaid(
                            item.line,
                            format!("row {}: `{word}` is no reference: {fault}", index + 1),
                        ),
                    }
                }
            }
            Key::Known("name") => names.extend(words().map(str::to_owned)),
            Key::Known("tag") => tags.extend(words().map(str::to_owned)),
            Key::Known("base") => row.base = one(),
            Key::Known("target") => row.target = one(),
            Key::Known("dockerfile") => row.dockerfile = one().and_then(|text| path(&text)),
            Key::Known("context") => row.context = one().and_then(|text| path(&text)),
            Key::Known("platforms") => {
                for word in words() {
                    match Platform::parse(word) {
                        Some(_) => row.platforms.push(word.to_owned()),
                        None => gathered.unsaid(
                            item.line,
                            format!("row {}: `{word}` is no platform", index + 1),
                        ),
                    }
                }
            }
            Key::Known(_) => {
                for pair in values.iter().flat_map(|v| v.lines()) {
                    if let Some((name, value)) = pair.split_once('=') {
                        row.args.insert(name.trim().to_owned(), value.to_owned());
                    }
                }
            }
        }
    }
    // A tag alone may be a whole reference.
    if names.is_empty() && row.references.is_empty() {
        names = tags.iter().filter(|t| t.contains('/')).cloned().collect();
        tags.retain(|tag| !names.contains(tag));
        for name in std::mem::take(&mut names) {
            match Reference::parse(&name) {
                Ok(reference) => row.references.push(reference),
                Err(fault) => {
                    let what = format!("row {}: `{name}` is no reference: {fault}", index + 1);
                    gathered.unsaid(item.line, what);
                }
            }
        }
    }
    for tag in &tags {
        for name in &names {
            match Reference::parse(&format!("{name}:{tag}")) {
                Ok(reference) => row.references.push(reference),
                Err(fault) => {
                    let what = format!("row {}: `{name}:{tag}`: {fault}", index + 1);
                    gathered.unsaid(item.line, what);
                }
            }
        }
    }
    row.variables = columns
        .iter()
        .filter_map(|(name, cell)| match cell {
            // A build arg varies as one.
            Cell::Text(_) if used.contains(&name.as_str()) => None,
            Cell::Text(text) => Some((name.clone(), text.clone())),
            Cell::List(_) => None,
        })
        .collect();
    if row.references.is_empty() {
        let what = format!(
            "row {} has no reference: say which column is the tag, and the name, by `--field`",
            index + 1
        );
        return gathered.unsaid(item.line, what);
    }
    gathered.rows.push(row);
}

/// The columns below one, as build args.
fn args_below<'c>(
    column: &str,
    columns: &'c IndexMap<String, Cell>,
    row: &mut Row,
    used: &mut Vec<&'c str>,
) {
    let below = format!("{column}.");
    for (name, cell) in columns {
        if let (Some(arg), Cell::Text(text)) = (name.strip_prefix(&below), cell) {
            row.args.insert(arg.to_owned(), text.clone());
            used.push(name);
        }
    }
}

fn filled(pieces: &[Piece], columns: &IndexMap<String, Cell>) -> Option<String> {
    let texts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Column(column) => match columns.get(column) {
            Some(Cell::Text(text)) => Some(text.as_str()),
            _ => None,
        },
    });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::{FieldOption, rows};
    use crate::intake::value::read;

    fn options(texts: &[&str]) -> Vec<FieldOption> {
        let all = texts.iter().map(|text| FieldOption::parse(text));
        all.collect::<Result<_, _>>().expect("options")
    }

    #[test]
    fn columns_become_what_the_options_say() {
        let node = read("- { v: '3.12', t: [a, b], extra: { X: 1 } }\n").expect("YAML");
        let fields = options(&[
            "name==acme/base",
            "tag=t",
            "args=extra",
            "arg.PY=v",
            "dockerfile=./docker/{v}/Dockerfile",
            "platforms==linux/amd64,linux/arm64",
        ]);
        let found = rows(&node, &fields).expect("rows");
        let row = &found.rows[0];
        let references: Vec<String> = row.references.iter().map(|r| r.to_string()).collect();
        assert_eq!(
            references,
            ["docker.io/acme/base:a", "docker.io/acme/base:b"]
        );
        assert_eq!(row.dockerfile.as_deref(), Some("docker/3.12/Dockerfile"));
        assert_eq!(row.args["X"], "1");
        assert_eq!(row.args["PY"], "3.12");
        assert_eq!(row.platforms, ["linux/amd64", "linux/arm64"]);
    }

    #[test]
    fn a_column_that_no_row_has_is_refused() {
        let node = read("- { v: 1 }\n").expect("YAML");
        let fault = rows(&node, &options(&["tag=w"])).expect_err("a fault");
        assert!(fault.contains("no row has a column `w`"), "{fault}");
        assert!(FieldOption::parse("tga=w").is_err());
        assert!(FieldOption::parse("tag={w").is_err());
    }

    #[test]
    fn a_row_without_a_reference_is_told_not_dropped() {
        let node = read("- { t: ok/x:1 }\n- { t: 'UPPER/x:1' }\n- 3\n").expect("YAML");
        let found = rows(&node, &options(&["reference=t"])).expect("rows");
        assert_eq!(found.rows.len(), 1);
        assert!(found.told.iter().any(|told| told.line == 2));
        assert!(found.told.iter().any(|told| told.line == 3));
    }
}
