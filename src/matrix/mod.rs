//! Axes, selectors and cells: from the declared matrix to the cells of each image that exist.

mod axis;
mod compose;
mod expand;
mod selector;
mod term;

pub(crate) use axis::{
    Attribute, Axis, AxisId, Part, Value, reserved_axis_name, valid_axis_name, value_fault,
};
pub(crate) use expand::{Cell, MAX_CELLS, Rules, expand, product, product_size};
pub(crate) use selector::{Arches, Conjunction, ImageId, Selector};
pub(crate) use term::{Term, TermFault, glob};
