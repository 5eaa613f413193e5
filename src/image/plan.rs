//! The plan: every spec with all that a pipeline needs, and what each pipeline does. It serialises to `plan.json`, and for
//! scripts to `plan.lines`, whose format is versioned.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::config::{
    Compression, Config, Described, GROUPS, Provenance, RegistryKind, SignTool, Signer, Signing,
    refs_pattern,
};
use crate::grammar::{Pairs, Platform, SpecId, arch};
use crate::image::lines::lines;
use crate::image::one_off::OneOff;
use crate::image::pipelines::{ByPipeline, Role, deviations};
use crate::image::repositories::{Made, repositories};
use crate::image::shares::{ALL, Pipeline, Share, shares};
use crate::image::spec::Alias;
use crate::image::targets::Names;
use crate::image::{CONTENT_FORMAT, Contents, Matrix, RenderedSpec, Short, Spec};

/// Where the plan is written, below the folder of outputs.
pub const PLAN: &str = "plan.json";

/// Version of the format of `plan.json` and of `plan.lines`. Raised when a field changes its meaning or goes; new fields do not raise it.
pub const FORMAT: u32 = 2;

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

/// Bytes of a spec in `plan.json`, and in `plan.lines`, as a rule.
pub(super) const TYPICAL: usize = 2048;

/// Everything that is to be built and published. See `docs/plan.md`.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// What made the file, and how to change it.
    pub generated: String,
    /// [`FORMAT`].
    pub version: u32,
    /// What counts as content, and how it is hashed: contents of another format cannot be compared.
    pub content_format: u32,
    /// Whether each content that is published states its hash. What Docker itself pushes can state nothing.
    pub contents_stated: bool,
    /// The release, when the matrix states one.
    pub release: Option<Release>,
    /// What a one-off puts in place of a release, where this is the plan of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub one_off: Option<OneOff>,
    /// Registries that some spec uses, in declared order.
    pub registries: Vec<Registry>,
    /// What the images carry about themselves, when they do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attestations: Option<Attestations>,
    /// How what is pushed is packed and dated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packing: Option<Packing>,
    /// How the images are signed, when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing: Option<Signed>,
    /// Repositories that have to be made before anything is pushed to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repositories: Vec<Made>,
    /// Number of lineage layers.
    pub layers: usize,
    /// What each pipeline does; the first is the share of whoever carries the plan out by hand.
    pub pipelines: Vec<Share>,
    /// Specs in declared order.
    pub specs: Vec<PlanSpec>,
    /// Images of others, which are never built.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<Described>,
    /// What the bake file calls them, and its groups, where there is one.
    #[serde(skip)]
    pub names: Option<Names>,
    /// The pipelines that are on.
    #[serde(skip)]
    pub(super) on: Vec<Pipeline>,
}

/// The release that the references carry.
#[derive(Debug, Serialize)]
pub struct Release {
    /// As in `matrix.toml`.
    pub version: String,
    /// How tags name it.
    pub tag: String,
    /// Whether it is no pre-release: only then do aliases move.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// A registry that some spec uses.
#[derive(Debug, Serialize)]
pub struct Registry {
    /// Its key in `matrix.toml`.
    pub name: String,
    /// Host and path before an image's name.
    pub prefix: String,
    /// The host alone.
    pub host: String,
    /// How one logs in.
    pub kind: RegistryKind,
}

/// What images carry about themselves, for those who pull them.
#[derive(Debug, Serialize)]
pub struct Attestations {
    /// Whether that is a list of the software in them.
    pub sbom: bool,
    /// How much of their making.
    pub provenance: Provenance,
}

/// How what is pushed is packed and dated, where that is not left to the builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Packing {
    /// The compression of every layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// Whether files and images carry the day that is recorded for their content.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reproducible: bool,
}

impl Packing {
    fn of(config: &Config) -> Option<Self> {
        let packing = Packing {
            compression: config.ci.compression,
            reproducible: config.ci.reproducible,
        };
        (packing != Packing::default()).then_some(packing)
    }

    /// What a builder's exporter is told of compression, as it is written behind others of its options; empty where that is
    /// left to it. Only with `force-compression` are the layers of the base packed likewise. See
    /// <https://docs.docker.com/build/exporters/>.
    fn packed(self) -> String {
        let packed = self.compression.map(|compression| {
            format!(",compression={},force-compression=true", compression.word())
        });
        packed.unwrap_or_default()
    }
}

/// How images are signed, and whose signature counts.
#[derive(Debug, Serialize)]
pub struct Signed {
    /// What signs.
    pub tool: SignTool,
    /// The private key, as that tool names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The file of the public key, from the repository root.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public_key: Option<String>,
    /// Without a key: who vouches for the identity that signs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Without a key: the workflow whose signature counts, without its ref; the pipeline's own where this is absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<String>,
    /// Without a key: the refs whose runs count; `*` stands for any characters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<String>,
    /// Whether signatures are in the public log, and looked for there.
    pub log: bool,
}

impl Signed {
    fn of(signing: &Signing) -> Self {
        let nothing = Signed {
            tool: signing.tool,
            key: None,
            public_key: None,
            issuer: None,
            identity: None,
            refs: Vec::new(),
            log: signing.log,
        };
        match &signing.by {
            Signer::Key { private, public } => Signed {
                key: Some(private.clone()),
                public_key: Some(public.clone()),
                ..nothing
            },
            Signer::Identity {
                workflow,
                issuer,
                refs,
            } => Signed {
                issuer: Some(issuer.clone()),
                identity: workflow.clone(),
                refs: refs.clone(),
                ..nothing
            },
        }
    }

    /// What `cosign verify` is told, before the image; nothing where it is not known whose signature counts.
    pub fn verifying(&self) -> Option<Vec<String>> {
        let mut words = match (&self.public_key, &self.identity, &self.issuer) {
            (Some(key), _, _) => vec!["--key".to_owned(), key.clone()],
            (None, Some(identity), Some(issuer)) => {
                let of = |c: char| match c {
                    c if c.is_ascii_alphanumeric() || ":/_-".contains(c) => c.to_string(),
                    c => format!("[{c}]"),
                };
                let identity: String = identity.chars().map(of).collect();
                vec![
                    "--certificate-identity-regexp".to_owned(),
                    format!("^{identity}@{}$", refs_pattern(&self.refs)),
                    "--certificate-oidc-issuer".to_owned(),
                    issuer.clone(),
                ]
            }
            _ => return None,
        };
        if !self.log {
            words.push("--insecure-ignore-tlog=true".to_owned());
        }
        Some(words)
    }

    /// What scripts are told, each by a word for it.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let SignTool::Cosign = self.tool;
        let mut facts = vec![("tool", "cosign".to_owned())];
        let texts = [
            ("key", &self.key),
            ("public-key", &self.public_key),
            ("issuer", &self.issuer),
            ("identity", &self.identity),
        ];
        for (word, text) in texts {
            facts.extend(text.clone().map(|text| (word, text)));
        }
        if !self.refs.is_empty() {
            facts.push(("refs", refs_pattern(&self.refs)));
        }
        if !self.log {
            facts.push(("log", "false".to_owned()));
        }
        facts
    }
}

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
    /// Shell commands that must succeed inside the built image.
    pub tests: Vec<String>,
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
    /// What a pipeline does with it that it does not do with all.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub ci: ByPipeline,
}

impl Plan {
    /// Puts a plan together.
    pub fn new(config: &Config, matrix: &Matrix, contents: &Contents) -> Self {
        let mut used = vec![false; config.registries.len()];
        for spec in &matrix.specs {
            for id in spec.merged.registries(config) {
                used[id.0] = true;
            }
        }
        let aliases = matrix.aliases_of();
        let deviations = deviations(config, matrix);
        let (sbom, provenance) = (config.ci.sbom, config.ci.provenance);
        let names = config.bakes().then(|| {
            let kept = config.outputs.bake.as_ref();
            Names::new(config, matrix, kept.and_then(|bake| bake.selector.as_ref()))
        });
        let mut specs: Vec<PlanSpec> = contents
            .iter()
            .zip(deviations)
            .map(|((id, _), ci)| PlanSpec::new(config, matrix, contents, id, &aliases[id.0], ci))
            .collect();
        let contents_stated = config.ci.pipelines.iter().all(|own| !own.shape.builds_anew);
        if contents_stated {
            specs.iter_mut().for_each(PlanSpec::push_alone);
        }
        for (place, spec) in specs.iter_mut().enumerate() {
            spec.bake_target = names.as_ref().map(|names| names.targets[place].clone());
        }
        let on: Vec<Pipeline> = std::iter::once(Pipeline {
            name: ALL,
            groups: GROUPS,
        })
        .chain(config.ci.pipelines.iter().map(|pipeline| Pipeline {
            name: pipeline.provider,
            groups: pipeline.shape.groups,
        }))
        .collect();
        let mut plan = Plan {
            generated: format!(
                "by gen matrix from {}: change that file and run gen matrix again",
                config.file.path
            ),
            version: FORMAT,
            content_format: CONTENT_FORMAT,
            contents_stated,
            release: config.release.as_ref().map(|r| Release {
                version: r.version.clone(),
                tag: r.tag.clone(),
                is_final: !r.read.is_pre_release(),
            }),
            one_off: None,
            registries: config
                .registries
                .iter()
                .zip(used)
                .filter(|(_, used)| *used)
                .map(|(r, _)| Registry {
                    name: r.name.clone(),
                    prefix: r.prefix.clone(),
                    host: r.host.clone(),
                    kind: r.kind,
                })
                .collect(),
            attestations: (sbom || provenance != Provenance::Off)
                .then_some(Attestations { sbom, provenance }),
            packing: Packing::of(config),
            signing: config.ci.signing.as_ref().map(Signed::of),
            repositories: Vec::new(),
            layers: matrix.layers(),
            pipelines: Vec::new(),
            specs,
            described: config.described.clone(),
            names,
            on,
        };
        plan.decide();
        plan
    }

    /// Leaves only the specs that are meant, and what pipelines do with them.
    pub fn keep(&mut self, meant: impl FnMut(&PlanSpec) -> bool) {
        self.specs.retain(meant);
        self.decide();
    }

    /// Names the targets of a bake file, where none is written.
    pub fn name_targets(&mut self, config: &Config, matrix: &Matrix) {
        if self.names.is_none() {
            self.names = Some(Names::new(config, matrix, None));
        }
    }

    pub(super) fn decide(&mut self) {
        withhold(&mut self.specs);
        self.pipelines = shares(&self.specs, &self.on);
        self.repositories = repositories(&self.specs, &self.registries, &self.pipelines);
    }

    /// The places of the specs by their ids.
    pub fn places(&self) -> FxHashMap<&str, usize> {
        let specs = self.specs.iter().enumerate();
        specs.map(|(place, spec)| (&*spec.id, place)).collect()
    }

    /// What a builder is told about what images carry about themselves, word by word.
    pub fn attestation_words(&self) -> Vec<String> {
        let attestations = self.attestations.as_ref();
        let provenance = attestations.map_or(Provenance::Off, |a| a.provenance);
        let provenance = match provenance {
            Provenance::Off => "--provenance=false",
            Provenance::Min => "--provenance=mode=min",
            Provenance::Max => "--provenance=mode=max",
        };
        let sbom = attestations.is_some_and(|a| a.sbom);
        let sbom = sbom.then(|| "--sbom=true".to_owned());
        std::iter::once(provenance.to_owned()).chain(sbom).collect()
    }

    /// What a builder's exporter is told of compression.
    pub fn packed(&self) -> String {
        self.packing.map(Packing::packed).unwrap_or_default()
    }

    /// The contents to build, each once, by their reference at home, with the first spec that has each.
    pub fn units(&self) -> IndexMap<&str, &PlanSpec> {
        let mut units = IndexMap::new();
        for spec in &self.specs {
            units.entry(spec.content_reference.as_str()).or_insert(spec);
        }
        units
    }

    /// What a pipeline works on: the specs that it publishes, and those that they stand on.
    pub fn share(&self, pipeline: &str) -> Vec<&PlanSpec> {
        let specs = self.specs.iter();
        specs.filter(|spec| spec.is_of(pipeline)).collect()
    }

    /// Number of platform images to build: equal content in one repository is built once.
    pub fn builds(&self) -> usize {
        self.units().values().map(|s| s.platforms.len()).sum()
    }

    /// The text of `plan.lines`, below a header.
    pub fn to_lines(&self, header: &str) -> String {
        lines(self, header)
    }

    /// The text of `plan.json`.
    pub fn to_json(&self) -> String {
        json(self, self.specs.len() * TYPICAL)
    }

    /// Writes that text, piece by piece.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write_json(&self, mut out: impl Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")
    }
}

/// A value as JSON for people, of about so many bytes: a text that grows by doubling has all its pages cleared twice.
pub fn json(value: &impl Serialize, typical: usize) -> String {
    let mut text = Vec::with_capacity(typical);
    let written = serde_json::to_writer_pretty(&mut text, value);
    text.push(b'\n');
    written
        .ok()
        .and_then(|()| String::from_utf8(text).ok())
        .unwrap_or_default()
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

impl PlanSpec {
    fn new(
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
            lfs: rendered.files.holds_lfs,
            submodules: rendered.files.holds_submodules || rendered.from_submodule,
            args: rendered.args.clone(),
            labels: rendered.labels.clone(),
            contexts: contexts(matrix, contents, id),
            artifacts: MadeFirst::of(config, rendered),
            meta: spec.meta.clone(),
            tests: rendered.tests.clone(),
            layers_kept: layers_kept(config, spec),
            content: rendered.content.to_string(),
            bake_target: None,
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

    /// One platform alone is pushed as the content.
    fn push_alone(&mut self) {
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
fn withhold(specs: &mut [PlanSpec]) {
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
