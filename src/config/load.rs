//! From the text of `matrix.toml` to its raw form, and its JSON Schema.

use std::sync::Arc;

use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use crate::config::model::Config;
use crate::config::raw::RawMatrix;
use crate::config::{shape, validate};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::source::SourceFile;

/// Reads a matrix file. Everything wrong with it is in `sink`.
///
/// # Errors
/// When no valid configuration came of it.
pub fn load(file: &Arc<SourceFile>, sink: &mut Sink) -> Result<Config, Stopped> {
    let raw = parse(file, sink)?;
    validate::validate(file, &raw, sink)
}

fn parse(file: &Arc<SourceFile>, sink: &mut Sink) -> Result<RawMatrix, Stopped> {
    let (document, faults) = DeTable::parse_recoverable(&file.text);
    for fault in &faults {
        let span = fault.span().unwrap_or(0..0);
        sink.push(Finding::new(
            &code::TOML_SYNTAX,
            fault
                .message()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            Place::span(file, span, ""),
        ));
    }
    if !faults.is_empty() {
        return Err(Stopped);
    }
    match RawMatrix::deserialize(Deserializer::from(document.clone())) {
        Ok(raw) => Ok(raw),
        Err(fault) => {
            let before = sink.len();
            shape::check(file, &schema(), &document, sink);
            if sink.len() == before {
                // The schema allowed what serde does not; its own words are better than none.
                let span = fault.span().unwrap_or(0..0);
                sink.push(Finding::new(
                    &code::WRONG_TYPE,
                    fault.message().to_owned(),
                    Place::span(file, span, ""),
                ));
            }
            Err(Stopped)
        }
    }
}

/// The JSON Schema of `matrix.toml`, from the same types that read it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(RawMatrix).to_value()
}
