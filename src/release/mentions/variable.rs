//! References whose tag has variables in it: `acme/app:$(TAG)` below `TAG ?= v1.4.0`, `acme/app:$PY-v1.4.0` in a loop.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::config::Mention;
use crate::release::defaults::Use;
use crate::release::mentions::names::{ImageNames, Like, Spelling, ignoring};
use crate::release::mentions::shape::{Carried, Origin, Part, Shape, written};
use crate::release::mentions::sighting::{Fixed, MentionKind, Sighting, whole};
use crate::release::mentions::tag;
use crate::release::mentions::values::{Values, seems_given, values};
use crate::release::placeholders::is_placeholder;
use crate::source::SourceFile;

/// How many variables may stand in each other.
const DEPTH: usize = 8;

/// How many readings a tag may have: of more, a variable may be anything.
const READINGS: usize = 64;

/// The variables of a file, each read once.
pub(super) struct Variables<'f> {
    file: &'f Arc<SourceFile>,
    known: RefCell<HashMap<String, Rc<Values>>>,
    given: RefCell<HashMap<String, bool>>,
}

impl<'f> Variables<'f> {
    pub(super) fn of(file: &'f Arc<SourceFile>) -> Self {
        Variables {
            file,
            known: RefCell::default(),
            given: RefCell::default(),
        }
    }

    fn values(&self, name: &str) -> Rc<Values> {
        if let Some(known) = self.known.borrow().get(name) {
            return known.clone();
        }
        let values = Rc::new(values(self.file, name));
        self.known
            .borrow_mut()
            .insert(name.to_owned(), values.clone());
        values
    }

    /// Whether the file seems to give a name a version, in whatever way.
    fn seems_given(&self, name: &str) -> bool {
        if let Some(known) = self.given.borrow().get(name) {
            return *known;
        }
        let given = seems_given(&self.file.text, name);
        self.given.borrow_mut().insert(name.to_owned(), given);
        given
    }
}

/// What a tag comes to with the values of its variables in their place.
#[derive(Clone, Default)]
struct Reading {
    shape: Shape,
    /// Whether a variable in it is given more than one value.
    several: bool,
}

impl ImageNames<'_> {
    /// The reference that begins where a spelling was found, if its tag has variables in it and may not be any. What the
    /// file does not state, or computes, may be anything.
    pub(super) fn by_variable(
        &self,
        variables: &Variables<'_>,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
        mention: &Mention,
    ) -> Option<Sighting> {
        let opened = self.opened(text, found.clone(), spelling)?;
        let written = written(text, opened.start)?;
        let here = |at: Range<usize>| Origin::Text(at);
        let left = Cell::new(READINGS);
        let readings = readings(variables, text, &written.parts, &here, DEPTH, &left);
        let digest = text[written.end..].trim_start_matches(['"', '\'']);
        let digest = digest.starts_with("@sha").then_some(Fixed::Digest);
        let mut seen: Option<Sighting> = None;
        for reading in &readings {
            // What may be anything by one value may be of another release by the next.
            let Some(one) = self.of_shape(&reading.shape, &opened.repository, mention) else {
                continue;
            };
            let strange = matches!(
                one.kind,
                MentionKind::UnknownTag | MentionKind::UnknownRepository
            );
            if strange && (spelling.bare || opened.marked) {
                continue;
            }
            let several = reading.several.then_some(Fixed::Several);
            let (tag_span, value) = match one.origin {
                Some(Origin::Text(at)) => (at, None),
                Some(Origin::Value(value)) => (value.span.clone(), Some(value)),
                None => (opened.start..written.end, None),
            };
            let tag = match one.kind {
                MentionKind::UnknownTag if reading.shape.told().is_none() => {
                    text[opened.start..written.end].to_owned()
                }
                _ => one.tag,
            };
            let sighting = Sighting {
                file: variables.file.clone(),
                span: found.start..written.end,
                tag,
                tag_span,
                repository: opened.repository.clone(),
                fixed: digest.clone().or(several).or(one.fixed),
                kind: one.kind,
                value,
            };
            // One of several values is enough for an image of this release.
            if seen
                .as_ref()
                .is_none_or(|seen| rank(&sighting.kind) < rank(&seen.kind))
            {
                seen = Some(sighting);
            }
        }
        seen
    }

    /// The reference to an image of the matrix that begins where a spelling was found, if its tag is a variable to which the
    /// file gives a value in a way that is not read; and the variable.
    pub(super) fn unread(
        &self,
        variables: &Variables<'_>,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
        mention: &Mention,
    ) -> Option<(Range<usize>, String)> {
        let opened = self.opened(text, found.clone(), spelling)?;
        let ours = self.repositories.contains_key(opened.repository.as_str());
        if !ours || !ignoring(&opened.repository, mention).is_empty() {
            return None;
        }
        let end = written(text, opened.start)?.end;
        let tag = &text[opened.start..end];
        if tag.contains(['"', '\'']) {
            return None;
        }
        let words = tag.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let mut names = words
            .filter(|word| !word.is_empty() && !word.starts_with(|c: char| c.is_ascii_digit()));
        let name = names
            .find(|name| variables.values(name).known.is_empty() && variables.seems_given(name))?;
        Some((found.start..end, name.to_owned()))
    }

    /// What a tag is that comes to a shape; `None` where it may be anything.
    fn of_shape(&self, shape: &Shape, repository: &str, mention: &Mention) -> Option<Seen> {
        let seen = |tag: &str, kind| Seen {
            tag: tag.to_owned(),
            kind,
            fixed: None,
            origin: None,
        };
        let like = self.like(repository, shape, mention);
        let (part, kind) = match (shape.told(), like) {
            (Some(tag), like) => match (self.kind(repository, tag, mention)?, like) {
                (kind @ MentionKind::Current, Some(Like::Current { part, .. })) => {
                    let moved = shape.moved(part.clone(), shape.part(part));
                    return Some(Seen {
                        origin: moved.map(|(origin, _)| origin),
                        ..seen(tag, kind)
                    });
                }
                (MentionKind::Current, _) => return Some(seen(tag, MentionKind::Current)),
                (MentionKind::Stale { .. }, Some(Like::Stale { part, kind })) => (part, kind),
                (kind @ MentionKind::Stale { .. }, _) => (0..tag.len(), kind),
                // A word that is a default alone, such as `dev`, is made to be replaced.
                (kind, _) => {
                    let made = is_placeholder(tag) || !shape.has_digits();
                    return (!made).then(|| seen(tag, kind));
                }
            },
            (None, Some(Like::Current { tag, .. })) => {
                return Some(seen(tag, MentionKind::Current));
            }
            (None, Some(Like::Stale { part, kind })) => (part, kind),
            (None, Some(Like::Unknown)) => {
                return Some(seen(&shape.shown(), MentionKind::UnknownTag));
            }
            (None, None) => return None,
        };
        let MentionKind::Stale {
            tag: to,
            states,
            earlier_final,
        } = kind
        else {
            return None;
        };
        let dots = |text: &str| text.bytes().filter(|b| *b == b'.').count();
        let cut = shape.is_open(&part) && dots(shape.part(part.clone())) != dots(&to);
        let (origin, to, fixed) = match shape.moved(part, &to) {
            Some((origin, to)) => (Some(origin), to, cut.then_some(Fixed::Expression)),
            None => (None, to, Some(Fixed::Pieces)),
        };
        if let Some(Origin::Value(value)) = &origin
            && value.by.iter().any(|name| name.starts_with("__"))
        {
            // A module that states its own version is not the images'.
            return None;
        }
        Some(Seen {
            tag: shape.shown(),
            kind: MentionKind::Stale {
                states,
                tag: to,
                earlier_final,
            },
            fixed,
            origin,
        })
    }
}

/// The images of a text whose tags read a value by one of the variables that carry it.
pub(super) fn uses(
    text: &str,
    carried: &Carried,
    on_disk: &dyn Fn(Range<usize>) -> Vec<Range<usize>>,
) -> Vec<Use> {
    let mut found = Vec::new();
    for name in &carried.by {
        for (at, _) in text.match_indices(name.as_str()) {
            let inside = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if text[..at].ends_with(inside) || text[at + name.len()..].starts_with(inside) {
                continue;
            }
            let line = near(text, at);
            let put_to = PUT_TO
                .as_ref()
                .and_then(|put| put.captures(&text[line..at]));
            if let Some(image) = put_to.and_then(|found| found.get(1)) {
                let start = line + image.start();
                found.push(Use {
                    // What is ours begins there, and is read to the variable.
                    read: start..at + name.len(),
                    value: vec![carried.span.clone()],
                    image: whole(&on_disk(start..at + name.len())),
                });
                continue;
            }
            let before = text[..at].strip_suffix("env.").unwrap_or(&text[..at]);
            let before = before.trim_end_matches([' ', '$', '{', '(', '#']);
            let tag = before.trim_end_matches(tag::is_tag);
            let Some(path) = tag.strip_suffix(':') else {
                continue;
            };
            let start = path.len() - length_of_image(path);
            let Some(read) = written(text, tag.len()) else {
                continue;
            };
            let named = read.parts.contains(&Part::Variable(Some(name.as_str())));
            if named && read.end > at && is_image(text, start..path.len()) {
                found.push(Use {
                    read: at..at + name.len(),
                    value: vec![carried.span.clone()],
                    image: whole(&on_disk(start..read.end)),
                });
            }
        }
    }
    found
}

/// Images to whose names a value is put by an operator: `"redis:" + TAG`, `"acme/tool:%s" % TAG`.
static PUT_TO: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"["']([a-z0-9][\w./-]*:)(?:["'][ \t]*(?:\+|~|\.\.)|%[sv]["'][ \t]*[%,(]+)[ \t]*$"#)
        .ok()
});

/// Where the line begins that a place is on, or so much of it as says what is done there.
fn near(text: &str, at: usize) -> usize {
    const ENOUGH: usize = 256;
    let mut from = at.saturating_sub(ENOUGH);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text[from..at]
        .rfind('\n')
        .map_or(from, |end| from + end + 1)
}

/// How long the name is at the end of a text that an image may have.
fn length_of_image(text: &str) -> usize {
    let inside = |c: char| {
        c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '/' | ':')
    };
    text.len() - text.trim_end_matches(inside).len()
}

/// Whether a name with a tag is that of an image: one of somebody's, or on a line that says what is done with images.
fn is_image(text: &str, name: Range<usize>) -> bool {
    let word = &text[name.clone()];
    let line = text[near(text, name.start)..name.start].to_ascii_lowercase();
    let does = [
        "image", "docker", "podman", "nerdctl", "crane", "skopeo", "from",
    ];
    let quoted = text[..name.start].ends_with(['"', '\'', '`']);
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !word.contains("//")
        && (quoted || word.contains('/') || does.iter().any(|word| line.contains(word)))
}

/// What a shape was seen to be.
struct Seen {
    tag: String,
    kind: MentionKind,
    fixed: Option<Fixed>,
    /// Where that is written which moves.
    origin: Option<Origin>,
}

fn rank(kind: &MentionKind) -> usize {
    match kind {
        MentionKind::Current => 0,
        MentionKind::Stale { .. } => 1,
        MentionKind::UnknownTag | MentionKind::UnknownRepository | MentionKind::NoTag => 2,
    }
}

/// What parts of a tag come to: one reading for each way to give its variables the values that the file states.
fn readings(
    variables: &Variables<'_>,
    text: &str,
    parts: &[Part<'_>],
    origin: &dyn Fn(Range<usize>) -> Origin,
    depth: usize,
    left: &Cell<usize>,
) -> Vec<Reading> {
    let mut all = vec![Reading::default()];
    for part in parts {
        let name = match part {
            Part::Text(at) => {
                for reading in &mut all {
                    reading.shape.add(&text[at.clone()], origin(at.clone()));
                }
                continue;
            }
            Part::Variable(name) => *name,
        };
        let values = name.map(|name| (name, variables.values(name)));
        let more = |values: &Values| values.known.len().saturating_mul(all.len());
        let values = values.filter(|(_, values)| {
            depth > 0 && !values.known.is_empty() && more(values) <= left.get()
        });
        let Some((name, values)) = values else {
            all.iter_mut().for_each(|reading| reading.shape.add_any());
            continue;
        };
        left.set(left.get() - more(&values));
        let known = values.known.iter();
        let inner: Vec<Reading> = known
            .flat_map(|value| of_value(variables, name, value.clone(), depth - 1, left))
            .collect();
        all = all
            .iter()
            .flat_map(|reading| {
                inner.iter().map(|value| Reading {
                    shape: reading.shape.followed_by(&value.shape, name),
                    several: reading.several || value.several || values.several,
                })
            })
            .collect();
    }
    all
}

/// What the value of a variable comes to, which may have others in it.
fn of_value(
    variables: &Variables<'_>,
    name: &str,
    span: Range<usize>,
    depth: usize,
    left: &Cell<usize>,
) -> Vec<Reading> {
    let value = &variables.file.text[span.clone()];
    let on_disk = |at: Range<usize>| {
        Origin::Value(Carried {
            span: span.start + at.start..span.start + at.end,
            by: vec![name.to_owned()],
        })
    };
    let parts = match written(value, 0) {
        Some(written) if written.end == value.len() => written.parts,
        _ => vec![Part::Text(0..value.len())],
    };
    readings(variables, value, &parts, &on_disk, depth, left)
}
