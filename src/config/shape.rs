//! Every fault in the shape of `matrix.toml`, found by walking it along its own JSON Schema.
//!
//! Serde stops at the first fault; this runs when it did, reports all of them with their places, and gives back what the
//! document most likely meant, so that what is wrong beyond its shape can be told in the same run.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value as Json;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::diagnostic::{Finding, Place, Sink, code, nearest, or_list};
use crate::facts::Day;
use crate::source::SourceFile;

/// Reports every unknown key, missing key and wrong type of the document. Gives back a document without them, unless
/// that would lack names which others refer to.
pub(super) fn check<'d>(
    file: &Arc<SourceFile>,
    schema: &Json,
    document: &Spanned<DeTable<'d>>,
    sink: &mut Sink,
) -> Option<Spanned<DeTable<'d>>> {
    let mut walk = Walk {
        file,
        schema,
        sink,
        path: Vec::new(),
        named: false,
        whole: true,
    };
    let meant = walk.table(schema, document.get_ref(), document.span())?;
    walk.whole.then(|| Spanned::new(document.span(), meant))
}

/// Whether a table of that dotted name is one of a list.
pub(super) fn is_list(file: &Arc<SourceFile>, schema: &Json, name: &str) -> bool {
    let mut sink = Sink::new();
    let walk = Walk {
        file,
        schema,
        sink: &mut sink,
        path: Vec::new(),
        named: false,
        whole: true,
    };
    let mut node = schema.clone();
    for key in name.split('.') {
        let Some(table) = walk.branch(&node, "object") else {
            return false;
        };
        let known = table
            .get("properties")
            .and_then(|known| known.get(key.trim()));
        match known.or_else(|| table.get("additionalProperties")) {
            Some(inner) => node = inner.clone(),
            None => return false,
        }
    }
    walk.branch(&node, "array").is_some() && walk.branch(&node, "object").is_none()
}

struct Walk<'a> {
    file: &'a Arc<SourceFile>,
    schema: &'a Json,
    sink: &'a mut Sink,
    /// Keys from the root to where the walk is; an item of a list has the list's.
    path: Vec<String>,
    /// Whether the last of them is a name that the user gives, and no key of the language.
    named: bool,
    /// Whether all that others may refer to is still there.
    whole: bool,
}

/// Tables in which a loss is felt elsewhere: others refer to what they name.
const NAMED: [&str; 5] = ["release", "registry", "axis", "set", "image"];

impl Walk<'_> {
    /// The value being looked at is lost to what is checked next.
    fn lose(&mut self) {
        let path: Vec<&str> = self.path.iter().map(String::as_str).collect();
        match path[..] {
            // Nothing refers to a place in the library.
            ["release", "pin" | "offer" | "mention"] => {}
            [first] | [first, _] if NAMED.contains(&first) => self.whole = false,
            _ => {}
        }
    }

    /// How the table at `span` is called: by its header where it has one.
    fn title(&self, span: &Range<usize>) -> String {
        let written = &self.file.text[span.clone()];
        match written.lines().next() {
            _ if self.path.is_empty() => self.file.path.to_string(),
            Some(header) if header.starts_with('[') => header.trim_end().to_owned(),
            _ => self.path.join("."),
        }
    }

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

    /// Looks at a value called `name` and gives back what it most likely meant.
    fn value<'d>(
        &mut self,
        node: &Json,
        value: &Spanned<DeValue<'d>>,
        name: &str,
    ) -> Option<Spanned<DeValue<'d>>> {
        let kind = kind(value.get_ref());
        let Some(branch) = self.branch(node, kind) else {
            return self.wrong_type(node, value, name);
        };
        let same = || Some(value.clone());
        match value.get_ref() {
            DeValue::Table(table) => {
                let meant = self.table(&branch, table, value.span())?;
                Some(Spanned::new(value.span(), DeValue::Table(meant)))
            }
            DeValue::Array(items) => {
                let Some(item) = branch.get("items") else {
                    return same();
                };
                let of = format!("an item of {name}");
                let mut meant = DeArray::new();
                for element in items {
                    if let Some(element) = self.value(item, element, &of) {
                        meant.push(element);
                    }
                }
                Some(Spanned::new(value.span(), DeValue::Array(meant)))
            }
            // `true` where only `false` is one.
            DeValue::Boolean(said) if branch.get("const").is_some_and(|only| only != said) => {
                self.wrong_type(node, value, name)
            }
            DeValue::String(text) => {
                let fits = if branch.get("format").and_then(Json::as_str) == Some("date") {
                    self.day(text, value.span())
                } else {
                    self.word(node, text, value.span(), name)
                };
                fits.then(|| value.clone())
            }
            DeValue::Integer(number) => {
                let number = i128::from_str_radix(number.as_str(), number.radix());
                let fits = self.integer(&branch, number.ok(), value.span(), name);
                fits.then(|| value.clone())
            }
            _ => same(),
        }
    }

    fn wrong_type<'d>(
        &mut self,
        node: &Json,
        value: &Spanned<DeValue<'d>>,
        name: &str,
    ) -> Option<Spanned<DeValue<'d>>> {
        let kind = kind(value.get_ref());
        let expected = self.expected(node);
        let finding = Finding::new(
            &code::WRONG_TYPE,
            format!("{name} must be {expected}, not {}", article(kind)),
            Place::span(self.file, value.span(), format!("{} here", article(kind))),
        );
        let written = &self.file.text[value.span()];
        let bare = match kind {
            "number" | "integer" | "boolean" => true,
            "date" => Day::parse(written).is_some(),
            _ => false,
        };
        if bare && self.branch(node, "string").is_some() {
            self.sink
                .push(finding.help(format!("quote it: `\"{written}\"`")));
            let text = DeValue::String(written.to_owned().into());
            return Some(Spanned::new(value.span(), text));
        }
        if let Some(list) = self.branch(node, "array") {
            let item = list.get("items").cloned().unwrap_or_default();
            if self.branch(&item, kind).is_some() {
                self.sink.push(if written.starts_with('[') {
                    finding.help(format!("double the brackets: `[{}]`", written.trim_end()))
                } else {
                    finding.help(format!("put it into a list: `[{written}]`"))
                });
                let meant = self.value(&item, value, &format!("an item of {name}"))?;
                let mut items = DeArray::new();
                items.push(meant);
                return Some(Spanned::new(value.span(), DeValue::Array(items)));
            }
        }
        let number = match value.get_ref() {
            DeValue::String(text) if expected == "a whole number" => text.parse::<u64>().ok(),
            _ => None,
        };
        self.sink.push(match number {
            Some(number) => finding.help(format!("remove the quotes: `{number}`")),
            None if expected == "a table" => match self.as_table(written, name) {
                Some(help) => finding.help(help),
                None => finding,
            },
            None => finding,
        });
        self.lose();
        None
    }

    /// How what is no table is written as one.
    fn as_table(&self, written: &str, name: &str) -> Option<String> {
        if let Some(list) = written.strip_prefix("[[") {
            let name = list.split(']').next()?;
            return Some(format!("write single brackets: `[{name}]`"));
        }
        let (last, above) = self.path.split_last()?;
        if *name != format!("`{last}`") {
            return None;
        }
        let above = above.join(".");
        match (self.named, above.is_empty()) {
            (true, false) => Some(format!(
                "if `{last}` is a key of one, name that: `[{above}.NAME]`"
            )),
            (false, false) => Some(format!("write it as a table: `[{above}.{last}]`")),
            (_, true) => Some(format!("write it as a table: `[{last}]`")),
        }
    }

    fn table<'d>(
        &mut self,
        node: &Json,
        table: &DeTable<'d>,
        span: Range<usize>,
    ) -> Option<DeTable<'d>> {
        let node = self.resolve(node).clone();
        let known = node
            .get("properties")
            .and_then(Json::as_object)
            .cloned()
            .unwrap_or_default();
        let others = node.get("additionalProperties");
        let has = |word: &str| table.keys().any(|k| k.get_ref() == word);
        let mut meant = DeTable::new();
        let mut lost = false;
        for (key, value) in table {
            let word: &str = key.get_ref();
            let mut name = key.clone();
            let named = !known.contains_key(word);
            let inner = match (known.get(word), others) {
                (Some(inner), _) => inner,
                (None, Some(inner)) if inner.is_object() => inner,
                (None, Some(Json::Bool(false))) => {
                    let near = nearest(word, known.keys().map(String::as_str));
                    self.unknown_key(key, &known, near, &span);
                    // Taken as the key that was meant, it is looked at like any other.
                    match near.filter(|near| !has(near)) {
                        Some(near) => {
                            name = Spanned::new(key.span(), near.to_owned().into());
                            &known[near]
                        }
                        None => continue,
                    }
                }
                _ => continue,
            };
            self.path.push(name.get_ref().to_string());
            self.named = named;
            match self.value(inner, value, &format!("`{word}`")) {
                Some(value) => drop(meant.insert(name, value)),
                None => lost = true,
            }
            self.path.pop();
        }
        let required = node.get("required").and_then(Json::as_array);
        // What is left of an expectation would seem to expect nothing.
        let mut lacks = lost && self.path.iter().any(|key| key == "expect");
        for required in required.into_iter().flatten().filter_map(Json::as_str) {
            if meant.keys().any(|k| k.get_ref() == required) {
                continue;
            }
            lacks = true;
            if !has(required) {
                self.missing_key(required, &span);
            }
        }
        if lacks {
            self.lose();
            return None;
        }
        Some(meant)
    }

    fn unknown_key(
        &mut self,
        key: &Spanned<std::borrow::Cow<'_, str>>,
        known: &serde_json::Map<String, Json>,
        near: Option<&str>,
        table: &Range<usize>,
    ) {
        let finding = Finding::new(
            &code::UNKNOWN_KEY,
            format!(
                "`{}` is not a key of `{}`",
                key.get_ref(),
                self.title(table)
            ),
            Place::span(self.file, key.span(), "unknown key"),
        );
        self.sink.push(match near {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => {
                let names: Vec<String> = known.keys().map(|k| format!("`{k}`")).collect();
                finding.note(format!("its keys are {}", names.join(", ")))
            }
        });
    }

    fn missing_key(&mut self, key: &str, table: &Range<usize>) {
        let label = format!("`{key}` is missing here");
        self.sink.push(
            Finding::new(
                &code::MISSING_KEY,
                format!("`{}` has no `{key}`", self.title(table)),
                Place::span(self.file, table.clone(), label),
            )
            .help(format!("add `{key} = …`")),
        );
    }

    /// Whether a whole number, `None` when it is a huge one, is in the range of its kind.
    fn integer(
        &mut self,
        node: &Json,
        number: Option<i128>,
        span: Range<usize>,
        name: &str,
    ) -> bool {
        let most = match node.get("format").and_then(Json::as_str) {
            Some("uint32") => u32::MAX.into(),
            _ => u64::MAX.into(),
        };
        let (range, label) = match number {
            Some(..0) if node.get("minimum").is_some() => ("from 0".to_owned(), "less than 0"),
            Some(number) if number <= most => return true,
            _ => (format!("up to {most}"), "more than that"),
        };
        self.sink.push(Finding::new(
            &code::WRONG_TYPE,
            format!("{name} must be a whole number {range}"),
            Place::span(self.file, span, label),
        ));
        self.lose();
        false
    }

    /// Whether a string is a day.
    fn day(&mut self, text: &str, span: Range<usize>) -> bool {
        if Day::parse(text).is_some() {
            return true;
        }
        self.sink.push(
            Finding::new(
                &code::INVALID_DATE,
                format!("`{text}` is not a day of the calendar"),
                Place::span(self.file, span, "year, month and day"),
            )
            .help("write it as in `2027-03-01`"),
        );
        self.lose();
        false
    }

    /// Whether a string is one of the words allowed, where only certain ones are.
    fn word(&mut self, node: &Json, text: &str, span: Range<usize>, name: &str) -> bool {
        let words = self.words(node);
        if words.is_empty() || words.iter().any(|w| w == text) {
            return true;
        }
        let words = || words.iter().map(String::as_str);
        let finding = Finding::new(
            &code::WRONG_TYPE,
            format!("{name} cannot be `{text}`"),
            Place::span(self.file, span, "unknown word"),
        );
        self.sink.push(match nearest(text, words()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(format!("write {}", or_list(words()))),
        });
        self.lose();
        false
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
            // `null`, which TOML does not have, leaves an empty one.
            kinds.retain(|k| !k.is_empty());
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
    if let Some(only) = node.get("const") {
        return kind
            == if only.is_boolean() {
                "boolean"
            } else {
                "string"
            };
    }
    if node.get("enum").is_some() {
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
        "number" => "a decimal number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a table",
        other => return format!("a {other}"),
    }
    .to_owned()
}
