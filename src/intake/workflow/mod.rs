//! A workflow of GitHub Actions: the images that its jobs build, without running any of it.

mod expression;
mod matrix;
mod metadata;
mod shell;

use indexmap::IndexMap;

use crate::grammar::Platform;
use crate::intake::row::{Gathered, Reference, Row, below, path};
use crate::intake::value::{Kind, Node};
use crate::intake::workflow::expression::{Fault, Names, Value, evaluate, filled, get};
use crate::intake::workflow::matrix::{Combination, combinations};

/// The rows of all its jobs; `set` is what only a run knows.
pub(super) fn rows(node: &Node, set: &[(String, String)]) -> Result<Gathered, String> {
    let mut gathered = Gathered::default();
    let jobs = node.get("jobs").and_then(Node::map).unwrap_or_default();
    for (id, job) in jobs {
        of_job(node, id, job, set, &mut gathered);
    }
    Ok(gathered)
}

/// What a job knows while it runs.
struct Run<'a> {
    set: &'a [(String, String)],
    matrix: Combination,
    environment: IndexMap<String, String>,
    /// Names whose values only a run knows.
    unknown: IndexMap<String, Fault>,
    /// Outputs of steps before.
    outputs: IndexMap<String, Result<String, Fault>>,
    /// The steps that have an id and were looked at.
    steps: Vec<String>,
}

impl Run<'_> {
    fn stated(&self, name: &str) -> Option<&str> {
        let found = self.set.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Takes in the variables of an `env`.
    fn take(&mut self, node: &Node) {
        for (name, value) in node.get("env").and_then(Node::map).unwrap_or_default() {
            let text = value.text().unwrap_or_default();
            match filled(&text, self) {
                Ok(value) => {
                    self.environment.insert(name.clone(), value.text());
                    self.unknown.shift_remove(name);
                }
                Err(fault) => {
                    self.environment.shift_remove(name);
                    self.unknown.insert(name.clone(), fault);
                }
            }
        }
        for (name, value) in self.set {
            if let Some(name) = name.strip_prefix("env.") {
                self.environment.insert(name.to_owned(), value.clone());
            }
        }
    }
}

impl Names for Run<'_> {
    fn look(&self, path: &[String]) -> Result<Value, Fault> {
        let name = path.join(".");
        if let Some(value) = self.stated(&name) {
            return Ok(Value::Text(value.to_owned()));
        }
        let rest: Vec<&str> = path.iter().skip(1).map(String::as_str).collect();
        match (path[0].as_str(), &rest[..]) {
            ("matrix", []) => Ok(Value::Object(Node {
                line: 1,
                kind: Kind::Map(self.matrix.clone().into_iter().collect()),
            })),
            ("matrix", [first, rest @ ..]) => {
                let value = self.matrix.get(*first).map_or(Value::Null, Value::of);
                Ok(rest.iter().fold(value, |value, step| get(&value, step)))
            }
            ("env", [name]) => match (self.environment.get(*name), self.unknown.get(*name)) {
                (Some(value), _) => Ok(Value::Text(value.clone())),
                (_, Some(fault)) => Err(fault.clone()),
                _ => Ok(Value::Null),
            },
            ("steps", [id, "outputs", output]) => {
                let known = self.outputs.get(&format!("{id}.{output}"));
                match known {
                    Some(value) => value.clone().map(Value::Text),
                    None => Err(Fault::Unknown(name)),
                }
            }
            ("github", ["ref_name"]) => match self.stated("github.ref") {
                Some(whole) => {
                    let kinds = ["refs/heads/", "refs/tags/", "refs/pull/"];
                    let short = kinds.iter().find_map(|kind| whole.strip_prefix(kind));
                    Ok(Value::Text(short.unwrap_or(whole).to_owned()))
                }
                None => Err(Fault::Unknown("github.ref".to_owned())),
            },
            ("github", ["ref_type"]) => match self.stated("github.ref") {
                Some(whole) if whole.starts_with("refs/tags/") => Ok(Value::Text("tag".to_owned())),
                Some(_) => Ok(Value::Text("branch".to_owned())),
                None => Err(Fault::Unknown("github.ref".to_owned())),
            },
            ("github", ["repository_owner"]) => match self.stated("github.repository") {
                Some(whole) => {
                    let owner = whole.split('/').next().unwrap_or_default();
                    Ok(Value::Text(owner.to_owned()))
                }
                None => Err(Fault::Unknown("github.repository_owner".to_owned())),
            },
            _ => Err(Fault::Unknown(name)),
        }
    }
}

fn of_job(
    workflow: &Node,
    id: &str,
    job: &Node,
    set: &[(String, String)],
    gathered: &mut Gathered,
) {
    let strategy = job
        .get("strategy")
        .and_then(|strategy| strategy.get("matrix"));
    let blank = Run {
        set,
        matrix: Combination::new(),
        environment: IndexMap::new(),
        unknown: IndexMap::new(),
        outputs: IndexMap::new(),
        steps: Vec::new(),
    };
    if let Some(called) = job.get("uses") {
        let whom = called.text().unwrap_or_default();
        if whom.contains("docker") || whom.contains("image") || whom.contains("build") {
            let what = format!(
                "job `{id}` calls `{whom}`: what that builds stands there; import it with `--set inputs.NAME=…` for its inputs"
            );
            gathered.unsaid(called.line, what);
        }
        return;
    }
    let steps = job.get("steps").and_then(Node::list).unwrap_or_default();
    if !steps.iter().any(may_build) {
        return;
    }
    let all = match strategy {
        None => Ok(vec![Combination::new()]),
        Some(matrix) => known(matrix, &blank).and_then(|matrix| combinations(&matrix)),
    };
    let all = match all {
        Ok(all) => all,
        Err(fault) => return gathered.unsaid(job.line, format!("job `{id}`: {fault}")),
    };
    let mut told_numbers: Vec<usize> = Vec::new();
    if let Some(matrix) = strategy {
        numbers(matrix, &mut told_numbers, gathered);
    }
    for combination in all {
        let mut run = Run {
            matrix: combination,
            environment: IndexMap::new(),
            unknown: IndexMap::new(),
            outputs: IndexMap::new(),
            steps: Vec::new(),
            ..blank
        };
        run.take(workflow);
        run.take(job);
        let variables = variables(&run.matrix);
        let values: Vec<String> = variables
            .iter()
            .filter(|(_, value)| !value.is_empty() && value.len() < 20)
            .map(|(name, value)| format!("{name}={value}"))
            .take(4)
            .collect();
        let called = match values.is_empty() {
            true => format!("job `{id}`"),
            false => format!("job `{id}` ({})", values.join(", ")),
        };
        for step in steps {
            of_step(step, &called, &variables, &mut run, gathered);
        }
    }
}

/// A matrix, or a part of one, with its expressions filled in.
fn known(node: &Node, run: &Run<'_>) -> Result<Node, String> {
    let kind = match &node.kind {
        Kind::Text(text) if text.contains("${{") => {
            let value = filled(text, run).map_err(|fault| fault.to_string())?;
            match value {
                Value::Object(node) => return Ok(node),
                Value::Null => Kind::Null,
                Value::Bool(yes) => Kind::Bool(yes),
                Value::Number(number) => Kind::Number(number.to_string(), number.to_string()),
                Value::Text(text) => Kind::Text(text),
            }
        }
        Kind::List(items) => {
            let items = items.iter().map(|item| known(item, run));
            Kind::List(items.collect::<Result<_, _>>()?)
        }
        Kind::Map(entries) => {
            let entries = entries
                .iter()
                .map(|(key, value)| Ok((key.clone(), known(value, run)?)));
            Kind::Map(entries.collect::<Result<_, String>>()?)
        }
        kind => kind.clone(),
    };
    Ok(Node {
        line: node.line,
        kind,
    })
}

/// Tells of numbers that lose a digit.
fn numbers(node: &Node, told: &mut Vec<usize>, gathered: &mut Gathered) {
    if let Some((written, printed)) = node.lost()
        && !told.contains(&node.line)
    {
        told.push(node.line);
        let what = format!("`{written}` without quotes is the number {printed}");
        gathered.odd(node.line, what);
    }
    for item in node.list().unwrap_or_default() {
        numbers(item, told, gathered);
    }
    for (_, value) in node.map().unwrap_or_default() {
        numbers(value, told, gathered);
    }
}

/// What a combination varies; of a table each entry.
fn variables(combination: &Combination) -> IndexMap<String, String> {
    let mut found = IndexMap::new();
    let mut open: Vec<(String, &Node)> = Vec::new();
    for (name, value) in combination.iter().rev() {
        open.push((name.clone(), value));
    }
    while let Some((name, node)) = open.pop() {
        match &node.kind {
            Kind::Map(entries) => {
                for (key, value) in entries.iter().rev() {
                    open.push((format!("{name}.{key}"), value));
                }
            }
            _ => {
                if let Some(text) = node.text() {
                    found.insert(name, text);
                }
            }
        }
    }
    found
}

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

fn may_build(step: &Node) -> bool {
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

fn of_step(
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
    let git_ref = run.look(&["github".to_owned(), "ref".to_owned()]);
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
