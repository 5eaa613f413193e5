//! The table of CI providers: what each can do follows from its line.

use crate::config::ProviderTable;
use crate::emit::provider::Provider;
use crate::emit::{buildkite, cloud_build, github, gitlab};
use crate::render::Shipped;

/// Every provider that gen writes pipelines for, in the order in which they are listed wherever they are.
pub const PROVIDERS: Providers = Providers(&[
    &github::GitHub,
    &gitlab::GitLab,
    &cloud_build::CloudBuild,
    &buildkite::Buildkite,
]);

/// Providers, in order.
#[derive(Clone, Copy)]
pub struct Providers(pub &'static [&'static dyn Provider]);

impl Providers {
    /// Each of them.
    pub fn iter(self) -> impl Iterator<Item = &'static dyn Provider> {
        self.0.iter().copied()
    }

    /// Their tables in `matrix.toml`.
    pub fn tables(self) -> Vec<&'static dyn ProviderTable> {
        let tables = self.iter();
        tables
            .map(|provider| provider as &dyn ProviderTable)
            .collect()
    }

    /// Their keys.
    pub fn keys(self) -> Vec<&'static str> {
        self.iter().map(ProviderTable::key).collect()
    }

    /// The templates that they ship.
    pub fn templates(self) -> impl Iterator<Item = Shipped> {
        self.iter().map(Provider::templates)
    }
}

impl std::fmt::Debug for Providers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{COMMON, Dialect, bounded};

    #[test]
    fn what_is_shipped_is_within_the_bounds() {
        let shipped = std::iter::once(COMMON).chain(PROVIDERS.templates());
        for (name, text) in shipped.flatten() {
            for dialect in [Dialect::Dockerfile, Dialect::Shell] {
                let said = bounded(text, dialect.syntax());
                assert!(said.is_ok(), "{name}: {said:?}");
            }
        }
    }
}
