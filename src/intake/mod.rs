//! Moving in: rows in, a declaration out.
//!
//! What another tool's file says of images ([`import`]) becomes rows; whatever it was, one engine puts a short
//! declaration together (`factor`) and proves, before anything is written, that it expands to the same images (`prove`).
//! What cannot be said is told with its line.

mod bake;
mod factor;
mod fields;
mod gather;
mod init;
mod look;
mod prove;
mod row;
mod value;
mod workflow;

pub use fields::FieldOption;
pub use gather::{Imported, ReadOptions, agrees, import};
pub use init::{Begun, Preset, begin};
pub use row::{Told, Weight};
pub use value::Unreadable;
