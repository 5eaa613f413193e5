//! The planned tree: what belongs to gen, what differs, and writing it so that nothing is ever torn.

mod block;
mod drift;
mod found;
mod links;
mod list;
mod moved;
mod tree;
mod whose;
mod write;

pub use block::{Block, Unmarked, ranges as block_ranges};
pub use drift::{Change, Drift, State, compare};
pub use links::{first_linked, is_linked};
pub use list::{Owned, has_header, made_from};
pub use moved::{MovedImage, MovedImages, RunImage, Unadoptable, is_dockerfile};
pub use tree::{Planned, Refused, Tree};
pub use whose::Claims;
pub use write::{
    Edit, WriteError, create, lock, note, note_path, noted, probe, settle, unnote, write,
};
