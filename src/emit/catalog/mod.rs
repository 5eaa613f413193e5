//! The catalog: what a library needs to pick an image by axis values at run time, as a Python module and as JSON.

mod entries;
mod module;
mod names;
mod options;

pub use entries::Entries;
pub use module::{TEMPLATE, context};
pub use names::{PythonNames, RESERVED_CONSTANTS};
pub use options::{Catalog, JSON, PYTHON};
