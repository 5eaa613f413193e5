//! The pipelines that are turned on, as the other rooms see them: what each publishes, and what holds for its builds.

use std::ops::{Deref, Range};

use serde::Serialize;

use crate::config::Config;
use crate::config::spanned::Spanned;
use crate::emit::{CloudBuildOptions, GithubOptions, GitlabOptions, Provenance, PullRequest, arch};
use crate::matrix::Selector;

/// `[ci]`
#[derive(Debug, Default)]
pub struct Ci {
    /// The command by which the pipeline of a change checks it, as shell text. None is made up where none is stated: a
    /// command that installs `gen` by a name would run whatever stands under that name.
    pub check: Option<String>,
    /// Whether each image carries a list of the software in it.
    pub sbom: bool,
    /// How much of each image's making it carries.
    pub provenance: Provenance,
    /// GitHub Actions.
    pub github: Option<Pipeline<GithubOptions>>,
    /// GitLab CI.
    pub gitlab: Option<Pipeline<GitlabOptions>>,
    /// Google Cloud Build.
    pub cloud_build: Option<Pipeline<CloudBuildOptions>>,
}

/// The pipeline of one provider.
#[derive(Debug)]
pub struct Pipeline<O> {
    /// What its table says, and where that stands.
    pub options: Spanned<O>,
    /// What it publishes, and what holds for its builds.
    pub shape: Shape,
}

impl<O> Deref for Pipeline<O> {
    type Target = Spanned<O>;
    fn deref(&self) -> &Spanned<O> {
        &self.options
    }
}

/// What a pipeline publishes, and what holds for its builds.
#[derive(Debug, Default)]
pub struct Shape {
    /// The specs it publishes; `None` is all.
    pub selector: Option<Selector>,
    /// What holds for some builds, in order: later rows win.
    pub rows: Vec<ShapeRow>,
    /// The steps that only some builds have, by key.
    pub steps: Vec<(String, Selector)>,
    /// Groups of a change's builds, at most: each is a job.
    pub groups: usize,
}

/// What holds for the builds that a selector accepts.
#[derive(Debug)]
pub struct ShapeRow {
    /// The builds.
    pub selector: Selector,
    /// Their runners, by the words that name platforms.
    pub runner: Vec<(String, Runner)>,
    /// How long each may take, in minutes.
    pub timeout_minutes: Option<u32>,
}

/// By what a provider finds a machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Runner {
    /// A label.
    Label(String),
    /// Tags, of which a machine has all.
    Tags(Vec<String>),
}

impl From<Spanned<String>> for Runner {
    fn from(label: Spanned<String>) -> Self {
        Runner::Label(label.value)
    }
}

impl From<Vec<Spanned<String>>> for Runner {
    fn from(tags: Vec<Spanned<String>>) -> Self {
        Runner::Tags(tags.into_iter().map(|tag| tag.value).collect())
    }
}

impl Ci {
    /// Every pipeline that is turned on: the word for its provider in the plan, and its shape.
    pub fn shapes(&self) -> impl Iterator<Item = (&'static str, &Shape, Range<usize>)> {
        let github = self.github.as_ref().map(|p| (&p.shape, p.span.clone()));
        let gitlab = self.gitlab.as_ref().map(|p| (&p.shape, p.span.clone()));
        let cloud_build = self
            .cloud_build
            .as_ref()
            .map(|p| (&p.shape, p.span.clone()));
        [
            ("github", github),
            ("gitlab", gitlab),
            ("cloud-build", cloud_build),
        ]
        .into_iter()
        .filter_map(|(name, on)| on.map(|(shape, span)| (name, shape, span)))
    }

    /// Where the first pipeline is turned on that is for changes too, if any is.
    pub fn pull_request(&self) -> Option<Range<usize>> {
        fn on<O>(
            pipeline: Option<&Pipeline<O>>,
            switch: impl Fn(&O) -> &PullRequest,
        ) -> Option<Range<usize>> {
            let pipeline = pipeline.filter(|p| switch(p).path("").is_some());
            pipeline.map(|p| p.span.clone())
        }
        on(self.github.as_ref(), |options| &options.pull_request)
            .or_else(|| on(self.gitlab.as_ref(), |options| &options.pull_request))
            .or_else(|| on(self.cloud_build.as_ref(), |options| &options.pull_request))
    }
}

impl Config {
    /// What asks for the script that publishes, if anything does: the first pipeline, or a table of its own.
    pub fn publishes(&self) -> Option<Range<usize>> {
        let first = self.ci.shapes().next().map(|(_, _, span)| span);
        first.or_else(|| self.outputs.publish.clone())
    }

    /// Whether anything asks for a bake file: a table of its own, or the first pipeline of changes.
    pub fn bakes(&self) -> bool {
        self.outputs.bake.is_some() || self.ci.pull_request().is_some()
    }

    /// Whether a word means a platform: a value of `arch`, a platform, or one without its system.
    pub fn names_platform(&self, word: &str, platform: &str) -> bool {
        let value = self
            .arch
            .and_then(|axis| self.axis(axis).values.iter().find(|v| *v.text == *word));
        match value.and_then(|v| v.platform.as_deref()) {
            Some(of_value) => of_value == platform,
            None => word == platform || word == arch(platform),
        }
    }
}

impl Shape {
    /// Whether a step is only for some builds.
    pub fn narrows(&self, key: &str) -> bool {
        self.steps.iter().any(|(narrowed, _)| narrowed == key)
    }
}
