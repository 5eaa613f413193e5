//! A reference that never moves, and stands for other content than where it was published.

use crate::check::Context;
use crate::check::rules::unreleased_change;
use crate::diagnostic::{Finding, Severity, Sink, code};
use crate::grammar::SpecId;
use crate::lock::{Before, some};

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(release) = &cx.config.release else {
        return;
    };
    let Before::At(published) = cx.before else {
        return;
    };
    let told = cx.told();
    let mut moved: Vec<(SpecId, String)> = Vec::new();
    for (id, rendered) in cx.contents.iter() {
        let spec = cx.matrix.spec(id);
        if !spec.immutable || !told[id.0] {
            continue;
        }
        let content = rendered.content.to_string();
        let other = spec.references().into_iter().filter(|reference| {
            let before = published.contents.get(reference);
            before.is_some_and(|before| *before != content)
        });
        moved.extend(other.map(|reference| (id, reference)));
    }
    if moved.is_empty() {
        return;
    }
    // What changed since it was recorded is told by that, and the same step mends both.
    let changed = unreleased_change::changed(cx);
    moved.retain(|(id, _)| !changed.contains(id));
    let moved: Vec<String> = moved.into_iter().map(|(_, reference)| reference).collect();
    if moved.is_empty() {
        return;
    }
    let (count, plural) = match moved.len() {
        1 => ("a reference".to_owned(), ""),
        n => (format!("{n} references"), "s"),
    };
    let stand = if plural.is_empty() { "stands" } else { "stand" };
    let mut finding = Finding::new(
        &code::TAG_MOVED,
        format!(
            "{count} of release `{}` {stand} for other content than at `{}`",
            release.version, published.revision
        ),
        cx.place(release.span.clone(), "what carries it must stay what it is"),
    )
    .note(some(&moved))
    .help("run `gen bump patch`, so that the new content gets tags of its own");
    // Without a lock this alone tells of what is not released yet.
    let mut channels = cx.config.channels.iter();
    let channel = channels.find(|channel| channel.branch().is_some());
    if let (Some(channel), None) = (channel, cx.lock) {
        let fact = format!(
            "channel `{}` publishes it until the next release",
            channel.name
        );
        finding.severity = Severity::Note;
        finding = finding.related(cx.place(channel.span.clone(), fact));
    }
    sink.push(if published.certain {
        finding
    } else {
        finding.help(format!(
            "if `{}` was not published at `{}`, name a revision where what is published stands: `gen check --base REV`",
            release.version, published.revision
        ))
    });
}
