//! A tag that prints an axis which the image ignores.

use rustc_hash::FxHashMap;

use crate::check::Context;
use crate::check::rules::parent_ignored;
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::image::Spec;
use crate::matrix::{AxisId, ImageId};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // Where a Dockerfile ignores what is declared below it, that is the fault to mend first.
    let ignoring = parent_ignored::ignoring(cx);
    for (index, image) in cx.config.images.iter().enumerate() {
        if ignoring.contains(&ImageId(index)) {
            continue;
        }
        let specs = cx.matrix.of_image(ImageId(index)).map(SpecId);
        let specs: Vec<(SpecId, u64)> = specs.map(|id| (id, substance(cx, id))).collect();
        for axis in &image.axes {
            look(cx, *axis, &specs, sink);
        }
    }
}

/// What a spec is by, whatever it is called.
fn substance(cx: &Context<'_>, id: SpecId) -> u64 {
    let from = cx.contents.get(id).from.as_deref();
    cx.contents.ingredients(cx.matrix, id).substance(from)
}

/// All other values of a spec.
type Others = Vec<(AxisId, usize)>;

/// Compares, in each group of specs that differ in `axis` alone, what their tags say with what is built.
fn look(cx: &Context<'_>, axis: AxisId, specs: &[(SpecId, u64)], sink: &mut Sink) {
    let rest = |spec: &Spec| -> Others { spec.cell.iter().filter(|(a, _)| *a != axis).collect() };
    let mut groups: FxHashMap<Others, FxHashMap<u64, SpecId>> = FxHashMap::default();
    let mut first: Option<(SpecId, SpecId)> = None;
    let mut count = 0;
    for (id, substance) in specs {
        let spec = cx.matrix.spec(*id);
        let same = groups.entry(rest(spec)).or_default();
        match same.get(substance) {
            Some(other) if differ(&cx.matrix.spec(*other).tag, &spec.tag) => {
                count += 1;
                first.get_or_insert((*other, *id));
            }
            Some(_) => {}
            None => {
                same.insert(*substance, *id);
            }
        }
    }
    let Some((a, b)) = first else { return };
    let (one, other) = (cx.matrix.spec(a), cx.matrix.spec(b));
    let name = &cx.config.axis(axis).name;
    let image = &cx.config.images[one.image.0].key;
    let (Some(tag), Some(other_tag)) = (&one.tag, &other.tag) else {
        return;
    };
    let span = cx.span_of(one, one.merged.tag.as_ref());
    let mut finding = Finding::new(
        &code::TAG_LIES,
        format!("the tag of image `{image}` prints `{name}`, which nothing in it depends on"),
        cx.place(
            span,
            format!("`{tag}` and `{other_tag}` would be the same image"),
        ),
    )
    .note(format!(
        "{} and {} differ in `{name}` alone",
        one.describe(cx.config),
        other.describe(cx.config)
    ));
    if count > 1 {
        finding = finding.note(format!(
            "{count} specs have the same content as another one by that axis"
        ));
    }
    sink.push(finding.help(format!(
        "use `{{{{ {} }}}}` in `from`, `args`, `env`, `apt`, `pip` or the Dockerfile, or leave it out of the tag",
        cx.config.axis(axis).word
    )));
}

/// Whether both are published, under tags that differ.
fn differ(one: &Option<String>, other: &Option<String>) -> bool {
    one.is_some() && other.is_some() && one != other
}
