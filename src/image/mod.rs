//! Specs: what each cell is called, what it stands on, and what goes into it.

mod alias;
mod baked;
mod bounds;
mod content;
mod context;
mod digest;
mod grammar;
mod groups;
mod hash;
mod lineage;
mod lines;
mod merge;
pub mod pins;
pub mod pipelines;
pub mod plan;
mod rendering;
mod repositories;
mod resolve;
mod shared;
pub mod shares;
mod spec;
pub mod targets;
mod verdict;

pub use alias::aliases;
pub use baked::{RELEASE_LABEL, release_finding};
pub use content::{Contents, RenderedSpec, render_specs};
pub use context::{ContextHash, ignore_path, ignore_text};
pub use digest::{Digest, NoDigest, Short};
pub use hash::{CONTENT_FORMAT, Ingredients};
pub use merge::{merge, merge_telling};
pub use plan::Plan;
pub use rendering::TEMPLATE;
pub use resolve::resolve;
pub use shared::shared;
pub use spec::{Alias, Matrix, Spec, describe_cell, id_word};
pub use verdict::{Judged, Verdict, removers, verdict, verdicts};
