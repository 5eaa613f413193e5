//! What templated fields read of names: each attribute must be one that some value of the axis has, each value one that
//! there is.

use crate::config::fields::inner_span;
use crate::config::terms::{unknown_attribute_value, unknown_value};
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, Place, code, nearest, or_list};
use crate::matrix::{Axis, Term, Value};
use crate::render::{Field, RELEASE_FIELDS, Uses, VersionObject};

/// What templates may read of a name.
#[derive(Clone, Debug)]
pub struct Attributes {
    /// As templates know it: `cuda`, `cuda.os`.
    word: String,
    /// The axis, and the attribute of its values, that it is of.
    of: Option<(String, Option<String>)>,
    /// Its own attributes; none of a text or a number.
    names: Vec<String>,
    /// The texts that it may have.
    texts: Vec<String>,
}

/// Filters that have the names of methods elsewhere.
const FILTERS: [&str; 9] = [
    "capitalize",
    "format",
    "join",
    "lower",
    "replace",
    "split",
    "title",
    "trim",
    "upper",
];

/// The attributes that the values of an axis have, taken together, and what those of them have that are versions; one that
/// some values lack is a fault of the cells that read it there. Nothing when every value is `none`: nobody can tell what
/// others would have.
pub(super) fn of_axis(axis: &Axis) -> Vec<Attributes> {
    if axis.values.iter().all(Value::is_none) {
        return Vec::new();
    }
    let mut all: Vec<Attributes> = Vec::new();
    for (name, attribute) in axis.values.iter().flat_map(Value::all_attributes) {
        let word = format!("{}.{name}", axis.word);
        let text = attribute.text.to_string();
        if let Some(known) = all.iter_mut().find(|a| a.word == word) {
            known.texts.push(text);
            continue;
        }
        let names = match Axis::is_object(std::slice::from_ref(axis), &word) {
            true => VersionObject::NAMES.map(str::to_owned).to_vec(),
            false => Vec::new(),
        };
        all.push(Attributes {
            word,
            of: Some((axis.name.to_string(), Some(name.to_string()))),
            names,
            texts: vec![text],
        });
    }
    let names = all
        .iter()
        .filter_map(|a| a.of.as_ref()?.1.clone())
        .collect();
    all.push(Attributes {
        word: axis.word.to_string(),
        of: Some((axis.name.to_string(), None)),
        names,
        texts: axis.values.iter().map(|v| v.text.to_string()).collect(),
    });
    all
}

/// Those of the release.
pub(super) fn of_release() -> impl Iterator<Item = Attributes> {
    let of = |word: String, names: Vec<String>| Attributes {
        word,
        of: None,
        names,
        texts: Vec::new(),
    };
    let fields = RELEASE_FIELDS.iter();
    let fields = fields.map(move |field| of(format!("release.{field}"), Vec::new()));
    let names = RELEASE_FIELDS.map(str::to_owned).to_vec();
    fields.chain([of("release".to_owned(), names)])
}

/// What fields and templates misread of names: attributes that nothing has.
pub fn misread(
    all: &[Attributes],
    (name, attribute): (&str, &str),
    place: impl FnOnce() -> Place,
) -> Option<Finding> {
    let named = |word: &str| all.iter().find(|a| a.word == word);
    let above = name.rsplit_once('.').and_then(|(above, last)| {
        let above = named(above)?;
        above.has(last).then_some((above, last))
    });
    let finding = |headline: String| Finding::new(&code::UNKNOWN_ATTRIBUTE, headline, place());
    match (named(name), above) {
        (Some(has), _) if has.has(attribute) => None,
        (Some(has), _) if !has.names.is_empty() => {
            let whose = match (name, &has.of) {
                ("release", _) => "the release".to_owned(),
                (_, Some((_, Some(_)))) => format!("the attribute `{name}`"),
                _ => format!("axis `{name}`"),
            };
            let finding = finding(format!("{whose} has no attribute `{attribute}`"));
            let names = || has.names.iter().map(String::as_str);
            Some(match nearest(attribute, names()) {
                Some(near) => finding.help(format!("did you mean `{name}.{near}`?")),
                None => finding.note(format!("it has {}", or_list(names()))),
            })
        }
        // A text or a number.
        (_, Some((above, last))) => {
            let finding = finding(format!(
                "`{name}` has no attributes, and so no `{attribute}`"
            ));
            let of_version = |name: &str| VersionObject::NAMES.contains(&name);
            Some(if FILTERS.contains(&attribute) {
                finding.help(format!("write it as a filter: `{name} | {attribute}`"))
            } else if of_version(last) && above.has(attribute) {
                finding.help(format!("write `{}.{attribute}`", above.word))
            } else if of_version(attribute) && above.of.is_some() {
                let axis = &above.word;
                finding.help(format!(
                    "`{name}` is no version: let the values state one beside it, as `ubuntu = \"22.04\"`, and write `{axis}.ubuntu.{attribute}`"
                ))
            } else {
                finding
            })
        }
        _ => None,
    }
}

impl Attributes {
    fn has(&self, attribute: &str) -> bool {
        self.names.iter().any(|name| name == attribute)
    }
}

impl Builder<'_> {
    /// Reports attributes that no value has, and terms that name no value. A name that is not `known` is reported by itself.
    pub(super) fn check_attributes(&mut self, field: &Field, uses: &Uses, known: &[&str]) {
        let is_known = |path: &str| known.contains(&path.split('.').next().unwrap_or(path));
        for (name, attribute, at) in &uses.attributes {
            if !is_known(name) {
                continue;
            }
            let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
            let place = || Place::span(self.file, span, "unknown attribute");
            if let Some(finding) = misread(&self.attributes, (name, attribute), place) {
                self.sink.push(finding);
            }
        }
        for (name, term, at) in &uses.terms {
            let has = self.attributes.iter().find(|a| a.word == *name);
            let (Some(has), Ok(term), true) = (has, Term::parse(term), is_known(name)) else {
                continue;
            };
            let Some((axis, attribute)) = &has.of else {
                continue;
            };
            for named in term.named() {
                if has.texts.iter().any(|text| text == named) {
                    continue;
                }
                let span = inner_span(self.file, &field.source, &field.span, Some(at.clone()));
                let place = Place::span(self.file, span, "unknown value");
                let texts = has.texts.iter().map(String::as_str);
                self.sink.push(match attribute {
                    None => unknown_value(axis, named, texts, place),
                    Some(attribute) => {
                        unknown_attribute_value((axis, attribute), named, texts, place)
                    }
                });
            }
        }
    }
}
