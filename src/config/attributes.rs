//! Attributes that templated fields read: each must be one that some value of the axis has.

use crate::config::fields::inner_span;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, nearest, or_list};
use crate::matrix::{Axis, Value};
use crate::render::{AxisObject, Field, RELEASE_FIELDS, Uses, VersionObject};

/// What templates may read of a name.
pub(super) struct Attributes {
    word: String,
    names: Vec<String>,
}

/// The attributes that the values of an axis have, taken together, and what those of them have that are versions; one that
/// some values lack is a fault of the cells that read it there. Nothing when every value is `none`: nobody can tell what
/// others would have.
pub(super) fn of_axis(axis: &Axis, objects: &[minijinja::Value]) -> Vec<Attributes> {
    if axis.values.iter().all(Value::is_none) {
        return Vec::new();
    }
    let mut names: Vec<String> = Vec::new();
    for object in objects {
        let known = object.downcast_object_ref::<AxisObject>();
        for name in known.into_iter().flat_map(AxisObject::names) {
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
    }
    let versions = names.iter().map(|name| format!("{}.{name}", axis.word));
    let versions = versions.filter(|name| Axis::is_object(std::slice::from_ref(axis), name));
    let mut all: Vec<Attributes> = versions
        .map(|word| Attributes {
            word,
            names: VersionObject::NAMES.map(str::to_owned).to_vec(),
        })
        .collect();
    all.push(Attributes {
        word: axis.word.to_string(),
        names,
    });
    all
}

/// Those of the release.
pub(super) fn of_release() -> Attributes {
    Attributes {
        word: "release".to_owned(),
        names: RELEASE_FIELDS.map(str::to_owned).to_vec(),
    }
}

impl Builder<'_> {
    /// Reports attributes that no value has. A name that is not `known` is reported by itself.
    pub(super) fn check_attributes(&mut self, field: &Field, uses: &Uses, known: &[&str]) {
        for (name, attribute, at) in &uses.attributes {
            let has = self.attributes.iter().find(|a| a.word == *name);
            let base = name.split('.').next().unwrap_or(name);
            let Some(has) = has.filter(|_| known.contains(&base)) else {
                continue;
            };
            if has.names.contains(attribute) {
                continue;
            }
            let whose = match name.as_str() {
                "release" => "the release".to_owned(),
                attribute if attribute.contains('.') => format!("the attribute `{attribute}`"),
                axis => format!("axis `{axis}`"),
            };
            let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
            let finding = Finding::new(
                &code::UNKNOWN_ATTRIBUTE,
                format!("{whose} has no attribute `{attribute}`"),
                self.place(span, "unknown attribute"),
            );
            let names = || has.names.iter().map(String::as_str);
            self.sink.push(match nearest(attribute, names()) {
                Some(near) => finding.help(format!("did you mean `{name}.{near}`?")),
                None => finding.note(format!("it has {}", or_list(names()))),
            });
        }
    }
}
