//! A build arg that the Dockerfile never declares, or not where it is used.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::diagnostic::{Finding, Place, Sink, code, nearest};
use crate::dockerfile::{Declared, Dockerfile, Kind, Reach};

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

/// At most so many places of each kind are shown.
const SHOWN: usize = 3;

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
                if let Some(finding) = never_arrives(cx, &own, name) {
                    sink.push(finding);
                }
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

/// That an arg which is declared reaches nothing that is built, by any spec that takes the file.
fn never_arrives(cx: &Context<'_>, own: &Cooked<'_>, name: &str) -> Option<Finding> {
    let file = &own.recipe.file;
    let parsed = own.recipe.parsed.as_ref().ok()?;
    let mut specs = Vec::new();
    let mut lost: Option<Reach> = None;
    let same = cx.cooked().filter(|other| {
        other.recipe.own
            && other.recipe.file.path == file.path
            && other.rendered.args.contains_key(name)
    });
    for other in same {
        for (_, build) in cx.builds(&other) {
            let Ok(build) = &*build else { return None };
            let reach = build.reach(parsed, &file.text, name);
            // A script may read what it is not seen to name.
            if !reach.used.is_empty() || !reach.exposed.is_empty() {
                return None;
            }
            lost.get_or_insert(reach);
        }
        specs.push(other.id);
    }
    let reach = lost?;
    // Declared where it could be used, and named nowhere: it was never meant to do anything.
    let built = reach
        .declared
        .iter()
        .any(|(declared, _)| matches!(declared, Declared::Built(_)));
    if built && reach.missed.is_empty() {
        return None;
    }
    let span = cx.span_of(own.spec, own.spec.merged.args.get(name));
    let mut finding = Finding::new(
        &code::UNDECLARED_ARG,
        format!(
            "the build arg `{name}` reaches nothing that `{}` builds",
            file.path
        ),
        cx.place(
            key_before(&cx.config.file.text, span, name),
            "whatever it says, the image is the same",
        ),
    );
    let mut places = Vec::new();
    for (declared, span) in reach.declared.iter().take(SHOWN) {
        let label = match declared {
            Declared::Global => "before the first FROM, where only FROM sees it",
            Declared::Unbuilt(_) => "in a stage that is not built",
            Declared::Built(_) => "declared behind what names it",
        };
        places.push((span, label));
    }
    let missed = reach.missed.iter().take(SHOWN);
    places.extend(missed.map(|span| (span, "has no value for it here")));
    places.sort_by_key(|(span, _)| span.start);
    for (span, label) in places {
        finding = finding.related(Place::span(file, span.clone(), label));
    }
    let help = match reach.missed.is_empty() {
        true => format!(
            "declare it (`ARG {name}`) in the stage that is built, before its use, or remove it from `args`"
        ),
        false => format!("write `ARG {name}` in this stage, before the instruction that names it"),
    };
    Some(finding.help(help).about(specs))
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
