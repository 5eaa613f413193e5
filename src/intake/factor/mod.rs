//! Rows in, a short declaration out.
//!
//! What the rows vary becomes [axes](variables) with attributes, what each image says a [template](template) over them,
//! which cells there are few [selectors](cells). There is more than one way to do that; all are written out, and of those
//! that are proved to say the same as the rows the shortest is taken.

mod cells;
mod draft;
mod family;
mod homes;
mod layout;
mod table;
mod template;
mod variables;

pub(super) use draft::{declare, stem};
