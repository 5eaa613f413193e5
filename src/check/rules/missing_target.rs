//! A `target` that names no stage of the Dockerfile.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, and_list, code, nearest};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.cooked() {
        let Some(target) = &own.rendered.target else {
            continue;
        };
        let file = &own.recipe.file;
        if !seen.insert((file.path.clone(), target.clone())) {
            continue;
        }
        let Ok(parsed) = &own.recipe.parsed else {
            continue;
        };
        if parsed.target(Some(target)).is_ok() {
            continue;
        }
        let wanted = target.to_lowercase();
        let names: Vec<&str> = parsed
            .stages
            .iter()
            .filter_map(|s| s.name.as_deref())
            .collect();
        let span = cx.span_of(own.spec, own.spec.merged.target.as_ref());
        let mut finding = Finding::new(
            &code::MISSING_TARGET,
            format!("`{}` has no stage `{target}`", file.path),
            cx.place(span, "unknown stage"),
        );
        if let Some(last) = parsed.stages.last() {
            finding = finding.related(Place::span(
                file,
                parsed.instructions[last.from].keyword.clone(),
                "the last stage starts here",
            ));
        }
        finding = match nearest(&wanted, names.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => finding.help(format!("name a stage: `FROM … AS {target}`")),
            None => finding.note(format!(
                "its stages are {}",
                and_list(names.iter().copied())
            )),
        };
        sink.push(finding);
    }
}
