//! A selector of an alias, a pipeline or the catalog that images lack an axis for: they silently get nothing.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code, or_list};
use crate::matrix::{AxisId, Conjunction, ImageId, Selector};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let aliases = cx.config.aliases.iter();
    let aliases = aliases.filter_map(|a| Some(("the alias".to_owned(), a.selector.as_ref()?)));
    let pipelines = cx.config.ci.pipelines.iter();
    let pipelines = pipelines.filter_map(|pipeline| {
        let whose = format!("`[ci.{}]`", pipeline.provider);
        Some((whose, pipeline.shape.selector.as_ref()?))
    });
    let catalog = cx.config.outputs.catalog.iter();
    let catalog = catalog.filter_map(|c| Some(("the catalog".to_owned(), c.selector.as_ref()?)));
    for (whose, selector) in aliases.chain(pipelines).chain(catalog) {
        let mut axes: Vec<AxisId> = Vec::new();
        let mut images: Vec<&str> = Vec::new();
        for (index, image) in cx.config.images.iter().enumerate() {
            let specs = &cx.matrix.specs[cx.matrix.of_image(ImageId(index))];
            // What is never published gets nothing anyway.
            if specs.iter().all(|spec| spec.tag.is_none()) {
                continue;
            }
            let lacked = passed_by(cx, selector, ImageId(index));
            if !lacked.is_empty() {
                images.push(&image.key);
            }
            axes.extend(lacked);
        }
        if images.is_empty() {
            continue;
        }
        axes.sort();
        axes.dedup();
        let names = || axes.iter().map(|axis| &*cx.config.axis(*axis).name);
        let (count, they) = match images.len() {
            1 => (format!("image `{}`", images[0]), "it has"),
            n => (format!("{n} images"), "they have"),
        };
        let mut finding = Finding::new(
            &code::IMAGE_PASSED_BY,
            format!("{whose} passes by {count}"),
            cx.place(
                selector.span.clone(),
                format!("{they} no {}", or_list(names())),
            ),
        );
        if images.len() > 1 {
            let images: Vec<String> = images.iter().map(|image| format!("`{image}`")).collect();
            finding = finding.note(format!("they are {}", images.join(", ")));
        }
        let named: Vec<String> = images.iter().map(|image| format!("\"{image}\"")).collect();
        sink.push(finding.help(match &named[..] {
            [one] => format!(
                "to mean it too, list it: `match = [{{ … }}, {{ image = {one} }}]`; if it is not meant, name the images that are, by `image`"
            ),
            _ => format!(
                "to mean them too, list them: `match = [{{ … }}, {{ image = [{}] }}]`; if they are not meant, name the images that are, by `image`",
                shortened(&named)
            ),
        }));
    }
}

fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    format!("{}{more}", names[..names.len().min(SHOWN)].join(", "))
}

/// The axes for whose lack no alternative could hold for an image; none where one could, or where the image is not meant:
/// it is not named, or its lack of an axis is like `none` there, which the alternative does not accept.
fn passed_by(cx: &Context<'_>, selector: &Selector, id: ImageId) -> Vec<AxisId> {
    let image = &cx.config.images[id.0];
    let has = |axis: &AxisId| image.axes.contains(axis) || Some(*axis) == cx.config.arch;
    let lacked = |one: &Conjunction| -> Vec<AxisId> {
        let axes = one.terms.iter().map(|(axis, _)| *axis);
        axes.filter(|axis| !has(axis)).collect()
    };
    let could_hold = |one: &Conjunction| {
        one.images.as_ref().is_none_or(|images| images[id.0]) && lacked(one).is_empty()
    };
    if selector.any.iter().any(could_hold) {
        return Vec::new();
    }
    let is_meant = |one: &&Conjunction| {
        let mut terms = one.terms.iter().filter(|(axis, _)| !has(axis));
        one.images.is_none()
            && terms.all(|(axis, allowed)| {
                let none = cx.config.axis(*axis).none();
                none.is_none_or(|none| allowed[none])
            })
    };
    let silent = selector.any.iter().filter(is_meant);
    silent.flat_map(lacked).collect()
}
