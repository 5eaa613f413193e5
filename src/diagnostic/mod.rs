//! What the tool tells people: one finding model, one registry of codes, one renderer per format.
//!
//! Every room upstream reports by making [`Finding`]s; nothing here prints.

mod codes;
mod concise;
mod finding;
mod fold;
mod full;
mod github;
mod gitlab;
mod json;
mod nearest;
mod order;
mod sarif;
mod sink;
mod visible;

pub use codes::{ALL, Code, Stage, by_name};
pub use concise::concise;
pub use finding::{Finding, Fix, Place, Severity, sort};
pub use fold::fold;
pub use full::full;
pub use github::github;
pub use gitlab::gitlab;
pub use json::json;
pub use nearest::{and_list, nearest, or_list, suggest};
pub use order::by_version;
pub use sarif::sarif;
pub use sink::{Sink, Stopped};
pub use visible::{visible, visible_lines};

pub mod code {
    //! The codes by name, for the rooms that raise them.
    pub use super::codes::statics::*;
}
