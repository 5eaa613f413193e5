//! Selectors as written, resolved against the declared axes, images and sets.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::config::fields::inner_span;
use crate::config::raw::Named;
use crate::config::terms::{Item, Subject};
use crate::config::unions::{OneOrMany, RawSelector, RawTerms};
use crate::diagnostic::{Finding, Place, Sink, code, nearest, or_list, suggest};
use crate::grammar::Spanned;
use crate::matrix::{Axis, AxisId, Conjunction, Selector};
use crate::source::SourceFile;

/// The names a selector may use.
#[derive(Debug)]
pub struct SelectorNames<'a> {
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

impl SelectorNames<'_> {
    /// The number of the image of that name.
    pub fn image(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }
}

/// Reads one selector of the matrix file.
pub(super) fn resolve(
    names: &SelectorNames<'_>,
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
        steps: 0,
        over: false,
        axes: BTreeSet::new(),
        whole: raw.span.clone(),
    };
    let any = reader.selector(&raw.value, raw.span.clone());
    (sink.len() == before).then(|| Selector {
        any,
        span: raw.span.clone(),
    })
}

/// Reads a selector given as text: `axis=term,axis=term` or `@set`, as on the command line.
pub fn parse_text(
    names: &SelectorNames<'_>,
    file: &Arc<SourceFile>,
    sink: &mut Sink,
) -> Option<Selector> {
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

/// Pieces looked at for complements: beyond these the answer takes too long.
const MAX_STEPS: usize = 1_000_000;

pub(super) struct Reader<'a, 'n> {
    pub names: &'a SelectorNames<'n>,
    file: &'a Arc<SourceFile>,
    sink: &'a mut Sink,
    /// Sets being read, to notice circles.
    open: Vec<String>,
    /// Selectors read so far, those of sets counted each time they are referred to.
    parts: usize,
    /// Pieces looked at so far for complements.
    steps: usize,
    /// Whether it was told that there are too many.
    over: bool,
    /// Axes named so far by what is read, which is those of the set where one is read for its complement.
    axes: BTreeSet<AxisId>,
    /// Where the selector stands that is being read.
    whole: Range<usize>,
}

impl Reader<'_, '_> {
    pub(super) fn fault(&mut self, finding: Finding) {
        self.sink.push(finding);
    }

    pub(super) fn place(&self, span: Range<usize>, label: impl Into<String>) -> Place {
        Place::span(self.file, span, label)
    }

    /// Counts selectors; `false` where they have become too many.
    fn counts(&mut self, more: usize) -> bool {
        self.parts = self.parts.saturating_add(more);
        if self.parts > MAX_PARTS {
            self.too_many();
        }
        !self.over
    }

    fn too_many(&mut self) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        let finding = Finding::new(
            &code::SELECTOR_SYNTAX,
            format!("a selector amounts to more than {MAX_PARTS} others"),
            self.place(self.whole.clone(), "its sets multiply"),
        )
        .help("state the values instead");
        self.fault(finding);
    }

    fn selector(&mut self, raw: &RawSelector, span: Range<usize>) -> Vec<Conjunction> {
        if !self.counts(1) {
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
            RawSelector::Table(table) => self.table(table),
            RawSelector::Text(text) => match set_named(text) {
                Some((name, negated)) => self.set_or_complement(name, negated, span),
                None => self.text(text, span),
            },
        }
    }

    fn set_or_complement(
        &mut self,
        name: &str,
        negated: bool,
        span: Range<usize>,
    ) -> Vec<Conjunction> {
        if !negated {
            return self.set(name, span);
        }
        let outer = std::mem::take(&mut self.axes);
        let of = self.set(name, span);
        let axes = std::mem::replace(&mut self.axes, outer);
        self.axes.extend(&axes);
        self.complement(&of, &axes)
    }

    /// What a selector leaves of the images that have all of its axes.
    fn complement(&mut self, of: &[Conjunction], axes: &BTreeSet<AxisId>) -> Vec<Conjunction> {
        let sizes = axes.iter();
        let sizes = sizes.map(|axis| (*axis, self.names.axes[axis.0].values.len()));
        let mut left = vec![Conjunction::over(sizes)];
        for taken in of {
            self.steps += left.len();
            let mut next = Vec::new();
            for piece in left {
                piece.without(taken, &mut next);
            }
            if next.len() > MAX_PARTS || self.steps > MAX_STEPS {
                self.too_many();
                return Vec::new();
            }
            left = next;
        }
        if self.counts(left.len()) {
            left
        } else {
            Vec::new()
        }
    }

    /// What the terms of the key `set` mean: parts joined by `,` must all hold.
    fn sets(&mut self, items: &[Item<'_>]) -> Vec<Conjunction> {
        let mut any = Vec::new();
        for (text, span) in items {
            let mut all = vec![Conjunction::over([])];
            for part in text.split(',') {
                let Some((name, negated)) = set_named(part) else {
                    let part = part.trim();
                    let finding = Finding::new(
                        &code::SELECTOR_SYNTAX,
                        format!("`{part}` names no set"),
                        self.place(span.clone(), "expected `@name` or `!@name`"),
                    );
                    let name = part.trim_start_matches(['!', ' ']);
                    let sign = if part.starts_with('!') { "!" } else { "" };
                    self.fault(if self.names.sets.contains_key(name) {
                        finding.help(format!("write `{sign}@{name}`"))
                    } else {
                        finding.help("write a set by its name, as in `set = \"@gpu\"`")
                    });
                    continue;
                };
                let set = self.set_or_complement(name, negated, span.clone());
                all = self.both(&all, &set);
            }
            any.append(&mut all);
        }
        any
    }

    /// What both hold for.
    fn both(&mut self, one: &[Conjunction], other: &[Conjunction]) -> Vec<Conjunction> {
        let few = one.len() <= 1 || other.len() <= 1;
        if !few && !self.counts(one.len().saturating_mul(other.len())) {
            return Vec::new();
        }
        let pairs = one.iter().flat_map(|a| other.iter().map(move |b| a.and(b)));
        pairs.flatten().collect()
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
            self.fault(match name.split_once(',') {
                Some((set, rest)) => finding.help(format!(
                    "a set beside other keys is one of them: `set=@{set},{}`",
                    rest.trim()
                )),
                None => suggest(finding, name, known, "set", "@"),
            });
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
                key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && key
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
            });
            match (key, table.last_mut()) {
                (Some((key, value)), _) => {
                    let (key, value) = (key.trim(), value.trim());
                    let named = Spanned {
                        value: key.to_owned(),
                        span: at(key),
                    };
                    let term = Spanned {
                        value: RawTerms::One(value.to_owned()),
                        span: at(value),
                    };
                    if table.contains_key(key) {
                        twice.push(named.clone());
                    }
                    table.insert(named, term);
                }
                (None, Some((_, term))) => {
                    if let RawTerms::One(terms) = &mut term.value {
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
            .help(match &*key.value {
                "set" => "where both must hold, join them: `set=@a,@b`; where any may, write a table: `{ set = [\"@a\", \"@b\"] }`, or on the command line two selectors".to_owned(),
                key => format!(
                    "where any may hold, write a table: `{{ {key} = [\"…\", \"…\"] }}`, or on the command line two selectors; where all must, join the terms, as in `cuda=>=12,<13`"
                ),
            });
            self.fault(finding);
        }
        self.table(&table)
    }

    fn table(&mut self, table: &IndexMap<Spanned<String>, Spanned<RawTerms>>) -> Vec<Conjunction> {
        let mut own = Conjunction::over([]);
        let mut sets: Option<Vec<Conjunction>> = None;
        for (key, terms) in table {
            let place = (&key.value[..], &key.span);
            let one_or_many = match &terms.value {
                RawTerms::One(text) => OneOrMany::One(text.clone()),
                RawTerms::Many(list) => OneOrMany::Many(list.clone()),
                RawTerms::Attributes(attributes) => {
                    if attributes.is_empty() {
                        let finding = Finding::new(
                            &code::SELECTOR_SYNTAX,
                            format!("a table without terms for `{}` says nothing", key.value),
                            self.place(terms.span.clone(), "an empty table"),
                        )
                        .help("state at least one attribute, or leave the key out to mean every value");
                        self.fault(finding);
                    }
                    for (attribute, terms) in attributes {
                        let path = format!("{}.{}", key.value, attribute.value);
                        let place = (&path[..], &attribute.span);
                        self.key(place, (&terms.value, &terms.span), &mut own, &mut sets);
                    }
                    continue;
                }
            };
            self.key(place, (&one_or_many, &terms.span), &mut own, &mut sets);
        }
        match sets {
            None => vec![own],
            Some(sets) => self.both(&[own], &sets),
        }
    }

    /// One key: `cuda`, `cuda.os`, `image` or `set`.
    fn key(
        &mut self,
        (key, key_span): (&str, &Range<usize>),
        (terms, span): (&OneOrMany, &Range<usize>),
        own: &mut Conjunction,
        sets: &mut Option<Vec<Conjunction>>,
    ) {
        let items: Vec<Item<'_>> = match terms {
            OneOrMany::One(text) => vec![(text.as_str(), span.clone())],
            OneOrMany::Many(list) => {
                let items = list.iter();
                items.map(|t| (t.value.as_str(), t.span.clone())).collect()
            }
        };
        if items.is_empty() {
            let finding = Finding::new(
                &code::SELECTOR_SYNTAX,
                format!("a list without terms for `{key}` holds for nothing"),
                self.place(span.clone(), "an empty list"),
            )
            .help("state at least one term, or leave the key out to mean every value");
            self.fault(finding);
            return;
        }
        match key {
            "image" => {
                let images = Subject::images(&self.names.images);
                own.narrow_images(&self.flags(&images, &items));
            }
            "set" => {
                let meant = self.sets(&items);
                *sets = Some(match sets.take() {
                    Some(before) => self.both(&before, &meant),
                    None => meant,
                });
            }
            _ => {
                let (name, attribute) = match key.split_once('.') {
                    Some((name, attribute)) => (name, Some(attribute)),
                    None => (key, None),
                };
                let axes = self.names.axes;
                let Some(index) = axes.iter().position(|a| *a.name == *name) else {
                    self.unknown_axis(name, key_span);
                    return;
                };
                let subject = match attribute {
                    None | Some("value") => Subject::axis(&axes[index]),
                    Some(attribute) => match Subject::attribute(&axes[index], attribute) {
                        Some(subject) => subject,
                        None => {
                            self.unknown_attribute(&axes[index], attribute, key_span);
                            return;
                        }
                    },
                };
                self.axes.insert(AxisId(index));
                own.narrow(AxisId(index), &self.flags(&subject, &items));
            }
        }
    }

    fn unknown_axis(&mut self, name: &str, span: &Range<usize>) {
        let mut finding = Finding::new(
            &code::UNKNOWN_AXIS,
            format!("there is no axis `{name}`"),
            self.place(span.clone(), "unknown axis"),
        );
        let own = ["image", "set"];
        let known = || self.names.axes.iter().map(|a| &*a.name).chain(own);
        finding = match nearest(name, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.note(format!("a selector may name {}", or_list(known()))),
        };
        self.fault(finding);
    }
}

/// The set that a text names, and whether it means what that does not hold for: `@gpu`, `!@gpu`.
fn set_named(text: &str) -> Option<(&str, bool)> {
    let text = text.trim();
    let (text, negated) = match text.strip_prefix('!') {
        Some(rest) => (rest.trim_start(), true),
        None => (text, false),
    };
    Some((text.strip_prefix('@')?, negated))
}
