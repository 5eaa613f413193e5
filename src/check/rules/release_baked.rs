//! A field that prints the release into the image.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for spec in &cx.matrix.specs {
        for field in spec.merged.content_fields() {
            if !cx.config.fields.reads(field, "release") || !seen.insert(field.span.start) {
                continue;
            }
            sink.push(release_finding(cx.place(field.span.clone(), RELEASE_LABEL)));
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
