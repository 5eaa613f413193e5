//! What the oracle speaks of: values, cells, the expected specs, and the two ways a matrix can fail.

use crate::oracle::version::Version;

/// One value of an axis, with its attributes in declared order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub text: String,
    pub attributes: Vec<(String, String)>,
}

impl Value {
    pub(super) fn is_none(&self) -> bool {
        self.text == "none"
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The text the value compares as: its `version` attribute, else itself.
    pub(super) fn version_text(&self) -> &str {
        self.attribute("version").unwrap_or(&self.text)
    }

    /// `None` for `none` and for plain strings.
    pub(super) fn version(&self) -> Option<Version> {
        if self.is_none() {
            return None;
        }
        Version::parse(self.version_text())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Axis {
    pub name: String,
    pub values: Vec<Value>,
}

/// One full assignment of an image's axes, in that image's axis order.
pub(super) type Cell = Vec<(String, Value)>;

pub(super) fn value_in<'a>(cell: &'a Cell, axis: &str) -> Option<&'a Value> {
    cell.iter()
        .find(|(name, _)| name == axis)
        .map(|(_, value)| value)
}

/// What `plan.json` must say of one spec.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Spec {
    pub id: String,
    pub image: String,
    pub cell: Vec<(String, String)>,
    pub layer: u64,
    pub references: Vec<String>,
    pub immutable: bool,
    pub aliases: Vec<String>,
    pub platforms: Vec<String>,
    pub base: Option<String>,
    pub parent: Option<String>,
    pub needs: Vec<String>,
    pub args: Vec<(String, String)>,
    pub meta: Vec<(String, String)>,
    pub publish: bool,
}

/// An image of others, which is never built.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Described {
    pub name: String,
    pub reference: String,
    pub meta: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub layers: u64,
    pub specs: Vec<Spec>,
    /// Images of others.
    pub described: Vec<Described>,
    /// What some table takes away and is there in no spec that it is for: a finding, and no fault of the plan.
    pub taken: Vec<String>,
}

/// Why a readable matrix has no plan. `gen plan` must end with exit code 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contradiction {
    /// No image has a spec left.
    NoSpec,
    /// A spec with neither `from`, `parent` nor a Dockerfile of its own, or with both at once.
    Base,
    /// A parent (or need) is not exactly one spec.
    Lineage,
    /// The parent (or a need) lacks a platform of the child.
    Platforms,
    Cycle,
    DuplicateReference,
    /// One alias reference, several specs, and `newest` does not decide.
    AliasClash,
    /// An alias equals the tag of another spec.
    AliasIsTag,
    /// Something undefined, or `none`, is printed.
    Template,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fault {
    /// Not a matrix the generator may produce: the oracle has no opinion on it.
    Malformed(String),
    Contradiction(Contradiction, String),
}

pub(super) fn malformed<T>(why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Malformed(why.into()))
}

pub(super) fn contradiction<T>(kind: Contradiction, why: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Contradiction(kind, why.into()))
}
