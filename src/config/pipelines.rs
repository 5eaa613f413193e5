//! The pipelines that are turned on, as the other rooms see them: what each publishes, and what holds for its builds.

use std::any::Any;
use std::ops::Range;

use serde::Serialize;

use crate::config::Config;
use crate::config::pipeline_keys::{Cache, Compression, Provenance};
use crate::config::provider::{Options, ProviderTable};
use crate::config::signing::Signing;
use crate::grammar::Spanned;
use crate::grammar::arch;
use crate::matrix::Selector;

/// `[ci]`
#[derive(Debug, Default)]
pub struct Ci {
    /// The command by which the pipeline of a change checks it, as shell text. None is made up where none is stated: a
    /// command that installs `gen` by a name would run whatever stands under that name.
    pub check: Option<String>,
    /// How pipelines run gen, as shell text behind which its arguments come; stated for the same reason.
    pub command: Option<Spanned<String>>,
    /// Whether each image carries a list of the software in it.
    pub sbom: bool,
    /// How much of each image's making it carries.
    pub provenance: Provenance,
    /// How the layers of images are packed, where the matrix says.
    pub compression: Option<Compression>,
    /// Where layers are kept for later builds.
    pub cache: Option<Cache>,
    /// Whether images carry the day that is recorded for their content in place of that of their build.
    pub reproducible: bool,
    /// How the images are signed, if they are.
    pub signing: Option<Signing>,
    /// The providers there are, in the order of their table.
    pub providers: Vec<&'static dyn ProviderTable>,
    /// The pipelines that are turned on, in the same order.
    pub pipelines: Vec<Pipeline>,
}

/// The pipeline of one provider.
#[derive(Debug)]
pub struct Pipeline {
    /// Its provider's key, by which the plan names it: `cloud-build`.
    pub provider: &'static str,
    /// Where its table stands.
    pub span: Range<usize>,
    /// What it publishes, and what holds for its builds.
    pub shape: Shape,
    options: Box<dyn Options>,
}

/// Groups of a change, at most, where no provider says otherwise: as many legs as one job of GitHub has.
pub const GROUPS: usize = 256;

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
    /// Whether it builds what is there already: then nothing is pushed as a content before that was looked for.
    pub builds_anew: bool,
    /// What tests cannot have where they run.
    pub lacks: Vec<UnmetWish>,
}

/// What tests cannot have where a pipeline runs them.
#[derive(Clone, Copy, Debug)]
pub struct UnmetWish {
    /// What that is.
    pub of: Wish,
    /// The fact about the provider.
    pub fact: &'static str,
    /// What to do.
    pub help: &'static str,
}

/// What a test may want of the place where it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Options of an engine.
    Engine,
    /// A graphics card, by such an option.
    Gpu,
    /// Files at a place that is told from the working folder of the image.
    FromWorkingFolder,
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
    /// One of a group, with all of these labels.
    Group {
        /// What the group is called.
        group: String,
        /// The labels; none: any machine of the group.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        labels: Vec<String>,
    },
}

impl Runner {
    /// As fields of a line: each label or tag; a group stands first, behind an empty field, which no label is.
    pub fn fields(&self) -> Vec<&str> {
        fn texts(texts: &[String]) -> Vec<&str> {
            texts.iter().map(String::as_str).collect()
        }
        match self {
            Runner::Label(label) => vec![label],
            Runner::Tags(tags) => texts(tags),
            Runner::Group { group, labels } => [vec!["", group], texts(labels)].concat(),
        }
    }
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
    /// The pipeline of a provider, by its key, when it is turned on.
    pub fn pipeline(&self, provider: &str) -> Option<&Pipeline> {
        self.pipelines.iter().find(|p| p.provider == provider)
    }

    /// Where the first pipeline is turned on that is for changes too, if any is.
    pub fn pull_request(&self) -> Option<Range<usize>> {
        let mut pipelines = self.pipelines.iter();
        let first = pipelines.find(|p| p.options.pull_request().path("").is_some());
        first.map(|p| p.span.clone())
    }
}

impl Pipeline {
    pub(super) fn new(
        provider: &'static str,
        span: Range<usize>,
        options: Box<dyn Options>,
        shape: Shape,
    ) -> Self {
        Pipeline {
            provider,
            span,
            shape,
            options,
        }
    }

    /// Where its table says that the images of a change stand on published parents, if it does.
    pub fn published_parents(&self) -> Option<Range<usize>> {
        self.options.pull_request().published_parents()
    }

    /// What its table says, to the provider whose options these are.
    pub fn options<O: Options>(&self) -> Option<&O> {
        let options: &dyn Any = &*self.options;
        options.downcast_ref()
    }
}

impl Config {
    /// What asks for the script that publishes, if anything does: the first pipeline, or a table of its own.
    pub fn publishes(&self) -> Option<Range<usize>> {
        let first = self.ci.pipelines.first().map(|p| p.span.clone());
        first.or_else(|| self.outputs.publish.clone())
    }

    /// Whether anything asks for a bake file: a table of its own, or the first pipeline of changes.
    pub fn bakes(&self) -> bool {
        self.outputs.bake.is_some() || self.ci.pull_request().is_some()
    }

    /// Whether any pipeline lets the images of a change stand on published parents.
    pub fn stands_on_published(&self) -> bool {
        let mut pipelines = self.ci.pipelines.iter();
        pipelines.any(|own| own.published_parents().is_some())
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
