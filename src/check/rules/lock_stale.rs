//! A lock that records another release than the matrix states.

use crate::check::Context;
use crate::config::Config;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::lock::{Lock, Recorded, Standing, path};

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(lock) = cx.lock else { return };
    let Standing::Stale { recorded } = lock.standing(cx.config, cx.matrix, cx.contents) else {
        return;
    };
    sink.push(stale_finding(cx.config, lock, recorded));
}

/// The finding for a lock that records another release.
pub fn stale_finding(config: &Config, lock: &Lock, recorded: &Recorded) -> Finding {
    let mut stated = lock
        .place
        .clone()
        .unwrap_or_else(|| Place::file(path(&config.file.path)));
    stated.label = "recorded here".to_owned();
    let version = &recorded.version;
    match &config.release {
        Some(release) => Finding::new(
            &code::LOCK_STALE,
            format!(
                "the matrix releases `{}`, the lock records `{version}`",
                release.version
            ),
            config.place(release.span.clone(), "released here"),
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
    }
}
