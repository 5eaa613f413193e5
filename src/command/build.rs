//! `gen build`: what is selected becomes one command of `docker buildx bake`, and this program becomes that.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::check::drift_findings;
use crate::cli::{BuildArgs, Dates, FindingFormat};
use crate::command::one_off::one_off;
use crate::command::select::{Given, meant};
use crate::command::shell::{Error, Outcome, Shell, counted, left, number};
use crate::command::{CLEAN, FOUND};
use crate::config::header;
use crate::diagnostic::{Finding, Severity, Sink, and_list, fold, visible};
use crate::emit::bake_text;
use crate::engine::{Bake, Definition, Override, is_set};
use crate::flow::{self, Expanded, Rendered};
use crate::grammar::{Platform, SpecId};
use crate::image::{OneOff, ignore_path};
use crate::output::Drift;
use crate::source::Repository;

pub(super) fn run(shell: &mut Shell<'_>, args: &BuildArgs) -> Result<Outcome, Error> {
    // What bake is told behind `--` pushes as well.
    let pushes = args.push || args.rest.iter().any(|word| is_push(word));
    if pushes && args.one_off.tag.is_none() && args.one_off.registry.is_none() {
        return Err(Error::PushUnnamed);
    }
    let repository = shell.repository()?;
    let mut sink = Sink::new();
    let mut expanded = match flow::expand(&repository, &mut sink) {
        Ok(expanded) => left(expanded),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let given = Given::of(&args.selection);
    let only = match super::select::selectors(shell, &expanded.config, given)? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let asked = meant(&expanded.matrix, &only)?;
    let one_off = match one_off(shell, &mut expanded, &args.one_off, &only, pushes)? {
        Ok(one_off) => one_off,
        Err(outcome) => return Ok(outcome),
    };
    let mut rendered = match flow::render(&repository, &expanded, &mut sink) {
        Ok(rendered) => left(rendered),
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let kept = expanded.matrix.with_lineage(&asked);
    let drift = flow::compare(&repository, &expanded, &rendered, None, false)?;
    let today = shell.today(Dates::default())?;
    let faults = faults(&repository, &expanded, &rendered, &drift, &kept, today)?;
    if !faults.is_empty() {
        shell.findings(&faults, FindingFormat::Full)?;
        shell.insist(&format!("{}; nothing was built", counted(&faults)));
        return Ok(Outcome(FOUND));
    }
    rendered
        .plan
        .name_targets(&expanded.config, &expanded.matrix);
    let bake = match bake(
        &expanded,
        &rendered,
        &drift,
        args,
        (&asked, &kept),
        one_off.as_ref(),
    ) {
        Ok(bake) => bake,
        Err(lacking) => return Err(Error::NoPlatform(lacking)),
    };
    if args.dry_run {
        shell.data(&bake.shown())?;
        return Ok(Outcome(CLEAN));
    }
    let unset = unset(&rendered, &kept);
    if !unset.is_empty() {
        return Err(Error::NoSecret(unset));
    }
    if let (Definition::Text(_), Some(path)) = (&bake.definition, expanded.config.bake_file()) {
        shell.detail(&format!(
            "`{path}` is not what the matrix yields: docker is handed what it does"
        ));
    }
    let count = |of: &[bool]| of.iter().filter(|is| **is).count();
    let (own, all) = (count(&asked), count(&kept));
    let below = match all - own {
        0 => String::new(),
        below => format!(", with {below} that they stand on"),
    };
    let begins = || shell.say(&format!("building {}{below}", number(own, "spec")));
    Ok(Outcome(bake.run(repository.root(), begins)?))
}

/// The secrets of what is built that are not here, in words; nothing where all are.
fn unset(rendered: &Rendered, kept: &[bool]) -> String {
    let mut lacking: IndexMap<&String, (&String, &str)> = IndexMap::new();
    for (spec, _) in rendered
        .plan
        .specs
        .iter()
        .zip(kept)
        .filter(|(_, kept)| **kept)
    {
        for (name, variable) in &spec.secrets {
            if !is_set(variable) {
                lacking.entry(variable).or_insert((name, &spec.id));
            }
        }
    }
    let lacking = lacking.into_iter();
    let words = lacking.map(|(variable, (name, spec))| {
        format!(
            "{variable} is not set, which holds the secret `{name}` of {}",
            visible(spec)
        )
    });
    words.collect::<Vec<_>>().join("; ")
}

/// Whether an argument of bake's has it push: `--push`, or an output that does.
fn is_push(word: &str) -> bool {
    let pushes = ["--push=true", "push=true", "type=registry"];
    word == "--push" || pushes.iter().any(|part| word.contains(part))
}

/// What makes a build pointless: a file that it reads is not what the matrix yields, or something that goes into an image
/// is not there.
fn faults(
    repository: &Repository,
    expanded: &Expanded,
    rendered: &Rendered,
    drift: &Drift,
    kept: &[bool],
    today: crate::facts::Day,
) -> Result<Vec<Finding>, Error> {
    let specs = rendered.plan.specs.iter().zip(kept);
    let read: HashSet<String> = specs
        .filter(|(_, kept)| **kept)
        .flat_map(|(spec, _)| [spec.dockerfile.clone(), ignore_path(&spec.dockerfile)])
        .collect();
    let stale = drift_findings(drift, &expanded.config, repository.family());
    let stale = stale
        .into_iter()
        .filter(|finding| read.contains(&*finding.primary.path));
    let mut sink = Sink::new();
    stale.for_each(|finding| sink.push(finding));
    let contents = &rendered.contents;
    flow::ground(repository, expanded, contents, today, &mut sink)?;
    let mut found = sink.into_sorted();
    found.retain(|finding| {
        let specs = &finding.specs;
        let concerns = specs.is_empty() || specs.iter().any(|id| kept[id.0]);
        finding.severity() == Severity::Error && concerns
    });
    Ok(fold(found))
}

/// The command for what was asked for; in the place of it the specs that are for none of the platforms.
fn bake<'a>(
    expanded: &'a Expanded,
    rendered: &'a Rendered,
    drift: &Drift,
    args: &'a BuildArgs,
    (asked, kept): (&[bool], &[bool]),
    one_off: Option<&OneOff>,
) -> Result<Bake<'a>, String> {
    let plan = &rendered.plan;
    let targets = plan.names.as_ref().map_or(&[][..], |names| &names.targets);
    let wanted = |platform: &Platform| {
        let words = &args.platform;
        let named = |word: &String| expanded.config.names_platform(word, platform);
        words.is_empty() || words.iter().any(named)
    };
    let mut lacking = Vec::new();
    let mut overrides = Vec::new();
    let mut common: Option<Vec<&Platform>> = None;
    let mut alike = true;
    for (index, spec) in plan.specs.iter().enumerate().filter(|(i, _)| kept[*i]) {
        let platforms: Vec<&Platform> = spec.platforms.iter().filter(|p| wanted(p)).collect();
        if platforms.is_empty() {
            lacking.push(visible(&spec.id).into_owned());
        }
        alike &= *common.get_or_insert_with(|| platforms.clone()) == platforms;
        let tags = match one_off {
            Some(one_off) if asked[index] => one_off.references(&expanded.matrix, SpecId(index)),
            _ => Vec::new(),
        };
        overrides.push((&*targets[index], Override { tags, platforms }));
    }
    if !lacking.is_empty() {
        return Err(and_list(lacking.iter().map(String::as_str)));
    }
    let narrows = !args.platform.is_empty();
    if alike || !narrows {
        overrides
            .iter_mut()
            .for_each(|(_, over)| over.platforms.clear());
    }
    overrides.retain(|(_, over)| !over.tags.is_empty() || !over.platforms.is_empty());
    let path = expanded.config.bake_file();
    let is_fresh = |path: &String| drift.changes.iter().all(|change| change.path != *path);
    let definition = match path.filter(is_fresh) {
        Some(path) => Definition::File(path),
        None => {
            let (matrix, contents) = (&expanded.matrix, &rendered.contents);
            let text = bake_text(matrix, contents, plan, &header(&expanded.config));
            Definition::Text(text.unwrap_or_default())
        }
    };
    let targets = targets.iter().zip(asked).filter(|(_, asked)| **asked);
    Ok(Bake {
        definition,
        targets: targets.map(|(target, _)| &**target).collect(),
        overrides,
        platforms: common.filter(|_| alike && narrows).unwrap_or_default(),
        builder: args.builder.as_deref(),
        load: args.load,
        push: args.push,
        // What is not pushed is for this machine, whose engine may hold nothing beside an image.
        attestations: match args.push {
            true => plan.attestation_words(),
            false => vec!["--provenance=false".to_owned()],
        },
        packed: plan.packed(),
        rest: &args.rest,
    })
}
