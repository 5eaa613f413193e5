//! The workflows of the same repository that the pipeline calls when all tags are put.

use indexmap::IndexMap;

use super::options;
use crate::config::{Access, Config};
use crate::grammar::Spanned;

/// A call.
#[derive(Debug)]
pub struct Call<'c> {
    /// The called file, from the root.
    pub path: &'c str,
    /// Where the matrix names it.
    pub uses: &'c Spanned<String>,
    /// What the token may do; anything else is nothing.
    pub permissions: &'c IndexMap<Spanned<String>, Access>,
}

impl Call<'_> {
    /// What the token may do of one thing.
    pub fn gives(&self, right: &str) -> Access {
        let given = self.permissions.iter().find(|(key, _)| key.value == right);
        given.map_or(Access::None, |(_, access)| *access)
    }
}

/// The calls, in order.
pub fn calls(config: &Config) -> Vec<Call<'_>> {
    let then = options(config).map_or(&[][..], |options| &options.then);
    let own = then.iter().filter_map(|then| {
        let uses = &then.uses;
        let path = uses
            .strip_prefix("./")
            .or_else(|| uses.strip_prefix("$/"))?;
        Some(Call {
            path,
            uses,
            permissions: &then.permissions,
        })
    });
    own.collect()
}
