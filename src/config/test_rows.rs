//! `test`: what must succeed in an image before it is pushed. A row is a command, or a table that says more.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::config::keys::Sight;
use crate::config::raw::RawTests;
use crate::config::taking::{List, Take, Taking};
use crate::config::unions::RawSelector;
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, code};
use crate::grammar::Spanned;
use crate::matrix::{AxisId, Selector};
use crate::render::Field;

/// A row as it is written.
#[derive(Clone, Debug)]
pub enum RawTest {
    /// Just the command.
    Command(String),
    /// A table with `run`.
    Table(Box<RawTestTable>),
}

/// A test that says more than its command.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawTestTable {
    /// Shell command that must succeed.
    pub run: Spanned<String>,
    /// Which cells the row is for, platforms included. Default: all.
    #[serde(rename = "match", default)]
    pub matches: Option<Spanned<RawSelector>>,
    /// Another stage of the same Dockerfile, which is built for the test and never pushed.
    #[serde(default)]
    pub target: Option<Spanned<String>>,
    /// Who runs it: a name or number, with a group behind a `:`. Default: the image's user.
    #[serde(default)]
    pub user: Option<Spanned<String>>,
    /// Files and folders of the repository that it can read: at the same path below the working folder of the image, or
    /// `"path:place"`.
    #[serde(default)]
    pub files: Vec<Spanned<String>>,
    /// Options of `docker run`, word by word, as `--gpus=all`. Such a test runs in a container of the engine, never inside
    /// the builder.
    #[serde(default)]
    pub options: Option<Spanned<Vec<Spanned<String>>>>,
}

impl JsonSchema for RawTest {
    fn schema_name() -> Cow<'static, str> {
        "Test".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<RawTestTable>();
        json_schema!({
            "description": "A shell command that must succeed inside the built image, or a table with `run` that says more.",
            "anyOf": [{ "type": "string" }, table],
        })
    }
}

/// A row, read.
#[derive(Clone, Debug)]
pub struct TestRow {
    /// The command.
    pub run: Field,
    /// The builds that it is for; `None` is all.
    pub selector: Option<Selector>,
    /// The stage it runs in, where that is another than the image's.
    pub target: Option<Field>,
    /// Who runs it.
    pub user: Option<Field>,
    /// What it can read of the repository.
    pub files: Vec<Field>,
    /// Options of `docker run`.
    pub options: Vec<Field>,
    /// Where the options stand, or else the row.
    pub span: Range<usize>,
}

impl Builder<'_> {
    /// The rows of `test`; an empty list leaves nothing of earlier ones.
    pub(super) fn tests(
        &mut self,
        scope: &Scope<'_>,
        image: &Spanned<String>,
        axes: &[AxisId],
        sight: &Sight<'_>,
        rows: &RawTests,
        takes: &mut Vec<Taking>,
    ) -> Vec<TestRow> {
        let Some(rows) = rows else {
            return Vec::new();
        };
        if rows.is_empty() {
            takes.push((Take::All(List::Test), rows.span.clone()));
        }
        let mut found = Vec::new();
        for row in &rows.value {
            let table = match &row.value {
                RawTest::Command(command) => {
                    let (value, span) = (command.clone(), row.span.clone());
                    let run = Spanned { value, span };
                    self.says_something("run", &run);
                    found.extend(self.one(sight, &run, false).map(TestRow::plain));
                    continue;
                }
                RawTest::Table(table) => table,
            };
            let selector = table.matches.as_ref().and_then(|matches| {
                let selector = self.selector(scope.names, matches)?;
                // What is laid under several images passes by those without the axis.
                if !sight.is_shared {
                    self.lacking_axes(scope, (matches, &selector), axes, image, true);
                }
                Some(selector)
            });
            let options = table.options.as_ref();
            self.says_something("run", &table.run);
            let texts = [("target", &table.target), ("user", &table.user)];
            for (key, text) in texts {
                text.iter().for_each(|text| self.says_something(key, text));
            }
            if let Some(words) = options {
                if words.is_empty() {
                    self.says_nothing("options", &words.span);
                }
                words
                    .iter()
                    .for_each(|word| self.says_something("options", word));
            }
            let Some(run) = self.one(sight, &table.run, false) else {
                continue;
            };
            found.push(TestRow {
                selector,
                target: self.plain(sight, &table.target),
                user: self.plain(sight, &table.user),
                files: self.list(sight, &table.files),
                options: options.map_or_else(Vec::new, |words| self.list(sight, words)),
                span: options.map_or_else(|| row.span.clone(), |words| words.span.clone()),
                run,
            });
        }
        found
    }

    /// Reports a text of a test that is empty as it is written. A template that comes to nothing here or there is another
    /// matter: it is how a row is for some images only.
    fn says_something(&mut self, key: &str, text: &Spanned<String>) {
        if text.trim().is_empty() {
            self.says_nothing(key, &text.span);
        }
    }

    fn says_nothing(&mut self, key: &str, at: &Range<usize>) {
        let (fact, help) = match key {
            "run" => (
                "a test without a command",
                "write what must succeed, as in `python -c \"import torch\"`".to_owned(),
            ),
            _ => (
                "a test that says nothing by a key",
                format!("write what is meant, or delete `{key}`"),
            ),
        };
        let place = self.place(at.clone(), format!("`{key}` is empty"));
        self.sink
            .push(Finding::new(&code::EMPTY_TEST, fact, place).help(help));
    }
}

impl TestRow {
    /// One that says no more than its command.
    fn plain(run: Field) -> Self {
        TestRow {
            span: run.span.clone(),
            run,
            selector: None,
            target: None,
            user: None,
            files: Vec::new(),
            options: Vec::new(),
        }
    }
}
