//! Unified diffs of files that change.

use similar::TextDiff;

use crate::output::Change;

/// From what is on disk to what the matrix yields.
pub(super) fn difference(change: &Change) -> String {
    let after = change.after.as_ref().map(|p| p.text.as_str());
    unified(&change.path, change.before.as_deref(), after)
}

/// Of a file that may come or go. Line ends play no part.
pub(super) fn unified(path: &str, before: Option<&str>, after: Option<&str>) -> String {
    let name = |side: &str, text: Option<&str>| match text {
        Some(_) => format!("{side}/{path}"),
        None => "/dev/null".to_owned(),
    };
    let (old, new) = (name("a", before), name("b", after));
    let lf = |text: Option<&str>| text.unwrap_or("").replace("\r\n", "\n");
    TextDiff::from_lines(lf(before).as_str(), lf(after).as_str())
        .unified_diff()
        .context_radius(3)
        .header(&old, &new)
        .to_string()
}
