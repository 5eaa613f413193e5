//! Which inputs of a spec changed, told so that people see the cause.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use crate::grammar::lists::few;
use crate::image::RenderedSpec;
use crate::lock::Inputs;

/// Longest text that is shown of a value, in characters.
const SHOWN: usize = 60;

/// Files of a context that are named before the rest is counted.
const FILES: usize = 5;

/// One input that changed. Texts are as they are recorded: a long value of an arg by its hash.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(tag = "input", rename_all = "kebab-case")]
pub enum InputChange {
    /// The upstream image or the spec that it stands on. `None`: what its own Dockerfile says.
    From {
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
    /// The digest of the same upstream image.
    Digest {
        /// The image.
        base: String,
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
    /// The specs it needs besides.
    Needs {
        /// Before.
        old: Vec<String>,
        /// Now.
        new: Vec<String>,
    },
    /// The Dockerfile.
    Dockerfile {
        /// Its path, when it is the user's.
        own: Option<String>,
    },
    /// A file of the context.
    Context {
        /// Its folder.
        folder: String,
        /// Which files changed, in words, where that is known.
        #[serde(skip)]
        files: Vec<String>,
    },
    /// The stage to build.
    Target {
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
    /// The value of a build arg.
    Arg {
        /// Its name.
        name: String,
        /// Before; `None` when it is new.
        old: Option<String>,
        /// Now; `None` when it is gone.
        new: Option<String>,
    },
    /// The value of a label.
    Label {
        /// Its name.
        name: String,
        /// Before; `None` when it is new.
        old: Option<String>,
        /// Now; `None` when it is gone.
        new: Option<String>,
    },
    /// The version of what a pipeline makes.
    Artifact {
        /// Its name.
        name: String,
        /// Before; `None` when it is new.
        old: Option<String>,
        /// Now; `None` when it is gone.
        new: Option<String>,
    },
    /// The order of the build args, and nothing else of them.
    ArgOrder,
    /// The platforms.
    Platforms {
        /// Before.
        old: Vec<String>,
        /// Now.
        new: Vec<String>,
    },
    /// How the layers are packed. `None`: as the builder does.
    Compression {
        /// Before.
        old: Option<String>,
        /// Now.
        new: Option<String>,
    },
    /// The rebuild counter.
    Epoch {
        /// Before.
        old: u64,
        /// Now.
        new: u64,
    },
    /// The content of what it stands on. Whatever changed there is the cause.
    Below {
        /// Ids of the specs.
        specs: Vec<String>,
    },
}

impl InputChange {
    /// Whether the cause lies in another spec.
    pub fn follows(&self) -> bool {
        matches!(self, InputChange::Below { .. })
    }
}

/// Every input that differs between what was recorded of a spec and what it is now.
pub fn changes(old: &Inputs, new: &Inputs, rendered: &RenderedSpec) -> Vec<InputChange> {
    let mut found = Vec::new();
    let from = |inputs: &Inputs| {
        let parent = inputs.parent.as_ref().map(|p| p.spec.clone());
        parent.or_else(|| inputs.base.clone())
    };
    if from(old) != from(new) || old.parent.is_some() != new.parent.is_some() {
        found.push(InputChange::From {
            old: from(old),
            new: from(new),
        });
    } else if let (Some(base), true) = (&new.base, old.digest != new.digest) {
        found.push(InputChange::Digest {
            base: base.clone(),
            old: old.digest.clone(),
            new: new.digest.clone(),
        });
    }
    let names =
        |inputs: &Inputs| -> Vec<String> { inputs.needs.iter().map(|n| n.spec.clone()).collect() };
    if names(old) != names(new) {
        found.push(InputChange::Needs {
            old: names(old),
            new: names(new),
        });
    }
    if old.dockerfile != new.dockerfile {
        let own = rendered.rendered.is_none();
        found.push(InputChange::Dockerfile {
            own: own.then(|| rendered.dockerfile.clone()),
        });
    }
    if old.context != new.context {
        found.push(InputChange::Context {
            folder: rendered.context.clone(),
            files: Vec::new(),
        });
    }
    if old.target != new.target {
        found.push(InputChange::Target {
            old: old.target.clone(),
            new: new.target.clone(),
        });
    }
    for (name, old, new) in differing(&old.args, &new.args) {
        found.push(InputChange::Arg { name, old, new });
    }
    for (name, old, new) in differing(&old.labels, &new.labels) {
        found.push(InputChange::Label { name, old, new });
    }
    for (name, old, new) in differing(&old.artifacts, &new.artifacts) {
        found.push(InputChange::Artifact { name, old, new });
    }
    for (base, old, new) in differing(&old.pins, &new.pins) {
        found.push(InputChange::Digest { base, old, new });
    }
    if old.args == new.args && !old.args.keys().eq(new.args.keys()) {
        found.push(InputChange::ArgOrder);
    }
    if old.platforms != new.platforms {
        found.push(InputChange::Platforms {
            old: old.platforms.clone(),
            new: new.platforms.clone(),
        });
    }
    if old.compression != new.compression {
        found.push(InputChange::Compression {
            old: old.compression.clone(),
            new: new.compression.clone(),
        });
    }
    if old.epoch != new.epoch {
        found.push(InputChange::Epoch {
            old: old.epoch,
            new: new.epoch,
        });
    }
    let before = |id: &str| {
        let mut below = old.parent.iter().chain(&old.needs);
        below.find(|b| b.spec == id).map(|b| b.content)
    };
    let moved: Vec<String> = new
        .parent
        .iter()
        .chain(&new.needs)
        .filter(|b| before(&b.spec).is_some_and(|content| content != b.content))
        .map(|b| b.spec.clone())
        .collect();
    if !moved.is_empty() {
        found.push(InputChange::Below { specs: moved });
    }
    found
}

/// The names whose values differ, with the values before and now.
fn differing(
    old: &IndexMap<String, String>,
    new: &IndexMap<String, String>,
) -> Vec<(String, Option<String>, Option<String>)> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let all = new.keys().chain(gone);
    all.filter(|name| old.get(*name) != new.get(*name))
        .map(|name| {
            let value = |of: &IndexMap<String, String>| of.get(name).cloned();
            (name.clone(), value(old), value(new))
        })
        .collect()
}

/// What changed, in a few words, without whose it is.
impl fmt::Display for InputChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InputChange::From { old, new } => {
                let what = |from: &Option<String>| match from {
                    Some(from) => shown(from),
                    None => "what its Dockerfile says".to_owned(),
                };
                write!(f, "base {} → {}", what(old), what(new))
            }
            InputChange::Digest { base, old, new } => {
                let what = |digest: &Option<String>| match digest {
                    Some(digest) => format!("`{}`", shortened(digest, 19)),
                    None => "none".to_owned(),
                };
                write!(f, "digest of {} {} → {}", shown(base), what(old), what(new))
            }
            InputChange::Needs { old, new } => write!(f, "needs {} → {}", all(old), all(new)),
            InputChange::Dockerfile { own: None } => write!(f, "Dockerfile"),
            InputChange::Dockerfile { own: Some(path) } => write!(f, "{}", shown(path)),
            InputChange::Context { folder, files } => {
                match folder.as_str() {
                    "." => write!(f, "files of the repository")?,
                    folder => write!(f, "files of {}", shown(folder))?,
                }
                match files.is_empty() {
                    true => Ok(()),
                    false => write!(f, " ({})", few(files, FILES)),
                }
            }
            InputChange::Target { old, new } => {
                let what = |target: &Option<String>| match target {
                    Some(target) => shown(target),
                    None => "the last stage".to_owned(),
                };
                write!(f, "target {} → {}", what(old), what(new))
            }
            InputChange::Arg { name, old, new } => {
                valued(f, "arg", name, old.as_ref(), new.as_ref())
            }
            InputChange::Label { name, old, new } => {
                valued(f, "label", name, old.as_ref(), new.as_ref())
            }
            InputChange::Artifact { name, old, new } => {
                valued(f, "artifact", name, old.as_ref(), new.as_ref())
            }
            InputChange::ArgOrder => write!(f, "order of the args"),
            InputChange::Platforms { old, new } => {
                write!(f, "platforms {} → {}", all(old), all(new))
            }
            InputChange::Compression { old, new } => {
                let how = |packed: &Option<String>| match packed {
                    Some(packed) => shown(packed),
                    None => "the builder's own".to_owned(),
                };
                write!(f, "compression {} → {}", how(old), how(new))
            }
            InputChange::Epoch { old, new } => write!(f, "epoch {old} → {new}"),
            InputChange::Below { specs } => write!(f, "content of {}", all(specs)),
        }
    }
}

/// What changed of a named value.
fn valued(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    name: &str,
    old: Option<&String>,
    new: Option<&String>,
) -> fmt::Result {
    let name = shown(name);
    match (old, new) {
        (Some(old), Some(new)) if shown(old) == shown(new) => {
            write!(f, "{what} {name} {}, further on", shown(new))
        }
        (Some(old), Some(new)) => write!(f, "{what} {name} {} → {}", shown(old), shown(new)),
        (None, Some(new)) => write!(f, "new {what} {name} {}", shown(new)),
        (_, None) => write!(f, "{what} {name} is gone"),
    }
}

/// A value in backticks, on one line and not too long.
fn shown(text: &str) -> String {
    format!("`{}`", shortened(text, SHOWN))
}

fn shortened(text: &str, limit: usize) -> String {
    let escaped = text
        .escape_debug()
        .to_string()
        .replace("\\'", "'")
        .replace("\\\"", "\"");
    match escaped.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &escaped[..end]),
        None => escaped,
    }
}

fn all(names: &[String]) -> String {
    crate::diagnostic::and_list(names.iter().map(String::as_str))
}
