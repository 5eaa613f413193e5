//! The only reader: files with their text and lines, where the repository is, and what git knows of it.

mod attributes;
mod blob;
mod confined;
mod conflict;
mod context;
mod dockerignore;
mod dockerpattern;
mod family;
mod file;
mod git;
mod members;
mod owner;
mod plain;
mod repository;
mod snapshot;
mod walk;
mod wildmatch;
mod worktree;

pub use confined::Refusal;
pub use conflict::{conflict, is_mark};
pub use context::{BuildContext, Ours, Strange};
pub use dockerignore::{DockerIgnore, FolderMatch, IgnoreFault, Sieve, Verdict};
pub use dockerpattern::BadPattern;
pub use family::{Family, LISTER, Vain, Why};
pub use file::SourceFile;
pub use git::{Commit, Git, GitError, ORIGIN, Object};
pub use members::{Below, Members, Origin};
pub use owner::Owner;
pub use plain::plain;
pub use repository::{ReadError, Repository};
pub use snapshot::Snapshot;
pub use walk::Wanted;
