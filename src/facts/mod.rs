//! Facts of the outside world, shipped as data with source and date: which images exist, how long things are supported,
//! what providers accept. The world is open: what no table knows is unknown, never non-existent.
//!
//! A file of the user's, named by `[facts] file`, adds rows and stands for shipped ones.

mod actions;
mod cuda;
mod day;
mod known;
mod machinery;
mod named;
mod rolling;
mod shipped;
mod tables;

pub use actions::{PinnedAction, USED_ACTIONS, action_pins};
pub use cuda::{CudaTag, Existence};
pub use day::Day;
pub use known::{By, Distribution, Facts, Known};
pub use machinery::{Machinery, MachineryImage};
pub use named::release;
pub use shipped::shipped_limits;
pub use tables::{Basis, CudaImage, DistributionRelease, PythonCycle, Tables};
