//! What the tables of all providers may say alike: which specs a pipeline publishes, rows over its builds, and steps
//! of the user's own.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::unions::RawSelector;
use crate::grammar::Spanned;

/// What holds for some builds of a pipeline: rows lay over its own options in order, and later ones win.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuildsRow<R: Default> {
    /// The builds it is for; one that names `arch` is for these platforms alone.
    #[serde(rename = "match")]
    pub matches: Spanned<RawSelector>,
    /// Their runners, by values of `arch` or by platforms.
    #[serde(default)]
    pub runner: IndexMap<Spanned<String>, R>,
    /// How long each of them may take.
    pub timeout_minutes: Option<Spanned<u32>>,
}

/// The same where a provider has one kind of machine.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct BuildRow {
    /// The builds it is for.
    #[serde(rename = "match")]
    pub matches: Spanned<RawSelector>,
    /// How long each of them may take.
    pub timeout_minutes: Option<Spanned<u32>>,
}

/// Where in a pipeline a step of the user's own runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// Before the registries are asked what is missing.
    BeforeProbe,
    /// In each build, before the image is built.
    BeforeBuild,
    /// In each build, after the image is pushed.
    AfterBuild,
    /// When all images are there, before their tags are put.
    BeforeTags,
    /// When all tags are put.
    AfterTags,
}

impl At {
    /// Whether it runs once for each build.
    pub fn of_builds(self) -> bool {
        matches!(self, At::BeforeBuild | At::AfterBuild)
    }
}

/// A step of the user's own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OwnStep {
    /// Where it runs.
    pub at: At,
    /// The builds it is for, when it runs in builds; all of them by default.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// What people see; the step's key by default.
    pub name: Option<Spanned<String>>,
    /// A shell text.
    pub run: Option<Spanned<String>>,
    /// Variables of its environment.
    #[serde(default)]
    pub env: IndexMap<Spanned<String>, Spanned<String>>,
    /// GitHub: an action instead of a shell text, as `owner/name@` and 40 hexadecimal digits, or `./path`.
    pub uses: Option<Spanned<String>>,
    /// The version that commit of the action has, as in `v4.1.0`.
    pub version: Option<Spanned<String>>,
    /// GitHub: inputs of the action. One that is `$NAME` and nothing else is what that variable of the step holds.
    #[serde(default)]
    pub with: IndexMap<Spanned<String>, Spanned<String>>,
    /// GitHub: what the token of its job may do besides, as in `{ id-token = "write" }`.
    #[serde(default)]
    pub permissions: IndexMap<Spanned<String>, Access>,
    /// GitLab: identity tokens of its job, each a variable with the audience that the token is for.
    #[serde(default)]
    pub id_tokens: IndexMap<Spanned<String>, Spanned<String>>,
}

/// What a token may do with one kind of thing.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Nothing.
    None,
    /// Look.
    Read,
    /// Change.
    Write,
}

/// What a provider's jobs can be besides what runs a shell text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StepMeans {
    /// Nothing.
    Shell,
    /// GitHub's: they use actions, and their tokens have permissions.
    Actions,
    /// GitLab's: they are handed identity tokens.
    IdTokens,
}

/// Steps by key, in declared order.
pub type Steps = IndexMap<Spanned<String>, Spanned<OwnStep>>;

/// How the layers of images are packed. Every layer is packed so, those of the base too: a client that cannot read one cannot
/// read the image. See <https://docs.docker.com/build/exporters/>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    /// What every client reads, at the builder's level.
    Gzip,
    /// Smaller and faster to unpack; read by Docker 23, containerd 1.5, Podman 4 and newer.
    Zstd,
    /// Gzip with a table of its files, so that a lazy snapshotter begins before it has all.
    Estargz,
}

impl Compression {
    /// What a builder calls it.
    pub fn word(self) -> &'static str {
        match self {
            Compression::Gzip => "gzip",
            Compression::Zstd => "zstd",
            Compression::Estargz => "estargz",
        }
    }
}

/// Where the layers of builds are kept for the builds after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Cache {
    /// In the image's own repository at home, for each platform.
    Registry,
}

/// How much of an image's making is written down beside it. See
/// <https://docs.docker.com/build/metadata/attestations/slsa-provenance/>.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Provenance {
    /// Nothing.
    Off,
    /// When, by which run, from which sources, on which platform.
    #[default]
    Min,
    /// Also build args, the Dockerfile and all that is known of the sources.
    Max,
}
