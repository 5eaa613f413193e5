//! One image of the plan, with all that building and publishing it takes.

use std::collections::BTreeSet;
use std::sync::Arc;

use itertools::Itertools;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::config::Config;
use crate::grammar::{Pairs, Platform, SpecId, arch};
use crate::image::pipelines::{ByPipeline, Role};
use crate::image::spec::Alias;
use crate::image::targets::calls;
use crate::image::{Contents, Matrix, RenderedSpec, Short, Spec, Test};

/// Build args that no Dockerfile declares, and that neither history nor cache knows of: programs differ in which case they
/// read. Source: "Predefined ARGs" of the Dockerfile reference.
pub const PROXIES: [&str; 6] = [
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// What a pipeline makes before an image is built from it.
#[derive(Debug, Serialize)]
pub struct MadeFirst {
    /// Its key in `matrix.toml`.
    pub name: String,
    /// Where it lies, from the repository root; `*` and `?` stand for any characters of a name.
    pub path: String,
    /// The version it stands for.
    pub version: String,
}

impl MadeFirst {
    fn of(config: &Config, rendered: &RenderedSpec) -> Vec<Self> {
        let all = config.artifacts.iter();
        all.filter(|artifact| rendered.artifacts.contains_key(&artifact.name))
            .map(|artifact| MadeFirst {
                name: artifact.name.clone(),
                path: artifact.path.clone(),
                version: artifact.version.clone(),
            })
            .collect()
    }
}

/// One concrete image.
#[derive(Debug, Serialize)]
pub struct PlanSpec {
    /// Unique, stable from release to release.
    pub id: Arc<str>,
    /// Its family.
    pub image: Arc<str>,
    /// Its axis values.
    pub cell: Pairs<Arc<str>, Arc<str>>,
    /// 0 when it stands on no other spec, else one more than the highest it stands on.
    pub layer: usize,
    /// Full references, home first.
    pub references: Vec<String>,
    /// Whether the references print the release and are therefore never moved.
    pub immutable: bool,
    /// `false` where it is built and tested, and never given a reference.
    #[serde(skip_serializing_if = "Clone::clone")]
    pub publish: bool,
    /// Moving references; for each alias home first.
    pub aliases: Vec<String>,
    /// Of aliases that move within a line of releases, the line: its first numbers, or the version of the one release that
    /// an alias names.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub alias_lines: Pairs<String, String>,
    /// By channel, the references that its runs put, each home first. What only a run knows stands in braces: `{commit.sha}`,
    /// `{commit.short}`, `{date}`.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub channels: Pairs<String, Vec<String>>,
    /// OCI platforms.
    pub platforms: Vec<Platform>,
    /// Where each platform's image is pushed before they are joined; one alone is the content.
    pub pushed: Pairs<Platform, String>,
    /// Secrets that its build is handed, each with the variable that holds it.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub secrets: Pairs<String, String>,
    /// Secrets of its own and of what it stands on, for want of which a change does not build it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<String>,
    /// Whether its build is told the proxies of where it is built.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub proxy: bool,
    /// Upstream image, when it stands on one.
    pub base: Option<String>,
    /// Id of the spec it stands on.
    pub parent: Option<Arc<str>>,
    /// Ids of specs it needs besides.
    pub needs: Vec<Arc<str>>,
    /// Path of the Dockerfile from the repository root.
    pub dockerfile: String,
    /// Stage to build.
    pub target: Option<String>,
    /// Folder sent to the builder, from the repository root.
    pub context: String,
    /// Whether Git LFS stores files of that folder: a checkout to build from needs them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lfs: bool,
    /// Whether that folder holds files of submodules: a checkout to build from needs them.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub submodules: bool,
    /// Build args.
    pub args: Pairs<Arc<str>, String>,
    /// Labels to put on it; a rendered Dockerfile states its own.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub labels: Pairs<Arc<str>, String>,
    /// Named build contexts: references by which a Dockerfile of the user's may call the specs it stands on, and where
    /// their content is; and the upstream images it names, at their locked digest. The references themselves are not
    /// there before everything is built, and what they stand for moves.
    pub contexts: Pairs<String, String>,
    /// What a pipeline makes of what its context holds: it has to be there when this is built.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<MadeFirst>,
    /// Facts of it that the matrix states; no part of its content.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub meta: Pairs<Arc<str>, String>,
    /// What must succeed inside the built image before it is pushed.
    pub tests: Vec<Test>,
    /// By platform, where the layers of its builds are kept for later ones, if anywhere.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub layers_kept: Pairs<Platform, String>,
    /// `sha256:` and 64 hex digits over all that goes into it.
    pub content: String,
    /// Where that content is pushed at home.
    pub content_reference: String,
    /// The day that is recorded for that content, in seconds from 1970, where images carry it: `SOURCE_DATE_EPOCH` of its
    /// builds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<i64>,
    /// Its target in the bake file, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bake_target: Option<Arc<str>>,
    /// Names by which its target is linked to what it stands on, each with the id of that: where a pipeline lets the images of
    /// a change stand on published parents.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub links: Pairs<String, Arc<str>>,
    /// What a pipeline does with it that it does not do with all.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub ci: ByPipeline,
}

/// The references of aliases, for each home first.
fn everywhere<'a>(
    spec: &'a Spec,
    aliases: &'a [&Alias],
) -> impl Iterator<Item = (String, &'a Alias)> {
    aliases.iter().flat_map(|alias| {
        let repositories = spec.repositories.iter();
        repositories.map(|repository| (format!("{repository}:{}", alias.tag), *alias))
    })
}

/// By channel, the references of its tags, each for each home first.
fn of_channels(config: &Config, matrix: &Matrix, id: SpecId) -> Pairs<String, Vec<String>> {
    let spec = matrix.spec(id);
    let named = config.channels.iter().enumerate().map(|(number, channel)| {
        let tags = matrix.channel_tags.iter();
        let tags = tags.filter(|tag| tag.channel == number && tag.spec == id);
        let references = tags.flat_map(|tag| {
            let repositories = spec.repositories.iter();
            repositories.map(|repository| format!("{repository}:{}", tag.tag))
        });
        (channel.name.clone(), references.collect::<Vec<_>>())
    });
    named
        .filter(|(_, references)| !references.is_empty())
        .collect()
}

impl PlanSpec {
    pub(super) fn new(
        config: &Config,
        matrix: &Matrix,
        contents: &Contents,
        id: SpecId,
        aliases: &[&Alias],
        ci: ByPipeline,
    ) -> Self {
        let spec = matrix.spec(id);
        let rendered = contents.get(id);
        let content_reference = contents.reference(spec, id);
        let pushed = |platform: &Platform| format!("{content_reference}-{}", arch(platform));
        PlanSpec {
            id: spec.id.clone(),
            image: config.images[spec.image.0].key.clone(),
            cell: spec.values(config),
            layer: spec.layer,
            references: spec.references(),
            immutable: spec.immutable,
            publish: spec.tag.is_some(),
            aliases: everywhere(spec, aliases)
                .map(|(reference, _)| reference)
                .collect(),
            alias_lines: everywhere(spec, aliases)
                .filter_map(|(reference, alias)| Some((reference, alias.line.clone()?)))
                .collect(),
            channels: of_channels(config, matrix, id),
            platforms: spec.platforms.clone(),
            pushed: spec
                .platforms
                .iter()
                .map(|platform| (platform.clone(), pushed(platform)))
                .collect(),
            secrets: rendered
                .secrets
                .iter()
                .map(|id| &config.secrets[id.0])
                .map(|secret| (secret.name.clone(), secret.env.clone()))
                .collect(),
            withheld: Vec::new(),
            proxy: spec.merged.proxy.as_ref().is_some_and(|p| p.value),
            base: spec.base.clone(),
            parent: spec.parent.map(|p| matrix.spec(p).id.clone()),
            needs: spec
                .needs
                .iter()
                .map(|n| matrix.spec(*n).id.clone())
                .collect(),
            dockerfile: rendered.dockerfile.clone(),
            target: rendered.target.clone(),
            context: rendered.context.clone(),
            lfs: rendered.checked_out().any(|files| files.holds_lfs),
            submodules: rendered.from_submodule
                || rendered.checked_out().any(|files| files.holds_submodules),
            args: rendered.args.clone(),
            labels: rendered.labels.clone(),
            contexts: contexts(matrix, contents, id),
            artifacts: MadeFirst::of(config, rendered),
            meta: spec.meta.clone(),
            tests: rendered
                .tests
                .iter()
                .map(|tested| tested.test.clone())
                .collect(),
            layers_kept: layers_kept(config, spec),
            content: rendered.content.to_string(),
            bake_target: None,
            links: Pairs::default(),
            content_reference,
            timestamp: config
                .ci
                .reproducible
                .then(|| {
                    matrix
                        .recorded
                        .get(&rendered.content)
                        .map(|day| day.epoch())
                })
                .flatten(),
            ci,
        }
    }

    /// Says by which names its target is linked to what it stands on.
    pub(super) fn link(&mut self, matrix: &Matrix, contents: &Contents, id: SpecId) {
        let called = calls(matrix, contents, id).into_iter();
        // Of a name that comes again, the first says what it is.
        self.links = called
            .unique_by(|(name, _)| name.clone())
            .map(|(name, below)| (name, matrix.spec(below).id.clone()))
            .collect();
    }

    /// One platform alone is pushed as the content.
    pub(super) fn push_alone(&mut self) {
        if let ([_], Some(pushed)) = (&*self.platforms, self.pushed.values_mut().next()) {
            pushed.clone_from(&self.content_reference);
        }
    }

    /// Whether its platforms are joined once they are pushed.
    pub fn is_joined(&self) -> bool {
        !self
            .pushed
            .values()
            .any(|pushed| *pushed == self.content_reference)
    }

    /// The secrets of its build, as words of a builder: `type=env,id=pip-index,env=PIP_INDEX_URL`.
    pub fn secret_words(&self) -> impl Iterator<Item = String> + '_ {
        let secrets = self.secrets.iter();
        secrets.map(|(name, variable)| format!("type=env,id={name},env={variable}"))
    }

    /// The build args that are taken from where it is built.
    pub fn proxies(&self) -> impl Iterator<Item = &'static str> + '_ {
        let all = PROXIES.into_iter();
        all.filter(|name| self.proxy && !self.args.contains_key(*name))
    }

    /// What it is to a pipeline that does not publish it.
    pub fn role(&self, pipeline: &str) -> Option<Role> {
        self.ci.get(pipeline).and_then(|ci| ci.role)
    }

    /// Whether a pipeline has it: publishes it, or builds it for others.
    pub fn is_of(&self, pipeline: &str) -> bool {
        self.role(pipeline) != Some(Role::None)
    }
}

/// How the tags begin by which layers are kept.
const LAYERS: &str = "layers-";

/// Where a spec's layers are kept: by its id, so that each content finds those of the one before.
fn layers_kept(config: &Config, spec: &Spec) -> Pairs<Platform, String> {
    let (home, id) = (spec.home(), Short::of(spec.id.as_bytes()));
    let kept = |platform: &Platform| format!("{home}:{LAYERS}{id}-{}", arch(platform));
    let platforms = spec.platforms.iter().filter(|_| config.ci.cache.is_some());
    platforms.map(|on| (on.clone(), kept(on))).collect()
}

/// Says of each spec which secrets a change lacks for it: a change is given none.
pub(super) fn withhold(specs: &mut [PlanSpec]) {
    if specs.iter().all(|spec| spec.secrets.is_empty()) {
        return;
    }
    let mut order: Vec<usize> = (0..specs.len()).collect();
    order.sort_by_key(|place| specs[*place].layer);
    let mut lacking: FxHashMap<Arc<str>, Vec<String>> = FxHashMap::default();
    for place in order {
        let spec = &mut specs[place];
        let below = spec.parent.iter().chain(&spec.needs);
        let below = below.filter_map(|id| lacking.get(id)).flatten();
        let own = spec.secrets.iter().map(|(name, _)| name);
        let names: BTreeSet<&String> = own.chain(below).collect();
        spec.withheld = names.into_iter().cloned().collect();
        if !spec.withheld.is_empty() {
            lacking.insert(spec.id.clone(), spec.withheld.clone());
        }
    }
}

/// What a rendered Dockerfile stands on it calls by content, so it needs no names for that.
fn contexts(matrix: &Matrix, contents: &Contents, id: SpecId) -> Pairs<String, String> {
    let pins = contents.get(id).pins.clone();
    if contents.get(id).rendered.is_some() {
        return pins;
    }
    let spec = matrix.spec(id);
    spec.stands_on()
        .flat_map(|below| {
            let spec = matrix.spec(below);
            let content = contents.reference(spec, below);
            let references = spec.references().into_iter();
            references.map(move |reference| (reference, content.clone()))
        })
        .chain(pins)
        .collect()
}
