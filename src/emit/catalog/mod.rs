//! The catalog: what a library needs to pick an image by axis values at run time, as a Python module and as JSON.

mod entries;
mod module;

pub(super) use entries::Entries;
pub(super) use module::{TEMPLATE, context};
