//! How the work is cut into jobs, so that each stays within GitHub's limits.
//!
//! A build job is one matrix: as many images of a layer as have legs for it, all jobs of a layer alike, so that an image
//! more seldom moves another. A merge job joins the images of several build jobs. A probe hands out the work of as many
//! of these as its outputs can hold: mostly there is one.

use crate::image::plan::PlanSpec;

/// Images merged by one job, at most.
const MERGES_PER_JOB: usize = 1000;

/// Characters of the ids that one merge job may get: they travel in one variable, which Linux holds to 128 KiB.
const MERGE_CHARS: usize = 100_000;

/// What a job may have.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// Legs of one matrix.
    pub legs: usize,
    /// Bytes of all outputs of one job; each UTF-16 unit is reckoned as two.
    pub output_bytes: usize,
}

/// One image with what handing it out takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Work<'a> {
    pub spec: &'a PlanSpec,
    /// UTF-16 units of all its legs as JSON, and of its id.
    pub units: usize,
}

/// A run of the images of one layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub layer: usize,
    /// Its first image among those of the layer.
    pub first: usize,
    /// Images of a part that is full; the last one of a layer may have fewer.
    pub size: usize,
}

impl Part {
    /// What it is of the work of its layer.
    pub(super) fn of<'a, 'w>(&self, work: &'a [Work<'w>]) -> &'a [Work<'w>] {
        &work[self.first..work.len().min(self.first + self.size)]
    }
}

/// One merge job with the builds that it stands on, and the probe that hands them out.
#[derive(Debug)]
pub(super) struct Block {
    pub probe: usize,
    pub merge: Part,
    pub builds: Vec<Part>,
}

/// The whole work: blocks by layer, and how many probes they take.
#[derive(Debug)]
pub(super) struct Parts {
    pub layers: Vec<Vec<Block>>,
    pub probes: usize,
    /// The most bytes that the outputs of one probe come to.
    pub output_bytes: usize,
}

/// Cuts the work of each layer.
pub(super) fn cut(layers: &[Vec<Work<'_>>], limits: Limits) -> Parts {
    let mut parts = Parts {
        layers: Vec::new(),
        probes: 1,
        output_bytes: 0,
    };
    let mut taken = 0;
    for (layer, work) in layers.iter().enumerate() {
        let (per_build, per_merge) = sizes(work, limits);
        let mut blocks = Vec::new();
        for first in (0..work.len()).step_by(per_merge) {
            let run = &work[first..work.len().min(first + per_merge)];
            let bytes = 2 * run.iter().map(|work| work.units).sum::<usize>();
            if taken > 0 && taken + bytes > limits.output_bytes {
                parts.probes += 1;
                taken = 0;
            }
            taken += bytes;
            parts.output_bytes = parts.output_bytes.max(taken);
            let part = |first, size| Part { layer, first, size };
            blocks.push(Block {
                probe: parts.probes - 1,
                merge: part(first, per_merge),
                builds: (first..first + run.len())
                    .step_by(per_build)
                    .map(|first| part(first, per_build))
                    .collect(),
            });
        }
        parts.layers.push(blocks);
    }
    parts
}

/// How many images of a layer a build job has, and a merge job: a multiple of the first.
fn sizes(work: &[Work<'_>], limits: Limits) -> (usize, usize) {
    let most = |of: fn(&Work<'_>) -> usize| work.iter().map(of).max().unwrap_or(1).max(1);
    let legs = most(|work| work.spec.platforms.len());
    let units = most(|work| work.units);
    let id = most(|work| work.spec.id.len() + 3);
    let per_merge = MERGES_PER_JOB
        .min(MERGE_CHARS / id)
        .min(limits.output_bytes / (2 * units))
        .max(1);
    let per_build = (limits.legs / legs).clamp(1, per_merge);
    (per_build, per_merge / per_build * per_build)
}
