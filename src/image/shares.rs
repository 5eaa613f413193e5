//! What each pipeline does: which images it builds, each content once, which it publishes, in which order, and how the builds
//! of a change are grouped.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::config::Parents;
use crate::image::groups::{Group, SIZE, groups};
use crate::image::pipelines::Role;
use crate::image::plan::PlanSpec;

/// The share of whoever carries out the plan by hand, or from a pipeline that `gen` does not write.
pub const ALL: &str = "all";

/// A pipeline, before it is known what it does.
#[derive(Clone, Debug)]
pub struct Pipeline {
    /// [`ALL`], or the provider's word.
    pub name: &'static str,
    /// Groups of a change, at most.
    pub groups: usize,
    /// On what the images of a change stand.
    pub parents: Parents,
}

/// What a pipeline does. Of all but the first, what is not said is as with the first: most do the same.
#[derive(Debug, Serialize)]
pub struct Share {
    /// [`ALL`], or the provider's word.
    pub pipeline: &'static str,
    /// On what the images of a change stand.
    #[serde(skip_serializing_if = "Parents::are_built")]
    pub parents: Parents,
    /// The ids of the specs that it builds, what each stands on before it: of those of one content the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builds: Option<Vec<Arc<str>>>,
    /// The ids of the specs whose references it puts, in declared order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publishes: Option<Vec<Arc<str>>>,
    /// What a change builds together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<Group>>,
}

impl Share {
    /// What it says, or the first does.
    pub fn told<'a, T>(
        &'a self,
        shares: &'a [Share],
        list: impl Fn(&'a Share) -> Option<&'a Vec<T>>,
    ) -> &'a [T] {
        let told = list(self).or_else(|| list(shares.first()?));
        told.map_or(&[], Vec::as_slice)
    }

    /// Says no more what the first says too.
    fn unlike(self, first: &Share) -> Self {
        fn other<T: PartialEq>(own: Option<Vec<T>>, first: &Option<Vec<T>>) -> Option<Vec<T>> {
            own.filter(|own| first.as_ref() != Some(own))
        }
        Share {
            pipeline: self.pipeline,
            parents: self.parents,
            builds: other(self.builds, &first.builds),
            publishes: other(self.publishes, &first.publishes),
            groups: other(self.groups, &first.groups),
        }
    }
}

/// The shares of all pipelines in these specs; of the first everything is said.
pub fn shares(specs: &[PlanSpec], pipelines: &[Pipeline]) -> Vec<Share> {
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
            parents: pipeline.parents,
            builds: Some(ids(&mut builds.iter())),
            publishes: Some(ids(&mut share.iter().filter(is_published))),
            groups: Some(groups(specs, &below, &share, name, pipeline.groups)),
        }
    };
    let mut shares: Vec<Share> = Vec::with_capacity(pipelines.len());
    for pipeline in pipelines {
        let own = match shares.first() {
            None => share(pipeline),
            Some(first) if is_like(first, specs, pipeline) => Share {
                pipeline: pipeline.name,
                parents: pipeline.parents,
                builds: None,
                publishes: None,
                groups: None,
            },
            Some(first) => share(pipeline).unlike(first),
        };
        shares.push(own);
    }
    shares
}

/// Whether a pipeline surely does what the first does: no spec is another to it, and neither has to enlarge its groups.
fn is_like(first: &Share, specs: &[PlanSpec], pipeline: &Pipeline) -> bool {
    let groups = first.groups.as_deref().unwrap_or_default();
    let are_small = groups.iter().all(|group| group.builds.len() <= SIZE);
    groups.len() <= pipeline.groups
        && are_small
        && !specs.iter().any(|spec| spec.ci.contains_key(pipeline.name))
}
