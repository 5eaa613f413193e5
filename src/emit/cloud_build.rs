//! Google Cloud Build: one scripted step per unit, with exact `waitFor`.
//!
//! **Which platforms.** Cloud Build has x86 machines only. By default it builds every platform of the plan all the same,
//! the foreign ones under QEMU, so that the same images come out as on any other provider. `platforms` narrows that. A
//! content reference names one set of platforms, so a unit is built here whole or not at all: one with a platform that
//! is not in `platforms` gets no step, nor does what stands on it, and each is reported. `tags` stays: it wants every
//! content of the plan to be there, and refuses, moving nothing, until another pipeline has published the rest.
//!
//! **Substitution.** Cloud Build substitutes `$NAME` in every string but those of `script`. So values from the plan go
//! through `env`, where the dialect doubles the dollar, and scripts read them as shell variables.

use std::collections::HashSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::login::{self, Login, Provider, Way};
use super::shape::{BuildRow, PullRequest, Steps};
use super::work::{self, Concern};
use crate::config::{Config, RawSelector, Spanned};
use crate::facts::Facts;
use crate::image::plan::Plan;

/// Below the template folder.
pub const TEMPLATE: &str = "cloud-build/cloudbuild.yaml";

const PROVIDER: &str = "cloudbuild";

/// The one platform of Cloud Build's machines.
const NATIVE: &str = "linux/amd64";

/// `[ci.cloud-build]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct CloudBuild {
    /// Where the build config is written.
    pub file: String,
    /// The platforms to build here; all that the plan has, when not given. Those other than `linux/amd64` run under QEMU.
    pub platforms: Option<Vec<Spanned<String>>>,
    /// The image that the steps run in: the Docker client with buildx, on Alpine.
    pub image: String,
    /// The image that registers QEMU. It runs privileged, so it is pinned by digest.
    pub emulator: String,
    /// How long the whole build may take: up to 24 hours.
    pub timeout_minutes: u32,
    /// The machine of the default pool.
    pub machine_type: MachineType,
    /// A private pool, as `projects/…/locations/…/workerPools/…`; its machines and disks then count, not these.
    pub pool: Option<String>,
    /// Disk of a machine of the default pool, in GB.
    pub disk_size_gb: Option<u32>,
    /// How many instructions BuildKit runs at a time.
    pub parallelism: u32,
    /// Where the build's log goes.
    pub logging: Logging,
    /// Who the build runs as, as `projects/…/serviceAccounts/…`.
    pub service_account: Option<String>,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the build of pull requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What holds for some builds.
    pub when: Vec<BuildRow>,
    /// Steps of your own, by key.
    pub step: Steps,
}

/// Machines of the default pool.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MachineType {
    E2Medium,
    #[serde(rename = "E2_STANDARD_2")]
    E2Standard2,
    #[serde(rename = "E2_HIGHCPU_8")]
    E2Highcpu8,
    #[serde(rename = "E2_HIGHCPU_32")]
    E2Highcpu32,
    #[serde(rename = "N1_HIGHCPU_8")]
    N1Highcpu8,
    #[serde(rename = "N1_HIGHCPU_32")]
    N1Highcpu32,
}

/// Where logs go. The other values of the API want a bucket of their own, or are refused with a service account.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Logging {
    CloudLoggingOnly,
    None,
}

impl Default for CloudBuild {
    fn default() -> Self {
        Self {
            file: "cloudbuild.yaml".to_owned(),
            platforms: None,
            image: "docker:28.5.2-cli".to_owned(),
            emulator: "tonistiigi/binfmt:qemu-v10.2.3@sha256:400a4873b838d1b89194d982c45e5fb3cda4593fbfd7e08a02e76b03b21166f0".to_owned(),
            timeout_minutes: 360,
            machine_type: MachineType::E2Highcpu8,
            pool: None,
            disk_size_gb: None,
            parallelism: 4,
            logging: Logging::CloudLoggingOnly,
            service_account: None,
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
    pub timeout: String,
    pub machine_type: MachineType,
    pub pool: Option<String>,
    pub disk_size_gb: Option<u32>,
    pub logging: Logging,
    pub service_account: Option<String>,
    pub registries: Vec<Login>,
    /// Secret Manager's names, which are the variables' names too: each once.
    pub secrets: Vec<String>,
    pub needs_aws: bool,
    /// `NAME=value` for the first step.
    pub prepare_env: Vec<String>,
    /// The platforms that run under QEMU.
    pub emulated: Vec<String>,
    /// The specs that another pipeline has to publish.
    pub left_out: Vec<String>,
    pub specs: Vec<SpecStep>,
}

/// The step of one unit: it builds each platform, then merges.
#[derive(Debug, Serialize)]
pub struct SpecStep {
    pub step: String,
    pub wait_for: Vec<String>,
    /// `SPEC=id`
    pub spec_env: String,
    /// `PLATFORMS=` and the platforms, by spaces.
    pub platforms_env: String,
}

/// Decides every step of the build.
pub fn context(
    plan: &Plan,
    config: &Config,
    options: &CloudBuild,
    facts: &Facts,
    concerns: &mut Vec<Concern>,
) -> Context {
    let registries = login::logins(plan, config, Provider::CloudBuild, concerns);
    let units = work::units(plan);
    let built_here = |platform: &str| {
        options
            .platforms
            .as_ref()
            .is_none_or(|here| here.iter().any(|one| one.value == platform))
    };

    let mut taken = HashSet::new();
    // By unit: its step, or none when it is left out.
    let mut steps: Vec<Option<String>> = Vec::with_capacity(units.len());
    let mut specs = Vec::new();
    let mut left_out = Vec::new();
    let mut emulated: Vec<String> = Vec::new();
    for unit in &units {
        let spec = unit.spec;
        let elsewhere: Vec<String> = spec
            .platforms
            .iter()
            .filter(|platform| !built_here(platform))
            .map(ToString::to_string)
            .collect();
        let lineage: Option<Vec<String>> = unit
            .stands_on
            .iter()
            .map(|&place| steps[place].clone())
            .collect();
        let Some(lineage) = lineage.filter(|_| elsewhere.is_empty()) else {
            concerns.push(Concern::NotBuiltHere {
                provider: PROVIDER,
                spec: spec.id.to_string(),
                platforms: elsewhere,
            });
            left_out.push(spec.id.to_string());
            steps.push(None);
            continue;
        };
        for platform in spec
            .platforms
            .iter()
            .filter(|platform| platform.as_str() != NATIVE)
        {
            if !emulated.iter().any(|e| **e == **platform) {
                emulated.push(platform.to_string());
            }
        }
        let step = work::unused(&step_id(&spec.id), "-", &mut taken);
        specs.push(SpecStep {
            step: step.clone(),
            wait_for: std::iter::once("probe".to_owned()).chain(lineage).collect(),
            spec_env: format!("SPEC={}", spec.id),
            platforms_env: format!("PLATFORMS={}", spec.platforms.join(" ")),
        });
        steps.push(Some(step));
    }

    // The three that are not a unit's: prepare, probe, tags.
    let over = |key, count| work::over(facts, (PROVIDER, key), "the build", count);
    concerns.extend(over("steps", specs.len() + 3));
    concerns.extend(over(
        "timeout_seconds",
        options.timeout_minutes as usize * 60,
    ));

    Context {
        file: options.file.clone(),
        image: options.image.clone(),
        timeout: format!("{}s", u64::from(options.timeout_minutes) * 60),
        machine_type: options.machine_type,
        pool: options.pool.clone(),
        disk_size_gb: options.disk_size_gb,
        logging: options.logging,
        service_account: options.service_account.clone(),
        secrets: secrets(&registries),
        needs_aws: registries
            .iter()
            .any(|registry| registry.login == Way::AwsKeys),
        prepare_env: prepare_env(options, &registries, &emulated),
        registries,
        emulated,
        left_out,
        specs,
    }
}

/// `base/3.11_12.8.1` → `image-base-3-11_12-8-1`. Two ids may come out alike: the caller numbers them.
fn step_id(id: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    format!("image-{}", id.chars().map(safe).collect::<String>())
}

fn secrets(registries: &[Login]) -> Vec<String> {
    let mut secrets: Vec<String> = Vec::new();
    for registry in registries
        .iter()
        .filter(|registry| matches!(registry.login, Way::Password | Way::AwsKeys))
    {
        for name in [&registry.username, &registry.password] {
            if !secrets.contains(name) {
                secrets.push(name.clone());
            }
        }
    }
    secrets
}

fn prepare_env(options: &CloudBuild, registries: &[Login], emulated: &[String]) -> Vec<String> {
    let mut env = Vec::new();
    for registry in registries
        .iter()
        .filter(|registry| registry.login != Way::BuiltIn)
    {
        env.push(format!("{}_HOST={}", registry.variable, registry.host));
        env.extend(
            registry
                .region
                .as_ref()
                .map(|region| format!("{}_REGION={region}", registry.variable)),
        );
    }
    if !emulated.is_empty() {
        env.push(format!("EMULATOR={}", options.emulator));
        env.push(format!("EMULATED={}", emulators(emulated).join(",")));
    }
    env.push(format!("PARALLELISM={}", options.parallelism));
    env
}

/// The emulators' own names, which know no variants: `linux/arm/v7` → `arm`.
fn emulators(platforms: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for platform in platforms {
        let name = platform.split('/').nth(1).unwrap_or(platform);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_ids_are_safe_and_come_out_different() {
        let mut taken = HashSet::new();
        let mut id = |spec| work::unused(&step_id(spec), "-", &mut taken);
        assert_eq!(id("base/3.11_12.8.1"), "image-base-3-11_12-8-1");
        assert_eq!(id("base/3-11_12.8.1"), "image-base-3-11_12-8-1-2");
        assert_eq!(id("base/3.11_12.8.1-2"), "image-base-3-11_12-8-1-2-2");
        assert_eq!(id("tags"), "image-tags");
    }

    #[test]
    fn emulators_are_named_once_and_without_variant() {
        let platforms = ["linux/arm64", "linux/arm/v7", "linux/arm/v6"].map(str::to_owned);
        assert_eq!(emulators(&platforms), ["arm64", "arm"]);
    }
}
