//! A tag of `nvidia/cuda` that never existed, or that the tables do not know.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::facts::{CudaTag, Existence};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    for base in cx.bases() {
        let parts = base.parts();
        let tag = match parts.tag {
            Some(tag) if parts.is_hub("nvidia/cuda") && parts.digest.is_none() => tag,
            _ => continue,
        };
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
