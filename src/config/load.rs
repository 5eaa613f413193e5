//! From the text of `matrix.toml` to its raw form, and its JSON Schema.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use toml::de::{DeTable, Deserializer};

use crate::config::model::Config;
use crate::config::raw::RawMatrix;
use crate::config::{shape, validate};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::source::{Owner, SourceFile, conflict};

/// Reads a matrix file; `owner` says whose outputs come of it. Everything wrong with it is in `sink`.
///
/// # Errors
/// When no valid configuration came of it.
pub fn load(file: &Arc<SourceFile>, owner: &Owner, sink: &mut Sink) -> Result<Config, Stopped> {
    let raw: RawMatrix = parse(file, sink)?;
    validate::validate(file, owner, &raw, sink)
}

/// Reads a file of TOML whose shape is that of `T`; everything wrong with the shape is in `sink`.
pub(super) fn parse<T: DeserializeOwned + JsonSchema>(
    file: &Arc<SourceFile>,
    sink: &mut Sink,
) -> Result<T, Stopped> {
    if let Some(at) = conflict(&file.text) {
        let finding = Finding::new(
            &code::MERGE_CONFLICT,
            format!("`{}` holds both sides of a merge", file.path),
            Place::span(file, at, "git left this here"),
        );
        sink.push(finding.help(
            "keep what is right of both, and delete the lines that begin with `<<<<<<<`, `|||||||`, `=======` and `>>>>>>>`",
        ));
        return Err(Stopped);
    }
    let (document, faults) = DeTable::parse_recoverable(&file.text);
    if !faults.is_empty() {
        syntax(file, &faults, sink);
        return Err(Stopped);
    }
    let fault = match T::deserialize(Deserializer::from(document.clone())) {
        Ok(raw) => return Ok(raw),
        Err(fault) => fault,
    };
    let before = sink.len();
    let meant = shape::check(file, &schemars::schema_for!(T).to_value(), &document, sink);
    if sink.len() == before {
        // The schema allowed what serde does not; its own words are better than none.
        let span = fault.span().unwrap_or(0..0);
        sink.push(Finding::new(
            &code::WRONG_TYPE,
            fault.message().to_owned(),
            Place::span(file, span, ""),
        ));
    }
    // The findings say that no plan comes of it; what was meant is looked at for whatever else is wrong.
    meant
        .and_then(|meant| T::deserialize(Deserializer::from(meant)).ok())
        .ok_or(Stopped)
}

/// Faults of TOML's own. A table that is declared again is told once, not again for each of its keys.
fn syntax(file: &Arc<SourceFile>, faults: &[toml::de::Error], sink: &mut Sink) {
    let mut again: Option<usize> = None;
    for fault in faults {
        let span = file.whole(fault.span().unwrap_or(0..0));
        let what = fault.message().lines().next().unwrap_or_default();
        let line = file.text[..span.start].rfind('\n').map_or(0, |p| p + 1);
        let header = file.text[line..].trim_start().starts_with('[');
        if what != "duplicate key" {
            let place = Place::span(file, span, "");
            sink.push(Finding::new(&code::TOML_SYNTAX, what, place));
            continue;
        }
        let same_table = again.is_some_and(|start| {
            !file.text[start..line]
                .lines()
                .skip(1)
                .any(|l| l.starts_with('['))
        });
        if same_table && !header {
            continue;
        }
        again = header.then_some(line);
        let (kind, help) = if header {
            ("table", "join both tables into one")
        } else {
            ("key", "keep one of them")
        };
        let word = &file.text[span.clone()];
        let place = Place::span(file, span.clone(), "again here");
        sink.push(
            Finding::new(
                &code::TOML_SYNTAX,
                format!("the {kind} `{word}` is there twice"),
                place,
            )
            .help(help),
        );
    }
}

/// The JSON Schema of `matrix.toml`, from the same types that read it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawMatrix).to_value()
}
