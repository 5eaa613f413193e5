//! Where templates come from: the repository's `templates/`, and behind it those shipped with gen.

use std::collections::BTreeMap;
use std::sync::Arc;

use minijinja::{Environment, Error, ErrorKind, Value};

use crate::diagnostic::{Finding, Place, code};
use crate::render::analyse::{Uses, analyse};
use crate::render::dialect::{Dialect, environment};
use crate::source::{Repository, SourceFile};

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Templates shipped with gen, by name.
        const SHIPPED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../templates/", $name)))),*
        ];
    };
}

shipped!(
    "ci/publish.sh",
    "cloud-build/cloudbuild.yaml",
    "docker/Dockerfile",
    "github/login.yml",
    "github/rights.yml",
    "github/workflow.yml",
    "gitlab/base-images.gitlab-ci.yml",
);

/// Where the repository keeps its templates.
const FOLDER: &str = "templates";

/// A name that always means the shipped template, so that an overriding one can extend it.
const BUILTIN: &str = "builtin/";

/// The shipped template of that name.
pub fn shipped(name: &str) -> Option<&'static str> {
    SHIPPED
        .iter()
        .find(|(n, _)| *n == name)
        .map(|(_, text)| *text)
}

/// Loads and renders templates: `NAME` is `templates/NAME` of the repository or else the shipped one; `builtin/NAME` is
/// always the shipped one.
#[derive(Debug)]
pub struct Templates<'a> {
    repository: &'a Repository,
    engines: BTreeMap<Dialect, Environment<'static>>,
}

impl<'a> Templates<'a> {
    /// Templates for a repository.
    pub fn new(repository: &'a Repository) -> Self {
        Templates {
            repository,
            engines: BTreeMap::new(),
        }
    }

    /// The source of a template, and where it stands.
    pub fn source(&self, name: &str) -> Option<Arc<SourceFile>> {
        if let Some(bare) = name.strip_prefix(BUILTIN) {
            return shipped(bare)
                .map(|text| SourceFile::new(format!("gen:templates/{bare}"), text));
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
            .or_else(|| {
                shipped(name).map(|text| SourceFile::new(format!("gen:templates/{name}"), text))
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
        self.engine(dialect)
            .add_template_owned(name.to_owned(), file.text.replace("\r\n", "\n"))?;
        for referred in referred(&file.text) {
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
        self.engine(dialect)
            .get_template(name)?
            .render(context.clone())
    }
}

/// Names in `extends`, `include` and `import` tags. Only literal names can be loaded; others fail when they run.
fn referred(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for keyword in ["extends", "include", "import", "from"] {
        for (at, _) in text.match_indices(keyword) {
            let before = text[..at].trim_end();
            let rest = text[at + keyword.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
                continue;
            };
            if !(before.ends_with("{%")
                || before.ends_with("{%-")
                || before.ends_with("<%")
                || before.ends_with("<%-"))
            {
                continue;
            }
            if let Some((name, _)) = rest[1..].split_once(quote) {
                names.push(name.to_owned());
            }
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
    let code = match kind {
        ErrorKind::TemplateNotFound => &code::TEMPLATE_MISSING,
        ErrorKind::SyntaxError => &code::TEMPLATE_SYNTAX,
        ErrorKind::UndefinedError => &code::UNKNOWN_VARIABLE,
        ErrorKind::BadEscape => &code::UNSAFE_VALUE,
        _ => &code::TEMPLATE_FAULT,
    };
    let what = error
        .detail()
        .map_or_else(|| kind.to_string(), str::to_owned);
    let at = error.name().unwrap_or(name);
    let file = templates.source(at);
    match (file, error.range()) {
        (Some(file), Some(range))
            if kind != ErrorKind::TemplateNotFound && range.end <= file.text.len() =>
        {
            Finding::new(code, what, Place::span(&file, range, "")).related(asked)
        }
        _ => Finding::new(code, what, asked),
    }
}
