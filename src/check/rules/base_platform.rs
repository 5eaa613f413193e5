//! A platform that the base is not there for.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, and_list, code};
use crate::facts::{Basis, CudaTag};
use crate::grammar::SpecId;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for base in cx.bases() {
        let parts = base.parts();
        let Some(tag) = parts.tag.filter(|_| parts.is_hub("nvidia/cuda")) else {
            continue;
        };
        let Some(tag) = CudaTag::parse(tag) else {
            continue;
        };
        let row = cx
            .facts
            .cuda_images_of(tag.version)
            .find(|known| known.row.distros.iter().any(|d| d == tag.distro));
        // Where the architectures are only assumed, nothing can be said against one.
        let Some(known) = row.filter(|k| k.row.basis != Basis::Assumed && !k.row.arches.is_empty())
        else {
            continue;
        };
        let there: Vec<String> = known
            .row
            .arches
            .iter()
            .map(|a| format!("linux/{a}"))
            .collect();
        let lacks = |id: &SpecId| -> Vec<&str> {
            let platforms = base.platforms(*id).iter().map(|p| &**p);
            platforms
                // Of a variant nothing is said: `linux/amd64/v2` runs what `linux/amd64` is.
                .filter(|p| !there.iter().any(|t| p.starts_with(t.as_str())))
                .collect()
        };
        let specs: Vec<SpecId> = base
            .specs
            .iter()
            .copied()
            .filter(|id| !lacks(id).is_empty())
            .collect();
        let Some(first) = specs.first() else {
            continue;
        };
        let lacking = and_list(lacks(first));
        let label = format!("built for {lacking} as well");
        sink.push(
            Finding::new(
                &code::BASE_PLATFORM,
                format!("`{}` is not there for {lacking}", base.reference),
                base.cause(cx, &[tag.version], label),
            )
            .note(format!(
                "it is there for {}, {}",
                and_list(there.iter().map(String::as_str)),
                known.by
            ))
            .help(
                "leave the platform out: an `[[exclude]]` with `arch`, or `platforms` of the image",
            )
            .about(specs),
        );
    }
}
