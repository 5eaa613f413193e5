//! One line a finding, for editors and logs.

use std::fmt::Write;

use crate::diagnostic::{Finding, Place, visible};
use crate::grammar::lists::few;

/// How many other places are named before the rest is counted.
const NAMED: usize = 8;

/// `path:line:column: severity[code]: headline`, one line each; with what else has the same cause behind it, where that is
/// elsewhere.
pub fn concise(findings: &[Finding]) -> String {
    let mut out = String::new();
    for finding in findings {
        let _ = writeln!(
            out,
            "{}: {}[{}]: {}{}",
            at(&finding.primary),
            finding.severity().as_str(),
            finding.code.name,
            visible(&finding.headline),
            elsewhere(finding)
        );
    }
    out
}

/// `path:line:column`, or the path alone.
fn at(place: &Place) -> String {
    let path = visible(&place.path);
    match place.line_column() {
        Some((line, column)) => format!("{path}:{line}:{column}"),
        None => path.into_owned(),
    }
}

fn elsewhere(finding: &Finding) -> String {
    let here = at(&finding.primary);
    let mut places: Vec<String> = finding.also.iter().map(|(_, place)| at(place)).collect();
    places.retain(|place| *place != here);
    places.dedup();
    match places.is_empty() {
        true => String::new(),
        false => format!("; also {}", few(&places, NAMED)),
    }
}
