//! What targets and groups are called: words of bake's grammar, all of them different.
//!
//! Groups go first, since people type them: images, sets, values of axes. A name that is taken gets its kind in front,
//! `set-gpu` where an image is `gpu` already, and then a number. Targets take what is left.

use std::collections::HashSet;

use crate::config::Config;
use crate::emit::work::unused;
use crate::image::{Matrix, Spec, SpecId};
use crate::matrix::{AxisId, ImageId, Selector};

/// The group of everything, which bake builds when it is asked for nothing.
pub const DEFAULT: &str = "default";

/// Targets and groups.
#[derive(Debug, PartialEq, Eq)]
pub struct Names {
    /// The target of each spec, by [`SpecId`].
    pub targets: Vec<String>,
    /// The groups, each with the names it holds.
    pub groups: Vec<Group>,
}

/// A group.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Targets, or other groups.
    pub members: Vec<String>,
}

impl Names {
    /// Names every spec, and groups those that `kept` accepts.
    pub fn new(config: &Config, matrix: &Matrix, kept: Option<&Selector>) -> Self {
        let accepts = |selector: &Selector, spec: &Spec| {
            let arch = config.arch.filter(|_| config.images[spec.image.0].folded);
            selector.holds_on_any(spec.image, &spec.cell, arch, &spec.arches)
        };
        let kept: Vec<SpecId> = (0..matrix.specs.len())
            .map(SpecId)
            .filter(|id| kept.is_none_or(|s| accepts(s, matrix.spec(*id))))
            .collect();
        let those = |holds: &dyn Fn(&Spec) -> bool| -> Vec<SpecId> {
            let specs = kept.iter().copied();
            specs.filter(|id| holds(matrix.spec(*id))).collect()
        };

        let mut taken = HashSet::from([DEFAULT.to_owned()]);
        let mut claim = |kind: &str, natural: &str| {
            if taken.insert(natural.to_owned()) {
                natural.to_owned()
            } else {
                unused(&format!("{kind}-{natural}"), "-", &mut taken)
            }
        };
        let mut targets = vec![None; matrix.specs.len()];
        let mut groups: Vec<(String, Vec<SpecId>)> = Vec::new();
        for (index, image) in config.images.iter().enumerate() {
            let specs: Vec<SpecId> = (0..matrix.specs.len())
                .map(SpecId)
                .filter(|id| matrix.spec(*id).image == ImageId(index))
                .collect();
            let name = || word(&image.key);
            match specs[..] {
                // An image without axes is its only spec, by the same name.
                [only] if matrix.spec(only).cell.iter().next().is_none() => {
                    targets[only.0] = Some(claim("image", &name()));
                }
                _ => {
                    let specs = those(&|spec| spec.image == ImageId(index));
                    if !specs.is_empty() {
                        groups.push((claim("image", &name()), specs));
                    }
                }
            }
        }
        let images = groups.len();
        for (set, selector) in config.sets.keys().zip(&config.set_selectors) {
            let specs = those(&|spec| accepts(selector, spec));
            if !specs.is_empty() {
                groups.push((claim("set", &word(&set.value)), specs));
            }
        }
        for (index, axis) in config.axes.iter().enumerate() {
            for (value, text) in axis.values.iter().enumerate() {
                let specs = those(&|spec| spec.cell.get(AxisId(index)) == Some(value));
                if !specs.is_empty() {
                    let name = format!("{}-{}", word(&axis.name), word(&text.text));
                    groups.push((claim("axis", &name), specs));
                }
            }
        }
        let targets: Vec<String> = targets
            .into_iter()
            .zip(&matrix.specs)
            .map(|(own, spec)| {
                own.unwrap_or_else(|| unused(&natural(config, spec), "-", &mut taken))
            })
            .collect();

        let alone = kept.iter().filter(|id| {
            let grouped = &groups[..images];
            !grouped.iter().any(|(_, specs)| specs.contains(id))
        });
        let mut everything: Vec<String> = groups[..images].iter().map(|g| g.0.clone()).collect();
        everything.extend(alone.map(|id| targets[id.0].clone()));
        let members = |specs: Vec<SpecId>| specs.iter().map(|id| targets[id.0].clone()).collect();
        let mut named = vec![Group {
            name: DEFAULT.to_owned(),
            members: everything,
        }];
        named.extend(groups.into_iter().map(|(name, specs)| Group {
            name,
            members: members(specs),
        }));
        Names {
            targets,
            groups: named,
        }
    }
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
