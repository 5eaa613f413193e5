//! The graph of parents: who stands on whom, in which order to build.

use rustc_hash::FxHashMap;

use crate::config::{Config, ParentRef};
use crate::diagnostic::{Finding, Sink, Stopped, and_list, code};
use crate::grammar::SpecId;
use crate::image::Spec;
use crate::image::verdict;
use crate::matrix::{AxisId, Cell, ImageId};

/// Links every spec to its parent and needs, and returns an order in which parents come before children.
///
/// # Errors
/// When a parent is missing, ambiguous, in a circle, or lacks a platform.
pub(super) fn link(
    config: &Config,
    specs: &mut [Spec],
    sink: &mut Sink,
) -> Result<Vec<SpecId>, Stopped> {
    let mut by_cell: FxHashMap<(ImageId, Cell), SpecId> = FxHashMap::default();
    let linked = specs
        .iter()
        .any(|s| s.merged.parent.is_some() || !s.merged.needs.is_empty());
    if !linked {
        for (index, spec) in specs.iter_mut().enumerate() {
            spec.root = SpecId(index);
        }
        return Ok((0..specs.len()).map(SpecId).collect());
    }
    for (index, spec) in specs.iter().enumerate() {
        by_cell.insert((spec.image, spec.cell.clone()), SpecId(index));
    }
    let mut finder = Finder {
        config,
        by_cell,
        reported: FxHashMap::default(),
    };
    for index in 0..specs.len() {
        let merged = specs[index].merged.clone();
        let parent = merged
            .parent
            .as_ref()
            .and_then(|p| finder.find(specs, index, p, sink));
        let mut needs = Vec::new();
        for needed in &merged.needs {
            let found = finder.find(specs, index, needed, sink);
            needs.extend(found.filter(|found| !needs.contains(found)));
        }
        specs[index].parent = parent;
        specs[index].needs = needs;
    }
    finder.summarise(sink);
    sink.checkpoint()?;
    sort(config, specs, sink)
}

struct Finder<'a> {
    config: &'a Config,
    by_cell: FxHashMap<(ImageId, Cell), SpecId>,
    /// Faults by the reference that caused them: the first finding, and how many more specs have it.
    reported: FxHashMap<(usize, &'static str), (Finding, usize)>,
}

impl Finder<'_> {
    fn find(
        &mut self,
        specs: &[Spec],
        child: usize,
        wanted: &ParentRef,
        sink: &mut Sink,
    ) -> Option<SpecId> {
        let config = self.config;
        let image = &config.images[wanted.image.0];
        let spec = &specs[child];
        let mut cell: Vec<(AxisId, usize)> = Vec::new();
        let mut open: Vec<AxisId> = Vec::new();
        for axis in &image.axes {
            let given = wanted
                .given
                .iter()
                .find(|(id, _)| id == axis)
                .map(|(_, v)| *v);
            let value = given
                .or_else(|| spec.cell.get(*axis))
                .or_else(|| config.axis(*axis).none());
            match value {
                Some(value) => cell.push((*axis, value)),
                None => open.push(*axis),
            }
        }
        if !open.is_empty() {
            self.ambiguous(specs, spec, wanted, &cell, &open);
            return None;
        }
        for (axis, _) in &wanted.given {
            if !image.axes.contains(axis) {
                let finding = Finding::new(
                    &code::UNKNOWN_AXIS,
                    format!(
                        "image `{}` has no axis `{}`",
                        image.key,
                        config.axis(*axis).name
                    ),
                    config.place(
                        wanted.span.clone(),
                        format!("gives a value of `{}`", config.axis(*axis).name),
                    ),
                )
                .help(format!(
                    "remove it here, or add `{}` to the `axes` of `{}`",
                    config.axis(*axis).name,
                    image.key
                ));
                let key = (wanted.span.start, finding.code.name);
                self.reported.entry(key).or_insert((finding, 0));
                return None;
            }
        }
        let cell = Cell::new(cell);
        let Some(found) = self.by_cell.get(&(wanted.image, cell.clone())).copied() else {
            let values: Vec<String> = cell
                .iter()
                .map(|(axis, value)| {
                    format!("{}={}", config.axis(axis).name, config.value(axis, value))
                })
                .collect();
            let mut finding = Finding::new(
                &code::PARENT_MISSING,
                format!(
                    "{} stands on a spec that does not exist",
                    spec.describe(config)
                ),
                config.place(
                    wanted.span.clone(),
                    if values.is_empty() {
                        format!("there is no `{}`", image.key)
                    } else {
                        format!("no `{}` with {}", image.key, values.join(", "))
                    },
                ),
            )
            .help("build that one too, let a `when` row give these another base, or exclude them");
            finding.related = verdict(config, wanted.image, &cell)
                .place(config)
                .into_iter()
                .collect();
            self.report(finding, wanted);
            return None;
        };
        let parent = &specs[found.0];
        if let Some(lacking) = spec
            .platforms
            .iter()
            .find(|p| !parent.platforms.contains(p))
        {
            let finding = Finding::new(
                &code::PARENT_PLATFORM,
                format!(
                    "{} is built for `{lacking}`, {} is not",
                    spec.describe(config),
                    parent.describe(config)
                ),
                config.place(
                    wanted.span.clone(),
                    format!(
                        "built for {} alone",
                        and_list(parent.platforms.iter().map(|p| p.as_str()))
                    ),
                ),
            )
            .help(
                "build it for that platform too, or narrow the other with `platforms` or an exclude",
            );
            self.report(finding, wanted);
        }
        let _ = sink;
        Some(found)
    }

    /// Several specs would do, or none says which: `open` are the axes that nothing decides.
    fn ambiguous(
        &mut self,
        specs: &[Spec],
        spec: &Spec,
        wanted: &ParentRef,
        decided: &[(AxisId, usize)],
        open: &[AxisId],
    ) {
        let key = (wanted.span.start, code::PARENT_AMBIGUOUS.name);
        if let Some((_, more)) = self.reported.get_mut(&key) {
            *more += 1;
            return;
        }
        let config = self.config;
        let image = &config.images[wanted.image.0];
        let child = &config.images[spec.image.0].key;
        let fits = |one: &&Spec| {
            let agrees = |(axis, value): &(AxisId, usize)| one.cell.get(*axis) == Some(*value);
            one.image == wanted.image && decided.iter().all(agrees)
        };
        let candidates: Vec<&Spec> = specs.iter().filter(fits).collect();
        let names = and_list(open.iter().map(|axis| &*config.axis(*axis).name));
        let headline = match candidates.len() {
            0 | 1 => format!(
                "{} does not say on which {names} of `{}` it stands",
                spec.describe(config),
                image.key
            ),
            n => format!(
                "{} could stand on any of {n} specs of `{}`",
                spec.describe(config),
                image.key
            ),
        };
        let why = match open {
            [_] => {
                format!("it varies over {names}, which `{child}` has not, and which has no `none`")
            }
            _ => {
                format!("it varies over {names}, which `{child}` has not, and which have no `none`")
            }
        };
        let mut finding = Finding::new(
            &code::PARENT_AMBIGUOUS,
            headline,
            config.place(wanted.span.clone(), why),
        );
        let shown: Vec<String> = candidates.iter().map(|one| one.describe(config)).collect();
        let listed = and_list(shown.iter().map(String::as_str));
        finding = match candidates.len() {
            0 => finding,
            1 => finding.note(format!("there is {listed} alone")),
            _ => finding.note(format!("they are {listed}")),
        };
        // What is written already, and an example of the rest.
        let last = candidates.last();
        let given = wanted.given.iter().copied();
        let stated: String = given
            .chain(open.iter().map(|axis| {
                let values = config.axis(*axis).values.len();
                let value = last.and_then(|one| one.cell.get(*axis));
                (*axis, value.unwrap_or(values.saturating_sub(1)))
            }))
            .map(|(axis, value)| {
                let name = &config.axis(axis).name;
                format!(", {name} = \"{}\"", config.value(axis, value))
            })
            .collect();
        let folds = |axis: &AxisId| config.arch == Some(*axis);
        let finding = finding.help(match open.iter().any(folds) {
            // Every image has it; one that does not print it is one for all its platforms.
            true => format!("print {names} in the `tag` of `{child}`, or let `{}` not print it", image.key),
            false => format!(
                "state it: `{{ image = \"{}\"{stated} }}`, or add {names} to the `axes` of `{child}`",
                image.key
            ),
        });
        self.reported.insert(key, (finding, 0));
    }

    fn report(&mut self, finding: Finding, wanted: &ParentRef) {
        let key = (wanted.span.start, finding.code.name);
        self.reported
            .entry(key)
            .and_modify(|(_, more)| *more += 1)
            .or_insert((finding, 0));
    }

    fn summarise(self, sink: &mut Sink) {
        let mut all: Vec<_> = self.reported.into_iter().collect();
        all.sort_by_key(|(key, _)| *key);
        for (_, (finding, more)) in all {
            sink.push(match more {
                0 => finding,
                1 => finding.note("one more spec has the same trouble"),
                n => finding.note(format!("{n} more specs have the same trouble")),
            });
        }
    }
}

/// Kahn's algorithm, taking the lowest index first; sets the layers and the roots.
fn sort(config: &Config, specs: &mut [Spec], sink: &mut Sink) -> Result<Vec<SpecId>, Stopped> {
    let stands_on = |spec: &Spec| -> Vec<SpecId> {
        spec.parent
            .into_iter()
            .chain(spec.needs.iter().copied())
            .collect()
    };
    let mut waiting: Vec<usize> = specs.iter().map(|s| stands_on(s).len()).collect();
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); specs.len()];
    for (index, spec) in specs.iter().enumerate() {
        for on in stands_on(spec) {
            children[on.0].push(index);
        }
    }
    let mut ready: std::collections::BTreeSet<(usize, usize)> = waiting
        .iter()
        .enumerate()
        .filter(|(_, n)| **n == 0)
        .map(|(i, _)| (0, i))
        .collect();
    let mut order = Vec::with_capacity(specs.len());
    while let Some((layer, index)) = ready.pop_first() {
        specs[index].layer = layer;
        let parent = specs[index].parent;
        specs[index].root = parent.map_or(SpecId(index), |parent| specs[parent.0].root);
        order.push(SpecId(index));
        for child in &children[index] {
            waiting[*child] -= 1;
            if waiting[*child] == 0 {
                let layer = stands_on(&specs[*child])
                    .iter()
                    .map(|id| specs[id.0].layer + 1)
                    .max();
                ready.insert((layer.unwrap_or(0), *child));
            }
        }
    }
    if order.len() == specs.len() {
        return Ok(order);
    }
    // Every spec left over stands on another left over; walking up must come back to where it was.
    let left: Vec<bool> = waiting.iter().map(|n| *n > 0).collect();
    let mut path: Vec<usize> = Vec::new();
    let mut at = left.iter().position(|l| *l).unwrap_or(0);
    let mut met = vec![false; specs.len()];
    while !std::mem::replace(&mut met[at], true) {
        path.push(at);
        match stands_on(&specs[at]).into_iter().find(|id| left[id.0]) {
            Some(next) => at = next.0,
            None => break,
        }
    }
    let start = path.iter().position(|i| *i == at).unwrap_or(0);
    let circle = &path[start..];
    let next = |step: usize| circle[(step + 1) % circle.len()];
    let names: Vec<String> = circle
        .iter()
        .chain(circle.first())
        .map(|i| specs[*i].describe(config))
        .collect();
    // Of all that a spec stands on, the edge that goes on along the circle.
    let place = |step: usize| {
        let spec = &specs[circle[step]];
        let merged = &spec.merged;
        let span = merged
            .parent
            .iter()
            .chain(&merged.needs)
            .find(|p| p.image == specs[next(step)].image)
            .map(|p| p.span.clone());
        span.unwrap_or_else(|| config.images[spec.image.0].span.clone())
    };
    let headline = match circle {
        [_] => format!("{} stands on itself", names[0]),
        _ => "images stand on each other in a circle".to_owned(),
    };
    let mut finding = Finding::new(
        &code::LINEAGE_CYCLE,
        headline,
        config.place(place(0), format!("{} stands on {}", names[0], names[1])),
    )
    .help("cut the circle: let one of them stand on something else");
    for step in (1..circle.len()).take(7) {
        let span = place(step);
        finding = finding.related(config.place(
            span,
            format!("{} stands on {}", names[step], names[step + 1]),
        ));
    }
    sink.push(finding);
    Err(Stopped)
}
