//! A platform of Windows in an image whose Dockerfile is one for Linux.

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    for (index, spec) in cx.matrix.specs.iter().enumerate() {
        let windows = spec.platforms.iter().find(|p| p.os() == "windows");
        // Of a template of the user's, or a Dockerfile, nothing is known.
        let shipped = spec.merged.dockerfile.is_none() && !cx.by_user(spec);
        let Some(platform) = windows.filter(|_| shipped) else {
            continue;
        };
        let image = &cx.config.images[spec.image.0];
        let stated = spec.merged.platforms.as_ref().map(|(_, span)| span.clone());
        let value = cx.config.arch.and_then(|arch| {
            let mut values = cx.config.axis(arch).values.iter();
            let value = values.find(|v| v.platform.as_ref() == Some(platform))?;
            Some(value.span.clone())
        });
        let span = stated.or(value).unwrap_or_else(|| image.span.clone());
        let label = format!("for {}", spec.describe(cx.config));
        let finding = Finding::new(
            &code::WINDOWS_RECIPE,
            format!("a Dockerfile for Linux is rendered for `{platform}`"),
            cx.place(span, label),
        )
        .help("leave the platform out, or write a Dockerfile of your own for it: `dockerfile`, or a `template`");
        told.add(finding, "", &[SpecId(index)]);
    }
    told.tell(sink);
}
