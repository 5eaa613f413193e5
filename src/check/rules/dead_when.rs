//! A `when` row that applies to no spec.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::matrix::ImageId;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    for (index, image) in cx.config.images.iter().enumerate() {
        let specs: Vec<_> = cx
            .matrix
            .specs
            .iter()
            .filter(|s| s.image == ImageId(index))
            .collect();
        for row in &image.rows {
            let Some(selector) = &row.selector else {
                continue;
            };
            // An image without any spec is reported by itself.
            if specs.is_empty() || specs.iter().any(|s| selector.holds(s.image, &s.cell, None)) {
                continue;
            }
            sink.push(
                Finding::new(
                    &code::DEAD_WHEN,
                    format!("a `when` row of image `{}` applies to no spec", image.key),
                    cx.place(row.span.clone(), "holds for no cell that exists"),
                )
                .help("correct its `match`, or delete the row"),
            );
        }
    }
}
