//! Mentions: references to the matrix's images in documents, examples and workflows, and whether they are current.

mod carriers;
mod files;
mod last_final;
mod names;
mod shape;
mod sighting;
mod sisters;
mod tag;
mod text;
mod values;
mod variable;

pub(in crate::release) use carriers::Carrier;
pub use last_final::{LastFinal, recorded};
pub use names::{ImageNames, Stated};
pub use shape::Carried;
pub use sighting::{
    Fixed, IdleMarker, MentionKind, Mentions, Sighting, Unjudged, Unread, Unreadable,
};
pub use sisters::Sisters;

/// What keeps a mention that is old on purpose: on its line, or alone on the line above.
pub const MARKER: &str = "basematrix: keep";
