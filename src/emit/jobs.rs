//! How much a pipeline has to run when nothing is there yet.

use serde::Serialize;

use crate::config::Config;
use crate::emit::{cloud_build, github, gitlab};
use crate::facts::Facts;
use crate::image::Plan;

/// The jobs of one provider's pipeline; of Cloud Build, its steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Jobs {
    /// `github`, `gitlab`, `cloud-build`
    pub provider: &'static str,
    /// How many: each leg of a matrix is one.
    pub jobs: usize,
}

/// Those of every pipeline that is turned on. Counted are the probe, builds, merges and tags; of Cloud Build every step of
/// every config that publishes, the user's own too.
pub fn jobs(config: &Config, facts: &Facts, plan: &Plan) -> Vec<Jobs> {
    let mut concerns = Vec::new();
    let github = config.ci.github.as_ref().map(|options| {
        let context = github::context(plan, config, options, facts, &mut concerns);
        ("github", context.jobs)
    });
    let gitlab = config.ci.gitlab.as_ref().map(|options| {
        let context = gitlab::context(plan, config, options, facts, &mut concerns);
        ("gitlab", context.jobs + 2)
    });
    let cloud_build = config.ci.cloud_build.as_ref().map(|options| {
        let files = cloud_build::files(plan, config, options, facts, &mut concerns);
        ("cloud-build", files.steps())
    });
    [github, gitlab, cloud_build]
        .into_iter()
        .flatten()
        .map(|(provider, jobs)| Jobs { provider, jobs })
        .collect()
}
