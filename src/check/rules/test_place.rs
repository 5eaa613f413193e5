//! Tests that want what a pipeline cannot give them where it runs them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::check::Context;
use crate::config::{TestRow, Wish};
use crate::diagnostic::{Finding, Sink, code};
use crate::image::Test;
use crate::image::pipelines::{Role, roles};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for pipeline in &cx.config.ci.pipelines {
        if pipeline.shape.lacks.is_empty() {
            continue;
        }
        let mut seen = BTreeSet::new();
        let roles = roles(cx.matrix, &pipeline.shape);
        let contents = cx.contents.iter().zip(&roles);
        for ((id, rendered), _) in contents.filter(|(_, role)| **role != Some(Role::None)) {
            let rows = &cx.matrix.spec(id).merged.test;
            for tested in &rendered.tests {
                for lack in &pipeline.shape.lacks {
                    let Some((span, label)) = wish(lack.of, &tested.test, &rows[tested.row]) else {
                        continue;
                    };
                    if !seen.insert(span.start) {
                        continue;
                    }
                    let headline = format!("`[ci.{}]` {}", pipeline.provider, lack.fact);
                    let finding = Finding::new(&code::TEST_PLACE, headline, cx.place(span, label))
                        .related(cx.place(pipeline.span.clone(), "this pipeline runs the test"))
                        .help(lack.help);
                    sink.push(finding.about([id]));
                }
            }
        }
    }
}

/// Where a test says that it wants that, if it does.
fn wish(of: Wish, test: &Test, row: &TestRow) -> Option<(Range<usize>, &'static str)> {
    match of {
        Wish::Engine if test.wants_engine() => Some((row.span.clone(), "are an engine's")),
        Wish::Gpu => {
            // Docker's own option, the runtime, and devices by path or by CDI.
            let asks = |option: &String| option.starts_with("--gpus") || option.contains("nvidia");
            let asked = test.options.iter().any(asks);
            asked.then(|| (row.span.clone(), "ask for a graphics card"))
        }
        Wish::FromWorkingFolder => {
            let mut files = test.files.iter().zip(&row.files);
            let relative = files.find(|((_, place), _)| !place.starts_with('/'));
            relative.map(|(_, field)| (field.span.clone(), "is told from the working folder"))
        }
        Wish::Engine => None,
    }
}
