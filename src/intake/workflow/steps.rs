//! The steps of a job: those that build, and those that say what others need.

use indexmap::IndexMap;

use crate::grammar::Platform;
use crate::intake::row::{Gathered, Reference, Row, below, path};
use crate::intake::value::Node;
use crate::intake::workflow::expression::{Fault, Names, Value, evaluate, filled};
use crate::intake::workflow::run::Run;
use crate::intake::workflow::{metadata, shell};

fn uses(step: &Node) -> Option<String> {
    let whole = step.get("uses").and_then(Node::text)?;
    Some(
        whole
            .split('@')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase(),
    )
}

pub(super) fn may_build(step: &Node) -> bool {
    let run = step.get("run").and_then(Node::text).unwrap_or_default();
    let uses = uses(step).unwrap_or_default();
    uses.contains("build-push-action") || uses.contains("bake-action") || {
        let words = [
            "docker build",
            "docker buildx build",
            "podman build",
            "buildx bake",
        ];
        words.iter().any(|word| run.contains(word))
    }
}

pub(super) fn of_step(
    step: &Node,
    called: &str,
    variables: &IndexMap<String, String>,
    run: &mut Run<'_>,
    gathered: &mut Gathered,
) {
    let condition = step.get("if").and_then(Node::text).unwrap_or_default();
    if !condition.is_empty() {
        let bare = condition.trim();
        let bare = bare.strip_prefix("${{").and_then(|c| c.strip_suffix("}}"));
        match evaluate(bare.unwrap_or(&condition), run) {
            Ok(value) if !value.holds() => return,
            Ok(_) => {}
            Err(fault) if may_build(step) => {
                let what = format!(
                    "{called}: a step is taken to run, whose condition cannot be told: {fault}"
                );
                gathered.odd(step.line, what);
            }
            Err(_) => {}
        }
    }
    let before = (run.environment.clone(), run.unknown.clone());
    run.take(step);
    let id = step.get("id").and_then(Node::text);
    let with = |key: &str| step.get("with").and_then(|with| with.get(key));
    let text = |run: &Run<'_>, key: &str| {
        let text = with(key).and_then(Node::text).unwrap_or_default();
        filled(&text, run).map(|value| value.text())
    };
    match uses(step).as_deref() {
        Some("docker/metadata-action") => {
            if let Some(id) = &id {
                let found = metadata(run, &text);
                run.outputs.insert(format!("{id}.tags"), found.clone());
                let version = found.map(|tags| {
                    let first = tags.lines().next().unwrap_or_default();
                    first.rsplit(':').next().unwrap_or_default().to_owned()
                });
                run.outputs.insert(format!("{id}.version"), version);
                run.outputs
                    .insert(format!("{id}.labels"), Ok(String::new()));
            }
        }
        Some("docker/build-push-action") => {
            if let Ok(pushed) = text(run, "push")
                && pushed == "false"
                && with("outputs").is_none()
            {
                let what = format!("{called}: it is built and not pushed");
                gathered.odd(step.line, what);
            } else {
                match action(step, &text, run, called, variables, gathered) {
                    Ok(row) => gathered.rows.push(row),
                    Err(fault) => gathered.unsaid(step.line, format!("{called}: {fault}")),
                }
            }
        }
        Some("docker/bake-action") => {
            let what = format!(
                "{called} bakes: import what `docker buildx bake --print` says, with its targets and variables"
            );
            gathered.unsaid(step.line, what);
        }
        _ => {}
    }
    let script = step.get("run").and_then(Node::text).unwrap_or_default();
    let mut lasting = IndexMap::new();
    if !script.is_empty() {
        of_script(
            &script,
            step,
            called,
            variables,
            run,
            gathered,
            &mut lasting,
        );
    }
    (run.environment, run.unknown) = before;
    for (name, value) in lasting {
        run.unknown.shift_remove(&name);
        run.environment.insert(name, value);
    }
    run.steps.extend(id);
}

fn of_script(
    script: &str,
    step: &Node,
    called: &str,
    variables: &IndexMap<String, String>,
    run: &mut Run<'_>,
    gathered: &mut Gathered,
    lasting: &mut IndexMap<String, String>,
) {
    let builds = may_build(step);
    let script = match filled(script, run) {
        Ok(script) => script.text(),
        // Line by line: what one cannot tell says nothing of the others.
        Err(fault) => {
            let lines: Vec<Result<Value, Fault>> =
                script.lines().map(|line| filled(line, run)).collect();
            let lost = script.lines().zip(&lines).any(|(line, value)| {
                value.is_err() && (line.contains("build") || line.trim_start().starts_with('-'))
            });
            if builds && lost {
                return gathered.unsaid(step.line, format!("{called}: {fault}"));
            }
            let lines = lines.into_iter().flatten().map(|value| value.text());
            lines.collect::<Vec<_>>().join("\n")
        }
    };
    if script.contains("buildx bake") {
        let what = format!("{called} bakes: import what `docker buildx bake --print` says");
        gathered.unsaid(step.line, what);
    }
    for call in shell::calls(&script, &run.environment) {
        let row = call.and_then(|call| from_call(call, step, called, variables, run));
        match row {
            Ok(row) => gathered.rows.push(row),
            Err(fault) => gathered.unsaid(step.line, format!("{called}: `docker build`: {fault}")),
        }
    }
    if let Some(id) = step.get("id").and_then(Node::text) {
        for (name, value) in shell::puts(&script, "GITHUB_OUTPUT", &run.environment) {
            run.outputs.insert(format!("{id}.{name}"), Ok(value));
        }
    }
    lasting.extend(shell::puts(&script, "GITHUB_ENV", &run.environment));
}

type Text<'a> = dyn Fn(&Run<'_>, &str) -> Result<String, Fault> + 'a;

fn metadata(run: &Run<'_>, text: &Text<'_>) -> Result<String, Fault> {
    let git_ref = run.look(
        &"github.ref"
            .split('.')
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    let (images, lines) = (text(run, "images")?, text(run, "tags")?);
    let fixed = !lines.trim().is_empty()
        && lines
            .lines()
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .all(|line| line.starts_with("type=raw") || !line.contains("type="));
    let git_ref = match git_ref {
        Ok(value) => value.text(),
        // Fixed tags are the same for every ref.
        Err(_) if fixed && !lines.contains("{{") => String::new(),
        Err(fault) => return Err(fault),
    };
    let given = metadata::Given {
        images: &images,
        tags: &lines,
        flavor: &text(run, "flavor")?,
        git_ref: &git_ref,
    };
    metadata::tags(&given).map_err(|what| Fault::Syntax(format!("docker/metadata-action: {what}")))
}

/// Parts of a list that an action takes: by lines, and by commas.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(['\n', ',']).map(str::trim);
    parts.filter(|part| !part.is_empty())
}

fn action(
    step: &Node,
    text: &Text<'_>,
    run: &Run<'_>,
    called: &str,
    variables: &IndexMap<String, String>,
    gathered: &mut Gathered,
) -> Result<Row, String> {
    let text = |key: &str| text(run, key).map_err(|fault| format!("`{key}`: {fault}"));
    let mut args = IndexMap::new();
    for line in text("build-args")?.lines().map(str::trim) {
        match line.split_once('=') {
            Some((name, value)) => {
                args.insert(name.trim().to_owned(), value.to_owned());
            }
            None if line.is_empty() => {}
            None => {
                let value = run.environment.get(line);
                let value =
                    value.ok_or_else(|| format!("the build arg `{line}` comes from the runner"))?;
                args.insert(line.to_owned(), value.clone());
            }
        }
    }
    let tags = text("tags")?;
    let outputs = text("outputs")?;
    let mut references = Vec::new();
    for tag in parts(&tags) {
        references.push(
            Reference::parse(tag).map_err(|fault| format!("`{tag}` is no reference: {fault}"))?,
        );
    }
    if references.is_empty() {
        return Err(match outputs.contains("push-by-digest") {
            true => "it is pushed by its digest, and another job gives it its tags: state them with `--set`, as the `tags` of this step".to_owned(),
            false => "it has no tag".to_owned(),
        });
    }
    if !text("build-contexts")?.trim().is_empty() {
        let what = format!(
            "{called}: its named contexts are not declared; where they are images of the matrix, `needs` says so"
        );
        gathered.unsaid(step.line, what);
    }
    if !text("dockerfile-inline").unwrap_or_default().is_empty() {
        return Err("it holds its Dockerfile".to_owned());
    }
    let stated = text("context")?;
    let context = stated.trim();
    // `{{defaultContext}}:folder` is a folder of the checkout.
    let context = match context.strip_prefix("{{defaultContext}}") {
        Some(rest) => rest.trim_start_matches(':'),
        None => context,
    };
    let context = match context.is_empty() {
        true => ".".to_owned(),
        false => path(context)
            .ok_or_else(|| format!("its context `{context}` is no folder of this repository"))?,
    };
    let file = text("file")?;
    let dockerfile = match file.trim().is_empty() {
        true => below(&context, "Dockerfile"),
        false => path(&file)
            .ok_or_else(|| format!("its Dockerfile `{file}` is not in this repository"))?,
    };
    let target = Some(text("target")?).filter(|target| !target.is_empty());
    Ok(Row {
        line: step.line,
        called: called.to_owned(),
        references,
        platforms: platforms(parts(&text("platforms")?))?,
        args,
        base: None,
        dockerfile: Some(dockerfile),
        context: Some(context),
        target,
        variables: variables.clone(),
    })
}

fn platforms<'p>(words: impl Iterator<Item = &'p str>) -> Result<Vec<String>, String> {
    let known = words.map(|word| match Platform::parse(word) {
        Some(_) => Ok(word.to_owned()),
        // Builders take an architecture alone for one of Linux.
        None => match Platform::parse(&format!("linux/{word}")) {
            Some(platform) if !word.contains('/') => Ok(platform.to_string()),
            _ => Err(format!("`{word}` is no platform")),
        },
    });
    known.collect()
}

fn from_call(
    call: shell::Call,
    step: &Node,
    called: &str,
    variables: &IndexMap<String, String>,
    run: &Run<'_>,
) -> Result<Row, String> {
    let stated = step
        .get("working-directory")
        .and_then(Node::text)
        .unwrap_or_default();
    let stated = filled(&stated, run)
        .map_err(|fault| fault.to_string())?
        .text();
    let place =
        path(&stated).ok_or_else(|| format!("`{stated}` is no folder of this repository"))?;
    let here = |text: &str| {
        let found = path(text).and_then(|text| path(&below(&place, &text)));
        found.ok_or_else(|| format!("`{text}` is not in this repository"))
    };
    let mut references = Vec::new();
    for tag in &call.tags {
        references.push(
            Reference::parse(tag).map_err(|fault| format!("`{tag}` is no reference: {fault}"))?,
        );
    }
    if references.is_empty() {
        return Err("it has no tag".to_owned());
    }
    let context = here(call.context.as_deref().unwrap_or("."))?;
    let dockerfile = match &call.file {
        Some(file) => here(file)?,
        None => below(&context, "Dockerfile"),
    };
    let mut args = IndexMap::new();
    for (name, value) in call.args {
        let value = value.or_else(|| run.environment.get(&name).cloned());
        let value = value.ok_or_else(|| format!("the build arg `{name}` comes from the runner"))?;
        args.insert(name, value);
    }
    Ok(Row {
        line: step.line,
        called: called.to_owned(),
        references,
        platforms: platforms(call.platforms.iter().map(String::as_str))?,
        args,
        base: None,
        dockerfile: Some(dockerfile),
        context: Some(context),
        target: call.target,
        variables: variables.clone(),
    })
}
