//! `gen published`: what of the plan stands at the registries.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::cli::{FindingFormat, PublishedArgs, PublishedFormat};
use crate::command::select::{Given, meant, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::{Finding, Place, Sink, and_list, code, visible};
use crate::engine::{Cosign, Signature};
use crate::flow;
use crate::grammar::reference::Parts;
use crate::image::plan::{Plan, json};
use crate::registry::{Client, PublishedState, Row, Strays, published, short, unused};
use crate::release::mentions::ImageNames;

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
    #[serde(skip_serializing_if = "Option::is_none")]
    signed: Option<Told<'a>>,
}

/// Who signed it.
#[derive(Serialize)]
struct Told<'a> {
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

/// What is said of the signature of a digest in a repository.
type Signatures = HashMap<String, Signature>;

impl<'a> Told<'a> {
    fn of(signature: &'a Signature) -> Self {
        let (state, by, why) = match signature {
            Signature::By(who) => ("signed", Some(&**who), None),
            Signature::Foreign(why) => ("unsigned", None, Some(&**why)),
            Signature::Unknown(why) => ("unknown", None, Some(&**why)),
        };
        Told { state, by, why }
    }
}

/// `repository@digest`, where something stands.
fn subject(row: &Row) -> Option<String> {
    let digest = row
        .digest
        .filter(|_| row.state != PublishedState::Unasked)?;
    let repository = row.reference.rsplit_once(':').map_or("", |(at, _)| at);
    Some(format!("{repository}@{digest}"))
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
    let root = repository.root().to_owned();
    let cosign = if args.verify {
        let signed = plan.signing.as_ref();
        let Some(cosign) = signed.and_then(|signed| Cosign::of(signed, &root)) else {
            sink.push(not_verifiable(&config.file.path, &plan));
            return shell.unreadable(sink);
        };
        Some(cosign)
    } else {
        None
    };
    let client = Client::new(Duration::from_secs(args.timeout));
    let shell_ = &*shell;
    let waiting = |open: &[&str]| shell_.say(&still(open));
    let strays = args.unused.then(|| {
        let names = ImageNames::new(config, &expanded.matrix);
        unused(&client, &plan, names.as_ref(), &waiting)
    });
    let mut place = 0;
    plan.keep(|_| {
        place += 1;
        asked[place - 1]
    });
    let release = config.release.as_ref().map(|release| &release.read);
    let rows = published(&client, &plan, release, config.owner.name(), &waiting);
    let signatures = cosign.map(|cosign| {
        let mut subjects: Vec<String> = rows.iter().filter_map(subject).collect();
        subjects.sort_unstable();
        subjects.dedup();
        let asked: Vec<&str> = subjects.iter().map(String::as_str).collect();
        let look = |one: &str| Ok(cosign.verify(one));
        let told = Client::each(&asked, VERIFIED_AT_ONCE, &look, &waiting);
        let known = subjects.iter().cloned().zip(told.into_iter().flatten());
        known.collect::<Signatures>()
    });
    match args.format {
        PublishedFormat::Table => {
            shell.data(&table(&rows, strays.as_ref(), signatures.as_ref()))?;
        }
        PublishedFormat::Json => {
            shell.data(&report(&plan, &rows, strays.as_ref(), signatures.as_ref()))?;
        }
    }
    told(shell, &rows, strays.as_ref(), signatures.as_ref());
    Ok(outcome(&rows, strays.as_ref(), signatures.as_ref()))
}

/// How many signatures are looked at a time: each is a program of its own.
const VERIFIED_AT_ONCE: usize = 8;

/// The finding about signatures that cannot be looked at, since the matrix does not say enough.
fn not_verifiable(file: &str, plan: &Plan) -> Finding {
    let (headline, help) = if plan.signing.is_none() {
        (
            "the matrix does not say that images are signed",
            "add `sign = \"cosign\"` to `[ci]`, or a table with a key",
        )
    } else {
        (
            "the matrix does not say whose signature counts",
            "add `identity = \"https://github.com/…/.github/workflows/base-images.yml\"` to `sign` of `[ci]`: a pipeline knows its \
             own, and this is none",
        )
    };
    Finding::new(&code::MISSING_KEY, headline, Place::file(file.to_owned())).help(help)
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
fn outcome(rows: &[Row], strays: Option<&Strays>, signatures: Option<&Signatures>) -> Outcome {
    let of = |told: fn(&Signature) -> bool| signatures.is_some_and(|all| all.values().any(told));
    let unknown = of(|one| matches!(one, Signature::Unknown(_)));
    let foreign = of(|one| matches!(one, Signature::Foreign(_)));
    let any = |state: PublishedState| rows.iter().any(|row| row.state == state);
    let unlisted = strays.is_some_and(|strays| !strays.unlisted.is_empty());
    Outcome(match () {
        () if any(PublishedState::Unasked) || unlisted || unknown => NO_PLAN,
        () if any(PublishedState::Missing) || any(PublishedState::Differs) || foreign => FOUND,
        () => CLEAN,
    })
}

fn table(rows: &[Row], strays: Option<&Strays>, signatures: Option<&Signatures>) -> String {
    let mut head = ["STATE", "REFERENCE", "DIGEST", "PLATFORMS", "STATES"]
        .map(str::to_owned)
        .to_vec();
    head.extend(signatures.map(|_| "SIGNED".to_owned()));
    let dash = || "-".to_owned();
    let of_rows = rows.iter().map(|row| {
        let stands = row.digest.is_some() && row.state != PublishedState::Unasked;
        let stated = row.states.as_deref().map(short);
        let mut cells = vec![
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
        let mut why = row.why.clone();
        if let Some(signatures) = signatures {
            let signature = subject(row).and_then(|subject| signatures.get(&subject));
            let told = signature.map(Told::of);
            let state = told
                .as_ref()
                .map_or_else(dash, |told| told.state.to_owned());
            cells.push(state);
            let who = told.and_then(|told| match (told.by, told.why) {
                (Some(by), _) => Some(format!("signed by {by}")),
                (None, why) => why.map(str::to_owned),
            });
            why.extend(who);
        }
        (cells, why.join("; "))
    });
    let of_strays = strays
        .iter()
        .flat_map(|strays| &strays.unused)
        .map(|stray| {
            let digest = stray.digest.short().to_string();
            let mut cells = vec![
                "unused".to_owned(),
                stray.reference.clone(),
                digest,
                dash(),
                dash(),
            ];
            cells.extend(signatures.map(|_| dash()));
            (cells, stray.why.to_owned())
        });
    let all: Vec<(Vec<String>, String)> = std::iter::once((head, String::new()))
        .chain(of_rows)
        .chain(of_strays)
        .map(|(cells, why)| {
            (
                cells
                    .iter()
                    .map(|cell| visible(cell).into_owned())
                    .collect::<Vec<_>>(),
                visible(&why).into_owned(),
            )
        })
        .collect();
    let columns = 0..all.first().map_or(0, |(head, _)| head.len());
    let widths: Vec<usize> = columns
        .map(|column| {
            let cells = all.iter().map(|(cells, _)| cells[column].chars().count());
            cells.max().unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for (cells, why) in &all {
        let mut line = String::new();
        for (cell, &width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.push_str(why);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn report(
    plan: &Plan,
    rows: &[Row],
    strays: Option<&Strays>,
    signatures: Option<&Signatures>,
) -> String {
    let subjects: Vec<Option<String>> = rows.iter().map(subject).collect();
    let signed = |subject: &Option<String>| signatures?.get(subject.as_ref()?).map(Told::of);
    let report = Report {
        release: plan
            .release
            .as_ref()
            .map(|release| release.version.as_str()),
        references: rows
            .iter()
            .zip(&subjects)
            .map(|(row, subject)| Listed {
                id: &row.id,
                reference: &row.reference,
                role: row.role.word(),
                home: row.is_home,
                state: row.state.word(),
                digest: row.digest.map(|digest| digest.to_string()),
                platforms: row.platforms.as_deref(),
                states: row.states.as_deref(),
                why: &row.why,
                signed: signed(subject),
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
fn told(shell: &Shell<'_>, rows: &[Row], strays: Option<&Strays>, signatures: Option<&Signatures>) {
    let unknown = signatures.into_iter().flat_map(HashMap::values);
    let whys: BTreeSet<&str> = unknown
        .filter_map(|signature| match signature {
            Signature::Unknown(why) => Some(&**why),
            _ => None,
        })
        .collect();
    for why in whys {
        shell.insist(&format!("who signed is not known: {why}"));
    }
    for (at, fault) in strays.iter().flat_map(|strays| &strays.unlisted) {
        shell.insist(&format!(
            "what is unused is not known: `{at}` could not be asked, its registry {fault}"
        ));
    }
    let words = [
        (PublishedState::There, "there"),
        (PublishedState::Moved, "moved on with a newer release"),
        (PublishedState::Missing, "missing"),
        (PublishedState::Differs, "other than the plan says"),
        (
            PublishedState::Unasked,
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
    if let Some(signatures) = signatures {
        let count = |state| {
            let of = rows.iter().filter_map(subject);
            of.filter(|subject| {
                let signature = signatures.get(subject);
                signature.is_some_and(|one| Told::of(one).state == state)
            })
            .count()
        };
        let words = ["signed", "unsigned", "unknown"].map(|state| (state, count(state)));
        let words = words.iter().filter(|(_, count)| *count > 0);
        let words: Vec<String> = words
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        if !words.is_empty() {
            let _ = write!(text, "; signatures: {}", words.join(", "));
        }
    }
    shell.say(&text);
}
