//! `gen explain`: why a cell is there or not, or which spec a reference is.

use std::fmt::Write;

use crate::check::cuda_version;
use crate::cli::{ExplainArgs, FindingFormat};
use crate::command::select::names;
use crate::command::shell::{Error, Outcome, Shell};
use crate::command::{CLEAN, FOUND};
use crate::config::{Config, parse_selector};
use crate::diagnostic::{ALL, Code, Severity, Sink, Stage, by_name, nearest, visible};
use crate::flow::{self, Expanded};
use crate::grammar::SpecId;
use crate::grammar::Version;
use crate::grammar::lists::few;
use crate::grammar::reference::full;
use crate::image::{Spec, describe_cell};
use crate::image::{Verdict, verdicts};
use crate::matrix::{AxisId, Cell, Conjunction, ImageId, Selector};
use crate::source::{Repository, SourceFile};

/// How many cells are told apart before the rest is counted.
const SHOWN: usize = 12;

pub(super) fn run(shell: &mut Shell<'_>, args: &ExplainArgs) -> Result<Outcome, Error> {
    let what = args.what.as_str();
    // What a code means is the same in every repository, and outside of any.
    if let Some(code) = by_name(what) {
        shell.tell(&code_text(code))?;
        return Ok(Outcome(CLEAN));
    }
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => expanded,
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    // Ids hold `=` too, behind the `/` of their image.
    let by_key = what
        .split_once('=')
        .is_some_and(|(key, _)| !key.contains(['/', ':']));
    if by_key || what.starts_with(['@', '!']) {
        let names = names(&expanded.config);
        let file = SourceFile::new("argument", what);
        let mut sink = Sink::new();
        let Some(selector) = parse_selector(&names, &file, &mut sink) else {
            return shell.unreadable(sink);
        };
        let (text, found) = cells(&expanded, &selector);
        shell.tell(&text)?;
        return Ok(Outcome(if found { CLEAN } else { FOUND }));
    }
    let hits = match named(&expanded, what) {
        hits if hits.is_empty() => of_content(&repository, &expanded, what),
        hits => hits,
    };
    if hits.is_empty()
        && let Some(text) = described(&expanded, what)
    {
        shell.tell(&text)?;
        return Ok(Outcome(CLEAN));
    }
    match hits {
        hits if !hits.is_empty() => {
            let mut text = String::new();
            for (id, how) in hits {
                spec_text(&expanded, id, &how, &mut text);
            }
            shell.tell(&text)?;
            Ok(Outcome(CLEAN))
        }
        _ => {
            let mut text = format!(
                "`{}` is no reference, alias, tag or id of this matrix, and no code of a finding\n",
                visible(what)
            );
            if expanded
                .config
                .images
                .iter()
                .any(|image| *image.key == *what)
            {
                let _ = writeln!(text, "it is an image: `gen explain image={what}`");
                shell.tell(&text)?;
                return Ok(Outcome(FOUND));
            }
            let tags: Vec<&str> = expanded
                .matrix
                .specs
                .iter()
                .flat_map(|s| s.tag.as_deref().into_iter().chain([s.id.as_ref()]))
                .chain(expanded.matrix.aliases.iter().map(|a| a.tag.as_str()))
                .chain(ALL.iter().map(|code| code.name))
                .collect();
            let bare = what.rsplit(':').next().unwrap_or(what);
            if let Some(near) = nearest(bare, tags) {
                let _ = writeln!(text, "nearest: `{near}`");
            }
            shell.tell(&text)?;
            Ok(Outcome(FOUND))
        }
    }
}

/// The image of others that a word names by its key or its reference, and what is known of it.
fn described(expanded: &Expanded, what: &str) -> Option<String> {
    let config = &expanded.config;
    let mut all = config.described.iter();
    let image = all.find(|image| image.name == what || full(&image.reference) == full(what))?;
    let (line, _) = config.file.line_column(image.span.start);
    let mut text = format!(
        "{}  (an image of others, described at {}:{line})\n  reference   {}\n",
        visible(&image.name),
        config.file.path,
        visible(&image.reference)
    );
    for (name, fact) in &image.meta {
        let _ = writeln!(text, "  {name:<11} {}", visible(fact));
    }
    Some(text)
}

/// What a code of a finding means, as the registry of codes has it.
fn code_text(code: Code) -> String {
    let exit = match code.stage {
        Stage::Plan => "no plan can be built: exit code 2",
        Stage::Rule => match code.severity {
            Severity::Error => "the plan exists: exit code 1",
            Severity::Warning => "the plan exists: exit code 0, or 1 with `--deny-warnings`",
            Severity::Note => "the plan exists: exit code 0",
        },
    };
    let mut text = format!(
        "{}[{}]: {}\n\n",
        code.severity.as_str(),
        code.name,
        code.summary
    );
    for line in wrapped(code.explanation, 100) {
        let _ = writeln!(text, "{line}");
    }
    let _ = writeln!(text, "\n  {exit}");
    if code.stage == Stage::Rule {
        let name = code.name;
        let _ = writeln!(
            text,
            "  weighed by `[check.severity] {name} = \"…\"`, accepted by `[[check.suppress]]`"
        );
    }
    let _ = writeln!(
        text,
        "  with an example in docs/findings.md of gen's repository, under `{}`",
        code.name
    );
    text
}

/// A text in lines of so many characters at most, where its words allow it.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.chars().count());
        if line > 0 && line + 1 + word.chars().count() > width {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// Specs that a word names, and as what.
fn named(expanded: &Expanded, what: &str) -> Vec<(SpecId, String)> {
    let bare = what.split_once('@').map_or(what, |(name, _)| name);
    let short = bare.strip_prefix("docker.io/").unwrap_or(bare);
    let same =
        |reference: &str| reference == bare || reference.strip_prefix("docker.io/") == Some(short);
    let mut hits = Vec::new();
    let aliases = expanded.matrix.alias_tags();
    for (index, spec) in expanded.matrix.specs.iter().enumerate() {
        let id = SpecId(index);
        let is = |tag: &str| {
            tag == what
                || spec
                    .repositories
                    .iter()
                    .any(|r| same(&format!("{r}:{tag}")))
        };
        if *spec.id == *what {
            hits.push((id, "its id".to_owned()));
        } else if spec.tag.as_deref().is_some_and(is) {
            hits.push((id, "its reference".to_owned()));
        } else if let Some(alias) = aliases[index].iter().find(|tag| is(tag)) {
            hits.push((id, format!("its alias `{alias}`")));
        }
    }
    hits
}

/// The specs whose content as it is now stands under that tag, alone or in a reference.
fn of_content(repository: &Repository, expanded: &Expanded, what: &str) -> Vec<(SpecId, String)> {
    let bare = what.split_once('@').map_or(what, |(name, _)| name);
    let (place, tag) = match bare.rsplit_once(':') {
        Some((place, tag)) => (Some(place), tag),
        None => (None, bare),
    };
    if !tag.starts_with("content-") {
        return Vec::new();
    }
    let Ok(contents) = flow::contents_of(repository, expanded, &mut Sink::new()) else {
        return Vec::new();
    };
    let short = |name: &str| name.strip_prefix("docker.io/").unwrap_or(name).to_owned();
    let is_at = |spec: &Spec| place.is_none_or(|place| short(spec.home()) == short(place));
    let meant = contents
        .iter()
        .filter(|(id, rendered)| rendered.content_tag() == tag && is_at(expanded.matrix.spec(*id)));
    meant
        .map(|(id, _)| (id, "its content".to_owned()))
        .collect()
}

fn spec_text(expanded: &Expanded, id: SpecId, how: &str, out: &mut String) {
    let config = &expanded.config;
    let spec = expanded.matrix.spec(id);
    let _ = writeln!(out, "{}  ({})", visible(&spec.id), visible(how));
    let mut row = |name: &str, value: String| {
        let _ = writeln!(out, "  {name:<11} {}", visible(&value));
    };
    let cell: Vec<String> = spec
        .cell
        .iter()
        .map(|(a, v)| format!("{}={}", config.axis(a).name, config.value(a, v)))
        .collect();
    row(
        "cell",
        if cell.is_empty() {
            "the only one".to_owned()
        } else {
            cell.join(", ")
        },
    );
    let references = spec.references();
    if references.is_empty() {
        row(
            "reference",
            format!("none, {}", unpublished(expanded, spec)),
        );
    }
    for reference in references {
        row("reference", reference);
    }
    for alias in expanded.matrix.aliases.iter().filter(|a| a.spec == id) {
        row("alias", alias.tag.clone());
    }
    let platforms: Vec<&str> = spec.platforms.iter().map(|p| p.as_str()).collect();
    row("platforms", platforms.join(", "));
    let mut at = spec;
    while let Some(parent) = at.parent {
        at = expanded.matrix.spec(parent);
        row("stands on", at.id.to_string());
    }
    row(
        "base",
        at.base
            .clone()
            .unwrap_or_else(|| "what its own Dockerfile says".to_owned()),
    );
    let floor = cuda_version(config, &expanded.matrix, spec)
        .and_then(|cuda| Version::parse(&cuda))
        .and_then(|cuda| expanded.facts.driver_floor(cuda.part(0)));
    if let Some(known) = floor {
        row("driver", format!("{} or newer", known.row.floor.text));
    }
    for need in &spec.needs {
        row("needs", expanded.matrix.spec(*need).id.to_string());
    }
    let children: Vec<&str> = expanded
        .matrix
        .specs
        .iter()
        .filter(|s| s.parent == Some(id) || s.needs.contains(&id))
        .map(|s| s.id.as_ref())
        .collect();
    if !children.is_empty() {
        row("carries", few(&children, SHOWN));
    }
}

/// That a spec is not published, and where that is said.
fn unpublished(expanded: &Expanded, spec: &Spec) -> String {
    let file = &expanded.config.file;
    let at = spec
        .merged
        .publish
        .as_ref()
        .map_or(0, |publish| publish.span.start);
    format!("not published ({}:{})", file.path, file.line_column(at).0)
}

/// The text for every cell that a selector means, and whether any exists.
fn cells(expanded: &Expanded, selector: &Selector) -> (String, bool) {
    let config = &expanded.config;
    let mut out = String::new();
    let mut exists = 0;
    let mut gone = 0;
    let mut shown = 0;
    let mut nearest_to: Option<Asked> = None;
    for (index, image) in config.images.iter().enumerate() {
        for (cell, arch, verdict) in verdicts(config, index, selector) {
            let mut name = describe_cell(config, ImageId(index), &cell);
            if let Some((axis, value)) = arch {
                let _ = write!(
                    name,
                    " {}={}",
                    config.axis(axis).name,
                    config.value(axis, value)
                );
            }
            let name = visible(&name);
            let there = matches!(verdict, Verdict::Exists);
            exists += usize::from(there);
            gone += usize::from(!there);
            if !there && nearest_to.is_none() {
                nearest_to = Some((cell.clone(), arch));
            }
            shown += 1;
            if shown > SHOWN {
                continue;
            }
            match verdict {
                Verdict::Exists => {
                    let spec = expanded
                        .matrix
                        .specs
                        .iter()
                        .find(|s| s.image.0 == index && s.cell == cell);
                    let known = spec.map_or_else(String::new, |spec| {
                        let reference = spec.home_reference();
                        reference.unwrap_or_else(|| unpublished(expanded, spec))
                    });
                    let _ = writeln!(out, "{name}\n  exists: {known}");
                }
                Verdict::NotMatched(span) => {
                    let (line, _) = config.file.line_column(span.start);
                    let _ = writeln!(
                        out,
                        "{name}\n  does not exist: the `match` of image `{}` does not accept it ({}:{line})",
                        image.key, config.file.path
                    );
                }
                Verdict::Excluded(rule) => {
                    let rule = &config.excludes[rule];
                    let (line, _) = config.file.line_column(rule.span.start);
                    let _ = writeln!(
                        out,
                        "{name}\n  does not exist: excluded, {} ({}:{line})",
                        visible(&rule.reason),
                        config.file.path
                    );
                }
                Verdict::NoPlatform(span) => {
                    let (line, _) = config.file.line_column(span.start);
                    let _ = writeln!(
                        out,
                        "{name}\n  does not exist: `platforms` leaves it out ({}:{line})",
                        config.file.path
                    );
                }
            }
        }
    }
    if shown > SHOWN {
        let _ = writeln!(out, "… and {} more", shown - SHOWN);
    }
    let contradiction = (shown == 0)
        .then(|| contradiction(config, selector))
        .flatten();
    if let Some(why) = &contradiction {
        let _ = writeln!(out, "there is no such cell: {why}");
    } else if shown == 0 {
        out.push_str("no image has such a cell: none varies over all of these axes\n");
    }
    if exists == 0 && contradiction.is_none() {
        for (spec, arch) in nearest_specs(expanded, selector, nearest_to.as_ref()) {
            let mut name = spec.describe(config);
            if let Some((axis, value)) = arch {
                let _ = write!(
                    name,
                    " {}={}",
                    config.axis(axis).name,
                    config.value(axis, value)
                );
            }
            let known = match spec.home_reference() {
                Some(reference) => format!(" ({reference})"),
                None => format!(", {}", unpublished(expanded, spec)),
            };
            let (name, known) = (visible(&name), visible(&known));
            let _ = writeln!(out, "nearest that exists: {name}{known}");
        }
    }
    if shown > 1 {
        let _ = writeln!(out, "{exists} exist, {gone} do not");
    }
    (out, exists > 0)
}

/// Why a selector means no cell, whatever the images: its parts exclude each other, or what it says of an axis fits no value.
fn contradiction(config: &Config, selector: &Selector) -> Option<String> {
    let unmet = |one: &Conjunction| {
        let mut terms = one.terms.iter();
        let none = terms.find(|(_, allowed)| !allowed.contains(&true))?;
        Some(none.0)
    };
    let unmet: Option<Vec<AxisId>> = selector.any.iter().map(unmet).collect();
    Some(match unmet?.first() {
        Some(axis) => format!(
            "no value of `{}` is all that is asked of it",
            config.axis(*axis).name
        ),
        None => "the parts of the selector exclude each other".to_owned(),
    })
}

/// A cell, and the value of `arch` where that was told apart.
type Asked = (Cell, Option<(AxisId, usize)>);

/// For each axis the closest spec that differs in it alone, and the closest platform of the same one; where there is
/// none, the one that agrees on the most axes. Each with the value of `arch`, where that was asked for.
fn nearest_specs<'a>(
    expanded: &'a Expanded,
    selector: &Selector,
    asked: Option<&Asked>,
) -> Vec<(&'a Spec, Option<(AxisId, usize)>)> {
    let (config, specs) = (&expanded.config, &expanded.matrix.specs);
    let images = selector.any.first().and_then(|c| c.images.as_ref());
    // `none` is far from everything else.
    let far = |axis: AxisId, value: usize, has: usize| {
        let values = &config.axis(axis).values;
        if values[value].is_none() == values[has].is_none() {
            value.abs_diff(has)
        } else {
            values.len()
        }
    };
    let mut found = Vec::new();
    if let Some((cell, arch)) = asked {
        // Those that have its axes, and its values on all of them but one.
        let like = |spec: &Spec, but: Option<AxisId>| {
            images.is_none_or(|i| i[spec.image.0])
                && spec.cell.iter().count() == cell.iter().count()
                && cell.iter().all(|(axis, value)| {
                    let has = spec.cell.get(axis);
                    has.is_some() && (has == Some(value)) != (Some(axis) == but)
                })
        };
        for (axis, value) in cell.iter() {
            let others = specs.iter().filter(|spec| like(spec, Some(axis)));
            let others =
                others.filter(|s| arch.is_none_or(|(_, v)| s.arches.folded().contains(&v)));
            let nearest =
                others.min_by_key(|spec| far(axis, value, spec.cell.get(axis).unwrap_or(value)));
            found.extend(nearest.map(|spec| (spec, *arch)));
        }
        if let Some((axis, value)) = *arch {
            let same = specs.iter().find(|spec| like(spec, None));
            let nearest = same.and_then(|spec| {
                let arches = spec.arches.folded().iter().copied();
                Some((spec, arches.min_by_key(|has| far(axis, value, *has))?))
            });
            found.extend(nearest.map(|(spec, has)| (spec, Some((axis, has)))));
        }
    }
    if found.is_empty() {
        let cell = asked.map(|(cell, _)| cell);
        found.extend(closest(specs, selector, cell).map(|spec| (spec, None)));
    }
    found
}

/// The spec that agrees with what was asked on the most axes.
fn closest<'a>(specs: &'a [Spec], selector: &Selector, cell: Option<&Cell>) -> Option<&'a Spec> {
    let terms = selector
        .any
        .first()
        .map(|c| c.terms.as_slice())
        .unwrap_or_default();
    let images = selector.any.first().and_then(|c| c.images.as_ref());
    let score = |spec: &Spec| {
        let image = images.is_none_or(|i| i[spec.image.0]);
        let asked = terms
            .iter()
            .filter(|(a, allowed)| spec.cell.get(*a).is_some_and(|v| allowed[v]));
        let same = cell.map_or(0, |c| {
            c.iter()
                .filter(|(a, v)| spec.cell.get(*a) == Some(*v))
                .count()
        });
        (image, asked.count(), same)
    };
    let mut best: Option<&Spec> = None;
    for spec in specs {
        if best.is_none_or(|b| score(spec) > score(b)) {
            best = Some(spec);
        }
    }
    best
}
