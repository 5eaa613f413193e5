//! A `target` of an image or of a test of it that names no stage of the Dockerfile.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, and_list, code, nearest};
use crate::dockerfile::Dockerfile;
use crate::grammar::SpecId;
use crate::render::Field;
use crate::source::SourceFile;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for (id, rendered) in cx.contents.iter() {
        let spec = cx.matrix.spec(id);
        let own = rendered.target.iter();
        let own = own.map(|target| (target, spec.merged.target.as_ref()));
        let tests = rendered.tests.iter().filter_map(|tested| {
            let field = spec.merged.test[tested.row].target.as_ref();
            Some((tested.test.target.as_ref()?, field))
        });
        for (target, field) in own.chain(tests) {
            missing(cx, id, (target, field), &mut seen, sink);
        }
    }
}

/// Tells of one that is not there.
fn missing(
    cx: &Context<'_>,
    id: SpecId,
    (target, field): (&String, Option<&Field>),
    seen: &mut BTreeSet<(usize, String, String)>,
    sink: &mut Sink,
) {
    let rendered = cx.contents.get(id);
    let span = cx.span_of(cx.matrix.spec(id), field);
    // What is rendered is a file a spec, and asked for once.
    let place = match &rendered.rendered {
        Some(_) => ("", span.start),
        None => (rendered.dockerfile.as_str(), 0),
    };
    if !seen.insert((place.1, place.0.to_owned(), target.clone())) {
        return;
    }
    let cooked = cx.cooked_of(id);
    let ours = cooked.is_none();
    let (file, parsed) = match cooked {
        Some(cooked) => (cooked.recipe.file.clone(), cooked.recipe.parsed.clone()),
        None => {
            let text = rendered.dockerfile_text();
            let parsed = Dockerfile::parse(text);
            (SourceFile::new(rendered.dockerfile.as_str(), text), parsed)
        }
    };
    let Ok(parsed) = parsed else {
        return;
    };
    if parsed.target(Some(target)).is_ok() {
        return;
    }
    let wanted = target.to_lowercase();
    let names: Vec<&str> = parsed
        .stages
        .iter()
        .filter_map(|s| s.name.as_deref())
        .collect();
    let mut finding = Finding::new(
        &code::MISSING_TARGET,
        format!("`{}` has no stage `{target}`", file.path),
        cx.place(span, "unknown stage"),
    );
    if let Some(last) = parsed.stages.last() {
        finding = finding.related(Place::span(
            &file,
            parsed.instructions[last.from].keyword.clone(),
            "the last stage starts here",
        ));
    }
    finding = match nearest(&wanted, names.iter().copied()) {
        _ if ours => {
            finding.help("remove `target`: what gen renders has one stage, without a name")
        }
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if names.is_empty() => finding.help(format!("name a stage: `FROM … AS {target}`")),
        None => finding.note(format!(
            "its stages are {}",
            and_list(names.iter().copied())
        )),
    };
    sink.push(finding);
}
