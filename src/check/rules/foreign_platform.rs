//! A Dockerfile whose last stage stands on the machine that builds, or on another architecture.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, and_list, code};
use crate::dockerfile::{Build, Source, Unknown, Value};
use crate::image::{Platform, SpecId};
use crate::source::SourceFile;

/// What the last stage stands on instead.
struct Foreign {
    file: Arc<SourceFile>,
    span: Range<usize>,
    label: String,
    platforms: Vec<Platform>,
    specs: Vec<SpecId>,
}

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut found: BTreeMap<(Arc<str>, usize, String), Foreign> = BTreeMap::new();
    for cooked in cx.cooked() {
        let several = cooked.spec.platforms.len() > 1;
        for (platform, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            let Some((span, label)) = foreign(cx, build, platform, several) else {
                continue;
            };
            let file = &cooked.recipe.file;
            // A template says it once, whatever it is rendered for.
            let key = match cooked.recipe.own {
                true => (file.path.clone(), span.start, label.clone()),
                false => ("".into(), 0, label.clone()),
            };
            let foreign = found.entry(key).or_insert_with(|| Foreign {
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
    for foreign in found.into_values() {
        let all = and_list(foreign.platforms.iter().map(|p| p.as_str()));
        let finding = Finding::new(
            &code::FOREIGN_PLATFORM,
            format!("what is shipped for {all} stands on another platform"),
            Place::span(&foreign.file, foreign.span, foreign.label),
        )
        .note("what an earlier stage makes on the machine that builds is copied; the last stage is shipped as it is")
        .help("take the `--platform` away from the stage that becomes the image, or name one that is there for each");
        sink.push(finding.about(foreign.specs));
    }
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
            Value::Known(known) => {
                if !platform.runs(known) {
                    return Some((by.span.clone(), format!("is `{known}`")));
                }
            }
            // On one platform it is as a rule built by a machine of that platform.
            Value::Unknown(Unknown::BuildPlatform(_)) if several => {
                return Some((
                    by.span.clone(),
                    "is the machine that builds, whatever that is".to_owned(),
                ));
            }
            Value::Unknown(_) => {}
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
