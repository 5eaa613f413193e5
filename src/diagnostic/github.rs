//! Findings as commands of GitHub's runner, which shows them beside the lines of a change.
//!
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>; the escapes are those of
//! `@actions/core`, `src/command.ts`.

use std::fmt::Write;

use crate::diagnostic::{Finding, Severity, visible};

/// How many annotations of one type GitHub keeps of a step: what is beyond stands in the log alone.
const SHOWN: usize = 10;

/// `::error file=…,line=…,col=…,endLine=…,endColumn=…,title=…::message`, one line each; where a type has more than the
/// ten that GitHub keeps, a last line says so.
pub fn github(findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut counted = [0_usize; 3];
    for finding in findings {
        let (index, kind) = match finding.severity() {
            Severity::Error => (0, "error"),
            Severity::Warning => (1, "warning"),
            Severity::Note => (2, "notice"),
        };
        counted[index] += 1;
        let place = &finding.primary;
        let _ = write!(out, "::{kind} file={}", property(&place.path));
        if let Some(region) = place.region() {
            let ((line, column), (end_line, end_column)) = region;
            let _ = write!(out, ",line={line},col={column}");
            // Columns are of one line: where it ends in another, only lines are told.
            if line == end_line {
                let _ = write!(out, ",endLine={end_line},endColumn={end_column}");
            } else {
                let _ = write!(out, ",endLine={end_line}");
            }
        }
        let _ = writeln!(
            out,
            ",title={}::{}",
            property(finding.code.name),
            data(&told(finding))
        );
    }
    let beyond = counted
        .iter()
        .map(|n| n.saturating_sub(SHOWN))
        .sum::<usize>();
    if beyond > 0 {
        let _ = writeln!(
            out,
            "GitHub shows {SHOWN} findings of a type beside the change; {beyond} more stand in this log alone"
        );
    }
    out
}

/// All that a finding says, a line each.
pub(super) fn told(finding: &Finding) -> String {
    let mut text = visible(&finding.headline).into_owned();
    if !finding.primary.label.is_empty() {
        let _ = write!(text, "\n{}", visible(&finding.primary.label));
    }
    for place in &finding.related {
        let _ = write!(text, "\nsee {}", visible(&place.path));
        if let Some((line, column)) = place.line_column() {
            let _ = write!(text, ":{line}:{column}");
        }
        if !place.label.is_empty() {
            let _ = write!(text, ": {}", visible(&place.label));
        }
    }
    for note in &finding.notes {
        let _ = write!(text, "\nnote: {}", visible(note));
    }
    for help in &finding.help {
        let _ = write!(text, "\nhelp: {}", visible(help));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
