//! What `[output.bake]` may say.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw::RawSelector;
use crate::config::{Config, Spanned};

/// Where the file is written when the table states no path: where `docker buildx bake` looks for it.
pub const FILE: &str = "docker-bake.json";
/// Where it is written when there is no table, and a pull request's pipeline stands on it.
const IMPLIED: &str = "generated/docker-bake.json";

/// `[output.bake]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Bake {
    /// Where the file is written: a path that ends in `.json`. Default `docker-bake.json`, where bake looks for it.
    pub file: Option<Spanned<String>>,
    /// Which specs the groups hold. Default: all. Every spec is a target all the same.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
}

/// Where the bake file is written; `None` when nothing asks for one.
pub fn file(config: &Config) -> Option<&str> {
    match &config.outputs.bake {
        Some(bake) => Some(&bake.file),
        None => config.ci.pull_request().map(|_| IMPLIED),
    }
}
