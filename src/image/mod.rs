//! Specs: what each cell is called, what it stands on, and what goes into it.

mod alias;
mod bounds;
mod content;
mod context;
mod digest;
mod grammar;
mod hash;
mod identity;
mod lineage;
mod merge;
pub mod pins;
pub mod pipelines;
pub mod plan;
mod platform;
pub mod reference;
mod resolve;
mod shared;
mod spec;

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
