//! A tag of `nvidia/cuda` that never existed or that the tables do not know, and a release of a distribution or of Python
//! that they do not know: of which no other rule can say whether it is supported.

use crate::check::{BaseImage, Context, stands_on};
use crate::diagnostic::{Finding, Sink, code};
use crate::facts::{CudaTag, Existence, release};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for base in cx.bases() {
        let parts = base.parts();
        let tag = match parts.tag {
            Some(tag) if parts.is_hub("nvidia/cuda") => tag,
            _ => {
                if let Some(finding) = unknown_release(cx, base) {
                    sink.push(finding);
                }
                continue;
            }
        };
        if parts.digest.is_some() {
            continue;
        }
        let (code, headline, why, near) = match cx.facts.cuda_tag(tag) {
            Existence::Exists | Existence::Silent => continue,
            Existence::Never(why, near) => (
                &code::BASE_MISSING,
                format!("`{}` does not exist", base.reference),
                why,
                near,
            ),
            Existence::Unknown(why, near) => (
                &code::BASE_UNKNOWN,
                format!("`{}` is not known to exist", base.reference),
                why,
                near,
            ),
        };
        let version = CudaTag::parse(tag).map_or(tag, |t| t.version);
        let label = if cx.matrix.spec(base.specs[0]).base.is_some() {
            format!("for {}", cx.matrix.spec(base.specs[0]).describe(cx.config))
        } else {
            String::new()
        };
        let mut finding = Finding::new(code, headline, base.cause(cx, &[version], label))
            .note(why)
            .note(cx.facts.cuda_by().to_string())
            .about(base.specs.iter().copied());
        if let Some(near) = near {
            let name = base.reference.strip_suffix(tag).unwrap_or(&base.reference);
            finding = finding.help(format!("the nearest that is known is `{name}{near}`"));
        }
        sink.push(match code.name {
            "base-unknown" => finding.help("if it is there, state it in a `[facts] file`"),
            _ => finding,
        });
    }
}

/// The finding for an image of a release that is in no table.
fn unknown_release(cx: &Context<'_>, base: &BaseImage) -> Option<Finding> {
    let parts = base.parts();
    let (what, word) = match release(cx.facts, &parts) {
        Some(Err((of, word))) => (format!("{} {word}", of.name()), word),
        _ => {
            let (version, word) = stands_on::python(&parts)?;
            if cx.facts.python(&version).is_some() {
                return None;
            }
            (
                format!("Python {}.{}", version.part(0), version.part(1)),
                word.to_owned(),
            )
        }
    };
    let place = base.cause(cx, &[&word], format!("says {what}"));
    let finding = Finding::new(
        &code::BASE_UNKNOWN,
        format!("`{}` is of a release that no table knows", base.reference),
        place,
    )
    .note("so nothing is said of its end of life")
    .help("correct it, or state the release with its `eol` in a `[facts] file`");
    Some(finding.about(base.specs.iter().copied()))
}
