//! A lock whose contents were computed in another way than this gen's.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::image::CONTENT_FORMAT;
use crate::lock::{Before, Standing};
use crate::source::lock_path;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let (Some(lock), Some(release), Some(format)) = (cx.lock, &cx.config.release, other_format(cx))
    else {
        return;
    };
    let version = &release.version;
    let mut finding = Finding::new(
        &code::CONTENT_FORMAT,
        format!(
            "`{}` records contents of format {format}, this gen computes format {CONTENT_FORMAT}",
            lock_path(&cx.config.file.path)
        ),
        cx.place(
            release.span.clone(),
            "what this release is made of cannot be compared",
        ),
    );
    finding.related.extend(lock.place.clone().map(|mut place| {
        place.label = "recorded here".to_owned();
        place
    }));
    finding = finding
        .note("another content is another image: each is built once more, whatever has changed");
    let differ = cx.drift.changes.len();
    if differ > 0 {
        let outputs = if differ == 1 { "output" } else { "outputs" };
        finding = finding.note(format!(
            "{differ} {outputs} of the gen that recorded it differ too, and are written with the bump"
        ));
    }
    finding =
        finding.help("run `gen bump patch`, so that the images of this gen get tags of their own");
    let published = matches!(cx.before, Before::At(published) if published.certain);
    sink.push(if published {
        finding
    } else {
        finding.help(format!(
            "or `gen bump --amend`, if no image of `{version}` was ever published: it records `{version}` anew"
        ))
    });
}

/// The format of the contents that are recorded of this release, where it is another than this gen's.
pub(crate) fn other_format(cx: &Context<'_>) -> Option<u32> {
    match cx.lock?.standing(cx.config, cx.matrix, cx.contents) {
        Standing::OtherFormat { format } => Some(format),
        _ => None,
    }
}
