//! Files that tests read, and that are not there.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for (id, rendered) in cx.contents.iter() {
        let rows = &cx.matrix.spec(id).merged.test;
        for tested in &rendered.tests {
            for ((path, _), field) in tested.test.files.iter().zip(&rows[tested.row].files) {
                let is_there = cx.is_output(path)
                    || cx.repository.is_file(path)
                    || cx.repository.has_folder(path);
                if is_there || !seen.insert((field.span.start, path.clone())) {
                    continue;
                }
                let headline = format!("a test reads `{path}`, which is not there");
                let place = cx.place(field.span.clone(), "no file or folder of the repository");
                let finding = Finding::new(&code::TEST_FILE, headline, place)
                    .help("correct the path, which is told from the root of the repository");
                sink.push(finding.about([id]));
            }
        }
    }
}
