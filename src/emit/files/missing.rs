//! The cells that an image's axes have and that do not exist, each with the reason.

use std::sync::Arc;

use serde::Serialize;

use crate::config::Config;
use crate::grammar::Pairs;
use crate::image::{Spec, Verdict, verdict, verdict_on};
use crate::matrix::{AxisId, Cell, ImageId, Selector, product, product_size};

/// How many are named; the rest is counted.
const MOST: usize = 10_000;

/// A cell that does not exist.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Missing {
    /// The family.
    pub image: Arc<str>,
    /// Its values, by axis.
    pub cell: Pairs<Arc<str>, Arc<str>>,
    /// What removed it.
    #[serde(flatten)]
    pub why: Why,
}

/// What removes a cell, or a platform of one.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Why {
    /// `exclude`, `match` or `platforms`.
    pub by: &'static str,
    /// Why, as the matrix says it.
    pub reason: String,
}

/// A platform that a spec might have.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Lacking {
    /// The value of `arch`.
    pub arch: Arc<str>,
    /// What removed it.
    #[serde(flatten)]
    pub why: Why,
}

/// The missing cells of these images, and how many there are that are not among them.
pub(super) fn missing(
    config: &Config,
    images: impl Iterator<Item = ImageId>,
    selector: Option<&Selector>,
) -> (Vec<Missing>, usize) {
    let mut found = Vec::new();
    let mut left = MOST;
    let mut rest = 0;
    for id in images {
        let image = &config.images[id.0];
        let size = usize::try_from(product_size(&config.axes, &image.axes)).unwrap_or(usize::MAX);
        let taken = size.min(left);
        left -= taken;
        rest += size - taken;
        for cell in product(&config.axes, &image.axes).take(taken) {
            if selector.is_some_and(|selector| !could_mean(config, selector, id, &cell)) {
                continue;
            }
            let Some(why) = why(config, id, &verdict(config, id, &cell)) else {
                continue;
            };
            let named = |(axis, value)| {
                let name = config.axis(axis).name.clone();
                (name, config.value(axis, value).clone())
            };
            found.push(Missing {
                image: image.key.clone(),
                cell: cell.iter().map(named).collect(),
                why,
            });
        }
    }
    (found, rest)
}

/// Whether a selector means a cell, on some value of `arch`.
fn could_mean(config: &Config, selector: &Selector, image: ImageId, cell: &Cell) -> bool {
    let arch = config.arch.filter(|_| config.images[image.0].folded);
    let Some(axis) = arch else {
        return selector.holds(image, cell, None);
    };
    let mut values = 0..config.axis(axis).values.len();
    values.any(|value| selector.holds(image, cell, Some((axis, value))))
}

/// The platforms that a spec does not have, by the values of `arch`.
pub(super) fn lacking(config: &Config, spec: &Spec) -> Vec<Lacking> {
    let folded = config.arch.filter(|_| config.images[spec.image.0].folded);
    let Some(axis) = folded else {
        return Vec::new();
    };
    let values = 0..config.axis(axis).values.len();
    values
        .filter_map(|value| {
            let arch: (AxisId, usize) = (axis, value);
            let verdict = verdict_on(config, spec.image, &spec.cell, Some(arch));
            Some(Lacking {
                arch: config.value(axis, value).clone(),
                why: why(config, spec.image, &verdict)?,
            })
        })
        .collect()
}

fn why(config: &Config, image: ImageId, verdict: &Verdict) -> Option<Why> {
    let key = &config.images[image.0].key;
    Some(match verdict {
        Verdict::Exists => return None,
        Verdict::Excluded(rule) => Why {
            by: "exclude",
            reason: config.excludes[*rule].reason.clone(),
        },
        Verdict::NotMatched(span) => Why {
            by: "match",
            reason: format!(
                "{key} is made where {} holds",
                shortened(config.file.slice(span.clone()))
            ),
        },
        Verdict::NoPlatform(_) => Why {
            by: "platforms",
            reason: format!("{key} is not made for this platform"),
        },
    })
}

/// A selector as it is written, on one line.
fn shortened(written: &str) -> String {
    let words: Vec<&str> = written.split_whitespace().collect();
    words.join(" ")
}
