//! GitLab CI: a pipeline of explicit jobs with exact `needs`.
//!
//! One build job per unit and platform, one merge job per unit, all in one stage, ordered by `needs` alone; `tags` has a
//! last stage to itself and no `needs`, for GitLab caps those at 50. The file is a pipeline of its own (it sets
//! `workflow` and `stages`), so it is called as a child and not merged into the user's file by `include`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::login::{self, Login, Provider, Way};
use super::shape::{PullRequest, Row, Steps};
use super::work::{self, Concern};
use crate::config::{Config, RawSelector, Spanned};
use crate::facts::Facts;
use crate::image::plan::Plan;

/// Below the template folder.
pub const TEMPLATE: &str = "gitlab/base-images.gitlab-ci.yml";

const PROVIDER: &str = "gitlab";

/// `[ci.gitlab]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct GitLab {
    /// Where the pipeline is written.
    pub file: String,
    /// The image that the jobs run in: the Docker client with buildx, on Alpine.
    pub image: String,
    /// The engine that build jobs get as a service: of the same version as the client in `image`.
    pub service: String,
    /// The tags of the runner for each value of `arch`, or for a platform such as `linux/arm/v7`. Default: GitLab's own.
    pub runner: IndexMap<Spanned<String>, Vec<String>>,
    /// How long one build job may take.
    pub timeout_minutes: u32,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the pipeline of merge requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What holds for some builds.
    pub when: Vec<Row<Vec<String>>>,
    /// Steps of your own, by key.
    pub step: Steps,
}

impl Default for GitLab {
    fn default() -> Self {
        Self {
            file: ".gitlab/base-images.gitlab-ci.yml".to_owned(),
            image: "docker:28.5.2-cli".to_owned(),
            service: "docker:28.5.2-dind".to_owned(),
            runner: IndexMap::new(),
            timeout_minutes: 120,
            matches: None,
            pull_request: PullRequest::default(),
            when: Vec::new(),
            step: Steps::new(),
        }
    }
}

/// What the template sees.
#[derive(Debug, Serialize)]
pub struct Context {
    pub file: String,
    pub image: String,
    pub service_image: String,
    pub timeout: String,
    /// Tags of the runner for the jobs that build nothing.
    pub control_tags: Vec<String>,
    pub tools: Vec<Tool>,
    pub tokens: Vec<Token>,
    pub registries: Vec<Login>,
    pub specs: Vec<SpecJobs>,
}

/// A command the logins need besides jq, and the Alpine package that has it.
#[derive(Debug, Serialize)]
pub struct Tool {
    pub command: &'static str,
    pub package: &'static str,
}

/// One of the `id_tokens`.
#[derive(Debug, Serialize)]
pub struct Token {
    pub name: String,
    pub audience: String,
}

/// The jobs of one unit.
#[derive(Debug, Serialize)]
pub struct SpecJobs {
    pub id: String,
    pub builds: Vec<BuildJob>,
    pub merge: MergeJob,
}

#[derive(Debug, Serialize)]
pub struct BuildJob {
    pub name: String,
    pub platform: String,
    pub needs: Vec<String>,
    pub tags: Vec<String>,
}

#[derive(Debug, Serialize)]
pub struct MergeJob {
    pub name: String,
    pub needs: Vec<String>,
}

/// Decides every job of the pipeline.
pub fn context(
    plan: &Plan,
    config: &Config,
    options: &GitLab,
    facts: &Facts,
    concerns: &mut Vec<Concern>,
) -> Context {
    let units = work::units(plan);
    let registries = login::logins(plan, config, Provider::GitLab, concerns);
    let mut without_runner: Vec<String> = Vec::new();

    let specs: Vec<SpecJobs> = units
        .iter()
        .map(|unit| {
            let spec = unit.spec;
            let lineage = unit
                .stands_on
                .iter()
                .map(|&place| merge_name(&units[place].spec.id));
            let needs: Vec<String> = std::iter::once("probe".to_owned()).chain(lineage).collect();
            let builds: Vec<BuildJob> = spec
                .platforms
                .iter()
                .map(|platform| BuildJob {
                    name: format!("build {} {platform}", spec.id),
                    platform: platform.to_string(),
                    needs: needs.clone(),
                    tags: runner_tags(config, options, platform).unwrap_or_else(|| {
                        if !without_runner.iter().any(|w| **w == **platform) {
                            without_runner.push(platform.to_string());
                        }
                        Vec::new()
                    }),
                })
                .collect();
            let merge = MergeJob {
                name: merge_name(&spec.id),
                needs: std::iter::once("probe".to_owned())
                    .chain(builds.iter().map(|build| build.name.clone()))
                    .collect(),
            };
            SpecJobs {
                id: spec.id.to_string(),
                builds,
                merge,
            }
        })
        .collect();

    concerns.extend(
        without_runner
            .into_iter()
            .map(|platform| Concern::NoRunner {
                provider: PROVIDER,
                platform,
            }),
    );
    for spec in &specs {
        let jobs = spec.builds.iter().map(|job| (&job.name, job.needs.len()));
        for (name, needs) in jobs.chain([(&spec.merge.name, spec.merge.needs.len())]) {
            let over = |key, count| work::over(facts, (PROVIDER, key), name, count);
            concerns.extend(over("needs_per_job", needs));
            concerns.extend(over("job_name_chars", name.chars().count()));
        }
    }

    Context {
        file: options.file.clone(),
        image: options.image.clone(),
        service_image: options.service.clone(),
        timeout: format!("{} minutes", options.timeout_minutes),
        control_tags: runner_tags(config, options, "linux/amd64").unwrap_or_default(),
        tools: tools(&registries),
        tokens: registries
            .iter()
            .filter_map(|registry| {
                Some(Token {
                    name: registry.token.clone()?,
                    audience: registry.audience.clone()?,
                })
            })
            .collect(),
        registries,
        specs,
    }
}

fn merge_name(id: &impl std::fmt::Display) -> String {
    format!("merge {id}")
}

/// The tags for a platform: the user's, else those of GitLab's hosted runners, which are of two architectures.
fn runner_tags(config: &Config, options: &GitLab, platform: &str) -> Option<Vec<String>> {
    let arch = work::arch(platform);
    work::runner(config, &options.runner, platform)
        .cloned()
        .or_else(|| match arch.as_str() {
            "amd64" | "arm64" => Some(vec![format!("saas-linux-small-{arch}")]),
            _ => None,
        })
}

fn tools(registries: &[Login]) -> Vec<Tool> {
    let has = |ways: &[Way]| {
        registries
            .iter()
            .any(|registry| ways.contains(&registry.login))
    };
    let mut tools = Vec::new();
    if has(&[Way::GoogleOidc]) {
        tools.push(Tool {
            command: "curl",
            package: "curl",
        });
    }
    if has(&[Way::AwsOidc, Way::AwsKeys]) {
        tools.push(Tool {
            command: "aws",
            package: "aws-cli",
        });
    }
    tools
}
