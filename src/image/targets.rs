//! What the targets and groups of the bake file are called: words of bake's grammar, all of them different. And by which
//! names a target is linked to others.
//!
//! Groups go first, since people type them: images, sets, values of axes. A name that is taken gets its kind in front,
//! `set-gpu` where an image is `gpu` already, and then a number. Targets take what is left.

use std::collections::HashSet;
use std::sync::Arc;

use crate::config::Config;
use crate::grammar::{SpecId, familiar};
use crate::image::{Contents, Matrix, Spec};
use crate::matrix::{AxisId, ImageId, Selector};

/// The group of everything, which bake builds when it is asked for nothing.
pub const DEFAULT: &str = "default";

/// Targets and groups.
#[derive(Debug, PartialEq, Eq)]
pub struct TargetNames {
    /// The target of each spec, by [`SpecId`].
    pub targets: Vec<Arc<str>>,
    /// The groups, each with the names it holds.
    pub groups: Vec<Group>,
}

/// A group.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Arc<str>,
    /// Targets, or other groups.
    pub members: Vec<Arc<str>>,
}

impl TargetNames {
    /// Names every spec, and groups those that `kept` accepts.
    pub fn new(config: &Config, matrix: &Matrix, kept: Option<&Selector>) -> Self {
        let all = || (0..matrix.specs.len()).map(SpecId);
        let kept: Vec<bool> = matrix
            .specs
            .iter()
            .map(|spec| kept.is_none_or(|selector| spec.is_meant(selector)))
            .collect();
        let those = |holds: &dyn Fn(&Spec) -> bool| -> Vec<SpecId> {
            let specs = all().filter(|id| kept[id.0]);
            specs.filter(|id| holds(matrix.spec(*id))).collect()
        };

        let mut taken = HashSet::from([DEFAULT.to_owned()]);
        let mut claim = |kind: &str, natural: String| -> Arc<str> {
            if taken.insert(natural.clone()) {
                natural.into()
            } else {
                unused(&format!("{kind}-{natural}"), "-", &mut taken).into()
            }
        };
        let mut everything = Vec::new();
        let mut groups: Vec<(Arc<str>, Vec<SpecId>)> = Vec::new();
        let mut targets: Vec<Option<Arc<str>>> = vec![None; matrix.specs.len()];
        for (index, image) in config.images.iter().enumerate() {
            let of_image = |spec: &Spec| spec.image == ImageId(index);
            let only = all().find(|id| {
                let spec = matrix.spec(*id);
                of_image(spec) && spec.cell.iter().next().is_none()
            });
            let specs = those(&of_image);
            if only.is_none() && specs.is_empty() {
                continue;
            }
            let name = claim("image", word(&image.key));
            if !specs.is_empty() {
                everything.push(name.clone());
            }
            match only {
                // An image without axes has one spec, which is called like it.
                Some(only) => targets[only.0] = Some(name),
                None => groups.push((name, specs)),
            }
        }
        for (set, selector) in config.sets.keys().zip(&config.set_selectors) {
            let specs = those(&|spec| spec.is_meant(selector));
            if !specs.is_empty() {
                groups.push((claim("set", word(&set.value)), specs));
            }
        }
        for (index, axis) in config.axes.iter().enumerate() {
            for (value, text) in axis.values.iter().enumerate() {
                let specs = those(&|spec| spec.cell.get(AxisId(index)) == Some(value));
                if !specs.is_empty() {
                    let name = format!("{}-{}", word(&axis.name), word(&text.text));
                    groups.push((claim("axis", name), specs));
                }
            }
        }
        let targets: Vec<Arc<str>> = targets
            .into_iter()
            .zip(&matrix.specs)
            .map(|(own, spec)| {
                own.unwrap_or_else(|| unused(&natural(config, spec), "-", &mut taken).into())
            })
            .collect();

        let named = |(name, specs): (Arc<str>, Vec<SpecId>)| Group {
            name,
            members: specs.iter().map(|id| targets[id.0].clone()).collect(),
        };
        let default = Group {
            name: DEFAULT.into(),
            members: everything,
        };
        let groups = std::iter::once(default)
            .chain(groups.into_iter().map(named))
            .collect();
        TargetNames { targets, groups }
    }
}

/// Every name by which the Dockerfile of a spec may call what the spec stands on, in its familiar form, and what that is.
pub fn calls(matrix: &Matrix, contents: &Contents, id: SpecId) -> Vec<(String, SpecId)> {
    let own = contents.get(id).rendered.is_none();
    let mut called = Vec::new();
    for below in matrix.spec(id).stands_on() {
        let spec = matrix.spec(below);
        let references = if own { spec.references() } else { Vec::new() };
        for name in std::iter::once(contents.reference(spec, below)).chain(references) {
            called.push((familiar(&name), below));
        }
    }
    called
}

/// `base-3_11-12_8_1-server`: the image and its values.
fn natural(config: &Config, spec: &Spec) -> String {
    let values = spec
        .cell
        .iter()
        .map(|(axis, value)| config.value(axis, value));
    std::iter::once(&config.images[spec.image.0].key)
        .chain(values)
        .map(|text| word(text))
        .collect::<Vec<_>>()
        .join("-")
}

/// Text in bake's grammar, `[a-zA-Z0-9_-]+` (`validTargetNameChars` of buildx). Bake reads a `.` that is typed as `_`.
fn word(text: &str) -> String {
    let safe = |c: char| match c {
        '.' => '_',
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    };
    text.chars().map(safe).collect()
}

/// `wanted`, or `wanted` with the first number that makes it differ from all `taken`, which it then is itself.
pub fn unused(wanted: &str, separator: &str, taken: &mut HashSet<String>) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}{separator}{number}");
        number += 1;
    }
    name
}
