//! Step ids, substitutions and secrets of the build configs: Cloud Build refuses a wrong one when the build is submitted, and
//! no schema knows.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::check::Context;
use crate::check::build_config::{BuildConfig, Text, named};
use crate::diagnostic::{Code, Finding, Place, Sink, code, nearest};
use crate::emit::build_configs;
use crate::source::SourceFile;

/// What the service substitutes in every build, or where a trigger started it. Names with `_` in front are the user's.
/// Source: cloud.google.com/build/docs/configuring-builds/substitute-variable-values, as of 2026-11-21.
const BUILT_IN: &[&str] = &[
    "BRANCH_NAME",
    "BUILD_ID",
    "COMMIT_SHA",
    "LOCATION",
    "PROJECT_ID",
    "PROJECT_NUMBER",
    "REF_NAME",
    "REPO_FULL_NAME",
    "REPO_NAME",
    "REVISION_ID",
    "SERVICE_ACCOUNT",
    "SERVICE_ACCOUNT_EMAIL",
    "SHORT_SHA",
    "TAG_NAME",
    "TRIGGER_BUILD_CONFIG_PATH",
    "TRIGGER_NAME",
];

/// Step that is over when a build begins.
const START: &str = "-";

pub(crate) fn run(context: &Context<'_>, sink: &mut Sink) {
    let Some((pipeline, configs)) = build_configs(context.config, context.tree) else {
        return;
    };
    for output in configs {
        if let Some(config) = BuildConfig::read(&output.text) {
            let look = Look {
                table: context.place(pipeline.span.clone(), "rendered for this table"),
                file: SourceFile::new(output.path.as_str(), output.text.as_str()),
                config: &config,
            };
            look.steps(sink);
            look.secrets(sink);
            look.substitutions(sink);
        }
    }
}

struct Look<'a> {
    /// Where the pipeline is turned on.
    table: Place,
    file: Arc<SourceFile>,
    config: &'a BuildConfig,
}

impl Look<'_> {
    fn finding(&self, code: Code, fact: String, at: &Text, label: &str) -> Finding {
        Finding::new(code, fact, Place::span(&self.file, at.span.clone(), label))
            .related(self.table.clone())
    }

    /// Every id is one step's, and every step waits for steps before it alone.
    fn steps(&self, sink: &mut Sink) {
        let steps = &self.config.steps;
        let all: HashSet<&str> = steps
            .iter()
            .flat_map(|s| &s.id)
            .map(|id| id.value.as_str())
            .collect();
        let mut before: HashMap<&str, &Text> = HashMap::new();
        for step in steps {
            for wait in &step.wait_for {
                let name = wait.value.as_str();
                if name == START || before.contains_key(name) {
                    continue;
                }
                let label = if all.contains(name) {
                    "it comes later"
                } else {
                    "no step has this id"
                };
                let fact = format!("a step waits for `{name}`, which is no step before it");
                let finding = self.finding(&code::UNKNOWN_STEP, fact, wait, label);
                sink.push(match nearest(name, before.keys().copied()) {
                    Some(near) if !all.contains(name) => {
                        finding.help(format!("did you mean `{near}`?"))
                    }
                    _ => finding.help("correct `waitFor` in the template that says so"),
                });
            }
            let Some(id) = &step.id else { continue };
            if let Some(first) = before.get(id.value.as_str()) {
                let fact = format!("two steps are called `{}`", id.value);
                let first = Place::span(&self.file, first.span.clone(), "the first");
                sink.push(
                    self.finding(&code::DUPLICATE_STEP, fact, id, "the second")
                        .related(first)
                        .help("give one of them another id"),
                );
            }
            before.entry(&id.value).or_insert(id);
        }
    }

    fn secrets(&self, sink: &mut Sink) {
        let available: HashSet<&str> = self.config.secrets.iter().map(String::as_str).collect();
        for secret in self.config.steps.iter().flat_map(|step| &step.secret_env) {
            if available.contains(secret.value.as_str()) {
                continue;
            }
            let fact = format!(
                "a step wants secret `{}`, which the build does not have",
                secret.value
            );
            let finding = self.finding(
                &code::UNKNOWN_SECRET,
                fact,
                secret,
                "not among `availableSecrets`",
            );
            sink.push(match nearest(&secret.value, available.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help("declare it in the template, under `availableSecrets`"),
            });
        }
    }

    /// What is named is known, and what is declared is named: otherwise the service refuses what a person submits.
    fn substitutions(&self, sink: &mut Sink) {
        if self.config.is_loose {
            return;
        }
        let declared = self.config.substitutions.iter().map(|s| s.value.as_str());
        let declared: HashSet<&str> = declared.collect();
        let mut used: HashSet<&str> = HashSet::new();
        for text in &self.config.substituted {
            for (_, name) in named(&text.value) {
                let new = used.insert(name);
                if !new || declared.contains(name) || BUILT_IN.contains(&name) {
                    continue;
                }
                let written = self.file.text.get(text.span.clone()).unwrap_or_default();
                let place = named(written)
                    .into_iter()
                    .find(|(_, written)| *written == name);
                let at = place.map_or_else(
                    || text.clone(),
                    |(at, _)| Text {
                        value: name.to_owned(),
                        span: text.span.start + at..text.span.start + at + name.len(),
                    },
                );
                let fact = format!("the build names a substitution `{name}` that it does not have");
                let finding = self
                    .finding(
                        &code::UNKNOWN_SUBSTITUTION,
                        fact,
                        &at,
                        "nothing stands for it",
                    )
                    .help(format!("for the dollar itself, write `$${name}`"));
                sink.push(if name.starts_with('_') {
                    finding.help(format!("for a substitution, add `substitutions = {{ {name} = \"…\" }}` to `[ci.cloud-build]`"))
                } else {
                    finding.note("names of your own begin with `_`")
                });
            }
        }
        for name in &self.config.substitutions {
            if !used.contains(name.value.as_str()) {
                let fact = format!("substitution `{}` is named nowhere", name.value);
                let finding = self.finding(&code::UNUSED_SUBSTITUTION, fact, name, "declared here");
                sink.push(finding.help("delete it, or name it in the template"));
            }
        }
    }
}
