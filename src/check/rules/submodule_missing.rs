//! Contexts that reach into submodules which are not there.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::lock::some;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    for sent in cx.sent_contexts() {
        let absent = &sent.files.absent_submodules;
        let headline = match &absent[..] {
            [] => continue,
            [one] => format!("the submodule `{one}` is not checked out"),
            all => format!("{} submodules are not checked out", all.len()),
        };
        let mut finding = Finding::new(&code::SUBMODULE_MISSING, headline, sent.place(cx));
        if absent.len() > 1 {
            finding = finding.note(some(absent));
        }
        let finding = finding
            .note("which files are sent cannot be told, so the content is not that of what would be built")
            .help("run `git submodule update --init --recursive`");
        sink.push(finding.about(sent.specs.iter().copied()));
    }
}
