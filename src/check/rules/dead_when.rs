//! A `when` row of an image or of the defaults that applies to no spec, a test that is for no build, and a row or step of a
//! pipeline that is for none.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::Spec;
use crate::image::pipelines::{Role, roles};
use crate::matrix::{ImageId, Selector};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // Where rows of `[[defaults.when]]` stand that some spec has.
    let mut alive: BTreeSet<usize> = BTreeSet::new();
    for (index, image) in cx.config.images.iter().enumerate() {
        let specs = &cx.matrix.specs[cx.matrix.of_image(ImageId(index))];
        for row in &image.rows {
            let Some(selector) = &row.selector else {
                continue;
            };
            if specs.iter().any(|s| selector.holds(s.image, &s.cell, None)) {
                alive.insert(row.span.start);
                continue;
            }
            // An image without any spec is reported by itself.
            if specs.is_empty() || row.shared {
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
    for span in &cx.config.default_rows {
        if !alive.contains(&span.start) {
            sink.push(
                Finding::new(
                    &code::DEAD_WHEN,
                    "a row of `[[defaults.when]]` applies to no spec",
                    cx.place(span.clone(), "holds for no cell of any image that exists"),
                )
                .help("correct its `match`, or delete the row"),
            );
        }
    }
    tests(cx, sink);
    for pipeline in &cx.config.ci.pipelines {
        let (pipeline, shape) = (pipeline.provider, &pipeline.shape);
        if shape.rows.is_empty() && shape.steps.is_empty() {
            continue;
        }
        let roles = roles(cx.matrix, shape);
        let specs = cx.matrix.specs.iter().zip(&roles);
        let built = specs.filter(|(_, role)| **role != Some(Role::None));
        let built: Vec<&Spec> = built.map(|(spec, _)| spec).collect();
        let rows = shape.rows.iter().map(|row| (&row.selector, None));
        let steps = shape.steps.iter();
        let steps = steps.map(|(key, selector)| (selector, Some(key)));
        for (selector, step) in rows.chain(steps) {
            if built.iter().any(|spec| spec.is_meant(selector)) {
                continue;
            }
            let what = match step {
                Some(key) => format!("step `{key}`"),
                None => "a `when` row".to_owned(),
            };
            // What exists is told apart from what this pipeline has of it.
            let exists = cx.matrix.specs.iter().any(|s| s.is_meant(selector));
            let narrowed = shape.selector.as_ref().filter(|_| exists);
            let label = match narrowed {
                Some(_) => "holds for nothing that this pipeline builds",
                None => "holds for no cell that exists",
            };
            let mut finding = Finding::new(
                &code::DEAD_WHEN,
                format!("{what} of `[ci.{pipeline}]` is for no build"),
                cx.place(selector.span.clone(), label),
            )
            .help("correct its `match`, or delete it");
            finding.related.extend(
                narrowed.map(|m| cx.place(m.span.clone(), "the pipeline is narrowed to these")),
            );
            sink.push(finding);
        }
    }
}

/// Rows of `test` whose `match` holds for no build of any image that they are laid under.
fn tests(cx: &Context<'_>, sink: &mut Sink) {
    // By where each stands, with whether it is for any.
    let mut known: BTreeMap<usize, (&Selector, bool)> = BTreeMap::new();
    for (index, image) in cx.config.images.iter().enumerate() {
        let specs = &cx.matrix.specs[cx.matrix.of_image(ImageId(index))];
        let rows = image.rows.iter().flat_map(|row| &row.keys.test);
        for selector in rows.filter_map(|test| test.selector.as_ref()) {
            let is_meant = specs.iter().any(|spec| spec.is_meant(selector));
            // An image without any spec is reported by itself.
            let (_, alive) = known
                .entry(selector.span.start)
                .or_insert((selector, false));
            *alive |= is_meant || specs.is_empty();
        }
    }
    for (selector, _) in known.into_values().filter(|(_, alive)| !alive) {
        let place = cx.place(selector.span.clone(), "holds for no cell that exists");
        let finding = Finding::new(&code::DEAD_WHEN, "a row of `test` is for no build", place);
        sink.push(finding.help("correct its `match`, or delete the row"));
    }
}
