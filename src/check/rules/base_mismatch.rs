//! A base of another version than the axis says.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::own_python::brings_python;
use crate::check::rules::parent_ignored;
use crate::check::tag_words::{cuda, python};
use crate::check::{BaseImage, Context};
use crate::config::PYTHON;
use crate::config::PythonSource;
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::grammar::Version;
use crate::image::Spec;
use crate::matrix::{AxisId, ImageId, Value};

/// An axis that has its version from the base.
struct Stated {
    axis: &'static str,
    /// What it is of, for people.
    what: &'static str,
    /// The image whose tags begin with it.
    repository: &'static str,
    /// What tags of other images say of it.
    words: fn(&str) -> Vec<String>,
}

const STATED: [Stated; 2] = [
    Stated {
        axis: "cuda",
        what: "CUDA",
        repository: "nvidia/cuda",
        words: cuda,
    },
    Stated {
        axis: "python",
        what: "Python",
        repository: "python",
        words: python,
    },
];

/// At most so many values are shown with their places.
const SHOWN: usize = 3;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // Where a Dockerfile ignores what is declared below it, that is the fault to mend first.
    let ignoring = parent_ignored::ignoring(cx);
    for stated in &STATED {
        let axes = &cx.config.axes;
        let Some(index) = axes.iter().position(|a| a.name.as_ref() == stated.axis) else {
            continue;
        };
        let look = Look {
            cx,
            axis: AxisId(index),
            stated,
            ignoring: &ignoring,
        };
        // By value and what the base says: one value may lead several texts astray.
        let mut led: BTreeMap<(usize, String), Vec<Wrong<'_>>> = BTreeMap::new();
        for base in cx.bases() {
            let Some((said, mut wrong)) = look.wrong(base) else {
                continue;
            };
            if base.follows(cx, look.axis) {
                for wrong in wrong {
                    let key = (wrong.value, said.clone());
                    led.entry(key).or_default().push(wrong);
                }
            } else {
                wrong.sort_by_key(|w| w.value);
                sink.push(look.by_text(base, &said, &wrong));
            }
        }
        for ((value, said), wrong) in led {
            sink.push(look.by_value(value, &said, &wrong));
        }
    }
}

/// A value that a base disagrees with, and the specs that have it.
struct Wrong<'a> {
    base: &'a BaseImage,
    value: usize,
    specs: Vec<SpecId>,
}

struct Look<'a> {
    cx: &'a Context<'a>,
    axis: AxisId,
    stated: &'static Stated,
    ignoring: &'a BTreeSet<ImageId>,
}

impl<'a> Look<'a> {
    /// What a base says, and the values of those who stand on it that disagree; `None` when none does.
    fn wrong(&self, base: &'a BaseImage) -> Option<(String, Vec<Wrong<'a>>)> {
        let parts = base.parts();
        let tag = parts.tag?;
        let official = parts.is_hub(self.stated.repository);
        let said: Vec<String> = if official {
            tag.split('-')
                .next()
                .map(str::to_owned)
                .into_iter()
                .collect()
        } else {
            (self.stated.words)(tag)
        };
        let read: Vec<Version> = said.iter().filter_map(|s| Version::parse(s)).collect();
        if read.is_empty() {
            return None;
        }
        let mut wrong: BTreeMap<usize, Vec<SpecId>> = BTreeMap::new();
        // A stage that only helps to make the image may be of any version.
        for id in base.specs.iter().filter(|id| base.is_root_of(**id)) {
            let spec = self.cx.matrix.spec(*id);
            let python = self.stated.axis == PYTHON && installs_python(spec, official);
            if python || self.ignoring.contains(&spec.image) {
                continue;
            }
            let Some(value) = spec.cell.get(self.axis) else {
                continue;
            };
            let Some(version) = &self.cx.config.axis(self.axis).values[value].version else {
                continue;
            };
            // Of several versions in one tag any may be the one that is meant.
            let other = !read.iter().any(|said| agree(version, said));
            if other && !(self.stated.axis == PYTHON && brings_python(self.cx, *id, version)) {
                wrong.entry(value).or_default().push(*id);
            }
        }
        let said = said.into_iter().next()?;
        let all = wrong.into_iter();
        let all: Vec<Wrong<'_>> = all
            .map(|(value, specs)| Wrong { base, value, specs })
            .collect();
        (!all.is_empty()).then_some((said, all))
    }

    fn value(&self, value: usize) -> &'a Value {
        &self.cx.config.axis(self.axis).values[value]
    }

    /// `axis \`cuda\` says \`12.8.1\`, and the base is CUDA 12.4`.
    fn headline(&self, value: usize, said: &str) -> String {
        let (axis, what) = (self.stated.axis, self.stated.what);
        let says = said_of(self.value(value));
        format!("axis `{axis}` says `{says}`, and the base is {what} {said}")
    }

    /// The text of a base names another version than the axis has, whatever the axis has.
    fn by_text(&self, base: &BaseImage, said: &str, wrong: &[Wrong<'_>]) -> Finding {
        let place = base.place(self.cx, format!("is `{}`", base.reference));
        let mut finding = Finding::new(
            &code::BASE_MISMATCH,
            self.headline(wrong[0].value, said),
            place,
        );
        for wrong in wrong.iter().take(SHOWN) {
            let span = self.value(wrong.value).span.clone();
            let label = "another version than the base's";
            finding = finding.related(self.cx.place(span, label));
        }
        if wrong.len() > 1 {
            finding = finding.note(format!("{} values of the axis differ from it", wrong.len()));
        }
        let specs = wrong.iter().flat_map(|w| w.specs.iter().copied());
        finding
            .help(format!(
                "let {} follow the axis, or let the axis say `{said}`",
                base.word()
            ))
            .about(specs)
    }

    /// A value gives its bases another version than it states.
    fn by_value(&self, value: usize, said: &str, wrong: &[Wrong<'_>]) -> Finding {
        let span = self.value(value).span.clone();
        let mut finding = Finding::new(
            &code::BASE_MISMATCH,
            self.headline(value, said),
            self.cx.place(span, "another version than the base's"),
        );
        for Wrong { base, .. } in wrong.iter().take(SHOWN) {
            finding = finding.related(base.place(self.cx, format!("is `{}`", base.reference)));
        }
        let says = said_of(self.value(value));
        let specs = wrong.iter().flat_map(|w| w.specs.iter().copied());
        finding
            .help(format!(
                "say `{said}` where the axis has `{says}`, or let {} follow the axis",
                wrong[0].base.word()
            ))
            .about(specs)
    }
}

/// Whether Python is installed, so that the base's is another one.
fn installs_python(spec: &Spec, official: bool) -> bool {
    if spec.merged.dockerfile.is_some() {
        return false;
    }
    match spec.merged.python.unwrap_or_default() {
        PythonSource::Base => false,
        PythonSource::Auto => !official,
        PythonSource::Uv | PythonSource::Deadsnakes => true,
    }
}

/// The version of a value, as it is written.
fn said_of(value: &Value) -> &str {
    value.version_text.as_ref().unwrap_or(&value.text)
}

/// Whether two versions say the same as far as both go: `11.6` and `11.6.2` do.
fn agree(a: &Version, b: &Version) -> bool {
    let parts = |v: &Version| -> Vec<u64> { (0..).map_while(|i| v.written_part(i)).collect() };
    parts(a).iter().zip(parts(b)).all(|(a, b)| *a == b)
}
