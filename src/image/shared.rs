//! References that two matrices of one repository would both put.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::config::Config;
use crate::diagnostic::{Finding, code};
use crate::grammar::reference::full;
use crate::image::{Matrix, Spec};
use crate::matrix::ImageId;

/// What of each matrix another before it puts, too: one finding for each pair of images, with the index of the later matrix.
pub fn shared(matrices: &[(&Config, &Matrix)]) -> Vec<(usize, Finding)> {
    let mut first: FxHashMap<String, (usize, &Spec)> = FxHashMap::default();
    let mut told: BTreeSet<(usize, ImageId, usize, ImageId)> = BTreeSet::new();
    let mut findings = Vec::new();
    let numbered = matrices.iter().enumerate();
    // Without a registry nothing is put anywhere.
    for (index, (config, matrix)) in numbered.filter(|(_, (c, _))| !c.registries.is_empty()) {
        for id in &matrix.order {
            let spec = matrix.spec(*id);
            for reference in spec.references() {
                let (other, theirs) = *first.entry(full(&reference)).or_insert((index, spec));
                if other == index || !told.insert((other, theirs.image, index, spec.image)) {
                    continue;
                }
                let span = |config: &Config, spec: &Spec| {
                    let field = spec.merged.tag.as_ref().or(spec.merged.name.as_ref());
                    field.map_or(config.images[spec.image.0].span.clone(), |f| f.span.clone())
                };
                let before = matrices[other].0;
                let finding = Finding::new(
                    &code::DUPLICATE_REFERENCE,
                    format!("two matrices make `{reference}`"),
                    config.place(span(config, spec), format!("for {}", spec.describe(config))),
                )
                .related(before.place(
                    span(before, theirs),
                    format!("and for {}", theirs.describe(before)),
                ))
                .help("give one of them another `name`, `tag` or registry: the second push would overwrite the first");
                findings.push((index, finding));
            }
        }
    }
    findings
}
