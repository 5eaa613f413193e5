//! Values and axes that no spec uses.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::matrix::{AxisId, Selector};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let axes = &cx.config.axes;
    let mut used: Vec<Vec<bool>> = axes.iter().map(|a| vec![false; a.values.len()]).collect();
    for spec in &cx.matrix.specs {
        for (axis, value) in spec.cell.iter() {
            used[axis.0][value] = true;
        }
        if let Some(arch) = cx.config.arch {
            for (index, value) in axes[arch.0].values.iter().enumerate() {
                used[arch.0][index] |= value
                    .platform
                    .as_ref()
                    .is_some_and(|p| spec.platforms.contains(p));
            }
        }
    }
    for (index, axis) in axes.iter().enumerate() {
        let id = AxisId(index);
        if Some(id) != cx.config.arch && !cx.config.images.iter().any(|i| i.axes.contains(&id)) {
            sink.push(
                Finding::new(
                    &code::UNUSED_AXIS,
                    format!("no image varies over axis `{}`", axis.name),
                    cx.place(axis.span.clone(), "unused axis"),
                )
                .help("add it to an image's `axes`, or delete it"),
            );
            continue;
        }
        // Where all images that vary over it have no cell left, that is what is told.
        let alive = |i: &usize| cx.matrix.specs.iter().any(|s| s.image.0 == *i);
        let mut over =
            (0..cx.config.images.len()).filter(|i| cx.config.images[*i].axes.contains(&id));
        if Some(id) != cx.config.arch && !over.any(|i| alive(&i)) {
            continue;
        }
        for (value, _) in axis
            .values
            .iter()
            .zip(&used[index])
            .filter(|(_, used)| !**used)
        {
            let index = axis.position(&value.text).unwrap_or_default();
            let takes = |selector: &Selector| {
                let mut terms = selector.any.iter().flat_map(|c| &c.terms);
                terms.any(|(a, allowed)| *a == id && allowed[index])
            };
            let by = cx.config.excludes.iter().filter(|e| takes(&e.selector));
            let mut finding = Finding::new(
                &code::UNUSED_VALUE,
                format!("no spec has `{}` = `{}`", axis.name, value.text),
                cx.place(value.span.clone(), "nothing is built for this value"),
            );
            for exclude in by.take(3) {
                let label = format!("removes cells with it: {}", exclude.reason);
                finding = finding.related(cx.place(exclude.span.clone(), label));
            }
            sink.push(finding.help("delete the value, or the rule that removes it"));
        }
    }
}
