//! Findings for machines.

use serde::Serialize;

use crate::diagnostic::{Finding, Place};

#[derive(Serialize)]
struct JsonPlace<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    #[serde(skip_serializing_if = "str::is_empty")]
    label: &'a str,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    place: JsonPlace<'a>,
    related: Vec<JsonPlace<'a>>,
    notes: &'a [String],
    help: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also: Vec<JsonAlso<'a>>,
}

/// What else has the same cause.
#[derive(Serialize)]
struct JsonAlso<'a> {
    message: &'a str,
    place: JsonPlace<'a>,
}

fn place(place: &Place) -> JsonPlace<'_> {
    let position = place.line_column();
    let bytes = place.at.as_ref();
    let bytes = bytes.map(|(file, span)| (file.on_disk(span.start), file.on_disk(span.end)));
    JsonPlace {
        path: &place.path,
        line: position.map(|p| p.0),
        column: position.map(|p| p.1),
        start: bytes.map(|b| b.0),
        end: bytes.map(|b| b.1),
        label: &place.label,
    }
}

/// A JSON array of findings: code, severity, message, place (bytes and one-based line and column), related, notes, help,
/// and what else has the same cause.
pub fn json(findings: &[Finding]) -> String {
    let rows: Vec<JsonFinding<'_>> = findings
        .iter()
        .map(|f| JsonFinding {
            code: f.code.name,
            severity: f.severity().as_str(),
            message: &f.headline,
            place: place(&f.primary),
            related: f.related.iter().map(place).collect(),
            notes: &f.notes,
            help: &f.help,
            also: f
                .also
                .iter()
                .map(|(message, at)| JsonAlso {
                    message,
                    place: place(at),
                })
                .collect(),
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).unwrap_or_else(|_| "[]".to_owned());
    text.push('\n');
    text
}
