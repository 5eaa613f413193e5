//! The only reader: files with their text and lines, and where the repository is.

mod context;
mod file;
mod repository;

pub use context::{BuildContext, Ours};
pub use file::SourceFile;
pub use repository::{ReadError, Repository};
