//! CUDA that needs a newer driver than the oldest of the fleet.

use std::collections::BTreeMap;

use crate::check::{BaseImage, Context, cuda_said};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::facts::CudaTag;
use crate::grammar::SpecId;
use crate::grammar::Version;

/// What is said beside the version.
const OLDER: &str = "runs on no older one";

/// CUDA versions by place, with the specs that have them.
type Versions = BTreeMap<usize, (String, Place, Vec<SpecId>)>;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(driver) = &cx.config.check.driver else {
        return;
    };
    for (text, place, specs) in versions(cx) {
        let Some(version) = Version::parse(&text) else {
            continue;
        };
        let Some(known) = cx.facts.driver_floor(version.part(0)) else {
            continue;
        };
        let floor = &known.row.floor;
        // A branch by its number alone is any driver of it.
        let new_enough = match driver.value.written_part(1) {
            Some(_) => driver.value >= floor.version,
            None => driver.value.part(0) >= floor.version.part(0),
        };
        if new_enough {
            continue;
        }
        sink.push(
            Finding::new(
                &code::MINIMUM_DRIVER,
                format!("CUDA {text} needs driver {} or newer", floor.text),
                place,
            )
            .related(cx.place(driver.span.clone(), "the oldest driver of the fleet"))
            .note(known.by.to_string())
            .note("by forward compatibility (`cuda-compat`) data-centre GPUs run it on some older branches")
            .help("leave the value out of images for those machines, or update their drivers and `[check] driver`")
            .about(specs),
        );
    }
}

/// Every CUDA version that specs have, by the place that states it.
fn versions(cx: &Context<'_>) -> Vec<(String, Place, Vec<SpecId>)> {
    let mut found = Versions::new();
    if let Some(axis) = cx.config.cuda() {
        for (number, value) in cx.config.axis(axis).values.iter().enumerate() {
            let text = value.version_text.as_ref().unwrap_or(&value.text);
            let specs: Vec<SpecId> = (0..cx.matrix.specs.len())
                .map(SpecId)
                .filter(|id| cx.matrix.spec(*id).cell.get(axis) == Some(number))
                .collect();
            if value.version.is_some() && !specs.is_empty() {
                let place = cx.place(value.span.clone(), OLDER);
                found.insert(value.span.start, (text.to_string(), place, specs));
            }
        }
    }
    let mut found: Vec<_> = found.into_values().collect();
    for base in cx.bases() {
        let Some((version, specs)) = stated(cx, base) else {
            continue;
        };
        let place = base.cause(cx, &[&version], OLDER);
        let same = |(text, at, _): &&mut (String, Place, Vec<SpecId>)| {
            let span = |p: &Place| p.at.as_ref().map(|(_, span)| span.start);
            *text == version && at.path == place.path && span(at) == span(&place)
        };
        match found.iter_mut().find(same) {
            Some((_, _, known)) => {
                known.extend(specs);
                known.sort_unstable();
                known.dedup();
            }
            None => found.push((version, place, specs)),
        }
    }
    found
}

/// The CUDA version that a base states, and the specs that have it from there: those that take `nvidia/cuda` in any
/// stage, and those at whose root another image has it, unless their axis says which.
fn stated(cx: &Context<'_>, base: &BaseImage) -> Option<(String, Vec<SpecId>)> {
    let parts = base.parts();
    if parts.is_hub("nvidia/cuda") {
        let version = CudaTag::parse(parts.tag?)?.version.to_owned();
        return Some((version, base.specs.clone()));
    }
    let version = cuda_said(&cx.config.mirrors, &base.reference)?;
    let axis = cx.config.cuda();
    let by_axis =
        |id: &SpecId| axis.is_some_and(|axis| cx.matrix.spec(*id).cell.get(axis).is_some());
    let specs = base.specs.iter().copied();
    let specs: Vec<SpecId> = specs
        .filter(|id| base.is_root_of(*id) && !by_axis(id))
        .collect();
    (!specs.is_empty()).then_some((version, specs))
}
