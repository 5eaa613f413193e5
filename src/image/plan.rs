//! The plan: every spec with all that a pipeline needs, and what each pipeline does. It serialises to `plan.json`, and for
//! scripts to `plan.lines`, whose format is versioned.

use std::io::{self, Write};

use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::config::{Channel, Config, Described, GROUPS, Parents, Provenance, RegistryKind};
use crate::grammar::SpecId;
pub use crate::image::carried::{Attestations, Packing, Signed};
use crate::image::lines::lines;
use crate::image::one_off::OneOff;
use crate::image::pipelines::deviations;
use crate::image::plan_spec::withhold;
pub use crate::image::plan_spec::{MadeFirst, PROXIES, PlanSpec};
use crate::image::repositories::{Made, repositories};
use crate::image::shares::{ALL, Pipeline, Share, shares};
use crate::image::targets::TargetNames;
use crate::image::{CONTENT_FORMAT, Contents, Matrix};

/// Where the plan is written, below the folder of outputs.
pub const PLAN: &str = "plan.json";

/// Version of the format of `plan.json` and of `plan.lines`. Raised when a field changes its meaning or goes; new fields do not raise it.
pub const FORMAT: u32 = 2;

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
    pub release: Option<PlanRelease>,
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
    /// Channels: what starts their runs, which put the tags that the specs have of them, and nothing else.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<PlannedChannel>,
    /// Images of others, which are never built.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub described: Vec<Described>,
    /// What the bake file calls them, and its groups, where there is one.
    #[serde(skip)]
    pub names: Option<TargetNames>,
    /// The pipelines that are on.
    #[serde(skip)]
    pub(super) on: Vec<Pipeline>,
}

/// The release that the references carry.
#[derive(Debug, Serialize)]
pub struct PlanRelease {
    /// As in `matrix.toml`.
    pub version: String,
    /// How tags name it.
    pub tag: String,
    /// Whether it is no pre-release: only then do aliases move.
    #[serde(rename = "final")]
    pub is_final: bool,
}

/// A channel.
#[derive(Debug, Serialize)]
pub struct PlannedChannel {
    /// Its key in `matrix.toml`.
    pub name: String,
    /// The branch that it publishes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// Or the cron line, in UTC, at which it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
}

impl PlannedChannel {
    fn of(channel: &Channel) -> Self {
        PlannedChannel {
            name: channel.name.clone(),
            branch: channel.branch().map(str::to_owned),
            schedule: channel.schedule().map(str::to_owned),
        }
    }
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
            TargetNames::new(config, matrix, kept.and_then(|bake| bake.selector.as_ref()))
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
        let links = config.stands_on_published();
        for (place, spec) in specs.iter_mut().enumerate() {
            if links {
                spec.link(matrix, contents, SpecId(place));
            }
            spec.bake_target = names.as_ref().map(|names| names.targets[place].clone());
        }
        let on: Vec<Pipeline> = std::iter::once(Pipeline {
            name: ALL,
            groups: GROUPS,
            parents: Parents::Built,
        })
        .chain(config.ci.pipelines.iter().map(|pipeline| Pipeline {
            name: pipeline.provider,
            groups: pipeline.shape.groups,
            parents: match pipeline.published_parents() {
                Some(_) => Parents::Published,
                None => Parents::Built,
            },
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
            release: config.release.as_ref().map(|r| PlanRelease {
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
            channels: config.channels.iter().map(PlannedChannel::of).collect(),
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
            self.names = Some(TargetNames::new(config, matrix, None));
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
