//! `gen published`: what of the plan stands at the registries.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::cli::{FindingFormat, PublishedArgs, PublishedFormat};
use crate::command::select::{Given, meant, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Finding, Place, Sink, and_list, code, visible};
use crate::flow;
use crate::grammar::reference::Parts;
use crate::image::plan::{Plan, json};
use crate::registry::{Client, Row, State, Strays, published, short, unused};
use crate::release::mentions::Names;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    release: Option<&'a str>,
    references: Vec<Listed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unused: Option<Vec<Stray<'a>>>,
    /// What could not be listed, so that nothing is said of what is unused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unlisted: Vec<Unlisted<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    reference: &'a str,
    role: &'static str,
    home: bool,
    state: &'static str,
    digest: Option<String>,
    platforms: Option<&'a [String]>,
    states: Option<&'a str>,
    why: &'a [String],
}

#[derive(Serialize)]
struct Stray<'a> {
    reference: &'a str,
    digest: String,
    why: &'a str,
}

#[derive(Serialize)]
struct Unlisted<'a> {
    at: &'a str,
    why: String,
}

pub(super) fn run(shell: &mut Shell<'_>, args: &PublishedArgs) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => left(expanded),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only = match selectors(shell, &expanded.config, Given::of(&args.selection))? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let asked = meant(&expanded.matrix, &only)?;
    let config = &expanded.config;
    if config.registries.is_empty() {
        let file = config.file.path.clone();
        let headline = "no registry is declared, so nothing can be published";
        let finding = Finding::new(&code::NO_REGISTRY, headline, Place::file(file));
        sink.push(finding.help("add `[registry.hub]` with `prefix = \"docker.io/…\"`"));
        return shell.unreadable(sink);
    }
    let contents = match flow::contents_of(&repository, &expanded, &mut sink) {
        Ok(contents) => left(contents),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let mut plan = left(Plan::new(config, &expanded.matrix, &contents));
    let client = Client::new(Duration::from_secs(args.timeout));
    let shell_ = &*shell;
    let waiting = |open: &[&str]| shell_.say(&still(open));
    let strays = args.unused.then(|| {
        let names = Names::new(config, &expanded.matrix);
        unused(&client, &plan, names.as_ref(), &waiting)
    });
    let mut place = 0;
    plan.keep(|_| {
        place += 1;
        asked[place - 1]
    });
    let release = config.release.as_ref().map(|release| &release.read);
    let rows = published(&client, &plan, release, config.owner.name(), &waiting);
    match args.format {
        PublishedFormat::Table => shell.data(&table(&rows, strays.as_ref()))?,
        PublishedFormat::Json => shell.data(&report(&plan, &rows, strays.as_ref()))?,
    }
    told(shell, &rows, strays.as_ref());
    Ok(outcome(&rows, strays.as_ref()))
}

/// What is waited for.
fn still(open: &[&str]) -> String {
    let mut hosts: Vec<&str> = open.iter().map(|r| Parts::of(r).host).collect();
    hosts.sort_unstable();
    hosts.dedup();
    let asked = number(open.len(), "question");
    format!("waiting for {}: {asked} still open", and_list(hosts))
}

/// What is not known weighs more than what is wrong: nobody can say then that this is all.
fn outcome(rows: &[Row], strays: Option<&Strays>) -> Outcome {
    let any = |state: State| rows.iter().any(|row| row.state == state);
    let unlisted = strays.is_some_and(|strays| !strays.unlisted.is_empty());
    Outcome(match () {
        () if any(State::Unasked) || unlisted => NO_PLAN,
        () if any(State::Missing) || any(State::Differs) => FOUND,
        () => CLEAN,
    })
}

fn table(rows: &[Row], strays: Option<&Strays>) -> String {
    let head = ["STATE", "REFERENCE", "DIGEST", "PLATFORMS", "STATES"].map(str::to_owned);
    let dash = || "-".to_owned();
    let of_rows = rows.iter().map(|row| {
        let stands = row.digest.is_some() && row.state != State::Unasked;
        let stated = row.states.as_deref().map(short);
        let cells = [
            row.state.word().to_owned(),
            row.reference.clone(),
            row.digest
                .map_or_else(dash, |digest| digest.short().to_string()),
            match &row.platforms {
                Some(platforms) => platforms.join(","),
                None => dash(),
            },
            stated.unwrap_or_else(|| if stands { "none".to_owned() } else { dash() }),
        ];
        (cells, row.why.join("; "))
    });
    let of_strays = strays
        .iter()
        .flat_map(|strays| &strays.unused)
        .map(|stray| {
            let digest = stray.digest.short().to_string();
            let cells = [
                "unused".to_owned(),
                stray.reference.clone(),
                digest,
                dash(),
                dash(),
            ];
            (cells, stray.why.to_owned())
        });
    let all: Vec<([String; 5], String)> = std::iter::once((head, String::new()))
        .chain(of_rows)
        .chain(of_strays)
        .map(|(cells, why)| {
            (
                cells.map(|cell| visible(&cell).into_owned()),
                visible(&why).into_owned(),
            )
        })
        .collect();
    let widths: [usize; 5] = std::array::from_fn(|column| {
        let cells = all.iter().map(|(cells, _)| cells[column].chars().count());
        cells.max().unwrap_or(0)
    });
    let mut out = String::new();
    for (cells, why) in &all {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.push_str(why);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn report(plan: &Plan, rows: &[Row], strays: Option<&Strays>) -> String {
    let report = Report {
        release: plan
            .release
            .as_ref()
            .map(|release| release.version.as_str()),
        references: rows
            .iter()
            .map(|row| Listed {
                id: &row.id,
                reference: &row.reference,
                role: row.role.word(),
                home: row.is_home,
                state: row.state.word(),
                digest: row.digest.map(|digest| digest.to_string()),
                platforms: row.platforms.as_deref(),
                states: row.states.as_deref(),
                why: &row.why,
            })
            .collect(),
        unused: strays.map(|strays| {
            let all = strays.unused.iter();
            all.map(|stray| Stray {
                reference: &stray.reference,
                digest: stray.digest.to_string(),
                why: stray.why,
            })
            .collect()
        }),
        unlisted: strays
            .iter()
            .flat_map(|strays| &strays.unlisted)
            .map(|(at, fault)| Unlisted {
                at,
                why: fault.to_string(),
            })
            .collect(),
    };
    json(&report, 256 * rows.len())
}

/// `18 references: 15 there, 1 missing, 2 differ`, and what could not be listed.
fn told(shell: &Shell<'_>, rows: &[Row], strays: Option<&Strays>) {
    for (at, fault) in strays.iter().flat_map(|strays| &strays.unlisted) {
        shell.insist(&format!(
            "what is unused is not known: `{at}` could not be asked, its registry {fault}"
        ));
    }
    let words = [
        (State::There, "there"),
        (State::Moved, "moved on with a newer release"),
        (State::Missing, "missing"),
        (State::Differs, "other than the plan says"),
        (
            State::Unasked,
            "not known, since a registry could not be asked",
        ),
    ];
    let counts = words.iter().filter_map(|(state, words)| {
        let count = rows.iter().filter(|row| row.state == *state).count();
        (count > 0).then(|| format!("{count} {words}"))
    });
    let mut text = format!(
        "{}: {}",
        number(rows.len(), "reference"),
        counts.collect::<Vec<_>>().join(", ")
    );
    if let Some(strays) = strays {
        let _ = write!(text, "; {} unused", number(strays.unused.len(), "tag"));
    }
    shell.say(&text);
}
