//! What `[output.catalog]` may say.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw::RawSelector;
use crate::grammar::Spanned;

/// Where the module is written when the table states no path, below the folder of outputs.
pub const PYTHON: &str = "catalog/base_images.py";
/// Where the data is written when the table states no path, below the folder of outputs.
pub const JSON: &str = "catalog/base_images.json";

/// `[output.catalog]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Catalog {
    /// Where the Python module is written, such as `acme/base_images.py`. A table that states neither this nor `json`
    /// writes both, `base_images.py` and `base_images.json` in `generated/catalog`.
    pub python: Option<Spanned<String>>,
    /// Where the same is written as JSON, for other languages.
    pub json: Option<Spanned<String>>,
    /// Which specs it holds. Default: all.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
}
