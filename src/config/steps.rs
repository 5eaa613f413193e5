//! Steps of the user's own in pipelines: whether each says one thing, and says it in a way every shell and parser takes.

use std::ops::Range;

use crate::config::pins::{is_commit, is_version};
use crate::config::pipeline_keys::{OwnStep, StepMeans, Steps};
use crate::config::table_reader::TableReader;
use crate::diagnostic::code;
use crate::grammar::Spanned;
use crate::matrix::Selector;
use crate::render::other_than_text;

impl TableReader<'_> {
    /// The steps that are only for some builds.
    pub(super) fn steps(&mut self, steps: &Steps, means: StepMeans) -> Vec<(String, Selector)> {
        self.step_texts(steps);
        let mut narrowed = Vec::new();
        for (key, step) in steps {
            self.step(key, step, means);
            self.rights(key, step, means);
            if let Some(selector) = step.matches.as_ref().and_then(|m| self.selector(m)) {
                narrowed.push((key.value.clone(), selector));
            }
        }
        narrowed
    }

    fn step(&mut self, key: &Spanned<String>, step: &Spanned<OwnStep>, means: StepMeans) {
        if !is_key(key) {
            self.step_fault(
                format!("`{}` cannot be a step's key", key.escape_debug()),
                &key.span,
                "lower-case letters, digits and `-`, a letter first; no word of YAML's own",
                None,
            );
        }
        match (&step.run, &step.uses) {
            (Some(run), None) if run.trim().is_empty() => self.step_fault(
                format!("step `{key}` runs nothing", key = key.value),
                &run.span,
                "empty",
                Some("write the shell text, or delete the step"),
            ),
            (Some(_), None) => {}
            (None, Some(uses)) if means != StepMeans::Actions => self.step_fault(
                format!("step `{}` uses an action, which only GitHub has", key.value),
                &uses.span,
                "not known here",
                Some("say it in shell, with `run`"),
            ),
            (None, Some(uses)) => self.action_reference(uses, step.version.as_ref()),
            (Some(_), Some(uses)) => self.step_fault(
                format!("step `{}` both runs and uses", key.value),
                &uses.span,
                "one of the two",
                Some("make two steps of it"),
            ),
            (None, None) => self.step_fault(
                format!("step `{}` does nothing", key.value),
                &key.span,
                "has neither `run` nor `uses`",
                Some("add `run = \"…\"`"),
            ),
        }
        if step.uses.is_none() {
            let given = [
                ("version", step.version.as_ref().map(|v| v.span.clone())),
                ("with", step.with.keys().next().map(|k| k.span.clone())),
            ];
            for (what, span) in given {
                let Some(span) = span else { continue };
                let fact = format!("step `{}` has `{what}`, and uses no action", key.value);
                self.step_fault(fact, &span, "without meaning", None);
            }
        }
        if let Some(matches) = &step.matches
            && !step.at.of_builds()
        {
            self.step_fault(
                format!("step `{}` runs once, for all images", key.value),
                &matches.span,
                "a `match` narrows steps of builds alone",
                Some("delete it, or let the step run at `before-build` or `after-build`"),
            );
        }
        for (name, _) in &step.env {
            self.variable(name);
        }
    }

    /// What a step asks for, the jobs of its provider have to be able to have.
    fn rights(&mut self, key: &Spanned<String>, step: &Spanned<OwnStep>, means: StepMeans) {
        let asked = [
            (
                step.permissions.keys().next(),
                StepMeans::Actions,
                "`permissions`, which only GitHub has",
            ),
            (
                step.id_tokens.keys().next(),
                StepMeans::IdTokens,
                "`id-tokens`, which only GitLab has",
            ),
        ];
        for (first, wanted, what) in asked {
            if let Some(first) = first.filter(|_| means != wanted) {
                let fact = format!("step `{}` asks for {what}", key.value);
                self.step_fault(fact, &first.span, "not known here", None);
            }
        }
        for (name, audience) in &step.id_tokens {
            self.variable(name);
            self.line(&name.value, audience);
            let is_of_the_job = ["PATH", "HOME"].contains(&&*name.value)
                || ["CI_", "GITLAB_", "DOCKER_", "IMAGE_", "BASE_IMAGES_"]
                    .iter()
                    .any(|of| name.starts_with(of));
            let is_of_the_step = step.env.keys().any(|key| key.value == name.value);
            if is_of_the_job || is_of_the_step {
                let fact = format!(
                    "the token of step `{}` cannot be `{}`",
                    key.value, name.value
                );
                let label = match is_of_the_step {
                    true => "a variable of its `env`",
                    false => "a variable that the job has already",
                };
                let help = "call it otherwise, as in `SIGSTORE_ID_TOKEN`";
                self.step_fault(fact, &name.span, label, Some(help));
            }
        }
    }

    fn variable(&mut self, name: &Spanned<String>) {
        if !is_variable(name) {
            self.step_fault(
                format!("`{}` cannot name a variable", name.escape_debug()),
                &name.span,
                "letters, digits and `_`, no digit first",
                None,
            );
        }
    }

    /// An action or a reusable workflow is one of the repository's own, or pinned to a commit: a tag may be moved.
    pub fn action_reference(&mut self, uses: &Spanned<String>, version: Option<&Spanned<String>>) {
        // GitHub's own spelling since 2026-07-30: the repository of the workflow, at the workflow's commit.
        let local = uses.starts_with("./") || uses.starts_with("$/");
        let pinned = uses.split_once('@').is_some_and(|(path, commit)| {
            is_commit(commit) && path.split('/').filter(|part| !part.is_empty()).count() >= 2
        });
        if (!local && !pinned) || uses.chars().any(|c| c.is_whitespace() || c.is_control()) {
            self.step_fault(
                format!("`{}` is not pinned to a commit", uses.escape_debug()),
                &uses.span,
                "`owner/name@` and 40 hexadecimal digits, or `$/path`",
                Some("pin it: whoever moves the tag of an action runs in this pipeline"),
            );
        }
        if let Some(version) = version
            && !is_version(version)
        {
            self.step_fault(
                format!("`{}` is not a version", version.escape_debug()),
                &version.span,
                "one word, as in `v4.1.0`",
                None,
            );
        }
    }

    /// Reports a step, a job or a row that cannot be what it says.
    pub fn step_fault(&mut self, fact: String, at: &Range<usize>, label: &str, help: Option<&str>) {
        let finding = self.finding(&code::INVALID_STEP, fact, at, label);
        self.push(match help {
            Some(help) => finding.help(help),
            None => finding,
        });
    }
}

/// Whether a text is the key of a step or a job: it becomes an id in every provider's file, where it stands bare.
pub fn is_key(text: &str) -> bool {
    !other_than_text(text)
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Whether a text names a variable in every shell.
fn is_variable(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
