//! Steps of the user's own: where they stand, and what they wait for.

use std::collections::HashSet;

use super::context::{ConfigView, OwnStep};
use super::options::CloudBuild;
use super::scripted::image_env;
use super::{CloudBuild as Provider, work};
use crate::config::{At, ProviderTable as _, Shape};
use crate::image::plan::PlanSpec;

/// The user's steps, by place.
pub(super) struct Own {
    before_probe: Vec<OwnStep>,
    before_tags: Vec<OwnStep>,
    after_tags: Vec<OwnStep>,
    of_builds: Vec<OfBuilds>,
    taken: HashSet<String>,
}

/// A step that images have.
struct OfBuilds {
    key: String,
    at: At,
    /// Whether only those have it whose builds list it.
    narrowed: bool,
    step: OwnStep,
}

impl Own {
    /// Those of a table, with ids that no step of gen's has.
    pub(super) fn of(options: &CloudBuild, shape: &Shape) -> Self {
        let mut own = Own {
            before_probe: Vec::new(),
            before_tags: Vec::new(),
            after_tags: Vec::new(),
            of_builds: Vec::new(),
            taken: ["sources", "prepare", "probe", "submit", "tags"]
                .map(str::to_owned)
                .into(),
        };
        for (key, step) in &options.step {
            let env = step.env.iter();
            let mut own_step = OwnStep {
                step: key.value.clone(),
                wait_for: Vec::new(),
                env: env
                    .map(|(name, text)| format!("{}={}", name.value, text.value))
                    .collect(),
                probed: false,
                of_tags: !step.at.of_builds()
                    && step.at != At::BeforeProbe
                    && !options.is_classic(),
                pushed: None,
                reference: None,
                name: step.name.as_ref().map(|name| name.value.clone()),
                run: step
                    .run
                    .as_ref()
                    .map_or_else(String::new, |run| run.value.clone()),
            };
            if step.at.of_builds() {
                own.of_builds.push(OfBuilds {
                    key: key.value.clone(),
                    at: step.at,
                    narrowed: shape.narrows(key),
                    step: own_step,
                });
                continue;
            }
            own_step.step = own.unused(key);
            let place = match step.at {
                At::BeforeProbe => &mut own.before_probe,
                At::BeforeTags => &mut own.before_tags,
                At::BeforeBuild | At::AfterBuild | At::AfterTags => &mut own.after_tags,
            };
            place.push(own_step);
        }
        own
    }

    /// An id that no step has yet, and now has.
    pub(super) fn unused(&mut self, wanted: &str) -> String {
        work::unused(wanted, "-", &mut self.taken)
    }

    /// How many steps go before the probe.
    pub(super) fn count_before_probe(&self) -> usize {
        self.before_probe.len()
    }

    /// How many steps go around the tags.
    pub(super) fn count_around_tags(&self) -> usize {
        self.before_tags.len() + self.after_tags.len()
    }

    /// The probe, and what goes before it.
    pub(super) fn around_probe(&self, context: &mut ConfigView) {
        context.probe = vec![self.before_probe(context)];
    }

    /// What goes before the probe. What the step after it has to wait for.
    pub(super) fn before_probe(&self, context: &mut ConfigView) -> String {
        let mut steps = self.before_probe.clone();
        chain(&mut steps, vec![context.start()]);
        let last = steps.last().map(|step| step.step.clone());
        context.before_probe = steps;
        last.unwrap_or_else(|| context.start())
    }

    /// What goes before the tags, and after them. Without `waitFor` each waits for all before it.
    pub(super) fn around_tags(&self, context: &mut ConfigView) {
        context.before_tags.clone_from(&self.before_tags);
        context.after_tags.clone_from(&self.after_tags);
    }

    /// The steps that `spec` has before or after its own, `image`: one after the other, the first after `wait_for`.
    pub(super) fn of_image(
        &mut self,
        at: At,
        spec: &PlanSpec,
        image: &str,
        wait_for: Vec<String>,
    ) -> Vec<OwnStep> {
        let Own {
            of_builds, taken, ..
        } = self;
        let has = of_builds
            .iter()
            .filter(|own| own.at == at && own.is_for(spec));
        let mut steps: Vec<OwnStep> = has
            .map(|own| {
                let mut step = own.step.clone();
                step.step = work::unused(&format!("{image}-{}", own.key), "-", taken);
                step.env.splice(0..0, image_env(spec));
                step
            })
            .collect();
        chain(&mut steps, wait_for);
        steps
    }
}

impl OfBuilds {
    /// A step here builds all platforms of a spec: what one of them has, the spec has.
    fn is_for(&self, spec: &PlanSpec) -> bool {
        let legs = spec
            .ci
            .get(Provider.key())
            .into_iter()
            .flat_map(|ci| ci.legs.values());
        !self.narrowed || legs.flat_map(|leg| &leg.steps).any(|key| *key == self.key)
    }
}

/// Lets each step wait for the one before it.
fn chain(steps: &mut [OwnStep], mut wait_for: Vec<String>) {
    for step in steps {
        let next = vec![step.step.clone()];
        step.wait_for = std::mem::replace(&mut wait_for, next);
    }
}
