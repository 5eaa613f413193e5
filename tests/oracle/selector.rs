//! Selectors, as §4 words them: all keys must hold, a list of selectors holds if any does, `@set` is a whole selector,
//! `!@set` its complement, and a key may be an attribute.

use std::collections::BTreeSet;

use toml::{Table, Value as Toml};

use crate::oracle::model::{Axis, Cell, Fault, Value, malformed, value_in};
use crate::oracle::template::said;
use crate::oracle::version::Version;

/// Any of the alternatives; in each, every part must hold.
#[derive(Clone, Debug)]
pub(super) struct Selector(Vec<Vec<Part>>);

#[derive(Clone, Debug)]
enum Part {
    Image(Terms),
    /// The value, or one of its attributes.
    Axis(String, Option<String>, Terms),
    /// Not this selector, among cells that have all of these axes.
    Not(Selector, BTreeSet<String>),
}

/// Any of the strings; in each, every comma-part must hold.
#[derive(Clone, Debug)]
struct Terms(Vec<Vec<Term>>);

#[derive(Clone, Debug)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Equal(String),
    Range(&'static str, Version),
    Prefix(Vec<u64>),
    Glob(String),
}

/// The names a selector may use.
pub(super) struct Names<'a> {
    pub axes: &'a [Axis],
    pub images: &'a [String],
    pub sets: &'a Table,
}

impl Selector {
    pub(super) fn read(written: &Toml, names: &Names) -> Result<Selector, Fault> {
        let alternatives = alternatives(written, names, 0)?;
        if alternatives.is_empty() {
            return malformed("an empty list of selectors");
        }
        Ok(Selector(alternatives))
    }

    /// Does it select this cell of this image? An alternative that names an axis the cell lacks does not.
    pub(super) fn holds(&self, image: &str, cell: &Cell) -> bool {
        self.touching(cell)
            .any(|parts| parts.iter().all(|part| part.holds(image, cell)))
    }

    /// Is there an alternative that names only axes the cell has?
    pub(super) fn touches(&self, cell: &Cell) -> bool {
        self.touching(cell).next().is_some()
    }

    fn touching(&self, cell: &Cell) -> impl Iterator<Item = &Vec<Part>> {
        self.0.iter().filter(|parts| {
            let axes = parts.iter().flat_map(Part::axes);
            axes.into_iter().all(|axis| value_in(cell, &axis).is_some())
        })
    }

    fn axes(&self) -> BTreeSet<String> {
        self.0.iter().flatten().flat_map(Part::axes).collect()
    }
}

impl Part {
    fn axes(&self) -> BTreeSet<String> {
        match self {
            Part::Image(_) => BTreeSet::new(),
            Part::Axis(axis, ..) => BTreeSet::from([axis.clone()]),
            Part::Not(_, axes) => axes.clone(),
        }
    }

    fn holds(&self, image: &str, cell: &Cell) -> bool {
        match self {
            Part::Image(terms) => terms.hold(&plain(image)),
            Part::Not(selector, _) => !selector.holds(image, cell),
            Part::Axis(axis, attribute, terms) => {
                let value = value_in(cell, axis).expect("touching");
                match attribute {
                    None => terms.hold(value),
                    // Who has no such attribute is meant by no term, a negated one included.
                    Some(name) => {
                        looked_up(axis, value, name).is_some_and(|found| terms.hold(&plain(&found)))
                    }
                }
            }
        }
    }
}

fn plain(text: &str) -> Value {
    Value {
        text: text.into(),
        attributes: vec![],
    }
}

/// An attribute as declared, or as it is by default.
fn looked_up(axis: &str, value: &Value, name: &str) -> Option<String> {
    let own = value.attribute(name).map(str::to_string);
    own.or_else(|| match name {
        "version" => value.version().map(|_| value.version_text().to_string()),
        "platform" if axis == "arch" => Some(format!("linux/{}", value.text)),
        part => said(value.version_text(), &value.version()?, part),
    })
}

fn alternatives(written: &Toml, names: &Names, depth: usize) -> Result<Vec<Vec<Part>>, Fault> {
    if depth > 12 {
        return malformed("sets that name each other");
    }
    match written {
        Toml::Array(list) => {
            let mut all = Vec::new();
            for one in list {
                all.extend(alternatives(one, names, depth + 1)?);
            }
            Ok(all)
        }
        Toml::String(text) if text.starts_with(['@', '!']) => set(text, names, depth),
        Toml::String(text) => table(&split(text)?, names, depth),
        Toml::Table(written) => table(written, names, depth),
        other => malformed(format!("not a selector: {other}")),
    }
}

/// `@set`, or `!@set`: its complement among cells that have all of the set's axes.
fn set(text: &str, names: &Names, depth: usize) -> Result<Vec<Vec<Part>>, Fault> {
    let (negated, name) = match text.strip_prefix("!@") {
        Some(name) => (true, Some(name)),
        None => (false, text.strip_prefix('@')),
    };
    let Some(written) = name.and_then(|name| names.sets.get(name)) else {
        return malformed(format!("no set `{text}`"));
    };
    let inside = alternatives(written, names, depth + 1)?;
    if !negated {
        return Ok(inside);
    }
    let inside = Selector(inside);
    let axes = inside.axes();
    Ok(vec![vec![Part::Not(inside, axes)]])
}

/// `axis=term,axis=term`; what has no `axis=` goes on with the term before it.
fn split(text: &str) -> Result<Table, Fault> {
    let mut keys: Vec<(String, String)> = Vec::new();
    for piece in text.split(',') {
        let key = piece.split_once('=').filter(|(key, _)| {
            let word = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
            !key.is_empty() && key.chars().all(word)
        });
        match (key, keys.last_mut()) {
            (Some((key, term)), _) => keys.push((key.into(), term.into())),
            (None, Some((_, terms))) => *terms += &format!(",{piece}"),
            (None, None) => return malformed(format!("not a selector: `{text}`")),
        }
    }
    let table: Table = keys
        .iter()
        .cloned()
        .map(|(key, term)| (key, term.into()))
        .collect();
    if table.len() != keys.len() {
        return malformed("a key twice");
    }
    Ok(table)
}

fn table(written: &Table, names: &Names, depth: usize) -> Result<Vec<Vec<Part>>, Fault> {
    let mut all: Vec<Vec<Part>> = vec![Vec::new()];
    for (key, value) in written {
        let more = match (key.split_once('.'), value) {
            (None, value) if key == "set" => any_set(value, names, depth)?,
            (None, value) if key == "image" => {
                vec![vec![Part::Image(terms(key, value, names.images)?)]]
            }
            (Some((axis, attribute)), value) => vec![vec![of_axis(axis, attribute, value, names)?]],
            // `cuda.os = …` in TOML is a table in a table.
            (None, Toml::Table(attributes)) => {
                let parts = attributes
                    .iter()
                    .map(|(attribute, value)| of_axis(key, attribute, value, names));
                vec![parts.collect::<Result<_, _>>()?]
            }
            (None, value) => vec![vec![of_axis(key, "value", value, names)?]],
        };
        all = both(&all, &more);
    }
    Ok(all)
}

/// Every way to hold for the one and for the other.
fn both(left: &[Vec<Part>], right: &[Vec<Part>]) -> Vec<Vec<Part>> {
    let with = |left: &Vec<Part>| {
        let longer = |right: &Vec<Part>| [left.clone(), right.clone()].concat();
        right.iter().map(longer).collect::<Vec<_>>()
    };
    left.iter().flat_map(with).collect()
}

/// Any of a list; of those with a comma between them, all.
fn any_set(written: &Toml, names: &Names, depth: usize) -> Result<Vec<Vec<Part>>, Fault> {
    let list = match written {
        Toml::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut any = Vec::new();
    for one in list {
        let Some(text) = one.as_str() else {
            return malformed("a set is a string");
        };
        let mut all = vec![Vec::new()];
        for part in text.split(',') {
            all = both(&all, &set(part, names, depth)?);
        }
        any.extend(all);
    }
    if any.is_empty() {
        return malformed("an empty list of sets");
    }
    Ok(any)
}

fn of_axis(axis: &str, attribute: &str, written: &Toml, names: &Names) -> Result<Part, Fault> {
    let Some(declared) = names.axes.iter().find(|declared| declared.name == axis) else {
        return malformed(format!("no axis `{axis}`"));
    };
    let attribute = Some(attribute).filter(|name| *name != "value");
    let known: Vec<String> = match attribute {
        None => declared.values.iter().map(|v| v.text.clone()).collect(),
        Some(name) => declared
            .values
            .iter()
            .filter_map(|value| looked_up(axis, value, name))
            .collect(),
    };
    if known.is_empty() {
        return malformed(format!("no value of `{axis}` has that attribute"));
    }
    Ok(Part::Axis(
        axis.into(),
        attribute.map(str::to_string),
        terms(axis, written, &known)?,
    ))
}

fn terms(key: &str, written: &Toml, known: &[String]) -> Result<Terms, Fault> {
    let strings = match written {
        Toml::String(one) => vec![one.as_str()],
        Toml::Array(list) => list.iter().filter_map(Toml::as_str).collect(),
        other => return malformed(format!("not a term: {other}")),
    };
    if strings.is_empty() {
        return malformed("an empty list of terms");
    }
    let mut any = Vec::new();
    for string in strings {
        let mut all = Vec::new();
        for part in string.split(',') {
            let term = term(part)?;
            if let Test::Equal(text) = &term.test
                && !known.contains(text)
            {
                return malformed(format!("`{key}` has no value `{text}`"));
            }
            all.push(term);
        }
        any.push(all);
    }
    Ok(Terms(any))
}

fn term(part: &str) -> Result<Term, Fault> {
    let (negated, body) = match part.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, part),
    };
    if body.is_empty() || body.starts_with(['!', '@', '=']) {
        return malformed(format!("not a term: `{part}`"));
    }
    Ok(Term {
        negated,
        test: test(body)?,
    })
}

fn test(body: &str) -> Result<Test, Fault> {
    for sign in [">=", "<=", ">", "<"] {
        if let Some(bound) = body.strip_prefix(sign) {
            return match Version::parse(bound) {
                Some(version) => Ok(Test::Range(sign, version)),
                None => malformed(format!("not a version: `{bound}`")),
            };
        }
    }
    if let Some(stem) = body.strip_suffix(".*")
        && let Some(version) = Version::parse(stem)
        && version.is_final()
    {
        return Ok(Test::Prefix(version.numbers));
    }
    if body.contains('*') {
        return Ok(Test::Glob(body.into()));
    }
    Ok(Test::Equal(body.into()))
}

impl Terms {
    fn hold(&self, value: &Value) -> bool {
        self.0.iter().any(|all| {
            all.iter()
                .all(|term| term.test.holds(value) != term.negated)
        })
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match self {
            Test::Equal(text) => value.text == *text,
            Test::Glob(pattern) => glob(pattern.as_bytes(), value.text.as_bytes()),
            Test::Prefix(numbers) => value
                .version()
                .is_some_and(|version| version.starts_with(numbers)),
            Test::Range(sign, bound) => value.version().is_some_and(|version| {
                let order = version.compare(bound);
                match *sign {
                    ">=" => order.is_ge(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_lt(),
                }
            }),
        }
    }
}

/// `*` stands for any text, the empty one too.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((byte, rest)) => text.first() == Some(byte) && glob(rest, &text[1..]),
    }
}
