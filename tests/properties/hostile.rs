//! Texts that want to break out, and every place of `matrix.toml` that takes a text. They stand in `hostile.json` and
//! `hostile.template`, which `tests/consumers` reads too.

use std::sync::LazyLock;

use serde::Deserialize;

/// What stands in a place when nothing hostile does.
pub(super) const PLAIN: &str = "zq7q7z";

/// `hostile.json`
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'static"))]
struct Hostile {
    pieces: Vec<String>,
    places: Vec<Place>,
}

fn hostile() -> Hostile {
    serde_json::from_str(include_str!("hostile.json")).expect("texts and places")
}

/// Pieces of hostile texts. Each stands alone too.
pub(super) static PIECES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let pieces = hostile().pieces.into_iter();
    pieces.map(|piece| &*piece.leak()).collect()
});

/// Every place. Where a plain word would be refused, a text of the right form stands instead.
pub(super) static PLACES: LazyLock<Vec<Place>> = LazyLock::new(|| hostile().places);

/// A place that takes a text. `hostile.template` has `@` and the name where the text goes.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Place {
    pub name: &'static str,
    /// Whether the text is a template, in which `{{` begins something.
    pub templated: bool,
    /// Whether it takes any line of text; the others take what their grammar allows, and refuse the rest.
    pub open: bool,
    /// The text that stands there in the matrix that all others are compared with.
    pub plain: &'static str,
}

impl Place {
    /// What stands in the place when `inner` is the text to be put there.
    pub(super) fn holding(&self, inner: &str) -> String {
        if self.plain.contains(PLAIN) {
            self.plain.replace(PLAIN, inner)
        } else {
            inner.to_owned()
        }
    }

    /// What stands in the place when another one is looked at: each name another, where names must differ.
    fn quiet(&self) -> String {
        match self.name {
            "tag" | "name" | "alias" | "from" => self.name.to_owned(),
            "own-target" => "final".to_owned(),
            name if name.ends_with("-key") => name.replace('-', ""),
            _ => self.plain.replace(PLAIN, "plain"),
        }
    }
}

const MATRIX: &str = include_str!("hostile.template");

/// A TOML string. Keys are quoted as well.
fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A template that prints exactly `text`.
fn template(text: &str) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    // A string in the language of templates, which reads JSON's escapes.
    let literal = serde_json::to_string(text).expect("a string");
    format!("{{{{ {literal} }}}}")
}

/// The matrix in which these places hold `inner`, and all others what is quiet there.
pub(super) fn matrix(holding: &[Place], inner: &str) -> String {
    let mut out = String::new();
    let mut rest = MATRIX;
    while let Some((before, after)) = rest.split_once('@') {
        let end = after
            .find(|c: char| !(c.is_ascii_lowercase() || c == '-'))
            .unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        let place = PLACES
            .iter()
            .find(|p| p.name == name)
            .expect("a place of that name");
        let held = holding.iter().any(|p| p.name == name);
        let text = if held {
            place.holding(inner)
        } else {
            place.quiet()
        };
        out.push_str(before);
        out.push_str(&toml_string(&if place.templated {
            template(&text)
        } else {
            text
        }));
        rest = after;
    }
    out + rest
}

/// The Dockerfile that image `own` names.
pub(super) fn own_dockerfile(target: &str) -> String {
    format!("FROM debian:13 AS base\nARG V\nFROM base AS {target}\n")
}

#[test]
fn every_place_is_in_the_matrix() {
    for place in PLACES.iter() {
        let text = matrix(&[*place], place.plain);
        assert!(text.contains(place.plain), "{}", place.name);
    }
    assert_eq!(MATRIX.matches('@').count(), PLACES.len());
}
