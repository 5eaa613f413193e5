//! Files that tests read, and that are not there, lie behind a link, or are none.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::output::{first_linked, is_linked};
use crate::source::{BuildContext, Strange};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for (id, rendered) in cx.contents.iter() {
        let rows = &cx.matrix.spec(id).merged.test;
        for tested in &rendered.tests {
            let named = tested.test.files.iter().zip(&tested.files);
            for (((path, _), read), field) in named.zip(&rows[tested.row].files) {
                if !seen.insert((field.span.start, path)) {
                    continue;
                }
                let Some(fault) = fault(cx, path, read) else {
                    continue;
                };
                let headline = format!("a test reads `{path}`, {}", fault.what);
                let place = cx.place(field.span.clone(), fault.label);
                let finding = Finding::new(&code::TEST_FILE, headline, place).help(fault.help);
                sink.push(finding.about([id]));
            }
        }
    }
}

/// What is wrong with something that a test reads.
struct Fault {
    what: String,
    label: &'static str,
    help: &'static str,
}

fn fault(cx: &Context<'_>, path: &str, read: &BuildContext) -> Option<Fault> {
    // What a link leads to may lie outside, and is not what git has of it.
    if is_linked(cx.repository, path) {
        return Some(Fault {
            what: "which lies behind a link".to_owned(),
            label: "what it leads to is not seen to change",
            help: "name the file or folder itself",
        });
    }
    if cx.is_output(path) || cx.repository.is_file(path) {
        return None;
    }
    if !cx.repository.has_folder(path) {
        return Some(Fault {
            what: "which is not there".to_owned(),
            label: "no file or folder of the repository",
            help: "correct the path, which is told from the root of the repository",
        });
    }
    let inside = |file: &String| format!("{path}/{file}");
    if let Some(link) = first_linked(cx.repository, read.files.keys().map(inside)) {
        return Some(Fault {
            what: format!("in which `{link}` is a link"),
            label: "what it leads to is not seen to change",
            help: "put what it leads to in its place, or name the files that the test reads",
        });
    }
    let (file, why) = read.strange.iter().next()?;
    let file = inside(file);
    let (what, label) = match why {
        Strange::Special => (
            format!("in which `{file}` is a device, pipe or socket"),
            "no checkout holds it",
        ),
        Strange::Name => (
            format!("in which `{file}` has a name that is not UTF-8"),
            "no builder takes it",
        ),
        Strange::Unreadable(why) => (
            format!("in which `{file}` cannot be read: {why}"),
            "a change of it would not be seen",
        ),
        // Nothing is left out of what a test reads, so there is no ignore file.
        Strange::Beyond => return None,
    };
    Some(Fault {
        what,
        label,
        help: "mend or remove it, or name the files that the test reads",
    })
}
