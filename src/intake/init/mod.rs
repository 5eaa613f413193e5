//! A first matrix for a repository that has none: what is there is declared, what cannot be told is asked in a comment.

mod compose;
mod presets;
mod propose;
mod sound;
mod sources;
mod survey;

pub use presets::Preset;
pub use propose::{Begun, begin};
