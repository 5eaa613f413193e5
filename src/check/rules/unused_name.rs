//! Sets and registries that nothing refers to.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // Each set is a group of the bake file, which people build by its name.
    let groups = cx.config.outputs.bake.is_some();
    for (name, span) in cx.config.unused_sets.iter().filter(|_| !groups) {
        sink.push(
            Finding::new(
                &code::UNUSED_SET,
                format!("nothing refers to `@{name}`"),
                cx.place(span.clone(), "unused set"),
            )
            .help("use it, or delete it"),
        );
    }
    let mut used = vec![false; cx.config.registries.len()];
    for spec in &cx.matrix.specs {
        for id in spec.merged.registries(cx.config) {
            used[id.0] = true;
        }
    }
    for (registry, _) in cx
        .config
        .registries
        .iter()
        .zip(used)
        .filter(|(_, used)| !used)
    {
        sink.push(
            Finding::new(
                &code::UNUSED_REGISTRY,
                format!("no image is pushed to registry `{}`", registry.name),
                cx.place(registry.span.clone(), "unused registry"),
            )
            .help("list it under an image's `registry`, or delete it"),
        );
    }
}
