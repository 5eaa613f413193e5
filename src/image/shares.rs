//! What each pipeline does: which images it builds, each content once, which it publishes, in which order, and how the builds
//! of a change are grouped.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::image::groups::{Group, groups};
use crate::image::pipelines::Role;
use crate::image::plan::Spec;

/// The share of whoever carries out the plan by hand, or from a pipeline that `gen` does not write.
pub const ALL: &str = "all";

/// A pipeline, before it is known what it does.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// [`ALL`], or the provider's word.
    pub name: &'static str,
    /// Groups of a change, at most.
    pub groups: usize,
}

/// What a pipeline does.
#[derive(Debug, Serialize)]
pub struct Share {
    /// [`ALL`], or the provider's word.
    pub pipeline: &'static str,
    /// The ids of the specs that it builds, what each stands on before it: of those of one content the first.
    pub builds: Vec<String>,
    /// The ids of the specs whose references it puts, in declared order.
    pub publishes: Vec<String>,
    /// What a change builds together.
    pub groups: Vec<Group>,
}

/// The shares of all pipelines in these specs.
pub fn shares(specs: &[Spec], pipelines: &[Pipeline]) -> Vec<Share> {
    let places: FxHashMap<&str, usize> = specs
        .iter()
        .enumerate()
        .map(|(place, spec)| (&*spec.id, place))
        .collect();
    let below: Vec<Vec<usize>> = specs
        .iter()
        .map(|spec| {
            let ids = spec.parent.iter().chain(&spec.needs);
            ids.filter_map(|id| places.get(&**id).copied()).collect()
        })
        .collect();
    let share = |pipeline: &Pipeline| {
        let name = pipeline.name;
        let has = |place: &usize| specs[*place].role(name) != Some(Role::None);
        let share: Vec<usize> = (0..specs.len()).filter(has).collect();
        let mut contents = FxHashSet::default();
        let mut builds: Vec<usize> = share
            .iter()
            .copied()
            .filter(|place| contents.insert(&*specs[*place].content_reference))
            .collect();
        builds.sort_by_key(|place| specs[*place].layer);
        let ids = |places: &mut dyn Iterator<Item = &usize>| {
            places.map(|place| specs[*place].id.clone()).collect()
        };
        let is_published = |place: &&usize| {
            let spec = &specs[**place];
            spec.role(name).is_none() && spec.publish
        };
        Share {
            pipeline: name,
            builds: ids(&mut builds.iter()),
            publishes: ids(&mut share.iter().filter(is_published)),
            groups: groups(specs, &below, &share, name, pipeline.groups),
        }
    };
    pipelines.iter().map(share).collect()
}
