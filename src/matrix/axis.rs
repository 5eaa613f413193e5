//! An axis, its values, and the words both may be.

use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::image::Platform;
use crate::matrix::Version;

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
    pub attributes: IndexMap<Arc<str>, Arc<str>>,
    /// On the `arch` axis: the OCI platform.
    pub platform: Option<Platform>,
    /// Where it stands.
    pub span: Range<usize>,
}

impl Value {
    /// Whether this is the absent value, which is falsy in templates.
    pub fn is_none(&self) -> bool {
        &*self.text == "none"
    }
}

impl Axis {
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
pub fn valid_axis_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-')
}

/// Names that mean something else in selectors and templates.
pub fn reserved_axis_name(name: &str) -> bool {
    matches!(name, "image" | "release" | "parent" | "from" | "registry")
}

/// Why a text may not be a value; `None` when it may.
pub fn value_fault(text: &str) -> Option<&'static str> {
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
