//! A selector: a partial assignment of axes, resolved against the declared values.

use std::ops::Range;

use crate::matrix::{AxisId, Cell};

/// Index of an image in declared order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageId(pub usize);

/// The values of `arch` that are a spec's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arches {
    /// Its cell has them all: it prints its `arch`, or there is no such axis.
    InCell,
    /// Values of that axis, folded into the spec.
    Folded(AxisId, Vec<usize>),
}

impl Arches {
    /// The values that are folded.
    pub fn folded(&self) -> &[usize] {
        match self {
            Arches::InCell => &[],
            Arches::Folded(_, values) => values,
        }
    }
}

/// Conjunctions of which any must hold.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The alternatives.
    pub any: Vec<Conjunction>,
    /// Where it stands in the matrix file.
    pub span: Range<usize>,
}

/// Axis by axis, the values that are meant. Terms are resolved to one flag a value, so that matching is a look-up.
#[derive(Clone, Debug)]
pub struct Conjunction {
    /// Flags over the values of an axis; each axis at most once.
    pub terms: Vec<(AxisId, Box<[bool]>)>,
    /// Flags over the images, when the selector names `image`.
    pub images: Option<Box<[bool]>>,
}

impl Selector {
    /// Whether it holds for a cell of an image. `arch` is the value of the `arch` axis looked at, if there is one.
    /// An axis the image lacks makes an alternative hold for nothing.
    pub fn holds(&self, image: ImageId, cell: &Cell, arch: Option<(AxisId, usize)>) -> bool {
        self.any.iter().any(|c| c.holds(image, cell, arch))
    }

    /// Whether it holds for a cell on any of its platforms, folded or printed.
    pub fn holds_on_any(&self, image: ImageId, cell: &Cell, arches: &Arches) -> bool {
        match arches {
            Arches::InCell => self.holds(image, cell, None),
            Arches::Folded(axis, values) => values
                .iter()
                .any(|a| self.holds(image, cell, Some((*axis, *a)))),
        }
    }
}

impl Conjunction {
    fn holds(&self, image: ImageId, cell: &Cell, arch: Option<(AxisId, usize)>) -> bool {
        self.images.as_ref().is_none_or(|images| images[image.0])
            && self.terms.iter().all(|(axis, allowed)| {
                let value = match arch {
                    Some((id, value)) if id == *axis => Some(value),
                    _ => cell.get(*axis),
                };
                value.is_some_and(|v| allowed[v])
            })
    }
}
