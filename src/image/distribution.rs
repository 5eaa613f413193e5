//! The distribution that an image is made of, as far as a name tells: what may share a cache of packages.

use std::collections::HashMap;
use std::sync::Arc;

use crate::config::Config;
use crate::facts::{Facts, release};
use crate::grammar::reference::Parts;
use crate::image::{Matrix, Spec};

/// Words for distributions, by the base that says each: many specs start from one.
#[derive(Debug, Default)]
pub(super) struct Distributions(HashMap<String, Arc<str>>);

impl Distributions {
    /// A word for the distribution and release of a spec: `debian-13`. Where no name tells them it is the base that it
    /// starts from, so that lists of two distributions, or of two releases, are never taken for each other.
    pub(super) fn of(
        &mut self,
        config: &Config,
        matrix: &Matrix,
        facts: &Facts,
        spec: &Spec,
    ) -> Arc<str> {
        let root = matrix.spec(spec.root);
        let Some(base) = root.base.as_deref() else {
            return word(&root.id).into();
        };
        if let Some(known) = self.0.get(base) {
            return known.clone();
        }
        let found: Arc<str> = said(config, facts, base).into();
        self.0.insert(base.to_owned(), found.clone());
        found
    }
}

fn said(config: &Config, facts: &Facts, base: &str) -> String {
    let home = config.mirrors.home(base);
    match release(facts, &Parts::of(&home)) {
        Some(Ok((of, known))) => word(&format!("{}-{}", of.name(), known.row.version.text)),
        Some(Err((of, text))) => word(&format!("{}-{text}", of.name())),
        // A digest says nothing of the distribution, and moves with each lock.
        None => word(base.split('@').next().unwrap_or(base)),
    }
}

/// The text as part of a mount's id.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    let text = text.to_ascii_lowercase();
    text.replace(|c: char| !plain(c), "-")
}
