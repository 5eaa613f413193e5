//! `pull-request` in the table of a provider: where the pipeline of a proposed change is written, and on what it builds.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::pipelines::Pipeline;
use crate::config::table_reader::TableReader;
use crate::diagnostic::code;
use crate::grammar::Spanned;

/// The pipeline of a proposed change: `"path"`, `false` for none, or a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullRequest {
    /// At the provider's own place, or not at all.
    Switch(bool),
    /// At this path.
    File(Spanned<String>),
    /// As the table says.
    Table(PullRequestTable),
}

/// `pull-request` as a table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PullRequestTable {
    /// Where it is written; by default at the provider's own place.
    pub file: Option<Spanned<String>>,
    /// On what the images stand that it builds.
    pub parents: Option<Spanned<Parents>>,
}

/// On what the images of a change stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Parents {
    /// On what the change itself builds, from source.
    #[default]
    Built,
    /// On what is published, where its content is there; else on what the change builds.
    Published,
}

impl Parents {
    /// Whether they are built, as where nothing is said.
    pub fn are_built(&self) -> bool {
        *self == Parents::Built
    }
}

impl Default for PullRequest {
    fn default() -> Self {
        PullRequest::Switch(true)
    }
}

impl PullRequest {
    /// The path, when there is one; `usual` is the provider's own place.
    pub fn path<'a>(&'a self, usual: &'a str) -> Option<&'a str> {
        match self {
            PullRequest::Switch(on) => on.then_some(usual),
            PullRequest::File(path) => Some(path),
            PullRequest::Table(table) => Some(table.file.as_ref().map_or(usual, |path| path)),
        }
    }

    /// The path, where one is stated.
    pub(super) fn stated(&self) -> Option<&Spanned<String>> {
        match self {
            PullRequest::File(path) => Some(path),
            PullRequest::Table(table) => table.file.as_ref(),
            PullRequest::Switch(_) => None,
        }
    }

    /// Where it says that images stand on published parents, if it does.
    pub(super) fn published_parents(&self) -> Option<Range<usize>> {
        match self {
            PullRequest::Table(table) => {
                let parents = table.parents.as_ref();
                let published = parents.filter(|parents| !parents.are_built());
                published.map(|parents| parents.span.clone())
            }
            PullRequest::Switch(_) | PullRequest::File(_) => None,
        }
    }
}

impl<'de> Deserialize<'de> for PullRequest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        enum Stated {
            Switch(bool),
            File(String),
            Table(PullRequestTable),
        }
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Stated;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path, `true`, `false`, or a table")
            }
            fn visit_bool<E>(self, on: bool) -> Result<Stated, E> {
                Ok(Stated::Switch(on))
            }
            fn visit_str<E>(self, path: &str) -> Result<Stated, E> {
                Ok(Stated::File(path.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Stated, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Stated::Table)
            }
        }
        impl<'de> Deserialize<'de> for Stated {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Any)
            }
        }
        let Spanned { value, span } = Spanned::<Stated>::deserialize(deserializer)?;
        Ok(match value {
            Stated::Switch(on) => PullRequest::Switch(on),
            Stated::File(value) => PullRequest::File(Spanned { value, span }),
            Stated::Table(table) => PullRequest::Table(table),
        })
    }
}

impl JsonSchema for PullRequest {
    fn schema_name() -> Cow<'static, str> {
        "PullRequest".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<PullRequestTable>();
        json_schema!({
            "description": "A path, `false` for none, or a table that says more.",
            "anyOf": [{ "type": ["string", "boolean"] }, table],
        })
    }
}

impl TableReader<'_> {
    /// Published parents are known by the hash that they state, which all that a plan's pipelines push has to do.
    pub(super) fn published_parents(&mut self, pipelines: &[Pipeline]) {
        let mut all = pipelines.iter();
        let Some(classic) = all.find(|own| own.shape.builds_anew) else {
            return;
        };
        for at in pipelines.iter().filter_map(Pipeline::published_parents) {
            let fact = "no published parent could be told from another image";
            let finding = self.finding(&code::INVALID_OPTION, fact, &at, "by the hash it states");
            let place = self.place(&classic.span, "the classic shape lets no image state one");
            let help = "leave out `shape`, or `parents`";
            self.push(finding.related(place).help(help));
        }
    }
}
