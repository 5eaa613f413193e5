//! The only reader: files with their text and lines, where the repository is, and what git knows of it.

mod attributes;
mod blob;
mod confined;
mod context;
mod dockerignore;
mod dockerpattern;
mod file;
mod git;
mod members;
mod plain;
mod repository;
mod walk;
mod worktree;

pub use confined::Refusal;
pub use context::{BuildContext, Ours, Strange};
pub use dockerignore::{DockerIgnore, FolderMatch, IgnoreFault, Sieve, Verdict};
pub use dockerpattern::BadPattern;
pub use file::SourceFile;
pub use git::{Checkout, Commit, Git, GitError, ORIGIN, Object};
pub use members::{Below, Members, Origin};
pub use plain::plain;
pub use repository::{ReadError, Repository};
