//! The classic shape: for each unit a step that builds, one for each test and one that pushes, all plain calls of Docker.
//!
//! A build goes into the machine's own Docker under the content reference, where what stands on the unit finds it; so
//! children wait for their parent's build, not for its push. What is pushed is the reference of one platform,
//! `content-H-amd64`, below the substitution that stands for the home registry. The last step merges and tags by the
//! script that every pipeline has: content that was published before stays, and a published release is never overwritten.
//!
//! A call of Docker cannot be skipped, so everything is built each time. What Docker pushes has its own media types, which
//! hold no annotations, so there is no marker of the newest release: aliases go to the release that ran last.

use indexmap::IndexMap;

use super::context::{Arg, ClassicStep, Home, Part};
use super::scripted::{Built, step_id, timeout};
use super::steps::Own;
use super::{CLASSIC, File, Maker};
use crate::config::At;
use crate::emit::build_secrets;
use crate::emit::checkout::Checkout;

use crate::image::Test;
use crate::image::plan::PlanSpec;

/// The substitution for the home registry, and how those of further ones begin.
const BASE_URL: &str = "_BASE_URL";

/// The one config.
pub(super) fn file(maker: &Maker<'_>, mut own: Own, built: &Built<'_>) -> File {
    let homes = homes(maker, built);
    let path = maker.options.file.value.clone();
    // Docker builds, not a builder of its own: only logins need a first step.
    let mut context = maker.speaking(&path, Part::Whole);
    let here = built.units.iter().zip(&built.here);
    context.sources = Checkout::of(here.filter(|(_, here)| **here).map(|(unit, _)| unit.spec));
    // A plain call builds whatever is there.
    context.asked.clear();
    let start = own.before_probe(&mut context);
    own.around_tags(&mut context);
    context.left_out = built.left_out();

    let mut builds: Vec<String> = Vec::with_capacity(built.units.len());
    for (unit, here) in built.units.iter().zip(&built.here) {
        if !here {
            builds.push(String::new());
            continue;
        }
        let spec = unit.spec;
        let image = own.unused(&step_id(&spec.id));
        let mut wait_for: Vec<String> = unit.stands_on.iter().map(|&p| builds[p].clone()).collect();
        if wait_for.is_empty() {
            wait_for.push(start.clone());
        }
        let before = own.of_image(At::BeforeBuild, spec, &image, wait_for.clone());
        context.classic.push(ClassicStep {
            wait_for: before
                .last()
                .map_or(wait_for, |last| vec![last.step.clone()]),
            before,
            after: Vec::new(),
            step: image.clone(),
            secrets: build_secrets::variables([spec]),
            args: build_args(spec, &homes),
            timeout: timeout(spec),
        });
        let mut last = image.clone();
        for test in &spec.tests {
            let mut tested = spec.content_reference.clone();
            if let Some(stage) = &test.target {
                tested.push_str("-stage");
                let step = own.unused(&format!("{image}-stage"));
                let mut built = call(step.clone(), last, stage_args(spec, stage, &tested));
                built.secrets = build_secrets::variables([spec]);
                context.classic.push(built);
                last = step;
            }
            let step = own.unused(&format!("{image}-test"));
            context
                .classic
                .push(call(step.clone(), last, test_args(&tested, test)));
            last = step;
        }
        let push = own.unused(&format!("{image}-push"));
        let mut pushed = call(push.clone(), last, vec![word("push"), leg(spec, &homes)]);
        pushed.after = own.of_image(At::AfterBuild, spec, &image, vec![push]);
        for step in &mut pushed.after {
            step.reference = Some(leg(spec, &homes));
        }
        context.classic.push(pushed);
        builds.push(image);
    }
    let defaults = homes
        .iter()
        .map(|home| (home.substitution.clone(), home.prefix.clone()));
    let mut substitutions: IndexMap<String, String> = defaults.collect();
    substitutions.append(&mut context.substitutions);
    context.substitutions = substitutions;
    context.homes = homes;
    File {
        path,
        template: CLASSIC,
        context,
    }
}

/// A step between no others, after `after`.
fn call(step: String, after: String, args: Vec<Arg>) -> ClassicStep {
    ClassicStep {
        before: Vec::new(),
        after: Vec::new(),
        step,
        wait_for: vec![after],
        secrets: Vec::new(),
        args,
        timeout: None,
    }
}

/// The home registries of what is built, in declared order. One is `_BASE_URL`; of several each says its name too.
fn homes(maker: &Maker<'_>, built: &Built<'_>) -> Vec<Home> {
    let units = built
        .units
        .iter()
        .zip(&built.here)
        .filter(|(_, here)| **here);
    let references: Vec<&str> = units
        .map(|(u, _)| u.spec.content_reference.as_str())
        .collect();
    let registries = maker.config.registries.iter();
    let used: Vec<_> = registries
        .filter(|registry| {
            references
                .iter()
                .any(|r| below(r, &registry.prefix).is_some())
        })
        .collect();
    let alone = used.len() == 1;
    let named = used.into_iter().map(|registry| Home {
        prefix: registry.prefix.clone(),
        substitution: if alone {
            BASE_URL.to_owned()
        } else {
            format!("{BASE_URL}_{}", super::login::shout(&registry.name))
        },
    });
    named.collect()
}

/// What of a reference follows a prefix, with the `/` between.
fn below<'a>(reference: &'a str, prefix: &str) -> Option<&'a str> {
    reference
        .strip_prefix(prefix)
        .filter(|rest| rest.starts_with('/'))
}

fn build_args(spec: &PlanSpec, homes: &[Home]) -> Vec<Arg> {
    let tags = [word(&spec.content_reference), leg(spec, homes)];
    builds(spec, tags, spec.target.as_deref())
}

/// The build of another stage of its Dockerfile, which stays on the machine.
fn stage_args(spec: &PlanSpec, stage: &str, name: &str) -> Vec<Arg> {
    builds(spec, [word(name)], Some(stage))
}

fn builds(spec: &PlanSpec, tags: impl IntoIterator<Item = Arg>, target: Option<&str>) -> Vec<Arg> {
    let mut args = vec![word("build")];
    for tag in tags {
        args.extend([word("--tag"), tag]);
    }
    args.extend([word("--file"), word(&spec.dockerfile)]);
    if let Some(target) = target {
        args.extend([word("--target"), word(target)]);
    }
    for (name, value) in &spec.args {
        args.extend([word("--build-arg"), word(&format!("{name}={value}"))]);
    }
    for name in spec.proxies() {
        args.extend([word("--build-arg"), word(name)]);
    }
    for secret in spec.secret_words() {
        args.extend([word("--secret"), word(&secret)]);
    }
    for (name, value) in &spec.labels {
        args.extend([word("--label"), word(&format!("{name}={value}"))]);
    }
    for (name, reference) in &spec.contexts {
        args.extend([
            word("--build-context"),
            word(&format!("{name}=docker-image://{reference}")),
        ]);
    }
    args.push(word(&spec.context));
    args
}

/// A test in a container of the machine's own Docker, which has the checkout at the same path as the steps do.
/// Source: `dockerRunArgs` of cloud-build-local, which mounts it so.
fn test_args(image: &str, test: &Test) -> Vec<Arg> {
    let call = ["run", "--rm", "--pull", "never"];
    let mut args: Vec<Arg> = call.into_iter().map(word).collect();
    if let Some(user) = &test.user {
        args.extend([word("--user"), word(user)]);
    }
    for (path, place) in &test.files {
        let mount = format!("type=bind,source=/workspace/{path},target={place},readonly");
        args.extend([word("--mount"), word(&mount)]);
    }
    args.extend(test.options.iter().map(|option| word(option)));
    args.extend([word("--entrypoint"), word("/bin/sh")]);
    args.extend([word(image), word("-c"), word(&test.run)]);
    args
}

/// The reference of the one platform, below the substitution of its home.
fn leg(spec: &PlanSpec, homes: &[Home]) -> Arg {
    let reference = spec
        .pushed
        .values()
        .next()
        .unwrap_or(&spec.content_reference);
    let of_home = homes.iter().filter_map(|home| {
        let rest = below(reference, &home.prefix)?;
        Some((home, rest))
    });
    // Of prefixes within each other the longest is the registry's own.
    match of_home.max_by_key(|(home, _)| home.prefix.len()) {
        Some((home, rest)) => Arg {
            home: Some(home.substitution.clone()),
            text: rest.to_owned(),
        },
        None => word(reference),
    }
}

fn word(text: &str) -> Arg {
    Arg {
        home: None,
        text: text.to_owned(),
    }
}
