//! Which refs a repository lacks, by git's own files: most checks ask for a tag that is not there yet, and to start git takes
//! longer than to look.

#![expect(clippy::disallowed_methods, reason = "the room that asks git")]

use std::fs;
use std::path::Path;

use memchr::memmem;

use crate::source::Git;
use crate::source::walk::is_absent;
use crate::source::worktree::{Worktree, common_folder};

impl Git<'_> {
    /// Whether there is surely none of these refs, which all worktrees of a repository share, told by their full names. Where
    /// it is not sure, git has to be asked. Source: `refs`, `packed-refs` and `reftable` in gitrepository-layout(5).
    pub fn lacks(&self, refs: &[String]) -> bool {
        let top = self
            .root()
            .ancestors()
            .find(|folder| Worktree::is_top(folder));
        let Some(shared) = top.and_then(common_folder) else {
            return false;
        };
        let absent = |path: &Path| fs::symlink_metadata(path).is_err_and(|error| is_absent(&error));
        let in_files = shared.join("objects").is_dir()
            && shared.join("refs").is_dir()
            && absent(&shared.join("reftable"));
        let packed = match fs::read(shared.join("packed-refs")) {
            Ok(packed) => packed,
            Err(error) if is_absent(&error) => Vec::new(),
            Err(_) => return false,
        };
        let lacks = |name: &String| {
            absent(&shared.join(name)) && memmem::find(&packed, name.as_bytes()).is_none()
        };
        in_files && refs.iter().all(lacks)
    }
}
