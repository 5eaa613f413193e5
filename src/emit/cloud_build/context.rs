//! What the templates of Cloud Build see: one [`Context`] a config, and one for the script that submits several.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::options::{Logging, MachineType};
use crate::emit::checkout::Checkout;
use crate::emit::login::{Lent, Login};
use crate::emit::signing::Cosign;

/// One build config.
#[derive(Debug, Serialize)]
pub(super) struct ConfigView {
    /// Its path.
    pub file: String,
    /// Whether there are channels, of which it may be.
    pub channels: bool,
    /// Commands that make its triggers, where the matrix says what starts it.
    pub triggers: Vec<String>,
    /// What it is of the whole.
    pub part: Part,
    /// The image of scripted steps.
    pub image: String,
    /// The image of steps that are plain calls of Docker.
    pub builder: String,
    /// What is fetched of the sources before all else, besides what a trigger's clone has.
    pub sources: Checkout,
    /// Registries to log in to, in the first step.
    pub registries: Vec<Login>,
    /// Secrets that logins read. Secret Manager's names are the variables' names too: each once.
    pub secrets: Vec<String>,
    /// All that some step reads, those among them.
    pub available: Vec<String>,
    /// The image of the step that fetches them where Git LFS stores some.
    pub git_lfs_image: String,
    /// The commands that logins take and the image of the steps may not have.
    pub lent: Option<Lent>,
    /// How steps sign, and see who signed.
    pub sign: Option<Cosign>,
    /// `NAME=value` for the logins.
    pub login_env: Vec<String>,
    /// Whether the first step sets up a builder.
    pub buildkit: bool,
    /// `NAME=value` for the builder.
    pub builder_env: Vec<String>,
    /// The platforms that run under QEMU.
    pub emulated: Vec<String>,
    /// How many specs another pipeline has to publish.
    pub left_out: usize,
    /// The user's steps before the probe.
    pub before_probe: Vec<OwnStep>,
    /// What the probe waits for.
    pub probe: Vec<String>,
    /// The steps of the images, of the scripted shape.
    pub specs: Vec<SpecStep>,
    /// The same, of the classic shape.
    pub classic: Vec<ClassicStep>,
    /// Prefixes of home registries, each with the substitution that stands for it.
    pub homes: Vec<Home>,
    /// Submits the other configs.
    pub submit: Option<Submit>,
    /// The user's steps around the tags.
    pub before_tags: Vec<OwnStep>,
    pub after_tags: Vec<OwnStep>,
    /// What checks and builds a change.
    pub change: Option<Change>,
    /// Substitutions that say what one run is of, where they may.
    pub asked: Vec<&'static str>,
    /// Substitutions with their defaults.
    pub substitutions: IndexMap<String, String>,
    /// How long the build may take, and wait for a machine, in seconds.
    pub timeout: u64,
    pub queue_ttl: Option<u64>,
    pub labels: Vec<String>,
    pub machine_type: MachineType,
    pub pool: Option<String>,
    pub disk_size_gb: Option<u32>,
    pub logging: Logging,
    pub logs_bucket: Option<String>,
    pub service_account: Option<String>,
}

impl ConfigView {
    /// Hands its steps what they sign by, and declares all that they read.
    pub(super) fn make_available(&mut self) {
        let signing = self.sign.iter().flat_map(|sign| &sign.secrets);
        let signing: Vec<&String> = signing.collect();
        for step in &mut self.specs {
            let own = std::mem::take(&mut step.secrets);
            let all: IndexSet<&String> = own.iter().chain(signing.iter().copied()).collect();
            step.secrets = all.into_iter().cloned().collect();
        }
        let builds = self.specs.iter().map(|step| &step.secrets);
        let calls = self.classic.iter().map(|step| &step.secrets);
        let all = builds.chain(calls).flatten();
        let all: IndexSet<&String> = self.secrets.iter().chain(all).collect();
        self.available = all.into_iter().cloned().collect();
    }

    /// Whether there is a first step: one that logs in, or sets up a builder.
    pub(super) fn prepares(&self) -> bool {
        self.buildkit || !self.login_env.is_empty()
    }

    /// What the step after the first waits for.
    pub(super) fn start(&self) -> String {
        let first = if self.sources.is_more() {
            "sources"
        } else {
            "-"
        };
        if self.prepares() { "prepare" } else { first }.to_owned()
    }

    /// How many steps it has.
    pub(super) fn steps(&self) -> usize {
        let images = self
            .specs
            .iter()
            .map(|s| s.before.len() + 1 + s.after.len());
        let classic = self.classic.iter();
        let classic = classic.map(|s| s.before.len() + 1 + s.after.len());
        let one = [
            self.sources.is_more(),
            self.prepares(),
            !self.probe.is_empty(),
            self.submit.is_some(),
            matches!(self.part, Part::Whole | Part::Tags),
        ];
        let one = one.into_iter().filter(|there| *there).count();
        // A change is checked where there is a command for it; what it is compared with is fetched; then it is compared,
        // and built for each platform.
        let change = self.change.as_ref().map_or(0, |change| {
            usize::from(change.check.is_some()) + 2 + change.builds.len()
        });
        let own = self.before_probe.len() + self.before_tags.len() + self.after_tags.len();
        one + images.sum::<usize>() + classic.sum::<usize>() + change + own
    }
}

/// What a config is of the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    /// Everything there is.
    Whole,
    /// Asks what is missing, and submits the others.
    Driver,
    /// Some images of one layer.
    Group,
    /// The tags, when all images are there.
    Tags,
    /// What checks a change.
    PullRequest,
}

/// The step of one unit: it builds each platform, then joins them.
#[derive(Debug, Serialize)]
pub(super) struct SpecStep {
    /// The user's steps around it.
    pub before: Vec<OwnStep>,
    pub after: Vec<OwnStep>,
    pub step: String,
    pub wait_for: Vec<String>,
    /// `IMAGE_ID=id`, and `IMAGE_PLATFORM=` and the platforms, by spaces.
    pub env: Vec<String>,
    /// Secrets that its builds are handed, by the variables that hold them.
    pub secrets: Vec<String>,
    /// Whether its platforms are joined.
    pub joined: bool,
    /// In seconds.
    pub timeout: Option<u64>,
}

/// A step of the user's own.
#[derive(Debug, Clone, Serialize)]
pub(super) struct OwnStep {
    pub step: String,
    pub wait_for: Vec<String>,
    /// `NAME=value`
    pub env: Vec<String>,
    /// Whether it belongs to an image, and ends at once when the probe found that.
    pub probed: bool,
    /// Whether it stands around the tags, which a dry run does not put.
    pub of_tags: bool,
    /// The step that pushed the image it is for, and left what that is.
    pub pushed: Option<String>,
    /// The same where Docker itself pushed: the reference.
    pub reference: Option<Arg>,
    /// What people see.
    pub name: Option<String>,
    /// Shell text.
    pub run: String,
}

/// A plain call of Docker.
#[derive(Debug, Serialize)]
pub(super) struct ClassicStep {
    /// The user's steps around it.
    pub before: Vec<OwnStep>,
    pub after: Vec<OwnStep>,
    pub step: String,
    pub wait_for: Vec<String>,
    /// Secrets that it is handed, by the variables that hold them.
    pub secrets: Vec<String>,
    pub args: Vec<Arg>,
    /// In seconds.
    pub timeout: Option<u64>,
}

/// One word of a call: text, or a reference below a home registry.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Arg {
    /// The substitution that stands for the home's prefix.
    pub home: Option<String>,
    /// The word, or what of it follows the prefix.
    pub text: String,
}

/// The home registry of some images.
#[derive(Debug, Serialize)]
pub(super) struct Home {
    /// Its prefix in the plan.
    pub prefix: String,
    /// The substitution that stands for it.
    pub substitution: String,
}

/// The step that submits the configs of the groups.
#[derive(Debug, Serialize)]
pub(super) struct Submit {
    /// The image with `gcloud`.
    pub image: String,
}

/// What the config of a change has besides.
#[derive(Debug, Serialize)]
pub(super) struct Change {
    /// The command that checks, when one is stated.
    pub check: Option<Check>,
    /// The step that builds each platform.
    pub builds: Vec<ChangeStep>,
}

/// Checks a change.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// The image that it runs in.
    pub image: String,
    /// Shell text.
    pub command: String,
}

/// Builds what changed, for one platform.
#[derive(Debug, Serialize)]
pub(super) struct ChangeStep {
    pub step: String,
    /// `PLATFORM=linux/amd64`
    pub platform_env: String,
}

/// The script that submits the configs of a build that is split.
#[derive(Debug, Serialize)]
pub(super) struct Script {
    /// The config that runs it from a trigger.
    pub file: String,
    /// The script's own path.
    pub script: String,
    /// The configs of each layer, lowest first; the last one is that of the tags.
    pub layers: Vec<Vec<String>>,
    /// Names of substitutions that are handed on.
    pub substitutions: Vec<String>,
}
