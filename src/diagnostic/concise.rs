//! One line a finding, for editors and logs.

use std::fmt::Write;

use crate::diagnostic::{Finding, visible};

/// `path:line:column: severity[code]: headline`, one line each.
pub fn concise(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = write!(out, "{}", visible(&finding.primary.path));
        if let Some((line, column)) = finding.primary.line_column() {
            let _ = write!(out, ":{line}:{column}");
        }
        let _ = writeln!(
            out,
            ": {}[{}]: {}",
            finding.severity().as_str(),
            finding.code.name,
            visible(&finding.headline)
        );
    }
    out
}
