//! Dockerfiles of the user's that cannot be read or parsed, and contexts that are not there.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
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
        let Some(file) = &rendered.own else {
            if cx.repository.refuses(&rendered.dockerfile) {
                continue;
            }
            sink.push(
                Finding::new(
                    &code::DOCKERFILE_MISSING,
                    format!("`{}` cannot be read", rendered.dockerfile),
                    cx.place(
                        field.span.clone(),
                        format!("for {}", spec.describe(cx.config)),
                    ),
                )
                .help(
                    "create the file, or correct the path; it is relative to the repository root",
                ),
            );
            continue;
        };
        if let Err(error) = parse_dockerfile::parse(&file.text) {
            let start = offset(&file.text, error.line(), error.column());
            let word = file.text[start..].find(char::is_whitespace);
            let end = word.map_or(file.text.len(), |length| start + length);
            let message = error.to_string().replace('\'', "`");
            // Line and column are the place's to tell.
            let what = message.split(" at line ").next().unwrap_or_default();
            sink.push(
                Finding::new(
                    &code::DOCKERFILE_SYNTAX,
                    format!("the Dockerfile cannot be parsed: {what}"),
                    Place::span(file, start..end, ""),
                )
                .related(cx.place(
                    field.span.clone(),
                    format!("built for {}", spec.describe(cx.config)),
                )),
            );
        }
    }
}

/// Byte offset of a one-based line and column.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let mut at = (start + column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
