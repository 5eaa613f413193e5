//! What `[ci.gitlab]` may say.

use std::num::NonZeroUsize;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{BuildsRow, PullRequest, RawSelector, Steps, Trigger};
use crate::facts::Machinery;
use crate::grammar::Spanned;

/// `[ci.gitlab]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct GitLab {
    /// Where the pipeline is written.
    pub file: Spanned<String>,
    /// The image that the jobs run in: the Docker client with buildx, git and awk. Default: `docker-cli` of the facts.
    pub image: Option<Spanned<String>>,
    /// What builds.
    pub builder: Builder,
    /// What build jobs get as a service: an engine of the same version as the client in `image`, or rootless BuildKit.
    /// Default: `docker-dind` or `buildkit-rootless` of the facts, by `builder`.
    pub service: Option<Spanned<String>>,
    /// The tags of the runner for each value of `arch`, or for a platform such as `linux/arm/v7`. Default: GitLab's own.
    pub runner: IndexMap<Spanned<String>, Vec<Spanned<String>>>,
    /// The tags of the runner for the jobs that build nothing. Default: those of `linux/amd64`.
    pub control_runner: Option<Vec<Spanned<String>>>,
    /// Platforms, or values of `arch`, that are built under QEMU, on runners of `linux/amd64` where `runner` names no other.
    pub emulate: Vec<Spanned<String>>,
    /// The image that registers QEMU. It runs privileged. Default: `binfmt` of the facts.
    pub emulator: Option<Spanned<String>>,
    /// How long one build job may take.
    pub timeout_minutes: u32,
    /// How many jobs a pipeline may have: what is over goes to the next one. GitLab.com's free tier has room for 500 in
    /// all pipelines that are active, so that is what the default is made for.
    pub jobs_per_pipeline: NonZeroUsize,
    /// The image in which the command of `check` in `[ci]` runs. Default: `image`.
    pub check_image: Option<Spanned<String>>,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the pipeline of merge requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What starts the pipelines.
    pub trigger: Trigger,
    /// What holds for some builds.
    pub when: Vec<BuildsRow<Vec<Spanned<String>>>>,
    /// Steps of your own, by key.
    pub step: Steps,
}

/// What builds images in GitLab's jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Builder {
    /// buildx on an engine of the job's own, which needs runners that allow privileged containers.
    Dind,
    /// buildx on rootless BuildKit. Nothing is privileged; there is no engine, so nothing can be emulated.
    Rootless,
}

impl Builder {
    /// What builds by default.
    pub(super) fn machinery(self) -> Machinery {
        match self {
            Builder::Dind => Machinery::DockerDind,
            Builder::Rootless => Machinery::BuildkitRootless,
        }
    }
}

impl Default for GitLab {
    fn default() -> Self {
        Self {
            file: Spanned::nowhere(".gitlab/base-images.gitlab-ci.yml".to_owned()),
            image: None,
            builder: Builder::Dind,
            service: None,
            runner: IndexMap::new(),
            control_runner: None,
            emulate: Vec::new(),
            emulator: None,
            timeout_minutes: 120,
            jobs_per_pipeline: NonZeroUsize::MIN.saturating_add(399),
            check_image: None,
            matches: None,
            pull_request: PullRequest::default(),
            trigger: Trigger::default(),
            when: Vec::new(),
            step: Steps::new(),
        }
    }
}
