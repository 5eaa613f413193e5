//! A Dockerfile or template of the user's whose FROM does not use the declared base or parent.

use std::collections::BTreeSet;

use crate::check::Context;
use crate::check::dockerfile::Cooked;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::dockerfile::{Build, Source};
use crate::grammar::reference::full;
use crate::matrix::ImageId;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.cooked() {
        if !ignores(cx, &own) {
            continue;
        }
        let file = &own.recipe.file;
        let written = own.written();
        if !seen.insert((written.clone(), own.spec.image)) {
            continue;
        }
        let what = if own.spec.parent.is_some() {
            "parent"
        } else {
            "base"
        };
        let merged = &own.spec.merged;
        let span = merged.parent.as_ref().map(|p| p.span.clone());
        let span = span.unwrap_or_else(|| cx.span_of(own.spec, merged.from.as_ref()));
        let mut finding = Finding::new(
            &code::PARENT_IGNORED,
            format!("`{written}` does not stand on the declared {what}"),
            cx.place(
                span,
                format!("declared for {}", own.spec.describe(cx.config)),
            ),
        );
        let builds = cx.builds(&own);
        if let Some(Ok(build)) = builds.first().map(|(_, build)| &**build) {
            for stage in build.stages.iter().take(3) {
                let standing = &build.standings[stage.index];
                let written = &file.text[standing.span.clone()];
                let label = match &standing.base {
                    Source::Image(meant) if **meant != *written => format!("stands on `{meant}`"),
                    _ => "stands on this".to_owned(),
                };
                finding = finding.related(Place::span(file, standing.span.clone(), label));
            }
        }
        sink.push(finding.help(match own.recipe.own {
            true => "write `ARG BASE_IMAGE=scratch` and `FROM ${BASE_IMAGE}`, and pass `args = { BASE_IMAGE = \"{{ from }}\" }`",
            false => "write `FROM {{ from }}` in the template",
        }));
    }
}

/// The images with a Dockerfile that ignores what is declared below it.
pub(super) fn ignoring(cx: &Context<'_>) -> BTreeSet<ImageId> {
    cx.cooked()
        .filter(|cooked| ignores(cx, cooked))
        .map(|own| own.spec.image)
        .collect()
}

/// Whether no stage that is built stands on what is declared, on any platform.
fn ignores(cx: &Context<'_>, own: &Cooked<'_>) -> bool {
    let Some(from) = &own.rendered.from else {
        return false;
    };
    let home = |reference: &str| full(&cx.config.mirrors.home(reference));
    // By content, or by a reference of the parent's, which the build is told to take for the content.
    let mut names = vec![home(from)];
    // A digest that the lock adds is nothing that the matrix declares.
    if let Some((name, digest)) = from.split_once('@')
        && cx.lock.is_some_and(|lock| {
            lock.digest_of(name)
                .is_some_and(|d| d.to_string() == digest)
        })
    {
        names.push(home(name));
    }
    if let Some(parent) = own.spec.parent {
        let references = cx.matrix.spec(parent).references();
        names.extend(references.iter().map(|r| home(r)));
    }
    let declared = |reference: &str| {
        // A digest makes what is declared exact, and is no other image.
        let bare = reference
            .split_once('@')
            .map_or(reference, |(name, _)| name);
        names.contains(&home(reference)) || names.contains(&home(bare))
    };
    // Any stage may stand on it: a build stage on something else, the last on a copy of it. Where one cannot be told, it
    // may be that.
    let stands = |build: &Build| {
        build
            .stages
            .iter()
            .any(|stage| match &build.standings[stage.index].base {
                Source::Image(image) => declared(image),
                Source::Unknown(_) => true,
                _ => false,
            })
    };
    let builds = cx.builds(own);
    let mut told = builds
        .iter()
        .filter_map(|(_, build)| (**build).as_ref().ok());
    !builds.is_empty() && builds.iter().all(|(_, build)| build.is_ok()) && !told.any(stands)
}
