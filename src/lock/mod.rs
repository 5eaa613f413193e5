//! `matrix.lock`: what a release is made of, recorded when it is cut, so that `gen check` can tell offline and without
//! git whether an image release is due, and which input of which spec calls for it.
//!
//! The file is committed. Only `gen bump` and `gen lock` write it: it is no output of `gen matrix`, which neither
//! rewrites nor removes it, and it is part of no build context.

mod change;
mod files;
mod group;
mod inputs;
mod model;
mod published;
mod read;
mod standing;
mod tagged;
mod write;

pub use change::{InputChange, changes};
pub use files::ContextFiles;
pub use group::{Group, grouped, some};
pub use inputs::{Below, Inputs, dockerfile};
pub use model::{Entry, FORMAT, Lock, Recorded};
pub use published::{Before, Looking, Published, Unseen};
pub use read::Unread;
pub use standing::{Difference, Standing};
