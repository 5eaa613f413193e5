//! The variables that builds read secrets from, and which jobs or steps of a pipeline are given them.

use indexmap::IndexSet;

use crate::image::plan::PlanSpec;

/// Those of some specs, each once, in the order of the specs.
pub(super) fn variables<'p>(specs: impl IntoIterator<Item = &'p PlanSpec>) -> Vec<String> {
    let specs = specs.into_iter();
    let all: IndexSet<&String> = specs
        .flat_map(|spec| spec.secrets.iter().map(|(_, variable)| variable))
        .collect();
    all.into_iter().cloned().collect()
}
