//! Hashes of build contexts, each folder once a run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::source::{BuildContext, DockerIgnore, Ours, Repository};

/// The ignore file of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Beside {
    /// The path of the user's.
    Own(String),
    /// The text of a rendered one.
    Rendered(String),
}

/// Where the ignore file of a Dockerfile lies, which builders read in place of that of the context.
pub fn ignore_path(dockerfile: &str) -> String {
    format!("{dockerfile}.dockerignore")
}

/// The ignore file that lets these files through and no others.
pub fn ignore_text(header: &str, files: &[String]) -> String {
    let mut text = format!("# {header}\n**\n");
    for file in files {
        match file.strip_prefix('!') {
            // A line that begins with `#` is a comment.
            Some(left_out) if left_out.starts_with('#') => {
                text.push('/');
                text.push_str(left_out);
            }
            Some(left_out) => text.push_str(left_out),
            None => {
                text.push('!');
                text.push_str(file);
            }
        }
        text.push('\n');
    }
    text
}

/// Hashes build contexts, each once.
pub struct ContextHash<'a> {
    repository: &'a Repository,
    ours: &'a Ours<'a>,
    known: HashMap<(String, Option<Beside>), Arc<BuildContext>>,
    empty: Arc<BuildContext>,
}

impl<'a> ContextHash<'a> {
    /// For a repository; `ours` tells gen's own outputs, which are never part of a context.
    pub fn new(repository: &'a Repository, ours: &'a Ours<'a>) -> Self {
        ContextHash {
            repository,
            ours,
            known: HashMap::new(),
            empty: Arc::new(BuildContext::empty()),
        }
    }

    /// The files of the folder `context`, sent along with `dockerfile`. `ignore` is the text of the ignore file that is
    /// rendered beside that; one of the user's is read.
    pub fn get(
        &mut self,
        context: &str,
        dockerfile: &str,
        ignore: Option<&str>,
    ) -> Arc<BuildContext> {
        // As a rule a rendered Dockerfile lies alone in its folder. Any other that holds nothing may be a submodule that is
        // not checked out, or outside of a sparse checkout.
        let is_its_own = dockerfile
            .rsplit_once('/')
            .is_some_and(|(folder, _)| folder == context)
            && (self.ours.path)(dockerfile);
        if is_its_own && self.repository.holds_only(context, self.ours) {
            return self.empty.clone();
        }
        // Only a Dockerfile with an ignore file of its own sees the folder differently.
        let own_ignore = ignore_path(dockerfile);
        let own_ignore = match ignore {
            Some(text) => Some(Beside::Rendered(text.to_owned())),
            // One that is ours is of a matrix that rendered it, and this one does not.
            None if (self.ours.path)(&own_ignore) => None,
            None => self
                .repository
                .is_file(&own_ignore)
                .then_some(Beside::Own(own_ignore)),
        };
        let key = (context.to_owned(), own_ignore);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let read = match &key.1 {
            Some(Beside::Rendered(text)) => {
                let ignore = DockerIgnore::parse(text.as_bytes());
                self.repository.narrow_context(context, &ignore, self.ours)
            }
            Some(Beside::Own(path)) => {
                self.repository
                    .build_context(context, Some(path), self.ours)
            }
            None => self.repository.build_context(context, None, self.ours),
        };
        let read = Arc::new(read);
        self.known.insert(key, read.clone());
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_begins_like_a_comment_is_left_out_all_the_same() {
        let files = ["#x", "!#x/f"].map(str::to_owned);
        let ignore = DockerIgnore::parse(ignore_text("made", &files).as_bytes());
        let mut sieve = ignore.sieve();
        assert!(sieve.excludes(b"#x/f"));
        assert!(!sieve.excludes(b"#x/g"));
    }
}
