//! The matrix as the other rooms see it: every reference resolved, every text parsed.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;
use serde::{Serialize, Serializer};

use crate::config::artifacts::Artifact;
use crate::config::attributes::Attributes;
use crate::config::channels::Channel;
use crate::config::check::Checks;
use crate::config::described::Described;
use crate::config::facts::RawFacts;
use crate::config::outputs::Outputs;
use crate::config::pipelines::Ci;
use crate::config::raw::{Named, RawPython, RawSelector};
use crate::config::secrets::{Secret, SecretId};
use crate::config::taking::Taking;
use crate::config::test_rows::TestRow;
use crate::diagnostic::Place;
use crate::grammar::Spanned;
use crate::grammar::release::ReleaseVersion;
use crate::grammar::{Mirrors, Platform};
use crate::locate::Search;
use crate::matrix::{Axis, AxisId, ImageId, Selector};
use crate::render::{Field, Fields};
use crate::source::{Owner, SourceFile};

/// A valid `matrix.toml`.
#[derive(Debug)]
pub struct Config {
    /// The file it was read from.
    pub file: Arc<SourceFile>,
    /// Whose outputs come of it.
    pub owner: Owner,
    /// Other matrix files that it lists.
    pub matrices: Vec<Spanned<String>>,
    /// The release, when the file states one.
    pub release: Option<Release>,
    /// What a `[release]` without a version holds.
    pub unreleased: Unreleased,
    /// Registries, in declared order.
    pub registries: Vec<Registry>,
    /// Secrets that builds are handed, in declared order.
    pub secrets: Vec<Secret>,
    /// Where upstream images are at home that are taken from elsewhere.
    pub mirrors: Mirrors,
    /// Axes, in declared order, `arch` among them.
    pub axes: Vec<Axis>,
    /// The `arch` axis.
    pub arch: Option<AxisId>,
    /// What does not exist.
    pub excludes: Vec<Exclude>,
    /// The matrix's own tests.
    pub expects: Vec<Expect>,
    /// Where `[defaults]` states axes.
    pub default_axes: Option<Range<usize>>,
    /// Where the selectors of `[[defaults.when]]` stand.
    pub default_rows: Vec<Range<usize>>,
    /// Image families, in declared order.
    pub images: Vec<Image>,
    /// Images of others.
    pub described: Vec<Described>,
    /// Moving tags.
    pub aliases: Vec<Alias>,
    /// Tags for what has no release yet.
    pub channels: Vec<Channel>,
    /// What pipelines make before they build images from it.
    pub artifacts: Vec<Artifact>,
    /// Pipelines that are turned on.
    pub ci: Ci,
    /// How findings are weighed.
    pub check: Checks,
    /// The file of facts, where there is one.
    pub facts: Option<RawFacts>,
    /// Other outputs that are turned on.
    pub outputs: Outputs,
    /// The templated fields, ready to render.
    pub fields: Fields,
    /// What templates may read of axes and the release.
    pub attributes: Vec<Attributes>,
    /// One template value per value of each axis.
    pub objects: Vec<Vec<Value>>,
    /// Sets as written, for selectors of the command line.
    pub sets: Named<Spanned<RawSelector>>,
    /// The same as selectors, in the same order.
    pub set_selectors: Vec<Selector>,
    /// Sets that nothing refers to.
    pub unused_sets: Vec<(String, Range<usize>)>,
}

impl Config {
    /// Lists that offer what is built.
    pub fn offers(&self) -> &[Offer] {
        match &self.release {
            Some(release) => &release.offers,
            None => &self.unreleased.offers,
        }
    }

    /// Texts that name images.
    pub fn mentions(&self) -> &[Mention] {
        match &self.release {
            Some(release) => &release.mentions,
            None => &self.unreleased.mentions,
        }
    }

    /// A place in the matrix file.
    pub fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place::span(&self.file, span, label)
    }

    /// An axis.
    pub fn axis(&self, id: AxisId) -> &Axis {
        &self.axes[id.0]
    }

    /// The text of a value.
    pub fn value(&self, axis: AxisId, value: usize) -> &Arc<str> {
        &self.axes[axis.0].values[value].text
    }
}

/// The library release that the images carry.
#[derive(Clone, Debug)]
pub struct Release {
    /// The version as written.
    pub version: String,
    /// How a tag names it.
    pub tag: String,
    /// The template of that.
    pub tag_field: Field,
    /// The version, read in its scheme. A pre-release moves no alias.
    pub read: ReleaseVersion,
    /// Places that must state it.
    pub pins: Vec<Pin>,
    /// Lists that offer what is built.
    pub offers: Vec<Offer>,
    /// Texts that name images.
    pub mentions: Vec<Mention>,
    /// What templates see of it.
    pub object: Value,
    /// Where the version stands.
    pub span: Range<usize>,
}

/// What stands before and after the version in a text that prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Affixes {
    /// Before it.
    pub prefix: String,
    /// After it.
    pub suffix: String,
}

/// Where in a file something is stated.
#[derive(Clone, Debug)]
pub enum Locator {
    /// A constant.
    Constant(Spanned<String>),
    /// A key path.
    Key(Spanned<String>),
    /// A pattern, and how often it matches.
    Search(Spanned<Search>, usize),
}

/// How what a place states relates to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The same text.
    Exact,
    /// The same release, pre-releases aside.
    SameRelease,
    /// The release or a later one.
    NotOlder,
    /// The same release or a later one, pre-releases of both included.
    SameOrLater,
}

/// A place that must state the release.
#[derive(Clone, Debug)]
pub struct Pin {
    /// Path of the file from the root.
    pub file: Spanned<String>,
    /// Where in it.
    pub locator: Locator,
    /// What it states for this release.
    pub states: String,
    /// The template of that.
    pub states_field: Field,
    /// What stands there around the version; `None` when it is not printed whole.
    pub affixes: Option<Affixes>,
    /// How what it says relates to the release.
    pub relation: Relation,
}

/// A list of the library that offers values of an axis.
#[derive(Clone, Debug)]
pub struct Offer {
    /// Path of the file from the root.
    pub file: Spanned<String>,
    /// Where in it; what a search finds is an item wherever that is.
    pub locator: Locator,
    /// What is offered.
    pub of: Offered,
    /// How the library writes each of them; `None` for `none`, which is no value to offer.
    pub words: Vec<Option<String>>,
    /// Which items count.
    pub counts: Counts,
    /// The specs looked at; `None` is all.
    pub selector: Option<Selector>,
    /// Whether all that is built must be offered.
    pub exactly: bool,
    /// Where the axis is named.
    pub span: Range<usize>,
}

/// Which items of a list count; the others are somebody else's.
#[derive(Clone, Debug)]
pub enum Counts {
    /// Every one.
    All,
    /// Those of a pattern.
    Glob(globset::GlobMatcher),
    /// Trove classifiers that could be a value: what stands before it, what behind it, and of which parts values are, each
    /// with how many numbers, if it is a version.
    Trove(Affixes, Vec<Vec<Option<usize>>>),
}

/// What a list of the library offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offered {
    /// Values of an axis.
    Axis(AxisId),
    /// Images, by their keys.
    Images,
}

/// A place that holds a tag or a reference.
#[derive(Clone, Debug)]
pub struct MentionPlace {
    /// Path of the file from the root.
    pub file: Spanned<String>,
    /// Where in it.
    pub locator: Locator,
    /// The image whose tag it holds; `None` of any.
    pub image: Option<usize>,
}

/// What follows the images where nothing is released.
#[derive(Clone, Debug, Default)]
pub struct Unreleased {
    /// Lists that offer what is built.
    pub offers: Vec<Offer>,
    /// Texts that name images.
    pub mentions: Vec<Mention>,
}

/// Texts that name images.
#[derive(Clone, Debug)]
pub struct Mention {
    /// Which files.
    pub files: Vec<Spanned<String>>,
    /// The one place that is looked at instead.
    pub place: Option<MentionPlace>,
    /// Whether a pre-release moves it, too.
    pub pre_releases: bool,
    /// Repositories that are not of this matrix.
    pub ignore: globset::GlobSet,
    /// The globs of those, as they are written.
    pub ignored: Vec<Spanned<String>>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// Index of a registry in declared order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistryId(pub usize);

/// A registry and how a pipeline logs in to it.
#[derive(Clone, Debug)]
pub struct Registry {
    /// Its key in the matrix file.
    pub name: String,
    /// Host and path before an image's name.
    pub prefix: String,
    /// The host alone.
    pub host: String,
    /// What kind it is.
    pub kind: RegistryKind,
    /// Name of the CI secret or variable with the user; the provider's default when not given.
    pub username: Option<String>,
    /// Name of the CI secret or variable with the password; the provider's default when not given.
    pub password: Option<String>,
    /// ARN of the AWS role to assume.
    pub role: Option<String>,
    /// Google Cloud workload identity provider.
    pub workload_identity_provider: Option<String>,
    /// Google Cloud service account.
    pub service_account: Option<String>,
    /// Id of the OIDC connection of Docker Hub.
    pub oidc_connection: Option<String>,
    /// Globs of the tags that can be put again there, where its others cannot.
    pub movable: Option<Spanned<Vec<String>>>,
    /// Where its name stands.
    pub span: Range<usize>,
}

/// Kinds of registries, which differ in how one logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RegistryKind {
    /// Docker Hub.
    DockerHub,
    /// GitHub Container Registry.
    Ghcr,
    /// Google Artifact Registry.
    ArtifactRegistry,
    /// Amazon ECR, private.
    Ecr,
    /// Amazon ECR Public.
    EcrPublic,
    /// GitLab's container registry.
    Gitlab,
    /// Any other, by user and password.
    Other,
}

impl RegistryKind {
    /// As the plan writes it.
    pub fn word(self) -> &'static str {
        match self {
            RegistryKind::DockerHub => "docker-hub",
            RegistryKind::Ghcr => "ghcr",
            RegistryKind::ArtifactRegistry => "artifact-registry",
            RegistryKind::Ecr => "ecr",
            RegistryKind::EcrPublic => "ecr-public",
            RegistryKind::Gitlab => "gitlab",
            RegistryKind::Other => "other",
        }
    }
}

impl Serialize for RegistryKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// Cells that do not exist.
#[derive(Debug)]
pub struct Exclude {
    /// Which.
    pub selector: Selector,
    /// Why.
    pub reason: String,
    /// Where the rule stands.
    pub span: Range<usize>,
}

/// What must hold of the expanded matrix.
#[derive(Debug)]
pub struct Expect {
    /// The specs looked at; `None` is all.
    pub selector: Option<Selector>,
    /// How many there are.
    pub count: Option<Spanned<u64>>,
    /// Each must hold for one of them.
    pub present: Vec<Selector>,
    /// None may hold for any of them.
    pub absent: Vec<Selector>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// A moving tag.
#[derive(Debug)]
pub struct Alias {
    /// The specs that have it; `None` is all.
    pub selector: Option<Selector>,
    /// Its tags.
    pub tags: Vec<Field>,
    /// The axes by which the newest has it.
    pub newest: Vec<AxisId>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// An image family.
#[derive(Debug)]
pub struct Image {
    /// Its key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub span: Range<usize>,
    /// The axes it varies over, in its order; `arch` is among them only when it is printed in a name or tag.
    pub axes: Vec<AxisId>,
    /// Whether it states them itself.
    pub states_axes: bool,
    /// Whether `arch` is folded into multi-platform specs.
    pub folded: bool,
    /// Which cells exist.
    pub matches: Option<Selector>,
    /// `[defaults]`, rows of `[[defaults.when]]` that may match, the image itself, then its own `when` rows.
    pub rows: Vec<When>,
}

/// One layer of an image's definition.
#[derive(Debug)]
pub struct When {
    /// When it applies; `None` is always.
    pub selector: Option<Selector>,
    /// What it says.
    pub keys: Keys,
    /// Whether it stands in `[defaults]`, and is laid under other images, too.
    pub shared: bool,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What one layer of an image says, or several laid over one another; absent keys say nothing.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// What it takes away of what lies below, before it adds its own.
    pub takes: Vec<Taking>,
    /// Name of the repository.
    pub name: Option<Field>,
    /// The tag.
    pub tag: Option<Field>,
    /// Registries, home first.
    pub registry: Option<Vec<RegistryId>>,
    /// Upstream image.
    pub from: Option<Field>,
    /// Parent image.
    pub parent: Option<ParentRef>,
    /// Lineage besides FROM.
    pub needs: Vec<ParentRef>,
    /// A Dockerfile of the user's.
    pub dockerfile: Option<Field>,
    /// Its stage.
    pub target: Option<Field>,
    /// Folder sent to the builder.
    pub context: Option<Field>,
    /// The files of it that a rendered Dockerfile may copy; empty for all.
    pub context_files: Vec<Field>,
    /// Build args.
    pub args: IndexMap<Arc<str>, Field>,
    /// Environment.
    pub env: IndexMap<Arc<str>, Field>,
    /// Where what it is made from can be seen.
    pub source: Option<Field>,
    /// Labels.
    pub labels: IndexMap<Arc<str>, Field>,
    /// Distribution packages.
    pub apt: Vec<Field>,
    /// Python packages.
    pub pip: Vec<Field>,
    /// Files of them.
    pub pip_files: Vec<PipFile>,
    /// Where Python comes from.
    pub python: Option<RawPython>,
    /// `uid:gid`.
    pub user: Option<Field>,
    /// What the user is called.
    pub user_name: Option<UserName>,
    /// Whether any user of group 0 may run it.
    pub arbitrary_user: Option<Spanned<bool>>,
    /// Whether an init runs first.
    pub init: Option<Spanned<bool>>,
    /// Entrypoint.
    pub entrypoint: Option<Vec<Field>>,
    /// Command.
    pub cmd: Option<Vec<Field>>,
    /// The file of a certificate authority that is trusted besides the public ones.
    pub ca: Option<Field>,
    /// Whether its build is told the proxies of where it is built.
    pub proxy: Option<Spanned<bool>>,
    /// Secrets that its build is handed.
    pub secrets: Vec<SecretRef>,
    /// Platforms, narrower than the `arch` axis.
    pub platforms: Option<(Vec<Platform>, Range<usize>)>,
    /// Rebuild counter.
    pub epoch: Option<u64>,
    /// Template of the Dockerfile.
    pub template: Option<Spanned<String>>,
    /// Tests of the built image.
    pub test: Vec<TestRow>,
    /// Facts for outputs and the catalog.
    pub meta: IndexMap<Arc<str>, Field>,
    /// Whether it is given its tag.
    pub publish: Option<Spanned<bool>>,
}

/// A file of the repository that says which Python packages are installed.
#[derive(Clone, Debug)]
pub struct PipFile {
    /// How it is read.
    pub kind: PipFileKind,
    /// Its path from the root.
    pub path: Field,
}

/// How a file of Python packages is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipFileKind {
    /// As requirements, by whose hashes packages must go where it has any.
    Requirements,
    /// As uv's lock of the project beside it.
    UvLock,
}

/// A secret that an image lists.
#[derive(Clone, Debug)]
pub struct SecretRef {
    /// Which.
    pub id: SecretId,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What the user of an image is called.
#[derive(Clone, Debug)]
pub enum UserName {
    /// By this name, which it is given where it has another.
    Named(Field),
    /// As the base says, if at all; `false` stands here.
    Unnamed(Range<usize>),
}

impl UserName {
    /// Where it stands.
    pub fn span(&self) -> &Range<usize> {
        match self {
            UserName::Named(field) => &field.span,
            UserName::Unnamed(span) => span,
        }
    }
}

/// Which spec of an image is meant as parent or need.
#[derive(Clone, Debug)]
pub struct ParentRef {
    /// The image.
    pub image: ImageId,
    /// Values stated for its axes.
    pub given: Vec<(AxisId, usize)>,
    /// Where it stands.
    pub span: Range<usize>,
}
