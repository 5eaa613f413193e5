//! What a variable, a base or a path comes to: a text, or why it cannot be told here.

use std::fmt;
use std::sync::Arc;

/// Why something cannot be told from the Dockerfile alone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unknown {
    /// It depends on the machine that builds, by this variable (`BUILDARCH`).
    BuildPlatform(Arc<str>),
    /// This variable may be set by the image that a stage stands on.
    Inherited(Arc<str>),
    /// The stage stands on an image that cannot be told itself.
    Base(Box<Unknown>),
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unknown::BuildPlatform(name) => {
                write!(f, "`{name}` is told by the machine that builds")
            }
            Unknown::Inherited(name) => {
                write!(
                    f,
                    "`{name}` may come from the image that the stage stands on"
                )
            }
            Unknown::Base(why) => write!(f, "what the stage stands on cannot be told: {why}"),
        }
    }
}

/// A text that was expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expansion {
    /// What it comes to.
    Known(Arc<str>),
    /// Why that cannot be told.
    Unknown(Unknown),
}

impl Expansion {
    /// The text, where it is known.
    pub fn known(&self) -> Option<&str> {
        match self {
            Expansion::Known(text) => Some(text),
            Expansion::Unknown(_) => None,
        }
    }
}

impl From<&str> for Expansion {
    fn from(text: &str) -> Self {
        Expansion::Known(text.into())
    }
}
