//! A build config of Cloud Build as the service reads it: its steps, and where it substitutes. It is read from what was
//! rendered, because a template of the user's may have written any part of it.

use std::ops::Range;

use saphyr_parser::{Event, Parser};

/// A text of the config, and the bytes where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub value: String,
    pub span: Range<usize>,
}

/// One step.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub id: Option<Text>,
    pub wait_for: Vec<Text>,
    pub secret_env: Vec<Text>,
}

/// What the checks read of a config.
#[derive(Debug, Default)]
pub(super) struct BuildConfig {
    pub steps: Vec<Step>,
    /// Every text in which the service substitutes, and that has a dollar: it leaves scripts alone.
    pub substituted: Vec<Text>,
    /// Names of substitutions that have a default.
    pub substitutions: Vec<Text>,
    /// Variables that a secret can be put in.
    pub secrets: Vec<String>,
    /// Whether the service minds no substitution that is unknown or unused.
    pub is_loose: bool,
}

/// Where a parser is: in a list, or in a mapping at a key.
enum Open {
    List,
    Map(Option<String>),
}

impl BuildConfig {
    /// Reads a config; `None` when it is no YAML.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut config = BuildConfig::default();
        let mut open: Vec<Open> = Vec::new();
        let bytes = Bytes::of(text);
        for event in Parser::new_from_str(text) {
            let (event, marks) = event.ok()?;
            match event {
                Event::SequenceStart(..) => open.push(Open::List),
                Event::MappingStart(..) => {
                    if path(&open) == ["steps"] {
                        config.steps.push(Step::default());
                    }
                    open.push(Open::Map(None));
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    open.pop();
                    value_is_over(&mut open);
                }
                Event::Scalar(value, ..) => {
                    let span = bytes.at(marks.start.index())..bytes.at(marks.end.index());
                    if let Some(Open::Map(key @ None)) = open.last_mut() {
                        let key: &mut Option<String> = key;
                        *key = Some(value.to_string());
                        config.key(&path(&open), &value, span);
                    } else {
                        config.value(&path(&open), &value, span);
                        value_is_over(&mut open);
                    }
                }
                Event::Alias(_) => value_is_over(&mut open),
                _ => {}
            }
        }
        Some(config)
    }

    /// Takes note of a key; `path` ends in it.
    fn key(&mut self, path: &[&str], key: &str, span: Range<usize>) {
        match path {
            ["substitutions", _] => self.substitutions.push(Text {
                value: key.to_owned(),
                span,
            }),
            ["availableSecrets", "inline", "envMap", _] | ["secrets", "secretEnv", _] => {
                self.secrets.push(key.to_owned());
            }
            _ => {}
        }
    }

    /// Takes note of a scalar.
    fn value(&mut self, path: &[&str], value: &str, span: Range<usize>) {
        let text = || Text {
            value: value.to_owned(),
            span: span.clone(),
        };
        if let (["steps", key], Some(step)) = (path, self.steps.last_mut()) {
            match *key {
                "id" => step.id = Some(text()),
                "waitFor" => step.wait_for.push(text()),
                "secretEnv" => step.secret_env.push(text()),
                _ => {}
            }
        }
        match path {
            ["availableSecrets", "secretManager", "env"] => self.secrets.push(value.to_owned()),
            ["options", "substitutionOption"] => self.is_loose = value == "ALLOW_LOOSE",
            _ => {}
        }
        let is_script = path.last() == Some(&"script");
        if value.contains('$') && !is_script && path.first() != Some(&"substitutions") {
            self.substituted.push(text());
        }
    }
}

/// The keys that lead to where the parser is.
fn path(open: &[Open]) -> Vec<&str> {
    open.iter()
        .filter_map(|open| match open {
            Open::Map(key) => key.as_deref(),
            Open::List => None,
        })
        .collect()
}

/// The next scalar of a mapping is a key again.
fn value_is_over(open: &mut [Open]) {
    if let Some(Open::Map(key)) = open.last_mut() {
        *key = None;
    }
}

/// Where characters, which the parser counts, are in bytes.
struct Bytes<'a> {
    text: &'a str,
    starts: Option<Vec<usize>>,
}

impl<'a> Bytes<'a> {
    fn of(text: &'a str) -> Self {
        let starts = || text.char_indices().map(|(at, _)| at).collect();
        Bytes {
            text,
            starts: (!text.is_ascii()).then(starts),
        }
    }

    fn at(&self, character: usize) -> usize {
        match &self.starts {
            None => character.min(self.text.len()),
            Some(starts) => starts.get(character).copied().unwrap_or(self.text.len()),
        }
    }
}

/// The names that Cloud Build would substitute in a text, with where they stand: `$NAME`, `${NAME}`, and with an operation
/// of bash's behind the name, as in `${NAME:0:7}`; not `$$`, which is a dollar.
pub(super) fn named(text: &str) -> Vec<(usize, &str)> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('$') {
        rest = after;
        if let Some(after) = rest.strip_prefix('$') {
            rest = after;
            continue;
        }
        let bare = rest.strip_prefix('{').unwrap_or(rest);
        let length = bare
            .bytes()
            .take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
            .count();
        let name = &bare[..length];
        if name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') {
            names.push((text.len() - bare.len(), name));
        }
        rest = &bare[length..];
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_the_service_finds_them() {
        let found = named("a $_A-${B_2}$$C $${D} $e $(F) ${G:0:7} $");
        assert_eq!(found, [(3, "_A"), (8, "B_2"), (32, "G")]);
        assert_eq!(named("$$$X$$$$Y"), [(3, "X")]);
    }

    #[test]
    fn a_config_is_read_with_places() {
        let text = "steps:\n  - id: é\n    waitFor: ['-']\n    env: [\"A=$_A\"]\n    script: $B\n  - id: b\n    waitFor:\n      - é\n    secretEnv: [S]\nsubstitutions:\n  _A: $x\navailableSecrets:\n  secretManager:\n    - versionName: v$P\n      env: S\n";
        let config = BuildConfig::read(text).unwrap_or_default();
        let ids: Vec<_> = config
            .steps
            .iter()
            .flat_map(|s| &s.id)
            .map(|id| &text[id.span.clone()])
            .collect();
        assert_eq!(ids, ["é", "b"]);
        let waits: Vec<_> = config.steps[1]
            .wait_for
            .iter()
            .map(|w| &text[w.span.clone()])
            .collect();
        assert_eq!(waits, ["é"]);
        assert_eq!(config.steps[1].secret_env[0].value, "S");
        let substituted: Vec<_> = config
            .substituted
            .iter()
            .map(|t| t.value.as_str())
            .collect();
        assert_eq!(substituted, ["A=$_A", "v$P"]);
        assert_eq!(config.substitutions[0].value, "_A");
        assert_eq!(config.secrets, ["S"]);
        assert!(BuildConfig::read("a: [").is_none());
    }
}
