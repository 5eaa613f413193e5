//! A key that does nothing where it stands: what a Dockerfile of the user's cannot be told, the tag of what is not
//! published, published parents where no image has one.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::check::Context;
use crate::config::{Keys, List, Table, Take, When};
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::image::Spec;
use crate::matrix::ImageId;

/// What a key serves.
#[derive(Clone, Copy)]
enum Serves {
    /// Images whose Dockerfile gen renders.
    Rendered,
    /// Images that are given a tag.
    Published,
}

impl Serves {
    fn is_for(self, spec: &Spec) -> bool {
        match self {
            Serves::Rendered => spec.merged.dockerfile.is_none(),
            Serves::Published => spec.tag.is_some(),
        }
    }

    /// The fact about a key, where it stands.
    fn label(self) -> &'static str {
        match self {
            Serves::Rendered => "goes into rendered Dockerfiles alone",
            Serves::Published => "of what is published alone",
        }
    }
}

/// A key of `[defaults]` or of a row there.
struct SharedKey {
    span: Range<usize>,
    table: &'static str,
    serves: Serves,
    serves_any: bool,
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // By where they stand.
    let mut shared: BTreeMap<(usize, &str), SharedKey> = BTreeMap::new();
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
            for (key, span, serves) in keys(row) {
                let serves_any = concerned.iter().any(|(_, spec)| serves.is_for(spec));
                if row.shared {
                    let known = shared.entry((span.start, key)).or_insert(SharedKey {
                        span,
                        table: match row.selector {
                            Some(_) => "[[defaults.when]]",
                            None => "[defaults]",
                        },
                        serves,
                        serves_any: false,
                    });
                    known.serves_any |= serves_any;
                    continue;
                }
                if serves_any {
                    continue;
                }
                let (beside, related, help) = match serves {
                    Serves::Rendered => (
                        "does nothing beside its `dockerfile`",
                        cx.place(
                            cx.span_of(first, first.merged.dockerfile.as_ref()),
                            "built from this one",
                        ),
                        "write it into that Dockerfile, or delete it here",
                    ),
                    Serves::Published => (
                        "does nothing, since it is not published",
                        cx.place(
                            first
                                .merged
                                .publish
                                .as_ref()
                                .map_or(0..0, |p| p.span.clone()),
                            "built, and never given a tag",
                        ),
                        "delete it",
                    ),
                };
                let finding = Finding::new(
                    &code::IDLE_KEY,
                    format!("`{key}` of image `{}` {beside}", image.key),
                    cx.place(span, serves.label()),
                );
                sink.push(
                    finding
                        .related(related)
                        .help(help)
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
    let mut specs = cx.matrix.specs.iter();
    if specs.all(|spec| spec.stands_on().next().is_none()) {
        let pipelines = cx.config.ci.pipelines.iter();
        for own in pipelines {
            let Some(parents) = own.published_parents() else {
                continue;
            };
            let finding = Finding::new(
                &code::IDLE_KEY,
                format!("`parents` of `[ci.{}]` serves no image", own.provider),
                cx.place(parents, "for images that stand on others of the matrix"),
            );
            let note = "no image has a `parent` or `needs`";
            sink.push(finding.note(note).help("delete it here"));
        }
    }
    for ((_, key), shared) in shared.into_iter().filter(|(_, shared)| !shared.serves_any) {
        let (note, help) = match shared.serves {
            Serves::Rendered => (
                "every image that it is for is built from a `dockerfile` of its own",
                "write it into those Dockerfiles, or delete it",
            ),
            Serves::Published => ("no image that it is for is published", "delete it"),
        };
        let finding = Finding::new(
            &code::IDLE_KEY,
            format!("`{key}` of `{}` serves no image", shared.table),
            cx.place(shared.span, shared.serves.label()),
        );
        sink.push(finding.note(note).help(help));
    }
}

/// The keys of a row that serve some kinds of images alone, with where each stands.
fn keys(row: &When) -> Vec<(&'static str, Range<usize>, Serves)> {
    let rendered = rendered_keys(row).into_iter();
    let tag = row.keys.tag.iter();
    let tag = tag.map(|field| ("tag", field.span.clone(), Serves::Published));
    rendered
        .map(|(key, span)| (key, span, Serves::Rendered))
        .chain(tag)
        .collect()
}

/// The keys of a row that go into a rendered Dockerfile and nowhere else, with where each stands.
fn rendered_keys(row: &When) -> Vec<(&'static str, Range<usize>)> {
    // Named one by one, so that a key that is added cannot be forgotten here.
    let Keys {
        takes,
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
        source: _,
        labels: _,
        apt,
        pip,
        pip_files,
        python,
        user,
        user_name,
        arbitrary_user,
        init,
        entrypoint,
        cmd,
        ca,
        proxy: _,
        secrets: _,
        platforms: _,
        epoch: _,
        template,
        test: _,
        meta: _,
        publish: _,
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
        (
            "pip",
            pip.iter()
                .chain(pip_files.iter().map(|file| &file.path))
                .map(|f| f.span.clone())
                .next(),
        ),
        ("python", python.map(|_| row.span.clone())),
        ("user", user.as_ref().map(|f| f.span.clone())),
        ("user-name", user_name.as_ref().map(|n| n.span().clone())),
        (
            "arbitrary-user",
            arbitrary_user.as_ref().map(|a| a.span.clone()),
        ),
        ("init", init.as_ref().map(|i| i.span.clone())),
        ("ca", ca.as_ref().map(|f| f.span.clone())),
        ("entrypoint", list(entrypoint)),
        ("cmd", list(cmd)),
        ("template", template.as_ref().map(|t| t.span.clone())),
    ];
    let taken = takes.iter().filter_map(|(take, span)| {
        let key = match take {
            Take::Entry(Table::Env, _) => "env",
            Take::Package(packages, _) | Take::All(List::Packages(packages)) => packages.key(),
            Take::All(List::ContextFiles) => "context-files",
            Take::Entry(Table::Args | Table::Labels | Table::Meta, _)
            | Take::Need(..)
            | Take::Secret(..)
            | Take::All(List::Needs | List::Secrets | List::Test) => return None,
        };
        Some((key, span.clone()))
    });
    let found = found.into_iter();
    let mut found: Vec<_> = found.filter_map(|(key, span)| Some((key, span?))).collect();
    for (key, span) in taken {
        // Each key is told once.
        if !found.iter().any(|(known, _)| *known == key) {
            found.push((key, span));
        }
    }
    found
}
