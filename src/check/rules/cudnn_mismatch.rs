//! A package made for another CUDA than the image has.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::check::dockerfile::Cooked;
use crate::check::gathered::Gathered;
use crate::check::{Context, cuda_built};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{CommandLine, Does, Operation};
use crate::grammar::Version;
use crate::image::{RenderedSpec, Spec};
use crate::source::SourceFile;

/// What stands before the CUDA version in the version of a package: `8.9.7.29-1+cuda12.2`. Source: NVIDIA's apt
/// repositories.
const SUFFIX: &str = "+cuda";

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    for (id, rendered) in cx.contents.iter() {
        let text = rendered.dockerfile_text();
        let passed = || rendered.args.values().any(|v| v.contains(SUFFIX));
        if !text.contains(SUFFIX) && !passed() {
            continue;
        }
        let spec = cx.matrix.spec(id);
        let Some(cuda) = cuda_built(cx, id) else {
            continue;
        };
        let Some(version) = Version::parse(&cuda).filter(|v| v.written_part(1).is_some()) else {
            continue;
        };
        let fits = |made_for: &str| {
            Version::parse(made_for).is_some_and(|m| version.starts_with(&[m.part(0), m.part(1)]))
        };
        let found = match cx.cooked_of(id) {
            Some(cooked) => built(cx, &cooked),
            None => {
                let args = rendered.args.values().map(String::as_str);
                let all = args.chain([text]).flat_map(pins);
                all.map(|(_, made_for)| (made_for.to_owned(), None))
                    .collect()
            }
        };
        // A text that also has the right one chooses among them.
        if found.keys().any(|made_for| fits(made_for)) {
            continue;
        }
        for (made_for, at) in found {
            let place = place(cx, spec, rendered, &made_for, at);
            let finding = finding(cx, spec, &cuda, &made_for, place);
            told.add(finding, &made_for, &[id]);
        }
    }
    told.tell(sink);
}

/// What packages that go into the image are made for, with the instruction that says so: of the stage that becomes the
/// image and those it stands on, in what runs and in what variables come to.
fn built(cx: &Context<'_>, cooked: &Cooked<'_>) -> BTreeMap<String, Option<Range<usize>>> {
    let mut found = BTreeMap::new();
    let text = &cooked.recipe.file.text;
    for (_, build) in cx.builds(cooked).iter() {
        let Ok(build) = &**build else { continue };
        let lineage = build.lineage();
        let stages = build.stages.iter();
        let stages = stages.filter(|stage| lineage.contains(&stage.index));
        for step in stages.flat_map(|stage| &stage.steps) {
            let mut add = |said: &str| {
                for (_, made_for) in pins(said) {
                    let span = Some(step.instruction.span.clone());
                    found.entry(made_for.to_owned()).or_insert(span);
                }
            };
            match (&step.instruction.kind, &step.does) {
                (Operation::Run(command, _), _) => {
                    match command {
                        CommandLine::Shell(line) => add(&line.text),
                        CommandLine::Exec(words) => words.iter().for_each(|word| add(&word.text)),
                    }
                    let docs = step.instruction.heredocs.iter();
                    let lines = docs.flat_map(|doc| text[doc.body.clone()].lines());
                    let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
                    lines.for_each(add);
                }
                (_, Does::Args(args)) => {
                    let values = args.iter().filter_map(|(_, value)| value.as_ref()?.known());
                    values.for_each(add);
                }
                (_, Does::Env(set)) => {
                    set.iter()
                        .filter_map(|(_, value)| value.known())
                        .for_each(add);
                }
                (_, Does::Takes(taken, _)) => {
                    taken
                        .iter()
                        .filter_map(|(_, value)| value.known())
                        .for_each(add);
                }
                _ => {}
            }
        }
    }
    found
}

fn finding(cx: &Context<'_>, spec: &Spec, cuda: &str, made_for: &str, place: Place) -> Finding {
    let mut finding = Finding::new(
        &code::CUDNN_MISMATCH,
        format!("a package made for CUDA {made_for} goes into an image of CUDA {cuda}"),
        place,
    );
    let value = spec.cell.iter().find_map(|(axis, value)| {
        let value = &cx.config.axis(axis).values[value];
        let says = |text: &Arc<str>| **text == *cuda;
        (says(&value.text) || value.version_text.as_ref().is_some_and(says)).then_some(value)
    });
    if let Some(value) = value {
        let label = format!("CUDA {cuda}, for {}", spec.describe(cx.config));
        finding = finding.related(cx.place(value.span.clone(), label));
    }
    finding.help(format!(
        "pin the package that is made for CUDA {cuda}, or let it follow as an attribute of the value"
    ))
}

/// Where a spec's package for `made_for` is asked for: a field of the matrix, else the Dockerfile, there within `at`.
fn place(
    cx: &Context<'_>,
    spec: &Spec,
    rendered: &RenderedSpec,
    made_for: &str,
    at: Option<Range<usize>>,
) -> Place {
    let pin = format!("{SUFFIX}{made_for}");
    let label = format!("for CUDA {made_for}");
    let merged = &spec.merged;
    let fields = merged
        .apt
        .iter()
        .chain(merged.args.values())
        .chain(merged.env.values());
    for field in fields {
        let text = cx.config.fields.render(field, &spec.scope);
        if text.is_ok_and(|t| t.contains(&pin)) {
            return cx.place(field.span.clone(), label);
        }
    }
    let shown = match (&rendered.own, &rendered.rendered) {
        (Some(own), _) => Some(own.clone()),
        (None, Some(text)) => Some(SourceFile::new(rendered.dockerfile.as_str(), text.as_str())),
        (None, None) => None,
    };
    let within = shown.map(|file| {
        let at = at.unwrap_or(0..file.text.len());
        let mut pins = pins(&file.text[at.clone()]);
        let pin = pins.find(|(_, found)| *found == made_for);
        let span = pin.map_or(at.clone(), |(pin, _)| {
            at.start + pin.start..at.start + pin.end
        });
        (file.clone(), span)
    });
    match within {
        Some((file, at)) => Place::span(&file, at, label),
        None => cx.place(cx.span_of(spec, None), label),
    }
}

/// Every `+cudaX.Y` of a text: its bytes, and `X.Y`.
fn pins(text: &str) -> impl Iterator<Item = (Range<usize>, &str)> {
    text.match_indices(SUFFIX).filter_map(|(at, _)| {
        let rest = &text[at + SUFFIX.len()..];
        let length = rest
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(rest.len());
        let version = rest[..length].trim_end_matches('.');
        version
            .contains('.')
            .then_some((at..at + SUFFIX.len() + version.len(), version))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_are_read_to_the_last_digit() {
        let text = "libcudnn8=8.9.5.29-1+cuda12.2 a+cuda b+cuda12. c+cuda11.8.";
        let found: Vec<(&str, &str)> = pins(text).map(|(at, v)| (&text[at], v)).collect();
        assert_eq!(found, [("+cuda12.2", "12.2"), ("+cuda11.8", "11.8")]);
    }
}
