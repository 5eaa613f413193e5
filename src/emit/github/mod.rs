//! GitHub Actions: one job asks what is missing, each lineage layer is a matrix of builds and a merge, tags come last.
//!
//! **Legs.** The file does not name specs, so it hardly grows with them. A leg (spec × platform) belongs to the job of
//! its place among the plan's builder legs of its layer, cut where GitHub's limit is; the probe puts it there only when it
//! is missing. The template's `jq` counts in the same way; a test holds the two together. The file grows by about 3 kB
//! per 256 legs, so the limit on outputs is met long before the one on the file.
//!
//! **Needs.** Every job needs all jobs of the layers below directly, because a skipped job hides whether what it needed
//! was skipped, cancelled or timed out. A job with nothing to do is skipped and does not stop what stands on it.
//!
//! **Rights.** A job logs in where it reads or writes, and has the rights and the environment that takes, nothing more.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde::Serialize;

use super::work::{self, Concern};
use crate::config::{Config, Registry};
use crate::facts::Facts;
use crate::image::plan::{Plan, Spec};

mod adopt;
mod edits;
mod login;
mod options;
mod pins;

pub use adopt::adopt;
pub use edits::{ActionEdit, ActionEdits, Unfit};
pub use login::{Login, Rights};
pub use options::{Github, is_commit, is_version};
pub use pins::{Action, USED as ACTIONS};

use login::{Access, login, rights, stored_secrets};
use pins::Pins;

/// Below the template folder. It includes `github/rights.yml` and `github/login.yml`.
pub const TEMPLATE: &str = "github/workflow.yml";

const PROVIDER: &str = "github";

/// Images merged by one job: their ids travel in one variable, which Linux holds to 128 KiB.
const MERGES_PER_JOB: usize = 1000;

/// What the template sees.
#[derive(Debug, Serialize)]
pub struct Context {
    pub file: String,
    pub plan: &'static str,
    pub script: &'static str,
    /// Whether any job asks for `packages: write`, or for `id-token: write`: what a caller has to grant.
    pub packages: bool,
    pub id_token: bool,
    /// Names of all secrets that any job reads.
    pub secrets: Vec<String>,
    pub runner: String,
    /// The runner of each platform, as a JSON object.
    pub runners: String,
    pub timeout: u32,
    pub legs: usize,
    pub merges: usize,
    pub checkout: Action,
    pub buildx: Action,
    pub probe: Rights,
    pub layers: Vec<Layer>,
    pub tags: Tags,
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
    /// `LAYER-CHUNK`
    pub title: String,
    pub needs: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct Tags {
    pub needs: Vec<String>,
    // The rights, spelled out because the template reads one flat job.
    pub logins: Vec<Login>,
    pub packages: Option<Access>,
    pub id_token: bool,
    pub environment: Option<String>,
}

/// Decides every job of the workflow.
pub fn context(
    plan: &Plan,
    config: &Config,
    options: &Github,
    facts: &Facts,
    concerns: &mut Vec<Concern>,
) -> Context {
    let pins = Pins {
        options,
        known: &facts.action_pins(),
    };
    let legs_per_job = facts.limit(PROVIDER, "matrix_configurations_per_job");
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

    let mut contents = HashSet::new();
    let builders: Vec<&Spec> = plan
        .specs
        .iter()
        .filter(|spec| contents.insert(spec.content_reference.as_str()))
        .collect();
    let content_of: IndexMap<&str, &str> = plan
        .specs
        .iter()
        .map(|spec| (spec.id.as_str(), spec.content_reference.as_str()))
        .collect();

    let mut needs = vec!["probe".to_owned()];
    let mut layers = Vec::new();
    let mut output_units = 0;
    for number in 0..plan.layers {
        let specs: Vec<&Spec> = builders
            .iter()
            .copied()
            .filter(|spec| spec.layer == number)
            .collect();
        let homes: Vec<&str> = specs
            .iter()
            .map(|spec| spec.content_reference.as_str())
            .collect();
        let lineage: Vec<&str> = specs
            .iter()
            .flat_map(|spec| spec.parent.iter().chain(&spec.needs))
            .map(|id| content_of[id.as_str()])
            .collect();
        let legs = specs.iter().map(|spec| spec.platforms.len()).sum::<usize>();
        output_units += specs
            .iter()
            .map(|spec| spec.platforms.len() * (spec.id.len() + 96) + spec.id.len() + 3)
            .sum::<usize>();
        let builds = jobs("build", number, legs.div_ceil(legs_per_job), &mut needs);
        let merges = jobs(
            "merge",
            number,
            specs.len().div_ceil(MERGES_PER_JOB),
            &mut needs,
        );
        layers.push(Layer {
            build: rights(&lineage, &homes),
            merge: rights(&[], &homes),
            builds,
            merges,
        });
    }
    // Reckoned in UTF-16.
    let output = output_units * 2;
    concerns.extend(work::over(
        facts,
        (PROVIDER, "job_output_bytes"),
        "probe",
        output,
    ));

    let homes: Vec<&str> = builders
        .iter()
        .map(|spec| spec.content_reference.as_str())
        .collect();
    let probe = rights(&homes, &[]);
    let tagged: Vec<&str> = plan
        .specs
        .iter()
        .flat_map(|spec| spec.references.iter().chain(&spec.aliases))
        .map(String::as_str)
        .collect();
    let Rights {
        logins: tag_logins,
        packages,
        id_token,
        environment,
    } = rights(&homes, &tagged);
    let tags = Tags {
        needs,
        logins: tag_logins,
        packages,
        id_token,
        environment,
    };

    // The tags job goes wherever any other job goes.
    let mut secrets: Vec<String> = Vec::new();
    for login in &tags.logins {
        for secret in stored_secrets(login) {
            if !secrets.contains(secret) {
                secrets.push(secret.clone());
            }
        }
    }

    Context {
        file: options.file.clone(),
        plan: "generated/plan.json",
        script: "generated/ci/publish.sh",
        packages: tags.packages == Some(Access::Write),
        id_token: tags.id_token,
        secrets,
        runner: options.control_runner.clone(),
        runners: runners(config, &builders, options, concerns),
        timeout: options.timeout_minutes,
        legs: legs_per_job,
        merges: MERGES_PER_JOB,
        checkout: pins.action("actions/checkout"),
        buildx: pins.action("docker/setup-buildx-action"),
        probe,
        layers,
        tags,
    }
}

/// The jobs of one kind in one layer; they need all that is in `needs`, and are needed by what follows.
fn jobs(kind: &str, layer: usize, chunks: usize, needs: &mut Vec<String>) -> Vec<Job> {
    let jobs: Vec<Job> = (0..chunks)
        .map(|chunk| {
            let title = format!("{layer}-{chunk}");
            Job {
                id: format!("{kind}-{title}"),
                title,
                needs: needs.clone(),
            }
        })
        .collect();
    needs.extend(jobs.iter().map(|job| job.id.clone()));
    jobs
}

/// The runner of every platform that is built: the user's, else GitHub's own, which are of two architectures.
fn runners(
    config: &Config,
    builders: &[&Spec],
    options: &Github,
    concerns: &mut Vec<Concern>,
) -> String {
    let mut runners = serde_json::Map::new();
    for platform in builders.iter().flat_map(|spec| &spec.platforms) {
        let platform = platform.to_string();
        if runners.contains_key(&platform) {
            continue;
        }
        let arch = work::arch(&platform);
        let label = work::runner(config, &options.runner, &platform)
            .cloned()
            .or_else(|| match arch.as_str() {
                "amd64" => Some("ubuntu-24.04".to_owned()),
                "arm64" => Some("ubuntu-24.04-arm".to_owned()),
                _ => None,
            });
        if label.is_none() {
            concerns.push(Concern::NoRunner {
                provider: PROVIDER,
                platform: platform.clone(),
            });
        }
        runners.insert(platform, label.into());
    }
    serde_json::Value::Object(runners).to_string()
}
