//! Selectors, as §4 words them: all keys must hold, a list holds if any does, `@set` is a whole selector.

use toml::{Table, Value as Toml};

use crate::model::{Axis, Cell, Fault, Value, malformed, value_in};
use crate::version::Version;

/// Any of the alternatives; in each, every key must hold.
#[derive(Clone, Debug)]
pub struct Selector(Vec<Vec<(String, Terms)>>);

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
pub struct Names<'a> {
    pub axes: &'a [Axis],
    pub images: &'a [String],
    pub sets: &'a Table,
}

impl Selector {
    pub fn read(written: &Toml, names: &Names) -> Result<Selector, Fault> {
        let alternatives = alternatives(written, names, 0)?;
        if alternatives.is_empty() {
            return malformed("an empty list of selectors");
        }
        Ok(Selector(alternatives))
    }

    /// Does it select this cell of this image? An alternative that names an axis the cell lacks does not.
    pub fn holds(&self, image: &str, cell: &Cell) -> bool {
        self.touching(cell).any(|keys| {
            keys.iter().all(|(key, terms)| match key.as_str() {
                "image" => terms.hold(&Value {
                    text: image.into(),
                    attributes: vec![],
                }),
                axis => terms.hold(value_in(cell, axis).expect("touching")),
            })
        })
    }

    /// Is there an alternative that names only axes the cell has?
    pub fn touches(&self, cell: &Cell) -> bool {
        self.touching(cell).next().is_some()
    }

    fn touching(&self, cell: &Cell) -> impl Iterator<Item = &Vec<(String, Terms)>> {
        self.0.iter().filter(|keys| {
            keys.iter()
                .all(|(key, _)| key == "image" || value_in(cell, key).is_some())
        })
    }
}

fn alternatives(
    written: &Toml,
    names: &Names,
    depth: usize,
) -> Result<Vec<Vec<(String, Terms)>>, Fault> {
    if depth > 8 {
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
        Toml::String(text) => {
            let set = text.strip_prefix('@').and_then(|name| names.sets.get(name));
            match set {
                Some(set) => alternatives(set, names, depth + 1),
                None => malformed(format!("no set `{text}`")),
            }
        }
        Toml::Table(table) => {
            let mut keys = Vec::new();
            for (key, value) in table {
                keys.push((key.clone(), terms(key, value, names)?));
            }
            Ok(vec![keys])
        }
        other => malformed(format!("not a selector: {other}")),
    }
}

fn terms(key: &str, written: &Toml, names: &Names) -> Result<Terms, Fault> {
    let known: Vec<&str> = match names.axes.iter().find(|axis| axis.name == key) {
        Some(axis) => axis
            .values
            .iter()
            .map(|value| value.text.as_str())
            .collect(),
        None if key == "image" => names.images.iter().map(String::as_str).collect(),
        None => return malformed(format!("no axis `{key}`")),
    };
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
                && !known.contains(&text.as_str())
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
