//! A repository of git's that git does not speak of.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::source::{Members, Origin, Repository};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    if let Some(finding) = unasked_finding(cx.repository) {
        sink.push(finding);
    }
}

/// The finding, where git was asked for contexts and did not answer.
pub fn unasked_finding(repository: &Repository) -> Option<Finding> {
    let members = repository.known_members().map(Members::origin);
    let Some(Origin::Unasked(why)) = members else {
        return None;
    };
    let place = Place::file(repository.matrix_path());
    let finding = Finding::new(
        &code::GIT_UNASKED,
        format!("git cannot say what a clean checkout holds: {why}"),
        place,
    )
    .note("every file of a context counts, ignored or not, and as its bytes are on disk")
    .help("let `git ls-files` work here; on another clone the contents may be others");
    Some(finding)
}
