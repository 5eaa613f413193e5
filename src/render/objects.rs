//! What a template sees of the matrix: axes, the release, and the scope that holds them.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minijinja::value::{Object, ObjectRepr, Value};

use crate::matrix;

/// Remembers that `none`, or an attribute of it, was printed. Set by the objects, read after each rendering.
#[derive(Clone, Debug, Default)]
pub struct NoneWatch(Arc<AtomicBool>);

impl NoneWatch {
    fn touch(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it happened since the last call.
    pub fn take(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

/// A value of an axis: prints as its text, has attributes, is falsy when it is `none`.
#[derive(Debug)]
pub struct AxisObject {
    /// The text and the version, for the `matching` test.
    pub text: Arc<str>,
    /// What it compares as.
    pub version: Option<matrix::Version>,
    attributes: Vec<(Arc<str>, Value)>,
    watch: NoneWatch,
}

impl AxisObject {
    /// The object for a value.
    pub fn new(value: &matrix::Value, watch: &NoneWatch) -> Self {
        let mut attributes: Vec<(Arc<str>, Value)> = value
            .attributes
            .iter()
            .map(|(k, v)| (k.clone(), Value::from(v.clone())))
            .collect();
        if let Some(platform) = &value.platform {
            attributes.push(("platform".into(), Value::from(platform.as_str())));
        }
        if let (Some(version), Some(text)) = (&value.version, &value.version_text) {
            attributes.push(("version".into(), Value::from(text.clone())));
            for (index, name) in ["major", "minor", "patch"].into_iter().enumerate() {
                if let Some(number) = version.written_part(index) {
                    attributes.push((name.into(), Value::from(number)));
                }
            }
            // As written: `22.04` is `2204`, `12.8.1` is `128`.
            let compact: String = text
                .splitn(3, '.')
                .take(2)
                .map(|part| {
                    part.chars()
                        .take_while(char::is_ascii_digit)
                        .collect::<String>()
                })
                .collect();
            attributes.push(("compact".into(), Value::from(compact)));
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

    fn is_none(&self) -> bool {
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
            return Some(Value::from(""));
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

/// The release: prints nothing by itself, has `tag`, `version`, `major`, `minor`, `patch`, `series`, `parts` and `pre`.
#[derive(Debug)]
pub struct ReleaseObject(pub Vec<(&'static str, Value)>);

impl ReleaseObject {
    /// All it may have; `major`, `minor` and `patch` as far as the version states them.
    pub const NAMES: [&str; 8] = [
        "tag", "version", "major", "minor", "patch", "series", "parts", "pre",
    ];
}

impl Object for ReleaseObject {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        self.0
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value.clone())
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
