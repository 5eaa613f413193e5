//! How the builds of a change are grouped: in what is built together, by one machine.
//!
//! A change builds some of the images, for tests alone, and pushes nothing: what an image stands on is built along with it,
//! by every group that has such an image. So relatives come together, and no group holds more than a machine takes. The
//! groups are of all images, and a script drops from them what the base has already.
//!
//! Where a group ends is told by the hash of an id, within bounds: one image more moves few others, so that the plan of a
//! change differs from that of its base where the change is.

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
    let mut size = SIZE;
    let mut parts: Vec<Vec<Vec<usize>>>;
    let machines: Vec<(Machine<'_>, Vec<usize>)> = machines
        .into_iter()
        .map(|(machine, built)| (machine, lineage.sorted(built)))
        .collect();
    loop {
        parts = machines
            .iter()
            .map(|(_, built)| lineage.cut(specs, built, size))
            .collect();
        if parts.iter().map(Vec::len).sum::<usize>() <= most.max(machines.len()) {
            break;
        }
        size *= 2;
    }
    let mut groups: Vec<Group> = Vec::new();
    for (((platform, runner), _), parts) in machines.into_iter().zip(parts) {
        let mut parts = parts;
        for part in &mut parts {
            part.sort_unstable();
        }
        parts.sort_unstable();
        groups.extend(parts.into_iter().map(|part| {
            let builds = part.iter().map(|place| specs[*place].id.clone());
            Group {
                platform: platform.clone(),
                runner: runner.cloned(),
                builds: builds.collect(),
            }
        }));
    }
    groups.sort_by(|a, b| a.platform.cmp(&b.platform));
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

    /// What one kind of machine builds, family by family, relatives beside each other.
    fn sorted(&self, mut built: Vec<usize>) -> Vec<usize> {
        built.sort_by_key(|place| (self.family[*place], self.order[*place]));
        built
    }

    /// The same in groups of at most `size`: of one family each, as long as groups are small.
    fn cut(&self, specs: &[Spec], built: &[usize], size: usize) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for (at, place) in built.iter().enumerate() {
            let other_family = at > 0 && self.family[built[at - 1]] != self.family[*place];
            let ends = groups.last().is_none_or(|group| {
                let half = size / 2;
                let may_end = group.len() >= half
                    && (hash(&specs[*place].id) >> 32).is_multiple_of(half as u64);
                may_end || group.len() == size || (size == SIZE && other_family)
            });
            if ends {
                groups.push(Vec::new());
            }
            groups
                .last_mut()
                .into_iter()
                .for_each(|group| group.push(*place));
        }
        groups
    }
}

/// FNV-1a, 64 bits: no secret, and the same everywhere. See <http://www.isthe.com/chongo/tech/comp/fnv/>.
fn hash(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
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
