//! Selectors as written, resolved against the declared axes, images and sets.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::fields::inner_span;
use crate::config::raw::Named;
use crate::config::spanned::Spanned;
use crate::config::unions::{OneOrMany, RawSelector, RawTerms};
use crate::diagnostic::{Finding, Place, Sink, and_list, code, nearest, or_list, suggest};
use crate::matrix::{Axis, AxisId, Conjunction, Selector, Term, TermFault, Version};
use crate::source::SourceFile;

/// The names a selector may use.
#[derive(Debug)]
pub struct Names<'a> {
    /// Axes, in declared order.
    pub axes: &'a [Axis],
    /// Images, in declared order.
    pub images: Vec<&'a str>,
    /// The number of each image.
    pub numbers: BTreeMap<&'a str, usize>,
    /// Sets as written.
    pub sets: &'a Named<Spanned<RawSelector>>,
    /// Sets found to refer to themselves, so that each circle is told once.
    pub circular: RefCell<BTreeSet<String>>,
    /// Sets that some selector referred to.
    pub used: RefCell<BTreeSet<String>>,
}

impl Names<'_> {
    /// The number of the image of that name.
    pub fn image(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }
}

/// Reads one selector of the matrix file.
pub(super) fn resolve(
    names: &Names<'_>,
    file: &Arc<SourceFile>,
    raw: &Spanned<RawSelector>,
    sink: &mut Sink,
) -> Option<Selector> {
    let before = sink.len();
    let mut reader = Reader {
        names,
        file,
        sink,
        open: Vec::new(),
        parts: 0,
        whole: raw.span.clone(),
    };
    let any = reader.selector(&raw.value, raw.span.clone());
    (sink.len() == before).then(|| Selector {
        any,
        span: raw.span.clone(),
    })
}

/// Reads a selector given as text: `axis=term,axis=term` or `@set`, as on the command line.
pub fn parse_text(names: &Names<'_>, file: &Arc<SourceFile>, sink: &mut Sink) -> Option<Selector> {
    let whole = 0..file.text.len();
    let raw = Spanned {
        value: RawSelector::Text(file.text.clone()),
        span: whole,
    };
    resolve(names, file, &raw, sink)
}

/// Sets within sets, and selectors that one may amount to through them: beyond these nobody means what they wrote.
const MAX_DEPTH: usize = 32;
const MAX_PARTS: usize = 10_000;

struct Reader<'a, 'n> {
    names: &'a Names<'n>,
    file: &'a Arc<SourceFile>,
    sink: &'a mut Sink,
    /// Sets being read, to notice circles.
    open: Vec<String>,
    /// Selectors read so far, those of sets counted each time they are referred to.
    parts: usize,
    /// Where the selector stands that is being read.
    whole: Range<usize>,
}

impl Reader<'_, '_> {
    fn fault(&mut self, finding: Finding) {
        self.sink.push(finding);
    }

    fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place::span(self.file, span, label)
    }

    fn selector(&mut self, raw: &RawSelector, span: Range<usize>) -> Vec<Conjunction> {
        self.parts += 1;
        if self.parts > MAX_PARTS {
            if self.parts == MAX_PARTS + 1 {
                let finding = Finding::new(
                    &code::SELECTOR_SYNTAX,
                    format!("a selector amounts to more than {MAX_PARTS} others"),
                    self.place(self.whole.clone(), "its sets multiply"),
                )
                .help("state the values instead");
                self.fault(finding);
            }
            return Vec::new();
        }
        match raw {
            RawSelector::Any(list) => {
                if list.is_empty() {
                    let place = self.place(span, "an empty list");
                    self.fault(
                        Finding::new(
                            &code::SELECTOR_SYNTAX,
                            "a selector without alternatives holds for nothing",
                            place,
                        )
                        .help("state at least one selector"),
                    );
                }
                list.iter()
                    .flat_map(|s| self.selector(&s.value, s.span.clone()))
                    .collect()
            }
            RawSelector::Table(table) => vec![self.table(table)],
            RawSelector::Text(text) => match text.trim().strip_prefix('@') {
                Some(set) => self.set(set, span),
                None => self.text(text, span),
            },
        }
    }

    fn set(&mut self, name: &str, span: Range<usize>) -> Vec<Conjunction> {
        self.names.used.borrow_mut().insert(name.to_owned());
        let Some(raw) = self.names.sets.get(name) else {
            let finding = Finding::new(
                &code::UNKNOWN_SET,
                format!("there is no set `@{name}`"),
                self.place(span, "unknown set"),
            );
            let known = self.names.sets.keys().map(|k| k.value.as_str());
            self.fault(suggest(finding, name, known, "set", "@"));
            return Vec::new();
        };
        if let Some(start) = self.open.iter().position(|n| n == name) {
            let mut circular = self.names.circular.borrow_mut();
            let known = circular.contains(name);
            circular.extend(self.open[start..].iter().cloned());
            if known {
                return Vec::new();
            }
            let finding = Finding::new(
                &code::SELECTOR_SYNTAX,
                format!("set `@{name}` refers to itself"),
                self.place(span, "a circle of sets"),
            )
            .help("state the values instead");
            self.fault(finding);
            return Vec::new();
        }
        if self.open.len() == MAX_DEPTH {
            let finding = Finding::new(
                &code::SELECTOR_SYNTAX,
                format!("sets are nested deeper than {MAX_DEPTH}"),
                self.place(self.whole.clone(), format!("`@{name}` would be one more")),
            )
            .help("state the values instead");
            self.fault(finding);
            return Vec::new();
        }
        self.open.push(name.to_owned());
        let found = self.selector(&raw.value, raw.span.clone());
        self.open.pop();
        found
    }

    /// `axis=term,axis=term`; a piece without `axis=` goes on with the term before it.
    fn text(&mut self, text: &str, span: Range<usize>) -> Vec<Conjunction> {
        let at = |part: &str| {
            let start = part.as_ptr().addr() - text.as_ptr().addr();
            inner_span(self.file, text, &span, Some(start..start + part.len()))
        };
        let mut table: IndexMap<Spanned<String>, Spanned<RawTerms>> = IndexMap::new();
        let mut twice = Vec::new();
        for piece in text.split(',') {
            let key = piece.split_once('=').filter(|(key, _)| {
                let key = key.trim();
                !key.is_empty()
                    && key
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            });
            match (key, table.last_mut()) {
                (Some((key, value)), _) => {
                    let (key, value) = (key.trim(), value.trim());
                    let named = Spanned {
                        value: key.to_owned(),
                        span: at(key),
                    };
                    let term = Spanned {
                        value: OneOrMany::One(value.to_owned()),
                        span: at(value),
                    };
                    if table.contains_key(key) {
                        twice.push(named.clone());
                    }
                    table.insert(named, term);
                }
                (None, Some((_, term))) => {
                    if let OneOrMany::One(terms) = &mut term.value {
                        terms.push(',');
                        terms.push_str(piece.trim());
                        term.span.end = at(piece.trim()).end;
                    }
                }
                (None, None) => {
                    let finding = Finding::new(
                        &code::SELECTOR_SYNTAX,
                        format!("`{text}` is not a selector"),
                        self.place(span, "expected `axis=value` or `@set`"),
                    );
                    self.fault(if self.names.sets.contains_key(text) {
                        finding.help(format!("write `@{text}` to mean the set"))
                    } else {
                        finding.help("write `python=3.11,job=server`, `cuda=>=12,<13` or `@set`")
                    });
                    return Vec::new();
                }
            }
        }
        for key in twice {
            let finding = Finding::new(
                &code::SELECTOR_SYNTAX,
                format!("the selector states `{}` twice", key.value),
                self.place(key.span, "again here"),
            )
            .help(format!(
                "where all terms must hold, join them: `{0}=>=12,<13`; where any may, write a table: `{{ {0} = [\"…\", \"…\"] }}`",
                key.value
            ));
            self.fault(finding);
        }
        vec![self.table(&table)]
    }

    fn table(&mut self, table: &IndexMap<Spanned<String>, Spanned<RawTerms>>) -> Conjunction {
        let mut found = Conjunction {
            terms: Vec::new(),
            images: None,
        };
        for (key, terms) in table {
            let items: Vec<(&str, Range<usize>)> = match &terms.value {
                OneOrMany::One(text) => vec![(text.as_str(), terms.span.clone())],
                OneOrMany::Many(list) => list
                    .iter()
                    .map(|t| (t.value.as_str(), t.span.clone()))
                    .collect(),
            };
            if items.is_empty() {
                let finding = Finding::new(
                    &code::SELECTOR_SYNTAX,
                    format!("a list without terms for `{}` holds for nothing", key.value),
                    self.place(terms.span.clone(), "an empty list"),
                )
                .help("state at least one term, or leave the key out to mean every value");
                self.fault(finding);
                continue;
            }
            if key.value == "image" {
                let images = self.names.images.clone();
                let flags = self.flags(
                    "image",
                    &items,
                    &images.iter().map(|i| (*i, None)).collect::<Vec<_>>(),
                );
                found.images = Some(flags);
                continue;
            }
            let axes = self.names.axes;
            let Some(index) = axes.iter().position(|a| *a.name == *key.value) else {
                self.unknown_axis(key);
                continue;
            };
            let values: Vec<(&str, Option<&Version>)> = axes[index]
                .values
                .iter()
                .map(|v| (&*v.text, v.version.as_ref()))
                .collect();
            let flags = self.flags(&key.value, &items, &values);
            found.terms.push((AxisId(index), flags));
        }
        found
    }

    fn unknown_axis(&mut self, key: &Spanned<String>) {
        let mut finding = Finding::new(
            &code::UNKNOWN_AXIS,
            format!("there is no axis `{}`", key.value),
            self.place(key.span.clone(), "unknown axis"),
        );
        let known = || self.names.axes.iter().map(|a| &*a.name).chain(["image"]);
        finding = match nearest(&key.value, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.note(format!("a selector may name {}", or_list(known()))),
        };
        self.fault(finding);
    }

    /// One flag a value: whether any of the terms holds for it.
    fn flags(
        &mut self,
        axis: &str,
        items: &[(&str, Range<usize>)],
        values: &[(&str, Option<&Version>)],
    ) -> Box<[bool]> {
        let mut flags = vec![false; values.len()];
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
                if values.iter().any(|(v, _)| *v == named) {
                    continue;
                }
                let known = values.iter().map(|(v, _)| *v);
                let finding = if axis == "image" {
                    let finding = Finding::new(
                        &code::UNKNOWN_IMAGE,
                        format!("there is no image `{named}`"),
                        self.place(span.clone(), "unknown image"),
                    );
                    suggest(finding, named, known, "image", "")
                } else {
                    let place = self.place(span.clone(), "unknown value");
                    unknown_value(axis, named, known, place)
                };
                self.fault(finding);
            }
            for (flag, (value, version)) in flags.iter_mut().zip(values) {
                *flag |= term.holds_for(value, *version);
            }
        }
        flags.into()
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
            TermFault::SetInTerm(set) => Finding::new(
                &code::SELECTOR_SYNTAX,
                headline,
                self.place(span, "a set is a whole selector"),
            )
            .help(format!(
                "write `match = \"@{set}\"`, or list it beside others: `match = [\"@{set}\", …]`"
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
    let begins =
        |long: &str, short: &str| long.strip_prefix(short).is_some_and(|r| r.starts_with('.'));
    let near = if Version::parse(named).is_some() {
        known
            .clone()
            .into_iter()
            .find(|k| begins(k, named) || begins(named, k))
    } else {
        nearest(named, known.clone())
    };
    match near {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None => finding
            .note(format!("its values are {}", and_list(known)))
            .help("name one of them, or add the value to the axis"),
    }
}
