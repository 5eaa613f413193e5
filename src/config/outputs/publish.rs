//! What `[output.publish]` may say: nothing yet. The table itself asks for the script.

use schemars::JsonSchema;
use serde::Deserialize;

/// `[output.publish]`
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Publish {}
