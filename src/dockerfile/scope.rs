//! Which variables there are, and what they come to: args before the first FROM, and the environment of a stage.
//!
//! Source: `defaultArgs`, `buildMetaArgs` and `dispatchArg` in `frontend/dockerfile/dockerfile2llb/convert.go` of
//! BuildKit.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::dockerfile::expand::{self, Expanded, Rules, Variables};
use crate::dockerfile::instruction::{Assignment, Operation, Word};
use crate::dockerfile::parse::Dockerfile;
use crate::dockerfile::rejection::Rejection;
use crate::dockerfile::value::{Expansion, Unknown};
use crate::grammar::{Pairs, Target};

/// What a build is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Args passed by `--build-arg`.
    pub args: &'a Pairs<Arc<str>, String>,
    /// The stage to build; the last where none is named.
    pub target: Option<&'a str>,
    /// The platform to build for: `linux/arm64`.
    pub platform: &'a str,
    /// The platform of the machine that builds, where it is known.
    pub build_platform: Option<&'a str>,
}

/// Bytes that all words of a file together may come to.
const MAX_EXPANDED: usize = 16 * 1024 * 1024;

/// Variables by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    set: HashMap<Arc<str>, Expansion>,
    /// Whether an image outside of the file may have set others.
    open: bool,
}

impl Scope {
    /// What an image outside of the file leaves: nothing is known of it.
    pub(super) fn of_image() -> Self {
        Scope {
            set: HashMap::new(),
            open: true,
        }
    }

    /// What `scratch` leaves. Source: `system.DefaultPathEnvUnix`.
    pub(super) fn of_scratch() -> Self {
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        Scope {
            set: HashMap::from([("PATH".into(), Expansion::from(path))]),
            open: false,
        }
    }

    /// Sets a variable.
    pub(super) fn set(&mut self, name: Arc<str>, value: Expansion) {
        self.set.insert(name, value);
    }
}

impl Variables for Scope {
    fn get(&self, name: &str) -> Option<Cow<'_, Expansion>> {
        if let Some(value) = self.set.get(name) {
            return Some(Cow::Borrowed(value));
        }
        let named = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
        let inherited = || Cow::Owned(Expansion::Unknown(Unknown::Inherited(name.into())));
        (self.open && named).then(inherited)
    }
}

/// Expands words, and keeps count of what they come to.
pub(super) struct Expander {
    rules: Rules,
    left: usize,
}

impl Expander {
    /// For a file.
    pub(super) fn of(file: &Dockerfile) -> Self {
        Expander {
            rules: Rules::of(file.directives.escape()),
            left: MAX_EXPANDED,
        }
    }

    /// Expands a word.
    ///
    /// # Errors
    /// When BuildKit refuses it, with the word's place.
    pub(super) fn word(&mut self, word: &Word, scope: &Scope) -> Result<Expanded, Rejection> {
        let fault = |what: String| Rejection::new(what, word.span.clone());
        let expanded = expand::word(&word.text, self.rules, scope).map_err(fault)?;
        let length = expanded.value.known().map_or(0, str::len);
        self.left = self
            .left
            .checked_sub(length)
            .ok_or_else(|| fault("the variables of this file come to too many bytes".to_owned()))?;
        Ok(expanded)
    }
}

/// An arg before the first FROM.
#[derive(Clone, Debug)]
pub struct Global {
    /// Its name.
    pub name: Arc<str>,
    /// What it comes to; `None` where it has no default and nothing is passed.
    pub value: Option<Expansion>,
    /// The variables that its default read.
    pub reads: Vec<Arc<str>>,
    /// The bytes of its name.
    pub span: Range<usize>,
}

/// The args that FROM sees, and those of them that the file declares, in order.
///
/// # Errors
/// When BuildKit refuses a default, or a platform is none.
pub(super) fn globals(
    file: &Dockerfile,
    request: &Request<'_>,
    expander: &mut Expander,
) -> Result<(Scope, Vec<Global>), Rejection> {
    let mut scope = automatic(file, request)?;
    let mut declared = Vec::new();
    for instruction in file.globals() {
        let Operation::Arg(assignments) = &instruction.kind else {
            continue;
        };
        for Assignment { name, value } in assignments {
            let key: Arc<str> = name.text.as_str().into();
            let (value, reads) = match (request.args.get(&*key), value) {
                (Some(passed), _) => (Some(Expansion::from(passed.as_str())), Vec::new()),
                (None, Some(default)) => {
                    let expanded = expander.word(default, &scope)?;
                    (Some(expanded.value), expanded.read)
                }
                (None, None) => (None, Vec::new()),
            };
            if let Some(value) = &value {
                scope.set(key.clone(), value.clone());
            }
            declared.push(Global {
                name: key,
                value,
                reads,
                span: name.span.clone(),
            });
        }
    }
    Ok((scope, declared))
}

/// The args that every build has.
fn automatic(file: &Dockerfile, request: &Request<'_>) -> Result<Scope, Rejection> {
    let platform = |text: &str| Target::parse(text).map_err(|what| Rejection::new(what, 0..0));
    let target = platform(request.platform)?;
    let build = request.build_platform.map(platform).transpose()?;
    let mut scope = Scope::default();
    let mut set = |name: &str, value: Option<String>| {
        let value = match (request.args.get(name), value) {
            (Some(passed), _) => Expansion::from(passed.as_str()),
            (None, Some(value)) => Expansion::Known(value.into()),
            (None, None) => Expansion::Unknown(Unknown::BuildPlatform(name.into())),
        };
        scope.set(name.into(), value);
    };
    for (prefix, known) in [("TARGET", Some(&target)), ("BUILD", build.as_ref())] {
        let part = |part: fn(&Target) -> String| known.map(part);
        set(&format!("{prefix}PLATFORM"), part(Target::to_string));
        set(&format!("{prefix}OS"), part(|p| p.os.clone()));
        set(&format!("{prefix}OSVERSION"), part(|_| String::new()));
        set(&format!("{prefix}ARCH"), part(|p| p.arch.clone()));
        set(&format!("{prefix}VARIANT"), part(|p| p.variant.clone()));
    }
    let last = || file.stages.last().and_then(|stage| stage.name.clone());
    let stage = request.target.map(str::to_owned).or_else(last);
    let stage = stage.filter(|stage| !stage.is_empty());
    set(
        "TARGETSTAGE",
        Some(stage.unwrap_or_else(|| "default".to_owned())),
    );
    Ok(scope)
}
