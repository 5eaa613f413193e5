//! What a file of YAML or JSON holds, with the line of each value. Numbers come out as programs print them: `3.10` is `3.1`.

use std::collections::HashMap;

use jsonc_parser::ast::Value as Json;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use saphyr_parser::{Event, Parser, ScalarStyle};

/// Values deeper in each other than this are refused: no file of people is so deep.
const DEEPEST: usize = 100;
/// More values than this are refused, those that aliases repeat included.
const MOST: usize = 400_000;

/// A value and the line where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// One-based.
    pub(super) line: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text(String),
    /// As a program prints it, and as it is written.
    Number(String, String),
    Bool(bool),
    Null,
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

/// Why a file cannot be read.
#[derive(Clone, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Unreadable {
    /// One-based.
    pub line: usize,
    /// Why.
    pub what: String,
}

impl Node {
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        self.map()?
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(super) fn map(&self) -> Option<&[(String, Node)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// What a scalar prints as; nothing prints as the empty text.
    pub(super) fn text(&self) -> Option<String> {
        match &self.kind {
            Kind::Text(text) | Kind::Number(text, _) => Some(text.clone()),
            Kind::Bool(yes) => Some(yes.to_string()),
            Kind::Null => Some(String::new()),
            Kind::List(_) | Kind::Map(_) => None,
        }
    }

    /// The number that loses a digit as it is printed, as it is written and as it comes out.
    pub(super) fn lost(&self) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::Number(printed, written) if printed != written => Some((written, printed)),
            _ => None,
        }
    }
}

/// The values of a file: one of JSON, or of YAML with one document.
pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[']) {
        let json = json(text);
        // A flow of YAML may begin the same way.
        return json.or_else(|fault| yaml(text).map_err(|_| fault));
    }
    yaml(text)
}

/// Starts of lines, by which offsets become lines.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Lines(ends.map(|(at, _)| at).collect())
    }

    fn at(&self, offset: usize) -> usize {
        self.0.partition_point(|end| *end < offset) + 1
    }
}

fn json(text: &str) -> Result<Node, Unreadable> {
    let lines = Lines::of(text);
    if deepest(text) > DEEPEST {
        let what = "the values are too deep in each other".to_owned();
        return Err(Unreadable { line: 1, what });
    }
    // Strict, so that what `deepest` counts is what there is: in a comment a quote is none.
    let options = ParseOptions {
        allow_comments: false,
        allow_single_quoted_strings: false,
        allow_missing_commas: false,
        ..ParseOptions::default()
    };
    let parsed =
        parse_to_ast(text, &CollectOptions::default(), &options).map_err(|fault| Unreadable {
            line: lines.at(fault.range().start),
            what: fault.kind().to_string(),
        })?;
    let Some(value) = parsed.value else {
        let what = "the file is empty".to_owned();
        return Err(Unreadable { line: 1, what });
    };
    from_json(&value, &lines)
}

/// An upper bound of how deep brackets stand in each other: the parser calls itself for each.
fn deepest(text: &str) -> usize {
    let (mut depth, mut most) = (0usize, 0usize);
    let mut quoted = false;
    let mut escaped = false;
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}

fn from_json(value: &Json<'_>, lines: &Lines) -> Result<Node, Unreadable> {
    let line = lines.at(value.range().start);
    let kind = match value {
        Json::StringLit(text) => Kind::Text(text.value.to_string()),
        Json::NumberLit(number) => number_kind(number.value),
        Json::BooleanLit(value) => Kind::Bool(value.value),
        Json::NullKeyword(_) => Kind::Null,
        Json::Array(array) => {
            let items = array.elements.iter().map(|item| from_json(item, lines));
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let mut entries = Entries::default();
            for property in &object.properties {
                let key = property.name.as_str().to_owned();
                entries.add(key, from_json(&property.value, lines)?)?;
            }
            Kind::Map(entries.all)
        }
    };
    Ok(Node { line, kind })
}

/// The entries of a table, each key once.
#[derive(Default)]
struct Entries {
    all: Vec<(String, Node)>,
    known: HashMap<String, usize>,
}

impl Entries {
    fn add(&mut self, key: String, value: Node) -> Result<(), Unreadable> {
        if self.known.insert(key.clone(), self.all.len()).is_some() {
            let what = format!("the key `{key}` is there twice");
            return Err(Unreadable {
                line: value.line,
                what,
            });
        }
        self.all.push((key, value));
        Ok(())
    }
}

/// A list or table whose end has not come yet.
struct Open {
    line: usize,
    anchor: usize,
    is_map: bool,
    inside: Vec<Node>,
}

fn yaml(text: &str) -> Result<Node, Unreadable> {
    let mut documents: Vec<Node> = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, (Node, usize)> = HashMap::new();
    let mut count = 0usize;
    for event in Parser::new_from_str(text) {
        let (event, marks) = event.map_err(|fault| Unreadable {
            line: fault.marker().line(),
            what: fault.info().to_owned(),
        })?;
        let line = marks.start.line();
        let refused = |what: &str| Unreadable {
            line,
            what: what.to_owned(),
        };
        count += 1;
        let (done, anchor) = match event {
            Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _) => {
                if open.len() == DEEPEST {
                    return Err(refused("the values are too deep in each other"));
                }
                open.push(Open {
                    line,
                    anchor,
                    is_map: matches!(event, Event::MappingStart(..)),
                    inside: Vec::new(),
                });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(done) => {
                    let anchor = done.anchor;
                    (done.close()?, anchor)
                }
                None => continue,
            },
            Event::Scalar(value, style, anchor, tag) => {
                let text = tag.as_ref().is_some_and(|tag| tag.suffix == "str");
                let kind = match style {
                    ScalarStyle::Plain if !text => plain(&value),
                    _ => Kind::Text(value.to_string()),
                };
                (Node { line, kind }, anchor)
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some((known, size)) => {
                    count += size;
                    if count > MOST {
                        return Err(refused("its aliases repeat more than can be read"));
                    }
                    (known.clone(), 0)
                }
                None => return Err(refused("an alias of what has no end yet")),
            },
            _ => continue,
        };
        if count > MOST {
            return Err(refused("there are more values than can be read"));
        }
        if anchor > 0 {
            let size = size(&done);
            anchors.insert(anchor, (done.clone(), size));
        }
        match open.last_mut() {
            Some(open) => open.inside.push(done),
            None => documents.push(done),
        }
    }
    match <[Node; 1]>::try_from(documents) {
        Ok([only]) => Ok(only),
        Err(several) => Err(Unreadable {
            line: several.get(1).map_or(1, |second| second.line),
            what: match several.len() {
                0 => "the file is empty".to_owned(),
                _ => "there is more than one document".to_owned(),
            },
        }),
    }
}

fn size(node: &Node) -> usize {
    match &node.kind {
        Kind::List(items) => 1 + items.iter().map(size).sum::<usize>(),
        Kind::Map(entries) => 1 + entries.iter().map(|(_, value)| size(value)).sum::<usize>(),
        _ => 1,
    }
}

impl Open {
    fn close(self) -> Result<Node, Unreadable> {
        let line = self.line;
        if !self.is_map {
            let kind = Kind::List(self.inside);
            return Ok(Node { line, kind });
        }
        let mut entries = Entries::default();
        let mut merged = Vec::new();
        let mut inside = self.inside.into_iter();
        while let (Some(key), Some(value)) = (inside.next(), inside.next()) {
            let Some(name) = key.text() else {
                let what = "a list or table cannot be a key here".to_owned();
                return Err(Unreadable {
                    line: key.line,
                    what,
                });
            };
            match (name.as_str(), value.kind) {
                ("<<", Kind::Map(more)) => merged.extend(more),
                ("<<", Kind::List(tables)) => {
                    let tables = tables.into_iter().filter_map(|table| match table.kind {
                        Kind::Map(more) => Some(more),
                        _ => None,
                    });
                    merged.extend(tables.flatten());
                }
                (_, kind) => entries.add(
                    name,
                    Node {
                        line: value.line,
                        kind,
                    },
                )?,
            }
        }
        // What the table states itself comes first, then what it is merged with, in order.
        for (key, value) in merged {
            if !entries.known.contains_key(&key) {
                entries.add(key, value)?;
            }
        }
        let kind = Kind::Map(entries.all);
        Ok(Node { line, kind })
    }
}

/// A scalar without quotes, by the core schema: YAML 1.2.2, section 10.3.2.
fn plain(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => {
            let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
            let starts = unsigned
                .strip_prefix('.')
                .unwrap_or(unsigned)
                .starts_with(|c: char| c.is_ascii_digit());
            let numeral = unsigned
                .bytes()
                .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b));
            match (starts && numeral, text.parse::<f64>()) {
                (true, Ok(_)) => number_kind(text),
                _ => Kind::Text(text.to_owned()),
            }
        }
    }
}

fn number_kind(written: &str) -> Kind {
    let printed = match (written.parse::<i64>(), written.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (_, Ok(number)) if number.is_finite() => number.to_string(),
        _ => written.to_owned(),
    };
    Kind::Number(printed, written.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Kind, read};

    #[test]
    fn a_number_is_as_programs_print_it() {
        let node = read("a: 3.10\nb: '3.10'\nc: 010\nd: 1e3\ne: 12.4.1\n").expect("YAML");
        let texts = node.map().expect("a table").iter().map(|(_, v)| v.text());
        let texts: Vec<String> = texts.flatten().collect();
        assert_eq!(texts, ["3.1", "3.10", "10", "1000", "12.4.1"]);
        assert_eq!(node.get("a").and_then(|a| a.lost()), Some(("3.10", "3.1")));
    }

    #[test]
    fn what_aliases_repeat_is_bounded() {
        let mut text = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 0..12 {
            let ten = vec![format!("*a{n}"); 10].join(", ");
            text += &format!("b{n}: &a{} [{ten}]\n", n + 1);
        }
        assert!(read(&text).expect_err("a fault").what.contains("aliases"));
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(read(&deep).is_err());
        for hidden in ["// \"\n", "/* \" */", "['\"', "] {
            assert!(read(&format!("[{hidden}{deep}")).is_err());
        }
    }

    #[test]
    fn merged_tables_and_anchors_are_written_out() {
        let text = "base: &b { x: 1, y: 2 }\nrow: { <<: *b, y: 3 }\n";
        let node = read(text).expect("YAML");
        let row = node.get("row").expect("a row");
        assert_eq!(row.get("x").and_then(|x| x.text()).as_deref(), Some("1"));
        assert_eq!(row.get("y").and_then(|y| y.text()).as_deref(), Some("3"));
    }

    #[test]
    fn the_line_of_a_value_is_known_in_both() {
        for text in ["[\n 1,\n {\"a\": [\n2]}]", "- 1\n- 2\n- a:\n  - 2\n"] {
            let node = read(text).expect("a file");
            let last = node.list().expect("a list").last().expect("an item");
            assert_eq!(last.line, 3);
            assert!(matches!(last.kind, Kind::Map(_)));
        }
    }
}
