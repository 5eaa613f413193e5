//! Unified diffs of files that change.

use std::borrow::Cow;
use std::fmt::Write;

use similar::TextDiff;

use crate::bump::Rewritten;
use crate::diagnostic::visible;
use crate::output::{Change, Drift, State};

/// From what is on disk to what the matrix yields, for people: line ends play no part.
pub(super) fn difference(change: &Change) -> String {
    let lf = |text: &str| text.replace("\r\n", "\n");
    let before = change.before.as_deref().map(lf);
    let after = change.after.as_ref().map(|p| p.text.as_str());
    patch(&change.path, before.as_deref(), after)
}

/// From one text of a file that may come or go to another, byte by byte: what `git apply` does with it is what the run does.
pub(super) fn patch(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| match text {
        Some(_) => named(&format!("{side}/{path}")),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (lines(before), lines(after));
    let old: Vec<&str> = old.iter().map(AsRef::as_ref).collect();
    let new: Vec<&str> = new.iter().map(AsRef::as_ref).collect();
    TextDiff::configure()
        .newline_terminated(false)
        .diff_slices(&old, &new)
        .unified_diff()
        .context_radius(3)
        .header(&name("a", before), &name("b", after))
        .to_string()
}

/// All that a run would write: outputs, then files besides.
pub(super) fn patches(drift: &Drift, files: &[Rewritten]) -> String {
    let mut text = String::new();
    for change in &drift.changes {
        let (path, new) = (&change.path, change.after.as_ref());
        if change.state == State::Missing && new.is_some_and(|planned| planned.executable) {
            let (old, new) = (named(&format!("a/{path}")), named(&format!("b/{path}")));
            text += &format!("diff --git {old} {new}\nnew file mode 100755\n");
        }
        let after = new.map(|planned| planned.text.as_str());
        text += &patch(path, change.before.as_deref(), after);
    }
    for file in files {
        let before = file.before.as_ref().map(|f| f.text.as_str());
        text += &patch(&file.edit.path, before, Some(&file.edit.text));
    }
    text
}

/// A path as patches name it: in quotes, as a string of C, where it holds what would end or turn the line. What git does
/// with `core.quotePath` off.
fn named(path: &str) -> String {
    if &*visible(path) == path && !path.contains(['"', '\\']) {
        return path.to_owned();
    }
    let mut out = String::from("\"");
    for c in path.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if visible(c.encode_utf8(&mut [0; 4])).len() == c.len_utf8() => out.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(out, "\\{byte:03o}");
                }
            }
        }
    }
    out.push('"');
    out
}

/// Lines as patches count them, without their ends: LF alone ends one, and what none ends is marked.
fn lines(text: Option<&str>) -> Vec<Cow<'_, str>> {
    let lines = text.unwrap_or("").split_inclusive('\n');
    lines
        .map(|line| match line.strip_suffix('\n') {
            Some(line) => Cow::Borrowed(line),
            None => Cow::Owned(format!("{line}\n\\ No newline at end of file")),
        })
        .collect()
}
