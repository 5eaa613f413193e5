//! A `when` row that applies to no spec, and a row or step of a pipeline that is for no build.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::matrix::{ImageId, Selector};

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
    for (pipeline, shape, _) in cx.config.ci.shapes() {
        let rows = shape.rows.iter().map(|row| (&row.selector, None));
        let steps = shape.steps.iter();
        let steps = steps.map(|(key, selector)| (selector, Some(key)));
        for (selector, step) in rows.chain(steps) {
            if builds(cx, selector) {
                continue;
            }
            let what = match step {
                Some(key) => format!("step `{key}`"),
                None => "a `when` row".to_owned(),
            };
            sink.push(
                Finding::new(
                    &code::DEAD_WHEN,
                    format!("{what} of `[ci.{pipeline}]` is for no build"),
                    cx.place(selector.span.clone(), "holds for no cell that exists"),
                )
                .help("correct its `match`, or delete it"),
            );
        }
    }
}

/// Whether a selector accepts any build.
fn builds(cx: &Context<'_>, selector: &Selector) -> bool {
    let mut specs = cx.matrix.specs.iter();
    specs.any(|s| selector.holds_on_any(s.image, &s.cell, cx.config.arch, &s.arches))
}
