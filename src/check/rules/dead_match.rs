//! An image's `match` that removes nothing, and a channel's that leaves nothing.

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
    for (number, channel) in cx.config.channels.iter().enumerate() {
        let mut tags = cx.matrix.channel_tags.iter();
        if !tags.any(|tag| tag.channel == number) {
            let span = channel.selector.as_ref().map(|selector| &selector.span);
            let place = span.unwrap_or(&channel.span).clone();
            let finding = Finding::new(
                &code::DEAD_MATCH,
                format!("channel `{}` has no images", channel.name),
                cx.place(place, "none that is published"),
            );
            sink.push(finding.help("correct the `match` of it, or delete the channel"));
        }
    }
}
