//! Findings as a report of GitLab's Code Quality, which shows them in a merge request.
//!
//! <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>

use std::collections::HashMap;

use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::diagnostic::github::told;
use crate::diagnostic::{Finding, Severity};

#[derive(Serialize)]
struct Issue<'a> {
    description: String,
    check_name: &'a str,
    fingerprint: String,
    severity: &'static str,
    location: Location<'a>,
}

#[derive(Serialize)]
struct Location<'a> {
    path: &'a str,
    positions: Positions,
}

#[derive(Serialize)]
struct Positions {
    begin: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

/// A JSON array of issues. A finding without a line is at the first: GitLab wants one. Its fingerprint is of what it says
/// and of its file, and not of its line, so that it is the same finding after lines were added above it.
pub fn gitlab(findings: &[Finding]) -> String {
    let mut seen: HashMap<[u8; 32], u64> = HashMap::new();
    let issues: Vec<Issue<'_>> = findings
        .iter()
        .map(|finding| {
            let place = &finding.primary;
            let (begin, end) = place.region().unwrap_or(((1, 1), (1, 1)));
            Issue {
                description: told(finding),
                check_name: finding.code.name,
                fingerprint: fingerprint(finding, &mut seen),
                severity: match finding.severity() {
                    Severity::Error => "major",
                    Severity::Warning => "minor",
                    Severity::Note => "info",
                },
                location: Location {
                    path: &place.path,
                    positions: Positions {
                        begin: Position {
                            line: begin.0,
                            column: begin.1,
                        },
                        end: Position {
                            line: end.0,
                            column: end.1,
                        },
                    },
                },
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&issues).unwrap_or_else(|_| "[]".to_owned());
    text.push('\n');
    text
}

/// What a finding is known by from one revision to the next; of several that are alike, also by which it is.
pub(super) fn fingerprint(finding: &Finding, seen: &mut HashMap<[u8; 32], u64>) -> String {
    let mut hash = Sha256::new();
    for text in [finding.code.name, &*finding.primary.path, &finding.headline] {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let alike = seen.entry(hash.clone().finalize().into()).or_default();
    hash.update(alike.to_le_bytes());
    *alike += 1;
    let bytes: [u8; 32] = hash.finalize().into();
    bytes.iter().take(16).map(|b| format!("{b:02x}")).collect()
}
