use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Github {
    pub file: String,
}
impl Default for Github {
    fn default() -> Self {
        Github {
            file: ".github/workflows/base-images.yml".into(),
        }
    }
}
pub const TEMPLATE: &str = "github/workflow.yml";
#[derive(Serialize)]
pub struct Context {}
pub fn context(
    _: &crate::image::Plan,
    _: &crate::config::Config,
    _: &Github,
    _: &[crate::facts::Pin],
    _: &mut Vec<super::work::Concern>,
) -> Context {
    Context {}
}
