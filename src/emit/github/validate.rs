//! What GitHub would refuse of the options, or take otherwise than they were meant.

use super::cron::is_cron;
use super::options::{Github, Then};
use crate::config::{Options, PullRequest, Shape, TableReader, check_pin, is_key};
use crate::diagnostic::code;
use crate::grammar::Spanned;

impl Options for Github {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.machines("runner", self.runner.values());
        reader.line("control-runner", &self.control_runner);
        if !self.environment.is_empty() {
            reader.line("environment", &self.environment);
        }
        if let Some(environment) = &self.release_environment {
            reader.line("release-environment", environment);
        }
        for row in &self.when {
            reader.machines("runner", row.runner.values());
        }
        for (repo, pin) in &self.actions {
            let stated = (pin.sha.as_str(), pin.version.as_str());
            let (file, sink) = reader.parts();
            check_pin(file, repo, stated, pin.span.clone(), sink);
        }
        hooks(reader, &self.then);
        reader.positive(self.max_parallel.as_ref(), "max-parallel");
        schedule(reader, &self.schedule);
        reader.platforms(self.emulate.iter().chain(self.runner.keys()));
        let rows = reader.rows(&self.when);
        reader.shape(&self.matches, rows, &self.step, true)
    }
}

fn schedule(reader: &mut TableReader<'_>, lines: &[Spanned<String>]) {
    for line in lines.iter().filter(|line| !is_cron(line)) {
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
            reader.option_fault(
                format!("`{}` cannot name a secret", secret.escape_debug()),
                secret,
                "letters, digits and `_`, no digit first, and not `GITHUB_` in front",
                "name one of the repository's secrets",
            );
        }
        for right in then.permissions.keys().filter(|right| !is_right(right)) {
            reader.option_fault(
                format!("`{}` is no permission", right.escape_debug()),
                right,
                "lower-case words with `-` between them",
                "name one of GitHub's, as in `contents` or `id-token`",
            );
        }
    }
}

/// Source: "Naming your secrets" of docs.github.com.
fn is_secret(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && !text.to_ascii_uppercase().starts_with("GITHUB_")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The form of a key of `permissions`. Which there are is GitHub's to say, and grows.
fn is_right(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}
