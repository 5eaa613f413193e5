//! The tables as written: the shipped files and the user's own have one shape.
//!
//! A row belongs to its key (a Python cycle, a release of a distribution, a CUDA version on a distribution, …); the
//! user's row of a key stands for the shipped one. A row's source and date are its own, or else its file's.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::facts::{Day, MachineryImage};
use crate::grammar::Spanned;
use crate::grammar::Version;

/// A file of facts.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "facts.toml")]
pub struct Tables {
    /// The day on which the file was right.
    pub as_of: Option<Day>,
    /// Who says so, in a few words.
    pub by: Option<String>,
    /// Where it was read, in full.
    pub source: Vec<String>,
    /// How sure that is.
    pub confidence: Option<String>,
    /// Cycles of CPython.
    pub python: Vec<PythonCycle>,
    /// Releases of Ubuntu. `extended` ends Ubuntu Pro.
    pub ubuntu: Vec<DistributionRelease>,
    /// Releases of Debian. `extended` ends Debian LTS.
    pub debian: Vec<DistributionRelease>,
    /// Tags of `nvidia/cuda`.
    pub cuda_image: Vec<CudaImage>,
    /// Versions, or minors, of which `nvidia/cuda` never had a tag.
    pub cuda_never: Vec<Numbers>,
    /// From this version on, tags of `nvidia/cuda` state major, minor and patch.
    pub cuda_full_from: Option<Numbers>,
    /// First and last CUDA version on a distribution.
    pub cuda_window: Vec<CudaWindow>,
    /// The oldest driver of a CUDA major.
    pub cuda_driver: Vec<CudaDriver>,
    /// Branches of NVIDIA's driver.
    pub driver_branch: Vec<DriverBranch>,
    /// Tags that name no release.
    pub rolling: Vec<RollingTags>,
    /// Hard limits of CI providers.
    pub limit: Vec<Limit>,
    /// The images that pipelines run.
    pub machinery: Vec<MachineryImage>,
    /// Commits of GitHub actions; the last row of an action is the newest.
    pub action: Vec<ActionPin>,
}

/// Digits and dots, compared as a version.
#[derive(Clone, Debug)]
pub struct Numbers {
    /// As written.
    pub text: String,
    /// What it compares as.
    pub version: Version,
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match Version::parse(&text) {
            Some(version) if !version.is_pre_release() => Ok(Numbers { text, version }),
            _ => Err(D::Error::custom(format!(
                "`{text}` is not a version: numbers with dots between them"
            ))),
        }
    }
}

impl JsonSchema for Numbers {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Numbers".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// A cycle of CPython.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PythonCycle {
    /// `3.13`.
    pub cycle: Numbers,
    /// When it came out.
    #[serde(default)]
    pub release: Option<Day>,
    /// The last day of security support.
    pub eol: Day,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// A release of Ubuntu or Debian.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DistributionRelease {
    /// `24.04`, `13`.
    pub version: Numbers,
    /// `noble`, `trixie`.
    pub codename: String,
    /// When it came out.
    #[serde(default)]
    pub release: Option<Day>,
    /// The last day of support by the distribution itself.
    pub eol: Day,
    /// The last day of extended support.
    #[serde(default)]
    pub extended: Option<Day>,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// Tags of `nvidia/cuda`: one version on some distributions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CudaImage {
    /// `12.8.1`.
    pub version: Numbers,
    /// `ubuntu24.04`, as the tags end.
    pub distros: Vec<String>,
    /// What stands for cuDNN in the tags: `cudnn`, `cudnn8`. None: there are no tags with cuDNN.
    #[serde(default)]
    pub cudnn: Option<String>,
    /// Architectures; none: not known.
    #[serde(default)]
    pub arches: Vec<String>,
    /// How the architectures are known.
    #[serde(default)]
    pub basis: Basis,
    /// Whether they can still be had.
    #[serde(default)]
    pub status: Status,
    /// How sure that is.
    #[serde(default)]
    pub confidence: Option<String>,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// The last day on which the tags were seen.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// How the architectures of an image are known.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// By the stages of the Dockerfile it is built from.
    #[default]
    Dockerfile,
    /// By an image for them that stands on it.
    Consumer,
    /// As its neighbours are.
    Assumed,
}

/// Whether tags can still be had.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// They can, and are rebuilt.
    #[default]
    Supported,
    /// They can, and may be deleted.
    Unsupported,
    /// They were, and have left the lists.
    Dropped,
    /// They were seen in use: what the row does not say is not known.
    Observed,
}

/// First and last CUDA version on a distribution.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CudaWindow {
    /// `ubuntu24.04`.
    pub distro: String,
    /// The first.
    pub first: Numbers,
    /// The last, where there is one.
    #[serde(default)]
    pub last: Option<Numbers>,
}

/// The oldest driver that runs every toolkit of a CUDA major, by minor-version compatibility.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CudaDriver {
    /// `12`.
    pub major: u32,
    /// `525.60.13`.
    pub floor: Numbers,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// A branch of NVIDIA's driver.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct DriverBranch {
    /// `535`.
    pub branch: Numbers,
    /// The last day of its support.
    pub eol: Day,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// Tags of an image that name no release, but a role that one after the other has.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RollingTags {
    /// The repository, as Docker Hub's are written: `debian`, `opensuse/tumbleweed`, `ghcr.io/acme/base`, all below `ghcr.io/acme/*`. None: any.
    #[serde(default)]
    pub repository: Option<String>,
    /// Words of the tag: `stable`, `sid`. None: every tag, but of a version, a date or a commit.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// A hard limit of a CI provider.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limit {
    /// The provider, as shipped rows call it: `cloud-build`.
    pub provider: String,
    /// What is limited.
    pub key: Spanned<String>,
    /// The most there may be.
    pub value: usize,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}

/// A GitHub action at one commit.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ActionPin {
    /// `actions/checkout`.
    pub repo: Spanned<String>,
    /// `v4.1.0`.
    pub version: String,
    /// The commit, 40 hexadecimal digits.
    pub sha: Spanned<String>,
    /// Who says so.
    #[serde(default)]
    pub source: Option<String>,
    /// When it was right.
    #[serde(default)]
    pub as_of: Option<Day>,
}
