//! Rules that look at a matrix, its plan and the disk, and report what drifted. One rule a file.

mod bases;
mod build_config;
mod context;
mod dockerfile;
mod gathered;
mod own_python;
mod registry;
mod rules;
mod settle;
mod stands_on;
mod strays;
mod tag_words;
mod workflow;

pub use bases::{BaseImage, cuda_built, cuda_said, cuda_version};
pub use context::Context;
pub use dockerfile::Recipes;
pub use registry::{RULES, Rule, ground, run};
pub(crate) use rules::drift::drift_findings;
pub use rules::drift::refused_outputs;
pub use rules::git_unasked::unasked_finding;
pub use rules::lock_stale::stale_finding;
