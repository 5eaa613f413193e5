//! `gen list`: the specs.

use std::fmt::Write;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::{FindingFormat, ListFormat};
use crate::command::CLEAN;
use crate::command::select::{selected, selectors};
use crate::command::shell::{Error, Outcome, Shell, number};
use crate::diagnostic::Sink;
use crate::flow::{self, Expanded};
use crate::image::{Spec, SpecId};

/// What to list besides home references.
#[derive(Clone, Copy)]
pub(super) struct More {
    pub aliases: bool,
    pub copies: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    image: &'a str,
    cell: Map<String, Value>,
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<String>>,
    platforms: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    layer: usize,
}

pub(super) fn run(
    shell: &mut Shell<'_>,
    only: &[String],
    format: ListFormat,
    more: More,
) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => expanded,
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only = match selectors(shell, &expanded.config, only)? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let specs: Vec<(SpecId, &Spec)> = expanded
        .matrix
        .specs
        .iter()
        .enumerate()
        .map(|(i, s)| (SpecId(i), s))
        .filter(|(_, s)| selected(&expanded, &only, s))
        .collect();
    let text = match format {
        ListFormat::Lines => lines(&expanded, &specs, more),
        ListFormat::Json => json(&expanded, &specs, more),
        ListFormat::Table => table(&expanded, &specs, more),
    };
    shell.data(&text)?;
    if matches!(format, ListFormat::Table) {
        let platforms: usize = specs.iter().map(|(_, s)| s.platforms.len()).sum();
        shell.say(&format!(
            "{}, {}",
            number(specs.len(), "spec"),
            number(platforms, "platform image")
        ));
    }
    Ok(Outcome(CLEAN))
}

fn references(expanded: &Expanded, spec: &Spec, tag: &str, copies: bool) -> Vec<String> {
    let mut all: Vec<String> = spec
        .repositories(&expanded.config)
        .into_iter()
        .map(|r| format!("{r}:{tag}"))
        .collect();
    if !copies {
        all.truncate(1);
    }
    all
}

fn alias_tags(expanded: &Expanded, id: SpecId) -> impl Iterator<Item = &str> {
    expanded
        .matrix
        .aliases
        .iter()
        .filter(move |a| a.spec == id)
        .map(|a| a.tag.as_str())
}

fn lines(expanded: &Expanded, specs: &[(SpecId, &Spec)], more: More) -> String {
    let mut out = String::new();
    for (id, spec) in specs {
        let tags = std::iter::once(spec.tag.as_str()).chain(
            more.aliases
                .then(|| alias_tags(expanded, *id))
                .into_iter()
                .flatten(),
        );
        for tag in tags {
            for reference in references(expanded, spec, tag, more.copies) {
                out.push_str(&reference);
                out.push('\n');
            }
        }
    }
    out
}

fn json(expanded: &Expanded, specs: &[(SpecId, &Spec)], more: More) -> String {
    let config = &expanded.config;
    let rows: Vec<Row<'_>> = specs
        .iter()
        .map(|(id, spec)| {
            let mut all = references(expanded, spec, &spec.tag, true);
            let copies = all.split_off(1);
            Row {
                id: &spec.id,
                image: &config.images[spec.image.0].key,
                cell: spec
                    .cell
                    .iter()
                    .map(|(a, v)| {
                        (
                            config.axis(a).name.to_string(),
                            Value::from(config.value(a, v).to_string()),
                        )
                    })
                    .collect(),
                reference: all.swap_remove(0),
                copies: more.copies.then_some(copies),
                aliases: more.aliases.then(|| {
                    alias_tags(expanded, *id)
                        .flat_map(|tag| references(expanded, spec, tag, more.copies))
                        .collect()
                }),
                platforms: spec.platforms.iter().map(|p| p.as_str()).collect(),
                base: spec.base.as_deref(),
                parent: spec.parent.map(|p| expanded.matrix.spec(p).id.as_str()),
                layer: spec.layer,
            }
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).unwrap_or_default();
    text.push('\n');
    text
}

fn table(expanded: &Expanded, specs: &[(SpecId, &Spec)], more: More) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for (id, spec) in specs {
        let platforms: Vec<&str> = spec.platforms.iter().map(|p| p.as_str()).collect();
        let from = match (spec.parent, &spec.base) {
            (Some(parent), _) => format!("on {}", expanded.matrix.spec(parent).id),
            (None, Some(base)) => base.clone(),
            (None, None) => "its own Dockerfile's".to_owned(),
        };
        let mut references = references(expanded, spec, &spec.tag, more.copies);
        if more.aliases {
            for tag in alias_tags(expanded, *id) {
                references.extend(self::references(expanded, spec, tag, more.copies));
            }
        }
        for (index, reference) in references.into_iter().enumerate() {
            rows.push(if index == 0 {
                [reference, platforms.join(","), from.clone()]
            } else {
                [reference, String::new(), String::new()]
            });
        }
    }
    let head = [
        "REFERENCE".to_owned(),
        "PLATFORMS".to_owned(),
        "STANDS ON".to_owned(),
    ];
    let width = |column: usize| {
        rows.iter()
            .chain([&head])
            .map(|r| r[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let (first, second) = (width(0), width(1));
    let mut out = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        let line = format!("{:first$}  {:second$}  {}", row[0], row[1], row[2]);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
