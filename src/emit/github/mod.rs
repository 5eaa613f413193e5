//! GitHub Actions: one job asks what is missing, each lineage layer is a matrix of builds and a merge, tags come last.
//!
//! **Legs.** The file does not name specs, so it hardly grows with them. A leg (spec × platform) belongs to the job of
//! its place among the builders of its layer, cut where GitHub's limits are; the probe puts it there only when it is
//! missing. The template's `jq` counts in the same way; a test holds the two together.
//!
//! **Needs.** Every job needs all jobs of the layers below directly, because a skipped job hides whether what it needed
//! was skipped, cancelled or timed out. A job with nothing to do is skipped and does not stop what stands on it.
//!
//! **Rights.** A job logs in where it reads or writes, and has the rights and the environment that takes, nothing more.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::checkout::Extent;
use super::emitters::{PLAN, PUBLISH};
use super::work::{self, Concern};
use crate::config::{Config, Pipeline, Registry, RegistryKind};
use crate::facts::Facts;
use crate::image::plan::{Plan, Spec};

mod adopt;
mod edits;
mod legs;
mod limits;
mod login;
mod options;
mod parts;
mod pins;
pub mod pull_request;
mod steps;

pub use adopt::adopt;
pub use edits::{ActionEdit, ActionEdits, Unfit};
pub use limits::limits;
pub use login::{Login, Rights};
pub use options::{Github, is_commit, is_version};
pub use pins::{Action, USED as ACTIONS};

use legs::{Legs, Runners};
use login::{is_in, login, rights, stored_secrets};
use options::Access;
use parts::{Block, Limits, Part, Work, cut};
use pins::Pins;
use steps::{Hook, Steps, hooks};

/// Below the template folder. It includes `github/rights.yml`, `github/login.yml`, `github/emulation.yml` and
/// `github/step.yml`.
pub const TEMPLATE: &str = "github/workflow.yml";

const PROVIDER: &str = "github";

/// What the template sees.
#[derive(Debug, Serialize)]
pub struct Context {
    pub file: String,
    pub plan: String,
    pub script: String,
    /// What a caller has to grant: the most that any job asks for.
    pub grants: IndexMap<String, Access>,
    /// Names of all secrets that any job reads.
    pub secrets: Vec<String>,
    pub schedule: Vec<String>,
    pub runner: String,
    /// Minutes that a build may take.
    pub timeout: u32,
    pub max_parallel: Option<u32>,
    pub legs: Legs,
    /// Platforms that are built by emulation, as a JSON list; absent: none.
    pub emulated: Option<String>,
    pub checkout: Action,
    pub buildx: Action,
    pub qemu: Action,
    pub probe: Rights,
    pub probes: Vec<Probe>,
    pub layers: Vec<Layer>,
    pub tags: Tags,
    pub then: Vec<Hook>,
    pub steps: Steps,
    /// How many jobs run when nothing is there yet.
    #[serde(skip)]
    pub jobs: usize,
}

/// A job that asks for a part of the images what is missing, and hands that out.
#[derive(Debug, Serialize)]
pub struct Probe {
    pub id: String,
    pub title: String,
    /// The jobs that it hands work to; its outputs are called after them.
    pub outputs: Vec<String>,
    /// As a JSON object: for each output, the layer, the first of its images and how many there may be.
    pub parts: String,
}

/// One lineage layer.
#[derive(Debug, Serialize)]
pub struct Layer {
    pub build: Rights,
    pub merge: Rights,
    pub builds: Vec<Job>,
    pub merges: Vec<Job>,
}

/// A job of a layer. Its id is also the name of the probe's output that says what it has to do.
#[derive(Debug, Serialize)]
pub struct Job {
    pub id: String,
    /// `LAYER-NUMBER`
    pub title: String,
    /// The probe that hands out its work.
    pub probe: String,
    pub needs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Tags {
    pub needs: Vec<String>,
    pub rights: Rights,
}

/// Where workflows are written.
pub fn workflow_files(options: &Github) -> Vec<String> {
    let file = [options.file.value.clone()].into_iter();
    file.chain(pull_request::file(options)).collect()
}

/// Decides every job of the workflow.
pub fn context(
    plan: &Plan,
    config: &Config,
    pipeline: &Pipeline<Github>,
    facts: &Facts,
    concerns: &mut Vec<Concern>,
) -> Context {
    let options: &Github = pipeline;
    let pins = Pins {
        options,
        known: &facts.action_pins(),
    };
    let logins: Vec<(&Registry, Login)> = plan
        .registries
        .iter()
        .filter_map(|used| {
            config
                .registries
                .iter()
                .find(|registry| registry.name == used.name)
        })
        .map(|registry| (registry, login(registry, &pins, concerns)))
        .collect();
    let rights = |read: &[&str], written: &[&str]| rights(&logins, options, read, written);

    let builders = builders(plan);
    let runners = Runners::new(config, options, &builders, concerns);
    let emulated = runners.emulated(config, options);
    let steps = Steps::new(options, &pipeline.shape);
    let mut rows = pipeline.shape.rows.iter();
    let legs = Legs {
        runners: runners.to_json(),
        timeout: rows
            .any(|row| row.timeout_minutes.is_some())
            .then_some(options.timeout_minutes),
        narrowed: steps.narrowed(),
        lfs: Extent::of(&builders, |spec| spec.lfs),
        submodules: Extent::of(&builders, |spec| spec.submodules),
    };

    let by_layer: Vec<Vec<Work<'_>>> = (0..plan.layers)
        .map(|layer| {
            let specs = builders.iter().filter(|spec| spec.layer == layer);
            specs
                .map(|spec| Work {
                    spec,
                    units: legs.units(&runners, spec),
                })
                .collect()
        })
        .collect();
    let parts = cut(
        &by_layer,
        Limits {
            legs: facts.limit(PROVIDER, "matrix_configurations_per_job"),
            output_bytes: facts.limit(PROVIDER, "job_output_bytes"),
        },
    );
    concerns.extend(work::over(
        facts,
        (PROVIDER, "job_output_bytes"),
        "probe",
        parts.output_bytes,
    ));

    let content_of: IndexMap<&str, &str> = plan
        .specs
        .iter()
        .map(|spec| (spec.id.as_str(), spec.content_reference.as_str()))
        .collect();
    let mut probes = probes(parts.probes);
    let mut needs: Vec<String> = probes.iter().map(|probe| probe.id.clone()).collect();
    let mut handed: Vec<IndexMap<String, [usize; 3]>> = vec![IndexMap::new(); parts.probes];
    let mut layers = Vec::new();
    for (work, blocks) in by_layer.iter().zip(&parts.layers) {
        let homes: Vec<&str> = work
            .iter()
            .map(|work| work.spec.content_reference.as_str())
            .collect();
        let lineage: Vec<&str> = work
            .iter()
            .flat_map(|work| work.spec.parent.iter().chain(&work.spec.needs))
            .map(|id| content_of[id.as_str()])
            .collect();
        let below = needs.clone();
        let mut number = 0..;
        let builds: Vec<Job> = blocks
            .iter()
            .flat_map(|block| block.builds.iter().map(move |part| (block, part)))
            .zip(&mut number)
            .map(|((block, part), number)| {
                job("build", block, part, number, &below, &mut handed, &probes)
            })
            .collect();
        needs.extend(builds.iter().map(|job| job.id.clone()));
        let merges: Vec<Job> = blocks
            .iter()
            .enumerate()
            .map(|(number, block)| {
                job(
                    "merge",
                    block,
                    &block.merge,
                    number,
                    &needs,
                    &mut handed,
                    &probes,
                )
            })
            .collect();
        needs.extend(merges.iter().map(|job| job.id.clone()));
        layers.push(Layer {
            build: rights(&lineage, &homes),
            merge: rights(&[], &homes),
            builds,
            merges,
        });
    }
    for (probe, parts) in probes.iter_mut().zip(handed) {
        probe.parts = serde_json::to_string(&parts).unwrap_or_default();
        probe.outputs = parts.into_keys().collect();
    }

    let homes: Vec<&str> = builders
        .iter()
        .map(|spec| spec.content_reference.as_str())
        .collect();
    let tagged: Vec<&str> = plan
        .share(PROVIDER)
        .into_iter()
        .filter(|spec| spec.role(PROVIDER).is_none())
        .flat_map(|spec| spec.references.iter().chain(&spec.aliases))
        .map(String::as_str)
        .collect();
    // Repositories of AWS are not made by a push, so the probe looks whether they are there, wherever images are copied.
    let made_first = logins.iter().filter(|(registry, _)| {
        matches!(registry.kind, RegistryKind::Ecr | RegistryKind::EcrPublic)
    });
    let asked: Vec<&str> = made_first
        .flat_map(|(registry, _)| {
            let tagged = tagged.iter().copied();
            tagged.filter(|reference| is_in(registry, reference))
        })
        .chain(homes.iter().copied())
        .collect();
    let probe = rights(&asked, &[]);
    let tags = Tags {
        needs,
        rights: rights(&homes, &tagged),
    };
    let then = hooks(options);
    let merges: usize = layers.iter().map(|layer| layer.merges.len()).sum();
    let builds: usize = builders.iter().map(|spec| spec.platforms.len()).sum();

    Context {
        file: options.file.value.clone(),
        plan: config.owner.path(PLAN),
        script: config.owner.path(PUBLISH),
        grants: grants(&tags.rights, &then),
        secrets: secrets(&tags.rights, &then),
        schedule: options
            .schedule
            .iter()
            .map(|cron| cron.value.clone())
            .collect(),
        runner: options.control_runner.value.clone(),
        timeout: options.timeout_minutes,
        max_parallel: options.max_parallel.as_ref().map(|most| most.value),
        legs,
        emulated: (!emulated.is_empty())
            .then(|| serde_json::to_string(&emulated).unwrap_or_default()),
        checkout: pins.action("actions/checkout"),
        buildx: pins.action("docker/setup-buildx-action"),
        qemu: pins.action("docker/setup-qemu-action"),
        jobs: probes.len() + builds + merges + 1 + then.len(),
        probe,
        probes,
        layers,
        tags,
        then,
        steps,
    }
}

/// The first spec of each content that this pipeline has to build.
fn builders(plan: &Plan) -> Vec<&Spec> {
    let mut contents = HashSet::new();
    let mut specs = plan.share(PROVIDER);
    specs.retain(|spec| contents.insert(spec.content_reference.as_str()));
    specs
}

/// The probes; what each hands out is decided later.
fn probes(count: usize) -> Vec<Probe> {
    let numbers = 0..count;
    numbers
        .map(|number| {
            let (id, title) = if count == 1 {
                ("probe".to_owned(), "Probe".to_owned())
            } else {
                (format!("probe-{number}"), format!("Probe {number}"))
            };
            Probe {
                id,
                title,
                outputs: Vec::new(),
                parts: String::new(),
            }
        })
        .collect()
}

/// A job that does one part of the work; its probe is told.
fn job(
    kind: &str,
    block: &Block,
    part: &Part,
    number: usize,
    needs: &[String],
    handed: &mut [IndexMap<String, [usize; 3]>],
    probes: &[Probe],
) -> Job {
    let id = format!("{kind}-{}-{number}", part.layer);
    let title = match number {
        0 => format!("Join platforms, layer {}", part.layer),
        number => format!("Join platforms, layer {}, part {}", part.layer, number + 1),
    };
    handed[block.probe].insert(id.clone(), [part.layer, part.first, part.size]);
    Job {
        id,
        title,
        probe: probes[block.probe].id.clone(),
        needs: needs.to_vec(),
    }
}

/// The rights that a caller has to grant: the tags job goes wherever any other job goes, and hooks ask for their own.
fn grants(tags: &Rights, then: &[Hook]) -> IndexMap<String, Access> {
    let mut grants = IndexMap::from([("contents".to_owned(), Access::Read)]);
    let mut grant = |what: &str, access: Access| {
        let granted = grants.entry(what.to_owned()).or_insert(access);
        *granted = (*granted).max(access);
    };
    if let Some(access) = tags.packages {
        grant("packages", access);
    }
    if tags.id_token {
        grant("id-token", Access::Write);
    }
    for (what, access) in then.iter().flat_map(|hook| &hook.permissions) {
        if *access != Access::None {
            grant(what, *access);
        }
    }
    grants
}

/// The secrets that a caller has to hand on.
fn secrets(tags: &Rights, then: &[Hook]) -> Vec<String> {
    let logins = tags.logins.iter().flat_map(stored_secrets);
    let hooks = then.iter().flat_map(|hook| &hook.secrets);
    let mut seen = HashSet::new();
    logins
        .chain(hooks)
        .filter(|secret| seen.insert(secret.as_str()))
        .cloned()
        .collect()
}
