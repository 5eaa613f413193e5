//! A `target` that names no stage of the Dockerfile.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, and_list, code, nearest};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.own_dockerfiles() {
        let Some(target) = &own.rendered.target else {
            continue;
        };
        if !seen.insert((own.file.path.clone(), target.clone())) {
            continue;
        }
        let Ok(parsed) = parse_dockerfile::parse(&own.file.text) else {
            continue;
        };
        // Stage names are compared without regard to case, and a stage may be meant by its number.
        let wanted = target.to_ascii_lowercase();
        let names: Vec<String> = parsed
            .stages()
            .filter_map(|s| {
                s.from
                    .as_
                    .as_ref()
                    .map(|(_, name)| name.value.to_ascii_lowercase())
            })
            .collect();
        let by_number = target
            .parse::<usize>()
            .is_ok_and(|n| n < parsed.stages().len());
        if names.contains(&wanted) || by_number {
            continue;
        }
        let span = cx.span_of(own.spec, own.spec.merged.target.as_ref());
        let mut finding = Finding::new(
            &code::MISSING_TARGET,
            format!("`{}` has no stage `{target}`", own.file.path),
            cx.place(span, "unknown stage"),
        );
        if let Some(last) = parsed.stages().last() {
            finding = finding.related(Place::span(
                own.file,
                last.from.from.span.clone(),
                "the last stage starts here",
            ));
        }
        finding = match nearest(&wanted, names.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => finding.help(format!("name a stage: `FROM … AS {target}`")),
            None => finding.note(format!(
                "its stages are {}",
                and_list(names.iter().map(String::as_str))
            )),
        };
        sink.push(finding);
    }
}
