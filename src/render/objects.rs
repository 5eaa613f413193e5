//! What a template sees of the matrix: axes, and the scope that holds all names.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use minijinja::value::{Object, ObjectRepr, Value};

use crate::grammar::Version;
use crate::matrix::{self, Attribute, Part};

/// Remembers that `none`, or an attribute of it, was printed, or what has no text. Set by the objects, read after each
/// rendering.
#[derive(Clone, Debug, Default)]
pub struct NoneWatch(Arc<Mutex<Option<Printed>>>);

/// What was printed and has no text.
#[derive(Clone, Debug)]
pub enum Printed {
    /// `none`, or an attribute of it.
    None,
    /// A name that has fields alone: what to print instead.
    Table(String),
}

impl NoneWatch {
    fn touch(&self) {
        self.note(Printed::None);
    }

    /// A table was printed; `words` say so.
    pub(super) fn printed(&self, words: String) {
        self.note(Printed::Table(words));
    }

    fn note(&self, printed: Printed) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get_or_insert(printed);
    }

    /// What was since the last call.
    pub fn take(&self) -> Option<Printed> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.take()
    }
}

/// A value of an axis: prints as its text, has attributes, is falsy when it is `none`.
#[derive(Debug)]
pub struct AxisObject {
    /// The text and the version, for the `matching` test.
    pub text: Arc<str>,
    /// What it compares as.
    pub version: Option<Version>,
    attributes: Vec<(Arc<str>, Value)>,
    watch: NoneWatch,
}

impl AxisObject {
    /// The object for a value.
    pub fn new(value: &matrix::Value, watch: &NoneWatch) -> Self {
        let stated = |attribute: &Attribute| match VersionObject::new(attribute) {
            Some(object) => Value::from_object(object),
            None => Value::from(attribute.text.clone()),
        };
        let mut attributes: Vec<(Arc<str>, Value)> = value
            .attributes
            .iter()
            .map(|(k, v)| (k.clone(), stated(v)))
            .collect();
        if let Some(platform) = &value.platform {
            attributes.push(("platform".into(), Value::from(platform.as_str())));
        }
        if let (Some(version), Some(text)) = (&value.version, &value.version_text) {
            attributes.extend(of_version(version, text));
        }
        AxisObject {
            text: value.text.clone(),
            version: value.version.clone(),
            attributes,
            watch: watch.clone(),
        }
    }

    /// Names of its attributes.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.attributes.iter().map(|(name, _)| &**name)
    }

    /// Whether it is the value `none`.
    pub fn is_none(&self) -> bool {
        &*self.text == "none"
    }
}

impl Object for AxisObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        if self.is_none() {
            self.watch.touch();
            return Some(Value::from_object(Nothing));
        }
        self.attributes
            .iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| value.clone())
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !self.is_none()
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_none() {
            self.watch.touch();
        }
        f.write_str(&self.text)
    }
}

/// What a version says of itself: `version`, `major`, `minor`, `patch`, `compact`.
fn of_version(version: &Version, text: &str) -> impl Iterator<Item = (Arc<str>, Value)> + use<> {
    let parts = Attribute::of_version(version, text).into_iter();
    parts.map(|(name, part)| {
        let value = match part {
            Part::Text(text) => Value::from(text),
            Part::Number(number) => Value::from(number),
        };
        (name.into(), value)
    })
}

/// An attribute of `none`, and what that would have.
#[derive(Debug)]
struct Nothing;

impl Object for Nothing {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, _: &Value) -> Option<Value> {
        Some(Value::from_dyn_object(self.clone()))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        false
    }

    fn render(self: &Arc<Self>, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

/// An attribute that looks like a version: prints as it is written, and has what a version has.
#[derive(Debug)]
pub struct VersionObject {
    /// As it is written.
    pub text: Arc<str>,
    /// What it compares as.
    pub version: Version,
    attributes: Vec<(Arc<str>, Value)>,
}

impl VersionObject {
    /// Its attributes; the last two numbers as far as they are written.
    pub const NAMES: [&str; 5] = ["version", "major", "minor", "patch", "compact"];

    /// The object for an attribute, where that looks like a version.
    pub fn new(attribute: &Attribute) -> Option<Self> {
        let version = attribute.version.clone()?;
        Some(VersionObject {
            text: attribute.text.clone(),
            attributes: of_version(&version, &attribute.text).collect(),
            version,
        })
    }
}

impl Object for VersionObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|(name, _)| &**name == key);
        found.map(|(_, value)| value.clone())
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The names a templated field sees; few, so that a scan beats a map.
#[derive(Debug, Default)]
pub struct Scope(pub Vec<(Arc<str>, Value)>);

impl Object for Scope {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0
            .iter()
            .find(|(name, _)| &**name == key)
            .map(|(_, value)| value.clone())
    }
}
