//! A base that cannot be told from the Dockerfile: every rule on bases is blind there, and says so.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for base in cx.unclear_bases() {
        let written = &base.file.text[base.span.clone()];
        sink.push(
            Finding::new(
                &code::BASE_UNCLEAR,
                format!(
                    "what `{}` stands for cannot be told",
                    written.escape_debug()
                ),
                Place::span(&base.file, base.span.clone(), "not looked at"),
            )
            .note(base.why.clone())
            .help("pass the variable in `args`, or name the image without it")
            .about(base.specs.iter().copied()),
        );
    }
}
