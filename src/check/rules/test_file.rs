//! Files that tests read, and that are not there, or lie behind a link.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::output::is_linked;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for (id, rendered) in cx.contents.iter() {
        let rows = &cx.matrix.spec(id).merged.test;
        for tested in &rendered.tests {
            for ((path, _), field) in tested.test.files.iter().zip(&rows[tested.row].files) {
                let is_there = cx.is_output(path)
                    || cx.repository.is_file(path)
                    || cx.repository.has_folder(path);
                // What a link leads to may lie outside, and is not what git has of it.
                let is_linked = is_linked(cx.repository, path);
                let is_fine = is_there && !is_linked;
                if is_fine || !seen.insert((field.span.start, path.clone())) {
                    continue;
                }
                let (what, label, help) = match is_linked {
                    true => (
                        "lies behind a link",
                        "what it leads to is not seen to change",
                        "name the file or folder itself",
                    ),
                    false => (
                        "is not there",
                        "no file or folder of the repository",
                        "correct the path, which is told from the root of the repository",
                    ),
                };
                let headline = format!("a test reads `{path}`, which {what}");
                let place = cx.place(field.span.clone(), label);
                let finding = Finding::new(&code::TEST_FILE, headline, place).help(help);
                sink.push(finding.about([id]));
            }
        }
    }
}
