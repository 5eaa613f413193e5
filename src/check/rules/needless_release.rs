//! The release moved, and nothing that is built did.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::lock::Standing;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let (Some(lock), Some(release)) = (cx.lock, &cx.config.release) else {
        return;
    };
    let Standing::Needless { before } = lock.standing(cx.config, cx.matrix, cx.contents) else {
        return;
    };
    let recorded = lock
        .release
        .as_ref()
        .is_some_and(|r| r.version == release.version);
    let finding = Finding::new(
        &code::NEEDLESS_RELEASE,
        format!(
            "release `{}` has no image that `{}` had not",
            release.version, before.version
        ),
        cx.place(release.span.clone(), "nothing that is built changed"),
    )
    .note("every image only gets another name; the library can go on with the tags it has");
    sink.push(if recorded {
        finding.help("release images only when `gen check` says that they changed")
    } else {
        finding.help(format!(
            "set the version back to `{}`; where the images must carry it all the same, `gen bump --amend` records it",
            before.version
        ))
    });
}
