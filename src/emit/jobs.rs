//! How much a pipeline has to run when nothing is there yet.

use serde::Serialize;

use crate::config::Config;
use crate::emit::providers::Providers;
use crate::emit::site::Site;
use crate::facts::Facts;
use crate::image::Plan;

/// The jobs of one provider's pipeline; of Cloud Build, its steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Jobs {
    /// The provider's key: `cloud-build`.
    pub provider: &'static str,
    /// How many: each leg of a matrix is one.
    pub jobs: usize,
    /// What is counted, for people: `Cloud Build steps`.
    #[serde(skip)]
    pub counted: String,
    /// Where the provider stands in the table, by which both sides of a difference are ordered.
    #[serde(skip)]
    pub place: usize,
}

/// Those of every pipeline that is turned on.
pub fn jobs(providers: Providers, config: &Config, facts: &Facts, plan: &Plan) -> Vec<Jobs> {
    let on = providers
        .iter()
        .enumerate()
        .filter_map(|(place, provider)| {
            let site = Site::new(provider, config, facts, plan)?;
            Some(Jobs {
                provider: provider.key(),
                jobs: provider.lay_out(&site).size,
                counted: format!("{} {}", provider.title(), provider.unit()),
                place,
            })
        });
    on.collect()
}
