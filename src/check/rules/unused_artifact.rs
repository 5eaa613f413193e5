//! What a pipeline makes, and no image is built from.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for artifact in &cx.config.artifacts {
        let mut contents = cx.contents.iter();
        if contents.any(|(_, spec)| spec.artifacts.contains_key(&artifact.name)) {
            continue;
        }
        sink.push(
            Finding::new(
                &code::UNUSED_ARTIFACT,
                format!("no image is built from artifact `{}`", artifact.name),
                cx.place(artifact.span.clone(), format!("no context sends `{}`", artifact.path)),
            )
            .help("correct its `path`, the `context` of an image or its `.dockerignore`, or delete it"),
        );
    }
}
