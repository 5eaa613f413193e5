//! How a runner is named: by a label, by several that it has all of, or as one of a group.
//! Source: `jobs.<job_id>.runs-on`, <https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax>.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::config::{Machines, OneOrMany, Runner, TableReader};
use crate::grammar::Spanned;

/// `"label"`, `["self-hosted", "gpu"]`, or `{ group = "large", labels = ["gpu"] }`.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    group: Option<Spanned<String>>,
    labels: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfGroup {
    group: Spanned<String>,
    labels: Option<Spanned<OneOrMany>>,
}

impl Machine {
    /// One label.
    pub(super) fn label(label: &str) -> Spanned<Self> {
        Spanned::nowhere(Machine {
            group: None,
            labels: vec![Spanned::nowhere(label.to_owned())],
        })
    }

    /// Reports a list of nothing, and a label that it has twice.
    pub(super) fn check(stated: &Spanned<Self>, reader: &mut TableReader<'_>) {
        let Machine { group, labels } = &stated.value;
        if group.is_none() && labels.is_empty() {
            let at = Spanned {
                value: String::new(),
                span: stated.span.clone(),
            };
            let fact = "a runner has no label".to_owned();
            reader.option_fault(fact, &at, "names nothing", "write one, or delete the line");
        }
        for (place, label) in labels.iter().enumerate() {
            // GitHub compares them without case.
            let same = |other: &Spanned<String>| other.eq_ignore_ascii_case(label);
            if labels[..place].iter().any(same) {
                let fact = format!("a runner has the label `{}` twice", label.escape_debug());
                reader.option_fault(fact, label, "stated before", "delete one of them");
            }
        }
    }
}

impl Machines for Spanned<Machine> {
    fn words(&self) -> Vec<&Spanned<String>> {
        self.group.iter().chain(&self.labels).collect()
    }
}

impl From<Machine> for Runner {
    fn from(Machine { group, labels }: Machine) -> Self {
        let mut labels: Vec<String> = labels.into_iter().map(|label| label.value).collect();
        match group {
            Some(group) => Runner::Group {
                group: group.value,
                labels,
            },
            None if labels.len() == 1 => Runner::Label(labels.remove(0)),
            None => Runner::Tags(labels),
        }
    }
}

impl From<Spanned<Machine>> for Runner {
    fn from(machine: Spanned<Machine>) -> Self {
        machine.value.into()
    }
}

impl<'de> Deserialize<'de> for Machine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Stated;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a label, a list of labels, or a table with `group` and `labels`")
            }
            fn visit_str<E>(self, label: &str) -> Result<Stated, E> {
                Ok(Stated::Label(label.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Stated, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Stated::Labels)
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Stated, A::Error> {
                OfGroup::deserialize(MapAccessDeserializer::new(map)).map(Stated::Group)
            }
        }
        enum Stated {
            Label(String),
            Labels(Vec<Spanned<String>>),
            Group(OfGroup),
        }
        impl<'de> Deserialize<'de> for Stated {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Either)
            }
        }
        let Spanned { value, span } = Spanned::<Stated>::deserialize(deserializer)?;
        let one = |value: String| vec![Spanned { value, span }];
        Ok(match value {
            Stated::Label(label) => Machine {
                group: None,
                labels: one(label),
            },
            Stated::Labels(labels) => Machine {
                group: None,
                labels,
            },
            Stated::Group(OfGroup { group, labels }) => Machine {
                group: Some(group),
                labels: match labels {
                    None => Vec::new(),
                    Some(Spanned { value, span }) => match value {
                        OneOrMany::One(value) => vec![Spanned { value, span }],
                        OneOrMany::Many(labels) => labels,
                    },
                },
            },
        })
    }
}

impl JsonSchema for Machine {
    fn schema_name() -> Cow<'static, str> {
        "Machine".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let labels = generator.subschema_for::<OneOrMany>();
        json_schema!({
            "description": "A runner: its label, a list of labels of which it has all, or one of a group of runners.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1 },
                {
                    "type": "object",
                    "properties": {
                        "group": { "type": "string", "description": "The group of runners." },
                        "labels": labels,
                    },
                    "required": ["group"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
