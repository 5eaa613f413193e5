//! `[[output.file]]`: files of one's own, and blocks of files that are the user's.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};

use crate::config::raw::RawSelector;
use crate::config::selectors::SelectorNames;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, nearest};
use crate::grammar::Spanned;
use crate::matrix::{Axis, Selector};
use crate::render::blocks::is_block_name;
use crate::render::{Dialect, Field};

/// `[[output.file]]`
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct File {
    /// Where the file is written, from the repository's root. Its ending says how values are escaped. With `each` it is a
    /// template: over `image`, and over the axes where each spec has a file.
    pub path: Spanned<String>,
    /// The template, by its name in the folders of templates: one of the repository's, or one that is shipped.
    pub template: Spanned<String>,
    /// Whether each spec, each image, or each image of others has a file. Default: one file for all.
    pub each: Option<Spanned<Each>>,
    /// Which specs the template sees. Default: all.
    #[serde(rename = "match")]
    pub matches: Option<Spanned<RawSelector>>,
    /// The name of a block: only what stands between its markers, as `<!-- gen:NAME -->` and `<!-- /gen:NAME -->`, is written,
    /// and the file stays the user's.
    pub between: Option<Spanned<String>>,
    /// What the template is told besides, by names that it reads as `with.NAME`.
    #[serde(default)]
    pub with: IndexMap<Spanned<String>, Spanned<Told>>,
}

/// What has a file of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Each {
    /// Every spec.
    Spec,
    /// Every image.
    Image,
    /// Every image of others that is described.
    Described,
}

/// What a template is told: a value as TOML writes it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Told {
    /// A text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A truth.
    Truth(bool),
    /// A list.
    List(Vec<Spanned<Told>>),
    /// A table.
    Table(IndexMap<Spanned<String>, Spanned<Told>>),
}

impl<'de> Deserialize<'de> for Told {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ToldVisitor;
        impl<'de> Visitor<'de> for ToldVisitor {
            type Value = Told;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, a whole number, true or false, a list or a table")
            }
            fn visit_str<E>(self, text: &str) -> Result<Told, E> {
                Ok(Told::Text(text.to_owned()))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Told, E> {
                Ok(Told::Number(number))
            }
            fn visit_bool<E>(self, truth: bool) -> Result<Told, E> {
                Ok(Told::Truth(truth))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Told, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Told::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Told, A::Error> {
                IndexMap::deserialize(MapAccessDeserializer::new(map)).map(Told::Table)
            }
        }
        deserializer.deserialize_any(ToldVisitor)
    }
}

impl JsonSchema for Told {
    fn schema_name() -> Cow<'static, str> {
        "Told".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let this = generator.subschema_for::<Told>();
        json_schema!({
            "description": "What a template is told: a text, a whole number, true or false, a list or a table.",
            "anyOf": [
                { "type": "string" },
                { "type": "integer" },
                { "type": "boolean" },
                { "type": "array", "items": this.clone() },
                { "type": "object", "additionalProperties": this },
            ],
        })
    }
}

/// A file of one's own, or a block of one.
#[derive(Debug)]
pub struct OutputFile {
    /// Its path, or the template of it.
    pub path: Field,
    /// Its kind.
    pub dialect: Dialect,
    /// Name of the template, with its place.
    pub template: Spanned<String>,
    /// What has a file of its own; `None` where one is for all.
    pub each: Option<Each>,
    /// The specs that the template sees; `None` is all.
    pub selector: Option<Selector>,
    /// The block it fills, where it does not write the file.
    pub between: Option<Spanned<String>>,
    /// What the template is told besides.
    pub with: IndexMap<Spanned<String>, Spanned<Told>>,
    /// Where its table stands.
    pub span: Range<usize>,
}

impl Builder<'_> {
    pub(super) fn files(
        &mut self,
        names: &SelectorNames<'_>,
        files: &[Spanned<File>],
    ) -> Vec<OutputFile> {
        let all = files.iter().filter_map(|file| self.file(names, file));
        all.collect()
    }

    fn file(&mut self, names: &SelectorNames<'_>, table: &Spanned<File>) -> Option<OutputFile> {
        let each = table.each.as_ref().map(|each| each.value);
        let dialect = self.dialect(&table.path);
        if let Some(name) = &table.between {
            self.block(name, &table.path, dialect);
        }
        let matches = table.matches.as_ref();
        let selector = matches.map(|matches| self.selector(names, matches));
        let axes = names.axes;
        let field = self.field(&table.path, &|name| Axis::is_object(axes, name))?;
        if let Some(wanted) = self.wanted_each(&field, axes, each) {
            let finding = Finding::new(
                &code::UNKNOWN_VARIABLE,
                format!(
                    "`{}` is one path for all of them",
                    table.path.escape_debug()
                ),
                self.place(table.path.span.clone(), "a template"),
            );
            self.sink
                .push(finding.help(format!("say `each = \"{wanted}\"`")));
            return None;
        }
        let mut known: Vec<&str> = Vec::new();
        if each == Some(Each::Spec) {
            known.extend(axes.iter().map(|axis| &*axis.word));
        }
        known.extend(each.map(|_| "image"));
        let whose = match each {
            None => "the path of a file for all (without `each`)",
            Some(Each::Image | Each::Described) => "the path of a file for each image",
            Some(Each::Spec) => "the path of a file for each spec",
        };
        self.check_names(&field, &known, whose);
        Some(OutputFile {
            path: field,
            dialect: dialect?,
            template: table.template.clone(),
            each,
            selector: match selector {
                Some(None) => return None,
                Some(read) => read,
                None => None,
            },
            between: table.between.clone(),
            with: table.with.clone(),
            span: table.span.clone(),
        })
    }

    /// What should have a file of its own, by what the path reads, where `each` says less.
    fn wanted_each(&self, path: &Field, axes: &[Axis], each: Option<Each>) -> Option<&'static str> {
        let reads_axis = axes.iter().any(|axis| self.fields.reads(path, &axis.word));
        match each {
            Some(Each::Spec | Each::Described) => None,
            _ if reads_axis => Some("spec"),
            None if self.fields.reads(path, "image") => Some("image"),
            _ => None,
        }
    }

    /// The dialect of a path; one without is told.
    fn dialect(&mut self, path: &Spanned<String>) -> Option<Dialect> {
        let dialect = Dialect::of_path(path);
        if dialect.is_none() {
            let finding = Finding::new(
                &code::INVALID_OPTION,
                format!(
                    "`{}` does not say how its values are escaped",
                    path.escape_debug()
                ),
                self.place(path.span.clone(), "an ending without a dialect"),
            );
            let name = path.rsplit('/').next().unwrap_or_default();
            let ending = name.rfind('.').map_or(name, |dot| &name[dot..]);
            let finding = match nearest(ending, Dialect::endings()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding,
            };
            // All of them: which there are is the answer.
            let endings: Vec<String> = Dialect::endings().map(|e| format!("`{e}`")).collect();
            let endings = endings.join(", ");
            self.sink
                .push(finding.note(format!("endings with one: {endings}")));
        }
        dialect
    }

    /// Reports a block that cannot be marked.
    fn block(&mut self, name: &Spanned<String>, path: &Spanned<String>, dialect: Option<Dialect>) {
        if !is_block_name(name) {
            let finding = Finding::new(
                &code::INVALID_NAME,
                format!("`{}` cannot name a block", name.escape_debug()),
                self.place(
                    name.span.clone(),
                    "a name is lower-case letters and digits, with `.`, `_` or `-` between them",
                ),
            );
            self.sink.push(finding);
        }
        if dialect.is_some_and(|dialect| dialect.comment().is_none()) {
            let finding = Finding::new(
                &code::INVALID_OPTION,
                format!(
                    "`{}` has no comments that could be markers",
                    path.escape_debug()
                ),
                self.place(name.span.clone(), "a block between markers"),
            );
            self.sink
                .push(finding.help("leave out `between`, and let gen write the whole file"));
        }
    }
}
