//! Template environments: what templates may see, and how each kind of file is escaped.
//!
//! Templates hold layout. Every decision is taken before one runs; a fault in one is a finding into the template.

mod analyse;
pub mod blocks;
mod bounds;
mod compared;
mod depth;
mod dialect;
mod fields;
mod kinds;
mod literal;
mod objects;
mod prose;
mod python;
mod spent;
mod table;
mod templates;
mod yaml;

pub use analyse::{Uses, analyse};
pub use compared::{Comparison, Unequal};
#[cfg(test)]
pub(crate) use depth::bounded;
pub use dialect::{Dialect, Sign, environment, shell_word};
pub use fields::{Field, FieldFault, Fields, field_words};
pub use kinds::Comment;
pub use literal::{csv as csv_field, heading};
pub use objects::{AxisObject, NoneWatch, Printed, Scope, VersionObject};
pub use prose::{markdown as markdown_text, markdown_code};
pub use python::{is_python_keyword, is_python_name};
pub use table::{RELEASE_FIELDS, TableObject};
#[cfg(test)]
pub(crate) use templates::COMMON;
pub(crate) use templates::shipped;
pub use templates::{Shipped, Templates, fault_finding, is_shipped};
pub use yaml::other_than_text;
