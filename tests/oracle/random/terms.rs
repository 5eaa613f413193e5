//! Random selectors: every kind of term, lists, sets, the `image` key.

use std::ops::Range;

use toml::{Table, Value as Toml};

use super::axes::AxisModel;
use crate::draw::Draw;

/// A declared set and the axes it names.
pub struct SetModel {
    pub name: String,
    pub written: Toml,
    pub axes: Vec<&'static str>,
}

/// A selector over one or two of these axes, now and then a list of two, or one with a set.
pub fn selector(draw: &mut Draw, axes: &[AxisModel], sets: &[SetModel]) -> Toml {
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
        let set = Toml::String(draw.pick(&sets).clone());
        if draw.chance(60) {
            return set;
        }
        return Toml::Array(vec![keys(draw, axes, 1..2), set]);
    }
    if draw.chance(12) {
        return Toml::Array(vec![keys(draw, axes, 1..3), keys(draw, axes, 1..3)]);
    }
    keys(draw, axes, 1..3)
}

/// A selector that leaves something over more often than not.
pub fn narrow(draw: &mut Draw, axes: &[AxisModel], sets: &[SetModel]) -> Toml {
    if draw.chance(75) {
        keys(draw, axes, 2..4)
    } else {
        selector(draw, axes, sets)
    }
}

pub fn keys(draw: &mut Draw, axes: &[AxisModel], count: Range<usize>) -> Toml {
    let mut chosen = axes.to_vec();
    draw.shuffle(&mut chosen);
    chosen.truncate(count.start + draw.below(count.len()));
    let entries = chosen
        .iter()
        .map(|axis| (axis.name.to_string(), terms(draw, axis)));
    Toml::Table(entries.collect::<Table>())
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
pub fn image_term(draw: &mut Draw, images: &[String]) -> Toml {
    let one = draw.pick(images).clone();
    match draw.below(6) {
        0 => Toml::Array(vec![one.into(), draw.pick(images).clone().into()]),
        1 => format!("!{one}").into(),
        2 => format!("{}*", &one[..1]).into(),
        _ => one.into(),
    }
}

pub fn sets(draw: &mut Draw, axes: &[AxisModel]) -> Vec<SetModel> {
    let mut sets: Vec<SetModel> = Vec::new();
    if axes.is_empty() {
        return sets;
    }
    for name in ["gpu", "modern"] {
        if !draw.chance(40) {
            continue;
        }
        let axis = draw.pick(axes).clone();
        let own = keys(draw, std::slice::from_ref(&axis), 1..2);
        let nested = sets
            .first()
            .filter(|_| draw.chance(30))
            .map(|set| (format!("@{}", set.name), set.axes.clone()));
        let mut names = vec![axis.name];
        let written = match nested {
            Some((earlier, more)) => {
                names.extend(more);
                Toml::Array(vec![earlier.into(), own])
            }
            None => own,
        };
        sets.push(SetModel {
            name: name.into(),
            written,
            axes: names,
        });
    }
    sets
}
