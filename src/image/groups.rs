//! How the builds of a change are grouped: in what is built together, by one machine.
//!
//! A change builds some of the images, for tests alone, and pushes nothing: what an image stands on is built along with it,
//! by every group that has such an image. So relatives come together, and no group holds more than a machine takes. The
//! groups are of all images, and a script drops from them what the base has already.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Serialize;

use crate::config::Runner;
use crate::image::Platform;
use crate::image::plan::Spec;

/// Images in a group, at most, as long as there are no more groups than the provider takes.
const SIZE: usize = 16;

/// What one machine builds of a change.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The platform it builds for.
    pub platform: Platform,
    /// Its place among the groups of this platform.
    pub number: usize,
    /// The machine, where rows of the pipeline name another than its common one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The ids of the images, in declared order.
    pub builds: Vec<String>,
}

/// What a group stands for: what it is built for, and by which machine.
type Machine<'a> = (&'a Platform, Option<&'a Runner>);

/// The groups of a pipeline's `share`, places of `specs` in declared order, by platform. There are `most` at most, or one for
/// each kind of machine where those are more. `below` holds, for each spec, the places of those that it stands on.
pub fn groups(
    specs: &[Spec],
    below: &[Vec<usize>],
    share: &[usize],
    pipeline: &str,
    most: usize,
) -> Vec<Group> {
    let mut seen = HashSet::new();
    let built: Vec<usize> = share
        .iter()
        .copied()
        .filter(|place| seen.insert((&specs[*place].content, &specs[*place].tests)))
        .collect();
    let mut machines: IndexMap<Machine<'_>, Vec<usize>> = IndexMap::new();
    for place in &built {
        let legs = specs[*place].ci.get(pipeline).map(|ci| &ci.legs);
        for platform in &specs[*place].platforms {
            let leg = legs.and_then(|legs| legs.get(platform));
            let runner = leg.and_then(|leg| leg.runner.as_ref());
            machines.entry((platform, runner)).or_default().push(*place);
        }
    }
    let lineage = Lineage::of(specs, below, &built);
    let parts: Vec<(Machine<'_>, Vec<Vec<usize>>)> = machines
        .into_iter()
        .map(|(machine, built)| (machine, lineage.cut(built)))
        .collect();
    let all: usize = parts.iter().map(|(_, parts)| parts.len()).sum();
    let spare = most.saturating_sub(parts.len());
    let mut groups: Vec<Group> = Vec::new();
    for ((platform, runner), parts) in parts {
        let mut parts = if all <= most {
            parts
        } else {
            let own = 1 + spare * parts.len() / all;
            packed(parts, own)
        };
        for part in &mut parts {
            part.sort_unstable();
        }
        parts.sort_unstable();
        groups.extend(parts.into_iter().map(|part| {
            let builds = part.iter().map(|place| specs[*place].id.clone());
            Group {
                platform: platform.clone(),
                number: 0,
                runner: runner.cloned(),
                builds: builds.collect(),
            }
        }));
    }
    groups.sort_by(|a, b| a.platform.cmp(&b.platform));
    let mut number = 0;
    for at in 0..groups.len() {
        let more = at > 0 && groups[at - 1].platform == groups[at].platform;
        number = if more { number + 1 } else { 0 };
        groups[at].number = number;
    }
    groups
}

/// Parts put together into `count` groups: the largest first, each where there is least so far.
fn packed(mut parts: Vec<Vec<usize>>, count: usize) -> Vec<Vec<usize>> {
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut groups = vec![Vec::new(); count.min(parts.len())];
    for part in parts {
        if let Some(least) = groups.iter_mut().min_by_key(|group| group.len()) {
            least.extend(part);
        }
    }
    groups
}

/// Who is related to whom, of all that builds need.
struct Lineage {
    /// For each spec the first of its family: of all that share anything they stand on.
    family: Vec<usize>,
    /// For each spec its place in an order in which relatives are neighbours.
    order: Vec<usize>,
}

impl Lineage {
    fn of(specs: &[Spec], below: &[Vec<usize>], built: &[usize]) -> Self {
        let mut up: Vec<usize> = (0..specs.len()).collect();
        up.sort_by_key(|place| specs[*place].layer);
        let mut needed = vec![false; specs.len()];
        for place in built {
            needed[*place] = true;
        }
        for place in up.iter().rev().filter(|place| !below[**place].is_empty()) {
            if needed[*place] {
                for low in &below[*place] {
                    needed[*low] = true;
                }
            }
        }
        let mut family: Vec<usize> = (0..specs.len()).collect();
        let mut above: Vec<Vec<usize>> = vec![Vec::new(); specs.len()];
        for place in (0..specs.len()).filter(|place| needed[*place]) {
            for low in &below[place] {
                let (own, other) = (first(&mut family, place), first(&mut family, *low));
                family[own.max(other)] = own.min(other);
            }
            if let Some(low) = below[place].first() {
                above[*low].push(place);
            }
        }
        for place in 0..specs.len() {
            family[place] = first(&mut family, place);
        }
        let mut order = vec![0; specs.len()];
        let mut next = 0;
        let roots = (0..specs.len()).filter(|place| below[*place].is_empty());
        for root in roots {
            // An explicit stack: a lineage may be deeper than the thread's.
            let mut stack = vec![root];
            while let Some(place) = stack.pop() {
                order[place] = next;
                next += 1;
                stack.extend(above[place].iter().rev());
            }
        }
        Lineage { family, order }
    }

    /// What one kind of machine builds, family by family, in parts of nearly one size.
    fn cut(&self, mut built: Vec<usize>) -> Vec<Vec<usize>> {
        built.sort_by_key(|place| (self.family[*place], self.order[*place]));
        let families = built.chunk_by(|a, b| self.family[*a] == self.family[*b]);
        families.flat_map(evenly).collect()
    }
}

fn evenly(family: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let parts = family.len().div_ceil(SIZE);
    (0..parts).map(move |part| {
        let from = part * family.len() / parts;
        let to = (part + 1) * family.len() / parts;
        family[from..to].to_vec()
    })
}

/// The first of a family, by a path that is made shorter on the way.
fn first(family: &mut [usize], mut place: usize) -> usize {
    while family[place] != place {
        family[place] = family[family[place]];
        place = family[place];
    }
    place
}
