//! The jobs of a workflow, each once for every combination of its matrix.

use indexmap::IndexMap;

use crate::intake::row::Gathered;
use crate::intake::value::{Kind, Node};
use crate::intake::workflow::expression::{Value, filled};
use crate::intake::workflow::matrix::{Combination, combinations};
use crate::intake::workflow::run::Run;
use crate::intake::workflow::steps::{may_build, of_step};

/// The rows of all its jobs; `set` is what only a run knows.
pub(in crate::intake) fn rows(node: &Node, set: &[(String, String)]) -> Result<Gathered, String> {
    let mut gathered = Gathered::default();
    let jobs = node.get("jobs").and_then(Node::map).unwrap_or_default();
    for (id, job) in jobs {
        of_job(node, id, job, set, &mut gathered);
    }
    Ok(gathered)
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
