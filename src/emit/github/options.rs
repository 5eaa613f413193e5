//! What `[ci.github]` may say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use super::machine::Machine;
use crate::config::{Access, BuildsRow, PullRequest, RawSelector, Steps, Trigger};
use crate::grammar::Spanned;

/// `[ci.github]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Github {
    /// Where the workflow is written: GitHub runs what is in `.github/workflows`.
    pub file: Spanned<String>,
    /// The runner for each value of `arch`, or for a platform such as `linux/arm/v7`. Default: GitHub's own.
    pub runner: IndexMap<Spanned<String>, Spanned<Machine>>,
    /// Platforms that are built by emulation, since there is no runner for them: slowly.
    pub emulate: Vec<Spanned<String>>,
    /// The runner of the jobs that build nothing.
    pub control_runner: Spanned<Machine>,
    /// The environment of the jobs that read secrets or log in by identity; empty: none.
    pub environment: Spanned<String>,
    /// The environment of the job that puts the tags, where it is another: one that people are asked for, once.
    pub release_environment: Option<Spanned<String>>,
    /// How long one build may take: up to 360 minutes on GitHub's own runners.
    pub timeout_minutes: u32,
    /// Actions to use at other commits than the shipped ones, by `owner/name`.
    pub actions: IndexMap<Spanned<String>, Spanned<ActionPin>>,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the workflow of pull requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What starts the pipelines.
    pub trigger: Trigger,
    /// Cron lines, in UTC: it publishes then too.
    pub schedule: Vec<Spanned<String>>,
    /// Cron lines, in UTC: when upstream images are asked for what they are now, and a change is proposed where one moved.
    pub refresh: Option<Spanned<String>>,
    /// The same for packages, too: then whatever installs some is built anew.
    pub refresh_packages: Option<Spanned<String>>,
    /// Name of the secret by which that is proposed: a token that may push a branch and open a pull request.
    pub refresh_token: Option<Spanned<String>>,
    /// How many builds of one job may run at a time. Default: as many as GitHub gives.
    pub max_parallel: Option<Spanned<u32>>,
    /// What holds for some builds.
    pub when: Vec<BuildsRow<Spanned<Machine>>>,
    /// Steps of your own, by key.
    pub step: Steps,
    /// Reusable workflows that are called one after the other when all tags are put.
    pub then: Vec<Spanned<Then>>,
}

/// A reusable workflow that is called when all images are published.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Then {
    /// The job's id.
    pub job: Spanned<String>,
    /// What people see; the job's id by default.
    pub name: Option<Spanned<String>>,
    /// `./.github/workflows/name.yml`, or `owner/repository/.github/workflows/name.yml@` and a commit.
    pub uses: Spanned<String>,
    /// Its inputs.
    #[serde(default)]
    pub with: IndexMap<Spanned<String>, Spanned<String>>,
    /// Names of the secrets that it gets, each under its own name.
    #[serde(default)]
    pub secrets: Vec<Spanned<String>>,
    /// What its token may do, as in `{ contents = "read" }`.
    #[serde(default)]
    pub permissions: IndexMap<Spanned<String>, Access>,
}

/// One action at one commit.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActionPin {
    /// The commit, 40 hexadecimal digits.
    pub sha: String,
    /// The version that commit has, as in `v4.1.0`: written behind it as a comment.
    pub version: String,
}

impl Default for Github {
    fn default() -> Self {
        Self {
            file: Spanned::nowhere(".github/workflows/base-images.yml".to_owned()),
            runner: IndexMap::new(),
            emulate: Vec::new(),
            control_runner: Machine::label("ubuntu-24.04"),
            environment: Spanned::nowhere("publish".to_owned()),
            release_environment: None,
            timeout_minutes: 120,
            actions: IndexMap::new(),
            matches: None,
            pull_request: PullRequest::default(),
            trigger: Trigger::default(),
            schedule: Vec::new(),
            refresh: None,
            refresh_packages: None,
            refresh_token: None,
            max_parallel: None,
            when: Vec::new(),
            step: Steps::new(),
            then: Vec::new(),
        }
    }
}
