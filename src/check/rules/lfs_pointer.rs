//! Pointers of Git LFS in contexts, where what they point at should lie.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::lock::some;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for sent in cx.sent_contexts() {
        let pointers: Vec<String> = sent.files.pointers.iter().map(|p| sent.full(p)).collect();
        if pointers.is_empty() {
            continue;
        }
        let headline = match &pointers[..] {
            [one] => format!("`{one}` is a pointer of Git LFS, not the file"),
            all => format!("{} files are pointers of Git LFS, not the files", all.len()),
        };
        let mut finding = Finding::new(&code::LFS_POINTER, headline, sent.place(cx));
        if pointers.len() > 1 {
            finding = finding.note(some(&pointers));
        }
        let finding = finding
            .note("the content is the same as with the files; a build here would put the pointers into the image")
            .help("run `git lfs pull` before anything is built here");
        sink.push(finding.about(sent.specs.iter().copied()));
    }
}
