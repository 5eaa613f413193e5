//! A build arg or variable of the environment that looks like a secret, and has a value.

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{Assignment, Operation};
use crate::grammar::SpecId;

/// Words between `_` that make a name one of a secret, and those that take it back. Source: `SecretsUsedInArgOrEnv` of
/// BuildKit (frontend/dockerfile/dockerfile2llb), 2026-08.
const SECRET: [&str; 10] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "passwd",
    "password",
    "pword",
    "secret",
    "token",
];
const PUBLIC: &str = "public";

/// What stands beside the place.
const KEPT: &str = "stays in the image, for whoever pulls it";

fn is_secret(name: &str) -> bool {
    let words: Vec<String> = name.split('_').map(str::to_ascii_lowercase).collect();
    words.iter().any(|w| SECRET.contains(&w.as_str())) && !words.iter().any(|w| w == PUBLIC)
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    matrix(cx, sink);
    for taken in cx.taken() {
        for (_, instruction) in taken.instructions() {
            let (what, said) = match &instruction.kind {
                Operation::Arg(said) => ("ARG", said),
                Operation::Env(said) => ("ENV", said),
                _ => continue,
            };
            for Assignment { name, value } in said {
                let value = value.as_ref().map(|v| v.text.trim_matches(['"', '\'']));
                if is_secret(&name.text) && value.is_some_and(|v| !v.is_empty()) {
                    // What a template prints of the matrix is told there.
                    let told = |id: &SpecId| {
                        let merged = &cx.matrix.spec(*id).merged;
                        let name = name.text.as_str();
                        merged.args.contains_key(name) || merged.env.contains_key(name)
                    };
                    if !taken.recipe.own && taken.specs.iter().any(told) {
                        continue;
                    }
                    let end = value.map_or(name.span.end, |_| instruction.span.end);
                    let place = taken.place(name.span.start..end, KEPT);
                    sink.push(finding(what, &name.text, place));
                }
            }
        }
    }
}

fn matrix(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    for (index, spec) in cx.matrix.specs.iter().enumerate() {
        // Beside a Dockerfile of the user's `env` goes nowhere.
        let env = Some(&spec.merged.env).filter(|_| spec.merged.dockerfile.is_none());
        let tables = [("args", Some(&spec.merged.args)), ("env", env)];
        for (table, fields) in tables {
            for (name, field) in fields.into_iter().flatten() {
                if is_secret(name) && !field.source.is_empty() {
                    let place = cx.place(field.span.clone(), KEPT);
                    told.add(finding(table, name, place), name, &[SpecId(index)]);
                }
            }
        }
    }
    told.tell(sink);
}

fn finding(what: &str, name: &str, place: Place) -> Finding {
    Finding::new(
        &code::SECRET_IN_IMAGE,
        format!("`{name}` in `{what}` looks like a secret"),
        place,
    )
    .help("mount it while building, `RUN --mount=type=secret,id=…`, or pass it when the image runs")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_by_their_words() {
        for name in [
            "TOKEN",
            "GITHUB_TOKEN",
            "aws_secret_access_key",
            "APIKEY",
            "DB_PASSWORD",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "TOKENIZER",
            "KEYRING",
            "PUBLIC_KEY",
            "MONKEY",
            "AUTHOR",
            "PATH",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
