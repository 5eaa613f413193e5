//! What the catalog holds, in the form of the JSON file; the Python module is made from the same. See `docs/catalog.md`.

use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::config::{Catalog, Config, Described};
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::plan::{Plan, PlanRelease};
use crate::image::{Matrix, Spec};
use crate::matrix::{AxisId, Conjunction, ImageId};

/// Version of the format. Raised when a field changes its meaning or goes; new fields do not raise it.
pub(super) const FORMAT: u32 = 1;

/// The catalog.
#[derive(Debug, Serialize)]
pub(crate) struct Entries<'a> {
    /// What made the file, and how to change it.
    pub generated: &'a str,
    /// [`FORMAT`].
    pub version: u32,
    /// The release, when the matrix states one.
    pub release: Option<&'a PlanRelease>,
    /// The axes that an image has, each with the values that some image has, in declared order.
    pub axes: IndexMap<Arc<str>, Vec<Arc<str>>>,
    /// The registries that an image is in, in declared order.
    pub registries: Vec<&'a str>,
    /// The images, in declared order.
    pub images: Vec<Entry<'a>>,
    /// What an exclude removed.
    pub excluded: Vec<Excluded<'a>>,
    /// Images of others, in declared order.
    #[serde(skip_serializing_if = "<[Described]>::is_empty")]
    pub described: &'a [Described],
}

/// One image.
#[derive(Debug, Serialize)]
pub(crate) struct Entry<'a> {
    /// Its family.
    pub image: Arc<str>,
    /// Its values, by axis.
    pub cell: Pairs<Arc<str>, Arc<str>>,
    /// OCI platforms.
    pub platforms: &'a [Platform],
    /// Where it is at home.
    #[serde(flatten)]
    pub home: Copy<'a>,
    /// Where else it is.
    pub copies: Vec<Copy<'a>>,
    /// Facts of it.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub meta: &'a Pairs<Arc<str>, String>,
}

/// An image in one registry.
#[derive(Debug, Serialize)]
pub(crate) struct Copy<'a> {
    /// The registry's key; nothing when the matrix declares none.
    pub registry: Option<&'a str>,
    /// The full reference.
    pub reference: String,
    /// Moving references.
    pub aliases: Vec<String>,
}

/// Cells that do not exist: those in which every axis named has one of the values.
#[derive(Debug, Serialize)]
pub(crate) struct Excluded<'a> {
    /// Why.
    pub reason: &'a str,
    /// The families it is for.
    pub images: Vec<Arc<str>>,
    /// Values by axis.
    #[serde(rename = "match")]
    pub cell: IndexMap<Arc<str>, Vec<Arc<str>>>,
}

impl<'a> Entries<'a> {
    /// Takes the specs that the catalog is to hold; `None` when there are none.
    pub(crate) fn new(
        catalog: &Catalog,
        config: &'a Config,
        matrix: &'a Matrix,
        plan: &'a Plan,
    ) -> Option<Self> {
        let kept: Vec<(SpecId, &Spec)> = matrix
            .specs
            .iter()
            .enumerate()
            .filter(|(_, spec)| {
                let selector = catalog.selector.as_ref();
                spec.tag.is_some() && selector.is_none_or(|selector| spec.is_meant(selector))
            })
            .map(|(index, spec)| (SpecId(index), spec))
            .collect();
        if kept.is_empty() {
            return None;
        }
        let built = Built::new(config, &kept);
        let aliases = matrix.alias_tags();
        Some(Entries {
            generated: &plan.generated,
            version: FORMAT,
            release: plan.release.as_ref(),
            axes: (0..config.axes.len())
                .map(AxisId)
                .filter(|axis| built.has(*axis))
                .map(|axis| {
                    (
                        config.axis(axis).name.clone(),
                        texts(config, axis, &built.values[axis.0]),
                    )
                })
                .collect(),
            registries: config
                .registries
                .iter()
                .zip(&built.registries)
                .filter(|(_, used)| **used)
                .map(|(registry, _)| registry.name.as_str())
                .collect(),
            images: kept
                .iter()
                .filter_map(|(id, spec)| entry(config, spec, &aliases[id.0]))
                .collect(),
            excluded: config
                .excludes
                .iter()
                .flat_map(|rule| rule.selector.any.iter().map(move |c| (rule, c)))
                .filter_map(|(rule, conjunction)| {
                    excluded(config, &built, &rule.reason, conjunction)
                })
                .collect(),
            described: &config.described,
        })
    }

    /// The text of the JSON file.
    pub(crate) fn to_json(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).unwrap_or_default();
        text.push('\n');
        text
    }
}

/// What some spec of the catalog has.
struct Built {
    /// By axis and value.
    values: Vec<Vec<bool>>,
    images: Vec<bool>,
    registries: Vec<bool>,
}

impl Built {
    fn new(config: &Config, kept: &[(SpecId, &Spec)]) -> Self {
        let none = |axis: &crate::matrix::Axis| vec![false; axis.values.len()];
        let mut built = Built {
            values: config.axes.iter().map(none).collect(),
            images: vec![false; config.images.len()],
            registries: vec![false; config.registries.len()],
        };
        for (_, spec) in kept {
            built.images[spec.image.0] = true;
            for (axis, value) in spec.cell.iter() {
                built.values[axis.0][value] = true;
            }
            for registry in spec.merged.registries(config) {
                built.registries[registry.0] = true;
            }
        }
        built
    }

    fn has(&self, axis: AxisId) -> bool {
        self.values[axis.0].contains(&true)
    }
}

fn entry<'a>(config: &'a Config, spec: &'a Spec, aliases: &[&str]) -> Option<Entry<'a>> {
    let tag = spec.tag.as_ref()?;
    let mut registries = spec.merged.registries(config).into_iter();
    let mut copies = spec.repositories.iter().map(|repository| Copy {
        registry: registries
            .next()
            .map(|id| config.registries[id.0].name.as_str()),
        reference: format!("{repository}:{tag}"),
        aliases: aliases
            .iter()
            .map(|tag| format!("{repository}:{tag}"))
            .collect(),
    });
    Some(Entry {
        image: config.images[spec.image.0].key.clone(),
        cell: spec.values(config),
        platforms: &spec.platforms,
        home: copies.next()?,
        copies: copies.collect(),
        meta: &spec.meta,
    })
}

/// One alternative of an exclude; `None` when no cell that one could ask the catalog for is removed by it whole. Where a
/// family folds `arch`, an alternative that names it takes some platforms away and leaves the cell.
fn excluded<'a>(
    config: &'a Config,
    built: &Built,
    reason: &'a str,
    conjunction: &Conjunction,
) -> Option<Excluded<'a>> {
    let mut terms: Vec<(AxisId, &[bool])> = conjunction
        .terms
        .iter()
        .map(|(axis, allowed)| (*axis, &**allowed))
        .collect();
    let everywhere = |(axis, allowed): &(AxisId, &[bool])| {
        config.arch == Some(*axis) && !allowed.contains(&false)
    };
    terms.retain(|term| !everywhere(term));
    let is_for = |id: ImageId| {
        let has = |axis: &AxisId| config.images[id.0].axes.contains(axis);
        built.images[id.0]
            && conjunction
                .images
                .as_ref()
                .is_none_or(|images| images[id.0])
            && terms.iter().all(|(axis, _)| has(axis))
    };
    let images: Vec<Arc<str>> = (0..config.images.len())
        .filter(|index| is_for(ImageId(*index)))
        .map(|index| config.images[index].key.clone())
        .collect();
    (!images.is_empty()).then(|| Excluded {
        reason,
        images,
        cell: terms
            .iter()
            .map(|(axis, allowed)| {
                (
                    config.axis(*axis).name.clone(),
                    texts(config, *axis, allowed),
                )
            })
            .collect(),
    })
}

/// The values of an axis that are flagged.
fn texts(config: &Config, axis: AxisId, flags: &[bool]) -> Vec<Arc<str>> {
    let values = config.axis(axis).values.iter().zip(flags);
    values
        .filter(|(_, flag)| **flag)
        .map(|(value, _)| value.text.clone())
        .collect()
}
