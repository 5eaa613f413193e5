//! The planned tree: what belongs to gen, what differs, and writing it so that nothing is ever torn.

mod drift;
mod links;
mod list;
mod tree;
mod write;

pub use drift::{Change, Drift, State, compare};
pub use links::is_linked;
pub use list::{LIST, Owned, has_header};
pub use tree::{Planned, Tree};
pub use write::{Edit, WriteError, lock, note, noted, probe, settle, write};
