//! A base of another version than the axis says.

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::config::PythonSource;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::reference::Parts;
use crate::image::{Spec, SpecId};
use crate::matrix::{AxisId, Version};

/// Axes that have their version from the base, by their names, and the images whose tags begin with it.
const AXES: [(&str, &str, &str); 2] = [
    ("cuda", "CUDA", "nvidia/cuda"),
    ("python", "Python", "python"),
];

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    for (name, what, repository) in AXES {
        let Some(index) = cx.config.axes.iter().position(|a| &*a.name == name) else {
            continue;
        };
        for (number, spec) in cx.matrix.specs.iter().enumerate() {
            // Where Python is installed, that of the base is another one.
            if name == "python" && installs_python(spec) {
                continue;
            }
            if let Some(finding) = look(cx, spec, AxisId(index), what, repository) {
                told.add(finding, name, &[SpecId(number)]);
            }
        }
    }
    told.tell(sink);
}

fn installs_python(spec: &Spec) -> bool {
    matches!(
        spec.merged.python,
        Some(PythonSource::Uv | PythonSource::Deadsnakes)
    )
}

fn look(
    cx: &Context<'_>,
    spec: &Spec,
    axis: AxisId,
    what: &str,
    repository: &str,
) -> Option<Finding> {
    let (base, from) = (spec.base.as_deref()?, spec.merged.from.as_ref()?);
    let parts = Parts::of(base);
    let tag = parts.tag.filter(|_| parts.is_hub(repository))?;
    let stated = tag.split('-').next()?;
    let (name, values) = (&cx.config.axis(axis).name, &cx.config.axis(axis).values);
    let value = &values[spec.cell.get(axis)?];
    if agree(value.version.as_ref()?, &Version::parse(stated)?) {
        return None;
    }
    let said = value.version_text.as_ref().unwrap_or(&value.text);
    let finding = Finding::new(
        &code::BASE_MISMATCH,
        format!("axis `{name}` says `{said}`, and the base is {what} {stated}"),
        cx.place(value.span.clone(), "another version than the base's"),
    )
    .related(cx.place(from.span.clone(), format!("is `{base}`")))
    .help(format!(
        "say `{stated}` where the axis has `{said}`, or let `from` follow the axis"
    ));
    Some(finding)
}

/// Whether two versions say the same as far as both go: `11.6` and `11.6.2` do.
fn agree(a: &Version, b: &Version) -> bool {
    let parts = |v: &Version| -> Vec<u64> { (0..).map_while(|i| v.written_part(i)).collect() };
    parts(a).iter().zip(parts(b)).all(|(a, b)| *a == b)
}
