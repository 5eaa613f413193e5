//! Buildkite: two jobs that are always there, the probe and the tags, and between them what the probe uploads.
//!
//! **Nothing idle.** What is missing is known only when the registries have been asked. All jobs that there can be stand in
//! committed files; each has a condition on a variable of its own, which is false by default. The probe's script sets those of
//! the jobs that are wanted and uploads the files: the agent puts the variables into the conditions, and Buildkite creates no
//! job whose condition is false. No shell writes YAML.
//!
//! **Order.** A job depends on the jobs of what it stands on. A dependency on a job that its condition excludes is ignored; one
//! on a job that never was uploaded fails the build, which is why all files are uploaded together, lineage first. What depends on
//! the probe depends on all that it uploads: so the tags come last. Source: "Managing step dependencies" and "Using
//! conditionals" of buildkite.com/docs, as of 2026-11.
//!
//! **Agents.** Jobs find machines by queue. Whoever runs these has Docker with buildx, and is logged in to the registries:
//! pipelines hold no secret. What builds are handed is in the agent's environment, or among Buildkite's own secrets.

mod jobs;
mod options;
mod steps;
mod trigger;
mod validate;

use schemars::{Schema, SchemaGenerator};
use serde::Serialize;
use toml::de::{DeValue, Error};

use super::checkout::Checkout;
use super::provider::{File, Layout, Provider};
use super::signing::Cosign;
use super::site::Site;
use super::split;
use super::triggers::{Started, also_released, channels};
use crate::config::{Options, ProviderTable, options_schema, read_options};
use crate::diagnostic::and_list;
use crate::diagnostic::{Finding, code};
use crate::emit::build_secrets;
use crate::facts::Machinery;
use crate::grammar::arch;
use crate::render::{Dialect, Shipped, Sign, shipped};

use jobs::{Job, Unit, queue, units, usual_queue};
use options::{Buildkite as BuildkiteOptions, QUEUE};
use steps::Steps;
use trigger::Trigger;

/// The probe and the tags, below the template folder.
const TEMPLATE: &str = "buildkite/pipeline.yml";
/// The jobs between them.
const JOBS: &str = "buildkite/jobs.yml";
/// The pipeline of a change.
const CHANGE: &str = "buildkite/pull-request.yml";
/// The script that uploads the jobs, and builds changes.
const SCRIPT: &str = "buildkite/jobs.sh";
/// Where that script is written, below the folder of outputs.
const WRITTEN: &str = "ci/buildkite.sh";

/// A pipeline: the agent that uploads it replaces what `$` begins, in commands too. `\$` is a dollar to it, so a backslash
/// before one comes of a variable that nobody sets. Source: parser.go of buildkite/interpolate.
const DIALECT: Dialect = Dialect::Yaml(Sign {
    text: "$",
    disarmed: "$$",
    in_scripts: true,
    backslash: Some("${NO_SUCH_VARIABLE:-\\}"),
});

/// Buildkite.
pub(super) struct Buildkite;

impl ProviderTable for Buildkite {
    fn key(&self) -> &'static str {
        "buildkite"
    }

    fn title(&self) -> &'static str {
        "Buildkite"
    }

    fn description(&self) -> &'static str {
        "Buildkite."
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".yml", ".yaml"]
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        options_schema::<BuildkiteOptions>(generator)
    }

    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error> {
        read_options::<BuildkiteOptions>(table)
    }
}

impl Provider for Buildkite {
    fn traces(&self) -> &'static [&'static str] {
        &[".buildkite/pipeline.yml", ".buildkite/pipeline.yaml"]
    }

    fn templates(&self) -> Shipped {
        shipped!(
            "buildkite/jobs.sh",
            "buildkite/jobs.yml",
            "buildkite/pipeline.yml",
            "buildkite/pull-request.yml",
            "buildkite/sources.yml",
        )
    }

    fn setup(&self, site: &Site<'_>) -> Vec<String> {
        let mut hosts: Vec<&str> = site
            .plan
            .registries
            .iter()
            .map(|r| r.host.as_str())
            .collect();
        hosts.dedup();
        let logins = (!hosts.is_empty())
            .then(|| format!("agents that are logged in at {}", hosts.join(" and ")));
        // Agents log in by themselves: no registry's secret is read here.
        let built = build_secrets::variables(site.share());
        let signing = Cosign::of(site).map(|sign| sign.secrets);
        let read: Vec<&str> = built
            .iter()
            .chain(signing.iter().flatten())
            .map(String::as_str)
            .collect();
        let secrets = (!read.is_empty())
            .then(|| format!("secrets of its cluster {}", and_list(read.iter().copied())));
        logins.into_iter().chain(secrets).collect()
    }

    fn lay_out(&self, site: &Site<'_>) -> Layout {
        let Some(options) = site.pipeline.options::<BuildkiteOptions>() else {
            return Layout::default();
        };
        let steps = Steps::of(options, &site.pipeline.shape);
        let units = units(site, options, &steps);
        // The probe and the tags are jobs too.
        let size = units.iter().map(|unit| unit.jobs.len()).sum::<usize>() + 2;
        let mut findings = without_queue(site, options);
        findings.extend(also_released(site, &options.trigger));
        findings.extend(site.over("jobs_per_build", "the build", size, None));
        let sign = Cosign::of(site);
        let parts = parts(
            &options.file,
            units,
            sign.as_ref(),
            site.limit("jobs_per_upload"),
        );
        let mut files = Vec::new();
        let pipeline = Pipeline {
            file: options.file.value.clone(),
            script: site.config.owner.path(WRITTEN),
            queue: options.control_runner.value.clone(),
            trigger: Trigger::of(site, options),
            steps: &steps,
            sign: sign.clone(),
        };
        files.push(File::new(
            pipeline.file.as_str(),
            TEMPLATE,
            DIALECT,
            &pipeline,
        ));
        for part in &parts {
            files.push(File::new(part.file.as_str(), JOBS, DIALECT, part));
        }
        files.push(File::script(
            pipeline.script.as_str(),
            SCRIPT,
            &Script {
                buildkit: site.facts.machinery(Machinery::Buildkit),
                channels: channels(site),
                parts: &parts,
            },
        ));
        if let Some(path) = change_file(options) {
            let change = change(site, options, &steps);
            files.push(File::new(path, CHANGE, DIALECT, &change));
        }
        Layout {
            files,
            findings,
            size,
        }
    }
}

/// Where the pipeline of a change is written, if anywhere: by default beside the other.
fn change_file(options: &BuildkiteOptions) -> Option<String> {
    let usual = beside(&options.file, "-pull-request");
    options.pull_request.path(&usual).map(str::to_owned)
}

/// What the template of the pipeline sees.
#[derive(Serialize)]
struct Pipeline<'a> {
    file: String,
    script: String,
    /// Of the jobs that build nothing.
    queue: String,
    trigger: Trigger,
    steps: &'a Steps,
    /// How jobs sign, and see who signed.
    sign: Option<Cosign>,
}

/// As many jobs as one upload may have.
#[derive(Serialize)]
struct Part {
    file: String,
    jobs: Vec<Job>,
    sign: Option<Cosign>,
}

/// What the script sees.
#[derive(Serialize)]
struct Script<'a> {
    /// The image of BuildKit.
    buildkit: &'a str,
    /// The channels of the matrix.
    channels: Vec<Started>,
    parts: &'a [Part],
}

/// What the template for changes sees.
#[derive(Serialize)]
struct Change {
    /// The command that checks, when one is stated.
    check: Option<String>,
    queue: String,
    timeout: u32,
    builds: Vec<ChangeBuild>,
    sources: Checkout,
    before_build: Vec<String>,
    trigger: Trigger,
}

/// Builds for one platform what a change changed.
#[derive(Serialize)]
struct ChangeBuild {
    key: String,
    platform: String,
    queue: String,
}

fn change(site: &Site<'_>, options: &BuildkiteOptions, steps: &Steps) -> Change {
    let mut builds: Vec<ChangeBuild> = Vec::new();
    for platform in site.share().iter().flat_map(|spec| &spec.platforms) {
        if builds.iter().all(|build| *build.platform != **platform) {
            builds.push(ChangeBuild {
                key: format!("build-{}", arch(platform)),
                platform: platform.to_string(),
                queue: usual_queue(site.config, options, platform).unwrap_or_default(),
            });
        }
    }
    Change {
        check: site.config.ci.check.clone(),
        queue: options.control_runner.value.clone(),
        timeout: options.timeout_minutes,
        builds,
        sources: Checkout::of(site.share()),
        before_build: steps.of_changes(),
        trigger: Trigger::of(site, options),
    }
}

/// The findings about platforms for which no queue is known, each once.
fn without_queue(site: &Site<'_>, options: &BuildkiteOptions) -> Vec<Finding> {
    let mut told: Vec<&str> = Vec::new();
    for spec in site.share() {
        let lacks = spec
            .platforms
            .iter()
            .filter(|p| queue(site, options, spec, p).is_none());
        for platform in lacks {
            if !told.contains(&platform.as_str()) {
                told.push(platform.as_str());
            }
        }
    }
    let findings = told.into_iter().map(|platform| {
        let fact = format!("has no queue for `{platform}`");
        let finding = site.finding(&code::UNKNOWN_RUNNER, &fact, "it has nowhere to be built");
        finding.help(format!(
            "name that of agents which can build it, `runner = {{ \"{platform}\" = \"{QUEUE}\" }}`, or leave it out of the matrix"
        ))
    });
    findings.collect()
}

/// All jobs in one file, or in as many as it takes: each lineage layer is cut into groups, lowest first.
fn parts(file: &str, units: Vec<Unit>, sign: Option<&Cosign>, room: usize) -> Vec<Part> {
    let part = |words: &str, units: Vec<Unit>| Part {
        file: beside(file, words),
        jobs: units.into_iter().flat_map(|unit| unit.jobs).collect(),
        sign: sign.cloned(),
    };
    if units.iter().map(|unit| unit.jobs.len()).sum::<usize>() <= room {
        return vec![part("-jobs", units)];
    }
    let depth = units.iter().map(|unit| unit.layer + 1).max().unwrap_or(0);
    let mut layers: Vec<Vec<Unit>> = (0..depth).map(|_| Vec::new()).collect();
    for unit in units {
        layers[unit.layer].push(unit);
    }
    let mut parts = Vec::new();
    for (layer, units) in layers.into_iter().enumerate() {
        for group in split::groups(units, room, |unit| &unit.id, |unit| unit.jobs.len()) {
            let dash = if group.key.is_empty() { "" } else { "-" };
            parts.push(part(
                &format!("-jobs-{layer}{dash}{}", group.key),
                group.members,
            ));
        }
    }
    parts
}

/// `.buildkite/base-images.yml` with words before its ending.
fn beside(file: &str, words: &str) -> String {
    let (stem, ending) = file.rsplit_once('.').unwrap_or((file, "yml"));
    format!("{stem}{words}.{ending}")
}
