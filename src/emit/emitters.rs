//! The registry of emitters, and the run over them.

use std::ops::Range;

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::config::{Config, schema};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::emit::concerns::report;
use crate::emit::{bake, catalog, cloud_build, github, gitlab, header};
use crate::facts::Facts;
use crate::image::{Contents, Matrix, Plan};
use crate::lock;
use crate::output::{Planned, Tree};
use crate::render::{Dialect, Templates, fault_finding};

/// Where the plan is written.
pub const PLAN: &str = "generated/plan.json";

/// What an emitter works with.
pub struct Emission<'a, 'r> {
    /// The configuration.
    pub config: &'a Config,
    /// Facts of the outside world.
    pub facts: &'a Facts,
    /// The specs.
    pub matrix: &'a Matrix,
    /// The plan.
    pub plan: &'a Plan,
    /// What goes into each spec.
    pub contents: &'a Contents,
    /// The templates.
    pub templates: &'a mut Templates<'r>,
    /// Where faults go.
    pub sink: &'a mut Sink,
}

/// One kind of output: its name, and what it plans. An emitter whose table is absent plans nothing.
struct Emitter {
    name: &'static str,
    /// Where its table stands, if it has one.
    table: fn(&Config) -> Option<Range<usize>>,
    run: fn(&mut Emission<'_, '_>) -> Vec<Planned>,
}

/// All kinds of output.
const EMITTERS: &[Emitter] = &[
    Emitter {
        name: "dockerfiles",
        table: |_| None,
        run: dockerfiles,
    },
    Emitter {
        name: "plan",
        table: |_| None,
        run: plan,
    },
    Emitter {
        name: "schema",
        table: |_| None,
        run: schema_file,
    },
    Emitter {
        name: "publish script",
        table: |config| config.ci.any(),
        run: publish_script,
    },
    Emitter {
        name: "pull request script",
        table: |config| config.ci.pull_request(),
        run: pull_request_script,
    },
    Emitter {
        name: "bake",
        table: |config| {
            let table = config.outputs.bake.as_ref().map(|b| b.span.clone());
            table.or_else(|| config.ci.pull_request())
        },
        run: bake_file,
    },
    Emitter {
        name: "github",
        table: |config| config.ci.github.as_ref().map(|o| o.span.clone()),
        run: github_workflows,
    },
    Emitter {
        name: "gitlab",
        table: |config| config.ci.gitlab.as_ref().map(|o| o.span.clone()),
        run: gitlab_pipelines,
    },
    Emitter {
        name: "cloud-build",
        table: |config| config.ci.cloud_build.as_ref().map(|o| o.span.clone()),
        run: cloud_build_configs,
    },
    Emitter {
        name: "catalog",
        table: |config| config.outputs.catalog.as_ref().map(|c| c.span.clone()),
        run: catalog_files,
    },
];

/// Renders every output into memory.
pub fn emit(emission: &mut Emission<'_, '_>) -> Tree {
    let matrix = emission.config.file.path.to_string();
    let mut tree = Tree::new(header(emission.config), matrix);
    for emitter in EMITTERS {
        for planned in (emitter.run)(emission) {
            if let Err(path) = tree.add(planned) {
                let config = emission.config;
                let label = format!("the output `{}` asks for it", emitter.name);
                let place = match (emitter.table)(config) {
                    Some(span) => config.place(span, label),
                    None => Place::file(config.file.path.clone()),
                };
                let finding = if tree.takes(&path) {
                    let fact = if tree.contains(&path) {
                        format!("two outputs would be `{path}`")
                    } else {
                        format!("`{path}` is taken, or needs a file for its folder")
                    };
                    Finding::new(&code::UNSAFE_VALUE, fact, place)
                        .help("give one of them another path")
                } else {
                    Finding::new(
                        &code::UNSAFE_VALUE,
                        format!(
                            "`{}` is no path below the repository root",
                            path.escape_debug()
                        ),
                        place,
                    )
                    .help("write a relative path without `..`")
                };
                emission.sink.push(finding);
            }
        }
    }
    tree
}

fn dockerfiles(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    e.contents
        .iter()
        .filter_map(|(_, spec)| {
            Some(Planned::text(
                spec.dockerfile.clone(),
                spec.rendered.clone()?,
            ))
        })
        .collect()
}

fn plan(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    vec![Planned::text(PLAN.to_owned(), e.plan.to_json())]
}

fn schema_file(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    vec![Planned::text(
        "generated/matrix.schema.json".to_owned(),
        schema_text(&header(e.config)),
    )]
}

/// The JSON Schema as it is written, with its header as `$comment`.
pub fn schema_text(header: &str) -> String {
    let mut schema = schema();
    if let Some(object) = schema.as_object_mut() {
        object.shift_insert(1, "$comment".to_owned(), header.into());
    }
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

fn publish_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(at) = e.config.ci.any() else {
        return Vec::new();
    };
    let context = Value::from(Serde(Header {
        header: header(e.config),
    }));
    render(
        e,
        Dialect::Shell,
        "ci/publish.sh",
        &context,
        "generated/ci/publish.sh",
        at,
    )
    .into_iter()
    .map(Planned::executable)
    .collect()
}

fn pull_request_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let (Some(at), Some(bake)) = (e.config.ci.pull_request(), bake::file(e.config)) else {
        return Vec::new();
    };
    let context = Value::from(Serde(PullRequest {
        header: header(e.config),
        bake,
        lock: lock::path(&e.config.file.path),
    }));
    render(
        e,
        Dialect::Shell,
        "ci/pull-request.sh",
        &context,
        "generated/ci/pull-request.sh",
        at,
    )
    .into_iter()
    .map(Planned::executable)
    .collect()
}

fn bake_file(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(path) = bake::file(e.config) else {
        return Vec::new();
    };
    let text = bake::text(e.config, e.matrix, e.contents, e.plan, &header(e.config));
    if text.is_none() {
        let table = e.config.outputs.bake.as_ref();
        let at = table.map(|b| b.selector.as_ref().map_or(&b.span, |s| &s.span));
        e.sink.push(
            Finding::new(
                &code::EMPTY_GROUPS,
                "the groups of the bake file would hold no image",
                match at {
                    Some(at) => e.config.place(at.clone(), "accepts no spec"),
                    None => Place::file(e.config.file.path.clone()),
                },
            )
            .help("correct the `match` of `[output.bake]`, or delete it"),
        );
    }
    text.map(|text| Planned::text(path.to_owned(), text))
        .into_iter()
        .collect()
}

#[derive(Serialize)]
struct Header {
    header: String,
}

#[derive(Serialize)]
struct PullRequest<'a> {
    header: String,
    bake: &'a str,
    lock: String,
}

fn github_workflows(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.github else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let publish = github::context(e.plan, e.config, options, e.facts, &mut concerns);
    let publish = Value::from(Serde(&publish));
    let mut workflows = vec![(github::TEMPLATE, options.file.clone(), publish)];
    if let Some(file) = github::pull_request::file(options) {
        let context = github::pull_request::context(e.plan, e.config, options, e.facts);
        let context = Value::from(Serde(&context));
        workflows.push((github::pull_request::TEMPLATE, file, context));
    }
    let at = options.span.clone();
    let mut planned = Vec::new();
    for (template, file, context) in workflows {
        let context = with_header(e.config, context);
        planned.extend(render(
            e,
            Dialect::Github,
            template,
            &context,
            &file,
            at.clone(),
        ));
    }
    for workflow in &planned {
        concerns.extend(github::limits(e.facts, &workflow.path, &workflow.text));
    }
    report(e, &at, concerns);
    planned
}

fn gitlab_pipelines(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.gitlab else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let context = gitlab::context(e.plan, e.config, options, e.facts, &mut concerns);
    report(e, &options.span, concerns);
    let context = with_header(e.config, Value::from(Serde(&context)));
    let mut file = |dialect, template, path: &str| {
        render(e, dialect, template, &context, path, options.span.clone())
    };
    let merge_request = gitlab::merge_request_file(options);
    [
        file(Dialect::Gitlab, gitlab::TEMPLATE, &options.file),
        file(Dialect::Gitlab, gitlab::JOBS, &gitlab::jobs_file(options)),
        merge_request.and_then(|path| file(Dialect::Gitlab, gitlab::MERGE_REQUEST, &path)),
        file(Dialect::Shell, gitlab::CHILDREN, gitlab::SCRIPT).map(Planned::executable),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn cloud_build_configs(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(pipeline) = &e.config.ci.cloud_build else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let files = cloud_build::files(e.plan, e.config, pipeline, e.facts, &mut concerns);
    report(e, &pipeline.span, concerns);
    let mut planned = Vec::new();
    for file in files.configs {
        let context = with_header(e.config, Value::from(Serde(&file.context)));
        let at = pipeline.span.clone();
        let dialect = Dialect::CloudBuild;
        planned.extend(render(e, dialect, file.template, &context, &file.path, at));
    }
    if let Some((path, script)) = files.script {
        let context = with_header(e.config, Value::from(Serde(&script)));
        let at = pipeline.span.clone();
        let script = render(e, Dialect::Shell, cloud_build::SCRIPT, &context, &path, at);
        planned.extend(script.map(Planned::executable));
    }
    planned
}

fn catalog_files(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(catalog) = &e.config.outputs.catalog else {
        return Vec::new();
    };
    let Some(entries) = catalog::Entries::new(catalog, e.config, e.matrix, e.plan) else {
        let at = catalog.selector.as_ref().map_or(&catalog.span, |s| &s.span);
        e.sink.push(
            Finding::new(
                &code::EMPTY_CATALOG,
                "the catalog would hold no image",
                e.config.place(at.clone(), "accepts no spec"),
            )
            .help("correct the `match` of `[output.catalog]`, or delete it"),
        );
        return Vec::new();
    };
    let module = catalog.python.as_ref().and_then(|path| {
        let context = Value::from(Serde(catalog::context(&entries, e.config)));
        let context = with_header(e.config, context);
        render(
            e,
            Dialect::Python,
            catalog::TEMPLATE,
            &context,
            path,
            catalog.span.clone(),
        )
    });
    let data = catalog
        .json
        .as_ref()
        .map(|path| Planned::text(path.clone(), entries.to_json()));
    module.into_iter().chain(data).collect()
}

fn with_header(config: &Config, context: Value) -> Value {
    minijinja::context! { header => header(config), ..context }
}

fn render(
    e: &mut Emission<'_, '_>,
    dialect: Dialect,
    template: &str,
    context: &Value,
    path: &str,
    at: Range<usize>,
) -> Option<Planned> {
    match e.templates.render(dialect, template, context) {
        Ok(text) => Some(Planned::text(path.to_owned(), text)),
        Err(error) => {
            let asked = e.config.place(at, format!("asks for `{path}`"));
            e.sink
                .push(fault_finding(e.templates, template, &error, asked));
            None
        }
    }
}
