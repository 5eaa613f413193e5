//! What puts the release into an image: a field that prints it, or a file of a context that every bump rewrites.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::Context;
use crate::check::context::SentContext;
use crate::config::Mention;
use crate::diagnostic::Sink;
use crate::image::{RELEASE_LABEL, release_finding};
use crate::lock::some;
use crate::release::mentions::ImageNames;
use crate::source::Wanted;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    sent(cx, sink);
    let mut seen = BTreeSet::new();
    for spec in &cx.matrix.specs {
        for field in spec.merged.content_fields() {
            if !cx.config.fields.reads(field, "release") || !seen.insert(field.span.start) {
                continue;
            }
            let place = cx.place(field.span.clone(), RELEASE_LABEL);
            sink.push(
                release_finding(place)
                    .help("let the tag alone state the release, where that is enough"),
            );
        }
    }
}

/// Reports what a bump rewrites of the files that are sent, and of Dockerfiles.
fn sent(cx: &Context<'_>, sink: &mut Sink) {
    let contexts = cx.sent_contexts();
    let moved = moved(cx, &contexts);
    for sent in contexts {
        let inside = moved.iter().filter(|(path, _)| holds(cx, &sent, path));
        let (paths, whys): (Vec<&str>, BTreeSet<&str>) =
            inside.map(|(path, why)| (path.as_str(), *why)).unzip();
        if paths.is_empty() {
            continue;
        }
        let whys: Vec<&str> = whys.into_iter().collect();
        let finding = release_finding(sent.place(cx))
            .note(format!(
                "a bump rewrites {} ({})",
                some(&paths),
                whys.join(", ")
            ))
            .help("leave out in `.dockerignore` what the image does not need of that");
        sink.push(finding.about(sent.specs.iter().copied()));
    }
}

/// Whether a file goes into images with a context: it is sent, or is the Dockerfile, which counts in either case.
fn holds(cx: &Context<'_>, sent: &SentContext<'_>, path: &str) -> bool {
    let inside = match sent.folder {
        "." => Some(path),
        folder => path
            .strip_prefix(folder)
            .and_then(|rest| rest.strip_prefix('/')),
    };
    let mut own = sent
        .specs
        .iter()
        .filter_map(|id| cx.contents.get(*id).own.as_ref());
    inside.is_some_and(|inside| sent.files.files.contains_key(inside))
        || own.any(|own| *own.path == *path)
}

/// The files of contexts that a bump rewrites, each with what it is to the release.
fn moved(cx: &Context<'_>, contexts: &[SentContext<'_>]) -> BTreeMap<String, &'static str> {
    let mut moved = BTreeMap::new();
    let Some(release) = &cx.config.release else {
        return moved;
    };
    let held = |path: &str| contexts.iter().any(|sent| holds(cx, sent, path));
    let matrix = &*cx.config.file.path;
    if held(matrix) {
        moved.insert(matrix.to_owned(), "the matrix");
    }
    for pin in &release.pins {
        if !moved.contains_key(&*pin.file) && held(&pin.file) {
            moved.insert(pin.file.to_string(), "pins");
        }
    }
    let mut names = None;
    for mention in &release.mentions {
        for path in mentioning(cx, contexts, mention) {
            if moved.contains_key(&path) || !held(&path) {
                continue;
            }
            let names = names.get_or_insert_with(|| ImageNames::new(cx.config, cx.matrix));
            let moves = |names: &ImageNames<'_>| names.moves_in(cx.repository, mention, &path);
            if names.as_ref().is_some_and(moves) {
                moved.insert(path, "mentions");
            }
        }
    }
    moved
}

/// The files of a mention, as far as contexts may hold them.
fn mentioning(cx: &Context<'_>, contexts: &[SentContext<'_>], mention: &Mention) -> Vec<String> {
    if let Some(place) = &mention.place {
        return vec![place.file.to_string()];
    }
    let globs: Vec<&str> = mention
        .files
        .iter()
        .map(|glob| glob.value.as_str())
        .collect();
    let wanted = Wanted::new(&globs);
    let own = cx
        .contents
        .iter()
        .filter_map(|(_, rendered)| rendered.own.as_ref());
    let own = own.map(|own| own.path.to_string());
    let sent = contexts.iter().flat_map(|sent| {
        let paths = sent.files.files.keys();
        paths.map(|path| sent.full(path))
    });
    let found: BTreeSet<String> = sent.chain(own).filter(|path| wanted.has(path)).collect();
    found.into_iter().collect()
}
