//! A bump that began, and did not come to its end.

use crate::check::Context;
use crate::diagnostic::{Finding, Sink, code};
use crate::output::{note_path, noted};
use crate::release::Begun;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    let Some(release) = &cx.config.release else {
        return;
    };
    let begun = noted(cx.repository).and_then(|line| Begun::parse(&line));
    let Some(begun) = begun.filter(|begun| begun.concerns(release)) else {
        return;
    };
    let Begun { asked, from, to } = &begun;
    let label = if *to == release.version {
        "it came as far as this"
    } else {
        "it did not come as far as this"
    };
    let finding = Finding::new(
        &code::BUMP_CUT_SHORT,
        format!("a bump from `{from}` to `{to}` was cut short"),
        cx.place(release.span.clone(), label),
    );
    let help = format!("run `gen bump {asked}` again, which ends at `{to}`");
    sink.push(finding.help(help).help(format!(
        "if the files were put back, delete its note: `{}`",
        note_path(cx.repository)
    )));
}
