//! An alias that matches no spec.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    for alias in &cx.config.aliases {
        let matched = cx.matrix.specs.iter().any(|s| {
            let arch = cx
                .config
                .arch
                .filter(|_| cx.config.images[s.image.0].folded);
            alias
                .selector
                .holds_on_any(s.image, &s.cell, arch, &s.arches)
        });
        if !matched {
            sink.push(
                Finding::new(
                    &code::ALIAS_UNMATCHED,
                    "the alias matches no spec",
                    cx.place(alias.span.clone(), "holds for nothing that is built"),
                )
                .help("correct its `match`, or delete the alias"),
            );
        }
    }
}
