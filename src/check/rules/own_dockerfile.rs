//! Dockerfiles of the user's that cannot be read or parsed, and contexts that are not there.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{Dockerfile, Rejection};
use crate::source::{NotCheckedOut, SourceFile, conflict};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    let mut contexts = BTreeSet::new();
    for (id, rendered) in cx.contents.iter() {
        let spec = cx.matrix.spec(id);
        if rendered.context_missing && contexts.insert(rendered.context.as_str()) {
            let span = cx.span_of(spec, spec.merged.context.as_ref());
            let label = format!("for {}", spec.describe(cx.config));
            sink.push(
                Finding::new(
                    &code::DOCKERFILE_MISSING,
                    format!("the context `{}` is not a folder", rendered.context),
                    cx.place(span, label),
                )
                .help("create it, or correct the path; it is relative to the repository root"),
            );
        }
        let Some(field) = &spec.merged.dockerfile else {
            continue;
        };
        if !seen.insert(rendered.dockerfile.as_str()) {
            continue;
        }
        if rendered.own.is_none() && !cx.repository.refuses(&rendered.dockerfile) {
            let (why, help) = match cx.repository.not_checked_out(&rendered.dockerfile) {
                None => (
                    "cannot be read".to_owned(),
                    "create the file, or correct the path; it is relative to the repository root",
                ),
                Some(NotCheckedOut::Submodule(module)) => (
                    format!("lies in the submodule `{module}`, which is not checked out"),
                    "run `git submodule update --init --recursive`",
                ),
                Some(NotCheckedOut::Sparse) => (
                    "is not checked out: git leaves it out of this sparse checkout".to_owned(),
                    "run `git sparse-checkout add` with its folder",
                ),
            };
            let finding = Finding::new(
                &code::DOCKERFILE_MISSING,
                format!("`{}` {why}", rendered.dockerfile),
                cx.place(
                    field.span.clone(),
                    format!("for {}", spec.describe(cx.config)),
                ),
            );
            sink.push(finding.help(help));
        }
    }
    let mut told = Gathered::default();
    for cooked in cx.cooked() {
        let file = &cooked.recipe.file;
        if let Some(frontend) = &cooked.recipe.frontend {
            let finding = Finding::new(
                &code::DOCKERFILE_UNREAD,
                format!("`{}` is not read: its frontend is none of Docker's", file.path),
                Place::span(
                    file,
                    frontend.span.clone(),
                    format!("what `{}` understands is not known here", frontend.text.escape_debug()),
                ),
            )
            .note("its stages, bases and build args are not checked, and that nothing is said of them means nothing");
            told.add(finding, &frontend.text, &[cooked.id]);
            continue;
        }
        if is_utf16(file) {
            let span = cx.span_of(cooked.spec, cooked.spec.merged.dockerfile.as_ref());
            let label = format!("built for {}", cooked.spec.describe(cx.config));
            let finding = Finding::new(
                &code::DOCKERFILE_SYNTAX,
                format!("`{}` is UTF-16, which no builder reads", file.path),
                cx.place(span, label),
            )
            .help("save the file as UTF-8");
            told.add(finding, &file.path, &[cooked.id]);
            continue;
        }
        match &cooked.recipe.parsed {
            Err(fault) => {
                let what = format!("the Dockerfile cannot be parsed: {fault}");
                refused(cx, &cooked, fault, what, &mut told);
            }
            Ok(parsed) => {
                for (_, build) in cx.builds(&cooked).iter() {
                    if let Err(fault) = &**build {
                        let what = format!("the Dockerfile cannot be built: {fault}");
                        refused(cx, &cooked, fault, what, &mut told);
                    }
                }
                if let Some(at) = undecoded(file, parsed) {
                    let finding = Finding::new(
                        &code::DOCKERFILE_ENCODING,
                        format!("`{}` is not UTF-8", file.path),
                        Place::span(file, at, "read as a character that cannot be told"),
                    )
                    .note("a builder takes these bytes as they are, and what they mean is up to the shell")
                    .help("save the file as UTF-8");
                    told.add(finding, "", &[cooked.id]);
                }
            }
        }
    }
    told.tell(sink);
}

/// Adds the finding for what a builder refuses.
fn refused(
    cx: &Context<'_>,
    cooked: &Cooked<'_>,
    fault: &Rejection,
    what: String,
    told: &mut Gathered,
) {
    let file = &cooked.recipe.file;
    let merged = &cooked.spec.merged;
    let described = cooked.spec.describe(cx.config);
    let (span, label) = match (&merged.dockerfile, &merged.template) {
        (None, Some(template)) => (template.span.clone(), format!("rendered for {described}")),
        (dockerfile, _) => {
            let span = cx.span_of(cooked.spec, dockerfile.as_ref());
            (span, format!("built for {described}"))
        }
    };
    if let Some(at) = conflict(&file.text) {
        let headline = format!("`{}` is in the middle of a merge", file.path);
        let place = Place::span(file, at, "one side begins here");
        let finding = Finding::new(&code::DOCKERFILE_SYNTAX, headline, place)
            .help("finish the merge: keep what is meant of both sides, and delete the marks");
        told.add(finding, &file.path, &[cooked.id]);
        return;
    }
    // All of a line that is missing something, the word that is meant, or the end of the file.
    let span_of_fault = match fault.span.is_empty() && fault.span.start == file.text.len() {
        true => file.text.trim_end().len()..file.text.trim_end().len(),
        false => fault.span.clone(),
    };
    let finding = Finding::new(
        &code::DOCKERFILE_SYNTAX,
        what.clone(),
        Place::span(file, span_of_fault, ""),
    )
    .related(cx.place(span, label))
    .help("correct it: a builder refuses it as well");
    told.add(finding, &what, &[cooked.id]);
}

/// Whether a file is UTF-16, by the mark at its start or by every second of its bytes.
fn is_utf16(file: &SourceFile) -> bool {
    let bytes = file.raw().unwrap_or(file.text.as_bytes());
    let start = &bytes[..bytes.len().min(256) / 2 * 2];
    let zeros = |odd: usize| {
        start
            .iter()
            .skip(odd)
            .step_by(2)
            .filter(|b| **b == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let most = start.len() / 4;
    bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || !start.is_empty() && (even == 0 && odd > most || odd == 0 && even > most)
}

/// The first byte of an instruction that could not be decoded: in a comment nothing depends on it.
fn undecoded(file: &SourceFile, parsed: &Dockerfile) -> Option<std::ops::Range<usize>> {
    file.raw()?;
    let within = |span: &std::ops::Range<usize>| {
        let text = &file.text[span.clone()];
        let mut lines = 0;
        text.split_inclusive('\n').find_map(|line| {
            let start = span.start + lines;
            lines += line.len();
            let at = line
                .find('\u{fffd}')
                .filter(|_| !line.trim_start().starts_with('#'))?;
            Some(start + at..start + at + '\u{fffd}'.len_utf8())
        })
    };
    parsed.instructions.iter().find_map(|one| within(&one.span))
}
