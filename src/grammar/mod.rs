//! Words of the field as types, without a file, a finding or a decision: what every other room speaks of.

mod cron;
pub mod lists;
mod mirrors;
mod pairs;
mod platform;
mod ref_name;
pub mod reference;
pub mod relative;
pub mod release;
mod spanned;
mod spec_id;
mod target;
mod version;

pub use cron::is_cron;
pub use mirrors::Mirrors;
pub use pairs::Pairs;
pub use platform::{Platform, arch};
pub use ref_name::is_ref_name;
pub use reference::familiar;
pub use release::{ReleaseStep, ReleaseVersion, Scheme};
pub use spanned::Spanned;
pub use spec_id::SpecId;
pub use target::Target;
pub use version::Version;
