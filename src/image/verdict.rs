//! Why a cell exists or not.

use std::ops::Range;

use crate::config::Config;
use crate::diagnostic::Place;
use crate::matrix::product;
use crate::matrix::{AxisId, Cell, ImageId, Selector};

/// What became of one cell (on one value of `arch`, when that is folded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It exists.
    Exists,
    /// The image's `match`, standing there, does not accept it.
    NotMatched(Range<usize>),
    /// The exclude of that index removes it.
    Excluded(usize),
    /// The image's `platforms`, standing there, leave its platform out.
    NoPlatform(Range<usize>),
}

impl Verdict {
    /// The place of what removed the cell, with what it is; nothing when the cell exists.
    pub fn place(&self, config: &Config) -> Option<Place> {
        Some(match self {
            Verdict::Exists => return None,
            Verdict::NotMatched(span) => config.place(span.clone(), "removed by this `match`"),
            Verdict::Excluded(rule) => {
                let rule = &config.excludes[*rule];
                config.place(
                    rule.span.clone(),
                    format!("removed by this exclude: {}", rule.reason),
                )
            }
            Verdict::NoPlatform(span) => config.place(span.clone(), "removed by `platforms`"),
        })
    }
}

/// A cell, the value of `arch` when it was told apart, and what became of it.
pub type Judged = (Cell, Option<(AxisId, usize)>, Verdict);

/// Judges every cell of an image's product that `asked` means. `arch` is told apart only when it is asked for.
pub fn verdicts(config: &Config, image: usize, asked: &Selector) -> Vec<Judged> {
    let id = ImageId(image);
    let family = &config.images[image];
    let folded = config.arch.filter(|_| family.folded);
    let asks_arch = folded.is_some_and(|a| {
        asked
            .any
            .iter()
            .any(|c| c.terms.iter().any(|(t, _)| *t == a))
    });
    let mut found = Vec::new();
    for cell in product(&config.axes, &family.axes) {
        let arches: Vec<Option<(AxisId, usize)>> = match folded {
            None => vec![None],
            Some(axis) => (0..config.axis(axis).values.len())
                .map(|v| Some((axis, v)))
                .collect(),
        };
        let asked_for: Vec<_> = arches
            .into_iter()
            .filter(|a| asked.holds(id, &cell, *a))
            .collect();
        let judged: Vec<_> = asked_for
            .into_iter()
            .map(|a| (a, judge(config, id, &cell, a)))
            .collect();
        if asks_arch {
            found.extend(
                judged
                    .into_iter()
                    .map(|(arch, verdict)| (cell.clone(), arch, verdict)),
            );
        } else if let Some((_, verdict)) = judged
            .iter()
            .find(|(_, v)| *v == Verdict::Exists)
            .or(judged.first())
        {
            found.push((cell, None, verdict.clone()));
        }
    }
    found
}

/// Judges one cell: it exists when it does on any platform, else the first platform's verdict is its own.
pub fn verdict(config: &Config, id: ImageId, cell: &Cell) -> Verdict {
    let arch = config.arch.filter(|_| config.images[id.0].folded);
    let Some(axis) = arch else {
        return judge(config, id, cell, None);
    };
    let all = (0..config.axis(axis).values.len()).map(|v| judge(config, id, cell, Some((axis, v))));
    all.reduce(
        |first, next| {
            if next == Verdict::Exists { next } else { first }
        },
    )
    .unwrap_or(Verdict::Exists)
}

/// What removes cells of an image, each once: its `match`, excludes, `platforms`.
pub fn removers(config: &Config, id: ImageId) -> Vec<Verdict> {
    let mut found = Vec::new();
    for cell in product(&config.axes, &config.images[id.0].axes) {
        let verdict = verdict(config, id, &cell);
        if verdict != Verdict::Exists && !found.contains(&verdict) {
            found.push(verdict);
        }
    }
    found
}

/// Judges one cell on one value of `arch`, where that is folded.
pub fn verdict_on(
    config: &Config,
    id: ImageId,
    cell: &Cell,
    arch: Option<(AxisId, usize)>,
) -> Verdict {
    judge(config, id, cell, arch)
}

fn judge(config: &Config, id: ImageId, cell: &Cell, arch: Option<(AxisId, usize)>) -> Verdict {
    let family = &config.images[id.0];
    if let Some(selector) = family.matches.as_ref().filter(|m| !m.holds(id, cell, arch)) {
        return Verdict::NotMatched(selector.span.clone());
    }
    if let Some(rule) = config
        .excludes
        .iter()
        .position(|e| e.selector.holds(id, cell, arch))
    {
        return Verdict::Excluded(rule);
    }
    // Folded, or printed: what `platforms` leaves out is gone.
    let printed = || {
        let axis = config.arch?;
        Some((axis, cell.get(axis)?))
    };
    let platform = arch
        .or_else(printed)
        .and_then(|(axis, value)| config.axis(axis).values[value].platform.as_ref());
    if let Some(platform) = platform {
        let rows = family
            .rows
            .iter()
            .filter(|r| r.selector.as_ref().is_none_or(|s| s.holds(id, cell, None)));
        let stated = rows.filter_map(|r| r.keys.platforms.as_ref()).next_back();
        if let Some((_, span)) = stated.filter(|(list, _)| !list.contains(platform)) {
            return Verdict::NoPlatform(span.clone());
        }
    }
    Verdict::Exists
}
