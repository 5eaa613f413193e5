//! Random selectors: every kind of term, lists, sets, the `image` key.

use std::ops::Range;

use toml::{Table, Value as Toml};

use super::axes::AxisModel;
use crate::oracle::draw::Draw;

/// A declared set and the axes it names.
pub(super) struct SetModel {
    pub name: String,
    pub written: Toml,
    pub axes: Vec<&'static str>,
}

/// A selector over one or two of these axes, now and then a list of two, or one with a set.
pub(super) fn selector(draw: &mut Draw, axes: &[AxisModel], sets: &[SetModel]) -> Toml {
    let fitting = |set: &&SetModel| {
        set.axes
            .iter()
            .all(|name| axes.iter().any(|axis| axis.name == *name))
    };
    let sets: Vec<String> = sets
        .iter()
        .filter(fitting)
        .map(|set| format!("@{}", set.name))
        .collect();
    if !sets.is_empty() && draw.chance(30) {
        let set = set_term(draw, &sets);
        return match draw.below(5) {
            0 | 1 => set.into(),
            2 => Toml::Array(vec![keys(draw, axes, 1..2), set.into()]),
            _ => {
                let mut with = keys(draw, axes, 1..2);
                if let Toml::Table(table) = &mut with {
                    let term = match draw.below(4) {
                        0 => Toml::Array(vec![set.into(), set_term(draw, &sets).into()]),
                        _ => set.into(),
                    };
                    table.insert("set".into(), term);
                }
                with
            }
        };
    }
    if draw.chance(10)
        && let Some(text) = as_text(&keys(draw, axes, 1..3))
    {
        return text.into();
    }
    if draw.chance(12) {
        return Toml::Array(vec![keys(draw, axes, 1..3), keys(draw, axes, 1..3)]);
    }
    keys(draw, axes, 1..3)
}

/// A selector that leaves something over more often than not.
pub(super) fn narrow(draw: &mut Draw, axes: &[AxisModel], sets: &[SetModel]) -> Toml {
    if draw.chance(75) {
        keys(draw, axes, 2..4)
    } else {
        selector(draw, axes, sets)
    }
}

/// `@set`, or its complement.
pub(super) fn set_term(draw: &mut Draw, sets: &[String]) -> String {
    format!("{}{}", draw.pick(&["", "", "!"]), draw.pick(sets))
}

/// The selector as one text, where none of its terms is a list.
pub(crate) fn as_text(selector: &Toml) -> Option<String> {
    let mut pieces = Vec::new();
    for (key, terms) in selector.as_table()? {
        match terms {
            Toml::String(term) => pieces.push(format!("{key}={term}")),
            Toml::Table(attributes) => {
                for (attribute, term) in attributes {
                    pieces.push(format!("{key}.{attribute}={}", term.as_str()?));
                }
            }
            _ => return None,
        }
    }
    Some(pieces.join(","))
}

pub(super) fn keys(draw: &mut Draw, axes: &[AxisModel], count: Range<usize>) -> Toml {
    let mut chosen = axes.to_vec();
    draw.shuffle(&mut chosen);
    chosen.truncate(count.start + draw.below(count.len()));
    let mut entries = Table::new();
    for axis in &chosen {
        match axis.attribute(draw).filter(|_| draw.chance(35)) {
            None => {
                entries.insert(axis.name.into(), terms(draw, axis));
            }
            Some(attribute) => entries.extend(by_attribute(draw, axis, &attribute)),
        }
    }
    Toml::Table(entries)
}

/// An attribute, and at times the value beside it: `"cuda.os" = …`, or `cuda.os = …`, which TOML reads as a table.
fn by_attribute(draw: &mut Draw, axis: &AxisModel, attribute: &AxisModel) -> Table {
    let mut inside = Table::from_iter([(attribute.name.to_string(), terms(draw, attribute))]);
    if draw.chance(30) {
        inside.insert("value".into(), terms(draw, axis));
    }
    if draw.chance(50) {
        return Table::from_iter([(axis.name.to_string(), Toml::Table(inside))]);
    }
    let quoted = |(key, terms)| (format!("{}.{key}", axis.name), terms);
    inside.into_iter().map(quoted).collect()
}

fn terms(draw: &mut Draw, axis: &AxisModel) -> Toml {
    if draw.chance(20) {
        return Toml::Array(vec![term(draw, axis).into(), term(draw, axis).into()]);
    }
    term(draw, axis).into()
}

fn term(draw: &mut Draw, axis: &AxisModel) -> String {
    let value = draw.pick(&axis.values).clone();
    let bound = bound(draw, axis);
    match draw.below(16) {
        0..5 => value,
        5 | 6 => format!("!{value}"),
        7 => format!("!{value},!{}", draw.pick(&axis.values)),
        8 | 9 => format!("{}{bound}", draw.pick(&[">=", ">", "<=", "<"])),
        10 => format!(">={bound},<{}", self::bound(draw, axis)),
        11 => format!("!>={bound}"),
        12 => format!("<={bound},!{value}"),
        13 => format!("{}{}.*", draw.pick(&["", "!"]), stem(&bound)),
        14 if axis.none => draw.pick(&["none", "!none", "n*", "!*e", "*"]).to_string(),
        _ => {
            let (first, last) = (&value[..1], &value[value.len() - 1..]);
            draw.pick(&[
                format!("{first}*"),
                format!("*{last}"),
                format!("!{first}*{last}"),
                "*.*".into(),
            ])
            .clone()
        }
    }
}

/// A version near those of the axis.
fn bound(draw: &mut Draw, axis: &AxisModel) -> String {
    if axis.versions.is_empty() {
        return "2.0".into();
    }
    let version = draw.pick(&axis.versions).clone();
    match draw.below(6) {
        0 => stem(&version),
        1 => format!("{}.0", stem(&version)),
        2 => format!("{}rc1", stem(&version)),
        _ => version,
    }
}

/// The version without its last component and what follows.
fn stem(version: &str) -> String {
    let numbers: Vec<&str> = version.split('.').collect();
    let kept = numbers[..numbers.len().max(2) - 1].join(".");
    kept.trim_end_matches(|c: char| !c.is_ascii_digit()).into()
}

/// What the `image` key may say of these images.
pub(super) fn image_term(draw: &mut Draw, images: &[String]) -> Toml {
    let one = draw.pick(images).clone();
    match draw.below(6) {
        0 => Toml::Array(vec![one.into(), draw.pick(images).clone().into()]),
        1 => format!("!{one}").into(),
        2 => format!("{}*", &one[..1]).into(),
        _ => one.into(),
    }
}

pub(super) fn sets(draw: &mut Draw, axes: &[AxisModel]) -> Vec<SetModel> {
    let mut sets: Vec<SetModel> = Vec::new();
    if axes.is_empty() {
        return sets;
    }
    for name in ["gpu", "modern", "last"] {
        if !draw.chance(40) {
            continue;
        }
        let axis = draw.pick(axes).clone();
        let own = keys(draw, std::slice::from_ref(&axis), 1..2);
        let earlier: Vec<String> = sets.iter().map(|set| format!("@{}", set.name)).collect();
        let mut names = vec![axis.name];
        let written = match own {
            own if !earlier.is_empty() && draw.chance(50) => {
                // What it names is what all of them name: enough to know whom it may touch.
                names.extend(sets.iter().flat_map(|set| set.axes.clone()));
                let set = set_term(draw, &earlier);
                match (draw.below(3), own) {
                    (0, _) => set.into(),
                    (1, Toml::Table(mut own)) => {
                        own.insert("set".into(), set.into());
                        own.into()
                    }
                    (_, own) => Toml::Array(vec![set.into(), own]),
                }
            }
            own => own,
        };
        sets.push(SetModel {
            name: name.into(),
            written,
            axes: names,
        });
    }
    sets
}
