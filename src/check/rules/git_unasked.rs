//! A repository of git's that git does not speak of.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::source::{Members, Origin};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let members = cx.repository.known_members().map(Members::origin);
    let Some(Origin::Unasked(why)) = members else {
        return;
    };
    let place = Place::file(cx.config.file.path.clone());
    let finding = Finding::new(
        &code::GIT_UNASKED,
        format!("git cannot say what a clean checkout holds: {why}"),
        place,
    )
    .note("every file of a context counts, ignored or not, and as its bytes are on disk")
    .help("let `git ls-files` work here; on another clone the contents may be others");
    sink.push(finding);
}
