//! Where templates come from: the repository's `templates/`, and behind it those shipped with gen.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, Value};

use crate::diagnostic::{Finding, Place, and_list, code, nearest};
use crate::render::analyse::{Uses, analyse};
use crate::render::bounds::FILE;
use crate::render::depth::bounded;
use crate::render::dialect::{Dialect, environment};
use crate::render::fields::told;
use crate::source::{Repository, SourceFile};

/// Templates shipped with gen: names below the template folder, with their texts.
pub type Shipped = &'static [(&'static str, &'static str)];

/// Files of `templates/`, as [`Shipped`].
macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/templates/", $name)))),*]
    };
}
pub(crate) use shipped;

/// The shipped templates of all that is no provider's.
pub(crate) const COMMON: Shipped = shipped!(
    "catalog/module.py",
    "ci/ask.sh",
    "ci/bake.sh",
    "ci/channel.sh",
    "ci/context.sh",
    "ci/github-command.sh",
    "ci/json.sh",
    "ci/only.sh",
    "ci/parents.sh",
    "ci/plan.sh",
    "ci/publish.sh",
    "ci/pull-request.sh",
    "ci/refresh.sh",
    "ci/shown.sh",
    "ci/sign.sh",
    "ci/summary.sh",
    "ci/test.sh",
    "ci/tests.sh",
    "docker/Dockerfile",
    "docs/images.md",
    "docs/lineage.md",
    "docs/matrix.html",
    "renovate/generated.json",
);

/// How the path of a shipped template begins.
const SHIPPED_PATH: &str = "gen:";

/// Where the repository keeps its templates.
const FOLDER: &str = "templates";

/// A name that always means the shipped template, so that an overriding one can extend it.
const BUILTIN: &str = "builtin/";

/// Whether a template of that name, that is no provider's, is shipped with this text.
pub fn is_shipped(name: &str, text: &str) -> bool {
    COMMON.contains(&(name, text))
}

/// Loads and renders templates: `NAME` is `templates/NAME` of the repository or else the shipped one; `builtin/NAME` is
/// always the shipped one.
#[derive(Debug)]
pub struct Templates<'a> {
    repository: &'a Repository,
    /// By name.
    shipped: BTreeMap<&'static str, &'static str>,
    engines: BTreeMap<Dialect, Environment<'static>>,
}

impl<'a> Templates<'a> {
    /// Templates for a repository, with those shipped by providers.
    pub fn new(repository: &'a Repository, providers: impl Iterator<Item = Shipped>) -> Self {
        Templates {
            repository,
            shipped: std::iter::once(COMMON)
                .chain(providers)
                .flatten()
                .copied()
                .collect(),
            engines: BTreeMap::new(),
        }
    }

    /// The shipped template of that name.
    fn shipped(&self, name: &str) -> Option<&'static str> {
        self.shipped.get(name).copied()
    }

    /// The source of a template, and where it stands.
    pub fn source(&self, name: &str) -> Option<Arc<SourceFile>> {
        if let Some(bare) = name.strip_prefix(BUILTIN) {
            return self
                .shipped(bare)
                .map(|text| SourceFile::new(format!("{SHIPPED_PATH}templates/{bare}"), text));
        }
        // No `..`, no absolute path: templates read only the template folders.
        let inside = !name.is_empty()
            && !name.contains('\\')
            && name
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if !inside {
            return None;
        }
        self.repository
            .text(&format!("{FOLDER}/{name}"))
            .map(|file| file.with_lf())
            .or_else(|| {
                self.shipped(name)
                    .map(|text| SourceFile::new(format!("{SHIPPED_PATH}templates/{name}"), text))
            })
    }

    /// What every template loaded so far for a dialect reads, with its file.
    pub fn uses(
        &self,
        dialect: Dialect,
        is_axis: &dyn Fn(&str) -> bool,
    ) -> Vec<(Arc<SourceFile>, Uses)> {
        let loaded = self
            .engines
            .get(&dialect)
            .into_iter()
            .flat_map(|engine| engine.templates());
        let files = loaded.filter_map(|(name, _)| self.source(name));
        files
            .filter_map(|file| {
                let uses = analyse(&file.text, &file.path, dialect.syntax(), is_axis).ok()?;
                Some((file, uses))
            })
            .collect()
    }

    /// The attributes that a template, and all that it extends and includes, read of a name that is there for them; `None`
    /// where it is read in other ways too, or the template cannot be read.
    pub fn reads(&self, dialect: Dialect, name: &str, of: &str) -> Option<BTreeSet<String>> {
        let mut read = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        let mut seen: BTreeSet<String> = BTreeSet::new();
        while let Some(next) = open.pop() {
            if !seen.insert(next.clone()) {
                continue;
            }
            let file = self.source(&next)?;
            let uses = analyse(&file.text, &file.path, dialect.syntax(), &|_| false).ok()?;
            let own = || uses.attributes.iter().filter(|(name, ..)| name == of);
            let mut whole = uses.names.iter().filter(|(name, _)| name == of);
            if whole.any(|(_, at)| !own().any(|(_, _, member)| member.start == at.start)) {
                return None;
            }
            read.extend(own().map(|(_, attribute, _)| attribute.clone()));
            open.extend(referred(&file.text).into_iter().map(|(name, _)| name));
        }
        Some(read)
    }

    fn engine(&mut self, dialect: Dialect) -> &mut Environment<'static> {
        self.engines
            .entry(dialect)
            .or_insert_with(|| environment(dialect))
    }

    /// Loads a template and everything it extends or includes.
    fn load(&mut self, dialect: Dialect, name: &str) -> Result<(), Error> {
        if self.engine(dialect).get_template(name).is_ok() {
            return Ok(());
        }
        let file = self.source(name).ok_or_else(|| {
            Error::new(
                ErrorKind::TemplateNotFound,
                format!("there is no template `{name}`"),
            )
        })?;
        // What is shipped, or lies here as it was shipped, is within the bounds: a test holds it.
        let own = name.strip_prefix(BUILTIN).unwrap_or(name);
        if self.shipped(own) != Some(&file.text) {
            bounded(&file.text, dialect.syntax())?;
        }
        self.engine(dialect)
            .add_template_owned(name.to_owned(), file.text.clone())?;
        for (referred, _) in referred(&file.text) {
            self.load(dialect, &referred)?;
        }
        Ok(())
    }

    /// Renders a template.
    ///
    /// # Errors
    /// When it is missing, cannot be parsed, or fails.
    pub fn render(
        &mut self,
        dialect: Dialect,
        name: &str,
        context: &Value,
    ) -> Result<String, Error> {
        self.load(dialect, name)?;
        FILE.render(&self.engine(dialect).get_template(name)?, context.clone())
    }
}

/// Names in `extends`, `include` and `import` tags. Only literal names can be loaded; others fail when they run.
fn referred(text: &str) -> Vec<(String, Range<usize>)> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices('%') {
        if !text[..at].ends_with(['{', '<']) {
            continue;
        }
        let inside = &text[at + 1..];
        let inside = inside
            .strip_prefix(['-', '+'])
            .unwrap_or(inside)
            .trim_start();
        let keywords = ["extends", "include", "import", "from"];
        let Some(rest) = keywords.iter().find_map(|word| inside.strip_prefix(word)) else {
            continue;
        };
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            continue;
        };
        if let Some((name, _)) = rest[1..].split_once(quote) {
            let start = text.len() - rest.len();
            names.push((name.to_owned(), start..start + name.len() + 2));
        }
    }
    names
}

/// The finding for a template that failed, placed in it; `asked` is where it was asked for.
pub fn fault_finding(
    templates: &Templates<'_>,
    name: &str,
    error: &Error,
    asked: Place,
) -> Finding {
    let kind = error.kind();
    let what = FILE.words(error).unwrap_or_else(|| told(error));
    let (code, label) = match kind {
        ErrorKind::TemplateNotFound => return missing_finding(templates, name, what, asked),
        ErrorKind::SyntaxError => (&code::TEMPLATE_SYNTAX, "the template cannot be parsed here"),
        ErrorKind::UndefinedError => (&code::UNKNOWN_VARIABLE, "unknown name"),
        ErrorKind::BadEscape => (&code::UNSAFE_VALUE, "printed here"),
        _ => (
            &code::TEMPLATE_FAULT,
            "the template cannot be rendered here",
        ),
    };
    let (fact, advice) = what.split_once("; ").unwrap_or((&what, ""));
    let at = error.name().unwrap_or(name);
    let Some((file, range)) = templates.source(at).zip(error.range()) else {
        // What is too long or too deep is so as a whole.
        return match templates.source(at) {
            Some(file) if matches!(kind, ErrorKind::InvalidOperation | ErrorKind::SyntaxError) => {
                Finding::new(code, fact, Place::file(file.path.clone())).related(asked)
            }
            _ => Finding::new(code, fact, asked),
        };
    };
    let finding = Finding::new(code, fact, Place::span(&file, range, label)).related(asked);
    // What is shipped is not the user's to edit.
    if advice.is_empty() || (advice.starts_with("use `") && file.path.starts_with(SHIPPED_PATH)) {
        finding
    } else {
        finding.help(advice)
    }
}

/// The finding for a template that is not there: placed where another refers to it, or else where it was asked for.
fn missing_finding(templates: &Templates<'_>, name: &str, what: String, asked: Place) -> Finding {
    let path = format!("{FOLDER}/{name}");
    if let Some((path, why)) = templates
        .repository
        .refused()
        .into_iter()
        .find(|(p, _)| *p == path)
    {
        let headline = format!("`{path}` {why}");
        return Finding::new(&code::FILE_REFUSED, headline, Place::file(path)).related(asked);
    }
    let mut finding = Finding::new(&code::TEMPLATE_MISSING, what, asked.clone());
    let mut missing = name.to_owned();
    let mut open = vec![name.to_owned()];
    let mut seen = Vec::new();
    while let Some(next) = open.pop() {
        let Some(file) = templates.source(&next) else {
            continue;
        };
        for (referred, range) in referred(&file.text) {
            if templates.source(&referred).is_none() {
                finding.primary = Place::span(&file, range, "there is no such template");
                finding.related = vec![asked.clone()];
                missing = referred;
            } else if !seen.contains(&referred) {
                seen.push(referred.clone());
                open.push(referred);
            }
        }
    }
    let (sign, bare) = match missing.strip_prefix(BUILTIN) {
        Some(bare) => (BUILTIN, bare),
        None => ("", missing.as_str()),
    };
    let shipped = || templates.shipped.keys().copied();
    match nearest(bare, shipped()) {
        Some(near) => finding.help(format!("did you mean `{sign}{near}`?")),
        None if sign.is_empty() => finding.help(format!("create `{FOLDER}/{missing}`")),
        None => finding.note(format!("shipped with gen: {}", and_list(shipped()))),
    }
}
