//! `matrix.toml` as written: one type per table, with spans. Nothing is checked here but the shape.

use std::borrow::Cow;
use std::ops::Range;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::check::RawCheck;
use crate::config::facts::RawFacts;
use crate::config::pipeline_keys::{Cache, Compression, Provenance};
use crate::config::signing::RawSign;
use crate::config::taking::Packages;
use crate::config::test_rows::RawTest;
pub use crate::config::unions::RawSelector;
use crate::config::unions::{
    OneOrMany, RawParent, RawPip, RawPipFile, RawPipItem, RawText, RawValue,
};
use crate::config::{BakeOptions, CatalogOptions, FileOptions, PublishOptions, SchemaOptions};
use crate::grammar::Spanned;

/// A list of texts. An empty one says that there is none, whatever the rows below state.
pub type RawList = Option<Spanned<Vec<Spanned<String>>>>;

/// Tests of an image. An empty list says that there is none, whatever the rows below state.
pub type RawTests = Option<Spanned<Vec<Spanned<RawTest>>>>;

/// A table whose keys are names the user chose.
pub type Named<T> = IndexMap<Spanned<String>, T>;

/// One declaration of every base image a library ships.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "matrix.toml")]
pub struct RawMatrix {
    /// Other matrix files of this repository, as paths or globs from its root; one that starts with `!` takes files out.
    /// `gen check` and `gen matrix` look at all of them. Only the `matrix.toml` at the root may list any.
    pub matrices: Vec<Spanned<String>>,
    /// The library release that the images carry. A file may do without.
    pub release: Option<Spanned<RawRelease>>,
    /// Where images are pushed, in order; the first that an image uses is its home, the others get copies.
    pub registry: Named<Spanned<RawRegistry>>,
    /// Secrets that builds are handed: name to where each is kept. A Dockerfile mounts one by its name:
    /// `RUN --mount=type=secret,id=…`.
    pub secret: Named<Spanned<RawSecret>>,
    /// Mirrors of the house: a prefix of references to the prefix at which the same images are at home, as
    /// `"registry.corp/hub" = "docker.io"`. Rules know images by their home.
    pub mirror: Named<Spanned<String>>,
    /// The dimensions of the matrix: name to values. `arch` is folded into multi-platform specs.
    pub axis: Named<Spanned<Vec<Spanned<RawValue>>>>,
    /// Named selectors, referred to as `@name`.
    pub set: Named<Spanned<RawSelector>>,
    /// Cells that do not exist. Order plays no part.
    pub exclude: Vec<Spanned<RawExclude>>,
    /// Tests that live with the matrix.
    pub expect: Vec<Spanned<RawExpect>>,
    /// What every image shares.
    pub defaults: Option<Spanned<RawDefaults>>,
    /// The image families: name to definition.
    pub image: Named<Spanned<RawImage>>,
    /// What a pipeline makes before it builds images from it, such as the wheel of the release: it counts by a version.
    pub artifact: Named<Spanned<RawArtifact>>,
    /// Images of others, for outputs and the catalog: name to what is known of each. They are never built.
    pub described: Named<Spanned<RawDescribed>>,
    /// Moving tags.
    pub alias: Vec<Spanned<RawAlias>>,
    /// Tags for what has no release yet, by name.
    pub channel: Named<Spanned<RawChannel>>,
    /// Pipelines to generate; a table's presence turns the provider on.
    pub ci: Option<RawCi>,
    /// How findings are weighed, and what the checks want to know.
    pub check: Option<RawCheck>,
    /// A file whose rows stand for the shipped facts of the outside world, or add to them.
    pub facts: Option<RawFacts>,
    /// Other files to generate; a table's presence turns the output on.
    pub output: Option<RawOutput>,
}

/// The library release that the images carry.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawRelease {
    /// The version; the one place that a bump moves. Without it there is no release, and the table holds only what texts
    /// mention and lists offer.
    pub version: Option<Spanned<String>>,
    /// How versions are written and compared.
    #[serde(default)]
    pub scheme: RawScheme,
    /// How a tag names the release: a template over `version`, `major`, `minor`, `patch`, `series` and `parts`. Default `v{{ version }}`.
    pub tag: Option<Spanned<String>>,
    /// Places in the library that must state the same release; a bump moves them.
    #[serde(default)]
    pub pin: Vec<Spanned<RawPin>>,
    /// Lists in the library of what it offers: all of it must be built.
    #[serde(default)]
    pub offer: Vec<Spanned<RawOffer>>,
    /// Texts that name images: each must exist, and carry this release.
    #[serde(default)]
    pub mention: Vec<Spanned<RawMention>>,
}

/// A place in the library that must state the release.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawPin {
    /// The file, from the repository root.
    pub file: Spanned<String>,
    /// Name of a constant of Python, Rust, Go, TypeScript, JavaScript, a shell, an `.env` file, a Makefile or a
    /// Dockerfile's `ARG`; `Class.NAME` inside a class.
    pub constant: Option<Spanned<String>>,
    /// Path of a key of TOML, JSON or YAML: `project.version`.
    pub key: Option<Spanned<String>>,
    /// A regular expression with one group, which is what is stated. The last resort.
    pub search: Option<Spanned<String>>,
    /// How often `search` matches, all of them places. Default 1.
    pub count: Option<Spanned<u64>>,
    /// What the place states: a template over `version`, `major`, `minor`, `patch`, `series`, `parts` and `tag`. Default `{{ tag }}`.
    pub states: Option<Spanned<String>>,
    /// How what it states relates to the release.
    #[serde(default)]
    pub relation: RawRelation,
}

/// How what a place states relates to the release.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RawRelation {
    /// It states the release to the letter.
    #[default]
    Exact,
    /// It states the same release, pre-releases aside: `0.9.1rc1` for `0.9.1`.
    SameRelease,
    /// It states the release or a later one: a library that is released more often than its images.
    NotOlder,
    /// It states the same release or a later one, pre-releases of both included: `0.9.1rc1` or `0.9.2.dev3` for `0.9.1`.
    SameOrLater,
}

/// A list in the library of what it offers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawOffer {
    /// The file, from the repository root.
    pub file: Spanned<String>,
    /// Name of the constant: a list, tuple or set, or a mapping whose keys are offered.
    pub constant: Option<Spanned<String>>,
    /// Path of a key of TOML, JSON or YAML.
    pub key: Option<Spanned<String>>,
    /// A regular expression with one group, which is an item wherever it matches. The last resort.
    pub search: Option<Spanned<String>>,
    /// The axis whose values are offered, or `image`: the images, by their keys.
    pub axis: Spanned<String>,
    /// How the library writes one: a template over the axis, or over `image`. Default: the value or key itself.
    pub states: Option<Spanned<String>>,
    /// Which items of the list count, as a pattern with `*`. Default: all; of trove classifiers (`A :: B`), those that
    /// `states` spells.
    pub only: Option<Spanned<String>>,
    /// Which specs are looked at. Default: all.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// Whether all that is built must be offered, too.
    #[serde(default)]
    pub exactly: bool,
}

/// Texts that name images.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawMention {
    /// The files, as globs from the repository root; one that starts with `!` takes files out again. What git ignores
    /// and what gen writes are never among them.
    #[serde(default)]
    pub files: Vec<Spanned<String>>,
    /// Instead of `files`: one file with a place that holds an image's tag, an alias, or a whole reference.
    pub file: Option<Spanned<String>>,
    /// Name of the constant in `file`, as of a pin.
    pub constant: Option<Spanned<String>>,
    /// Path of the key in `file`, as of a pin.
    pub key: Option<Spanned<String>>,
    /// The pattern in `file` with one group, as of a pin.
    pub search: Option<Spanned<String>>,
    /// How often `search` matches. Default 1.
    pub count: Option<Spanned<u64>>,
    /// The image whose tag it is that stands at the place. Default: any.
    pub image: Option<Spanned<String>>,
    /// Whether a pre-release moves it, too. By default it stays at the last final release.
    #[serde(default)]
    pub pre_releases: bool,
    /// Repositories, as globs, that live below the same registry and are not of this matrix: `acme/tools-*`.
    #[serde(default)]
    pub ignore: Vec<Spanned<String>>,
}

/// How versions are written and compared.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RawScheme {
    /// Semantic versioning: `1.2.3-rc.1`.
    #[default]
    Semver,
    /// Python's: `1.2rc1`.
    Pep440,
    /// Dates: `26.11.0` or `2026.11.21`.
    Calver,
}

/// A registry and how a pipeline logs in to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawRegistry {
    /// Host and path before an image's name: `docker.io/acme`.
    pub prefix: Spanned<String>,
    /// What kind of registry it is. Default: known by its host.
    pub kind: Option<RawRegistryKind>,
    /// Name of the CI secret or variable that holds the user. Default by kind.
    pub username: Option<Spanned<String>>,
    /// Name of the CI secret or variable that holds the password or token. Default by kind.
    pub password: Option<Spanned<String>>,
    /// ARN of the AWS role to assume (`ecr`, `ecr-public`).
    pub role: Option<Spanned<String>>,
    /// Full name of the Google Cloud workload identity provider (`artifact-registry`).
    pub workload_identity_provider: Option<Spanned<String>>,
    /// Google Cloud service account to act as (`artifact-registry`).
    pub service_account: Option<Spanned<String>>,
    /// Id of the organisation's OIDC connection (`docker-hub`), by which GitHub Actions logs in.
    pub oidc_connection: Option<Spanned<String>>,
    /// The tags that can be put again there, as globs; its other tags are immutable. Default: all.
    pub movable: Option<Spanned<Vec<String>>>,
}

/// A secret that builds are handed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawSecret {
    /// Name of the variable that holds it where an image is built, and of the CI secret that is put there.
    pub env: Spanned<String>,
}

/// Kinds of registries, which differ in how one logs in.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RawRegistryKind {
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

/// Cells that do not exist, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawExclude {
    /// Which cells; `arch` takes away that platform only.
    #[serde(rename = "match")]
    pub matches: Spanned<RawSelector>,
    /// Why they do not exist.
    pub reason: Spanned<String>,
}

/// What must hold of the expanded matrix.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawExpect {
    /// Narrows the specs looked at. Default: all.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// How many specs there are.
    pub count: Option<Spanned<u64>>,
    /// Selectors of which each must hold for a spec.
    pub present: Vec<Spanned<RawSelector>>,
    /// Selectors of which none may hold for a spec.
    pub absent: Vec<Spanned<RawSelector>>,
}

/// What a pipeline makes before it builds images from it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawArtifact {
    /// Where it lies, from the repository root: `dist/*.whl`, or `dist/` for all of a folder. It may be missing when the
    /// matrix is committed, and is no part of what git holds.
    pub path: Spanned<String>,
    /// The version it stands for, by which it counts: a template over `release`.
    pub version: Spanned<String>,
}

/// An image of others.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawDescribed {
    /// Its reference, as for `docker pull`: a template over `release`.
    pub reference: Spanned<String>,
    /// Facts of it: templates over `release`.
    #[serde(default)]
    pub meta: Named<Spanned<String>>,
}

/// Tags for what has no release yet: runs of a branch or a schedule put them, and nothing else.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawChannel {
    /// The branch a push to which is published: `main`.
    pub branch: Option<Spanned<String>>,
    /// Instead: a cron line, in UTC, at which it is published.
    pub schedule: Option<Spanned<String>>,
    /// Which specs have it. Default: all.
    #[serde(rename = "match", default)]
    pub matches: Option<Spanned<RawSelector>>,
    /// The tags: templates over each spec, and over `commit.sha`, `commit.short` and `date`, which the pipeline fills in.
    pub tags: Vec<Spanned<String>>,
}

/// A moving tag over the specs that match.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawAlias {
    /// Which specs have it. Default: all.
    #[serde(rename = "match", default)]
    pub matches: Option<Spanned<RawSelector>>,
    /// The tags: templates over each spec.
    pub tags: Vec<Spanned<String>>,
    /// Where several specs render the same alias, the newest by these axes has it.
    #[serde(default)]
    pub newest: Vec<Spanned<String>>,
}

/// Defines a table that has, besides its own keys, those that `defaults`, images and `when` rows share. Written as a
/// macro because `#[serde(flatten)]` loses the spans.
macro_rules! with_image_keys {
    ($(#[$meta:meta])* $name:ident { $($(#[$own_meta:meta])* $own:ident: $own_type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct $name {
            $($(#[$own_meta])* pub $own: $own_type,)*
            /// Name of the repository below the registry's prefix.
            #[serde(default)]
            pub name: Option<Spanned<String>>,
            /// The tag.
            #[serde(default)]
            pub tag: Option<Spanned<String>>,
            /// Registries it is pushed to; the first is its home.
            #[serde(default)]
            pub registry: Option<Spanned<OneOrMany>>,
            /// The upstream image it stands on; replaces a `parent`.
            #[serde(default)]
            pub from: Option<Spanned<String>>,
            /// The image of this matrix it stands on; replaces a `from`.
            #[serde(default)]
            pub parent: Option<Spanned<RawParent>>,
            /// Images of this matrix it needs besides FROM; appended. `"!image"` takes away, an empty list all.
            #[serde(default)]
            pub needs: Option<Spanned<Vec<Spanned<RawParent>>>>,
            /// A Dockerfile of your own instead of a rendered one.
            #[serde(default)]
            pub dockerfile: Option<Spanned<String>>,
            /// The stage of it to build.
            #[serde(default)]
            pub target: Option<Spanned<String>>,
            /// The folder sent to the builder.
            #[serde(default)]
            pub context: Option<Spanned<String>>,
            /// The files of that folder that a rendered Dockerfile may copy, as lines of a `.dockerignore` bring them back;
            /// without it, all. One that begins with `!` leaves out again; replaces earlier ones.
            #[serde(default, rename = "context-files")]
            pub context_files: RawList,
            /// Build args; merged. `false` takes one away.
            #[serde(default)]
            pub args: Named<Spanned<RawText>>,
            /// Environment of the image; merged. `false` takes a variable away.
            #[serde(default)]
            pub env: Named<Spanned<RawText>>,
            /// Where what it is made from can be seen, as `https://github.com/acme/images`: its label
            /// `org.opencontainers.image.source`.
            #[serde(default)]
            pub source: Option<Spanned<String>>,
            /// Labels of the image; merged. `false` takes one away.
            #[serde(default)]
            pub labels: Named<Spanned<RawText>>,
            /// Packages of the distribution; appended. `"!package"` takes away, an empty list all.
            #[serde(default)]
            pub apt: RawList,
            /// Python packages, or files of them; appended. `"!package"` takes away, an empty list all.
            #[serde(default)]
            pub pip: Option<Spanned<RawPip>>,
            /// Where Python comes from.
            #[serde(default)]
            pub python: Option<Spanned<RawPython>>,
            /// User and group the image runs as: `uid:gid`, numbers.
            #[serde(default)]
            pub user: Option<Spanned<String>>,
            /// What that user is called, with a home of its own below `/home`. `false`: the base's users are left as they
            /// are. Default `app`.
            #[serde(default, rename = "user-name")]
            pub user_name: Option<Spanned<RawText>>,
            /// Whether any user of group 0 may run it and write where its user may, as OpenShift wants. Default: false.
            #[serde(default, rename = "arbitrary-user")]
            pub arbitrary_user: Option<Spanned<bool>>,
            /// Whether `tini` runs as the first process, which ends those that nobody waits for and passes signals on.
            /// Default: false.
            #[serde(default)]
            pub init: Option<Spanned<bool>>,
            /// Entrypoint, in exec form.
            #[serde(default)]
            pub entrypoint: Option<Spanned<Vec<Spanned<String>>>>,
            /// Default command, in exec form.
            #[serde(default)]
            pub cmd: Option<Spanned<Vec<Spanned<String>>>>,
            /// A file of the repository with certificates, in PEM, that are trusted besides the public ones, while it is built and
            /// in the image.
            #[serde(default)]
            pub ca: Option<Spanned<String>>,
            /// Whether its build is told the proxies of where it is built: `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`. They are no
            /// part of the image. Default: false.
            #[serde(default)]
            pub proxy: Option<Spanned<bool>>,
            /// Secrets that its build is handed, by name; appended. `"!name"` takes away, an empty list all.
            #[serde(default)]
            pub secrets: RawList,
            /// Platforms, narrower than those of the `arch` axis, or instead of it.
            #[serde(default)]
            pub platforms: Option<Spanned<Vec<Spanned<String>>>>,
            /// Raise it to ask for a rebuild though nothing else changed.
            #[serde(default)]
            pub epoch: Option<Spanned<u64>>,
            /// Template of the Dockerfile, below `templates/`.
            #[serde(default)]
            pub template: Option<Spanned<String>>,
            /// What must succeed inside the built image before it is pushed; replaces earlier ones.
            #[serde(default)]
            pub test: RawTests,
            /// Facts of the image for outputs and the catalog, such as a description; merged, never part of its content.
            /// `false` takes one away.
            #[serde(default)]
            pub meta: Named<Spanned<RawText>>,
            /// `false`: built, tested and stood upon, and never given a tag. Default: true.
            #[serde(default)]
            pub publish: Option<Spanned<bool>>,
        }

        impl $name {
            /// The shared keys alone.
            pub fn keys(&self) -> RawKeys<'_> {
                RawKeys {
                    name: &self.name,
                    tag: &self.tag,
                    registry: &self.registry,
                    from: &self.from,
                    parent: &self.parent,
                    needs: &self.needs,
                    dockerfile: &self.dockerfile,
                    target: &self.target,
                    context: &self.context,
                    context_files: &self.context_files,
                    args: RawEntry::all(&self.args),
                    env: RawEntry::all(&self.env),
                    source: &self.source,
                    labels: RawEntry::all(&self.labels),
                    apt: RawItems::of(&self.apt),
                    pip: RawItems::of_pip(&self.pip),
                    python: &self.python,
                    user: &self.user,
                    user_name: &self.user_name,
                    arbitrary_user: &self.arbitrary_user,
                    init: &self.init,
                    entrypoint: &self.entrypoint,
                    cmd: &self.cmd,
                    ca: &self.ca,
                    proxy: &self.proxy,
                    secrets: &self.secrets,
                    platforms: &self.platforms,
                    epoch: &self.epoch,
                    template: &self.template,
                    test: &self.test,
                    meta: RawEntry::all(&self.meta),
                    publish: &self.publish,
                    tag_is_idle: false,
                }
            }
        }
    };
}

with_image_keys! {
    /// What every image shares.
    RawDefaults {
        /// The axes of images that state none. Default: every axis.
        #[serde(default)]
        axes: Option<Spanned<Vec<Spanned<String>>>>,
        /// Rows that lay over the defaults, and under the image, of the specs that match, in order.
        #[serde(default)]
        when: Vec<Spanned<RawWhen>>,
    }
}

with_image_keys! {
    /// One image family.
    RawImage {
        /// The axes it varies over, in this order. Default: those of `[defaults]`, or every axis. Never lists `arch`, which
        /// every image has.
        #[serde(default)]
        axes: Option<Spanned<Vec<Spanned<String>>>>,
        /// Which cells exist. Default: all.
        #[serde(rename = "match", default)]
        matches: Option<Spanned<RawSelector>>,
        /// Rows that lay over the image where they match, in order.
        #[serde(default)]
        when: Vec<Spanned<RawWhen>>,
    }
}

with_image_keys! {
    /// A row that lays over its image, or over the defaults, where it matches: later wins, tables merge, `apt`, `pip` and `needs` append,
    /// `from` and `parent` replace each other.
    RawWhen {
        /// Which cells the row is for.
        #[serde(rename = "match")]
        matches: Spanned<RawSelector>,
    }
}

/// The keys that `defaults`, an image and a `when` row share, borrowed from whichever it was.
#[derive(Debug)]
pub struct RawKeys<'a> {
    pub name: &'a Option<Spanned<String>>,
    pub tag: &'a Option<Spanned<String>>,
    pub registry: &'a Option<Spanned<OneOrMany>>,
    pub from: &'a Option<Spanned<String>>,
    pub parent: &'a Option<Spanned<RawParent>>,
    pub needs: &'a Option<Spanned<Vec<Spanned<RawParent>>>>,
    pub dockerfile: &'a Option<Spanned<String>>,
    pub target: &'a Option<Spanned<String>>,
    pub context: &'a Option<Spanned<String>>,
    pub context_files: &'a RawList,
    pub args: Vec<RawEntry<'a>>,
    pub env: Vec<RawEntry<'a>>,
    pub source: &'a Option<Spanned<String>>,
    pub labels: Vec<RawEntry<'a>>,
    pub apt: RawItems<'a>,
    pub pip: RawItems<'a>,
    pub python: &'a Option<Spanned<RawPython>>,
    pub user: &'a Option<Spanned<String>>,
    pub user_name: &'a Option<Spanned<RawText>>,
    pub arbitrary_user: &'a Option<Spanned<bool>>,
    pub init: &'a Option<Spanned<bool>>,
    pub entrypoint: &'a Option<Spanned<Vec<Spanned<String>>>>,
    pub cmd: &'a Option<Spanned<Vec<Spanned<String>>>>,
    pub ca: &'a Option<Spanned<String>>,
    pub proxy: &'a Option<Spanned<bool>>,
    pub secrets: &'a RawList,
    pub platforms: &'a Option<Spanned<Vec<Spanned<String>>>>,
    pub epoch: &'a Option<Spanned<u64>>,
    pub template: &'a Option<Spanned<String>>,
    pub test: &'a RawTests,
    pub meta: Vec<RawEntry<'a>>,
    pub publish: &'a Option<Spanned<bool>>,
    /// Whether the tag is laid under what is never given one.
    pub tag_is_idle: bool,
}

/// One entry of `args`, `env`, `labels` or `meta`.
#[derive(Debug)]
pub struct RawEntry<'a> {
    pub name: &'a Spanned<String>,
    pub text: &'a Spanned<RawText>,
    /// Whether a later table states it anew or takes it away: it keeps its position, its text is never read.
    pub replaced: bool,
}

impl<'a> RawEntry<'a> {
    fn all(table: &'a Named<Spanned<RawText>>) -> Vec<Self> {
        let entry = |(name, text)| RawEntry {
            name,
            text,
            replaced: false,
        };
        table.iter().map(entry).collect()
    }
}

/// The items of `apt` or `pip`.
#[derive(Debug)]
pub struct RawItems<'a> {
    /// Where the list stands, when it is stated.
    pub span: Option<&'a Range<usize>>,
    /// Each, and whether a later table takes it away: its text is never read then.
    pub items: Vec<(Cow<'a, Spanned<String>>, bool)>,
    /// Files of them, with the place of each that is a table.
    pub files: Vec<(&'a RawPipFile, &'a Range<usize>)>,
}

impl<'a> RawItems<'a> {
    fn of(list: &'a RawList) -> Self {
        RawItems {
            span: list.as_ref().map(|list| &list.span),
            items: list
                .iter()
                .flat_map(|l| &l.value)
                .map(|item| (Cow::Borrowed(item), false))
                .collect(),
            files: Vec::new(),
        }
    }

    fn of_pip(pip: &'a Option<Spanned<RawPip>>) -> Self {
        let mut found = RawItems {
            span: pip.as_ref().map(|pip| &pip.span),
            items: Vec::new(),
            files: Vec::new(),
        };
        match pip.as_ref().map(|pip| (&pip.value, &pip.span)) {
            None => {}
            Some((RawPip::File(file), span)) => found.files.push((file, span)),
            Some((RawPip::List(list), _)) => {
                for item in list {
                    match &item.value {
                        RawPipItem::File(file) => found.files.push((file, &item.span)),
                        RawPipItem::Package(text) => {
                            let (value, span) = (text.clone(), item.span.clone());
                            found
                                .items
                                .push((Cow::Owned(Spanned { value, span }), false));
                        }
                    }
                }
            }
        }
        found
    }

    /// Whether it is an empty list.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.files.is_empty()
    }

    fn under(mut self, over: &RawItems<'_>, packages: Packages) -> Self {
        let clears = over.span.is_some() && over.is_empty();
        for (item, taken) in &mut self.items {
            let mut takers = over
                .items
                .iter()
                .filter_map(|(over, _)| over.strip_prefix('!'));
            *taken |= clears || takers.any(|name| packages.takes(name, item));
        }
        self
    }
}

impl<'a> RawKeys<'a> {
    /// What remains of these keys below `over`, which replaces some of them.
    pub fn under(self, over: &RawKeys<'_>) -> RawKeys<'a> {
        fn kept<'a, T>(own: &'a Option<T>, over: &Option<T>) -> &'a Option<T> {
            if over.is_some() { &None } else { own }
        }
        fn left<'a>(mut own: Vec<RawEntry<'a>>, over: &[RawEntry<'_>]) -> Vec<RawEntry<'a>> {
            for entry in &mut own {
                entry.replaced = over.iter().any(|o| o.name.value == entry.name.value);
            }
            own
        }
        let based = over.from.is_some() || over.parent.is_some();
        RawKeys {
            name: kept(self.name, over.name),
            tag: kept(self.tag, over.tag),
            registry: kept(self.registry, over.registry),
            from: if based { &None } else { self.from },
            parent: if based { &None } else { self.parent },
            dockerfile: kept(self.dockerfile, over.dockerfile),
            target: kept(self.target, over.target),
            context: kept(self.context, over.context),
            args: left(self.args, &over.args),
            env: left(self.env, &over.env),
            source: kept(self.source, over.source),
            labels: left(self.labels, &over.labels),
            meta: left(self.meta, &over.meta),
            apt: self.apt.under(&over.apt, Packages::Apt),
            pip: self.pip.under(&over.pip, Packages::Pip),
            user: kept(self.user, over.user),
            user_name: kept(self.user_name, over.user_name),
            arbitrary_user: kept(self.arbitrary_user, over.arbitrary_user),
            init: kept(self.init, over.init),
            entrypoint: kept(self.entrypoint, over.entrypoint),
            cmd: kept(self.cmd, over.cmd),
            ca: kept(self.ca, over.ca),
            platforms: kept(self.platforms, over.platforms),
            ..self
        }
    }
}

/// Where Python comes from.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RawPython {
    /// Install the `python` axis with uv, unless the base is the official Python image.
    #[default]
    Auto,
    /// A standalone build, installed by uv: exact versions, both architectures, any glibc.
    Uv,
    /// The deadsnakes PPA, on Ubuntu LTS releases.
    Deadsnakes,
    /// What the base has; nothing is installed.
    Base,
}

/// Pipelines to generate.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawCi {
    /// The command by which the pipeline of a change checks it. Without one it does not check whether anything drifted, and
    /// says so.
    pub check: Option<Spanned<String>>,
    /// How pipelines run gen, on one line, as shell text: its arguments come behind. Without `check` it also checks.
    #[serde(rename = "gen")]
    pub command: Option<Spanned<String>>,
    /// Whether each image carries a list of the software in it.
    pub sbom: bool,
    /// How much of each image's making it carries. `min` unless the classic shape of Cloud Build, which attests nothing,
    /// publishes images too.
    pub provenance: Option<Provenance>,
    /// How the layers of images are packed: `gzip`, `zstd` or `estargz`. Counted as content. Without it the builder's default
    /// packs what is built, and layers of bases stay as they are.
    pub compression: Option<Compression>,
    /// Where pipelines that publish keep the layers of their builds for the builds after them: `registry`. Pipelines of changes
    /// neither read nor write them.
    pub cache: Option<Cache>,
    /// Whether two builds of one content give one image, as far as the archives that packages come from give the same: files
    /// and the image carry the day that the lock records for the content.
    pub reproducible: bool,
    /// What signs each image: `"cosign"`, by the identity that the provider gives its jobs, or a table with a key. Nothing
    /// does unless this says so.
    pub sign: Option<Spanned<RawSign>>,
}

/// Files to generate besides pipelines.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawOutput {
    /// By which `docker buildx bake` builds any of the images, and what it stands on, on any machine.
    pub bake: Option<Spanned<BakeOptions>>,
    /// By which the library picks an image by axis values: a Python module and a JSON file.
    pub catalog: Option<Spanned<CatalogOptions>>,
    /// The script by which every pipeline publishes, for pipelines of one's own. Any table of `[ci]` brings it as well.
    pub publish: Option<Spanned<PublishOptions>>,
    /// Files of one's own, each from a template of one's own or a shipped one.
    pub file: Vec<Spanned<FileOptions>>,
    /// The JSON Schema of this file, for editors: `#:schema generated/matrix.schema.json` in its first line names it.
    pub schema: Option<Spanned<SchemaOptions>>,
}
