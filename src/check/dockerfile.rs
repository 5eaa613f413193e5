//! What rules read in a Dockerfile of the user's: the args that FROM sees, and the stages that are built.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use parse_dockerfile::{Command, Dockerfile, Flag, Instruction, Stage};

/// The stages that building `target` (default: the last) takes, in order: it, what it stands on, what it copies from.
pub fn built_stages<'a, 'b>(
    parsed: &'b Dockerfile<'a>,
    target: Option<&str>,
) -> Vec<Stage<'a, 'b>> {
    let stages: Vec<Stage<'a, 'b>> = parsed.stages().collect();
    let name = |stage: &Stage<'_, '_>| {
        let named = stage.from.as_.as_ref();
        named.map(|(_, name)| name.value.to_ascii_lowercase())
    };
    let find = |called: &str, before: usize| {
        let called = called.to_ascii_lowercase();
        let by_name = stages[..before]
            .iter()
            .rposition(|s| name(s).as_deref() == Some(&*called));
        by_name.or_else(|| called.parse().ok().filter(|n| *n < before))
    };
    let last = stages.len().checked_sub(1);
    let first = target.and_then(|t| find(t, stages.len())).or(last);
    let mut taken = BTreeSet::new();
    let mut open: Vec<usize> = first.into_iter().collect();
    while let Some(index) = open.pop() {
        if !taken.insert(index) {
            continue;
        }
        let stage = &stages[index];
        open.extend(find(&stage.from.image.value, index));
        for instruction in stage.instructions {
            let flags: &[Flag<'_>] = match instruction {
                Instruction::Copy(copy) => &copy.options,
                Instruction::Run(run) => &run.options,
                _ => continue,
            };
            for value in flags.iter().filter_map(|f| f.value.as_ref()) {
                // `--from=build`, `--mount=type=bind,from=build`
                let parts = value.value.split(',');
                let named = parts.map(|p| p.strip_prefix("from=").unwrap_or(p));
                open.extend(named.filter_map(|n| find(n, index)));
            }
        }
    }
    let mut index = 0;
    let mut stages = stages;
    stages.retain(|_| {
        index += 1;
        taken.contains(&(index - 1))
    });
    stages
}

/// The bytes of an instruction that may download: RUN with its here-documents, ADD, and ENV and ARG, which may hold what
/// another then downloads.
pub fn downloads(instruction: &Instruction<'_>) -> Option<Range<usize>> {
    match instruction {
        Instruction::Run(run) => {
            let end = match &run.arguments {
                Command::Shell(text) => text.span.end,
                Command::Exec(words) => words.span.end,
                _ => run.run.span.end,
            };
            let here = run.here_docs.iter().map(|doc| doc.span.end);
            Some(run.run.span.start..here.max().unwrap_or(0).max(end))
        }
        Instruction::Add(add) => Some(add.add.span.start..add.dest.span.end),
        Instruction::Env(env) => Some(env.env.span.start..env.arguments.span.end),
        Instruction::Arg(arg) => Some(arg.arg.span.start..arg.arguments.span.end),
        _ => None,
    }
}

/// `NAME=value` of an ARG or ENV: names without a value have an empty one. `ENV NAME value` is one, too.
pub fn assignments(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let mut quote = None;
        let mut escaped = false;
        let end = rest.find(|c: char| {
            let ends = c.is_whitespace() && quote.is_none() && !escaped;
            escaped = c == '\\' && !escaped;
            match quote {
                Some(open) if open == c => quote = None,
                None if c == '"' || c == '\'' => quote = Some(c),
                _ => {}
            }
            ends
        });
        let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
        match word.split_once('=') {
            Some((name, value)) => found.push((name, value.trim_matches(['"', '\'']))),
            None => found.push((word, "")),
        }
        rest = after.trim_start();
    }
    // `ENV NAME some value`
    if let [(name, ""), ..] = found[..]
        && found.len() > 1
        && !text.contains('=')
    {
        return vec![(name, text.trim()[name.len()..].trim())];
    }
    found
}

/// Values of the args that FROM may read: those passed, else the defaults before the first FROM.
pub fn from_args(
    parsed: &Dockerfile<'_>,
    passed: &IndexMap<Arc<str>, String>,
) -> BTreeMap<String, String> {
    let mut values = BTreeMap::new();
    for instruction in &parsed.instructions {
        let Instruction::Arg(arg) = instruction else {
            break;
        };
        for word in arg.arguments.value.split_whitespace() {
            let (name, default) = word.split_once('=').unwrap_or((word, ""));
            let value = match passed.get(name) {
                Some(passed) => passed.clone(),
                None => expand(default.trim_matches(['"', '\'']), &values),
            };
            values.insert(name.to_owned(), value);
        }
    }
    values
}

/// `$NAME`, `${NAME}` and `${NAME:-default}`.
pub fn expand(text: &str, values: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, default, after) = match rest.strip_prefix('{') {
            Some(inner) => {
                let (inner, after) = inner.split_once('}').unwrap_or((inner, ""));
                let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
                (name, default, after)
            }
            None => {
                let end = rest
                    .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                    .unwrap_or(rest.len());
                (&rest[..end], "", &rest[end..])
            }
        };
        match values.get(name).filter(|v| !v.is_empty()) {
            Some(value) => out.push_str(value),
            None => out.push_str(default),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn args_are_expanded_as_from_does() {
        let values = BTreeMap::from([
            ("A".to_owned(), "x".to_owned()),
            ("E".to_owned(), String::new()),
        ]);
        for (text, expected) in [
            ("$A/b", "x/b"),
            ("${A}:1", "x:1"),
            ("${B:-d}", "d"),
            ("${E:-d}", "d"),
            ("plain", "plain"),
            ("$A$A", "xx"),
        ] {
            assert_eq!(expand(text, &values), expected, "{text}");
        }
    }

    #[test]
    fn only_stages_that_the_target_takes_are_built() {
        let text = "FROM a AS one\nFROM b AS two\nFROM c AS three\nCOPY --from=One /x /x\nFROM d AS four\n\
                    RUN --mount=type=bind,from=two,target=/t true\nFROM three\n";
        let parsed = parse_dockerfile::parse(text).expect("a Dockerfile");
        for (target, bases) in [
            (None, "a c three"),
            (Some("Four"), "b d"),
            (Some("0"), "a"),
            (Some("three"), "a c"),
            (Some("missing"), "a c three"),
        ] {
            let stages = built_stages(&parsed, target);
            let found: Vec<&str> = stages.iter().map(|s| &*s.from.image.value).collect();
            assert_eq!(found.join(" "), bases, "{target:?}");
        }
    }

    #[test]
    fn assignments_are_told_apart() {
        for (text, expected) in [
            ("A=b", vec![("A", "b")]),
            ("A", vec![("A", "")]),
            ("A=\"b c\" D='e'", vec![("A", "b c"), ("D", "e")]),
            ("A=b\\ c D=", vec![("A", "b\\ c"), ("D", "")]),
            ("A some value", vec![("A", "some value")]),
            ("", vec![]),
        ] {
            assert_eq!(assignments(text), expected, "{text}");
        }
    }
}
