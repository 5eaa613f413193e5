//! An image's `match` that removes nothing.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for (image, removes) in cx.config.images.iter().zip(&cx.matrix.match_removes) {
        if let Some(selector) = image.matches.as_ref().filter(|_| !removes) {
            sink.push(
                Finding::new(
                    &code::DEAD_MATCH,
                    format!("the `match` of image `{}` removes nothing", image.key),
                    cx.place(selector.span.clone(), "accepts every cell of its axes"),
                )
                .help("delete it, or correct the value it means"),
            );
        }
    }
}
