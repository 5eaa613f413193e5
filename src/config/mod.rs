//! `matrix.toml`: as written ([`raw`]), then validated into [`Config`], which is always valid.

mod attributes;
mod axes;
mod ci;
mod fields;
mod images;
mod keys;
mod load;
mod model;
mod outputs;
pub mod raw;
mod registries;
mod release;
mod selectors;
mod shape;
mod spanned;
mod unions;
mod validate;

pub use fields::{comparison_finding, field_finding};
pub use load::{load, schema};
pub use model::{
    Alias, Ci, Config, Exclude, Expect, Image, Keys, ParentRef, Registry, RegistryId, RegistryKind,
    Release, Row,
};
pub use outputs::{Catalog, Outputs};
pub use raw::RawPython as PythonSource;
pub use selectors::{Names, parse_text as parse_selector};
pub use spanned::Spanned;
pub use unions::OneOrMany;
