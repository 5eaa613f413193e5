//! Files of contexts that a builder refuses, or whose bytes cannot be told.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::lock::some;
use crate::source::Strange;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for sent in cx.sent_contexts() {
        let told = |kind: fn(&Strange) -> bool| -> Vec<String> {
            let strange = sent.files.strange.iter();
            strange
                .filter(|(_, why)| kind(why))
                .map(|(path, _)| sent.full(path))
                .collect()
        };
        let names = told(|why| *why == Strange::Name);
        let special = told(|why| *why == Strange::Special);
        for (files, headline, help) in [
            (
                names,
                "the name of a file is not UTF-8, which a builder refuses",
                "rename it, or leave it out in `.dockerignore`",
            ),
            (
                special,
                "a device, pipe or socket lies where files are sent from",
                "remove it, or leave it out in `.dockerignore`: no checkout holds it",
            ),
        ] {
            if !files.is_empty() {
                let finding = Finding::new(&code::CONTEXT_FILE, headline, sent.place(cx));
                let finding = finding.note(some(&files)).help(help);
                sink.push(finding.about(sent.specs.iter().copied()));
            }
        }
        if sent
            .files
            .strange
            .values()
            .any(|why| *why == Strange::Beyond)
        {
            let headline = "the ignore file is a link that a builder does not find the end of";
            let finding = Finding::new(&code::CONTEXT_FILE, headline, sent.place(cx))
                .note("a builder follows no link out of the folder that the ignore file lies in: this one leaves nothing out")
                .help("put the file itself there");
            sink.push(finding.about(sent.specs.iter().copied()));
        }
        for (path, why) in &sent.files.strange {
            if let Strange::Unreadable(why) = why {
                let headline = format!("`{}` cannot be read: {why}", sent.full(path));
                let finding = Finding::new(&code::CONTEXT_FILE, headline, sent.place(cx))
                    .note("what is sent cannot be told, so the content is not that of what would be built")
                    .help(match path.ends_with(".dockerignore") {
                        true => "let it be read, or remove it",
                        false => "let it be read, or leave it out in `.dockerignore`",
                    });
                sink.push(finding.about(sent.specs.iter().copied()));
            }
        }
    }
}
