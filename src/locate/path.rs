//! Key paths: `project.version`, `tool."a.b".c`, `package[0].version`, `images[name=acme/app].newTag`.

use std::ops::Range;

/// The way to a value in a TOML, JSON or YAML file: keys with dots between them, in quotes where a key holds anything
/// but letters, digits, `_` or `-`; `[n]` after a key is an item of a list, counted from 0, `[name=x]` the one of which the
/// key `name` says `x`, and `["a.b"]` a key again. Of a file of several documents `[kind=x]` at the start picks one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(Vec<Step>);

/// One step of the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Key(String),
    Item(usize),
    /// The item of which the value at a path of keys is a text.
    Named(Vec<String>, String),
}

/// Why a key path cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct PathFault {
    /// The bytes of the path that are wrong.
    pub span: Range<usize>,
    /// What is wrong with them.
    pub what: &'static str,
}

impl KeyPath {
    /// Reads a key path.
    ///
    /// # Errors
    /// When it is empty, a quote or bracket is not closed, or something stands where a `.` should.
    pub fn parse(path: &str) -> Result<KeyPath, PathFault> {
        let mut steps = Vec::new();
        let mut at = 0;
        let fault = |span: Range<usize>, what| Err(PathFault { span, what });
        loop {
            let rest = &path[at..];
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
            if let Some(quote) = quote {
                let Some(length) = rest[1..].find(quote) else {
                    return fault(at..path.len(), "the quote is not closed");
                };
                steps.push(Step::Key(rest[1..=length].to_owned()));
                at += length + 2;
            } else if !(rest.starts_with('[') && at == 0) {
                let length = rest.find(['.', '[', ']', '"', '\'']).unwrap_or(rest.len());
                if length == 0 {
                    return fault(at..at, "a key is missing");
                }
                steps.push(Step::Key(rest[..length].trim().to_owned()));
                at += length;
            }
            while path[at..].starts_with('[') {
                let inside = &path[at + 1..];
                let Some(length) = closing(inside) else {
                    return fault(at..path.len(), "the bracket is not closed");
                };
                match item(&inside[..length]) {
                    Some(step) => steps.push(step),
                    None => {
                        let what = "the number of an item belongs here, or a key and its value as in `name=x`";
                        return fault(at + 1..at + 1 + length, what);
                    }
                }
                at += length + 2;
            }
            match path[at..].chars().next() {
                None => return Ok(KeyPath(steps)),
                Some('.') => at += 1,
                Some(c) => return fault(at..at + c.len_utf8(), "a `.` belongs between two keys"),
            }
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Steps as a path is written.
    pub(super) fn show<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
        let mut path = String::new();
        for step in steps {
            match step {
                Step::Item(index) => path.push_str(&format!("[{index}]")),
                Step::Named(keys, value) => {
                    let quoted = value.contains([']', '"', '\'']) || value.trim() != value;
                    let quote = match (quoted, value.contains('"')) {
                        (false, _) => "",
                        (true, false) => "\"",
                        (true, true) => "'",
                    };
                    path.push_str(&format!("[{}={quote}{value}{quote}]", keys.join(".")));
                }
                Step::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    let bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
                    if !key.is_empty() && key.chars().all(bare) {
                        path.push_str(key);
                    } else {
                        let quote = if key.contains('"') { '\'' } else { '"' };
                        path.push(quote);
                        path.push_str(key);
                        path.push(quote);
                    }
                }
            }
        }
        path
    }
}

/// Where the bracket ends whose inside a text starts with; quotes hold what is in them.
fn closing(inside: &str) -> Option<usize> {
    let mut quote = None;
    inside.char_indices().find_map(|(at, c)| match (quote, c) {
        (Some(open), c) => {
            quote = (c != open).then_some(open);
            None
        }
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (None, ']') => Some(at),
        (None, _) => None,
    })
}

/// What stands in brackets.
fn item(inside: &str) -> Option<Step> {
    let bare = |text: &str| {
        let text = text.trim();
        let quoted = ['"', '\''].iter().find_map(|quote| {
            let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
            Some(inner.to_owned())
        });
        quoted.unwrap_or_else(|| text.to_owned())
    };
    if inside.trim().starts_with(['"', '\'']) {
        return Some(Step::Key(bare(inside)));
    }
    if let Some((key, value)) = inside.split_once('=') {
        let keys: Vec<String> = key.split('.').map(|k| k.trim().to_owned()).collect();
        return (!keys.iter().any(String::is_empty)).then(|| Step::Named(keys, bare(value)));
    }
    inside.trim().parse().ok().map(Step::Item)
}
