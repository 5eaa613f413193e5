//! How the builds of a change are grouped: in what is built together, by one machine.
//!
//! A change builds some of the images, for tests alone, and pushes nothing: what an image stands on is built along with it,
//! by every group that has such an image. So relatives come together, and no group holds more than a machine takes. The
//! groups are of all images, and a script drops from them what the base has already.
//!
//! Where a group ends is told by the hash of an id, within bounds: one image more moves few others, so that the plan of a
//! change differs from that of its base where the change is.

use std::collections::HashSet;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::config::Runner;
use crate::grammar::Platform;
use crate::image::plan::PlanSpec;

/// Images in a group, at most, as long as there are no more groups than the provider takes.
pub(super) const SIZE: usize = 16;

/// What one machine builds of a change.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Group {
    /// The platform it builds for.
    pub platform: Platform,
    /// The machine, where rows of the pipeline name another than its common one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// The ids of the images, in declared order.
    pub builds: Vec<Arc<str>>,
}

/// What a group stands for: what it is built for, and by which machine.
type Machine<'a> = (&'a Platform, Option<&'a Runner>);

/// The groups of a pipeline's `share`, places of `specs` in declared order, by platform. There are `most` at most, or one for
/// each kind of machine where those are more. `below` holds, for each spec, the places of those that it stands on.
pub(super) fn groups(
    specs: &[PlanSpec],
    below: &[Vec<usize>],
    share: &[usize],
    pipeline: &str,
    most: usize,
) -> Vec<Group> {
    let mut seen = HashSet::new();
    let built: Vec<usize> = share
        .iter()
        .copied()
        // A change is given no secret.
        .filter(|place| specs[*place].withheld.is_empty())
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
            .map(|(_, built)| lineage.cut(built, size))
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
    /// For each spec a number by which runs are divided; nothing where there is no long one.
    hashes: Vec<u64>,
}

impl Lineage {
    fn of(specs: &[PlanSpec], below: &[Vec<usize>], built: &[usize]) -> Self {
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
        let mut hashes = Vec::new();
        if built.len() > SIZE {
            hashes.resize(specs.len(), 0);
            for place in built {
                hashes[*place] = hash(&specs[*place].id);
            }
        }
        Lineage {
            family,
            order,
            hashes,
        }
    }

    /// What one kind of machine builds, family by family, relatives beside each other.
    fn sorted(&self, mut built: Vec<usize>) -> Vec<usize> {
        built.sort_by_key(|place| (self.family[*place], self.order[*place]));
        built
    }

    /// The same in groups of at most `size`: of one family each, as long as groups are small.
    fn cut(&self, built: &[usize], size: usize) -> Vec<Vec<usize>> {
        built
            .chunk_by(|one, next| size != SIZE || self.family[*one] == self.family[*next])
            .flat_map(|run| divide(run, &self.hashes, size))
            .map(<[usize]>::to_vec)
            .collect()
    }
}

/// Parts of a run of specs, from half of `size` to `size` each, where the run is so long. A part ends before a spec with the
/// smallest hash of all that stand near, so that one more moves only what stands near it; what is still too long is divided
/// evenly.
fn divide<'a>(run: &'a [usize], hashes: &[u64], size: usize) -> Vec<&'a [usize]> {
    if run.len() <= size {
        return vec![run];
    }
    let half = size / 2;
    let (from, to) = (half, run.len() - half);
    let hashes: Vec<u64> = run.iter().map(|place| hashes[*place]).collect();
    let is_end = |at: &usize| {
        let near = &hashes[from.max(at + 1 - half)..=to.min(at + half - 1)];
        near.iter().all(|other| *other >= hashes[*at])
    };
    let mut parts = Vec::new();
    let mut begin = 0;
    for end in (from..=to).filter(is_end).chain([run.len()]) {
        let count = (end - begin).div_ceil(size);
        let place = |part: usize| begin + (end - begin) * part / count;
        parts.extend((0..count).map(|part| &run[place(part)..place(part + 1)]));
        begin = end;
    }
    parts
}

/// A number that says nothing of its id: the first bytes of its SHA-256.
fn hash(id: &str) -> u64 {
    let digest = Sha256::digest(id.as_bytes());
    let first = digest.iter().take(8);
    first.fold(0, |hash, byte| hash << 8 | u64::from(*byte))
}

/// The first of a family, by a path that is made shorter on the way.
fn first(family: &mut [usize], mut place: usize) -> usize {
    while family[place] != place {
        family[place] = family[family[place]];
        place = family[place];
    }
    place
}
