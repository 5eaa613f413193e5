//! Outputs in the folder of a matrix that a matrix file has made which nobody lists.

use crate::check::Context;
use crate::check::rules::another_matrix::listing;
use crate::diagnostic::{Finding, Place, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for (path, matrix) in &cx.drift.unlisted {
        let finding = Finding::new(
            &code::UNLISTED_MATRIX,
            format!("`{path}` was made from `{matrix}`, which no matrix lists"),
            Place::file(path.as_str()),
        );
        sink.push(
            finding
                .note("so nobody looks whether it is what that file yields")
                .help(listing(cx.repository.family(), &[matrix]))
                .help(format!("or delete `{matrix}`, and run `gen matrix`")),
        );
    }
}
