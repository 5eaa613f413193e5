//! The workflow that proposes what images stand on today.

use serde::Serialize;

use super::options::Github;
use super::pins::{Action, Pins};
use crate::config::Runner;
use crate::emit::checkout::Extent;
use crate::emit::emitters::REFRESH;
use crate::emit::site::Site;
use crate::image::plan::PlanSpec;

/// Below the template folder.
pub(super) const TEMPLATE: &str = "github/refresh.yml";

/// The environment of its job: another than that which publishes, whose reviewers nothing is to be asked of.
const ENVIRONMENT: &str = "refresh";

/// What the template sees.
#[derive(Debug, Serialize)]
pub(super) struct RefreshView {
    /// When it runs.
    pub crons: Vec<String>,
    /// When it is for packages, too.
    pub packages: Option<String>,
    /// The secret by which it is proposed.
    pub token: String,
    /// The branch on which it is.
    pub branch: String,
    /// The environment whose secret the token is; `None`: the repository's.
    pub environment: Option<&'static str>,
    pub script: String,
    pub runner: Runner,
    pub submodules: Extent,
    pub checkout: Action,
}

/// Where the workflow is written, beside the publishing one; `None` where none is asked for.
pub(super) fn file(options: &Github) -> Option<String> {
    options
        .refresh
        .as_ref()
        .or(options.refresh_packages.as_ref())?;
    Some(match options.file.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-refresh.{ending}"),
        None => format!("{}-refresh", options.file.value),
    })
}

/// What people make before it can propose anything.
pub(super) fn setup(options: &Github) -> Option<String> {
    file(options)?;
    let token = options.refresh_token.as_ref()?;
    let place = match options.environment.as_str() {
        "" => String::new(),
        _ => format!("environment `{ENVIRONMENT}`, and in it "),
    };
    Some(format!(
        "{place}the secret `{}` to propose refreshes with",
        token.value
    ))
}

/// Decides what there is to decide.
pub(super) fn context(site: &Site<'_>, options: &Github) -> RefreshView {
    let pins = Pins {
        options,
        known: &site.facts.action_pins(),
    };
    let crons = [&options.refresh, &options.refresh_packages];
    let mut crons: Vec<String> = crons
        .into_iter()
        .flatten()
        .map(|c| c.value.clone())
        .collect();
    crons.dedup();
    let all: Vec<&PlanSpec> = site.plan.specs.iter().collect();
    RefreshView {
        crons,
        packages: options.refresh_packages.as_ref().map(|c| c.value.clone()),
        token: options
            .refresh_token
            .as_ref()
            .map_or_else(String::new, |t| t.value.clone()),
        branch: format!("base-images-refresh{}", site.config.owner.suffix()),
        environment: (!options.environment.is_empty()).then_some(ENVIRONMENT),
        script: site.config.owner.path(REFRESH),
        runner: options.control_runner.value.clone().into(),
        submodules: Extent::of(&all, |spec| spec.submodules),
        checkout: pins.action("actions/checkout"),
    }
}
