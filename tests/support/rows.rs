//! What a matrix comes to, a line for each spec, to be compared with a table that was written by hand.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use serde_json::Value;

use super::run;

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

/// The texts of a list; none where there is no list.
pub(crate) fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map(|items| items.iter().map(text).collect())
        .unwrap_or_default()
}

/// All of a spec's references, or its id where it is not published.
fn references(spec: &Value) -> String {
    match list(&spec["references"]) {
        none if none.is_empty() => text(&spec["id"]).to_owned(),
        all => all.join(" "),
    }
}

/// The plan, one line a spec: `references : platforms < base or parent + needs | target | args`. A parent, a need and a
/// content in an arg are written as the home reference of the spec that they are.
fn rows(root: &Path) -> Vec<String> {
    let output = run(root, &["plan"]);
    let plan: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|fault| panic!("{fault}: {}", String::from_utf8_lossy(&output.stderr)));
    let specs = plan["specs"].as_array().expect("specs");
    let home = |spec: &Value| {
        let published = list(&spec["references"]).first().copied();
        published.unwrap_or_else(|| text(&spec["id"])).to_owned()
    };
    let by_id: HashMap<&str, String> = specs
        .iter()
        .map(|spec| (text(&spec["id"]), home(spec)))
        .collect();
    let by_content: HashMap<&str, String> = specs
        .iter()
        .map(|spec| (text(&spec["content_reference"]), home(spec)))
        .collect();
    let row = |spec: &Value| {
        let mut row = format!(
            "{} : {}",
            references(spec),
            list(&spec["platforms"]).join(" ")
        );
        match (&spec["base"], &spec["parent"]) {
            (Value::String(base), Value::Null) => row += &format!(" < {base}"),
            (Value::Null, Value::String(parent)) => {
                row += &format!(" < {}", by_id[parent.as_str()]);
            }
            (base, parent) => assert!(base.is_null() && parent.is_null(), "{spec}"),
        }
        for need in list(&spec["needs"]) {
            row += &format!(" + {}", by_id[need]);
        }
        if let Some(target) = spec["target"].as_str() {
            row += &format!(" | {target}");
        }
        let args = spec["args"].as_object().expect("args");
        for (index, (name, value)) in args.iter().enumerate() {
            let value = by_content
                .get(text(value))
                .map_or(text(value), String::as_str);
            row += &format!("{} {name}={value}", if index == 0 { " |" } else { "" });
        }
        row
    };
    specs.iter().map(row).collect()
}

/// Both sides as sets: what exists is the promise here, order is declared in each `matrix.toml`.
pub(crate) fn assert_rows(root: &Path, expected: &str) {
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let found = rows(root);
    let (found, wanted): (BTreeSet<&str>, BTreeSet<&str>) = (
        found.iter().map(String::as_str).collect(),
        expected.iter().copied().collect(),
    );
    assert_eq!(wanted.len(), expected.len(), "a row is written twice");
    let missing: Vec<_> = wanted.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&wanted).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing: {missing:#?}\nsurplus: {surplus:#?}"
    );
}
