//! Values that may be written in more than one shape, with their spans kept (`untagged` would lose them).

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{MapAccess, SeqAccess, Unexpected, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::config::test_rows::RawTest;
use crate::grammar::Spanned;

/// `"a"` or `["a", "b"]`.
#[derive(Clone, Debug)]
pub enum OneOrMany {
    /// A lone string.
    One(String),
    /// A list of strings.
    Many(Vec<Spanned<String>>),
}

/// What a key of a selector says: a term, a list of which any holds, or terms by attribute, as `cuda.os = "…"` makes.
#[derive(Clone, Debug)]
pub enum RawTerms {
    /// One term.
    One(String),
    /// Terms of which any must hold.
    Many(Vec<Spanned<String>>),
    /// By attribute; all must hold.
    Attributes(IndexMap<Spanned<String>, Spanned<OneOrMany>>),
}

/// A partial assignment of axes.
#[derive(Clone, Debug)]
pub enum RawSelector {
    /// `"@set"`, or `"axis=term,axis=term"` as on the command line.
    Text(String),
    /// Axis to terms; all must hold.
    Table(IndexMap<Spanned<String>, Spanned<RawTerms>>),
    /// Selectors of which any must hold.
    Any(Vec<Spanned<RawSelector>>),
}

/// A value of an axis: a string, or a table that gives it attributes.
#[derive(Clone, Debug)]
pub enum RawValue {
    /// Just the value.
    Text(String),
    /// `{ value = "12.8.1", os = "ubuntu22.04" }`.
    Table(IndexMap<Spanned<String>, Spanned<String>>),
}

/// The image something stands on: its name, or a table that also gives values of its axes.
#[derive(Clone, Debug)]
pub enum RawParent {
    /// Just the image.
    Name(String),
    /// `{ image = "x", python = "3.9" }`.
    Table(IndexMap<Spanned<String>, Spanned<String>>),
}

/// A file that says which Python packages: `{ requirements = "…" }` or `{ uv-lock = "…" }`.
pub(super) type RawPipFile = IndexMap<Spanned<String>, Spanned<String>>;

/// A Python package, or a file of them.
#[derive(Clone, Debug)]
pub enum RawPipItem {
    /// A requirement.
    Package(String),
    /// A file of them.
    File(RawPipFile),
}

/// Python packages.
#[derive(Clone, Debug)]
pub enum RawPip {
    /// One by one.
    List(Vec<Spanned<RawPipItem>>),
    /// Those of one file.
    File(RawPipFile),
}

/// What a build arg, variable or label is; `false` takes away one that a row below states.
#[derive(Clone, Debug)]
pub enum RawText {
    /// A text.
    Text(String),
    /// `false`.
    Taken,
}

impl<'de> Deserialize<'de> for RawText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl Visitor<'_> for TextVisitor {
            type Value = RawText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string, or `false` to take it away")
            }
            fn visit_str<E>(self, text: &str) -> Result<RawText, E> {
                Ok(RawText::Text(text.to_owned()))
            }
            fn visit_bool<E: serde::de::Error>(self, is_there: bool) -> Result<RawText, E> {
                if is_there {
                    return Err(E::invalid_type(Unexpected::Bool(is_there), &self));
                }
                Ok(RawText::Taken)
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

impl JsonSchema for RawText {
    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A text, or `false` to take away what a row below states.",
            "anyOf": [{ "type": "string" }, { "const": false }],
        })
    }
}

macro_rules! union {
    ($type:ty, $expecting:literal, $(text => $text:expr,)? $(list => $list:expr,)? $(table => $table:expr,)?) => {
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct UnionVisitor;
                impl<'de> Visitor<'de> for UnionVisitor {
                    type Value = $type;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }
                    $(fn visit_str<E>(self, text: &str) -> Result<$type, E> {
                        Ok($text(text.to_owned()))
                    })?
                    $(fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<$type, A::Error> {
                        let mut items = Vec::new();
                        while let Some(item) = seq.next_element()? {
                            items.push(item);
                        }
                        Ok($list(items))
                    })?
                    $(fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<$type, A::Error> {
                        Deserialize::deserialize(MapAccessDeserializer::new(map)).map($table)
                    })?
                }
                deserializer.deserialize_any(UnionVisitor)
            }
        }
    };
}

union!(OneOrMany, "a string or a list of strings", text => OneOrMany::One, list => OneOrMany::Many,);
union!(
    RawTerms, "a string, a list of strings, or a table of attributes",
    text => RawTerms::One, list => RawTerms::Many, table => RawTerms::Attributes,
);
union!(
    RawSelector, "a table of axes, a list of selectors, or a string such as \"@set\"",
    text => RawSelector::Text, list => RawSelector::Any, table => RawSelector::Table,
);
union!(
    RawValue, "a string, or a table with `value`",
    text => RawValue::Text, table => RawValue::Table,
);
union!(
    RawParent, "the name of an image, or a table with `image`",
    text => RawParent::Name, table => RawParent::Table,
);
union!(
    RawPipItem, "a requirement, or a table with `requirements` or `uv-lock`",
    text => RawPipItem::Package, table => RawPipItem::File,
);
union!(
    RawPip, "a list of requirements and files of them, or a table with `requirements` or `uv-lock`",
    list => RawPip::List, table => RawPip::File,
);

union!(
    RawTest, "a command, or a table with `run`",
    text => RawTest::Command, table => |table| RawTest::Table(Box::new(table)),
);

fn strings() -> serde_json::Value {
    serde_json::json!({ "type": "string" })
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> Cow<'static, str> {
        "OneOrMany".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string, or a list of strings of which any may be meant.",
            "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }],
        })
    }
}

impl JsonSchema for RawSelector {
    fn schema_name() -> Cow<'static, str> {
        "Selector".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let this = generator.subschema_for::<RawSelector>();
        let terms = generator.subschema_for::<OneOrMany>();
        let of_key = json_schema!({ "anyOf": [
            { "type": "string" },
            { "type": "array", "items": { "type": "string" } },
            { "type": "object", "additionalProperties": terms },
        ]});
        json_schema!({
            "description": "A partial assignment of axes. A table: keys are axes, attributes of axes (`cuda.os`), `image` and `set`, all must hold. A list: any must hold. A string: `@set`, `!@set`, or `axis=term,axis=term`. Terms: a value, `!value`, `>=12,<13`, `12.4.*`, a glob; a list of terms holds if any does.",
            "anyOf": [
                { "type": "string" },
                { "type": "object", "additionalProperties": of_key },
                { "type": "array", "items": this },
            ],
        })
    }
}

impl JsonSchema for RawValue {
    fn schema_name() -> Cow<'static, str> {
        "Value".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A value of an axis, always a string (`\"3.10\"`, never `3.10`).",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": {
                        "value": { "type": "string", "description": "What it is called and prints as." },
                        "version": { "type": "string", "description": "What it compares as. Default: itself, when it is digits and dots with an optional pre-release." },
                        "platform": { "type": "string", "description": "On `arch` only: its OCI platform. Default `linux/<value>`." },
                    },
                    "required": ["value"],
                    "additionalProperties": strings(),
                },
            ],
        })
    }
}

impl JsonSchema for RawPip {
    fn schema_name() -> Cow<'static, str> {
        "Pip".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let file = serde_json::json!({
            "type": "object",
            "properties": {
                "requirements": { "type": "string", "description": "A file of requirements, as `uv export` and `pip-compile` write it. Where it has hashes, they must fit." },
                "uv-lock": { "type": "string", "description": "The `uv.lock` of a project, beside its `pyproject.toml`: what the project needs is installed, the project is not." },
            },
            "additionalProperties": false,
        });
        json_schema!({
            "description": "Python packages: a list of requirements and of files of them, or one such file. `\"!package\"` takes away, an empty list all.",
            "anyOf": [
                { "type": "array", "items": { "anyOf": [{ "type": "string" }, file.clone()] } },
                file,
            ],
        })
    }
}

impl JsonSchema for RawParent {
    fn schema_name() -> Cow<'static, str> {
        "Parent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An image of this matrix: its name, or a table with `image` and values for axes that the child lacks or wants otherwise.",
            "anyOf": [
                { "type": "string" },
                {
                    "type": "object",
                    "properties": { "image": { "type": "string", "description": "Name of the image." } },
                    "required": ["image"],
                    "additionalProperties": strings(),
                },
            ],
        })
    }
}
