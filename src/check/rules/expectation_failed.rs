//! `[[expect]]`: the matrix's own tests.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::Spec;
use crate::matrix::Selector;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for expect in &cx.config.expects {
        let looked_at: Vec<&Spec> = cx
            .matrix
            .specs
            .iter()
            .filter(|s| expect.selector.as_ref().is_none_or(|m| s.is_meant(m)))
            .collect();
        if let Some(count) = &expect.count
            && count.value != looked_at.len() as u64
        {
            let mut finding = Finding::new(
                &code::EXPECTATION_FAILED,
                format!(
                    "{} spec{} expected, {} found",
                    count.value,
                    if count.value == 1 { "" } else { "s" },
                    looked_at.len()
                ),
                cx.place(count.span.clone(), format!("{} in fact", looked_at.len())),
            );
            let mut by_image: Vec<String> = Vec::new();
            for (index, image) in cx.config.images.iter().enumerate() {
                let number = looked_at.iter().filter(|s| s.image.0 == index).count();
                if number > 0 {
                    by_image.push(format!("{number} of `{}`", image.key));
                }
            }
            if by_image.len() > 1 {
                finding = finding.note(by_image.join(", "));
            }
            sink.push(finding.help("look at `gen list`; if it is right, correct the number"));
        }
        for wanted in &expect.present {
            if !looked_at.iter().any(|s| s.is_meant(wanted)) {
                sink.push(
                    Finding::new(
                        &code::EXPECTATION_FAILED,
                        "a spec that was expected does not exist",
                        cx.place(wanted.span.clone(), "holds for no spec"),
                    )
                    .help(format!(
                        "ask `gen explain {}` what removed it",
                        as_argument(cx, wanted)
                    )),
                );
            }
        }
        for unwanted in &expect.absent {
            if let Some(spec) = looked_at.iter().find(|s| s.is_meant(unwanted)) {
                sink.push(
                    Finding::new(
                        &code::EXPECTATION_FAILED,
                        "a spec exists that was expected not to",
                        cx.place(
                            unwanted.span.clone(),
                            format!("holds for {}", spec.describe(cx.config)),
                        ),
                    )
                    .help("add an `[[exclude]]` with its reason, or correct the expectation"),
                );
            }
        }
    }
}

/// A selector as `gen explain` takes it; where several values are meant, with the first.
fn as_argument(cx: &Context<'_>, selector: &Selector) -> String {
    let Some(first) = selector.any.first() else {
        return String::new();
    };
    let meant = |flags: &[bool]| flags.iter().position(|flag| *flag);
    let image = first.images.iter().filter_map(|flags| {
        let image = &cx.config.images[meant(flags)?];
        Some(format!("image={}", image.key))
    });
    let axes = first.terms.iter().filter_map(|(axis, flags)| {
        let value = cx.config.value(*axis, meant(flags)?);
        Some(format!("{}={value}", cx.config.axis(*axis).name))
    });
    image.chain(axes).collect::<Vec<_>>().join(",")
}
