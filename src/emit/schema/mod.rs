//! The JSON Schema of the matrix, for editors that know none: the same text in every repository.

mod options;

pub use options::{FILE, Schema};
