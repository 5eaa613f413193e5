//! Every fault in the shape of `matrix.toml`, found by walking it along its own JSON Schema.
//!
//! Serde stops at the first fault; this runs when it did, and reports all of them with their places.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::diagnostic::{Finding, Place, Sink, code, nearest, or_list};
use crate::source::SourceFile;

/// Reports every unknown key, missing key and wrong type of the document.
pub fn check(
    file: &Arc<SourceFile>,
    schema: &Json,
    document: &Spanned<DeTable<'_>>,
    sink: &mut Sink,
) {
    let mut walk = Walk { file, schema, sink };
    walk.table(schema, document.get_ref(), document.span(), "matrix.toml");
}

struct Walk<'a> {
    file: &'a Arc<SourceFile>,
    schema: &'a Json,
    sink: &'a mut Sink,
}

impl Walk<'_> {
    fn resolve<'s>(&'s self, node: &'s Json) -> &'s Json {
        let mut node = node;
        while let Some(path) = node.get("$ref").and_then(Json::as_str) {
            match self.schema.pointer(path.trim_start_matches('#')) {
                Some(target) => node = target,
                None => break,
            }
        }
        node
    }

    /// The alternatives of a node that a value of `kind` could be; the node itself when it has none.
    fn branch(&self, node: &Json, kind: &str) -> Option<Json> {
        let node = self.resolve(node);
        let alternatives = node
            .get("anyOf")
            .or_else(|| node.get("oneOf"))
            .and_then(Json::as_array);
        match alternatives {
            Some(list) => list.iter().find_map(|n| self.branch(n, kind)),
            None => accepts(node, kind).then(|| node.clone()),
        }
    }

    fn value(&mut self, node: &Json, value: &Spanned<DeValue<'_>>, name: &str) {
        let kind = kind(value.get_ref());
        let Some(branch) = self.branch(node, kind) else {
            let expected = self.expected(node);
            let mut finding = Finding::new(
                &code::WRONG_TYPE,
                format!("`{name}` must be {expected}, not {}", article(kind)),
                Place::span(self.file, value.span(), format!("{} here", article(kind))),
            );
            let written = &self.file.text[value.span()];
            if matches!(kind, "number" | "integer" | "boolean") && expected.contains("string") {
                finding = finding.help(format!("quote it: `\"{written}\"`"));
            }
            self.sink.push(finding);
            return;
        };
        match value.get_ref() {
            DeValue::Table(table) => self.table(&branch, table, value.span(), name),
            DeValue::Array(items) => {
                if let Some(item) = branch.get("items") {
                    for element in items.iter() {
                        self.value(item, element, name);
                    }
                }
            }
            DeValue::String(text) => self.word(node, text, value.span(), name),
            DeValue::Integer(number) => {
                let negative = number.as_str().starts_with('-');
                if negative && branch.get("minimum").is_some() {
                    self.sink.push(Finding::new(
                        &code::WRONG_TYPE,
                        format!("`{name}` must be a whole number from 0"),
                        Place::span(self.file, value.span(), "less than 0"),
                    ));
                }
            }
            _ => {}
        }
    }

    fn table(&mut self, node: &Json, table: &DeTable<'_>, span: Range<usize>, name: &str) {
        let node = self.resolve(node).clone();
        let known = node
            .get("properties")
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        let others = node.get("additionalProperties");
        for (key, value) in table.iter() {
            let word: &str = key.get_ref();
            match (known.get(word), others) {
                (Some(inner), _) => self.value(inner, value, word),
                (None, Some(inner)) if inner.is_object() => self.value(inner, value, word),
                (None, Some(Json::Bool(false))) => {
                    let mut finding = Finding::new(
                        &code::UNKNOWN_KEY,
                        format!("`{word}` is not a key of `{name}`"),
                        Place::span(self.file, key.span(), "unknown key"),
                    );
                    let names = known.keys().map(String::as_str);
                    finding = match nearest(word, names) {
                        Some(near) => finding.help(format!("did you mean `{near}`?")),
                        None => finding.note(format!(
                            "its keys are {}",
                            known
                                .keys()
                                .map(|k| format!("`{k}`"))
                                .collect::<Vec<_>>()
                                .join(", ")
                        )),
                    };
                    self.sink.push(finding);
                }
                _ => {}
            }
        }
        for required in node
            .get("required")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
        {
            let required = required.as_str().unwrap_or_default();
            if !table.keys().any(|k| k.get_ref() == required) {
                self.sink.push(
                    Finding::new(
                        &code::MISSING_KEY,
                        format!("`{name}` has no `{required}`"),
                        Place::span(
                            self.file,
                            span.clone(),
                            format!("`{required}` is missing here"),
                        ),
                    )
                    .help(format!("add `{required} = …`")),
                );
            }
        }
    }

    /// A string where only certain words are allowed.
    fn word(&mut self, node: &Json, text: &str, span: Range<usize>, name: &str) {
        let words = self.words(node);
        if words.is_empty() || words.iter().any(|w| w == text) {
            return;
        }
        let mut finding = Finding::new(
            &code::WRONG_TYPE,
            format!("`{name}` cannot be `{text}`"),
            Place::span(self.file, span, "unknown word"),
        );
        finding = match nearest(text, words.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.note(format!(
                "it is {}",
                or_list(words.iter().map(String::as_str))
            )),
        };
        self.sink.push(finding);
    }

    fn words(&self, node: &Json) -> Vec<String> {
        let node = self.resolve(node);
        let own = node
            .get("enum")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .chain(node.get("const"))
            .filter_map(|w| w.as_str().map(str::to_owned));
        let inner = ["anyOf", "oneOf"]
            .into_iter()
            .filter_map(|k| node.get(k).and_then(Json::as_array))
            .flatten()
            .flat_map(|n| self.words(n));
        own.chain(inner).collect()
    }

    fn expected(&self, node: &Json) -> String {
        let node = self.resolve(node);
        if let Some(list) = node
            .get("anyOf")
            .or_else(|| node.get("oneOf"))
            .and_then(Json::as_array)
        {
            let mut kinds: Vec<String> = list.iter().map(|n| self.expected(n)).collect();
            kinds.retain(|k| k != "nothing");
            kinds.dedup();
            return kinds.join(" or ");
        }
        if !self.words(node).is_empty() {
            return "a string".to_owned();
        }
        types(node)
            .into_iter()
            .filter(|k| *k != "null")
            .map(article)
            .collect::<Vec<_>>()
            .join(" or ")
    }
}

fn types(node: &Json) -> Vec<&str> {
    match node.get("type") {
        Some(Json::String(one)) => vec![one.as_str()],
        Some(Json::Array(many)) => many.iter().filter_map(Json::as_str).collect(),
        _ => Vec::new(),
    }
}

fn accepts(node: &Json, kind: &str) -> bool {
    if node.get("const").is_some() || node.get("enum").is_some() {
        return kind == "string";
    }
    let types = types(node);
    types.is_empty() || types.contains(&kind) || (kind == "integer" && types.contains(&"number"))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "string",
        DeValue::Integer(_) => "integer",
        DeValue::Float(_) => "number",
        DeValue::Boolean(_) => "boolean",
        DeValue::Datetime(_) => "date",
        DeValue::Array(_) => "array",
        DeValue::Table(_) => "object",
    }
}

fn article(kind: &str) -> String {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number with a point",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        "null" => "nothing",
        other => return format!("a {other}"),
    }
    .to_owned()
}
