//! The workflow of pull requests: checks, then builds what differs from the base, without credentials.

use serde::Serialize;

use super::legs::{Legs, Runners};
use super::options::Github;
use super::pins::{Action, Pins};
use super::steps::{Step, Steps};
use super::{builders, driver_opts, trigger};
use crate::config::Runner;
use crate::emit::checkout::Extent;
use crate::emit::emitters::CHANGES;
use crate::emit::site::Site;
use crate::emit::triggers::Triggers;
use crate::facts::Machinery;

/// Below the template folder. It includes `github/changes.yml`, `github/emulation.yml`, `github/fetch.yml` and
/// `github/step.yml`.
pub(super) const TEMPLATE: &str = "github/pull-request.yml";

/// What the template sees.
#[derive(Debug, Serialize)]
pub(super) struct ChangeView {
    pub script: String,
    /// The command that checks, when one is stated.
    pub check: Option<String>,
    pub runner: Runner,
    pub max_parallel: Option<u32>,
    pub legs: Legs,
    /// Platforms that are built by emulation, as a JSON list; absent: none.
    pub emulated: Option<String>,
    pub checkout: Action,
    pub buildx: Action,
    /// What BuildKit is run as.
    pub driver_opts: String,
    pub qemu: Action,
    /// The image that registers QEMU.
    pub binfmt: String,
    pub before_build: Vec<Step>,
    pub trigger: Triggers,
}

/// Where the workflow is written; `None` for none. Default: beside the publishing one.
pub(super) fn file(options: &Github) -> Option<String> {
    let usual = match options.file.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}-pull-request.{ending}"),
        None => format!("{}-pull-request", options.file.value),
    };
    options.pull_request.path(&usual).map(str::to_owned)
}

/// Decides every job of the workflow.
pub(super) fn context(site: &Site<'_>, options: &Github) -> ChangeView {
    let Site {
        pipeline,
        config,
        facts,
        ..
    } = *site;
    let pins = Pins {
        options,
        known: &facts.action_pins(),
    };
    // The publishing workflow tells of platforms without a runner.
    let mut told = Vec::new();
    let builders = builders(site);
    let runners = Runners::new(site, options, &builders, &mut told);
    let steps = Steps::new(options, &pipeline.shape);
    let emulated = runners.emulated(config, options);
    ChangeView {
        script: config.owner.path(CHANGES),
        check: config.ci.check.clone(),
        runner: options.control_runner.value.clone().into(),
        max_parallel: options.max_parallel.as_ref().map(|most| most.value),
        legs: Legs {
            runners: runners.to_lines(),
            timeout: None,
            narrowed: steps.before_build.iter().any(|step| step.narrowed),
            lfs: Extent::of(&builders, |spec| spec.lfs),
            submodules: Extent::of(&builders, |spec| spec.submodules),
        },
        emulated: (!emulated.is_empty())
            .then(|| serde_json::to_string(&emulated).unwrap_or_default()),
        checkout: pins.action("actions/checkout"),
        buildx: pins.action("docker/setup-buildx-action"),
        driver_opts: driver_opts(site),
        qemu: pins.action("docker/setup-qemu-action"),
        binfmt: site.facts.machinery(Machinery::Binfmt).to_owned(),
        before_build: steps
            .before_build
            .into_iter()
            .map(Step::of_change)
            .collect(),
        trigger: trigger(site, options),
    }
}
