//! An image of the matrix's own that another stands on by its name, and not as `parent` or `needs`.

use rustc_hash::FxHashSet;

use crate::check::Context;
use crate::check::rules::parent_ignored;
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::SpecId;
use crate::grammar::reference::{Parts, full};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let mut own: FxHashSet<String> = FxHashSet::default();
    for id in &cx.matrix.order {
        let repositories = cx.matrix.spec(*id).repositories.iter();
        own.extend(repositories.map(|repository| repository_of(cx, repository)));
    }
    let ignoring = parent_ignored::ignoring(cx);
    let mut told: FxHashSet<String> = FxHashSet::default();
    for base in cx.bases().iter().chain(cx.own_bases()) {
        if !own.contains(&repository_of(cx, &base.reference)) {
            continue;
        }
        // A FROM that passes by the declared parent is told as that.
        let is_told = |id: &SpecId| ignoring.contains(&cx.matrix.spec(*id).image);
        if base.word() == "`FROM`" && base.specs.iter().all(is_told) {
            continue;
        }
        let label = format!("{} takes it as it was published", base.word());
        let place = base.place(cx, label);
        let start = place.at.as_ref().map_or(0, |(_, span)| span.start);
        if !told.insert(format!("{}\0{start}", place.path)) {
            continue;
        }
        let finding = Finding::new(
            &code::UNDECLARED_PARENT,
            format!("`{}` is an image of this matrix", base.reference),
            place,
        )
        .note("it is built without waiting for that one, and a change there does not reach it")
        .help("state it: `parent` for what FROM names, `needs` for what files or mounts come from, and name it as this release does");
        sink.push(finding.about(base.specs.iter().copied()));
    }
}

/// The repository of a reference at its home, with nothing left out.
fn repository_of(cx: &Context<'_>, reference: &str) -> String {
    let full = full(&cx.config.mirrors.home(reference));
    let parts = Parts::of(&full);
    format!("{}/{}", parts.host, parts.path)
}
