//! The scripted shape: one step for each unit, with the user's own around it.

use indexmap::{IndexMap, IndexSet};

use super::context::{OwnStep, SpecStep};
use super::options::CloudBuild;
use super::steps::Own;
use super::work;
use super::{CloudBuild as Provider, NATIVE};
use crate::config::{At, ProviderTable as _};
use crate::diagnostic::{Finding, and_list, code};
use crate::emit::build_secrets;
use crate::emit::checkout::Checkout;
use crate::emit::site::Site;
use crate::image::plan::PlanSpec;
use crate::lock::some;

/// The units of the plan, each with whether it is built here.
pub(super) struct Built<'plan> {
    pub units: Vec<work::Unit<'plan>>,
    pub here: Vec<bool>,
}

impl Built<'_> {
    /// How many another pipeline has to publish.
    pub(super) fn left_out(&self) -> usize {
        self.here.iter().filter(|here| !**here).count()
    }
}

/// What is built here: units all of whose platforms are, and that stand on such units alone.
pub(super) fn built_here<'plan>(
    site: &Site<'plan>,
    options: &CloudBuild,
    findings: &mut Vec<Finding>,
) -> Built<'plan> {
    let classic = options.is_classic();
    let platform_is = |platform: &str| {
        let named = options.platforms.as_ref();
        (!classic || platform == NATIVE)
            && named.is_none_or(|here| here.iter().any(|one| one.value == platform))
    };
    let units = work::units(site.plan, site.pipeline.provider);
    if options.platforms.is_none() && !classic {
        let built = units.iter().flat_map(|unit| &unit.spec.platforms);
        let foreign: IndexSet<&str> = built.map(|p| &**p).filter(|p| *p != NATIVE).collect();
        if !foreign.is_empty() {
            findings.push(emulated(site, &foreign));
        }
    }
    let mut here: Vec<bool> = Vec::with_capacity(units.len());
    // By the platforms that keep them out: none where it is what they stand on.
    let mut left_out: IndexMap<Vec<String>, Vec<String>> = IndexMap::new();
    for unit in &units {
        let platforms = unit.spec.platforms.iter();
        let elsewhere: Vec<String> = platforms
            .filter(|platform| !platform_is(platform))
            .map(ToString::to_string)
            .collect();
        let stands = unit.stands_on.iter().all(|&place| here[place]);
        here.push(stands && elsewhere.is_empty());
        if !stands || !elsewhere.is_empty() {
            let specs = left_out.entry(elsewhere).or_default();
            specs.push(unit.spec.id.to_string());
        }
    }
    let left_out = left_out.into_iter();
    findings.extend(
        left_out.map(|(platforms, specs)| not_built_here(site, classic, &platforms, &specs)),
    );
    Built { units, here }
}

/// The finding about platforms that these machines are not of, when nobody said that they are to be emulated.
fn emulated(site: &Site<'_>, platforms: &IndexSet<&str>) -> Finding {
    let all: Vec<String> = std::iter::once(&NATIVE)
        .chain(platforms)
        .map(|platform| format!("\"{platform}\""))
        .collect();
    let fact = format!("builds {} under QEMU", and_list(platforms.iter().copied()));
    let label = format!("its machines are all `{NATIVE}`");
    let finding = site.finding(&code::UNDECLARED_EMULATION, &fact, label);
    finding
        .note("emulated builds take many times as long, and register QEMU by a privileged container")
        .help(format!(
            "say so, `platforms = [{}]`; or leave them to a pipeline with such machines, `platforms = [\"{NATIVE}\"]`",
            all.join(", ")
        ))
}

/// The finding about specs that are left out: they have these platforms, or stand on such a spec.
fn not_built_here(
    site: &Site<'_>,
    classic: bool,
    platforms: &[String],
    specs: &[String],
) -> Finding {
    let fact = format!("does not build {}", some(specs));
    let label = "an image is built whole or not at all";
    let finding = site.finding(&code::NOT_BUILT_HERE, &fact, label);
    let (stands, has, it) = match specs.len() {
        1 => ("it stands", "it has", "it"),
        _ => ("they stand", "they have", "them"),
    };
    if platforms.is_empty() {
        return finding.note(format!("{stands} on what is not built there"));
    }
    let (what, help) = if classic {
        (
            "which the classic shape has no machine for",
            "leave out `shape = \"classic\"`",
        )
    } else {
        ("which `platforms` leaves out", "add that to `platforms`")
    };
    let platforms = and_list(platforms.iter().map(String::as_str));
    finding
        .note(format!("{has} {platforms}, {what}"))
        .help(format!(
            "{help}, or let another pipeline publish {it} first"
        ))
}

/// A unit with its steps.
pub(super) struct Unit {
    pub id: String,
    /// 0 where it stands on no other, else one more than the highest it stands on.
    pub layer: usize,
    pub platforms: Vec<String>,
    /// What it has to check out besides.
    pub sources: Checkout,
    pub step: SpecStep,
}

impl Unit {
    /// How many steps it takes.
    pub(super) fn steps(&self) -> usize {
        1 + self.step.before.len() + self.step.after.len()
    }

    /// Its steps in a config that holds nothing of what it stands on: that was there before.
    pub(super) fn alone(self) -> SpecStep {
        let mut step = self.step;
        let first = match step.before.first_mut() {
            Some(own) => &mut own.wait_for,
            None => &mut step.wait_for,
        };
        *first = vec!["probe".to_owned()];
        step
    }
}

/// Those that are built here, in order.
pub(super) fn units(built: &Built<'_>, own: &mut Own) -> Vec<Unit> {
    // By place: the step that stands for the unit being there, and its layer.
    let mut there: Vec<(String, usize)> = Vec::with_capacity(built.units.len());
    let mut units = Vec::new();
    for (unit, here) in built.units.iter().zip(&built.here) {
        if !here {
            there.push((String::new(), 0));
            continue;
        }
        let spec = unit.spec;
        let image = own.unused(&step_id(&spec.id));
        let lineage = unit.stands_on.iter().map(|&place| there[place].0.clone());
        let wait_for: Vec<String> = std::iter::once("probe".to_owned()).chain(lineage).collect();
        let before = probed(own.of_image(At::BeforeBuild, spec, &image, wait_for.clone()));
        let wait_for = before
            .last()
            .map_or(wait_for, |last| vec![last.step.clone()]);
        let mut after = probed(own.of_image(At::AfterBuild, spec, &image, vec![image.clone()]));
        for step in &mut after {
            step.pushed = Some(image.clone());
        }
        let layers = unit.stands_on.iter().map(|&place| there[place].1 + 1);
        let layer = layers.max().unwrap_or(0);
        let last = after.last().map_or(&image, |step| &step.step);
        there.push((last.clone(), layer));
        units.push(Unit {
            id: spec.id.to_string(),
            layer,
            platforms: spec.platforms.iter().map(ToString::to_string).collect(),
            sources: Checkout::of([spec]),
            step: SpecStep {
                before,
                after,
                step: image,
                wait_for,
                env: image_env(spec),
                secrets: build_secrets::variables([spec]),
                joined: spec.is_joined(),
                timeout: timeout(spec),
            },
        });
    }
    units
}

/// Steps that end at once where the probe found their image.
fn probed(mut steps: Vec<OwnStep>) -> Vec<OwnStep> {
    for step in &mut steps {
        step.probed = true;
    }
    steps
}

/// What tells a step which image it is for.
pub(super) fn image_env(spec: &PlanSpec) -> Vec<String> {
    vec![
        format!("IMAGE_ID={}", spec.id),
        format!("IMAGE_PLATFORM={}", spec.platforms.join(" ")),
    ]
}

/// How long the step of a spec may take, in seconds: its platforms are built one after the other, so that is the sum of
/// what the rows say of each. Where they say nothing of one, the whole build's time is all there is.
pub(super) fn timeout(spec: &PlanSpec) -> Option<u64> {
    let legs = &spec.ci.get(Provider.key())?.legs;
    let minutes = spec.platforms.iter().map(|platform| {
        let stated = legs.get(platform)?.timeout_minutes?;
        Some(u64::from(stated))
    });
    Some(minutes.sum::<Option<u64>>()? * 60)
}

/// `base/3.11_12.8.1` → `image-base-3-11_12-8-1`. Two ids may come out alike: the caller numbers them.
pub(super) fn step_id(id: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    format!("image-{}", id.chars().map(safe).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn step_ids_are_safe_and_come_out_different() {
        let mut taken = HashSet::new();
        let mut id = |spec| work::unused(&step_id(spec), "-", &mut taken);
        assert_eq!(id("base/3.11_12.8.1"), "image-base-3-11_12-8-1");
        assert_eq!(id("base/3-11_12.8.1"), "image-base-3-11_12-8-1-2");
        assert_eq!(id("base/3.11_12.8.1-2"), "image-base-3-11_12-8-1-2-2");
        assert_eq!(id("tags"), "image-tags");
    }
}
