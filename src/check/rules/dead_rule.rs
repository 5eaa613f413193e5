//! An exclude that, alone against the products of all images, removes nothing.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::matrix::{Conjunction, ImageId};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for exclude in &cx.config.excludes {
        if exclude.selector.any.iter().any(|c| alive(cx, c)) {
            continue;
        }
        sink.push(
            Finding::new(
                &code::DEAD_RULE,
                "the exclude removes nothing",
                cx.place(exclude.span.clone(), "no image has such a cell"),
            )
            .note(format!("its reason: {}", exclude.reason))
            .help("correct its `match`, or delete the exclude"),
        );
    }
}

/// Axes are independent in a product, so a conjunction holds somewhere iff each of its terms does.
fn alive(cx: &Context<'_>, conjunction: &Conjunction) -> bool {
    let each_term = conjunction
        .terms
        .iter()
        .all(|(_, allowed)| allowed.contains(&true));
    each_term
        && (0..cx.config.images.len()).map(ImageId).any(|id| {
            let image = &cx.config.images[id.0];
            conjunction
                .images
                .as_ref()
                .is_none_or(|images| images[id.0])
                && conjunction
                    .terms
                    .iter()
                    .all(|(axis, _)| image.axes.contains(axis) || Some(*axis) == cx.config.arch)
        })
}
