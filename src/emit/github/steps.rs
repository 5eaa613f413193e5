//! Steps of the user's own, and the workflows that are called when the images are there.

use indexmap::IndexMap;
use serde::Serialize;

use super::options::Github;
use crate::config::{self, Access, At, Shape};
use crate::grammar::Spanned;

/// The steps of the user's own, by where they run.
#[derive(Debug, Serialize)]
pub(crate) struct Steps {
    pub before_probe: Vec<Step>,
    pub before_build: Vec<Step>,
    pub after_build: Vec<Step>,
    pub before_tags: Vec<Step>,
    pub after_tags: Vec<Step>,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(crate) struct Step {
    pub key: String,
    pub name: String,
    /// Whether it is only for the legs that name it.
    pub narrowed: bool,
    pub run: Option<String>,
    pub uses: Option<String>,
    /// What is written behind `uses`.
    pub version: Option<String>,
    pub with: IndexMap<String, Input>,
    pub env: IndexMap<String, String>,
}

/// What an action is handed: a text, or what a variable of the job holds, by its name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Input {
    Text(String),
    Variable(String),
}

impl Input {
    /// `$NAME` and nothing else means a variable that the step has: of its own, or of what it knows of its image.
    fn of(text: &str, step: &config::OwnStep) -> Self {
        let known: &[&str] = match step.at {
            At::BeforeBuild => &["IMAGE_ID", "IMAGE_PLATFORM"],
            At::AfterBuild => &[
                "IMAGE_ID",
                "IMAGE_PLATFORM",
                "IMAGE_REFERENCE",
                "IMAGE_DIGEST",
            ],
            At::BeforeProbe | At::BeforeTags | At::AfterTags => &[],
        };
        let has =
            |name: &&str| known.contains(name) || step.env.keys().any(|own| own.value == *name);
        match text.strip_prefix('$').filter(has) {
            Some(name) => Input::Variable(name.to_owned()),
            None => Input::Text(text.to_owned()),
        }
    }
}

impl Step {
    /// The same where it stands before several images at once, and knows none.
    pub(super) fn of_change(mut self) -> Self {
        for input in self.with.values_mut() {
            if matches!(input, Input::Variable(name) if !self.env.contains_key(name)) {
                *input = Input::Text(String::new());
            }
        }
        self
    }
}

/// A reusable workflow that is called when all tags are put.
#[derive(Debug, Serialize)]
pub(crate) struct Hook {
    pub job: String,
    pub name: String,
    /// The job that must have succeeded before.
    pub after: String,
    pub uses: String,
    pub with: IndexMap<String, String>,
    pub secrets: Vec<String>,
    pub permissions: IndexMap<String, Access>,
}

impl Steps {
    pub(super) fn new(options: &Github, shape: &Shape) -> Self {
        let at = |place: At| {
            let steps = options.step.iter();
            steps
                .filter(|(_, step)| step.at == place)
                .map(|(key, step)| Step {
                    key: key.value.clone(),
                    name: step.name.as_ref().unwrap_or(key).value.clone(),
                    narrowed: shape.narrows(key),
                    run: step.run.as_ref().map(|run| run.value.clone()),
                    uses: step.uses.as_ref().map(|uses| of_this_commit(uses)),
                    version: step.version.as_ref().map(|version| version.value.clone()),
                    with: step
                        .with
                        .iter()
                        .map(|(key, text)| (key.value.clone(), Input::of(text, step)))
                        .collect(),
                    env: texts(&step.env),
                })
                .collect()
        };
        Steps {
            before_probe: at(At::BeforeProbe),
            before_build: at(At::BeforeBuild),
            after_build: at(At::AfterBuild),
            before_tags: at(At::BeforeTags),
            after_tags: at(At::AfterTags),
        }
    }

    /// Whether legs have to name the steps that are for them.
    pub(super) fn narrowed(&self) -> bool {
        let mut steps = self.before_build.iter().chain(&self.after_build);
        steps.any(|step| step.narrowed)
    }
}

/// The workflows that are called one after the other, the first of them after `tags`.
pub(super) fn hooks(options: &Github) -> Vec<Hook> {
    let mut after = "tags".to_owned();
    let mut hooks = Vec::new();
    for then in &options.then {
        let job = then.job.value.clone();
        hooks.push(Hook {
            name: then.name.as_ref().unwrap_or(&then.job).value.clone(),
            after: std::mem::replace(&mut after, job.clone()),
            uses: of_this_commit(&then.uses),
            with: texts(&then.with),
            secrets: then.secrets.iter().map(|s| s.value.clone()).collect(),
            permissions: plain(&then.permissions),
            job,
        });
    }
    hooks
}

/// What is in this repository is named so that it is taken from the commit that runs, whoever calls the workflow.
fn of_this_commit(uses: &str) -> String {
    match uses.strip_prefix("./") {
        Some(path) => format!("$/{path}"),
        None => uses.to_owned(),
    }
}

fn texts(map: &IndexMap<Spanned<String>, Spanned<String>>) -> IndexMap<String, String> {
    let pairs = map.iter();
    pairs
        .map(|(key, text)| (key.value.clone(), text.value.clone()))
        .collect()
}

fn plain<T: Clone>(map: &IndexMap<Spanned<String>, T>) -> IndexMap<String, T> {
    let pairs = map.iter();
    pairs
        .map(|(key, value)| (key.value.clone(), value.clone()))
        .collect()
}
