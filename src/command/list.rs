//! `gen list`: the specs.

use std::fmt::Write;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::Serialize;

use crate::cli::{Dates, FindingFormat, ListArgs, ListFormat};
use crate::command::select::{Given, selected, selectors};
use crate::command::shell::{Error, Outcome, Shell, left, number, outcome};
use crate::diagnostic::{Finding, Sink, fold, visible};
use crate::facts::Day;
use crate::flow::{self, Expanded};
use crate::grammar::reference::full;
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::TEMPLATE;
use crate::image::{RenderedSpec, Spec, pins};
use crate::render::{csv_field, heading, markdown_code, markdown_text};
use crate::source::Repository;

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    image: &'a str,
    cell: Pairs<Arc<str>, Arc<str>>,
    /// `null` where it is not published.
    reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aliases: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<Pairs<String, Vec<String>>>,
    platforms: Vec<&'a str>,
    /// The upstream image that the matrix names, as in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    base: Option<String>,
    /// What FROM of a Dockerfile or template of the user's comes to, where that is not what the matrix names.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The same by platform, where they differ.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    from_by_platform: IndexMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<&'a str>,
    layer: usize,
}

pub(super) fn run(shell: &mut Shell<'_>, args: &ListArgs) -> Result<Outcome, Error> {
    let given = Given::of(&args.selection);
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => left(expanded),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only = match selectors(shell, &expanded.config, given)? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let specs: Vec<(SpecId, &Spec)> = expanded
        .matrix
        .specs
        .iter()
        .enumerate()
        .map(|(i, s)| (SpecId(i), s))
        .filter(|(_, s)| selected(&only, s))
        .collect();
    let today = shell.today(Dates::default())?;
    let (bases, findings) = bases(&repository, &expanded, today)?;
    // Before the data, which somebody may stop to read.
    shell.findings(&findings, FindingFormat::Full)?;
    let text = match args.format {
        ListFormat::Lines => lines(&expanded, &specs, args),
        ListFormat::Json => json(&expanded, &specs, &bases, args),
        ListFormat::Markdown => markdown(&columns(&expanded, &specs, &bases, args)),
        ListFormat::Csv => csv(&columns(&expanded, &specs, &bases, args)),
        ListFormat::Table => table(&expanded, &specs, &bases, args),
    };
    shell.data(&text)?;
    if matches!(args.format, ListFormat::Table) {
        let platforms: usize = specs.iter().map(|(_, s)| s.platforms.len()).sum();
        shell.say(&format!(
            "{}, {}",
            number(specs.len(), "spec"),
            number(platforms, "platform image")
        ));
    }
    Ok(outcome(&findings, false))
}

/// What a spec stands on by its own Dockerfile or template, with the platforms for which it does; empty where that is what
/// the matrix declares.
type Bases = Vec<(Result<String, String>, Vec<Platform>)>;

/// Those of every spec; of none where it is not known what goes into them. With them what is wrong there.
fn bases(
    repository: &Repository,
    expanded: &Expanded,
    today: Day,
) -> Result<(Vec<Bases>, Vec<Finding>), Error> {
    let mut all = vec![Bases::new(); expanded.matrix.specs.len()];
    let mut sink = Sink::new();
    // A template in the place of the shipped one is the user's, too.
    let overridden = repository.is_file(&format!("templates/{TEMPLATE}"));
    let own = |spec: &Spec| {
        let merged = &spec.merged;
        merged.dockerfile.is_some() || merged.template.is_some() || overridden
    };
    // A rendered Dockerfile stands on what the matrix names, and copies from what may not be there.
    let asks = |spec: &Spec| own(spec) || spec.merged.context.is_some();
    if !expanded.matrix.specs.iter().any(asks) {
        return Ok((all, Vec::new()));
    }
    if let Ok(contents) = flow::contents_of(repository, expanded, &mut Sink::new()) {
        flow::ground(repository, expanded, &contents, today, &mut sink)?;
        for (id, rendered) in contents.iter() {
            let spec = expanded.matrix.spec(id);
            if !own(spec) {
                continue;
            }
            let found = pins::stands_on(spec, rendered);
            let agrees = |base: &Result<String, String>| match base {
                Ok(base) => is_declared(expanded, spec, rendered, base),
                Err(_) => spec.parent.is_some() || spec.base.is_some(),
            };
            if !found.iter().all(|(base, _)| agrees(base)) {
                all[id.0] = found;
            }
        }
    }
    Ok((all, fold(sink.into_sorted())))
}

/// Whether an image is what the matrix declares below a spec.
fn is_declared(expanded: &Expanded, spec: &Spec, rendered: &RenderedSpec, image: &str) -> bool {
    let bare = |reference: &str| {
        let home = expanded.config.mirrors.home(reference);
        full(home.split('@').next().unwrap_or_default())
    };
    let parent = spec.parent.map(|parent| expanded.matrix.spec(parent));
    let references = parent.map(Spec::references).unwrap_or_default();
    let references = references.iter().map(String::as_str);
    let declared = spec
        .base
        .as_deref()
        .into_iter()
        .chain(rendered.from.as_deref());
    declared
        .chain(references)
        .any(|declared| bare(declared) == bare(image))
}

/// The one that all platforms have.
fn one_base(bases: &Bases) -> Option<String> {
    match bases.as_slice() {
        [(Ok(base), _)] => Some(base.clone()),
        _ => None,
    }
}

/// The bases by platform, where there is more than one.
fn by_platform(bases: &Bases) -> IndexMap<String, String> {
    let several = bases.len() > 1;
    let all = bases.iter().filter(|_| several);
    let all = all.filter_map(|(base, platforms)| Some((base.as_ref().ok()?, platforms)));
    all.flat_map(|(base, platforms)| {
        let platforms = platforms.iter();
        platforms.map(move |platform| (platform.as_str().to_owned(), base.clone()))
    })
    .collect()
}

/// `debian:13`, or `debian:13 (linux/amd64), alpine:3.22 (linux/arm64)`.
fn in_words(bases: &Bases) -> String {
    let one = bases.len() == 1;
    let all: Vec<String> = bases
        .iter()
        .map(|(base, platforms)| {
            let base = match base {
                Ok(base) => base.clone(),
                Err(why) => format!("unknown: {why}"),
            };
            let platforms: Vec<&str> = platforms.iter().map(|p| p.as_str()).collect();
            if one {
                base
            } else {
                format!("{base} ({})", platforms.join(", "))
            }
        })
        .collect();
    if all.is_empty() {
        "its own Dockerfile's".to_owned()
    } else {
        all.join(", ")
    }
}

fn references<'a>(spec: &'a Spec, tag: &'a str, copies: bool) -> impl Iterator<Item = String> + 'a {
    let wanted = if copies { spec.repositories.len() } else { 1 };
    spec.repositories[..wanted]
        .iter()
        .map(move |r| format!("{r}:{tag}"))
}

/// The alias tags to list, by spec.
fn alias_tags<'e>(expanded: &'e Expanded, args: &ListArgs) -> Vec<Vec<&'e str>> {
    if args.aliases {
        expanded.matrix.alias_tags()
    } else {
        vec![Vec::new(); expanded.matrix.specs.len()]
    }
}

/// The references that runs of channels put on a spec, with what only they know in braces.
fn channels(
    expanded: &Expanded,
    id: SpecId,
    spec: &Spec,
    args: &ListArgs,
) -> Pairs<String, Vec<String>> {
    let named = expanded.config.channels.iter().enumerate();
    let named = named.map(|(number, channel)| {
        let tags = expanded.matrix.channel_tags.iter();
        let tags = tags.filter(|tag| tag.channel == number && tag.spec == id);
        let references = tags.flat_map(|tag| references(spec, &tag.tag, args.copies));
        (channel.name.clone(), references.collect::<Vec<_>>())
    });
    named.filter(|(_, all)| !all.is_empty()).collect()
}

/// The same for whoever asks for aliases, of all channels.
fn listed_channels(expanded: &Expanded, id: SpecId, spec: &Spec, args: &ListArgs) -> Vec<String> {
    let all = args.aliases.then(|| channels(expanded, id, spec, args));
    all.iter()
        .flat_map(Pairs::values)
        .flatten()
        .cloned()
        .collect()
}

fn lines(expanded: &Expanded, specs: &[(SpecId, &Spec)], args: &ListArgs) -> String {
    let mut out = String::new();
    let aliases = alias_tags(expanded, args);
    for (id, spec) in specs {
        for tag in spec
            .tag
            .as_deref()
            .into_iter()
            .chain(aliases[id.0].iter().copied())
        {
            for reference in references(spec, tag, args.copies) {
                out.push_str(&reference);
                out.push('\n');
            }
        }
        for reference in listed_channels(expanded, *id, spec, args) {
            out.push_str(&reference);
            out.push('\n');
        }
    }
    out
}

fn json(
    expanded: &Expanded,
    specs: &[(SpecId, &Spec)],
    bases: &[Bases],
    args: &ListArgs,
) -> String {
    let config = &expanded.config;
    let tags = alias_tags(expanded, args);
    let rows: Vec<Listed<'_>> = specs
        .iter()
        .map(|(id, spec)| Listed {
            id: &spec.id,
            image: &config.images[spec.image.0].key,
            cell: spec.values(config),
            reference: spec.home_reference(),
            copies: args
                .copies
                .then(|| spec.references().into_iter().skip(1).collect()),
            aliases: args.aliases.then(|| {
                tags[id.0]
                    .iter()
                    .flat_map(|tag| references(spec, tag, args.copies))
                    .collect()
            }),
            channels: (args.aliases && !config.channels.is_empty())
                .then(|| channels(expanded, *id, spec, args)),
            platforms: spec.platforms.iter().map(|p| p.as_str()).collect(),
            base: spec.base.clone(),
            from: one_base(&bases[id.0]),
            from_by_platform: by_platform(&bases[id.0]),
            parent: spec.parent.map(|p| expanded.matrix.spec(p).id.as_ref()),
            layer: spec.layer,
        })
        .collect();
    let mut text = serde_json::to_string_pretty(&rows).unwrap_or_default();
    text.push('\n');
    text
}

/// What a spec stands on, in words.
fn stands_on(expanded: &Expanded, id: SpecId, spec: &Spec, bases: &[Bases]) -> String {
    match (spec.parent, &spec.base) {
        _ if !bases[id.0].is_empty() => in_words(&bases[id.0]),
        (Some(parent), _) => expanded.matrix.spec(parent).id.to_string(),
        (None, Some(base)) => base.clone(),
        (None, None) => in_words(&bases[id.0]),
    }
}

/// One column of a table: its name, whether it is words that people copy, and what it says of each spec.
struct Column {
    name: String,
    is_code: bool,
    cells: Vec<Vec<String>>,
}

/// The columns of a table of specs: the image, the axes that any of them has, where it runs, what it stands on, and what it is
/// called.
fn columns(
    expanded: &Expanded,
    specs: &[(SpecId, &Spec)],
    bases: &[Bases],
    args: &ListArgs,
) -> Vec<Column> {
    let config = &expanded.config;
    let tags = alias_tags(expanded, args);
    let column = |name: &str, is_code, cell: &dyn Fn(SpecId, &Spec) -> Vec<String>| Column {
        name: name.to_owned(),
        is_code,
        cells: specs.iter().map(|(id, spec)| cell(*id, spec)).collect(),
    };
    let mut columns = vec![column("image", false, &|_, spec| {
        vec![config.images[spec.image.0].key.to_string()]
    })];
    for (place, axis) in config.axes.iter().enumerate() {
        let axis = column(&axis.name, false, &|_, spec| {
            let values = spec.cell.iter().filter(|(id, _)| id.0 == place);
            values
                .map(|(id, value)| config.value(id, value).to_string())
                .collect()
        });
        columns.extend(Some(axis).filter(|axis| axis.cells.iter().any(|c| !c.is_empty())));
    }
    columns.push(column("platforms", false, &|_, spec| {
        spec.platforms
            .iter()
            .map(|p| p.as_str().to_owned())
            .collect()
    }));
    columns.push(column("reference", true, &|_, spec| {
        let tag = spec.tag.iter();
        tag.flat_map(|tag| references(spec, tag, args.copies))
            .collect()
    }));
    if args.aliases {
        columns.push(column("aliases", true, &|id, spec| {
            let tags = tags[id.0].iter();
            tags.flat_map(|tag| references(spec, tag, args.copies))
                .collect()
        }));
    }
    if args.aliases && !expanded.config.channels.is_empty() {
        columns.push(column("channels", true, &|id, spec| {
            let of_all = channels(expanded, id, spec, args);
            of_all.values().flatten().cloned().collect()
        }));
    }
    columns.push(column("stands on", true, &|id, spec| {
        vec![stands_on(expanded, id, spec, bases)]
    }));
    columns
}

/// As a table of Markdown.
fn markdown(columns: &[Column]) -> String {
    let mut out = String::new();
    for column in columns {
        let _ = write!(out, "| {} ", heading(&column.name));
    }
    out.push_str("|\n");
    out.push_str(&"|---".repeat(columns.len()));
    out.push_str("|\n");
    for place in 0..columns.first().map_or(0, |first| first.cells.len()) {
        for column in columns {
            let cells = column.cells[place].iter().map(|text| match column.is_code {
                true => markdown_code(text),
                false => markdown_text(text),
            });
            let cells: Vec<String> = cells.collect();
            let cells = match cells.is_empty() {
                true => "–".to_owned(),
                false => cells.join("<br>"),
            };
            let _ = write!(out, "| {} ", visible(&cells));
        }
        out.push_str("|\n");
    }
    out
}

/// As CSV, what is several in one field between spaces.
fn csv(columns: &[Column]) -> String {
    let names: Vec<String> = columns.iter().map(|c| csv_field(&c.name)).collect();
    let mut out = names.join(",");
    out.push('\n');
    for place in 0..columns.first().map_or(0, |first| first.cells.len()) {
        let fields = columns
            .iter()
            .map(|column| csv_field(&column.cells[place].join(" ")));
        out.push_str(&fields.collect::<Vec<_>>().join(","));
        out.push('\n');
    }
    out
}

fn table(
    expanded: &Expanded,
    specs: &[(SpecId, &Spec)],
    bases: &[Bases],
    args: &ListArgs,
) -> String {
    let mut rows: Vec<[String; 3]> = Vec::new();
    let tags = alias_tags(expanded, args);
    for (id, spec) in specs {
        let platforms: Vec<&str> = spec.platforms.iter().map(|p| p.as_str()).collect();
        let from = stands_on(expanded, *id, spec, bases);
        let unpublished =
            || Some(format!("{} (not published)", spec.id)).filter(|_| spec.tag.is_none());
        let tag = spec.tag.iter();
        let own = tag
            .flat_map(|tag| references(spec, tag, args.copies))
            .chain(unpublished());
        let aliases = tags[id.0]
            .iter()
            .flat_map(|tag| references(spec, tag, args.copies));
        let mut rest = Some([platforms.join(","), from]);
        let channels = listed_channels(expanded, *id, spec, args);
        for reference in own.chain(aliases).chain(channels) {
            let [platforms, from] = rest.take().unwrap_or_default();
            rows.push([reference, platforms, from].map(|cell| visible(&cell).into_owned()));
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
