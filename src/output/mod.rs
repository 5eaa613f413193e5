//! The planned tree: what belongs to gen, what differs, and writing it so that nothing is ever torn.

mod drift;
mod links;
mod list;
mod tree;
mod write;

pub use drift::{Change, Drift, State, compare};
pub use list::{LIST, Owned, has_header};
pub use tree::{Planned, Tree, plain};
pub use write::{Edit, WriteError, lock, probe, write};
