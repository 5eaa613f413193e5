//! What a CI provider is to gen: its table in `matrix.toml`, its templates, and how it lays out a pipeline. Which images a
//! pipeline publishes, in which order and under which names, the plan has decided before.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::config::ProviderTable;
use crate::diagnostic::Finding;
use crate::emit::site::Site;
use crate::output::Planned;
use crate::render::{Dialect, Shipped};

/// A CI provider. One is a folder of this room, a line in [`PROVIDERS`](super::PROVIDERS), and a folder of templates.
pub trait Provider: ProviderTable {
    /// Globs of files by which a repository shows that it uses the provider.
    fn traces(&self) -> &'static [&'static str] {
        &[]
    }

    /// The line of its table by which its output stands beside such a file, where its own place is that of one.
    fn apart(&self) -> &'static str {
        ""
    }

    /// What its pipelines are made of, as people count it.
    fn unit(&self) -> &'static str {
        "jobs"
    }

    /// The templates that it ships.
    fn templates(&self) -> Shipped;

    /// Lays out the pipeline: every decision that its files need.
    fn lay_out(&self, site: &Site<'_>) -> Layout;

    /// What has to be there before the pipeline can run, and what only people can make: a line for each place.
    fn setup(&self, site: &Site<'_>) -> Vec<String> {
        let _ = site;
        Vec::new()
    }

    /// A file of the layout as it is written, for what only the rendered text shows: what is wrong with that goes into
    /// `findings`, and there may be nothing to write.
    fn finish(
        &self,
        site: &Site<'_>,
        file: Planned,
        findings: &mut Vec<Finding>,
    ) -> Option<Planned> {
        let _ = (site, findings);
        Some(file)
    }
}

/// A pipeline, laid out.
#[derive(Debug, Default)]
pub struct Layout {
    /// Its files.
    pub files: Vec<File>,
    /// What the provider would refuse of it, or do otherwise than it was meant.
    pub findings: Vec<Finding>,
    /// How much it runs when nothing is there yet, in the provider's units: the probe, builds, merges and tags.
    pub size: usize,
}

/// A file that is yet to be rendered.
#[derive(Debug)]
pub struct File {
    /// Where it is written.
    pub path: String,
    /// By which template.
    pub template: &'static str,
    /// How that escapes.
    pub dialect: Dialect,
    /// What it sees.
    pub context: Value,
}

impl File {
    /// A file of a pipeline.
    pub fn new(
        path: impl Into<String>,
        template: &'static str,
        dialect: Dialect,
        context: &impl Serialize,
    ) -> Self {
        File {
            path: path.into(),
            template,
            dialect,
            context: Value::from(Serde(context)),
        }
    }

    /// A script that jobs run.
    pub fn script(
        path: impl Into<String>,
        template: &'static str,
        context: &impl Serialize,
    ) -> Self {
        File::new(path, template, Dialect::Shell, context)
    }
}
