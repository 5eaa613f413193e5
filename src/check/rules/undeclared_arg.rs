//! A build arg that the Dockerfile never declares.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code, nearest};
use crate::dockerfile::{Dockerfile, Kind};

/// Args every Dockerfile has without declaring them. Source: "Predefined ARGs" and "BuildKit built-in build args" of the
/// Dockerfile reference.
const PREDEFINED: &[&str] = &[
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
    "SOURCE_DATE_EPOCH",
];

/// Names declared by `ARG` anywhere in a Dockerfile.
fn declared(parsed: &Dockerfile) -> BTreeSet<String> {
    let args = parsed.instructions.iter().filter_map(|i| match &i.kind {
        Kind::Arg(args) => Some(args),
        _ => None,
    });
    let names = args.flatten().map(|arg| arg.name.text.clone());
    names.collect()
}

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.cooked().filter(|cooked| cooked.recipe.own) {
        let mut known = None;
        for name in own.rendered.args.keys() {
            if PREDEFINED.contains(&&**name) || name.starts_with("BUILDKIT_") {
                continue;
            }
            if !seen.insert((own.recipe.file.path.clone(), name.clone())) {
                continue;
            }
            let known = known.get_or_insert_with(|| {
                own.recipe.parsed.as_ref().ok().map(|parsed| {
                    let first = parsed.instructions[parsed.stages[0].from].keyword.clone();
                    (declared(parsed), Some(first))
                })
            });
            let Some((declared, first)) = known else {
                break;
            };
            if declared.contains(&**name) {
                continue;
            }
            let span = cx.span_of(own.spec, own.spec.merged.args.get(name));
            let mut finding = Finding::new(
                &code::UNDECLARED_ARG,
                format!(
                    "`{}` never declares the build arg `{name}`",
                    own.recipe.file.path
                ),
                cx.place(
                    key_before(&cx.config.file.text, span, name),
                    "the builder would ignore it",
                ),
            );
            if let Some(first) = first {
                finding = finding.related(Place::span(
                    &own.recipe.file,
                    first.clone(),
                    "no `ARG` for it from here on, nor before",
                ));
            }
            finding = match nearest(name, declared.iter().map(String::as_str)) {
                Some(near) => finding.help(format!("did you mean `{near}`? Or add `ARG {name}`")),
                None => finding.help(format!("add `ARG {name}` to the stage that uses it")),
            };
            sink.push(finding);
        }
    }
}

/// The bytes of the key `name` that stands before its value at `span`, or the value's where something else does.
fn key_before(text: &str, span: Range<usize>, name: &str) -> Range<usize> {
    let before = text[..span.start].trim_end_matches([' ', '\t', '=', '"', '\'']);
    if before.ends_with(name) {
        before.len() - name.len()..before.len()
    } else {
        span
    }
}
