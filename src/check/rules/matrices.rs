//! Entries of `matrices` that list no matrix.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::source::{LISTER, Why};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let owner = cx.repository.owner();
    if owner.name().is_some() || owner.matrix() != LISTER {
        nested(cx, sink);
        return;
    }
    for vain in cx.repository.family().vain() {
        let Some(entry) = cx.config.matrices.get(vain.entry) else {
            continue;
        };
        let place = |label: &str| cx.place(entry.span.clone(), label);
        let said = entry.escape_debug();
        let unmatched = |label: &str, help: &str| {
            let headline = format!("`{said}` lists no matrix");
            Finding::new(&code::MATRICES_UNMATCHED, headline, place(label)).help(help)
        };
        sink.push(match &vain.why {
            Why::Outside => unmatched(
                "no path below the root",
                "write a relative path without `..`, or a glob",
            ),
            Why::Nothing => unmatched("no such file", "correct it, or delete it"),
            Why::Ending => unmatched(
                "its name does not end in `.toml`",
                "rename the file, so that its lock can stand beside it",
            ),
            Why::Linked => unmatched(
                "a symbolic link is, or leads, there",
                "name the file itself",
            ),
            Why::Clash { path, other, name } => Finding::new(
                &code::MATRICES_CLASH,
                format!("`{path}` and `{other}` would share `generated/{name}/`"),
                place(&format!("lists `{path}`")),
            )
            .note(format!("so `{path}` is not looked at"))
            .help("rename one of the files or its folder"),
        });
    }
}

/// A matrix that lists others, and is not the one that may.
fn nested(cx: &Context<'_>, sink: &mut Sink) {
    if let Some(first) = cx.config.matrices.first() {
        let finding = Finding::new(
            &code::MATRICES_NESTED,
            format!("`{}` cannot list other matrices", cx.config.file.path),
            cx.place(first.span.clone(), "looked at by nobody"),
        );
        sink.push(finding.help(format!("list it in the `{LISTER}` at the root")));
    }
}
