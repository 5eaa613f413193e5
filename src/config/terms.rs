//! Terms of selectors, resolved to one flag for each thing that they may mean.

use std::ops::Range;

use crate::config::selectors::Reader;
use crate::diagnostic::{Finding, Place, and_list, code, nearest, or_list, suggest};
use crate::grammar::Version;
use crate::matrix::{Attribute, Axis, Term, TermFault};

/// A term as it is written, and where.
pub(super) type Item<'a> = (&'a str, Range<usize>);

/// What terms are about.
pub(super) struct Subject<'a> {
    kind: Kind<'a>,
    /// For each value (or image), what terms look at; `None` where it has nothing of the kind, for which no term holds.
    values: Vec<Option<Looked>>,
}

enum Kind<'a> {
    Image,
    Axis(&'a str),
    Attribute(&'a str, &'a str),
}

struct Looked {
    text: std::sync::Arc<str>,
    version: Option<Version>,
}

impl<'a> Subject<'a> {
    /// Images by their keys.
    pub(super) fn images(images: &[&str]) -> Self {
        let looked = |key: &&str| Looked {
            text: (*key).into(),
            version: None,
        };
        Subject {
            kind: Kind::Image,
            values: images.iter().map(looked).map(Some).collect(),
        }
    }

    /// The values of an axis.
    pub(super) fn axis(axis: &'a Axis) -> Self {
        let looked = axis.values.iter().map(|value| Looked {
            text: value.text.clone(),
            version: value.version.clone(),
        });
        Subject {
            kind: Kind::Axis(&axis.name),
            values: looked.map(Some).collect(),
        }
    }

    /// An attribute of the values of an axis; `None` where none of them has it.
    pub(super) fn attribute(axis: &'a Axis, name: &'a str) -> Option<Self> {
        let of_value = |value: &crate::matrix::Value| {
            let all = value.all_attributes().into_iter();
            let mut found = all.filter(|(known, _)| **known == *name);
            let (_, Attribute { text, version }) = found.next()?;
            Some(Looked { text, version })
        };
        let values: Vec<Option<Looked>> = axis.values.iter().map(of_value).collect();
        values.iter().any(Option::is_some).then_some(Subject {
            kind: Kind::Attribute(&axis.name, name),
            values,
        })
    }

    /// The texts that there are, each once.
    fn texts(&self) -> Vec<&str> {
        let mut texts: Vec<&str> = Vec::new();
        for looked in self.values.iter().flatten() {
            if !matches!(self.kind, Kind::Attribute(..)) || !texts.contains(&&*looked.text) {
                texts.push(&looked.text);
            }
        }
        texts
    }
}

impl Reader<'_, '_> {
    /// One flag a value: whether any of the terms holds for it.
    pub(super) fn flags(&mut self, subject: &Subject<'_>, items: &[Item<'_>]) -> Box<[bool]> {
        let mut flags = vec![false; subject.values.len()];
        for (text, span) in items {
            let term = match Term::parse(text) {
                Ok(term) => term,
                Err(fault) => {
                    let finding = self.term_fault(text, span.clone(), &fault);
                    self.fault(finding);
                    continue;
                }
            };
            for named in term.named() {
                let mut looked = subject.values.iter().flatten();
                if looked.any(|looked| *looked.text == *named) {
                    continue;
                }
                let finding = self.unknown(subject, named, span.clone());
                self.fault(finding);
            }
            for (flag, looked) in flags.iter_mut().zip(&subject.values) {
                *flag |= looked
                    .as_ref()
                    .is_some_and(|l| term.holds_for(&l.text, l.version.as_ref()));
            }
        }
        flags.into()
    }

    fn unknown(&self, subject: &Subject<'_>, named: &str, span: Range<usize>) -> Finding {
        let known = subject.texts();
        match subject.kind {
            Kind::Image => {
                let finding = Finding::new(
                    &code::UNKNOWN_IMAGE,
                    format!("there is no image `{named}`"),
                    self.place(span, "unknown image"),
                );
                suggest(finding, named, known, "image", "")
            }
            Kind::Axis(axis) => {
                unknown_value(axis, named, known, self.place(span, "unknown value"))
            }
            Kind::Attribute(axis, attribute) => {
                let place = self.place(span, "unknown value");
                unknown_attribute_value((axis, attribute), named, known, place)
            }
        }
    }

    pub(super) fn unknown_attribute(&mut self, axis: &Axis, attribute: &str, span: &Range<usize>) {
        let mut names: Vec<String> = vec!["value".to_owned()];
        for (name, _) in axis.values.iter().flat_map(|value| value.all_attributes()) {
            if !names.iter().any(|n| **n == *name) {
                names.push(name.to_string());
            }
        }
        let finding = Finding::new(
            &code::UNKNOWN_ATTRIBUTE,
            format!("axis `{}` has no attribute `{attribute}`", axis.name),
            self.place(span.clone(), "no value has it"),
        );
        let known = || names.iter().map(String::as_str);
        self.fault(match nearest(attribute, known()) {
            Some(near) => finding.help(format!("did you mean `{}.{near}`?", axis.name)),
            None => finding.note(format!("it has {}", or_list(known()))),
        });
    }

    fn term_fault(&self, text: &str, span: Range<usize>, fault: &TermFault) -> Finding {
        let headline = format!("the term `{text}` cannot be read");
        match fault {
            TermFault::Empty => Finding::new(
                &code::SELECTOR_SYNTAX,
                headline,
                self.place(span, "a part of it is empty"),
            )
            .help("write a value, a range or a glob on both sides of each `,`, and after `!`"),
            TermFault::NotAVersion(version) => Finding::new(
                &code::SELECTOR_SYNTAX,
                headline,
                self.place(span, format!("`{version}` is not a version")),
            )
            .note("a range compares versions: digits and dots with an optional pre-release"),
            TermFault::EqualsSign => Finding::new(
                &code::SELECTOR_SYNTAX,
                headline,
                self.place(span, "equality needs no sign"),
            )
            .help(format!(
                "write `{}`",
                text.replace("==", "").replace('=', "")
            )),
            TermFault::TwoValues(first, second) => Finding::new(
                &code::SELECTOR_SYNTAX,
                format!("the term `{text}` holds for nothing"),
                self.place(span, format!("no value is both `{first}` and `{second}`")),
            )
            .help(format!(
                "for either write a list, `[\"{first}\", \"{second}\"]`; on the command line give two selectors"
            )),
            TermFault::SetInTerm(set) => Finding::new(
                &code::SELECTOR_SYNTAX,
                headline,
                self.place(span, "a set is a whole selector"),
            )
            .help(format!(
                "write `match = \"@{set}\"`; beside other keys, `match = {{ set = \"@{set}\", … }}`; beside other selectors, `match = [\"@{set}\", …]`"
            )),
        }
    }
}

/// The finding for a value that an axis does not have. Between versions a small difference is no slip of the fingers:
/// the nearest is offered only where one begins with the other, as `12.8` and `12.8.1` do.
pub(super) fn unknown_value<'a>(
    axis: &str,
    named: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
    place: Place,
) -> Finding {
    let finding = Finding::new(
        &code::UNKNOWN_VALUE,
        format!("axis `{axis}` has no value `{named}`"),
        place,
    );
    let words: Vec<&str> = known.clone().into_iter().collect();
    match near_value(named, &words) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding
            .note(format!("its values are {}", and_list(known)))
            .help("name one of them, or add the value to the axis"),
    }
}

/// The finding for what no value of an axis states as an attribute.
pub(super) fn unknown_attribute_value<'a>(
    (axis, attribute): (&str, &str),
    named: &str,
    known: impl IntoIterator<Item = &'a str>,
    place: Place,
) -> Finding {
    let finding = Finding::new(
        &code::UNKNOWN_VALUE,
        format!("no value of axis `{axis}` has `{attribute}` = `{named}`"),
        place,
    );
    let mut texts: Vec<&str> = Vec::new();
    for text in known {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    match near_value(named, &texts) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding.note(format!("they have {}", and_list(texts.into_iter()))),
    }
}

/// The nearest of the texts that could be meant.
fn near_value<'a>(named: &str, known: &[&'a str]) -> Option<&'a str> {
    let begins =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|r| r.starts_with('.'));
    if Version::parse(named).is_none() {
        return nearest(named, known.iter().copied());
    }
    let mut known = known.iter().copied();
    known.find(|k| begins(k, named) || begins(named, k))
}
