//! A build arg that the Dockerfile never declares, or not where it is used.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::diagnostic::{Finding, Place, Sink, code, nearest};
use crate::dockerfile::{Declared, Lack, Missed, Reach};
use crate::image::Spec;

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

/// Variables that images which much is built on set themselves, so that what names one need not mean an arg. Source: ENV
/// of `python`, `node`, `golang`, `rust`, `ruby`, `php`, `eclipse-temurin`, `nvidia/cuda` and `pytorch/pytorch`.
const OF_IMAGES: &[&str] = &[
    "CARGO_HOME",
    "CUDA_VERSION",
    "GEM_HOME",
    "GOLANG_VERSION",
    "GOPATH",
    "HOME",
    "JAVA_HOME",
    "JAVA_VERSION",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "NODE_VERSION",
    "NVARCH",
    "PATH",
    "PHP_VERSION",
    "PYTHON_PIP_VERSION",
    "PYTHON_VERSION",
    "PYTORCH_VERSION",
    "RUBY_VERSION",
    "RUSTUP_HOME",
    "RUST_VERSION",
    "USER",
    "YARN_VERSION",
];

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.cooked() {
        let mut known = None;
        let written = own.written();
        for name in own.rendered.args.keys() {
            if PREDEFINED.contains(&&**name) || name.starts_with("BUILDKIT_") {
                continue;
            }
            if !seen.insert((written.clone(), name.clone())) {
                continue;
            }
            let known = known.get_or_insert_with(|| {
                own.recipe.parsed.as_ref().ok().map(|parsed| {
                    let first = parsed.instructions[parsed.stages[0].from].keyword.clone();
                    (parsed.declared(), Some(first))
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
            if otherwise_read(cx, &own, name) {
                continue;
            }
            let span = cx.span_of(own.spec, own.spec.merged.args.get(name));
            let mut finding = Finding::new(
                &code::UNDECLARED_ARG,
                format!("`{written}` never declares the build arg `{name}`"),
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

/// Whether an arg that the Dockerfile does not declare is read all the same: by FROM, which sees some without, by the
/// template that renders it, or by an ARG that is there for what is built on the parent.
fn otherwise_read(cx: &Context<'_>, own: &Cooked<'_>, name: &str) -> bool {
    let template = || {
        let text = cx.repository.text(&own.written());
        !own.recipe.own && text.is_some_and(|text| text.text.contains("args"))
    };
    let builds = cx.builds(own);
    let mut builds = builds.iter().filter_map(|(_, b)| (**b).as_ref().ok());
    let mut by_from = || {
        builds.any(|build| {
            let mut reads = build.standings.iter().flat_map(|one| &one.reads);
            reads.any(|read| **read == *name)
        })
    };
    let for_children = own.spec.parent.and_then(|parent| cx.cooked_of(parent));
    let for_children = for_children.is_some_and(|parent| {
        let parsed = parent.recipe.parsed.as_ref();
        parsed.is_ok_and(|parsed| parsed.declared().contains(name))
    });
    for_children || by_from() || template()
}

/// Whether a spec that this one stands on may set a variable of that name.
fn set_below(cx: &Context<'_>, spec: &Spec, name: &str) -> bool {
    let mut next = spec.parent;
    while let Some(parent) = next {
        if cx.contents.get(parent).dockerfile_text().contains(name) {
            return true;
        }
        next = cx.matrix.spec(parent).parent;
    }
    OF_IMAGES.contains(&name) || name.starts_with("NV_") || name.starts_with("NVIDIA_")
}

/// That an arg which is declared reaches nothing that is built, or not what cannot but mean it, by any spec that takes
/// the file.
fn never_arrives(cx: &Context<'_>, own: &Cooked<'_>, name: &str) -> Option<Finding> {
    let written = own.written();
    let mut specs = Vec::new();
    let mut values = BTreeSet::new();
    let mut lost: Option<(Cooked<'_>, Reach)> = None;
    let same = cx
        .cooked()
        .filter(|other| other.written() == written && other.rendered.args.contains_key(name));
    for other in same {
        let parsed = other.recipe.parsed.as_ref().ok()?;
        for (_, build) in cx.builds(&other).iter() {
            let Ok(build) = &**build else { return None };
            let reach = build.reach(parsed, &other.recipe.file.text, name);
            let sure = reach.missed.iter().any(|missed| missed.sure);
            let undeclared = reach.missed.iter().any(is_undeclared);
            // A script may read what it is not seen to name; what another instruction has is lacking where it is named.
            let read =
                (!reach.exposed.is_empty() && !sure) || (!reach.used.is_empty() && !undeclared);
            let arrives = !reach.exposed.is_empty() || !reach.used.is_empty();
            if read || (arrives && set_below(cx, other.spec, name)) {
                return None;
            }
            if lost.is_none() {
                lost = cx.cooked_of(other.id).map(|other| (other, reach));
            }
        }
        specs.push(other.id);
        values.extend(other.rendered.args.get(name).map(ToString::to_string));
    }
    let (shown, reach) = lost?;
    // One value that nothing reads is idle, no more: no two tags come to be one image by it.
    let is_built = |(declared, _): &(Declared, _)| matches!(declared, Declared::Built(_));
    if values.len() < 2 && reach.missed.is_empty() && reach.declared.iter().any(is_built) {
        return None;
    }
    let file = &shown.recipe.file;
    let span = cx.span_of(own.spec, own.spec.merged.args.get(name));
    let nowhere = reach.exposed.is_empty() && reach.used.is_empty();
    let (headline, label) = match nowhere {
        true => (
            format!("the build arg `{name}` reaches nothing that `{written}` builds"),
            "whatever it says, the image is the same",
        ),
        false => (
            format!("the build arg `{name}` does not reach what names it in `{written}`"),
            "what names it has another value, or none",
        ),
    };
    let primary = cx.place(key_before(&cx.config.file.text, span, name), label);
    let mut finding = Finding::new(&code::UNDECLARED_ARG, headline, primary);
    let mut places = declarations(&shown, &reach);
    let missed = reach.missed.iter().filter(|one| match &reach.used[..] {
        [] => reach.exposed.is_empty() || one.sure,
        _ => is_undeclared(one),
    });
    for missed in missed.clone().take(SHOWN) {
        let label = match &missed.why {
            Lack::Undeclared => "has no value for it here",
            Lack::Env(env) => {
                places.push((env.clone(), "this `ENV` takes its place"));
                "has the value of the `ENV`"
            }
            Lack::RunTime => "runs where no build arg is set",
            Lack::AsWritten => "is taken as it is written",
            Lack::Default => "a default, whose place is taken by what is passed",
        };
        places.push((missed.span.clone(), label));
    }
    places.sort_by_key(|(span, _)| (span.start, span.end));
    places.dedup();
    for (span, label) in places {
        finding = finding.related(Place::span(file, span, label));
    }
    let mut declared = reach.declared.iter();
    let built = declared.any(|(declared, _)| matches!(declared, Declared::Built(_)));
    let help = match missed.clone().next().map(|missed| &missed.why) {
        Some(Lack::Undeclared) => {
            format!("write `ARG {name}` in this stage, before the instruction that names it")
        }
        Some(Lack::Env(_)) => format!(
            "write `ENV {name}=${name}` behind `ARG {name}`, with the default there, or remove it from `args`"
        ),
        Some(Lack::RunTime) => {
            format!("hand it on to the image: `ENV {name}=${name}` behind `ARG {name}`")
        }
        Some(Lack::AsWritten) => {
            format!("leave `${name}` without quotes and escapes there, or remove it from `args`")
        }
        Some(Lack::Default) => format!("pass one of them alone, or name `${name}` elsewhere, too"),
        None if built => {
            format!("name `${name}` in an instruction behind its `ARG`, or remove it from `args`")
        }
        None => format!(
            "declare it (`ARG {name}`) in the stage that is built, before its use, or remove it from `args`"
        ),
    };
    Some(finding.help(help).about(specs))
}

/// Whether it cannot but mean the arg, which its stage does not declare.
fn is_undeclared(missed: &Missed) -> bool {
    missed.sure && missed.why == Lack::Undeclared
}

/// Where an arg is declared, with what that is worth.
fn declarations(own: &Cooked<'_>, reach: &Reach) -> Vec<(Range<usize>, &'static str)> {
    let stages = own.recipe.parsed.as_ref().map(|parsed| {
        let stages = parsed.stages.iter();
        let starts = stages.map(|stage| parsed.instructions[stage.from].span.start);
        starts.collect::<Vec<usize>>()
    });
    let stages = stages.unwrap_or_default();
    let stage_of = |at: usize| stages.partition_point(|start| *start <= at);
    let mut places = Vec::new();
    for (declared, span) in reach.declared.iter().take(SHOWN) {
        let undeclared = |lack: &Lack| *lack == Lack::Undeclared;
        let missed = reach.missed.iter().filter(|one| undeclared(&one.why));
        let mut earlier = missed.clone().filter(|one| {
            one.span.start < span.start && stage_of(one.span.start) == stage_of(span.start)
        });
        let label = match declared {
            Declared::Global => "before the first FROM, where only FROM sees it",
            Declared::Unbuilt(_) => "in a stage that is not built",
            Declared::Later(_) => "for what is built on the image, not for the image",
            Declared::Built(_) if earlier.next().is_some() => "declared behind what names it",
            Declared::Built(_) if missed.clone().next().is_some() => "declared for another stage",
            Declared::Built(_) if reach.missed.is_empty() => "nothing behind it reads it",
            Declared::Built(_) => "declared here",
        };
        places.push((span.clone(), label));
    }
    places
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
