//! From the text of `matrix.toml` to its raw form, and its JSON Schema.

use std::ops::Range;
use std::sync::Arc;

use schemars::{JsonSchema, SchemaGenerator};
use serde::Deserialize;
use serde_json::Value as Json;
use toml::de::{DeTable, Deserializer};

use crate::config::ci::WrittenPipelines;
use crate::config::model::Config;
use crate::config::provider::ProviderTable;
use crate::config::raw::{RawCi, RawMatrix};
use crate::config::{shape, validate};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::source::{Owner, SourceFile, conflict};

/// Reads a matrix file that may turn on pipelines of these providers; `owner` says whose outputs come of it. Everything
/// wrong with it is in `sink`.
///
/// # Errors
/// When no valid configuration came of it.
pub fn load(
    file: &Arc<SourceFile>,
    owner: &Owner,
    providers: &[&'static dyn ProviderTable],
    sink: &mut Sink,
) -> Result<Config, Stopped> {
    let (raw, pipelines) = parse(
        file,
        || schema(providers),
        |mut document| {
            let pipelines = WrittenPipelines::take(providers, document.get_mut())?;
            let raw = RawMatrix::deserialize(Deserializer::from(document))?;
            Ok((raw, pipelines))
        },
        sink,
    )?;
    validate::validate(file, owner, &raw, pipelines, sink)
}

/// Reads a file of TOML; everything wrong with its shape, which `schema` tells, is in `sink`.
pub(super) fn parse<T>(
    file: &Arc<SourceFile>,
    schema: impl Fn() -> Json,
    read: impl Fn(toml::Spanned<DeTable<'_>>) -> Result<T, toml::de::Error>,
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
        let axes = document.get_ref().get("axis").map(|axes| axes.get_ref());
        let is_axis = |word: &str| axes.is_some_and(|axes| axes.get(word).is_some());
        syntax(file, &schema(), &faults, &is_axis, sink);
        return Err(Stopped);
    }
    let fault = match read(document) {
        Ok(raw) => return Ok(raw),
        Err(fault) => fault,
    };
    // Read once more: to keep a copy would take time in every run, and few are wrong.
    let (document, _) = DeTable::parse_recoverable(&file.text);
    let before = sink.len();
    let meant = shape::check(file, &schema(), &document, sink);
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
    meant.and_then(|meant| read(meant).ok()).ok_or(Stopped)
}

/// Faults of TOML's own. A table that is declared again is told once, not again for each of its keys; what follows a list
/// that nobody closed is not told at all.
fn syntax(
    file: &Arc<SourceFile>,
    schema: &Json,
    faults: &[toml::de::Error],
    is_axis: &dyn Fn(&str) -> bool,
    sink: &mut Sink,
) {
    let mut again: Option<usize> = None;
    let mut told: Vec<&str> = Vec::new();
    let mut faults: Vec<&toml::de::Error> = faults.iter().collect();
    faults.sort_by_key(|fault| fault.span().map_or(0, |span| span.start));
    for fault in faults {
        let span = file.whole(fault.span().unwrap_or(0..0));
        let what = fault.message().lines().next().unwrap_or_default();
        let start = file.text[..span.start].rfind('\n').map_or(0, |p| p + 1);
        let line = file.text[start..].lines().next().unwrap_or_default();
        let header = line.trim_start().starts_with('[');
        if let Some(finding) = beside_attribute(file, what, &span, is_axis) {
            sink.push(finding);
            continue;
        }
        if what != "duplicate key" {
            if unquoted(what) || what.starts_with("missing comma between array") {
                let before = file.text[start..span.start].trim();
                if matches!(before, "" | "[" | "[[") && is_statement(line) {
                    sink.push(unclosed(file, start));
                    return;
                }
            }
            sink.push(value_fault(file, what, span));
            continue;
        }
        let same_table = again.is_some_and(|again| {
            !file.text[again..start]
                .lines()
                .skip(1)
                .any(|l| l.starts_with('['))
        });
        if same_table && !header {
            continue;
        }
        again = header.then_some(start);
        let name = header.then(|| header_name(line)).flatten();
        if name.is_some_and(|name| told.contains(&name)) {
            continue;
        }
        told.extend(name);
        let list = name.filter(|name| shape::is_list(file, schema, name));
        let (kind, help) = match list {
            Some(name) => (
                "table",
                format!("double the brackets of each: `[[{name}]]`"),
            ),
            None if header => ("table", "join both tables into one".to_owned()),
            None => ("key", "keep one of them".to_owned()),
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

/// The finding for an axis that a selector states beside an attribute of it, which to TOML is one key twice.
fn beside_attribute(
    file: &Arc<SourceFile>,
    what: &str,
    span: &Range<usize>,
    is_axis: &dyn Fn(&str) -> bool,
) -> Option<Finding> {
    let word = &file.text[span.clone()];
    let bare = word.trim_matches(['"', '\'']);
    let extends = what.starts_with("cannot extend value of type string");
    if !is_axis(bare) || !(extends || what == "duplicate key") {
        return None;
    }
    let before = &file.text[..span.start];
    // As far back as the table goes in which it stands.
    let from = before.rfind(['{', '[']).map_or(0, |at| at + 1);
    let dotted = |text: &str| text.trim_start().starts_with('.');
    let mut others = before[from..].match_indices(word);
    let is_attribute = dotted(&file.text[span.end..]);
    if !is_attribute && !others.any(|(at, _)| dotted(&before[from + at + word.len()..])) {
        return None;
    }
    let place = Place::span(file, span.clone(), "again here");
    Some(
        Finding::new(
            &code::TOML_SYNTAX,
            format!("the key `{bare}` is there twice"),
            place,
        )
        .note("to TOML an axis and its attributes are one key")
        .help(format!(
            "beside an attribute, the value itself is `{bare}.value = \"…\"`"
        )),
    )
}

/// Whether the parser took a word for a number or a boolean, or says itself that it lacks its quotes.
fn unquoted(what: &str) -> bool {
    [
        "string values must be quoted",
        "invalid float",
        "invalid boolean",
    ]
    .iter()
    .any(|known| what.starts_with(known))
}

fn value_fault(file: &Arc<SourceFile>, what: &str, span: Range<usize>) -> Finding {
    if !unquoted(what) {
        return Finding::new(&code::TOML_SYNTAX, what, Place::span(file, span, ""))
            .help("correct it there, or on the line before: <https://toml.io/en/v1.0.0>");
    }
    // The parser may have begun to read it as a number: the whole word is meant.
    let part = |c: char| !(c.is_whitespace() || ",[]{}=#\"'".contains(c));
    let text = &file.text;
    let start = text[..span.start].trim_end_matches(part).len();
    let end = text.len() - text[span.end..].trim_start_matches(part).len();
    let span = start..end;
    let word = text[span.clone()].to_owned();
    let place = Place::span(file, span, "");
    if word.is_empty() || word.contains(|c| !part(c)) {
        return Finding::new(&code::TOML_SYNTAX, what, place)
            .help("quote it, if it is a text: <https://toml.io/en/v1.0.0>");
    }
    match word.to_lowercase().as_str() {
        lower @ ("true" | "false") => {
            Finding::new(&code::TOML_SYNTAX, format!("`{word}` is no value"), place)
                .help(format!("write `{lower}`"))
        }
        _ => Finding::new(
            &code::TOML_SYNTAX,
            format!("`{word}` has no quotes, and is no number"),
            place,
        )
        .help(format!("quote it: `\"{word}\"`")),
    }
}

/// The list that ends before the line at `start`, and has no `]` there.
fn unclosed(file: &Arc<SourceFile>, start: usize) -> Finding {
    let mut end = file.text[..start].trim_end().len();
    while let Some(line) = file.text[..end].rfind('\n').map(|p| p + 1)
        && file.text[line..end].trim_start().starts_with('#')
    {
        end = file.text[..line].trim_end().len();
    }
    Finding::new(
        &code::TOML_SYNTAX,
        "a list is not closed",
        Place::span(file, end..end, "`]` is missing before the next line"),
    )
    .help("close it with `]`")
}

/// Whether a line begins a statement of its own, which no item of a list does: `key = …`, `[table]`.
fn is_statement(line: &str) -> bool {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let line = line.trim_start();
    match header_name(line) {
        Some(name) => name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.chars().all(bare),
        None => {
            let rest = line.trim_start_matches(bare);
            rest.len() < line.len() && rest.trim_start().starts_with('=')
        }
    }
}

/// What stands between the brackets of a line that begins with them.
fn header_name(line: &str) -> Option<&str> {
    let inner = line.trim_start().strip_prefix('[')?;
    let inner = inner.strip_prefix('[').unwrap_or(inner);
    Some(inner.split_once(']')?.0.trim())
}

/// The JSON Schema of `matrix.toml` as it is shipped: making it anew in every run would take longer than to load a matrix.
/// A test holds it against [`schema`].
pub const SCHEMA: &str = include_str!("matrix.schema.json");

/// The JSON Schema of a `matrix.toml` that may turn on pipelines of these providers, from the same types that read it.
pub fn schema(providers: &[&'static dyn ProviderTable]) -> Json {
    let mut generator = SchemaGenerator::default();
    let mut schema = generator.root_schema_for::<RawMatrix>();
    let ci = <RawCi as JsonSchema>::schema_name();
    let mut tables = serde_json::Map::new();
    for provider in providers {
        let mut table = provider.schema(&mut generator);
        table.insert("description".to_owned(), provider.description().into());
        tables.insert(provider.key().to_owned(), table.to_value());
    }
    schema.insert("$defs".to_owned(), generator.take_definitions(true).into());
    let mut schema = schema.to_value();
    let known = schema.pointer_mut(&format!("/$defs/{ci}/properties"));
    if let Some(known) = known.and_then(Json::as_object_mut) {
        known.append(&mut tables);
    }
    schema
}
