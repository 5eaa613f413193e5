//! Specs: what each cell is called, what it stands on, and what goes into it.

mod alias;
mod bounds;
mod content;
mod context;
mod digest;
mod grammar;
mod groups;
mod hash;
mod identity;
mod lineage;
mod lines;
mod merge;
pub mod pins;
pub mod pipelines;
pub mod plan;
mod platform;
pub mod reference;
mod repositories;
mod resolve;
mod shared;
pub mod shares;
mod spec;
pub mod targets;

pub use alias::aliases;
pub use content::{Contents, RenderedSpec, render_specs};
pub use context::{ContextHash, ignore_path, ignore_text};
pub use digest::{Digest, NoDigest, Short};
pub use hash::{CONTENT_FORMAT, Ingredients};
pub use identity::Mirrors;
pub use merge::{merge, merge_telling};
pub use plan::Plan;
pub use platform::{Platform, arch};
pub use reference::familiar;
pub use resolve::resolve;
pub use shared::shared;
pub use spec::{Alias, Matrix, Spec, SpecId, describe_cell, id_word};
