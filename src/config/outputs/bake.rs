//! What `[output.bake]` may say.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::Config;
use crate::config::raw::RawSelector;
use crate::grammar::Spanned;
use crate::source::Owner;

/// Where the file is written when the table states no path: where `docker buildx bake` looks for it. Without a table, and
/// of a matrix that another lists, it stands below the folder of outputs.
pub const FILE: &str = "docker-bake.json";

/// Where the file of a matrix is written when its table states no path.
pub fn place(owner: &Owner) -> String {
    match owner.name() {
        Some(_) => owner.path(FILE),
        None => FILE.to_owned(),
    }
}

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

impl Config {
    /// Where the bake file is written; `None` when nothing asks for one.
    pub fn bake_file(&self) -> Option<String> {
        match &self.outputs.bake {
            Some(bake) => Some(bake.file.clone()),
            None => self.ci.pull_request().map(|_| self.owner.path(FILE)),
        }
    }
}
