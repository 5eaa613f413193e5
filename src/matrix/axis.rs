//! An axis, its values, and the words both may be.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::grammar::Platform;
use crate::grammar::Version;

/// Index of an axis in declared order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AxisId(pub usize);

/// One dimension of the matrix.
#[derive(Debug)]
pub struct Axis {
    /// Its name: `[a-z][a-z0-9_-]*`.
    pub name: Arc<str>,
    /// Its name in templates, where `-` would subtract: `job-type` is `job_type`.
    pub word: Arc<str>,
    /// Its values, as declared; never empty.
    pub values: Vec<Value>,
    /// Where its name stands.
    pub span: Range<usize>,
}

/// One value of an axis.
#[derive(Debug)]
pub struct Value {
    /// What it is called and prints as.
    pub text: Arc<str>,
    /// What it compares as; `None` for `none` and plain words.
    pub version: Option<Version>,
    /// How that version was written.
    pub version_text: Option<Arc<str>>,
    /// Attributes stated in `matrix.toml`, in declared order.
    pub attributes: IndexMap<Arc<str>, Attribute>,
    /// On the `arch` axis: the OCI platform.
    pub platform: Option<Platform>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What a value states, or its version says, beside its text.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// As it is written.
    pub text: Arc<str>,
    /// What it compares as, when it looks like a version.
    pub version: Option<Version>,
}

impl Attribute {
    /// An attribute of that text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Attribute {
            version: Version::parse(&text),
            text,
        }
    }

    /// What a version says of itself, each by its name, in the order of its parts.
    pub fn of_version(version: &Version, text: &str) -> Vec<(&'static str, Part)> {
        let mut parts = vec![("version", Part::Text(text.into()))];
        for (index, name) in ["major", "minor", "patch"].into_iter().enumerate() {
            let number = version.written_part(index);
            parts.extend(number.map(|number| (name, Part::Number(number))));
        }
        // As written: `22.04` is `2204`, `12.8.1` is `128`.
        let digits = |part: &str| -> String {
            let digits = part.chars().take_while(char::is_ascii_digit);
            digits.collect()
        };
        let compact: String = text.splitn(3, '.').take(2).map(digits).collect();
        parts.push(("compact", Part::Text(compact.into())));
        parts
    }
}

/// What a version says of itself.
#[derive(Clone, Debug)]
pub enum Part {
    /// `version` and `compact`.
    Text(Arc<str>),
    /// `major`, `minor`, `patch`.
    Number(u64),
}

impl Value {
    /// All that can be selected by beside its text: what it states, its platform, what its version says.
    pub fn all_attributes(&self) -> Vec<(Arc<str>, Attribute)> {
        let stated = self.attributes.iter();
        let mut all: Vec<(Arc<str>, Attribute)> =
            stated.map(|(k, a)| (k.clone(), a.clone())).collect();
        if let Some(platform) = &self.platform {
            all.push(("platform".into(), Attribute::new(platform.as_str())));
        }
        if let (Some(version), Some(text)) = (&self.version, &self.version_text) {
            for (name, part) in Attribute::of_version(version, text) {
                let text = match part {
                    Part::Text(text) => text,
                    Part::Number(number) => number.to_string().into(),
                };
                all.push((name.into(), Attribute::new(text)));
            }
        }
        all
    }

    /// Whether this is the absent value, which is falsy in templates.
    pub fn is_none(&self) -> bool {
        &*self.text == "none"
    }
}

impl Axis {
    /// Whether templates know `name` as an object, which equals no text: an axis by its word, or `axis.attribute` where a
    /// value states a version there.
    pub fn is_object(axes: &[Axis], name: &str) -> bool {
        let (word, attribute) = match name.split_once('.') {
            Some((word, attribute)) => (word, Some(attribute)),
            None => (name, None),
        };
        let mut axes = axes.iter();
        let Some(axis) = axes.find(|axis| &*axis.word == word) else {
            return false;
        };
        let versioned = |value: &Value, name: &str| {
            let stated = value.attributes.get(name);
            stated.is_some_and(|attribute| attribute.version.is_some())
        };
        attribute.is_none_or(|name| axis.values.iter().any(|value| versioned(value, name)))
    }

    /// Index of the value of that text.
    pub fn position(&self, text: &str) -> Option<usize> {
        self.values.iter().position(|v| &*v.text == text)
    }

    /// Index of `none`.
    pub fn none(&self) -> Option<usize> {
        self.position("none")
    }
}

/// Whether `name` may name an axis.
pub(crate) fn valid_axis_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// Names that mean something else in selectors and templates, and words of the template language: an axis of that name
/// could not be read there.
pub(crate) fn reserved_axis_name(name: &str) -> bool {
    let ours = matches!(
        name,
        "image" | "release" | "parent" | "from" | "needs" | "registry" | "set"
    );
    let of_the_language = matches!(
        name,
        "and"
            | "else"
            | "false"
            | "if"
            | "in"
            | "is"
            | "loop"
            | "none"
            | "not"
            | "or"
            | "self"
            | "super"
            | "true"
    );
    ours || of_the_language
}

/// Why a text may not be a value; `None` when it may.
pub(crate) fn value_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        Some("it is empty")
    } else if text.starts_with(['!', '@', '<', '>', '=']) {
        Some("it starts with a sign of the selector language")
    } else if text.contains(['*', ',']) {
        Some("it holds `*` or `,`, which selectors read as their own")
    } else if text.chars().any(char::is_control) {
        Some("it holds a control character")
    } else if text.trim() != text {
        Some("it starts or ends with a space, which no selector could name")
    } else {
        None
    }
}
