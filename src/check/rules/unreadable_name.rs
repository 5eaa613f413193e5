//! Names among the outputs that are no text.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for path in &cx.drift.unreadable {
        let finding = Finding::new(
            &code::UNREADABLE_NAME,
            format!(
                "a name that is not UTF-8 stands among the outputs: `{}`",
                path.escape_debug()
            ),
            Place::file(path.as_str()),
        );
        sink.push(
            finding
                .note("gen writes no such name, and does not look at it or behind it")
                .help("rename it, or move it out of the folder"),
        );
    }
}
