//! What each pipeline does with each spec, where that is not what it does with all of them.

use serde::Serialize;

use crate::config::{Config, Runner, Shape};
use crate::grammar::{Pairs, Platform};
use crate::image::{Matrix, Spec};
use crate::matrix::{Arches, AxisId};

/// By the provider's key: what its pipeline does with one spec.
pub type ByPipeline = Pairs<&'static str, Deviation>;

/// How a pipeline treats one spec otherwise than it treats all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// What the spec is to the pipeline, when it does not publish it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// By platform, what rows and steps say of its builds.
    #[serde(skip_serializing_if = "Pairs::is_empty")]
    pub legs: Pairs<Platform, Leg>,
}

/// What a spec is to a pipeline that does not publish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Others stand on it, or it is never published: it is built and merged, and gets no tag.
    Build,
    /// It is not this pipeline's.
    None,
}

/// What rows and steps say of one build.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Leg {
    /// Where it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runner: Option<Runner>,
    /// How long it may take, in minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout_minutes: Option<u32>,
    /// The steps it has of those that only some builds have, by key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
}

/// For each spec, what deviates.
pub(super) fn deviations(config: &Config, matrix: &Matrix) -> Vec<ByPipeline> {
    let mut all: Vec<Vec<(&str, Deviation)>> = vec![Vec::new(); matrix.specs.len()];
    for pipeline in &config.ci.pipelines {
        let (pipeline, shape) = (pipeline.provider, &pipeline.shape);
        let roles = roles(matrix, shape);
        let specs = matrix.specs.iter().zip(roles);
        for (all, (spec, role)) in all.iter_mut().zip(specs) {
            let legs = match role {
                Some(Role::None) => Pairs::default(),
                _ => legs(config, shape, spec),
            };
            let deviation = Deviation { role, legs };
            if deviation != Deviation::default() {
                all.push((pipeline, deviation));
            }
        }
    }
    let all = all.into_iter();
    all.map(ByPipeline::from_iter).collect()
}

/// What each spec is to a pipeline, `None` where it is published: what it does not publish, it builds where others stand
/// on it, and where nobody publishes it.
pub fn roles(matrix: &Matrix, shape: &Shape) -> Vec<Option<Role>> {
    let selector = shape.selector.as_ref();
    let own = |spec: &Spec| match selector.is_none_or(|selector| spec.is_meant(selector)) {
        false => Some(Role::None),
        true if spec.tag.is_none() => Some(Role::Build),
        true => None,
    };
    let mut roles: Vec<Option<Role>> = matrix.specs.iter().map(own).collect();
    if selector.is_none() {
        return roles;
    }
    // Children before what they stand on.
    for id in matrix.order.iter().rev() {
        if roles[id.0] == Some(Role::None) {
            continue;
        }
        for below in matrix.spec(*id).stands_on() {
            roles[below.0] = roles[below.0].map(|_| Role::Build);
        }
    }
    roles
}

fn legs(config: &Config, shape: &Shape, spec: &Spec) -> Pairs<Platform, Leg> {
    if shape.rows.is_empty() && shape.steps.is_empty() {
        return Pairs::default();
    }
    let legs = spec.platforms.iter().filter_map(|platform| {
        let arch = arch_of(config, spec, platform);
        let mut leg = Leg::default();
        for row in &shape.rows {
            if !row.selector.holds(spec.image, &spec.cell, arch) {
                continue;
            }
            let runner = row.runner.iter();
            let mut runner = runner.filter(|(word, _)| config.names_platform(word, platform));
            if let Some((_, runner)) = runner.next_back() {
                leg.runner = Some(runner.clone());
            }
            leg.timeout_minutes = row.timeout_minutes.or(leg.timeout_minutes);
        }
        let steps = shape.steps.iter();
        leg.steps = steps
            .filter(|(_, selector)| selector.holds(spec.image, &spec.cell, arch))
            .map(|(key, _)| key.clone())
            .collect();
        (leg != Leg::default()).then(|| (platform.clone(), leg))
    });
    legs.collect()
}

/// The folded value of `arch` that a platform of a spec stands for; nothing where its cell has it.
pub(super) fn arch_of(
    config: &Config,
    spec: &Spec,
    platform: &Platform,
) -> Option<(AxisId, usize)> {
    let Arches::Folded(axis, arches) = &spec.arches else {
        return None;
    };
    let values = &config.axis(*axis).values;
    let mut arches = arches.iter();
    let value = arches.find(|arch| values[**arch].platform.as_ref() == Some(platform));
    value.map(|value| (*axis, *value))
}
