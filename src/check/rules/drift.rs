//! Outputs that are not on disk as the matrix yields them.

use crate::check::Context;
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::output::{LIST, State};
use crate::source::SourceFile;

pub fn run(cx: &Context<'_>, sink: &mut Sink) {
    // A path that comes or goes changes the list too: that is told by the path.
    let moved = |state| matches!(state, State::Missing | State::Orphan);
    let moves = cx
        .drift
        .changes
        .iter()
        .any(|c| c.path != LIST && moved(c.state));
    for change in &cx.drift.changes {
        let path = change.path.as_str();
        if moves && path == LIST && change.state == State::Stale {
            continue;
        }
        let whole = || Place::file(path);
        sink.push(match change.state {
            State::Fresh => continue,
            State::Missing => Finding::new(
                &code::MISSING_OUTPUT,
                format!("`{path}` does not exist"),
                whole(),
            )
            .help("run `gen matrix` and commit the result"),
            State::Stale => {
                let after = change.after.as_ref().map_or("", |p| p.text.as_str());
                let place = match &change.before {
                    Some(before) => first_difference(path, before, after),
                    None => whole(),
                };
                Finding::new(
                    &code::STALE_OUTPUT,
                    format!("`{path}` is not what {} yields", cx.config.file.path),
                    place,
                )
                .help("run `gen matrix`; to keep an edit, make it in the matrix or the templates")
            }
            State::Orphan => Finding::new(
                &code::ORPHAN_OUTPUT,
                format!("`{path}` is no longer rendered"),
                whole(),
            )
            .help("run `gen matrix`, which removes it"),
            State::NotOurs => Finding::new(
                &code::NOT_OURS,
                format!("`{path}` was not made by gen"),
                whole(),
            )
            .help("move it away, or replace it with `gen matrix --take-over`"),
            State::Linked => Finding::new(
                &code::SYMLINK_OUTPUT,
                format!("`{path}` leads through a symbolic link"),
                whole(),
            )
            .help("remove the link, and run `gen matrix`"),
        });
    }
}

/// At most 60 characters of a line.
fn shortened(line: &str) -> String {
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

/// The first line on disk that differs, with what it should be.
fn first_difference(path: &str, before: &str, after: &str) -> Place {
    let mut offset = 0;
    let mut wanted = after.lines();
    for line in before.split_inclusive('\n') {
        let shown = line.trim_end_matches(['\n', '\r']);
        let want = wanted.next();
        if want != Some(shown) {
            let label = match want {
                Some("") => "an empty line is rendered here".to_owned(),
                Some(want) => format!("rendered: {}", shortened(want.trim())),
                None => "nothing is rendered from here on".to_owned(),
            };
            let file = SourceFile::new(path, before);
            return Place::span(&file, offset..offset + shown.len(), label);
        }
        offset += line.len();
    }
    let file = SourceFile::new(path, before);
    Place::span(
        &file,
        before.len()..before.len(),
        "more is rendered from here on",
    )
}
