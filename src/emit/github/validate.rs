//! What GitHub would refuse of the options, or take otherwise than they were meant.

use super::machine::Machine;
use super::options::{Github, Then};
use super::permissions::check;
use crate::config::{Options, PullRequest, Shape, StepMeans, TableReader, check_pin, is_key};
use crate::diagnostic::code;
use crate::grammar::{Spanned, is_cron};

impl Options for Github {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.trigger(&self.trigger);
        reader.machines("runner", self.runner.values());
        reader.machines("control-runner", [&self.control_runner]);
        if !self.environment.is_empty() {
            reader.line("environment", &self.environment);
        }
        if let Some(environment) = &self.release_environment {
            reader.line("release-environment", environment);
        }
        for row in &self.when {
            reader.machines("runner", row.runner.values());
        }
        let rows = self.when.iter().flat_map(|row| row.runner.values());
        for machine in rows
            .chain(self.runner.values())
            .chain([&self.control_runner])
        {
            Machine::check(machine, reader);
        }
        for (repo, pin) in &self.actions {
            let stated = (pin.sha.as_str(), pin.version.as_str());
            let (file, sink) = reader.parts();
            check_pin(file, repo, stated, pin.span.clone(), sink);
        }
        hooks(reader, &self.then);
        for step in self.step.values() {
            check(reader, &step.permissions);
        }
        reader.positive(self.max_parallel.as_ref(), "max-parallel");
        schedule(reader, &self.schedule);
        refresh(reader, self);
        reader.platforms(self.emulate.iter().chain(self.runner.keys()));
        let rows = reader.rows(&self.when);
        reader.shape(&self.matches, rows, &self.step, StepMeans::Actions)
    }
}

/// What proposes a refresh runs gen, and opens a pull request by a token that lets its checks start.
fn refresh(reader: &mut TableReader<'_>, options: &Github) {
    let crons = [&options.refresh, &options.refresh_packages];
    let crons: Vec<&Spanned<String>> = crons.into_iter().flatten().collect();
    schedule(reader, crons.iter().copied());
    let (first, token) = (crons.first(), &options.refresh_token);
    match (first, token) {
        (Some(first), None) => {
            let fact = "a refresh wants `refresh-token`";
            let label = "by whose token is it proposed?";
            let finding = reader.finding(&code::MISSING_KEY, fact, &first.span, label);
            let note = "no check starts for a pull request that the workflow's own token opens";
            reader.push(finding.note(note).help(
                "name a secret with a token that may push a branch and open a pull request: `refresh-token = \"REFRESH_TOKEN\"`",
            ));
        }
        (None, Some(token)) => {
            let fact = "`refresh-token` is for a refresh that there is not";
            let finding = reader.finding(&code::INVALID_OPTION, fact, &token.span, "idle");
            reader.push(finding.help("add `refresh = \"17 4 * * 1\"`, or delete the line"));
        }
        _ => {}
    }
    if let Some(token) = token.as_ref().filter(|token| !is_secret(token)) {
        secret_fault(reader, token);
    }
    if let Some(first) = first.filter(|_| !reader.runs_gen()) {
        let fact = "a refresh wants `gen` of `[ci]`";
        let label = "how would the workflow run gen?";
        let finding = reader.finding(&code::MISSING_KEY, fact, &first.span, label);
        reader.push(finding.help("state in `[ci]` how pipelines run it, as in `gen = \"gen\"`"));
    }
}

fn secret_fault(reader: &mut TableReader<'_>, secret: &Spanned<String>) {
    reader.option_fault(
        format!("`{}` cannot name a secret", secret.escape_debug()),
        secret,
        "letters, digits and `_`, no digit first, and not `GITHUB_` in front",
        "name one of the repository's secrets",
    );
}

fn schedule<'a>(
    reader: &mut TableReader<'_>,
    lines: impl IntoIterator<Item = &'a Spanned<String>>,
) {
    for line in lines.into_iter().filter(|line| !is_cron(line)) {
        let fact = format!("`{}` is no cron line", line.escape_debug());
        let label = "minute, hour, day, month and day of the week";
        let finding = reader.finding(&code::INVALID_OPTION, fact, &line.span, label);
        reader.push(finding.help("write five fields, as in `17 3 * * 1`"));
    }
}

/// Workflows that are called at the end: their jobs stand beside gen's own.
fn hooks(reader: &mut TableReader<'_>, all: &[Spanned<Then>]) {
    let mut taken: Vec<&str> = Vec::new();
    for then in all {
        let job = &then.job;
        let own = ["probe", "sign", "tags"].contains(&job.as_str())
            || ["build-", "merge-", "probe-"]
                .iter()
                .any(|p| job.starts_with(p));
        let good = is_key(job);
        if own || !good || taken.contains(&job.as_str()) {
            reader.step_fault(
                format!("`{}` cannot be this job's id", job.escape_debug()),
                &job.span,
                if good {
                    "taken"
                } else {
                    "lower-case letters, digits and `-`, a letter first; no word of YAML's own"
                },
                good.then_some("give it another"),
            );
        }
        taken.push(job);
        reader.action_reference(&then.uses, None);
        if let Some(name) = &then.name {
            reader.line("name", name);
        }
        reader.inputs(&then.with);
        for secret in then.secrets.iter().filter(|secret| !is_secret(secret)) {
            secret_fault(reader, secret);
        }
        check(reader, &then.permissions);
    }
}

/// Source: "Naming your secrets" of docs.github.com.
fn is_secret(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.to_ascii_uppercase().starts_with("GITHUB_")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
