//! From a valid configuration to its specs: cells, names, bases, lineage, aliases.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use minijinja::Value;

use crate::config::{Config, Image, field_finding};
use crate::diagnostic::{Finding, Sink, Stopped, code};
use crate::image::reference::{MAX_REPOSITORY, base_fault, path_fault, tag_fault};
use crate::image::spec::{describe_cell, spec_id};
use crate::image::{Matrix, Merged, Platform, Spec, aliases, lineage, merge};
use crate::matrix::{Cell, ImageId, MAX_CELLS, Rules, expand, product_size};
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
        let mut cache: HashMap<Vec<bool>, Arc<Merged>> = HashMap::new();
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
            no_cells(config, image, sink);
        }
    }
    if specs.is_empty() && !faults.any {
        let first = config.images.first().map_or(0..0, |i| i.span.clone());
        sink.push(Finding::new(
            &code::NO_SPECS,
            "the matrix yields no spec at all",
            config.place(first, "neither this image nor any other has a cell left"),
        ));
    }
    sink.checkpoint()?;
    duplicates(config, &specs, sink);
    let order = lineage::link(config, &mut specs, sink)?;
    let aliases = aliases(config, &specs, sink);
    sink.checkpoint()?;
    Ok(Matrix {
        specs,
        order,
        aliases,
        match_removes,
    })
}

/// Faults of one field are reported once, not once a cell.
#[derive(Default)]
struct Reported {
    seen: std::collections::BTreeSet<(usize, usize, &'static str)>,
    any: bool,
}

impl Reported {
    fn push(&mut self, sink: &mut Sink, finding: Finding, span: &Range<usize>) {
        self.any = true;
        if self.seen.insert((span.start, span.end, finding.code.name)) {
            sink.push(finding);
        }
    }
}

fn bounded(config: &Config, sink: &mut Sink) -> Result<(), Stopped> {
    let mut total: u128 = 0;
    for image in &config.images {
        let size = product_size(&config.axes, &image.axes);
        total = total.saturating_add(size);
        if size <= MAX_CELLS {
            continue;
        }
        let factors: Vec<String> = image
            .axes
            .iter()
            .map(|id| {
                format!(
                    "`{}` ({})",
                    config.axis(*id).name,
                    config.axis(*id).values.len()
                )
            })
            .collect();
        sink.push(
            Finding::new(
                &code::PRODUCT_TOO_LARGE,
                format!("image `{}` has {size} cells", image.key),
                config.place(image.span.clone(), format!("more than {MAX_CELLS} cells")),
            )
            .note(format!("it is the product of {}", factors.join(" × ")))
            .help("give the image only the `axes` it needs, or split it in two"),
        );
    }
    sink.checkpoint()?;
    if total > MAX_CELLS {
        let first = config.images.first().map_or(0..0, |i| i.span.clone());
        sink.push(
            Finding::new(
                &code::PRODUCT_TOO_LARGE,
                format!("the images have {total} cells together"),
                config.place(first, format!("more than {MAX_CELLS} cells from here on")),
            )
            .help("split the matrix file by image"),
        );
    }
    sink.checkpoint()
}

fn no_cells(config: &Config, image: &Image, sink: &mut Sink) {
    let mut finding = Finding::new(
        &code::NO_CELLS,
        format!("image `{}` has no cell left", image.key),
        config.place(image.span.clone(), "nothing of this image exists"),
    );
    if let Some(selector) = &image.matches {
        finding = finding.related(config.place(
            selector.span.clone(),
            "its `match` accepts nothing that the excludes leave",
        ));
    }
    sink.push(finding.help("correct its `match` or the excludes, or delete the image"));
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
    arches: Vec<usize>,
    cache: &mut HashMap<Vec<bool>, Arc<Merged>>,
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
    let merged = match cache.get(&applies) {
        Some(known) => known.clone(),
        None => {
            let rows = image
                .rows
                .iter()
                .zip(&applies)
                .filter(|(_, on)| **on)
                .map(|(row, _)| row);
            let merged = Arc::new(merge(rows));
            base_or_parent(config, image, &merged, faults, sink);
            cache.insert(applies, merged.clone());
            merged
        }
    };
    let scope = scope(config, image, &cell);
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
        (Some(field), _) => text(field)?,
        (None, Some(release)) => release.tag.clone(),
        (None, None) => {
            let finding = Finding::new(
                &code::MISSING_KEY,
                format!(
                    "image `{}` has no `tag`, and the matrix no `[release]`",
                    image.key
                ),
                config.place(image.span.clone(), "`tag` is missing here"),
            )
            .help("add `tag = \"…\"`, or a `[release]` with its `version`");
            faults.push(sink, finding, &image.span);
            return None;
        }
    };
    let base = match &merged.from {
        Some(field) => Some(text(field)?),
        None => None,
    };
    let immutable = [&merged.name, &merged.tag]
        .into_iter()
        .flatten()
        .any(|f| config.fields.reads(f, "release"))
        || merged.tag.is_none();
    let platforms = platforms(config, &merged, &cell, &arches);
    if platforms.is_empty() {
        return None;
    }
    let mut arches = arches;
    if let Some(axis) = config.arch {
        let values = &config.axis(axis).values;
        arches.retain(|v| {
            values[*v]
                .platform
                .as_ref()
                .is_some_and(|p| platforms.contains(p))
        });
    }
    let spec = Spec {
        id: spec_id(config, id, &cell),
        image: id,
        cell,
        arches,
        platforms,
        merged,
        name,
        tag,
        immutable,
        base,
        parent: None,
        needs: Vec::new(),
        layer: 0,
        scope,
    };
    grammar(config, image, &spec, faults, sink).then_some(spec)
}

fn base_or_parent(
    config: &Config,
    image: &Image,
    merged: &Merged,
    faults: &mut Reported,
    sink: &mut Sink,
) {
    if merged.from.is_none() && merged.parent.is_none() && merged.dockerfile.is_none() {
        let finding = Finding::new(
            &code::BASE_CONFLICT,
            format!("image `{}` stands on nothing", image.key),
            config.place(image.span.clone(), "neither `from` nor `parent` for some of its cells"),
        )
        .help("add `from` (an upstream image) or `parent` (an image of this matrix), here or in a `when` row that covers all cells");
        faults.push(sink, finding, &image.span);
    }
}

/// What the templates of one cell see: its axes, `image`, `release`.
fn scope(config: &Config, image: &Image, cell: &Cell) -> Value {
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
    if let Some(release) = &config.release {
        names.push(("release".into(), release.object.clone()));
    }
    Value::from_object(Scope(names))
}

fn platforms(config: &Config, merged: &Merged, cell: &Cell, arches: &[usize]) -> Vec<Platform> {
    let Some(arch) = config.arch else {
        return merged
            .platforms
            .clone()
            .unwrap_or_else(|| vec![Platform::linux_amd64()]);
    };
    let values = &config.axis(arch).values;
    let left: Vec<usize> = cell
        .get(arch)
        .map_or_else(|| arches.to_vec(), |value| vec![value]);
    let mut found = Vec::new();
    for platform in left.into_iter().filter_map(|i| values[i].platform.clone()) {
        let wanted = merged
            .platforms
            .as_ref()
            .is_none_or(|p| p.contains(&platform));
        if wanted && !found.contains(&platform) {
            found.push(platform);
        }
    }
    found
}

fn grammar(
    config: &Config,
    image: &Image,
    spec: &Spec,
    faults: &mut Reported,
    sink: &mut Sink,
) -> bool {
    let mut good = true;
    if let Some(fault) = path_fault(&spec.name) {
        let span = spec
            .merged
            .name
            .as_ref()
            .map_or(image.span.clone(), |f| f.span.clone());
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{}` is not a repository name", spec.name),
            config.place(span.clone(), fault),
        )
        .note(format!("for {}", spec.describe(config)));
        faults.push(sink, finding, &span);
        good = false;
    }
    if let Some(fault) = tag_fault(&spec.tag) {
        let span = spec
            .merged
            .tag
            .as_ref()
            .map_or(image.span.clone(), |f| f.span.clone());
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{}` is not a tag", spec.tag),
            config.place(span.clone(), fault),
        )
        .note(format!("for {}", spec.describe(config)));
        faults.push(sink, finding, &span);
        good = false;
    }
    let base = spec.base.as_deref().zip(spec.merged.from.as_ref());
    if let Some((base, field)) = base
        && let Some(fault) = base_fault(base)
    {
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!("`{}` is not an image to stand on", base.escape_debug()),
            config.place(field.span.clone(), fault),
        )
        .note(format!("for {}", spec.describe(config)));
        faults.push(sink, finding, &field.span);
        good = false;
    }
    if let Some(long) = spec
        .repositories(config)
        .iter()
        .find(|r| r.len() > MAX_REPOSITORY)
    {
        let finding = Finding::new(
            &code::INVALID_REFERENCE,
            format!(
                "the repository name of {} has {} characters",
                spec.describe(config),
                long.len()
            ),
            config.place(
                image.span.clone(),
                format!("at most {MAX_REPOSITORY}, host included"),
            ),
        );
        faults.push(sink, finding, &image.span);
        good = false;
    }
    good
}

/// Two specs with one reference: the second push would overwrite the first.
fn duplicates(config: &Config, specs: &[Spec], sink: &mut Sink) {
    let mut seen: HashMap<(String, &str), usize> = HashMap::with_capacity(specs.len());
    let mut reported: std::collections::BTreeSet<(ImageId, ImageId)> = Default::default();
    for (index, spec) in specs.iter().enumerate() {
        for repository in spec.repositories(config) {
            let Some(first) = seen.insert((repository.clone(), spec.tag.as_str()), index) else {
                continue;
            };
            let other = &specs[first];
            if first == index || !reported.insert((other.image, spec.image)) {
                continue;
            }
            let image = &config.images[spec.image.0];
            let span = |s: &Spec| {
                let field = s.merged.tag.as_ref().or(s.merged.name.as_ref());
                field.map_or(config.images[s.image.0].span.clone(), |f| f.span.clone())
            };
            let mut finding = Finding::new(
                &code::DUPLICATE_REFERENCE,
                format!("two specs are `{repository}:{}`", spec.tag),
                config.place(span(spec), format!("for {}", spec.describe(config))),
            );
            if other.image != spec.image {
                finding = finding.related(
                    config.place(span(other), format!("and for {}", other.describe(config))),
                );
            } else {
                finding = finding.note(format!("and for {}", other.describe(config)));
            }
            let differ: Vec<String> = spec
                .cell
                .iter()
                .filter(|(axis, value)| other.cell.get(*axis) != Some(*value))
                .map(|(axis, _)| format!("`{{{{ {} }}}}`", config.axis(axis).name))
                .collect();
            finding = if differ.is_empty() {
                finding.help(format!("give image `{}` another `name`", image.key))
            } else {
                finding.help(format!("print {} in `tag` or `name`", differ.join(" or ")))
            };
            sink.push(finding);
        }
    }
}
