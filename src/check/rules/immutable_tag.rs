//! A tag that moves, at a registry where it can be put once.

use indexmap::IndexSet;

use crate::check::Context;
use crate::config::{Registry, RegistryId};
use crate::diagnostic::{Finding, Sink, code};
use crate::image::Spec;
use crate::lock::some;
use crate::matrix::glob;

/// The tags that move at one registry, by why they do.
#[derive(Default)]
struct Moving {
    aliases: IndexSet<String>,
    unreleased: IndexSet<String>,
    channels: IndexSet<String>,
    markers: IndexSet<String>,
    layers: IndexSet<String>,
}

/// The markers of `publish.sh`, which say by which release aliases were moved.
const MARKER: &str = "newest-release";

/// How tags begin under which layers are kept.
const LAYERS: &str = "layers-";

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    for (index, registry) in cx.config.registries.iter().enumerate() {
        let Some(movable) = &registry.movable else {
            continue;
        };
        let moves = |tag: &String| !movable.iter().any(|one| one == tag || glob(one, tag));
        let mut moving = moving(cx, RegistryId(index));
        let kinds = [
            &mut moving.aliases,
            &mut moving.unreleased,
            &mut moving.channels,
            &mut moving.markers,
            &mut moving.layers,
        ];
        for kind in kinds {
            kind.retain(moves);
        }
        if let Some(told) = told(&moving) {
            sink.push(finding(cx, registry, &movable.value, &moving).note(told));
        }
    }
}

/// What moves there: aliases, tags that print no release, and those of channels at every registry, markers and layers at homes
/// alone.
fn moving(cx: &Context<'_>, at: RegistryId) -> Moving {
    let mut moving = Moving::default();
    let release = cx.config.release.as_ref().map(|r| r.version.as_str());
    let goes = |spec: &Spec| spec.merged.registries(cx.config).contains(&at);
    let is_home = |spec: &Spec| spec.merged.registries(cx.config).first() == Some(&at);
    let mark = |moving: &mut Moving, line: Option<&str>| {
        if release.is_some() {
            let marker = line.map_or(MARKER.to_owned(), |line| format!("{MARKER}-{line}"));
            moving.markers.insert(marker);
        }
    };
    for spec in cx.matrix.specs.iter().filter(|spec| goes(spec)) {
        if let (Some(tag), false) = (&spec.tag, spec.immutable) {
            moving.unreleased.insert(tag.clone());
            if is_home(spec) {
                mark(&mut moving, None);
            }
        }
        if cx.config.ci.cache.is_some() && is_home(spec) {
            moving.layers.insert(format!("{LAYERS}…"));
        }
    }
    for alias in cx.matrix.aliases.iter().chain(&cx.matrix.resting) {
        let (spec, line) = (cx.matrix.spec(alias.spec), alias.line.as_deref());
        // An alias that names one release is put once, as its tags are.
        if !goes(spec) || (line.is_some() && line == release) {
            continue;
        }
        moving.aliases.insert(alias.tag.clone());
        if is_home(spec) {
            mark(&mut moving, line);
        }
    }
    for tag in &cx.matrix.channel_tags {
        if goes(cx.matrix.spec(tag.spec)) {
            moving.channels.extend(tag.moving());
        }
    }
    moving
}

/// What of it the registry would refuse; `None` where that is nothing.
fn told(moving: &Moving) -> Option<String> {
    let kinds = [
        ("aliases", &moving.aliases),
        ("tags that print no release", &moving.unreleased),
        ("tags of channels", &moving.channels),
        ("markers of the newest release", &moving.markers),
        ("layers of builds before", &moving.layers),
    ];
    let some = |tags: &IndexSet<String>| some(&tags.iter().collect::<Vec<_>>());
    let kinds = kinds.iter().filter(|(_, tags)| !tags.is_empty());
    let parts: Vec<String> = kinds
        .map(|(what, tags)| format!("{what}: {}", some(tags)))
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn finding(cx: &Context<'_>, registry: &Registry, stated: &[String], moving: &Moving) -> Finding {
    let mut movable: IndexSet<String> = stated.iter().cloned().collect();
    let named = [&moving.aliases, &moving.unreleased, &moving.channels];
    movable.extend(named.into_iter().flatten().cloned());
    if !moving.markers.is_empty() {
        movable.insert(format!("{MARKER}*"));
    }
    if !moving.layers.is_empty() {
        movable.insert(format!("{LAYERS}*"));
    }
    let movable: Vec<String> = movable.iter().map(|tag| format!("\"{tag}\"")).collect();
    let span = registry.movable.as_ref().map(|m| m.span.clone());
    Finding::new(
        &code::IMMUTABLE_TAG,
        format!(
            "tags that move go to registry `{}`, which would not let them be put again",
            registry.name
        ),
        cx.place(
            span.unwrap_or_default(),
            "only these can be put again there",
        ),
    )
    .help(format!(
        "let the registry except them, and say so: `movable = [{}]`",
        movable.join(", ")
    ))
}
