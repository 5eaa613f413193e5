//! Two revisions of a matrix, side by side: which specs came, went or changed and why, which tags moved, and what that
//! costs to build. `gen diff` prints it for people, machines, and pull requests.

mod between;
mod grouped;
mod json;
mod markdown;
mod model;
mod text;

pub use between::{Side, between, first};
pub use json::json;
pub use markdown::markdown;
pub use model::{Changed, Diff, FORMAT, File, How, Line, Listed, Moved, Place, Summary, Tag, Tags};
pub use text::text;
