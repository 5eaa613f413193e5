//! A field that prints the release into the image.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for (id, rendered) in cx
        .contents
        .iter()
        .filter(|(_, r)| r.files.holds_matrix && cx.config.release.is_some())
    {
        let spec = cx.matrix.spec(id);
        let span = cx.span_of(
            spec,
            spec.merged
                .context
                .as_ref()
                .or(spec.merged.dockerfile.as_ref()),
        );
        if seen.insert(span.start) {
            let matrix = &cx.config.file.path;
            sink.push(
                release_finding(cx.place(
                    span,
                    format!("the context `{}` holds `{matrix}`", rendered.context),
                ))
                .help(format!("add `{matrix}` to its `.dockerignore`")),
            );
        }
    }
    for spec in &cx.matrix.specs {
        for field in spec.merged.content_fields() {
            if !cx.config.fields.reads(field, "release") || !seen.insert(field.span.start) {
                continue;
            }
            let place = cx.place(field.span.clone(), RELEASE_LABEL);
            sink.push(
                release_finding(place)
                    .help("let the tag alone state the release, where that is enough"),
            );
        }
    }
}

/// What stands beside a place that prints the release.
pub const RELEASE_LABEL: &str = "so every release builds all of these again";

/// The note about a place that prints the release into the image.
pub fn release_finding(place: Place) -> Finding {
    Finding::new(
        &code::RELEASE_BAKED,
        "the release goes into the image",
        place,
    )
    .note("an image whose content did not change is only tagged anew; this one never is")
}
