//! Axes, selectors and cells: from the declared matrix to the cells of each image that exist.

mod axis;
mod compose;
mod expand;
mod selector;
mod term;
mod verdict;
mod version;

pub use axis::{
    Attribute, Axis, AxisId, Part, Value, reserved_axis_name, valid_axis_name, value_fault,
};
pub use expand::{Cell, Cells, MAX_CELLS, Rules, expand, product_size};
pub use selector::{Arches, Conjunction, ImageId, Selector};
pub use term::{Term, TermFault};
pub use verdict::{Judged, Verdict, removers, verdict, verdicts};
pub use version::Version;
