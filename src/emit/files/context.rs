//! What templates of files of one's own see, as `docs/outputs.md` describes it.

use std::collections::BTreeSet;
use std::sync::Arc;

use indexmap::IndexMap;
use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::config::Config;
use crate::emit::emitters::Emission;
use crate::emit::files::lineage::graph;
use crate::emit::files::missing::{Lacking, lacking, missing};
use crate::emit::workflow_files;
use crate::grammar::{Pairs, Platform, SpecId};
use crate::image::Spec;
use crate::image::plan::PlanSpec;
use crate::image::targets::calls;
use crate::matrix::{ImageId, Selector};

/// What the template of any file sees: values that are made once.
pub(super) struct Seen {
    release: Value,
    registries: Value,
    described: Value,
    outputs: Value,
    images: Vec<Value>,
    specs: Vec<Value>,
}

/// One concrete image.
#[derive(Serialize)]
struct SpecView<'a> {
    id: &'a str,
    image: &'a str,
    /// The name of its repository.
    name: &'a str,
    /// The axes it has, in their order.
    axes: Vec<&'a str>,
    cell: &'a Pairs<Arc<str>, Arc<str>>,
    /// By axis, what its value states and its version says.
    attributes: IndexMap<Arc<str>, IndexMap<Arc<str>, Arc<str>>>,
    publish: bool,
    tag: Option<&'a str>,
    reference: Option<&'a str>,
    references: &'a [String],
    /// Tags that move.
    aliases: &'a [&'a str],
    registries: Vec<&'a str>,
    platforms: &'a [Platform],
    /// Platforms that it does not have, with the reason.
    lacks: Vec<Lacking>,
    base: Option<&'a str>,
    parent: Option<&'a str>,
    needs: &'a [Arc<str>],
    layer: usize,
    dockerfile: &'a str,
    context: &'a str,
    target: Option<&'a str>,
    args: &'a Pairs<Arc<str>, String>,
    labels: &'a Pairs<Arc<str>, String>,
    /// Files of Python packages that are installed.
    pip_files: Vec<&'a str>,
    tests: Vec<&'a str>,
    meta: &'a Pairs<Arc<str>, String>,
    /// What its Dockerfile calls the specs that it stands on.
    stands_on: Vec<StandsOn<'a>>,
    /// All that a table may show of it, each as texts.
    columns: IndexMap<String, Vec<String>>,
}

/// What a Dockerfile calls a spec that it stands on.
#[derive(Serialize)]
struct StandsOn<'a> {
    id: &'a str,
    name: String,
}

#[derive(Serialize)]
struct ImageView<'a> {
    name: &'a str,
    axes: Vec<&'a str>,
}

#[derive(Serialize)]
struct AxisView<'a> {
    name: &'a str,
    values: Vec<AxisValue<'a>>,
}

#[derive(Serialize)]
struct AxisValue<'a> {
    value: &'a str,
    attributes: IndexMap<Arc<str>, Arc<str>>,
}

#[derive(Serialize)]
struct OutputView<'a> {
    path: &'a str,
    /// Whether it is a workflow of GitHub's, whose actions a bot may move.
    workflow: bool,
}

impl Seen {
    /// What is seen of a matrix whose outputs have these paths.
    pub(super) fn new(e: &Emission<'_, '_>, outputs: &BTreeSet<&str>) -> Self {
        let (config, plan) = (e.config, e.plan);
        let workflows = workflow_files(config);
        let outputs: Vec<OutputView<'_>> = outputs
            .iter()
            .map(|path| OutputView {
                path,
                workflow: workflows.iter().any(|workflow| workflow == path),
            })
            .collect();
        let columns = columns(config, e);
        let aliases = e.matrix.alias_tags();
        let specs = e.matrix.specs.iter().zip(&plan.specs).enumerate();
        let specs = specs.map(|(index, (spec, planned))| {
            let view = spec_view(e, SpecId(index), spec, planned, &aliases[index], &columns);
            Value::from(Serde(view))
        });
        let images = config.images.iter().map(|image| {
            let axes = image.axes.iter().map(|axis| &*config.axis(*axis).name);
            Value::from(Serde(ImageView {
                name: &image.key,
                axes: axes.collect(),
            }))
        });
        Seen {
            release: match &plan.release {
                Some(release) => Value::from(Serde(release)),
                None => Value::from(()),
            },
            registries: Value::from(Serde(&plan.registries)),
            described: Value::from(Serde(&plan.described)),
            outputs: Value::from(Serde(outputs)),
            images: images.collect(),
            specs: specs.collect(),
        }
    }

    /// A spec.
    pub(super) fn spec(&self, id: SpecId) -> Value {
        self.specs[id.0].clone()
    }

    /// An image.
    pub(super) fn image(&self, id: ImageId) -> Value {
        self.images[id.0].clone()
    }

    /// What a template sees that is shown these specs.
    pub(super) fn of(
        &self,
        e: &Emission<'_, '_>,
        selector: Option<&Selector>,
        shown: &[SpecId],
    ) -> Value {
        let config = e.config;
        let specs: Vec<Value> = shown.iter().map(|id| self.spec(*id)).collect();
        let mut images: Vec<ImageId> = shown.iter().map(|id| e.matrix.spec(*id).image).collect();
        images.dedup();
        let (missing, missing_more) = missing(config, images.iter().copied(), selector);
        let images: Vec<Value> = images.into_iter().map(|id| self.image(id)).collect();
        let has = |axis: usize, value: usize| {
            let mut shown = shown.iter().map(|id| e.matrix.spec(*id));
            shown.any(|spec| {
                spec.cell.iter().any(|(id, v)| (id.0, v) == (axis, value))
                    || (config.arch.is_some_and(|arch| arch.0 == axis)
                        && spec.arches.folded().contains(&value))
            })
        };
        let axes: Vec<AxisView<'_>> = config
            .axes
            .iter()
            .enumerate()
            .map(|(place, axis)| AxisView {
                name: &axis.name,
                values: axis
                    .values
                    .iter()
                    .enumerate()
                    .filter(|(value, _)| has(place, *value))
                    .map(|(_, value)| AxisValue {
                        value: &value.text,
                        attributes: attributes(value),
                    })
                    .collect(),
            })
            .filter(|axis| !axis.values.is_empty())
            .collect();
        // What a table shows that is told nothing else: the axes that something shown has, and what people copy.
        let shown_axes = axes
            .iter()
            .map(|axis| axis.name)
            .filter(|name| *name != "arch");
        let columns: Value = std::iter::once("image")
            .filter(|_| images.len() > 1)
            .chain(shown_axes)
            .chain(["platforms", "reference"])
            .map(Value::from)
            .collect();
        minijinja::context! {
            columns,
            code => CODE.into_iter().collect::<Value>(),
            release => self.release.clone(),
            registries => self.registries.clone(),
            described => self.described.clone(),
            outputs => self.outputs.clone(),
            axes => Value::from(Serde(axes)),
            images,
            specs,
            missing => Value::from(Serde(missing)),
            missing_more,
            lineage => minijinja::context! {
                images => Value::from(Serde(graph(e, shown, true))),
                specs => Value::from(Serde(graph(e, shown, false))),
            },
        }
    }
}

fn attributes(value: &crate::matrix::Value) -> IndexMap<Arc<str>, Arc<str>> {
    let all = value.all_attributes().into_iter();
    all.map(|(name, attribute)| (name, attribute.text))
        .collect()
}

/// What a table may show besides axes, attributes of their values and facts.
const COLUMNS: [&str; 15] = [
    "image",
    "name",
    "tag",
    "reference",
    "references",
    "aliases",
    "registries",
    "platforms",
    "lacks",
    "base",
    "parent",
    "needs",
    "dockerfile",
    "tests",
    "id",
];

/// Columns of words that people copy, and do not read.
const CODE: [&str; 9] = [
    "tag",
    "reference",
    "references",
    "aliases",
    "base",
    "parent",
    "needs",
    "id",
    "tests",
];

/// All columns of a table: axes, their attributes, facts of images, and [`COLUMNS`].
fn columns(config: &Config, e: &Emission<'_, '_>) -> IndexMap<String, Vec<String>> {
    let mut all: IndexMap<String, Vec<String>> = IndexMap::new();
    for axis in config.axes.iter().filter(|axis| &*axis.name != "arch") {
        all.insert(axis.name.to_string(), Vec::new());
    }
    for axis in config.axes.iter().filter(|axis| &*axis.name != "arch") {
        for name in axis.values.iter().flat_map(|v| v.all_attributes()) {
            all.insert(format!("{}.{}", axis.name, name.0), Vec::new());
        }
    }
    for name in COLUMNS {
        all.insert(name.to_owned(), Vec::new());
    }
    for (name, _) in e.matrix.specs.iter().flat_map(|spec| spec.meta.iter()) {
        all.insert(format!("meta.{name}"), Vec::new());
    }
    all
}

fn spec_view<'a>(
    e: &'a Emission<'_, '_>,
    id: SpecId,
    spec: &'a Spec,
    planned: &'a PlanSpec,
    aliases: &'a [&'a str],
    columns: &IndexMap<String, Vec<String>>,
) -> SpecView<'a> {
    let config = e.config;
    let mut attributes_of = IndexMap::new();
    for (axis, value) in spec.cell.iter() {
        let axis = config.axis(axis);
        attributes_of.insert(axis.name.clone(), attributes(&axis.values[value]));
    }
    let registries = spec.merged.registries(config);
    let registries = registries.iter().map(|id| &*config.registries[id.0].name);
    let below = calls(e.matrix, e.contents, id).into_iter();
    let mut view = SpecView {
        id: &planned.id,
        image: &planned.image,
        name: &spec.name,
        axes: spec
            .cell
            .iter()
            .map(|(axis, _)| &*config.axis(axis).name)
            .collect(),
        cell: &planned.cell,
        attributes: attributes_of,
        publish: planned.publish,
        tag: spec.tag.as_deref(),
        reference: planned.references.first().map(String::as_str),
        references: &planned.references,
        aliases,
        registries: registries.collect(),
        platforms: &planned.platforms,
        lacks: lacking(config, spec),
        base: planned.base.as_deref(),
        parent: planned.parent.as_deref(),
        needs: &planned.needs,
        layer: planned.layer,
        dockerfile: &planned.dockerfile,
        context: &planned.context,
        target: planned.target.as_deref(),
        args: &planned.args,
        labels: &planned.labels,
        pip_files: {
            let files = &e.contents.get(id).installed_from;
            // Certificates are no packages.
            let authority = spec.merged.ca.as_ref().map(|ca| ca.span.clone());
            let packages = files.iter();
            packages
                .filter(|(stated, _)| Some(stated) != authority.as_ref())
                .flat_map(|(_, paths)| paths)
                .map(String::as_str)
                .collect()
        },
        tests: planned.tests.iter().map(|test| &*test.run).collect(),
        meta: &planned.meta,
        stands_on: below
            .map(|(name, below)| StandsOn {
                id: &e.matrix.spec(below).id,
                name,
            })
            .collect(),
        columns: columns.clone(),
    };
    fill(&mut view);
    view
}

/// Lets the columns of a spec show what it has.
fn fill(view: &mut SpecView<'_>) {
    let mut columns = std::mem::take(&mut view.columns);
    let mut show = |name: &str, texts: Vec<String>| {
        if let Some(column) = columns.get_mut(name) {
            *column = texts;
        }
    };
    let some = |text: Option<&str>| text.map(str::to_owned).into_iter().collect();
    let all = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    show("id", vec![view.id.to_owned()]);
    show("image", vec![view.image.to_owned()]);
    show("name", vec![view.name.to_owned()]);
    show("tag", some(view.tag));
    show("reference", some(view.reference));
    show("references", view.references.to_vec());
    show("aliases", all(view.aliases));
    show("registries", all(&view.registries));
    let platforms = view.platforms.iter().map(|p| p.as_str().to_owned());
    show("platforms", platforms.collect());
    let lacks = view
        .lacks
        .iter()
        .map(|l| format!("{}: {}", l.arch, l.why.reason));
    show("lacks", lacks.collect());
    show("base", some(view.base));
    show("parent", some(view.parent));
    show("needs", view.needs.iter().map(|n| n.to_string()).collect());
    show("dockerfile", vec![view.dockerfile.to_owned()]);
    show("tests", all(&view.tests));
    for (axis, value) in view.cell.iter() {
        show(axis, vec![value.to_string()]);
    }
    for (axis, attributes) in &view.attributes {
        for (name, text) in attributes {
            show(&format!("{axis}.{name}"), vec![text.to_string()]);
        }
    }
    for (name, fact) in view.meta.iter() {
        show(&format!("meta.{name}"), vec![fact.clone()]);
    }
    view.columns = columns;
}
