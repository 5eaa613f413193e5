//! GitLab CI: a small pipeline that writes the large one while it runs.
//!
//! **Nothing idle.** What is missing is known only when the registries have been asked, and GitLab decides which jobs a
//! pipeline has before any of them runs. So the probe writes a child pipeline of exactly the missing jobs, with exact
//! `needs`, and a trigger job starts it. The file does not name specs: it grows by one trigger job where the jobs that
//! may be missing are more than one pipeline holds. The children run one after another, each with the next of the jobs
//! in lineage order, so that what a job stands on is either in its own child or done; and no more jobs than one child's
//! are active at a time, which is what GitLab.com counts.
//!
//! **Depth.** GitLab nests children two deep: a pipeline of the user's calls this one, and this one calls what it wrote.
//! It is a pipeline of its own (it sets `workflow` and `stages`), so it is called as a child and not merged by `include`.
//!
//! **Templates.** The jobs are templates in a file of their own, which the pipelines and the children include. A child
//! is JSON written by jq, so that values from the plan stay values.

use serde::Serialize;

use super::checkout::Checkout;
use super::login::{self, Login, Provider, Way};
use super::work::{self, Concern};
use crate::config::{Config, Pipeline, Spanned};
use crate::facts::Facts;
use crate::image::plan::Plan;

mod children;
mod options;
mod steps;

pub use options::{Builder, GitLab};

use children::{Child, children, jobs};
use steps::{Steps, steps};

/// The pipeline that publishes, below the template folder.
pub const TEMPLATE: &str = "gitlab/base-images.gitlab-ci.yml";
/// The pipeline of a merge request.
pub const MERGE_REQUEST: &str = "gitlab/merge-request.gitlab-ci.yml";
/// The templates of the jobs of all pipelines.
pub const JOBS: &str = "gitlab/jobs.yml";
/// The script that writes the child pipelines.
pub const CHILDREN: &str = "gitlab/children.sh";
/// Where that script is written, below the folder of outputs.
pub const SCRIPT: &str = "ci/gitlab.sh";

const PROVIDER: &str = "gitlab";

/// What all of GitLab's templates see.
#[derive(Debug, Serialize)]
pub struct Context {
    pub file: String,
    /// Where the pipeline of merge requests is written, if anywhere.
    pub merge_request_file: Option<String>,
    /// The file of the job templates, as `include:local` names it: from the root of the repository.
    pub jobs_path: String,
    pub image: String,
    pub service_image: String,
    pub rootless: bool,
    /// The image that registers QEMU, where something is emulated.
    pub emulator: Option<String>,
    pub timeout: String,
    /// Tags of the runner for the jobs that build nothing.
    pub control_tags: Vec<String>,
    pub runners: Vec<Runner>,
    pub tools: Vec<Tool>,
    pub tokens: Vec<Token>,
    pub registries: Vec<Login>,
    pub steps: Steps,
    /// What some builds have to check out besides.
    pub sources: Checkout,
    pub jobs_per_pipeline: usize,
    pub children: Vec<Child>,
    /// The command by which a merge request is checked, when one is stated, and the image for it.
    pub check: Option<String>,
    pub check_image: String,
    /// How many jobs build and merge when nothing is there yet.
    pub jobs: usize,
}

/// Where the builds of one platform run.
#[derive(Debug, Serialize)]
pub struct Runner {
    pub arch: String,
    pub tags: Vec<String>,
    pub emulated: bool,
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

/// Decides all that the pipelines need to know; which jobs there are is decided while they run.
pub fn context(
    plan: &Plan,
    config: &Config,
    options: &Pipeline<GitLab>,
    facts: &Facts,
    concerns: &mut Vec<Concern>,
) -> Context {
    let registries = login::logins(plan, config, Provider::GitLab, concerns);
    let jobs = jobs(&work::units(plan, PROVIDER));
    for job in &jobs {
        let over = |key, count| work::over(facts, (PROVIDER, key), &job.name, count);
        concerns.extend(over("needs_per_job", job.needs));
        concerns.extend(over("job_name_chars", job.name.chars().count()));
    }
    let size = options.jobs_per_pipeline.get();
    let children = children(jobs.len().div_ceil(size).max(1));
    concerns.extend(work::over(
        facts,
        (PROVIDER, "downstream_pipelines"),
        "the pipelines of missing images",
        children.len(),
    ));
    // Any of the jobs may come together in a child, so the longest count.
    let mut bytes: Vec<usize> = jobs.iter().map(|job| job.bytes).collect();
    bytes.sort_unstable_by(|a, b| b.cmp(a));
    concerns.extend(work::over(
        facts,
        (PROVIDER, "yaml_bytes"),
        "a pipeline of missing images",
        bytes.iter().take(size).sum(),
    ));
    let runners = runners(plan, config, options, concerns);
    let emulated = runners.iter().any(|runner| runner.emulated);

    Context {
        file: options.file.value.clone(),
        merge_request_file: merge_request_file(options),
        jobs_path: format!("/{}", jobs_file(options)),
        image: options.image.value.clone(),
        service_image: match (&options.service, options.builder) {
            (Some(service), _) => service.value.clone(),
            (None, Builder::Dind) => "docker:28.5.2-dind".to_owned(),
            (None, Builder::Rootless) => "moby/buildkit:v0.32.2-rootless".to_owned(),
        },
        rootless: options.builder == Builder::Rootless,
        emulator: emulated.then(|| options.emulator.value.clone()),
        timeout: format!("{} minutes", options.timeout_minutes),
        control_tags: options
            .control_runner
            .as_deref()
            .map(texts)
            .or_else(|| runner_tags(config, options, NATIVE))
            .unwrap_or_default(),
        runners,
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
        steps: steps(&options.step, &options.shape),
        sources: Checkout::of(plan.share(PROVIDER)),
        jobs_per_pipeline: size,
        children,
        check: config.ci.check.clone(),
        check_image: options
            .check_image
            .as_ref()
            .unwrap_or(&options.image)
            .value
            .clone(),
        jobs: jobs.len(),
    }
}

/// Where the templates of the jobs are written: beside the pipeline.
pub fn jobs_file(options: &GitLab) -> String {
    beside(&options.file, "-jobs.yml")
}

/// Where the pipeline of merge requests is written, if anywhere: by default beside the other.
pub fn merge_request_file(options: &GitLab) -> Option<String> {
    let usual = beside(&options.file, "-merge-request.gitlab-ci.yml");
    options.pull_request.path(&usual).map(str::to_owned)
}

/// `.gitlab/base-images.gitlab-ci.yml` with another ending than its own. A name that is all ending becomes `base-images`.
fn beside(file: &str, ending: &str) -> String {
    let (folder, name) = file
        .rfind('/')
        .map_or(("", file), |slash| file.split_at(slash + 1));
    let stem = [".gitlab-ci.yml", ".gitlab-ci.yaml", ".yml", ".yaml"]
        .iter()
        .find_map(|own| name.strip_suffix(own))
        .unwrap_or(name);
    let stem = if stem.is_empty() { "base-images" } else { stem };
    format!("{folder}{stem}{ending}")
}

/// The platform of GitLab's usual runners.
const NATIVE: &str = "linux/amd64";

/// Where each platform is built, in the order in which the plan comes to them.
fn runners(
    plan: &Plan,
    config: &Config,
    options: &GitLab,
    concerns: &mut Vec<Concern>,
) -> Vec<Runner> {
    let mut platforms: Vec<&str> = Vec::new();
    for platform in plan.share(PROVIDER).iter().flat_map(|spec| &spec.platforms) {
        if !platforms.contains(&&**platform) {
            platforms.push(platform);
        }
    }
    platforms
        .into_iter()
        .map(|platform| {
            let emulated = options
                .emulate
                .iter()
                .any(|key| config.names_platform(key, platform));
            if emulated && options.builder == Builder::Rootless {
                concerns.push(Concern::NotEmulated {
                    provider: PROVIDER,
                    platform: platform.to_owned(),
                });
            }
            let tags = runner_tags(config, options, platform)
                .filter(|_| !emulated || work::runner(config, &options.runner, platform).is_some())
                .or_else(|| {
                    emulated
                        .then(|| runner_tags(config, options, NATIVE))
                        .flatten()
                });
            if tags.is_none() {
                concerns.push(Concern::NoRunner {
                    provider: PROVIDER,
                    platform: platform.to_owned(),
                });
            }
            Runner {
                arch: work::arch(platform),
                tags: tags.unwrap_or_default(),
                emulated,
            }
        })
        .collect()
}

/// The tags for a platform: the user's, else those of GitLab's hosted runners, which are of two architectures.
fn runner_tags(config: &Config, options: &GitLab, platform: &str) -> Option<Vec<String>> {
    let arch = work::arch(platform);
    work::runner(config, &options.runner, platform)
        .map(|tags| texts(tags))
        .or_else(|| match arch.as_str() {
            "amd64" | "arm64" => Some(vec![format!("saas-linux-small-{arch}")]),
            _ => None,
        })
}

fn texts(tags: &[Spanned<String>]) -> Vec<String> {
    tags.iter().map(|tag| tag.value.clone()).collect()
}

fn tools(registries: &[Login]) -> Vec<Tool> {
    let has = |ways: &[Way]| {
        registries
            .iter()
            .any(|registry| ways.contains(&registry.login))
    };
    let mut tools = Vec::new();
    // The probe asks AWS by it whether the repositories exist.
    if has(&[Way::GoogleOidc, Way::AwsOidc, Way::AwsKeys]) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_stand_beside_the_pipeline() {
        let beside = |file: &str| beside(file, "-jobs.yml");
        assert_eq!(beside(".gitlab-ci.yml"), "base-images-jobs.yml");
        assert_eq!(beside("ci/x.gitlab-ci.yml"), "ci/x-jobs.yml");
        assert_eq!(beside("a.b/x.yaml"), "a.b/x-jobs.yml");
        assert_eq!(beside("plain"), "plain-jobs.yml");
    }
}
