//! From axes and rules to the cells that exist.

use itertools::Itertools;

use crate::matrix::{Arches, Axis, AxisId, ImageId, Selector};

/// The largest product of one image's axes that is expanded; beyond it nobody means what they wrote.
pub(crate) const MAX_CELLS: u128 = 250_000;

/// One full assignment of an image's axes (without `arch` unless the image prints it).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cell {
    values: Box<[(AxisId, usize)]>,
}

impl Cell {
    /// A cell from its assignments, in the image's order of axes.
    pub fn new(values: impl Into<Box<[(AxisId, usize)]>>) -> Self {
        Cell {
            values: values.into(),
        }
    }

    /// The value's index on `axis`, when the image has that axis.
    pub fn get(&self, axis: AxisId) -> Option<usize> {
        self.values
            .iter()
            .find(|(id, _)| *id == axis)
            .map(|(_, value)| *value)
    }

    /// The assignments, in the image's order of axes.
    pub fn iter(&self) -> impl Iterator<Item = (AxisId, usize)> + '_ {
        self.values.iter().copied()
    }
}

/// What decides which cells of one image exist.
#[derive(Debug)]
pub(crate) struct Rules<'a> {
    /// The image.
    pub image: ImageId,
    /// Its axes, in its order, without `arch`.
    pub axes: &'a [AxisId],
    /// Its `match`.
    pub matches: Option<&'a Selector>,
    /// All excludes of the matrix.
    pub excludes: Vec<&'a Selector>,
    /// The `arch` axis and the indices of its values the image may have.
    pub arch: Option<(AxisId, Vec<usize>)>,
}

/// The cells of one image, in declared order (the first axis varies slowest).
#[derive(Debug, Default)]
pub(crate) struct Cells {
    /// Each cell with the values of `arch` left to it.
    pub cells: Vec<(Cell, Arches)>,
    /// Whether `match` alone rejected anything.
    pub match_removes: bool,
}

/// Number of cells in the product of these axes, platforms not counted.
pub(crate) fn product_size(axes: &[Axis], ids: &[AxisId]) -> u128 {
    ids.iter()
        .map(|id| axes[id.0].values.len() as u128)
        .fold(1, u128::saturating_mul)
}

/// Expands one image. A cell exists iff `match` accepts it and no exclude does; a rule that names `arch` takes away
/// that platform only, and a cell with none left is gone. The product must have been bounded before.
pub(crate) fn expand(axes: &[Axis], rules: &Rules<'_>) -> Cells {
    let mut found = Cells::default();
    for cell in product(axes, rules.axes) {
        match &rules.arch {
            None => {
                if survives(rules, &cell, None, &mut found.match_removes) {
                    found.cells.push((cell, Arches::InCell));
                }
            }
            Some((axis, values)) => {
                let left: Vec<usize> = values
                    .iter()
                    .copied()
                    .filter(|v| survives(rules, &cell, Some((*axis, *v)), &mut found.match_removes))
                    .collect();
                if !left.is_empty() {
                    found.cells.push((cell, Arches::Folded(*axis, left)));
                }
            }
        }
    }
    found
}

/// Every cell of these axes, in declared order: the first axis varies slowest. No axes make one cell.
pub(crate) fn product<'a>(axes: &'a [Axis], ids: &'a [AxisId]) -> impl Iterator<Item = Cell> + 'a {
    ids.iter()
        .map(|id| (0..axes[id.0].values.len()).map(move |value| (*id, value)))
        .multi_cartesian_product()
        .map(Cell::new)
}

fn survives(
    rules: &Rules<'_>,
    cell: &Cell,
    arch: Option<(AxisId, usize)>,
    match_removes: &mut bool,
) -> bool {
    let accepted = rules
        .matches
        .is_none_or(|m| m.holds(rules.image, cell, arch));
    *match_removes |= !accepted;
    accepted
        && !rules
            .excludes
            .iter()
            .any(|e| e.holds(rules.image, cell, arch))
}
