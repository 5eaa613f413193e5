//! A lock that records another release than the matrix states.

use crate::check::Context;
use crate::config::Config;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::lock::{Lock, Recorded, Standing};
use crate::source::lock_path;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(lock) = cx.lock else {
        lost(cx).into_iter().for_each(|f| sink.push(f));
        return;
    };
    let Standing::Stale { recorded } = lock.standing(cx.config, cx.matrix, cx.contents) else {
        return;
    };
    sink.push(stale_finding(cx.config, lock, recorded));
}

/// The finding for a lock that was committed, and is not there any more.
fn lost(cx: &Context<'_>) -> Option<Finding> {
    let release = cx.config.release.as_ref()?;
    if !cx.repository.is_in_git() {
        return None;
    }
    let (lock, revision) = Lock::committed(cx.repository, release)?;
    let recorded = lock.release?;
    let path = lock_path(&cx.config.file.path);
    let finding = Finding::new(
        &code::LOCK_STALE,
        format!(
            "`{path}` is not there, and at `{revision}` it records `{}`",
            recorded.version
        ),
        cx.place(release.span.clone(), "released here, and recorded nowhere"),
    );
    Some(
        finding
            .help(format!("run `git checkout {revision} -- {path}`"))
            .help("or run `gen bump --amend`, which records what the matrix says"),
    )
}

/// The finding for a lock that records another release.
pub fn stale_finding(config: &Config, lock: &Lock, recorded: &Recorded) -> Finding {
    let mut stated = lock
        .place
        .clone()
        .unwrap_or_else(|| Place::file(lock_path(&config.file.path)));
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
