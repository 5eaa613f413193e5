//! Contexts that reach into submodules which are not there.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::lock::some;

/// What follows from it.
const UNTOLD: &str =
    "which files are sent cannot be told, so the content is not that of what would be built";

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for sent in cx.sent_contexts() {
        let absent = &sent.files.absent_submodules;
        let undeclared = &sent.files.undeclared_submodules;
        for path in undeclared {
            let headline = format!("the submodule `{path}` is not declared in `.gitmodules`");
            let finding = Finding::new(&code::SUBMODULE_MISSING, headline, sent.place(cx))
                .note("git knows a commit of it and not where it is from, so no clone can check it out")
                .help("declare it with `git submodule add --force URL PATH`; or put its files here, without its `.git`");
            sink.push(finding.about(sent.specs.iter().copied()));
        }
        let (unasked, absent): (Vec<String>, Vec<String>) = absent
            .iter()
            .filter(|path| !undeclared.contains(path))
            .cloned()
            .partition(|path| sent.files.unasked_submodules.contains_key(path));
        for path in &unasked {
            let why = &sent.files.unasked_submodules[path];
            let headline = format!("git cannot say what the submodule `{path}` holds: {why}");
            let finding = Finding::new(&code::SUBMODULE_MISSING, headline, sent.place(cx))
                .note(UNTOLD)
                .help("let `git ls-files` work in it");
            sink.push(finding.about(sent.specs.iter().copied()));
        }
        let headline = match &absent[..] {
            [] => continue,
            [one] => format!("the submodule `{one}` is not checked out"),
            all => format!("{} submodules are not checked out", all.len()),
        };
        let mut finding = Finding::new(&code::SUBMODULE_MISSING, headline, sent.place(cx));
        if absent.len() > 1 {
            finding = finding.note(some(&absent));
        }
        let finding = finding
            .note(UNTOLD)
            .help("run `git submodule update --init --recursive`");
        sink.push(finding.about(sent.specs.iter().copied()));
    }
}
