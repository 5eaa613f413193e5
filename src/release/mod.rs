//! The release and its places in the library: where they are, and whether they agree.

mod arguments;
mod begun;
mod defaults;
mod forms;
pub mod lockfiles;
pub mod mentions;
pub mod pins;
mod placeholders;
mod reading;
pub mod unseen;
mod workspace;

pub use begun::Begun;
pub use reading::how_to_state;
