//! From a valid configuration to its specs: cells, names, bases, lineage, aliases.

use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;
use rustc_hash::FxHashMap;

use crate::config::{Config, Image, Keys, field_finding};
use crate::diagnostic::{Finding, Sink, Stopped, code};
use crate::grammar::{Platform, SpecId};
use crate::image::bounds::{bounded, no_cells, no_specs};
use crate::image::channel::channel_tags;
use crate::image::grammar::{described, duplicates, grammar};
use crate::image::spec::{describe_cell, spec_id};
use crate::image::{Matrix, Spec, aliases, lineage, merge};
use crate::matrix::{Arches, Cell, ImageId, Rules, expand};
use crate::render::{Field, Scope};

/// Expands every image and resolves its specs.
///
/// # Errors
/// When no plan can be built; why is in `sink`.
pub fn resolve(config: &Config, sink: &mut Sink) -> Result<Matrix, Stopped> {
    bounded(config, sink)?;
    let excludes: Vec<_> = config.excludes.iter().map(|e| &e.selector).collect();
    let mut specs: Vec<Spec> = Vec::new();
    let mut match_removes = Vec::new();
    let mut faults = Reported::default();
    let mut empty = Vec::new();
    for (index, image) in config.images.iter().enumerate() {
        let id = ImageId(index);
        let rules = Rules {
            image: id,
            axes: &image.axes,
            matches: image.matches.as_ref(),
            excludes: excludes.clone(),
            arch: config
                .arch
                .filter(|_| image.folded)
                .map(|arch| (arch, (0..config.axis(arch).values.len()).collect())),
        };
        let found = expand(&config.axes, &rules);
        match_removes.push(found.match_removes);
        let before = specs.len();
        let mut cache: FxHashMap<Vec<bool>, Known> = FxHashMap::default();
        for (cell, arches) in found.cells {
            if let Some(spec) = one(
                config,
                image,
                id,
                cell,
                arches,
                &mut cache,
                &mut faults,
                sink,
            ) {
                specs.push(spec);
            }
        }
        if specs.len() == before && !faults.any {
            empty.push(id);
        }
    }
    // A file that lists others may have no image of its own.
    let lists_alone = config.images.is_empty() && !config.matrices.is_empty();
    if specs.is_empty() && !faults.any && !lists_alone {
        no_specs(config, sink);
    } else {
        empty.into_iter().for_each(|id| no_cells(config, id, sink));
    }
    sink.checkpoint()?;
    duplicates(config, &specs, sink);
    let order = lineage::link(config, &mut specs, sink);
    let found = aliases(config, &specs, sink);
    let channel_tags = channel_tags(config, &specs, &found, sink);
    described(config, &specs, &found, sink);
    let rests = config
        .release
        .as_ref()
        .is_some_and(|r| r.read.is_pre_release());
    let (aliases, resting) = if rests {
        (Vec::new(), found)
    } else {
        (found, Vec::new())
    };
    let order = order?;
    sink.checkpoint()?;
    Ok(Matrix {
        specs,
        order,
        aliases,
        resting,
        channel_tags,
        locked: Default::default(),
        packages: None,
        recorded: Default::default(),
        match_removes,
    })
}

/// What the specs share to which the same rows apply.
struct Known {
    merged: Arc<Keys>,
    /// Their repositories, by name.
    repositories: FxHashMap<String, Arc<[String]>>,
}

/// Faults of one field are reported once, not once a cell.
#[derive(Default)]
pub(super) struct Reported {
    seen: std::collections::BTreeSet<(usize, usize, &'static str)>,
    any: bool,
}

impl Reported {
    pub(super) fn push(&mut self, sink: &mut Sink, finding: Finding, span: &Range<usize>) {
        self.any = true;
        if self.seen.insert((span.start, span.end, finding.code.name)) {
            sink.push(finding);
        }
    }
}

#[allow(
    clippy::too_many_arguments,
    reason = "one call site; a struct would only rename them"
)]
fn one(
    config: &Config,
    image: &Image,
    id: ImageId,
    cell: Cell,
    arches: Arches,
    cache: &mut FxHashMap<Vec<bool>, Known>,
    faults: &mut Reported,
    sink: &mut Sink,
) -> Option<Spec> {
    let applies: Vec<bool> = image
        .rows
        .iter()
        .map(|row| {
            row.selector
                .as_ref()
                .is_none_or(|s| s.holds(id, &cell, None))
        })
        .collect();
    let known = cache.entry(applies).or_insert_with_key(|applies| {
        let rows = image
            .rows
            .iter()
            .zip(applies)
            .filter(|(_, on)| **on)
            .map(|(row, _)| row);
        let merged = Arc::new(merge(rows));
        base_or_parent(config, (id, &cell), &merged, faults, sink);
        Known {
            merged,
            repositories: FxHashMap::default(),
        }
    });
    let merged = known.merged.clone();
    let release = config.release.as_ref().map(|release| &release.object);
    let scope = scope(config, image, &cell, release);
    let mut text = |field: &Field| match config.fields.render(field, &scope) {
        Ok(text) => Some(text.into_owned()),
        Err(fault) => {
            let finding = field_finding(&config.file, field, fault);
            let finding = finding.note(format!("for {}", describe_cell(config, id, &cell)));
            faults.push(sink, finding, &field.span);
            None
        }
    };
    let name = match &merged.name {
        Some(field) => text(field)?,
        None => image.key.to_string(),
    };
    let tag = match (&merged.tag, &config.release) {
        _ if !merged.is_published() => None,
        (Some(field), _) => Some(text(field)?),
        (None, Some(release)) => Some(release.tag.clone()),
        (None, None) => {
            let finding = Finding::new(
                &code::MISSING_KEY,
                format!(
                    "image `{}` has no `tag`, and the matrix no `[release]`",
                    image.key
                ),
                config.place(image.span.clone(), "`tag` is missing here"),
            )
            .help("add `tag = \"…\"`, or a `[release]` with its `version`; an image that others stand on and nobody pulls needs none, with `publish = false`");
            faults.push(sink, finding, &image.span);
            return None;
        }
    };
    let base = match &merged.from {
        Some(field) => Some(text(field)?),
        None => None,
    };
    let meta = merged.meta.iter();
    let meta = meta
        .map(|(name, field)| Some((name.clone(), text(field)?)))
        .collect::<Option<_>>()?;
    let immutable = tag.is_some()
        && (merged.tag.is_none()
            || [&merged.name, &merged.tag]
                .into_iter()
                .flatten()
                .any(|f| names_release(config, f)));
    let platforms = platforms(config, &merged, &cell, &arches);
    if platforms.is_empty() {
        return None;
    }
    // What `platforms` takes away is as gone as what an exclude does, for whoever asks by `arch`.
    let arches = match arches {
        Arches::Folded(arch, folded) => {
            let values = &config.axis(arch).values;
            let left = |i: &usize| {
                values[*i]
                    .platform
                    .as_ref()
                    .is_some_and(|p| platforms.contains(p))
            };
            Arches::Folded(arch, folded.into_iter().filter(left).collect())
        }
        Arches::InCell => Arches::InCell,
    };
    let repositories = match known.repositories.get(&name) {
        Some(same) => same.clone(),
        None => {
            let new = merged.repositories(config, &name);
            known.repositories.insert(name.clone(), new.clone());
            new
        }
    };
    let spec = Spec {
        id: spec_id(config, id, &cell).into(),
        image: id,
        cell,
        arches,
        platforms,
        merged,
        name,
        repositories,
        tag,
        immutable,
        base,
        parent: None,
        needs: Vec::new(),
        root: SpecId(0),
        layer: 0,
        meta,
        scope,
    };
    grammar(config, image, &spec, faults, sink).then_some(spec)
}

/// Whether a field prints the whole release. `{{ release.major }}` alone stands for many releases, so such a tag moves.
fn names_release(config: &Config, field: &Field) -> bool {
    let reads = |name: &str| {
        config.fields.uses(field).is_some_and(|uses| {
            uses.attributes
                .iter()
                .any(|(of, attribute, _)| of == "release" && attribute == name)
        })
    };
    reads("tag") || reads("version") || ["major", "minor", "patch"].into_iter().all(reads)
}

fn base_or_parent(
    config: &Config,
    (id, cell): (ImageId, &Cell),
    merged: &Keys,
    faults: &mut Reported,
    sink: &mut Sink,
) {
    if merged.from.is_none() && merged.parent.is_none() && merged.dockerfile.is_none() {
        let image = &config.images[id.0];
        let finding = Finding::new(
            &code::BASE_CONFLICT,
            format!("image `{}` stands on nothing", image.key),
            config.place(image.span.clone(), "neither `from` nor `parent`"),
        )
        .note(format!("for {}", describe_cell(config, id, cell)))
        .help("add `from` (an upstream image) or `parent` (an image of this matrix), here or in a `when` row that covers all cells");
        faults.push(sink, finding, &image.span);
    }
}

/// What the templates of one cell see: its axes, `image`, `release`.
pub(super) fn scope(config: &Config, image: &Image, cell: &Cell, release: Option<&Value>) -> Value {
    let mut names: Vec<(Arc<str>, Value)> = cell
        .iter()
        .map(|(axis, value)| {
            (
                config.axis(axis).word.clone(),
                config.objects[axis.0][value].clone(),
            )
        })
        .collect();
    names.push(("image".into(), Value::from(image.key.clone())));
    names.extend(release.map(|release| ("release".into(), release.clone())));
    Value::from_object(Scope(names))
}

fn platforms(config: &Config, merged: &Keys, cell: &Cell, arches: &Arches) -> Vec<Platform> {
    let stated = merged.platforms.as_ref().map(|(platforms, _)| platforms);
    let Some(arch) = config.arch else {
        let default = || vec![Platform::linux_amd64()];
        return stated.cloned().unwrap_or_else(default);
    };
    let values = &config.axis(arch).values;
    let left: Vec<usize> = cell
        .get(arch)
        .map_or_else(|| arches.folded().to_vec(), |value| vec![value]);
    let mut found = Vec::new();
    for platform in left.into_iter().filter_map(|i| values[i].platform.clone()) {
        let wanted = stated.is_none_or(|p| p.contains(&platform));
        if wanted && !found.contains(&platform) {
            found.push(platform);
        }
    }
    found
}
