//! The user's own steps, as commands of the jobs that they stand in.

use serde::Serialize;

use super::options::Buildkite;
use crate::config::{At, Shape};
use crate::emit::own_step::script;
use crate::grammar::Platform;
use crate::image::plan::PlanSpec;

/// By where they run, each the whole of a command.
#[derive(Debug, Default, Serialize)]
pub(super) struct Steps {
    pub before_probe: Vec<String>,
    pub before_tags: Vec<String>,
    pub after_tags: Vec<String>,
    #[serde(skip)]
    of_builds: Vec<OfBuilds>,
}

/// A step that builds have.
#[derive(Debug)]
struct OfBuilds {
    key: String,
    at: At,
    /// Whether only those have it that the plan says so of.
    narrowed: bool,
    script: String,
}

impl Steps {
    /// Those of a table, in declared order.
    pub(super) fn of(options: &Buildkite, shape: &Shape) -> Self {
        let mut all = Steps::default();
        for (key, step) in &options.step {
            let Some(script) = script(key, step) else {
                continue;
            };
            match step.at {
                At::BeforeProbe => all.before_probe.push(script),
                At::BeforeTags => all.before_tags.push(script),
                At::AfterTags => all.after_tags.push(script),
                at @ (At::BeforeBuild | At::AfterBuild) => all.of_builds.push(OfBuilds {
                    key: key.value.clone(),
                    at,
                    narrowed: shape.narrows(key),
                    script,
                }),
            }
        }
        all
    }

    /// The commands around the build of a spec for a platform, `at` one of its ends.
    pub(super) fn of_build(
        &self,
        at: At,
        provider: &str,
        spec: &PlanSpec,
        platform: &Platform,
    ) -> Vec<String> {
        let own = spec.ci.get(provider).and_then(|own| own.legs.get(platform));
        let has = |step: &&OfBuilds| {
            !step.narrowed || own.is_some_and(|own| own.steps.contains(&step.key))
        };
        let steps = self.of_builds.iter().filter(|step| step.at == at);
        steps.filter(has).map(|step| step.script.clone()).collect()
    }

    /// What goes before every build of a change, which is not cut by builds: the steps that all have.
    pub(super) fn of_changes(&self) -> Vec<String> {
        let steps = self.of_builds.iter();
        steps
            .filter(|step| step.at == At::BeforeBuild && !step.narrowed)
            .map(|step| step.script.clone())
            .collect()
    }
}
