//! Hashes of build contexts, each folder once a run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::source::{BuildContext, Ours, Repository};

/// Hashes build contexts, each once.
pub struct ContextHash<'a> {
    repository: &'a Repository,
    ours: &'a Ours<'a>,
    known: HashMap<(String, Option<String>), Arc<BuildContext>>,
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

    /// The files of the folder `context`, sent along with `dockerfile`.
    pub fn get(&mut self, context: &str, dockerfile: &str) -> Arc<BuildContext> {
        // As a rule a rendered Dockerfile lies alone in its folder.
        if self.repository.holds_only(context, self.ours) {
            return self.empty.clone();
        }
        // Only a Dockerfile with an ignore file of its own sees the folder differently.
        let own_ignore = format!("{dockerfile}.dockerignore");
        let own_ignore = self.repository.is_file(&own_ignore).then_some(own_ignore);
        let key = (context.to_owned(), own_ignore);
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let read = self
            .repository
            .build_context(context, key.1.as_deref(), self.ours);
        let read = Arc::new(read);
        self.known.insert(key, read.clone());
        read
    }
}
