//! The units of work of a publishing pipeline: every content that has to exist, with the contents it stands on.
//!
//! Specs that share a content reference are one unit; the first of them in the plan builds it. Units come out lineage
//! first: a unit stands after everything it stands on, and otherwise as near to declared order as that allows.
//! GitLab and Cloud Build both name one job or step per unit, and Cloud Build accepts `waitFor` on earlier steps only.

use indexmap::IndexMap;
use rustc_hash::FxHashMap;

use crate::config::Config;
use crate::grammar::Spanned;
use crate::image::plan::{Plan, PlanSpec};
pub(super) use crate::image::targets::unused;

/// One content to build and merge.
pub(super) struct Unit<'plan> {
    /// The spec that builds it.
    pub spec: &'plan PlanSpec,
    /// Positions, in the same list, of the units it stands on: parent first, then `needs`, each once.
    pub stands_on: Vec<usize>,
}

/// All units of a pipeline, lineage first: of what it publishes, and of what that stands on.
pub(super) fn units<'plan>(plan: &'plan Plan, pipeline: &str) -> Vec<Unit<'plan>> {
    let specs = plan.share(pipeline);
    let mut builder_of_content = FxHashMap::default();
    for (place, spec) in specs.iter().enumerate() {
        builder_of_content
            .entry(&spec.content_reference)
            .or_insert(place);
    }
    let place_of_id: FxHashMap<_, _> = specs
        .iter()
        .enumerate()
        .map(|(place, spec)| (&spec.id, place))
        .collect();
    let builder = |place: usize| builder_of_content[&specs[place].content_reference];
    let lineage = |place: usize| {
        let spec = specs[place];
        let mut lineage: Vec<usize> = Vec::new();
        for id in spec.parent.iter().chain(&spec.needs) {
            let ancestor = builder(place_of_id[id]);
            if ancestor != place && !lineage.contains(&ancestor) {
                lineage.push(ancestor);
            }
        }
        lineage
    };

    let mut units = Vec::new();
    let mut unit_of_place: FxHashMap<usize, usize> = FxHashMap::default();
    let mut entered = vec![false; specs.len()];
    for root in 0..specs.len() {
        // An explicit stack: a lineage may be deeper than the thread's.
        let mut stack = if builder(root) == root {
            vec![root]
        } else {
            Vec::new()
        };
        while let Some(&place) = stack.last() {
            if unit_of_place.contains_key(&place) {
                stack.pop();
                continue;
            }
            let ancestors = lineage(place);
            if !entered[place] {
                entered[place] = true;
                stack.extend(
                    ancestors
                        .iter()
                        .rev()
                        .filter(|ancestor| !unit_of_place.contains_key(ancestor)),
                );
                continue;
            }
            stack.pop();
            unit_of_place.insert(place, units.len());
            units.push(Unit {
                spec: specs[place],
                stands_on: ancestors
                    .iter()
                    .filter_map(|ancestor| unit_of_place.get(ancestor).copied())
                    .collect(),
            });
        }
    }
    units
}

/// What the user's map says of a platform. Its keys are values of the `arch` axis, platforms, or words as [`arch`] makes.
pub(super) fn runner<'a, T>(
    config: &Config,
    map: &'a IndexMap<Spanned<String>, T>,
    platform: &str,
) -> Option<&'a T> {
    map.iter()
        .find(|(key, _)| config.names_platform(key, platform))
        .map(|(_, runner)| runner)
}
