//! What the template of the Python module sees.

use std::sync::Arc;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::entries::{Copy, Entries, Entry};
use crate::config::Config;
use crate::config::PythonNames;
use crate::grammar::Platform;
use crate::image::plan::PlanRelease;
use crate::matrix::Axis;

/// Below the template folder.
pub(crate) const TEMPLATE: &str = "catalog/module.py";

/// What the template sees.
#[derive(Debug, Serialize)]
pub(crate) struct ModuleView<'a> {
    /// Names that `import *` brings.
    exports: Vec<String>,
    release: Option<&'a PlanRelease>,
    /// The axes, as arguments.
    axes: Vec<Argument>,
    registries: &'a [&'a str],
    /// Types and tuples of values: of each axis, of the families, of the registries.
    lists: Vec<List<'a>>,
    families: Vec<Family<'a>>,
    versions: Vec<VersionOf<'a>>,
    excluded: Vec<Rule<'a>>,
    rows: Vec<Member<'a>>,
    /// Facts, by the reference at home, or of an image of others.
    meta: Vec<(&'a str, Facts<'a>)>,
    /// Name and reference.
    described: Vec<(&'a str, &'a str)>,
}

/// Facts by name.
type Facts<'a> = Vec<(&'a str, &'a str)>;

#[derive(Debug, Serialize)]
struct Argument {
    parameter: String,
    #[serde(rename = "type")]
    type_name: String,
    constant: String,
}

#[derive(Debug, Serialize)]
struct List<'a> {
    #[serde(rename = "type")]
    type_name: String,
    constant: String,
    values: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct Family<'a> {
    name: &'a str,
    /// As arguments are called.
    axes: Vec<String>,
}

/// What a value compares as, where that is not what it is called.
#[derive(Debug, Serialize)]
struct VersionOf<'a> {
    axis: String,
    value: &'a str,
    version: &'a str,
}

#[derive(Debug, Serialize)]
struct Rule<'a> {
    reason: &'a str,
    images: &'a [Arc<str>],
    /// Argument and values.
    terms: Vec<(String, &'a [Arc<str>])>,
}

#[derive(Debug, Serialize)]
struct Member<'a> {
    image: &'a str,
    /// In the order of the family's axes.
    values: Vec<&'a str>,
    platforms: &'a [Platform],
    /// Registry, reference, aliases; home first.
    copies: Vec<(Option<&'a str>, &'a str, &'a [String])>,
}

/// Decides all that stands in the module.
pub(crate) fn context<'a>(entries: &'a Entries<'a>, config: &'a Config) -> ModuleView<'a> {
    let axes: IndexMap<&str, (&Axis, PythonNames)> = config
        .axes
        .iter()
        .filter(|axis| entries.axes.contains_key(&axis.name))
        .map(|axis| (&*axis.name, (axis, PythonNames::of(axis))))
        .collect();
    let parameter = |axis: &str| axes[axis].1.parameter.clone();
    let lists = lists(entries, &axes);
    let mut families: IndexMap<&str, Family<'_>> = IndexMap::new();
    for entry in &entries.images {
        families.entry(&entry.image).or_insert_with(|| Family {
            name: &entry.image,
            axes: entry.cell.keys().map(|axis| parameter(axis)).collect(),
        });
    }
    ModuleView {
        exports: exports(entries, &lists),
        release: entries.release,
        axes: axes
            .values()
            .map(|(_, names)| Argument {
                parameter: names.parameter.clone(),
                type_name: names.type_name.clone(),
                constant: names.constant.clone(),
            })
            .collect(),
        registries: &entries.registries,
        lists,
        families: families.into_values().collect(),
        versions: axes
            .values()
            .flat_map(|(axis, names)| axis.values.iter().map(move |value| (names, value)))
            .filter_map(|(names, value)| {
                let version = value.version_text.as_deref()?;
                (*version != *value.text).then(|| VersionOf {
                    axis: names.parameter.clone(),
                    value: &value.text,
                    version,
                })
            })
            .collect(),
        excluded: entries
            .excluded
            .iter()
            .map(|rule| Rule {
                reason: rule.reason,
                images: &rule.images,
                terms: rule
                    .cell
                    .iter()
                    .map(|(axis, values)| (parameter(axis), values.as_slice()))
                    .collect(),
            })
            .collect(),
        rows: entries.images.iter().map(row).collect(),
        meta: meta(entries),
        described: entries
            .described
            .iter()
            .map(|image| (&*image.name, &*image.reference))
            .collect(),
    }
}

fn meta<'a>(entries: &'a Entries<'_>) -> Vec<(&'a str, Facts<'a>)> {
    let own = entries.images.iter();
    let own = own.map(|entry| (&*entry.home.reference, entry.meta));
    let others = entries.described.iter();
    let others = others.map(|image| (&*image.reference, &image.meta));
    own.chain(others)
        .filter(|(_, meta)| !meta.is_empty())
        .map(|(reference, meta)| {
            let facts = meta.iter().map(|(name, text)| (&**name, &**text));
            (reference, facts.collect())
        })
        .collect()
}

fn lists<'a>(
    entries: &'a Entries<'a>,
    axes: &IndexMap<&str, (&Axis, PythonNames)>,
) -> Vec<List<'a>> {
    let mut lists: Vec<List<'_>> = axes
        .iter()
        .map(|(axis, (_, names))| List {
            type_name: names.type_name.clone(),
            constant: names.constant.clone(),
            values: entries.axes[*axis].iter().map(|v| &**v).collect(),
        })
        .collect();
    let images: IndexSet<&str> = entries.images.iter().map(|e| &*e.image).collect();
    lists.push(List {
        type_name: "ImageName".to_owned(),
        constant: "IMAGE_NAMES".to_owned(),
        values: images.into_iter().collect(),
    });
    if !entries.registries.is_empty() {
        lists.push(List {
            type_name: "RegistryName".to_owned(),
            constant: "REGISTRY_NAMES".to_owned(),
            values: entries.registries.clone(),
        });
    }
    lists
}

/// In the order that linters ask of `__all__`: constants, types, functions. A lone capital counts as a type there.
fn exports(entries: &Entries<'_>, lists: &[List<'_>]) -> Vec<String> {
    let mut names: Vec<&str> = vec!["AmbiguousImage", "IMAGES", "Image", "NoSuchImage"];
    if entries.release.is_some() {
        names.extend(["RELEASE", "RELEASE_TAG"]);
    }
    if !entries.described.is_empty() {
        names.extend(["DESCRIBED_IMAGES", "DescribedImage"]);
    }
    for list in lists {
        names.extend([list.constant.as_str(), list.type_name.as_str()]);
    }
    names.sort_by_key(|name| {
        let constant = name.len() > 1 && !name.contains(|c: char| c.is_ascii_lowercase());
        (!constant, *name)
    });
    names.push("resolve");
    names.into_iter().map(str::to_owned).collect()
}

fn row<'a>(entry: &'a Entry<'_>) -> Member<'a> {
    let copy = |copy: &'a Copy<'_>| (copy.registry, &*copy.reference, &*copy.aliases);
    Member {
        image: &entry.image,
        values: entry.cell.values().map(|value| &**value).collect(),
        platforms: entry.platforms,
        copies: std::iter::once(&entry.home)
            .chain(&entry.copies)
            .map(copy)
            .collect(),
    }
}
