//! What starts a pipeline: git tags, branches, and the paths that a change has to touch.
//!
//! Every provider has patterns of its own, GitHub globs, others regular expressions. Here there is one kind, of what all of
//! them can say: [`TableReader::trigger`] holds that, and [`is_pattern`] says what it is.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::config::table_reader::TableReader;
use crate::diagnostic::{Place, code};
use crate::grammar::{Spanned, is_ref_name};

/// What starts the pipelines of a provider.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Trigger {
    /// The git tags that start the pipeline that publishes, as patterns; an empty list: none does. Default: what the
    /// provider takes for a release.
    pub tags: Option<Vec<Spanned<String>>>,
    /// The branches a push to which starts it, as patterns. Default: none.
    pub branches: Vec<Spanned<String>>,
    /// Of which paths a change, or a push to one of the branches, has to touch one. Default: of any.
    pub paths: Paths,
}

/// `true`: what the images are made of; a list of patterns: these instead. What is generated, and what it is generated from,
/// is always among them.
#[derive(Clone, Debug)]
pub enum Paths {
    /// Those of the images, or any.
    Switch(bool),
    /// These.
    List(Vec<Spanned<String>>),
}

impl Default for Paths {
    fn default() -> Self {
        Paths::Switch(false)
    }
}

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Paths;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of paths, `true` or `false`")
            }
            fn visit_bool<E>(self, on: bool) -> Result<Paths, E> {
                Ok(Paths::Switch(on))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Paths, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Paths::List)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl JsonSchema for Paths {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Paths".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`true`: what the images are made of; a list of patterns: these instead. `false`: any path.",
            "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string" } }],
        })
    }
}

impl TableReader<'_> {
    /// Reports patterns that not every provider reads alike.
    pub fn trigger(&mut self, trigger: &Trigger) {
        self.twice(trigger.tags.as_deref().unwrap_or_default());
        self.twice(&trigger.branches);
        if let Paths::List(paths) = &trigger.paths {
            self.twice(paths);
        }
        let tags = trigger.tags.iter().flatten();
        let refs = tags.chain(&trigger.branches);
        let is_of_refs = |text: &str| is_pattern(text, true) && is_ref_name(text);
        for pattern in refs.filter(|pattern| !is_of_refs(pattern)) {
            let label = "letters, digits and `. _ - + /`, classes such as `[0-9]`, `*` for what holds no `/`, `**` for anything";
            self.pattern_fault(pattern, "of git tags or branches", label);
        }
        if let Paths::List(paths) = &trigger.paths {
            let is_path = |path: &str| {
                is_pattern(path, false)
                    && !path.starts_with('/')
                    && path.split('/').all(|part| {
                        !["", ".", ".."].contains(&part) && (part == "**" || !part.contains("**"))
                    })
            };
            for path in paths.iter().filter(|path| !is_path(path)) {
                let label = "from the root of the repository, with `*` within a folder and `**` for all below one";
                self.pattern_fault(path, "of paths", label);
            }
        }
    }

    /// Reports patterns that stand there again.
    fn twice(&mut self, patterns: &[Spanned<String>]) {
        for (index, pattern) in patterns.iter().enumerate() {
            let mut before = patterns[..index].iter();
            let Some(first) = before.find(|first| first.value == pattern.value) else {
                continue;
            };
            let fact = format!("the pattern `{}` is there twice", pattern.escape_debug());
            let finding = self.finding(&code::DUPLICATE_VALUE, fact, &pattern.span, "again here");
            let first = Place::span(self.file, first.span.clone(), "first here");
            self.push(finding.related(first).help("delete one of them"));
        }
    }

    fn pattern_fault(&mut self, pattern: &Spanned<String>, of: &str, label: &str) {
        let fact = format!("`{}` is no pattern {of}", pattern.escape_debug());
        let finding = self.finding(&code::INVALID_OPTION, fact, &pattern.span, label);
        self.push(
            finding
                .help("every provider has to read it alike: state several, or one that is wider"),
        );
    }
}

/// Whether a text is a pattern that every provider can be told: plain characters, `*` and `**`; with `classes`, such as
/// `[0-9]` too.
fn is_pattern(text: &str, classes: bool) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/*".contains(c);
    let mut rest = text;
    if text.is_empty() || text.contains("***") {
        return false;
    }
    while let Some(c) = rest.chars().next() {
        if c == '[' {
            let Some((class, behind)) = rest[1..].split_once(']') else {
                return false;
            };
            if !classes || !is_class(class) {
                return false;
            }
            rest = behind;
        } else if is_plain(c) {
            rest = &rest[1..];
        } else {
            return false;
        }
    }
    true
}

/// Letters and digits, and ranges of them that go up.
fn is_class(class: &str) -> bool {
    let bytes = class.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            return false;
        }
        if bytes.get(at + 1) == Some(&b'-') {
            let of_kind = |of: fn(&u8) -> bool| {
                of(&bytes[at])
                    && bytes
                        .get(at + 2)
                        .is_some_and(|end| of(end) && *end > bytes[at])
            };
            let kinds = [
                u8::is_ascii_digit,
                u8::is_ascii_lowercase,
                u8::is_ascii_uppercase,
            ];
            if !kinds.into_iter().any(of_kind) {
                return false;
            }
            at += 3;
        } else {
            at += 1;
        }
    }
    !bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::is_pattern;

    #[test]
    fn patterns_are_what_all_can_be_told() {
        for good in [
            "v*",
            "main",
            "release/**",
            "v[0-9]*",
            "images-v[0-9a-f]*",
            "1.0+cu12",
        ] {
            assert!(is_pattern(good, true), "{good}");
        }
        for bad in [
            "", "v?", "!v*", "a b", "v***", "[", "[]", "[a-]", "[9-0]", "[a-Z]", "[^a]", "{a,b}",
            "a\\b", "ü", "a'b", "${{ x }}",
        ] {
            assert!(!is_pattern(bad, true), "{bad}");
        }
        assert!(!is_pattern("docker/[a]", false));
    }
}
