//! A lock that records another release than the matrix states.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::lock::{Standing, path};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(lock) = cx.lock else { return };
    let Standing::Stale { recorded } = lock.standing(cx.config, cx.matrix, cx.contents) else {
        return;
    };
    let mut stated = lock
        .place
        .clone()
        .unwrap_or_else(|| Place::file(path(&cx.config.file.path)));
    stated.label = "recorded here".to_owned();
    let version = &recorded.version;
    sink.push(match &cx.config.release {
        Some(release) => Finding::new(
            &code::LOCK_STALE,
            format!(
                "the matrix releases `{}`, the lock records `{version}`",
                release.version
            ),
            cx.place(release.span.clone(), "released here"),
        )
        .related(stated)
        .help("run `gen bump --amend`, which records what the matrix says"),
        None => Finding::new(
            &code::LOCK_STALE,
            format!("the matrix states no release, the lock records `{version}`"),
            stated,
        )
        .help(format!(
            "add `[release]` with `version = \"{version}\"`, or delete the lock"
        )),
    });
}
