//! A Dockerfile of the user's whose FROM does not use the declared base or parent.

use std::collections::BTreeSet;

use parse_dockerfile::Dockerfile;

use crate::check::Context;
use crate::check::context::OwnDockerfile;
use crate::check::dockerfile::{expand, from_args};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::image::reference::full;
use crate::matrix::ImageId;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut seen = BTreeSet::new();
    for own in cx.own_dockerfiles() {
        let Ok(parsed) = parse_dockerfile::parse(&own.file.text) else {
            continue;
        };
        if !ignores(cx, &own, &parsed) {
            continue;
        }
        let values = from_args(&parsed, &own.rendered.args);
        if !seen.insert((own.file.path.clone(), own.spec.image)) {
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
            format!("`{}` does not stand on the declared {what}", own.file.path),
            cx.place(
                span,
                format!("declared for {}", own.spec.describe(cx.config)),
            ),
        );
        for stage in parsed.stages().take(3) {
            let written = &stage.from.image.value;
            let meant = expand(written, &values);
            let label = if meant == *written {
                "stands on this".to_owned()
            } else {
                format!("stands on `{meant}`")
            };
            finding = finding.related(Place::span(own.file, stage.from.image.span.clone(), label));
        }
        sink.push(finding.help(
            "write `ARG BASE_IMAGE=scratch` and `FROM ${BASE_IMAGE}`, and pass `args = { BASE_IMAGE = \"{{ from }}\" }`",
        ));
    }
}

/// The images with a Dockerfile that ignores what is declared below it.
pub(super) fn ignoring(cx: &Context<'_>) -> BTreeSet<ImageId> {
    cx.own_dockerfiles()
        .filter(|own| parse_dockerfile::parse(&own.file.text).is_ok_and(|p| ignores(cx, own, &p)))
        .map(|own| own.spec.image)
        .collect()
}

/// Whether no stage stands on what is declared.
pub(super) fn ignores(cx: &Context<'_>, own: &OwnDockerfile<'_>, parsed: &Dockerfile<'_>) -> bool {
    let Some(from) = &own.rendered.from else {
        return false;
    };
    let values = from_args(parsed, &own.rendered.args);
    // By content, or by a reference of the parent's, which the build is told to take for the content.
    let mut names = vec![full(from)];
    // A digest that the lock adds is nothing that the matrix declares.
    if let Some((name, digest)) = from.split_once('@')
        && cx.lock.is_some_and(|lock| {
            lock.digest_of(name)
                .is_some_and(|d| d.to_string() == digest)
        })
    {
        names.push(full(name));
    }
    if let Some(parent) = own.spec.parent {
        let references = cx.matrix.spec(parent).references();
        names.extend(references.iter().map(|r| full(r)));
    }
    // Any stage may stand on it: a build stage on something else, the last on a copy of it.
    !parsed
        .stages()
        .any(|s| names.contains(&full(&expand(&s.from.image.value, &values))))
}
