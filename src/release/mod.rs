//! The release and its places in the library: where they are, whether they agree, and moving them.

mod arguments;
pub mod bases;
pub mod bump;
mod defaults;
mod forms;
pub mod locate;
pub mod lockfiles;
pub mod mentions;
pub mod moving;
pub mod news;
pub mod pins;
mod placeholders;
mod reading;
pub mod target;
mod texts;
pub mod unseen;
pub mod version;
mod workspace;

pub use reading::how_to_state;
pub use texts::Rewritten;
