//! An alias that matches no spec.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for alias in &cx.config.aliases {
        let mut specs = cx.matrix.specs.iter();
        if !specs.any(|spec| spec.is_aliased(alias)) {
            sink.push(
                Finding::new(
                    &code::ALIAS_UNMATCHED,
                    "the alias matches no spec",
                    cx.place(alias.span.clone(), "holds for nothing that is published"),
                )
                .help("correct its `match`, or delete the alias"),
            );
        }
    }
}
