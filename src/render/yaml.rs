//! YAML: what a text looks like that is read back as itself, by YAML 1.1 and 1.2.

use std::fmt::Write;

use minijinja::value::ValueKind;
use minijinja::{Error, Value};

use crate::render::dialect::{Dialect, fault, json};

/// A double-quoted YAML scalar (which JSON strings are), or a bare number or boolean; collections in flow style.
pub(super) fn yaml_scalar(dialect: Dialect, value: &Value) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Number | ValueKind::Bool => Ok(if value.kind() == ValueKind::Bool {
            value.is_true().to_string()
        } else {
            value.to_string()
        }),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
            let json = serde_json::to_value(value).map_err(fault)?;
            yaml_flow(dialect, &json)
        }
        _ => yaml_string(dialect, &value.to_string()),
    }
}

fn yaml_flow(dialect: Dialect, json: &serde_json::Value) -> Result<String, Error> {
    Ok(match json {
        serde_json::Value::String(text) => yaml_string(dialect, text)?,
        serde_json::Value::Array(items) => {
            let items: Result<Vec<_>, _> = items.iter().map(|i| yaml_flow(dialect, i)).collect();
            format!("[{}]", items?.join(", "))
        }
        serde_json::Value::Object(map) => {
            let items: Result<Vec<_>, Error> = map
                .iter()
                .map(|(k, v)| {
                    Ok(format!(
                        "{}: {}",
                        yaml_string(dialect, k)?,
                        yaml_flow(dialect, v)?
                    ))
                })
                .collect();
            format!("{{{}}}", items?.join(", "))
        }
        other => other.to_string(),
    })
}

/// A text with the signs of the provider disarmed.
pub(super) fn guarded(dialect: Dialect, text: &str) -> String {
    match dialect {
        Dialect::Yaml(sign) => sign.disarm(text),
        _ => text.to_owned(),
    }
}

/// Characters that JSON may hold and YAML may not as they are: DEL, C1 controls, line separators, BOM.
pub(super) fn never_raw(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// A text of several lines as a block, its lines indented by `indent`, where YAML reads it back as it is; else, and when
/// it is of one line, as a string.
pub(super) fn yaml_script(dialect: Dialect, text: &str, indent: usize) -> Result<String, Error> {
    let text = match dialect {
        Dialect::Yaml(sign) if sign.in_scripts => &sign.disarm(text),
        _ => text,
    };
    let body = text.strip_suffix('\n').unwrap_or(text);
    let literal = body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && !body.contains(|c: char| never_raw(c) || (c.is_control() && c != '\n' && c != '\t'));
    if !literal {
        return json(&text);
    }
    let mut out = (if text.ends_with('\n') { "|" } else { "|-" }).to_owned();
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            let _ = write!(out, "{:indent$}{line}", "");
        }
    }
    Ok(out)
}

pub(super) fn yaml_string(dialect: Dialect, text: &str) -> Result<String, Error> {
    json(&guarded(dialect, text))
}

/// Whether YAML, 1.1 or 1.2, reads a bare word as something else: null, a boolean, a number, a date, a sign of its own.
/// Source: the types of yaml.org/type, and the core schema of YAML 1.2.2, as far as they are made of letters, digits, `_`,
/// `-`, `.`, `:`, `~`, `<`, `=` and `+`.
pub fn other_than_text(word: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    const SIGNS: [&str; 9] = ["", "~", "<<", "=", "-", "---", "...", "?", ":"];
    if SIGNS.contains(&word) || WORDS.iter().any(|w| w.eq_ignore_ascii_case(word)) {
        return true;
    }
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    if [".inf", ".nan"]
        .iter()
        .any(|w| w.eq_ignore_ascii_case(unsigned))
    {
        return true;
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let number = unsigned.replace('_', "");
    let based = |prefix: &str, base: u32| {
        let digits = number.strip_prefix(prefix);
        digits.is_some_and(|digits| digits.chars().all(|c| c.is_digit(base)))
    };
    // `190:20:30` counts by sixties; what has a dash between numbers of a day's form is a day, or begins a time.
    let sixties = number.contains(':')
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || ":.".contains(c));
    based("0x", 16)
        || based("0o", 8)
        || based("0b", 2)
        || sixties
        || begins_with_day(word)
        || number.parse::<f64>().is_ok()
}

/// `2026-11-28`, alone or with a time behind it.
fn begins_with_day(word: &str) -> bool {
    let mut parts = word.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let day = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    year.len() == 4
        && digits(year)
        && month.len() <= 2
        && digits(month)
        && (1..=2).contains(&(rest.len() - day.len()))
        && (day.is_empty() || day.starts_with(['t', 'T', ' ', '\t']))
}
