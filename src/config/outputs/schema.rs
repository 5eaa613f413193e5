//! What `[output.schema]` may say.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::grammar::Spanned;

/// Where it is written when the table states no path, below the folder of outputs.
pub const FILE: &str = "matrix.schema.json";

/// `[output.schema]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Schema {
    /// Where the file is written. Default `generated/matrix.schema.json`.
    pub file: Option<Spanned<String>>,
}
