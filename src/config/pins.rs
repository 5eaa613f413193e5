//! Pins of actions, in `[ci.github.actions]` and in a file of facts.

use std::ops::Range;
use std::sync::Arc;

use crate::diagnostic::{Finding, Place, Sink, code, nearest, or_list};
use crate::facts::USED_ACTIONS;
use crate::grammar::Spanned;
use crate::source::SourceFile;

/// Reports an action that no workflow uses, and a pin (standing at `span`) to what is no commit or no version.
pub fn check_pin(
    file: &Arc<SourceFile>,
    repo: &Spanned<String>,
    (sha, version): (&str, &str),
    span: Range<usize>,
    sink: &mut Sink,
) {
    if !USED_ACTIONS.contains(&repo.value.as_str()) {
        let finding = Finding::new(
            &code::INVALID_PIN,
            format!("the workflow never uses `{}`", repo.value),
            Place::span(file, repo.span.clone(), "unknown action"),
        );
        sink.push(match nearest(&repo.value, USED_ACTIONS) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.note(format!("it may use {}", or_list(USED_ACTIONS))),
        });
    }
    let (what, label) = if !is_commit(sha) {
        (sha, "a commit is 40 hexadecimal digits")
    } else if !is_version(version) {
        (version, "its version is one word such as `v4.1.0`")
    } else {
        return;
    };
    sink.push(Finding::new(
        &code::INVALID_PIN,
        format!("`{}` cannot be pinned to `{what}`", repo.value),
        Place::span(file, span, label),
    ));
}

/// Whether a text names a commit: 40 hexadecimal digits.
pub fn is_commit(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether a text can stand behind a commit as its version: one word.
pub fn is_version(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
}
