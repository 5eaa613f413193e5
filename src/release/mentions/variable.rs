//! References whose tag has variables in it: `acme/app:$(TAG)` below `TAG ?= v1.4.0`, `acme/app:$PY-v1.4.0` in a loop.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::config::Mention;
use crate::release::defaults::Use;
use crate::release::locate::{self, Unfound};
use crate::release::mentions::names::{Like, Names, Spelling};
use crate::release::mentions::shape::{Carried, Origin, Part, Shape, written};
use crate::release::mentions::sighting::{Fixed, Kind, Sighting, whole};
use crate::release::mentions::tag;
use crate::release::placeholders::is_placeholder;
use crate::source::SourceFile;

/// How many variables may stand in each other.
const DEPTH: usize = 8;

/// What a tag comes to with the values of its variables in their place.
#[derive(Clone, Default)]
struct Reading {
    shape: Shape,
    /// Whether a variable in it is given more than one value.
    several: bool,
}

impl Names<'_> {
    /// The reference that begins where a spelling was found, if its tag has variables in it and may not be any. What the
    /// file does not state, or computes, may be anything.
    pub(super) fn by_variable(
        &self,
        file: &Arc<SourceFile>,
        text: &str,
        found: Range<usize>,
        spelling: &Spelling,
        mention: &Mention,
    ) -> Option<Sighting> {
        let opened = self.opened(text, found.clone(), spelling)?;
        let written = written(text, opened.start)?;
        let here = |at: Range<usize>| Origin::Text(at);
        let readings = readings(file, text, &written.parts, &here, DEPTH);
        let digest = text[written.end..].trim_start_matches(['"', '\'']);
        let digest = digest.starts_with("@sha").then_some(Fixed::Digest);
        let mut seen: Option<Sighting> = None;
        for reading in &readings {
            let one = self.of_shape(&reading.shape, &opened.repository, mention)?;
            let strange = matches!(one.kind, Kind::UnknownTag | Kind::UnknownRepository);
            if strange && (spelling.bare || opened.marked) {
                return None;
            }
            let several = reading.several.then_some(Fixed::Several);
            let (tag_span, value) = match one.origin {
                Some(Origin::Text(at)) => (at, None),
                Some(Origin::Value(value)) => (value.span.clone(), Some(value)),
                None => (opened.start..written.end, None),
            };
            let tag = match one.kind {
                Kind::UnknownTag if reading.shape.told().is_none() => {
                    text[opened.start..written.end].to_owned()
                }
                _ => one.tag,
            };
            let sighting = Sighting {
                file: file.clone(),
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
                (kind @ Kind::Current, Some(Like::Current { part, .. })) => {
                    let moved = shape.moved(part.clone(), shape.part(part));
                    return Some(Seen {
                        origin: moved.map(|(origin, _)| origin),
                        ..seen(tag, kind)
                    });
                }
                (Kind::Current, _) => return Some(seen(tag, Kind::Current)),
                (Kind::Stale { .. }, Some(Like::Stale { part, kind })) => (part, kind),
                (kind @ Kind::Stale { .. }, _) => (0..tag.len(), kind),
                // A word that is a default alone, such as `dev`, is made to be replaced.
                (kind, _) => {
                    let made = is_placeholder(tag) || !shape.has_digits();
                    return (!made).then(|| seen(tag, kind));
                }
            },
            (None, Some(Like::Current { tag, .. })) => return Some(seen(tag, Kind::Current)),
            (None, Some(Like::Stale { part, kind })) => (part, kind),
            (None, Some(Like::Unknown)) => return Some(seen(&shape.shown(), Kind::UnknownTag)),
            (None, None) => return None,
        };
        let Kind::Stale {
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
            kind: Kind::Stale {
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
            let named = read.parts.contains(&Part::Variable(Some(name)));
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
    let line = text[..name.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line..name.start].to_ascii_lowercase();
    let does = [
        "image", "docker", "podman", "nerdctl", "crane", "skopeo", "from",
    ];
    word.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !word.contains("//")
        && (word.contains('/') || does.iter().any(|word| line.contains(word)))
}

/// What a shape was seen to be.
struct Seen {
    tag: String,
    kind: Kind,
    fixed: Option<Fixed>,
    /// Where that is written which moves.
    origin: Option<Origin>,
}

fn rank(kind: &Kind) -> usize {
    match kind {
        Kind::Current => 0,
        Kind::Stale { .. } => 1,
        Kind::UnknownTag | Kind::UnknownRepository | Kind::NoTag => 2,
    }
}

/// What parts of a tag come to: one reading for each way to give its variables the values that the file states.
fn readings(
    file: &SourceFile,
    text: &str,
    parts: &[Part<'_>],
    origin: &dyn Fn(Range<usize>) -> Origin,
    depth: usize,
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
        let values = match name {
            Some(name) if depth > 0 && all.len() <= DEPTH => values(file, name),
            _ => Vec::new(),
        };
        if values.is_empty() {
            all.iter_mut().for_each(|reading| reading.shape.add_any());
            continue;
        }
        let name = name.unwrap_or_default();
        let inner: Vec<Reading> = values
            .iter()
            .flat_map(|value| of_value(file, name, value.clone(), depth - 1))
            .collect();
        all = all
            .iter()
            .flat_map(|reading| {
                inner.iter().map(|value| Reading {
                    shape: reading.shape.followed_by(&value.shape, name),
                    several: reading.several || value.several || values.len() > 1,
                })
            })
            .collect();
    }
    all
}

/// What the value of a variable comes to, which may have others in it.
fn of_value(file: &SourceFile, name: &str, span: Range<usize>, depth: usize) -> Vec<Reading> {
    let value = &file.text[span.clone()];
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
    readings(file, value, &parts, &on_disk, depth)
}

/// Where the values of a variable stand on disk: what a reader of constants finds; of several, and in texts that no such
/// reader fits, what is given to the name on lines of its own, perhaps put together from others. Values with escapes are left out.
fn values(file: &SourceFile, name: &str) -> Vec<Range<usize>> {
    match locate::constant(file, name) {
        Ok(found) => {
            let plain = file.text.get(found.span.clone()) == Some(&found.value);
            plain.then_some(found.span).into_iter().collect()
        }
        Err(Unfound::Several(_) | Unfound::Computed { .. } | Unfound::Language { .. }) => {
            given(&file.text, name)
        }
        Err(_) => Vec::new(),
    }
}

/// `TAG=v1`, `export TAG="v1"`, `$ TAG=v1`, `TAG: v1`, `- TAG=v1`, `let TAG = "v1";` on a line of its own.
fn given(text: &str, name: &str) -> Vec<Range<usize>> {
    let lines = text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    });
    let mut found = Vec::new();
    for (start, line) in lines.filter(|(_, line)| line.contains(name)) {
        let Some(value) = GIVEN.as_ref().and_then(|given| given.captures(line)) else {
            continue;
        };
        if value.get(1).is_some_and(|given| given.as_str() == name)
            && let Some(value) = value.get(2)
        {
            found.push(start + value.start()..start + value.end());
        }
    }
    found
}

static GIVEN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r#"^[ \t]*(?:[$>%#-][ \t]+)*(?:(?:export|readonly|local|declare|set|ENV|ARG|const|let|var|static|final|String|\$env:)[ \t]+)*["']?([A-Za-z_]\w*)["']?[ \t]*(?::=|\?=|=|:)[ \t]*(?:[fFrRuU]{0,2}["'`])?([\w.{}$()-]+)["'`]?[ \t]*[;,]?[ \t]*(?:[#/].*)?\r?\n?$"#,
    )
    .ok()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gives_a_variable_its_value_on_a_line_of_its_own() {
        for (text, values) in [
            ("TAG=v1.4.0\n", &["v1.4.0"][..]),
            ("  $ export TAG=\"v1.4.0\"\n", &["v1.4.0"]),
            ("env:\n  TAG: v1.4.0  # now\n", &["v1.4.0"]),
            ("- TAG='3.12-$V'\r\n", &["3.12-$V"]),
            ("TAG=v1\nx\nTAG=v2\n", &["v1", "v2"]),
            ("set TAG=v1", &["v1"]),
            ("THE_TAG=v1\n", &[]),
            ("TAG = f\"{PY}-v1\"\n", &["{PY}-v1"]),
            ("const TAG = `${PY}-v1`;\n", &["${PY}-v1"]),
            ("TAG=$(git describe --tags)\n", &[]),
            ("TAG=v1 x\n", &[]),
            ("the TAG: v1\n", &[]),
        ] {
            let found: Vec<&str> = given(text, "TAG").into_iter().map(|at| &text[at]).collect();
            assert_eq!(found, values, "{text}");
        }
    }
}
