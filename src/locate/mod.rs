//! Where a file of the library states a version, and the bytes to change so that it states another.
//!
//! Nothing is run: code is parsed by its grammar, data by its format, and what is not written out in the file is told
//! as [`Unfound::Computed`]. Files are as they stand on disk, so spans are bytes on disk, byte order mark and CRLF
//! included.
//!
//! ```text
//! file name → Kind → code (tree-sitter) | line (.env, Makefile, Dockerfile) | data (TOML, JSON, YAML)
//!           → candidates → the one that is meant → Found: its value, its span, its form → edits
//! ```

mod choose;
mod code;
mod data;
mod find;
mod found;
mod kind;
mod line;
mod literal;
mod path;
mod search;
mod unfound;
mod word;

pub(crate) use data::yaml::documents as yaml_documents;
pub(crate) use data::{Kind, Node};
pub use find::{constant, key, key_list, list};
pub use found::{Edit, Found, FoundList, Unwritable};
pub use path::{KeyPath, PathFault};
pub use search::{Search, SearchFault, pattern};
pub use unfound::Unfound;
pub(super) use unfound::occurrence;
