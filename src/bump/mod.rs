//! Moving: what a release, or the bases it stands on, change of the library, as sets of planned files.

mod bases;
mod moving;
mod news;
mod release;
mod target;
mod texts;

pub use bases::{Base, Bases, Moved, Refreshed, Relock};
pub use moving::Move;
pub use news::News;
pub use release::{Asked, Bump, plan};
pub use target::{Ahead, Destination};
pub use texts::Rewritten;
