//! A matrix as a person would write it: headers for the tables of §4, everything below them inline.

use std::fmt::Write;

use toml::{Table, Value as Toml};

pub(super) fn matrix(file: &Table) -> String {
    let mut out = String::new();
    for (key, value) in file {
        match (key.as_str(), value) {
            ("registry" | "image" | "described", Toml::Table(entries)) => {
                for (name, entry) in entries {
                    section(&mut out, &format!("[{key}.{name}]"), entry);
                    for row in rows(entry) {
                        section(&mut out, &format!("[[{key}.{name}.when]]"), row);
                    }
                }
            }
            ("defaults", entry) => {
                section(&mut out, "[defaults]", entry);
                for row in rows(entry) {
                    section(&mut out, "[[defaults.when]]", row);
                }
            }
            (_, Toml::Array(entries)) => {
                for entry in entries {
                    section(&mut out, &format!("[[{key}]]"), entry);
                }
            }
            _ => section(&mut out, &format!("[{key}]"), value),
        }
    }
    out
}

fn rows(of: &Toml) -> impl Iterator<Item = &Toml> {
    let rows = of.get("when").and_then(Toml::as_array);
    rows.into_iter().flatten()
}

fn section(out: &mut String, header: &str, body: &Toml) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{header}");
    for (key, value) in body
        .as_table()
        .into_iter()
        .flatten()
        .filter(|(key, _)| *key != "when")
    {
        let _ = writeln!(out, "{key} = {value}");
    }
}
