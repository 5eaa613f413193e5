//! Findings as SARIF 2.1.0, which GitHub's code scanning and editors read.
//!
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::diagnostic::gitlab::fingerprint;
use crate::diagnostic::{Code, Finding, Place, Severity};

/// Where the schema of the format stands.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// A log of one run. Columns count characters; paths are from the root of the repository.
pub fn sarif(findings: &[Finding]) -> String {
    let rules: BTreeMap<&str, Code> = findings.iter().map(|f| (f.code.name, f.code)).collect();
    let index: HashMap<&str, usize> = rules.keys().enumerate().map(|(i, n)| (*n, i)).collect();
    let mut seen = HashMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| result(finding, index[finding.code.name], &mut seen))
        .collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "gen",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.values().map(|code| rule(code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { "ROOT": { "description": { "text": "the root of the repository" } } },
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).unwrap_or_default();
    text.push('\n');
    text
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name,
        "shortDescription": { "text": code.summary },
        "fullDescription": { "text": code.explanation },
        "help": { "text": format!("{} `gen explain {}` says the same.", code.explanation, code.name) },
        "defaultConfiguration": { "level": level(code.severity) },
    })
}

fn result(finding: &Finding, rule: usize, seen: &mut HashMap<[u8; 32], u64>) -> Value {
    let mut text = finding.headline.clone();
    for note in &finding.notes {
        let _ = write!(text, "\nnote: {note}");
    }
    for help in &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    let also = finding.also.iter().map(|(_, place)| place);
    let related: Vec<Value> = finding
        .related
        .iter()
        .chain(also)
        .enumerate()
        .map(|(index, place)| {
            let mut location = location(place);
            location.insert("id".to_owned(), json!(index));
            Value::Object(location)
        })
        .collect();
    let mut result = json!({
        "ruleId": finding.code.name,
        "ruleIndex": rule,
        "level": level(finding.severity()),
        "message": { "text": text },
        "locations": [location(&finding.primary)],
        "partialFingerprints": { "finding/v1": fingerprint(finding, seen) },
    });
    if !related.is_empty() {
        result["relatedLocations"] = Value::Array(related);
    }
    result
}

fn location(place: &Place) -> Map<String, Value> {
    let mut physical = json!({
        "artifactLocation": { "uri": uri(&place.path), "uriBaseId": "ROOT" },
    });
    if let Some(((line, column), (end_line, end_column))) = place.region() {
        physical["region"] = json!({
            "startLine": line,
            "startColumn": column,
            "endLine": end_line,
            "endColumn": end_column,
        });
    }
    let mut location = Map::new();
    location.insert("physicalLocation".to_owned(), physical);
    if !place.label.is_empty() {
        location.insert("message".to_owned(), json!({ "text": place.label }));
    }
    location
}

/// A path as a relative reference (RFC 3986): its parts percent-encoded, and the first without a colon, which would make
/// it a scheme.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => out.push(byte as char),
            b if b.is_ascii_alphanumeric() => out.push(b as char),
            b => {
                let _ = write!(out, "%{b:02X}");
            }
        }
    }
    out
}
