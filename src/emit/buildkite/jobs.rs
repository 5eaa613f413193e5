//! The jobs that build and merge: all that there are when nothing is there yet, lineage first.

use std::collections::HashSet;

use serde::Serialize;

use super::options::{Buildkite, QUEUE};
use super::steps::Steps;
use crate::config::{At, Config, Runner};
use crate::emit::build_secrets;
use crate::emit::checkout::Checkout;
use crate::emit::site::Site;
use crate::emit::work::{self, unused};
use crate::grammar::{Platform, arch};
use crate::image::plan::PlanSpec;

/// The platform of agents that nobody said anything of.
const NATIVE: &str = "linux/amd64";

/// A job, as a step of the uploaded pipeline.
#[derive(Debug, Serialize)]
pub(super) struct Job {
    /// What people see.
    pub label: String,
    /// Its key, which others depend on.
    pub key: String,
    /// The variable that says that it is to run.
    pub wanted: String,
    pub depends_on: Vec<String>,
    pub queue: String,
    /// In minutes.
    pub timeout: u32,
    pub id: String,
    /// What it builds for; a merge joins all platforms.
    pub platform: Option<String>,
    /// Secrets that the build is handed, by the variables that hold them.
    pub secrets: Vec<String>,
    /// What it has to check out besides.
    pub sources: Checkout,
    /// The user's steps around a build.
    pub before: Vec<String>,
    pub after: Vec<String>,
}

/// The jobs of one content: its builds, and what merges them.
#[derive(Debug)]
pub(super) struct Unit {
    pub id: String,
    /// 0 where it stands on no other, else one more than the highest it stands on.
    pub layer: usize,
    pub jobs: Vec<Job>,
}

/// The jobs of a pipeline, by content, lineage first.
pub(super) fn units(site: &Site<'_>, options: &Buildkite, steps: &Steps) -> Vec<Unit> {
    let provider = site.pipeline.provider;
    let suffix = site.config.owner.suffix();
    let mut taken = HashSet::new();
    let mut key = |words: &str| unused(&format!("{}{suffix}", safe(words)), "-", &mut taken);
    let mut variables = HashSet::new();
    let mut wanted = |key: &str| {
        let variable = key.to_ascii_uppercase().replace('-', "_");
        unused(&variable, "_", &mut variables)
    };
    let units = work::units(site.plan, provider);
    let mut all = Vec::with_capacity(units.len());
    // By place: the key of the job that stands for the content being there, and its layer.
    let mut there: Vec<(String, usize)> = Vec::with_capacity(units.len());
    for unit in &units {
        let spec = unit.spec;
        let lineage = unit.stands_on.iter().map(|&place| there[place].0.clone());
        let lineage: Vec<String> = lineage.collect();
        let layers = unit.stands_on.iter().map(|&place| there[place].1 + 1);
        let layer = layers.max().unwrap_or(0);
        let mut jobs = Vec::new();
        let mut builds = Vec::new();
        for platform in &spec.platforms {
            let key = key(&format!("build {} {}", spec.id, arch(platform)));
            builds.push(key.clone());
            jobs.push(Job {
                label: format!("build {} {platform}", spec.id),
                wanted: wanted(&key),
                key,
                depends_on: lineage.clone(),
                queue: queue(site, options, spec, platform).unwrap_or_default(),
                timeout: timeout(site, options, spec, platform),
                id: spec.id.to_string(),
                platform: Some(platform.to_string()),
                secrets: build_secrets::variables([spec]),
                sources: Checkout::of([spec]),
                before: steps.of_build(At::BeforeBuild, provider, spec, platform),
                after: steps.of_build(At::AfterBuild, provider, spec, platform),
            });
        }
        let last = match &*builds {
            [alone] if !spec.is_joined() => alone.clone(),
            _ => key(&format!("merge {}", spec.id)),
        };
        there.push((last.clone(), layer));
        if spec.is_joined() {
            jobs.push(Job {
                label: format!("merge {}", spec.id),
                wanted: wanted(&last),
                key: last,
                depends_on: builds,
                queue: options.control_runner.value.clone(),
                timeout: options.timeout_minutes,
                id: spec.id.to_string(),
                platform: None,
                secrets: Vec::new(),
                sources: Checkout::default(),
                before: Vec::new(),
                after: Vec::new(),
            });
        }
        all.push(Unit {
            id: spec.id.to_string(),
            layer,
            jobs,
        });
    }
    all
}

/// Letters, digits, `_` and `-`, of which keys are made.
fn safe(words: &str) -> String {
    let safe = |c: char| match c {
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    };
    words.chars().map(safe).collect()
}

/// The queue of the agents for a build: of its rows, of the table, or the one that agents are in.
pub(super) fn queue(
    site: &Site<'_>,
    options: &Buildkite,
    spec: &PlanSpec,
    platform: &Platform,
) -> Option<String> {
    let legs = spec.ci.get(site.pipeline.provider).map(|own| &own.legs);
    let own = legs.and_then(|legs| match &legs.get(platform)?.runner {
        Some(Runner::Label(queue)) => Some(queue.clone()),
        Some(Runner::Tags(_) | Runner::Group { .. }) | None => None,
    });
    own.or_else(|| usual_queue(site.config, options, platform))
}

/// The queue of the agents for a platform.
pub(super) fn usual_queue(config: &Config, options: &Buildkite, platform: &str) -> Option<String> {
    let stated = work::runner(config, &options.runner, platform);
    let usual = (platform == NATIVE).then(|| QUEUE.to_owned());
    stated.map(|queue| queue.value.clone()).or(usual)
}

fn timeout(site: &Site<'_>, options: &Buildkite, spec: &PlanSpec, platform: &Platform) -> u32 {
    let legs = spec.ci.get(site.pipeline.provider).map(|own| &own.legs);
    let own = legs.and_then(|legs| legs.get(platform)?.timeout_minutes);
    own.unwrap_or(options.timeout_minutes)
}
