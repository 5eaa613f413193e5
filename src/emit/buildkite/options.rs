//! What `[ci.buildkite]` may say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::{BuildsRow, PullRequest, RawSelector, Steps, Trigger};
use crate::grammar::Spanned;

/// `[ci.buildkite]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct Buildkite {
    /// Where the pipeline is written, which a step of yours uploads.
    pub file: Spanned<String>,
    /// The queue of the agents for each value of `arch`, or for a platform such as `linux/arm/v7`. Default: `default` for
    /// `linux/amd64`.
    pub runner: IndexMap<Spanned<String>, Spanned<String>>,
    /// The queue of the agents for the jobs that build nothing.
    pub control_runner: Spanned<String>,
    /// How long one build may take.
    pub timeout_minutes: u32,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the pipeline of pull requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What starts the pipelines.
    pub trigger: Trigger,
    /// What holds for some builds.
    pub when: Vec<BuildsRow<Spanned<String>>>,
    /// Steps of your own, by key.
    pub step: Steps,
}

/// The queue that agents are in unless they are told another.
pub(super) const QUEUE: &str = "default";

impl Default for Buildkite {
    fn default() -> Self {
        Self {
            file: Spanned::nowhere(".buildkite/base-images.yml".to_owned()),
            runner: IndexMap::new(),
            control_runner: Spanned::nowhere(QUEUE.to_owned()),
            timeout_minutes: 120,
            matches: None,
            pull_request: PullRequest::default(),
            trigger: Trigger::default(),
            when: Vec::new(),
            step: Steps::new(),
        }
    }
}
