//! Templated fields of `matrix.toml`: compiled once, rendered for each spec.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};

use crate::grammar::Version;
use crate::matrix::Term;
use crate::render::analyse::{Uses, analyse};
use crate::render::bounds::FIELD;
use crate::render::objects::{AxisObject, NoneWatch, Printed, VersionObject};
use crate::render::table::no_text;

/// One field: a plain text, or a template.
#[derive(Clone, Debug)]
pub struct Field {
    /// The text as written.
    pub source: Arc<str>,
    /// Where it stands in the matrix file, quotes included.
    pub span: Range<usize>,
    template: Option<usize>,
}

/// Why a field could not be rendered.
#[derive(Debug)]
pub enum FieldFault {
    /// It printed what has no text.
    Printed(Printed),
    /// The engine refused, at these bytes of the field's source.
    Failed(Error, Option<Range<usize>>),
}

/// What an error of the engine says of a field.
pub fn field_words(error: &Error) -> String {
    let words = FIELD.words(error);
    words.unwrap_or_else(|| told(error))
}

/// What an error of the engine says.
pub(super) fn told(error: &Error) -> String {
    let kind = error.kind();
    error
        .detail()
        .map_or_else(|| kind.to_string(), str::to_owned)
}

/// All templated fields of one matrix, and the engine that renders them.
#[derive(Debug)]
pub struct Fields {
    engine: Environment<'static>,
    names: Vec<String>,
    uses: Vec<Uses>,
    watch: NoneWatch,
}

impl Default for Fields {
    fn default() -> Self {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::Strict);
        engine.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        engine.set_debug(true);
        engine.set_formatter(|out, state, value| match no_text(value) {
            Some(words) => Err(Error::new(ErrorKind::InvalidOperation, words)),
            None => minijinja::escape_formatter(out, state, value),
        });
        FIELD.hold(&mut engine);
        engine.add_test("matching", matching);
        engine.add_test("none", is_none);
        Fields {
            engine,
            names: Vec::new(),
            uses: Vec::new(),
            watch: NoneWatch::default(),
        }
    }
}

/// `is none`: of an axis, whether its value is `none`; else what the language says.
pub(super) fn is_none(value: &Value) -> bool {
    match value.downcast_object_ref::<AxisObject>() {
        Some(axis) => axis.is_none(),
        None => value.is_none(),
    }
}

/// `is matching(">=12")`: a term of the selector language, or a list of which any holds, over an axis or a plain text.
pub(super) fn matching(value: &Value, terms: &Value) -> Result<bool, Error> {
    if let Some(term) = terms.as_str() {
        return matches(value, term);
    }
    let items = match terms.kind() {
        ValueKind::Seq => terms.try_iter()?,
        _ => return Err(no_term(terms)),
    };
    let mut any = false;
    for item in items {
        // Each is looked at, so that a faulty one is told for every value.
        any |= matches(value, item.as_str().ok_or_else(|| no_term(&item))?)?;
    }
    Ok(any)
}

fn no_term(value: &Value) -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        format!("`{value}` is not a term such as `\">=12,<13\"`, or a list of them"),
    )
}

fn matches(value: &Value, term: &str) -> Result<bool, Error> {
    let parsed = Term::parse(term).map_err(|_| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("`{term}` is not a term such as `>=12,<13`"),
        )
    })?;
    if let Some(axis) = value.downcast_object_ref::<AxisObject>() {
        return Ok(parsed.holds_for(&axis.text, axis.version.as_ref()));
    }
    if let Some(attribute) = value.downcast_object_ref::<VersionObject>() {
        return Ok(parsed.holds_for(&attribute.text, Some(&attribute.version)));
    }
    // In a template that several images share, an axis may be missing from some.
    if value.is_undefined() {
        return Err(Error::new(
            ErrorKind::UndefinedError,
            "this name is not there for every image: ask `is defined` first",
        ));
    }
    match value.as_str() {
        Some(text) => Ok(parsed.holds_for(text, Version::parse(text).as_ref())),
        None => Err(Error::new(
            ErrorKind::InvalidOperation,
            "`matching` looks at an axis or a text",
        )),
    }
}

impl Fields {
    /// Takes in a field.
    ///
    /// # Errors
    /// When it is a template that cannot be parsed.
    pub fn add(
        &mut self,
        source: &str,
        span: Range<usize>,
        is_object: &dyn Fn(&str) -> bool,
    ) -> Result<Field, Error> {
        let mut field = Field {
            source: source.into(),
            span,
            template: None,
        };
        if source.contains("{{") || source.contains("{%") || source.contains("{#") {
            let index = self.names.len();
            let name = format!("field {index}");
            let uses = analyse(source, &name, Default::default(), is_object)?;
            self.engine
                .add_template_owned(name.clone(), source.to_owned())?;
            self.names.push(name);
            self.uses.push(uses);
            field.template = Some(index);
        }
        Ok(field)
    }

    /// What a field reads; `None` when it is plain text.
    pub fn uses(&self, field: &Field) -> Option<&Uses> {
        field.template.map(|t| &self.uses[t])
    }

    /// Whether a field reads `name`.
    pub fn reads(&self, field: &Field, name: &str) -> bool {
        self.uses(field).is_some_and(|u| u.reads(name))
    }

    /// Renders a field.
    ///
    /// # Errors
    /// When the engine refuses, or `none` was printed.
    pub fn render<'f>(&self, field: &'f Field, scope: &Value) -> Result<Cow<'f, str>, FieldFault> {
        let Some(index) = field.template else {
            return Ok(Cow::Borrowed(&field.source));
        };
        let text = self
            .engine
            .get_template(&self.names[index])
            .and_then(|t| FIELD.render(&t, scope.clone()))
            .map_err(|e| {
                let range = e.range();
                FieldFault::Failed(e, range)
            });
        if let (Some(printed), true) = (self.watch.take(), text.is_ok()) {
            return Err(FieldFault::Printed(printed));
        }
        text.map(Cow::Owned)
    }

    /// The watch that the axis objects of this matrix share.
    pub fn watch(&self) -> &NoneWatch {
        &self.watch
    }
}
