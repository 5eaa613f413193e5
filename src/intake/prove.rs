//! What a declaration expands to, held against the rows it was made from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;

use crate::config::{self, Config};
use crate::diagnostic::Sink;
use crate::emit::PROVIDERS;
use crate::grammar::reference::full;
use crate::image::{Matrix, Spec, resolve};
use crate::intake::row::{Row, folder, path};
use crate::render::{Field, Scope};
use crate::source::{Owner, SourceFile};

/// One image, as far as a row can state it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Image {
    references: BTreeSet<String>,
    platforms: BTreeSet<String>,
    args: BTreeMap<String, String>,
    base: Option<String>,
    dockerfile: Option<String>,
    target: Option<String>,
    context: Option<String>,
}

impl Image {
    fn of_row(row: &Row) -> Self {
        let platforms = match row.platforms.is_empty() {
            true => BTreeSet::from(["linux/amd64".to_owned()]),
            false => row.platforms.iter().cloned().collect(),
        };
        let args = row.args.iter();
        Image {
            references: row.references.iter().map(ToString::to_string).collect(),
            platforms,
            args: args
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            base: row.base.as_deref().map(full),
            dockerfile: row.dockerfile.clone(),
            target: row.target.clone(),
            context: row.context.clone(),
        }
    }
}

/// Whether a declaration expands to just what the rows say.
pub(super) fn agrees(text: &str, rows: &[Row]) -> bool {
    let Some(mut found) = expanded(text) else {
        return false;
    };
    let mut stated: Vec<Image> = rows.iter().map(Image::of_row).collect();
    // What no row states is the declaration's to say: which folder, which base.
    let loose = |stated: &[Image], of: fn(&Image) -> bool| stated.iter().all(of);
    if loose(&stated, |image| image.context.is_none()) {
        found.iter_mut().for_each(|image| image.context = None);
    }
    let by_reference: BTreeMap<BTreeSet<String>, bool> = stated
        .iter()
        .map(|image| (image.references.clone(), image.context.is_none()))
        .collect();
    for image in &mut found {
        if by_reference.get(&image.references) == Some(&true) {
            image.context = None;
        }
    }
    found.sort();
    stated.sort();
    found == stated
}

/// The images of a declaration; `None` where it has an error.
fn expanded(text: &str) -> Option<Vec<Image>> {
    let file = SourceFile::new("matrix.toml", text);
    let mut sink = Sink::new();
    let owner = Owner::alone("matrix.toml");
    let config = config::load(&file, &owner, &PROVIDERS.tables(), &mut sink).ok()?;
    let matrix = resolve(&config, &mut sink).ok()?;
    if sink.has_stopping() {
        return None;
    }
    let tags = matrix.alias_tags();
    let specs = matrix.specs.iter().zip(tags);
    specs
        .map(|(spec, aliases)| image(&config, &matrix, spec, &aliases))
        .collect()
}

fn image(config: &Config, matrix: &Matrix, spec: &Spec, aliases: &[&str]) -> Option<Image> {
    let base = match spec.parent {
        Some(parent) => matrix.spec(parent).home_reference(),
        None => spec.base.clone(),
    };
    let scope = spec.scope.downcast_object_ref::<Scope>();
    let mut names = scope.map(|s| s.0.clone()).unwrap_or_default();
    if let Some(base) = &base {
        names.push(("from".into(), Value::from(base.as_str())));
    }
    let scope = Value::from_object(Scope(names));
    let render = |field: &Field| {
        let text = config.fields.render(field, &scope).ok()?;
        Some(text.into_owned())
    };
    let maybe = |field: &Option<Field>| match field {
        Some(field) => render(field).map(Some),
        None => Some(None),
    };
    let merged = &spec.merged;
    let args: &IndexMap<Arc<str>, Field> = &merged.args;
    let args = args
        .iter()
        .map(|(name, field)| Some((name.to_string(), render(field)?)));
    let dockerfile = maybe(&merged.dockerfile)?;
    let context = match maybe(&merged.context)? {
        Some(context) => path(&context),
        None => dockerfile.as_deref().map(|file| folder(file).to_owned()),
    };
    let mut references: BTreeSet<String> = spec.references().into_iter().collect();
    for repository in spec.repositories.iter() {
        references.extend(aliases.iter().map(|alias| format!("{repository}:{alias}")));
    }
    Some(Image {
        references,
        platforms: spec.platforms.iter().map(ToString::to_string).collect(),
        args: args.collect::<Option<_>>()?,
        base: base.as_deref().map(full),
        dockerfile,
        target: maybe(&merged.target)?,
        context,
    })
}
