//! A Dockerfile whose last stage stands on the machine that builds, or on another architecture, or takes files of one.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, and_list, code};
use crate::dockerfile::{Build, Expansion, Operation, Source, Unknown};
use crate::grammar::{Platform, SpecId};
use crate::source::SourceFile;

/// What the last stage stands on, or takes files of, instead.
struct Foreign {
    /// Whether it stands on it.
    stands: bool,
    file: Arc<SourceFile>,
    span: Range<usize>,
    label: String,
    platforms: Vec<Platform>,
    specs: Vec<SpecId>,
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut found: BTreeMap<(Arc<str>, usize, String), Foreign> = BTreeMap::new();
    for cooked in cx.cooked() {
        let several = cooked.spec.platforms.len() > 1;
        for (platform, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            let stands = foreign(cx, build, platform, several).map(|at| (true, at));
            let takes = taken(cx, build, platform).map(|at| (false, at));
            for (stands, (span, label)) in stands.into_iter().chain(takes) {
                let file = &cooked.recipe.file;
                // A template says it once, whatever it is rendered for.
                let key = match cooked.recipe.own {
                    true => (file.path.clone(), span.start, label.clone()),
                    false => ("".into(), 0, label.clone()),
                };
                let foreign = found.entry(key).or_insert_with(|| Foreign {
                    stands,
                    file: file.clone(),
                    span,
                    label,
                    platforms: Vec::new(),
                    specs: Vec::new(),
                });
                if !foreign.platforms.contains(platform) {
                    foreign.platforms.push(platform.clone());
                }
                if foreign.specs.last() != Some(&cooked.id) {
                    foreign.specs.push(cooked.id);
                }
            }
        }
    }
    for foreign in found.into_values() {
        let all = and_list(foreign.platforms.iter().map(|p| p.as_str()));
        let does = match foreign.stands {
            true => "stands on",
            false => "holds files of",
        };
        let finding = Finding::new(
            &code::FOREIGN_PLATFORM,
            format!("what is shipped for {all} {does} another platform"),
            Place::span(&foreign.file, foreign.span, foreign.label),
        );
        let finding = match foreign.stands {
            true => finding
                .note("what an earlier stage makes on the machine that builds is copied; the last stage is shipped as it is")
                .help("take the `--platform` away from the stage that becomes the image, or name one that is there for each"),
            false => finding.help("name the image that is there for each platform"),
        };
        sink.push(finding.about(foreign.specs));
    }
}

/// Where the image, or what it stands on, takes files out of an image that is by its name for another platform alone.
fn taken<'a>(
    cx: &'a Context<'_>,
    build: &'a Build,
    platform: &'a Platform,
) -> impl Iterator<Item = (Range<usize>, String)> + 'a {
    let lineage = build.lineage();
    let stages = build.stages.iter();
    let stages = stages.filter(move |stage| lineage.contains(&stage.index));
    let steps = stages.flat_map(|stage| &stage.steps);
    steps.filter_map(move |step| {
        let Operation::Copy(transfer) = &step.instruction.kind else {
            return None;
        };
        let mut source = step.sources.first()?;
        // A stage that does nothing is a name of what it stands on.
        while let Source::Stage(index) = source {
            let stage = build.stages.iter().find(|stage| stage.index == *index)?;
            if !stage.steps.is_empty() {
                return None;
            }
            source = &build.standings[*index].base;
        }
        let Source::Image(image) = source else {
            return None;
        };
        let alone = cx.config.mirrors.alone(image)?;
        let label = format!("`{image}` is for `{alone}` alone");
        let span = transfer.from.as_ref()?.span.clone();
        (!platform.runs(alone)).then_some((span, label))
    })
}

/// Where it is said that the last stage is for something else than the platform, and what it is.
fn foreign(
    cx: &Context<'_>,
    build: &Build,
    platform: &Platform,
    several: bool,
) -> Option<(Range<usize>, String)> {
    let last = build.standings.get(build.target)?;
    if let Some(by) = &last.platform_by {
        match &last.platform {
            Expansion::Known(known) => {
                if !platform.runs(known) {
                    return Some((by.span.clone(), format!("is `{known}`")));
                }
            }
            // On one platform it is as a rule built by a machine of that platform.
            Expansion::Unknown(Unknown::BuildPlatform(_)) if several => {
                return Some((
                    by.span.clone(),
                    "is the machine that builds, whatever that is".to_owned(),
                ));
            }
            Expansion::Unknown(_) => {}
        }
    }
    let mut root = last;
    while let Source::Stage(below) = root.base {
        root = build.standings.get(below)?;
    }
    let Source::Image(image) = &root.base else {
        return None;
    };
    let alone = cx.config.mirrors.alone(image)?;
    let label = format!("`{image}` is for `{alone}` alone");
    (!platform.runs(alone)).then(|| (root.span.clone(), label))
}
