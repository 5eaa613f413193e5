//! `[output.*]`: which outputs besides the pipelines are turned on, and whether they can be what they are to be.

mod bake;
mod catalog;
mod file;
mod publish;
mod python_names;
mod schema;

use std::collections::HashMap;
use std::ops::Range;

use crate::config::raw::RawMatrix;
use crate::config::selectors::SelectorNames;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code};
use crate::grammar::Spanned;
use crate::matrix::{Axis, Selector};
use crate::render::{is_python_keyword, is_python_name};

pub use bake::{Bake as BakeOptions, FILE as BAKE, place as bake_place};
pub use catalog::{Catalog as CatalogOptions, JSON as CATALOG_JSON, PYTHON as CATALOG_PYTHON};
pub use file::{Each, File as FileOptions, OutputFile, Told};
pub use publish::Publish as PublishOptions;
pub use python_names::{PythonNames, RESERVED_CONSTANTS};
pub use schema::{FILE as SCHEMA_FILE, Schema as SchemaOptions};

/// Outputs that are turned on.
#[derive(Debug, Default)]
pub struct Outputs {
    /// The bake file, where a table asks for it.
    pub bake: Option<Bake>,
    /// The catalog.
    pub catalog: Option<Catalog>,
    /// The schema of the matrix, where a table asks for it.
    pub schema: Option<SchemaFile>,
    /// Where the table stands that asks for the script by which pipelines publish.
    pub publish: Option<Range<usize>>,
    /// Files of one's own, in declared order.
    pub files: Vec<OutputFile>,
}

/// Where the bake file is written, and what its groups hold.
#[derive(Debug)]
pub struct Bake {
    /// Its path.
    pub file: String,
    /// The specs its groups hold; `None` is all.
    pub selector: Option<Selector>,
    /// Where its table stands.
    pub span: Range<usize>,
}

/// Where the schema is written.
#[derive(Debug)]
pub struct SchemaFile {
    /// Its path.
    pub file: String,
    /// Where its table stands.
    pub span: Range<usize>,
}

/// Where the catalog is written, and what it holds.
#[derive(Debug)]
pub struct Catalog {
    /// Path of the Python module, when one is wanted.
    pub python: Option<String>,
    /// Path of the JSON file, when one is wanted.
    pub json: Option<String>,
    /// The specs it holds; `None` is all.
    pub selector: Option<Selector>,
    /// Where its table stands.
    pub span: Range<usize>,
}

impl Builder<'_> {
    /// `axes` are those that cells have: without an `arch` that every image folds.
    pub(super) fn outputs(
        &mut self,
        raw: &RawMatrix,
        names: &SelectorNames<'_>,
        axes: &[&Axis],
    ) -> Outputs {
        let Some(output) = &raw.output else {
            return Outputs::default();
        };
        Outputs {
            bake: output.bake.as_ref().map(|table| self.bake(names, table)),
            catalog: output
                .catalog
                .as_ref()
                .map(|table| self.catalog(names, axes, table)),
            publish: output.publish.as_ref().map(|table| table.span.clone()),
            files: self.files(names, &output.file),
            schema: output.schema.as_ref().map(|table| SchemaFile {
                file: match &table.file {
                    Some(stated) => stated.value.clone(),
                    None => self.owner.path(SCHEMA_FILE),
                },
                span: table.span.clone(),
            }),
        }
    }

    fn bake(&mut self, names: &SelectorNames<'_>, table: &Spanned<BakeOptions>) -> Bake {
        if let Some(stated) = table.file.as_ref().filter(|f| !f.ends_with(".json")) {
            self.sink.push(
                Finding::new(
                    &code::INVALID_NAME,
                    format!("bake does not read `{}` as JSON", stated.escape_debug()),
                    self.place(stated.span.clone(), "it tells by the ending `.json`"),
                )
                .help(format!("write a name such as `{BAKE}`")),
            );
        }
        // Each is a group.
        let sets = names.sets.keys().map(|name| name.value.clone());
        names.used.borrow_mut().extend(sets);
        let matches = table.matches.as_ref();
        Bake {
            file: match &table.file {
                Some(stated) => stated.value.clone(),
                None => bake_place(self.owner),
            },
            selector: matches.and_then(|m| self.selector(names, m)),
            span: table.span.clone(),
        }
    }

    fn catalog(
        &mut self,
        names: &SelectorNames<'_>,
        axes: &[&Axis],
        table: &Spanned<CatalogOptions>,
    ) -> Catalog {
        let path = |stated: &Option<Spanned<String>>| stated.as_ref().map(|s| s.value.clone());
        let (python, json) = match (path(&table.python), path(&table.json)) {
            (None, None) => (
                Some(self.owner.path(CATALOG_PYTHON)),
                Some(self.owner.path(CATALOG_JSON)),
            ),
            stated => stated,
        };
        if let Some(stated) = &table.python {
            self.importable(stated);
        }
        if let Some(stated) = table.json.as_ref().filter(|f| !f.ends_with(".json")) {
            let finding = Finding::new(
                &code::INVALID_NAME,
                format!("`{}` does not say that it is JSON", stated.escape_debug()),
                self.place(stated.span.clone(), "others tell by the ending `.json`"),
            );
            let name = self.owner.path(CATALOG_JSON);
            self.sink
                .push(finding.help(format!("write a name such as `{name}`")));
        }
        if python.is_some() {
            self.python_names(axes);
        }
        let matches = table.matches.as_ref();
        Catalog {
            python,
            json,
            selector: matches.and_then(|m| self.selector(names, m)),
            span: table.span.clone(),
        }
    }

    /// Reports a path by whose last part Python cannot import a module.
    fn importable(&mut self, path: &Spanned<String>) {
        let file = path.rsplit('/').next().unwrap_or_default();
        if file.strip_suffix(".py").is_some_and(is_python_name) {
            return;
        }
        let finding = Finding::new(
            &code::INVALID_NAME,
            format!("Python cannot import `{}`", file.escape_debug()),
            self.place(
                path.span.clone(),
                "a module is a file `name.py`, its name letters, digits and `_`",
            ),
        );
        let stem = file.strip_suffix(".py").unwrap_or(file);
        let mut word: String = stem
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
            .collect();
        if is_python_keyword(&word) {
            word.push('_');
        }
        self.sink.push(if is_python_name(&word) {
            finding.help(format!("write `{word}.py`"))
        } else {
            finding
        });
    }

    /// Reports axes for which the module has no name of their own.
    fn python_names(&mut self, axes: &[&Axis]) {
        let mut taken: HashMap<String, &Axis> = HashMap::new();
        for axis in axes {
            let names = PythonNames::of(axis);
            if RESERVED_CONSTANTS.contains(&names.constant.as_str()) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!("axis `{}` has no name in the catalog", axis.name),
                    self.place(
                        axis.span.clone(),
                        format!("`{}` is something else there", names.constant),
                    ),
                );
                self.sink.push(finding.help("give the axis another name"));
            }
            if let Some(other) = taken.insert(names.parameter.clone(), axis) {
                let finding = Finding::new(
                    &code::INVALID_NAME,
                    format!(
                        "axes `{}` and `{}` are one name in the catalog",
                        other.name, axis.name
                    ),
                    self.place(axis.span.clone(), format!("`{}` there", names.parameter)),
                )
                .related(self.place(other.span.clone(), "and this too"))
                .note(format!(
                    "`{}` is a keyword of Python, so the axis of that name gets a `_` there",
                    names.parameter.trim_end_matches('_')
                ));
                self.sink.push(finding.help("rename one of them"));
            }
        }
    }
}
