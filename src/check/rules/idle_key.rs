//! A key of an image that does nothing where it stands: what a Dockerfile of the user's cannot be told.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::check::Context;
use crate::config::{Keys, Row};
use crate::diagnostic::{Finding, Sink, code};
use crate::image::{Spec, SpecId};
use crate::matrix::ImageId;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    // Keys of `[defaults]` by where they stand: what they are, and whether they serve anything.
    let mut shared: BTreeMap<(usize, &str), (Range<usize>, bool, &str)> = BTreeMap::new();
    for (index, image) in cx.config.images.iter().enumerate() {
        let ids = cx.matrix.of_image(ImageId(index)).map(SpecId);
        let specs: Vec<(SpecId, &Spec)> = ids.map(|id| (id, cx.matrix.spec(id))).collect();
        for row in &image.rows {
            let applies = |spec: &Spec| {
                let selector = row.selector.as_ref();
                selector.is_none_or(|s| s.holds(spec.image, &spec.cell, None))
            };
            let concerned: Vec<_> = specs.iter().filter(|(_, spec)| applies(spec)).collect();
            let Some((_, first)) = concerned.first() else {
                continue;
            };
            let own = |(_, spec): &&(SpecId, &Spec)| spec.merged.dockerfile.is_some();
            let serves = !concerned.iter().all(own);
            for (key, span) in rendered_keys(row) {
                if row.shared {
                    let table = match row.selector {
                        Some(_) => "[[defaults.when]]",
                        None => "[defaults]",
                    };
                    let known = shared
                        .entry((span.start, key))
                        .or_insert((span, false, table));
                    known.1 |= serves;
                    continue;
                }
                if serves {
                    continue;
                }
                let finding = Finding::new(
                    &code::IDLE_KEY,
                    format!(
                        "`{key}` of image `{}` does nothing beside its `dockerfile`",
                        image.key
                    ),
                    cx.place(span, "goes into rendered Dockerfiles alone"),
                );
                let dockerfile = cx.span_of(first, first.merged.dockerfile.as_ref());
                sink.push(
                    finding
                        .related(cx.place(dockerfile, "built from this one"))
                        .help("write it into that Dockerfile, or delete it here")
                        .about(concerned.iter().map(|(id, _)| *id)),
                );
            }
        }
    }
    if let Some(span) = &cx.config.default_axes
        && cx.config.images.iter().all(|image| image.states_axes)
    {
        let finding = Finding::new(
            &code::IDLE_KEY,
            "`axes` of `[defaults]` serves no image",
            cx.place(span.clone(), "for images that state none"),
        )
        .note("every image states its own `axes`");
        sink.push(finding.help("delete it here, or in the images that vary over these axes"));
    }
    for ((_, key), (span, serves, table)) in shared {
        if !serves {
            let finding = Finding::new(
                &code::IDLE_KEY,
                format!("`{key}` of `{table}` serves no image"),
                cx.place(span, "goes into rendered Dockerfiles alone"),
            )
            .note("every image that it is for is built from a `dockerfile` of its own");
            sink.push(finding.help("write it into those Dockerfiles, or delete it"));
        }
    }
}

/// The keys of a row that go into a rendered Dockerfile and nowhere else, with where each stands.
fn rendered_keys(row: &Row) -> Vec<(&'static str, Range<usize>)> {
    // Named one by one, so that a key that is added cannot be forgotten here.
    let Keys {
        name: _,
        tag: _,
        registry: _,
        from: _,
        parent: _,
        needs: _,
        dockerfile: _,
        target: _,
        context: _,
        context_files,
        args: _,
        env,
        labels: _,
        apt,
        pip,
        python,
        user,
        entrypoint,
        cmd,
        platforms: _,
        epoch: _,
        template,
        test: _,
    } = &row.keys;
    let list = |fields: &Option<Vec<crate::render::Field>>| {
        let first = fields.as_ref().map(|fields| fields.first());
        first.map(|f| f.map_or(row.span.clone(), |f| f.span.clone()))
    };
    let found = [
        (
            "context-files",
            context_files.first().map(|f| f.span.clone()),
        ),
        ("env", env.values().next().map(|f| f.span.clone())),
        ("apt", apt.first().map(|f| f.span.clone())),
        ("pip", pip.first().map(|f| f.span.clone())),
        ("python", python.map(|_| row.span.clone())),
        ("user", user.as_ref().map(|f| f.span.clone())),
        ("entrypoint", list(entrypoint)),
        ("cmd", list(cmd)),
        ("template", template.as_ref().map(|t| t.span.clone())),
    ];
    let found = found.into_iter();
    found.filter_map(|(key, span)| Some((key, span?))).collect()
}
