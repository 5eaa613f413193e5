//! What `[ci.cloud-build]` may say.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{BuildRow, PullRequest, RawSelector, Steps, Trigger};
use crate::grammar::Spanned;

/// `[ci.cloud-build]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub(super) struct CloudBuild {
    /// Where the build config is written.
    pub file: Spanned<String>,
    /// How images are built. Default: by one scripted step each.
    pub shape: Option<Spanned<Shape>>,
    /// The platforms to build here; all that the plan has, when not given. Those other than `linux/amd64` run under QEMU.
    pub platforms: Option<Vec<Spanned<String>>>,
    /// The image that the steps run in: the Docker client with buildx, git and awk. Default: `docker-cli` of the facts.
    pub image: Option<Spanned<String>>,
    /// The image that registers QEMU. It runs privileged. Default: `binfmt` of the facts.
    pub emulator: Option<Spanned<String>>,
    /// The image of the classic shape's steps: its entrypoint is the Docker client, with buildx. Default: `docker-cli` of the facts.
    pub builder: Option<Spanned<String>>,
    /// The image in which the command of `check` in `[ci]` runs. Default: `image`.
    pub check_image: Option<Spanned<String>>,
    /// The image with `gcloud`, in which the builds that a large one is split into are submitted. Default: `google-cloud-cli` of the
    /// facts.
    pub submit_image: Option<Spanned<String>>,
    /// How long the whole build may take: up to 24 hours.
    pub timeout_minutes: u32,
    /// How long it may wait for a machine. Default: Cloud Build's own 60 minutes, and 24 hours for builds that are split.
    pub queue_ttl_minutes: Option<u32>,
    /// The machine of the default pool.
    pub machine_type: MachineType,
    /// A private pool, as `projects/…/locations/…/workerPools/…`; its machines and disks then count, not these.
    pub pool: Option<Spanned<String>>,
    /// Disk of a machine of the default pool, in GB.
    pub disk_size_gb: Option<u32>,
    /// How many instructions BuildKit runs at a time.
    pub parallelism: u32,
    /// Where the build's log goes. Default: to Cloud Logging alone.
    pub logging: Option<Spanned<Logging>>,
    /// The bucket that the log goes to, as `gs://…`.
    pub logs_bucket: Option<Spanned<String>>,
    /// Who the build runs as, as `projects/…/serviceAccounts/…`.
    pub service_account: Option<Spanned<String>>,
    /// Substitutions with their defaults: `_NAME = "value"`. Steps of your own have them as variables.
    pub substitutions: IndexMap<Spanned<String>, Spanned<String>>,
    /// By which builds are found, besides `base-images`.
    pub tags: Vec<Spanned<String>>,
    /// The specs that are published here; all of them by default. What they stand on is built too.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Where the build of pull requests is written, or `false` for none.
    pub pull_request: PullRequest,
    /// What starts the pipelines.
    pub trigger: Trigger,
    /// What holds for some builds.
    pub when: Vec<BuildRow>,
    /// Steps of your own, by key.
    pub step: Steps,
}

impl CloudBuild {
    /// Whether images are built by plain calls of Docker.
    pub(super) fn is_classic(&self) -> bool {
        self.shape
            .as_ref()
            .is_some_and(|shape| shape.value == Shape::Classic)
    }

    /// Where the build's log goes.
    pub(super) fn logging(&self) -> Logging {
        self.logging
            .as_ref()
            .map_or(Logging::CloudLoggingOnly, |logging| logging.value)
    }
}

/// How images are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape {
    /// One scripted step for each image, which ends at once when the image is there.
    Scripted,
    /// For each image a step that builds and a step that pushes, both plain calls of Docker: everything is built.
    Classic,
}

/// Machines of the default pool.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum MachineType {
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

/// Where logs go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Logging {
    /// Cloud Logging.
    CloudLoggingOnly,
    /// A bucket.
    GcsOnly,
    /// Both.
    Legacy,
    /// Nowhere.
    None,
}

impl Logging {
    /// Whether a build that runs as somebody of the user's is refused without a bucket of the user's.
    pub(super) fn wants_bucket(self) -> bool {
        matches!(self, Logging::GcsOnly | Logging::Legacy)
    }

    /// As the API names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Logging::CloudLoggingOnly => "CLOUD_LOGGING_ONLY",
            Logging::GcsOnly => "GCS_ONLY",
            Logging::Legacy => "LEGACY",
            Logging::None => "NONE",
        }
    }
}

impl Default for CloudBuild {
    fn default() -> Self {
        Self {
            file: Spanned::nowhere("cloudbuild.yaml".to_owned()),
            shape: None,
            platforms: None,
            image: None,
            emulator: None,
            builder: None,
            check_image: None,
            submit_image: None,
            timeout_minutes: 360,
            queue_ttl_minutes: None,
            machine_type: MachineType::E2Highcpu8,
            pool: None,
            disk_size_gb: None,
            parallelism: 4,
            logging: None,
            logs_bucket: None,
            service_account: None,
            substitutions: IndexMap::new(),
            tags: Vec::new(),
            matches: None,
            pull_request: PullRequest::default(),
            trigger: Trigger::default(),
            when: Vec::new(),
            step: Steps::new(),
        }
    }
}
