//! What a file gives its variables: `TAG=v1`, `ENV TAG=v1`, `TAG: v1`, `variable "TAG" { default = "v1" }`.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::locate;
use crate::locate::Unfound;
use crate::source::SourceFile;

/// Where the values of a variable stand on disk, and whether it may have others.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Those that are written out.
    pub known: Vec<Range<usize>>,
    /// Whether it has others.
    pub several: bool,
}

/// Ends of the names of files whose language is parsed: what a reader of constants finds there is all.
const PARSED: [&str; 12] = [
    ".py", ".pyi", ".rs", ".go", ".ts", ".mts", ".cts", ".tsx", ".js", ".jsx", ".mjs", ".cjs",
];

/// The values of a variable: what a reader of constants finds, and what else is given to the name where a command or a line
/// begins. Values with escapes are left out.
pub(super) fn values(file: &SourceFile, name: &str) -> Values {
    let parsed = PARSED.iter().any(|end| file.path.ends_with(end));
    let read = match locate::constant(file, name) {
        Ok(found) if file.text.get(found.span.clone()) != Some(&found.value) => {
            return Values::default();
        }
        Ok(found) if parsed => {
            return Values {
                known: vec![found.span],
                several: false,
            };
        }
        Ok(found) => Some(found.span),
        Err(Unfound::Syntax { .. } | Unfound::Path(_)) => return Values::default(),
        Err(_) => None,
    };
    let mut given = given(&file.text, name);
    if file.path.ends_with(".hcl") || file.path.ends_with(".tf") {
        let defaults = DEFAULTS.as_ref().into_iter();
        let defaults = defaults.flat_map(|defaults| defaults.captures_iter(&file.text));
        let defaults = defaults.filter(|found| &found[1] == name);
        given.extend(
            defaults.filter_map(|found| Some((found.get(0)?.range(), Some(found.get(2)?.range())))),
        );
    }
    let others = given.iter().filter(|(whole, _)| {
        read.as_ref()
            .is_none_or(|read| read.end <= whole.start || whole.end <= read.start)
    });
    let others: Vec<_> = others.collect();
    let several = others.len() + usize::from(read.is_some()) > 1;
    let known = others.iter().filter_map(|(_, value)| value.clone());
    Values {
        known: read.into_iter().chain(known).collect(),
        several,
    }
}

/// Whether a text seems to give a name a version, in whatever way.
pub(super) fn seems_given(text: &str, name: &str) -> bool {
    let Some(version) = VERSION.as_ref() else {
        return false;
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let rest = &text[at + name.len()..];
        if text[..at].ends_with(|c: char| is_word(c) || "$.{".contains(c))
            || rest.starts_with(is_word)
        {
            return false;
        }
        let mut lines = rest.lines();
        let line = lines.next().unwrap_or_default();
        let sign = line.trim_start_matches(['"', '\'', ']', ' ', '\t']);
        let gives = ["=", ":", "in ", "+="]
            .iter()
            .any(|begins| sign.starts_with(begins));
        // `tag:` of YAML, and what it is on the lines below.
        let below = sign.trim_end() == ":" && lines.take(3).any(|line| version.is_match(line));
        gives && !sign.starts_with("==") && (version.is_match(line) || below)
    })
}

static VERSION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"[0-9]\.[0-9]").ok());

/// What is given to a name where a command or a line begins: `TAG=v1`, `export TAG="v1"`, `[ "$X" ] && TAG=v1`, `TAG: v1`,
/// `- TAG=v1`, `let TAG = "v1";`. The bytes of each, and of its value where that is written out.
fn given(text: &str, name: &str) -> Vec<(Range<usize>, Option<Range<usize>>)> {
    let mut start = 0;
    let mut found = Vec::new();
    for line in text.split_inclusive('\n') {
        let at = start;
        start += line.len();
        if !line.contains(name) || line.trim_start().starts_with('#') {
            continue;
        }
        let places = ASSIGNED
            .as_ref()
            .into_iter()
            .flat_map(|given| given.captures_iter(line));
        for place in places.filter(|place| &place[1] == name) {
            let (Some(whole), Some(operator)) = (place.get(0), place.get(2)) else {
                continue;
            };
            let behind = &line[operator.end()..];
            if operator.as_str() == "=" && behind.starts_with('=') {
                continue;
            }
            let opened = behind.trim_start_matches([' ', '\t']);
            let bare = opened.trim_start_matches(['f', 'F', 'r', 'R', 'u', 'U']);
            let quote = bare.chars().next().filter(|c| "\"'`".contains(*c));
            let inside = if quote.is_some() { &bare[1..] } else { opened };
            let from = line.len() - inside.len();
            let length = inside.len() - inside.trim_start_matches(is_value).len();
            let rest = &inside[length..];
            let ends = match quote {
                Some(quote) => rest.starts_with(quote),
                None => {
                    rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n', ';', ',', ')', '}'])
                }
            };
            let value = &inside[..length];
            // `TAG=$(TAG)` hands it on.
            let itself = ["$", "${", "$("].iter().any(|open| {
                let rest = value
                    .strip_prefix(open)
                    .and_then(|rest| rest.strip_prefix(name));
                rest.is_some_and(|rest| {
                    !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
                })
            });
            if itself {
                continue;
            }
            let count = |sign: char| value.matches(sign).count();
            let whole_value = count('(') == count(')') && count('{') == count('}');
            let known = (ends && length > 0 && whole_value).then(|| at + from..at + from + length);
            found.push((
                at + whole.start()..at + line.trim_end().len().max(whole.end()),
                known,
            ));
        }
    }
    found
}

/// Letters of a value that may be a tag, with the variables in it.
fn is_value(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._{}$()-".contains(c)
}

static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let begins = r"(?:^[ \t]*(?:[$>%-][ \t]+)*|[;&|({][ \t]*|\b(?:then|do|else)[ \t]+|\)[ \t]+)";
    let words = r"(?:(?:export|readonly|local|declare|typeset|set|ENV|ARG|const|let|var|val|def|static|final|public|private|String)(?:[ \t]+-[A-Za-z]+)*[ \t]+)*";
    let name = r#"(?:\$env:|\$)?["']?([A-Za-z_]\w*)["']?"#;
    Regex::new(&format!(
        r"{begins}{words}{name}[ \t]*(:=|\?=|=|:(?:[ \t]|$))"
    ))
    .ok()
});

/// `variable "TAG" { default = "v1" }` of HCL.
static DEFAULTS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"variable\s+"(\w+)"\s*\{[^{}]*?\bdefault\s*=\s*"([^"\n]*)""#).ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_a_variable_its_value_on_a_line_of_its_own() {
        for (text, values) in [
            ("TAG=v1.4.0\n", &[Some("v1.4.0")][..]),
            ("  $ export TAG=\"v1.4.0\"\n", &[Some("v1.4.0")]),
            ("env:\n  TAG: v1.4.0  # now\n", &[Some("v1.4.0")]),
            ("- TAG='3.12-$V'\r\n", &[Some("3.12-$V")]),
            ("TAG=v1\nx\nTAG=v2\n", &[Some("v1"), Some("v2")]),
            (
                "TAG=v1\n[ -n \"$G\" ] && TAG=v2\n",
                &[Some("v1"), Some("v2")],
            ),
            (
                "if x; then TAG=v1; else TAG=v2; fi",
                &[Some("v1"), Some("v2")],
            ),
            (
                "gpu) TAG=v1 ;;\n*) TAG=$(date) ;;",
                &[Some("v1"), Some("$(date)")],
            ),
            ("TAG=$(git describe --tags)\n", &[None]),
            ("set TAG=v1", &[Some("v1")]),
            ("$Tag = \"v1\"", &[]),
            ("$TAG = \"v1\"", &[Some("v1")]),
            ("declare -r TAG=v1", &[Some("v1")]),
            ("TAG = f\"{PY}-v1\"\n", &[Some("{PY}-v1")]),
            ("const TAG = `${PY}-v1`;\n", &[Some("${PY}-v1")]),
            ("# TAG: v0.9\nTAG: v1", &[Some("v1")]),
            ("\tmake TAG=$(TAG)\nTAG=$TAG x\n", &[]),
            ("THE_TAG=v1\n[ TAG == v1 ]\n", &[]),
            ("TAG=v1 x\n", &[Some("v1")]),
            ("the TAG: v1\n", &[]),
        ] {
            let found = given(text, "TAG").into_iter();
            let found: Vec<Option<&str>> = found.map(|(_, at)| Some(&text[at?])).collect();
            assert_eq!(found, values, "{text}");
        }
    }
}
