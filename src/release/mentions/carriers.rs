//! Variables that hold where images are: `REGISTRY=docker.io/acme`, `IMAGE = "ghcr.io/acme/server"`.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::release::mentions::names::ImageNames;

/// A variable in a text that is followed by more of a reference, and the value that is meant.
pub(in crate::release) type Carrier = (Range<usize>, Range<usize>);

impl ImageNames<'_> {
    /// The variables of a text whose one value begins a reference to an image of the matrix, where a reference goes on after
    /// them: `$REGISTRY/server:v1`, `{IMAGE}:v1`, `${{ env.REGISTRY }}/acme/server:v1`.
    pub(super) fn carriers(&self, text: &str) -> Vec<Carrier> {
        let (Some(given), Some(used)) = (GIVEN.as_ref(), USED.as_ref()) else {
            return Vec::new();
        };
        let mut values: HashMap<&str, Option<Range<usize>>> = HashMap::new();
        for found in given.captures_iter(text) {
            let (Some(name), Some(value)) = (found.get(1), found.get(2)) else {
                continue;
            };
            let known = values
                .entry(name.as_str())
                .or_insert_with(|| Some(value.range()));
            // Of two values either may be meant.
            if known
                .as_ref()
                .is_some_and(|at| text[at.clone()] != *value.as_str())
            {
                *known = None;
            }
        }
        values.retain(|_, value| {
            value
                .as_ref()
                .is_some_and(|at| self.begins(&text[at.clone()]))
        });
        if values.is_empty() {
            return Vec::new();
        }
        let uses = used.captures_iter(text).filter_map(|found| {
            let name = found.iter().skip(1).flatten().next()?.as_str();
            let place = found.get(0)?.range();
            let value = values.get(name)?.clone()?;
            let more = text[place.end..].starts_with(['/', ':']);
            more.then_some((place, value))
        });
        uses.collect()
    }

    /// Whether a value is the host of a registry of the matrix, the registry, or an image in it, without a tag.
    fn begins(&self, value: &str) -> bool {
        let value = value.trim_end_matches('/');
        let below = |whole: &str, part: &str| {
            whole
                .strip_prefix(part)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let tagged = value
            .rsplit('/')
            .next()
            .is_some_and(|last| last.contains(':'));
        let prefixes = &self.prefixes;
        let host = value.contains(['.', ':']) && prefixes.iter().any(|prefix| below(prefix, value));
        host || !tagged && prefixes.iter().any(|prefix| below(value, prefix))
    }
}

/// `NAME=value`, `NAME: value`, `NAME := "value"` where a line or a command begins.
static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = r"(?:(?:export|readonly|local|declare|set|ENV|ARG|const|let|var|val|def|static|final|public|private|String)[ \t]+)*";
    Regex::new(&format!(
        r#"(?m)(?:^[ \t]*(?:[$>%-][ \t]+)*|;[ \t]*){words}(?:\$env:|\$)?["']?([A-Za-z_]\w*)["']?[ \t]*(?::=|\?=|=|:[ \t])[ \t]*["'`]?([a-z0-9][\w.:/-]*)["'`]?[ \t]*(?:[;,#}})].*)?\r?$"#
    ))
    .ok()
});

/// `$NAME`, `${NAME}`, `$(NAME)`, `{NAME}`, `{{ NAME }}`, `${{ env.NAME }}`, `#{NAME}`.
static USED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let forms = [
        r"\$\{\{[ ]*env\.(\w+)[ ]*\}\}",
        r"\{\{[ ]*(\w+)[ ]*\}\}",
        r"\$\$?\{(?:env\.|var\.|local\.)?(\w+)\}",
        r"\$\$?\((\w+)\)",
        r"#?\{(\w+)\}",
        r"\$\$?([A-Za-z_]\w*)",
    ];
    Regex::new(&forms.join("|")).ok()
});
