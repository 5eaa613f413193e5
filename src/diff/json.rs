//! A difference for machines. Described in `docs/diff.md`.

use crate::diff::Diff;

/// The difference as JSON.
pub fn json(diff: &Diff) -> String {
    let mut text = serde_json::to_string_pretty(diff).unwrap_or_default();
    text.push('\n');
    text
}
