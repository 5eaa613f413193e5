//! Names that have fields and no text of their own: the release, what an image needs.

use std::fmt;
use std::sync::Arc;

use minijinja::value::{Enumerator, Object, Value, ValueKind};

use crate::diagnostic::or_list;
use crate::render::objects::NoneWatch;

/// What the release may have; `major`, `minor` and `patch` as far as the version states them.
pub const RELEASE_FIELDS: [&str; 8] = [
    "tag", "version", "major", "minor", "patch", "series", "parts", "pre",
];

/// A name with fields. To print it whole means nothing, and is told.
#[derive(Debug)]
pub struct TableObject {
    name: &'static str,
    fields: Vec<(Arc<str>, Value)>,
    watch: NoneWatch,
}

impl TableObject {
    /// The object that templates know by `name`.
    pub fn new(
        name: &'static str,
        fields: impl IntoIterator<Item = (Arc<str>, Value)>,
        watch: &NoneWatch,
    ) -> Self {
        TableObject {
            name,
            fields: fields.into_iter().collect(),
            watch: watch.clone(),
        }
    }

    /// That it has no text, and what of it has.
    fn words(&self) -> String {
        let name = self.name;
        let plain = |word: &str| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        // What is no text either cannot be printed instead.
        let texts = self.fields.iter().filter(|(_, v)| !is_many(v));
        let fields: Vec<String> = texts
            .map(|(field, _)| match plain(field) {
                true => format!("{name}.{field}"),
                false => format!("{name}['{field}']"),
            })
            .collect();
        if fields.is_empty() {
            return format!("`{name}` has no text of its own, and is empty here");
        }
        let fields = or_list(fields.iter().map(String::as_str));
        format!("`{name}` has no text of its own: print {fields}")
    }
}

impl Object for TableObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        let found = self.fields.iter().find(|(name, _)| &**name == key);
        found.map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        let names = self.fields.iter().map(|(name, _)| name.clone().into());
        Enumerator::Values(names.collect())
    }

    /// Whoever asks for its text, be it a filter or a concatenation.
    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.watch.printed(self.words());
        Ok(())
    }
}

fn is_many(value: &Value) -> bool {
    matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::Map | ValueKind::Iterable
    )
}

/// Why a value cannot be printed: it is a table or a list. What it is made of, in braces, is nothing to stand in an image.
pub(super) fn no_text(value: &Value) -> Option<String> {
    if let Some(table) = value.downcast_object_ref::<TableObject>() {
        return Some(table.words());
    }
    let words = match value.kind() {
        ValueKind::None => "`none` has no text: print nothing instead, as in `{{ cuda if cuda }}`",
        ValueKind::Map => "a table has no text of its own: print one of its fields",
        ValueKind::Seq | ValueKind::Iterable => {
            "a list has no text of its own: join it, as in `release.parts | join('.')`"
        }
        _ => return None,
    };
    Some(words.to_owned())
}
