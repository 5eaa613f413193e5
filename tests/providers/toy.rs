//! A provider of nobody's: all that one is stands in this folder. It prints its images, and has room for one.

use basematrix::config::{
    BuildsRow, Options, ProviderTable, PullRequest, RawSelector, Shape, StepMeans, Steps,
    TableReader, options_schema, read_options,
};
use basematrix::emit::{File, Layout, Provider, Site};
use basematrix::grammar::Spanned;
use basematrix::render::{Dialect, Shipped, Sign};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use toml::de::{DeValue, Error};

/// `[ci.toy]`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
struct ToyOptions {
    /// Where the pipeline is written.
    file: Spanned<String>,
    /// What it says.
    greeting: Spanned<String>,
    #[serde(rename = "match")]
    matches: Option<Spanned<RawSelector>>,
    pull_request: PullRequest,
    when: Vec<BuildsRow<Spanned<String>>>,
    step: Steps,
}

impl Default for ToyOptions {
    fn default() -> Self {
        Self {
            file: Spanned::nowhere(".toy/base-images.yml".to_owned()),
            greeting: Spanned::nowhere("hello".to_owned()),
            matches: None,
            pull_request: PullRequest::Switch(false),
            when: Vec::new(),
            step: Steps::new(),
        }
    }
}

impl Options for ToyOptions {
    fn file(&mut self) -> &mut Spanned<String> {
        &mut self.file
    }

    fn pull_request(&self) -> &PullRequest {
        &self.pull_request
    }

    fn validate(&self, reader: &mut TableReader<'_>) -> Shape {
        reader.line("greeting", &self.greeting);
        let rows = reader.rows(&self.when);
        reader.shape(&self.matches, rows, &self.step, StepMeans::Shell)
    }
}

/// What its template sees.
#[derive(Serialize)]
struct Context<'a> {
    greeting: &'a str,
    script: String,
    images: Vec<&'a str>,
}

/// How many images it takes.
const ROOM: usize = 1;

pub(super) struct Toy;

impl ProviderTable for Toy {
    fn key(&self) -> &'static str {
        "toy"
    }

    fn title(&self) -> &'static str {
        "Toy"
    }

    fn description(&self) -> &'static str {
        "A toy."
    }

    fn endings(&self) -> &'static [&'static str] {
        &[".yml"]
    }

    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        options_schema::<ToyOptions>(generator)
    }

    fn read(&self, table: toml::Spanned<DeValue<'_>>) -> Result<Box<dyn Options>, Error> {
        read_options::<ToyOptions>(table)
    }
}

impl Provider for Toy {
    fn unit(&self) -> &'static str {
        "bricks"
    }

    fn templates(&self) -> Shipped {
        &[("toy/pipeline.yml", include_str!("toy.yml"))]
    }

    fn lay_out(&self, site: &Site<'_>) -> Layout {
        let Some(options) = site.pipeline.options::<ToyOptions>() else {
            return Layout::default();
        };
        let images: Vec<&str> = site.share().iter().map(|spec| spec.id.as_ref()).collect();
        let size = images.len();
        let context = Context {
            greeting: &options.greeting,
            script: format!("echo {}\nexit 0\n", options.greeting.value),
            images,
        };
        let dialect = Dialect::Yaml(Sign {
            text: "@",
            disarmed: "@@",
            in_scripts: false,
            backslash: None,
        });
        let over = (size > ROOM).then(|| site.too_much("bricks", "all", (size, ROOM), None));
        Layout {
            files: vec![File::new(
                options.file.value.as_str(),
                "toy/pipeline.yml",
                dialect,
                &context,
            )],
            findings: over.into_iter().collect(),
            size,
        }
    }
}
