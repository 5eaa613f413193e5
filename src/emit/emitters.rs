//! The registry of emitters, and the run over them.

use std::ops::Range;

use minijinja::Value;
use minijinja::value::Serde;

use crate::config::{Config, SCHEMA};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::emit::concerns::report;
use crate::emit::{bake, catalog, cloud_build, github, gitlab, header};
use crate::facts::Facts;
use crate::image::{Contents, Matrix, Plan, ignore_path};
use crate::lock;
use crate::output::{Planned, Refused, Tree};
use crate::render::{Dialect, Templates, fault_finding};

/// The script by which every pipeline publishes: a template, and where it is written below the folder of outputs.
pub const PUBLISH: &str = "ci/publish.sh";

/// The same for the script by which every pipeline of a change builds.
pub const CHANGES: &str = "ci/pull-request.sh";

/// Where the plan is written, below the folder of outputs.
pub const PLAN: &str = "plan.json";

/// The same for scripts; written where there is one.
pub const LINES: &str = "plan.lines";

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
        name: "plan for scripts",
        table: Config::publishes,
        run: plan_lines,
    },
    Emitter {
        name: "schema",
        table: |config| config.outputs.schema.as_ref().map(|s| s.span.clone()),
        run: schema_file,
    },
    Emitter {
        name: "publish script",
        table: Config::publishes,
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
    let owner = emission.config.owner.clone();
    let mut tree = Tree::new(header(emission.config), owner);
    for emitter in EMITTERS {
        for planned in (emitter.run)(emission) {
            let path = planned.path.clone();
            if let Err(refused) = tree.add(planned) {
                let config = emission.config;
                let label = format!("the output `{}` asks for it", emitter.name);
                let place = match (emitter.table)(config) {
                    Some(span) => config.place(span, label),
                    None => Place::file(config.file.path.clone()),
                };
                emission.sink.push(unplaced(&path, &refused, place));
            }
        }
    }
    tree
}

/// The finding for an output that cannot have its path.
fn unplaced(path: &str, refused: &Refused, place: Place) -> Finding {
    let path = path.escape_debug();
    let other = "give one of them another path";
    match refused {
        Refused::Outside => Finding::new(
            &code::UNSAFE_VALUE,
            format!("`{path}` is no path below the repository root"),
            place,
        )
        .help("write a relative path without `..`"),
        Refused::Twice => Finding::new(
            &code::UNSAFE_VALUE,
            format!("two outputs would be `{path}`"),
            place,
        )
        .help(other),
        Refused::Taken => Finding::new(
            &code::UNSAFE_VALUE,
            format!("`{path}` is taken, or needs a file for its folder"),
            place,
        )
        .help(other),
        Refused::Case(taken) => Finding::new(
            &code::PATH_COLLISION,
            format!("`{path}` and `{taken}` are one where case is ignored"),
            place,
        )
        .help("let them differ by more than case"),
        Refused::Long(bytes) => Finding::new(
            &code::PATH_TOO_LONG,
            format!("a part of the path `{path}` has {bytes} bytes, and disks take 255"),
            place,
        )
        .help("shorten it, or the values that it is made of"),
    }
}

fn dockerfiles(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    e.contents
        .iter()
        .flat_map(|(_, spec)| {
            let dockerfile = spec.rendered.clone();
            let dockerfile = dockerfile.map(|text| Planned::text(spec.dockerfile.clone(), text));
            let ignore = spec.ignore.clone();
            let ignore = ignore.map(|text| Planned::text(ignore_path(&spec.dockerfile), text));
            dockerfile.into_iter().chain(ignore)
        })
        .collect()
}

fn plan(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    vec![Planned::text(e.config.owner.path(PLAN), e.plan.to_json())]
}

fn plan_lines(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let asked = e.config.publishes();
    asked
        .map(|_| {
            Planned::text(
                e.config.owner.path(LINES),
                e.plan.to_lines(&header(e.config)),
            )
        })
        .into_iter()
        .collect()
}

fn schema_file(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let schema = e.config.outputs.schema.iter();
    schema
        .map(|schema| Planned::text(schema.file.clone(), schema_text(&header(e.config))))
        .collect()
}

/// The JSON Schema as it is written, with its header as `$comment` behind the first key.
pub fn schema_text(header: &str) -> String {
    let first = SCHEMA
        .match_indices('\n')
        .nth(1)
        .map_or(0, |(at, _)| at + 1);
    let (first, rest) = SCHEMA.split_at(first);
    format!(
        "{first}  \"$comment\": {},\n{rest}",
        serde_json::Value::from(header)
    )
}

fn publish_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(at) = e.config.publishes() else {
        return Vec::new();
    };
    let context = with_header(e.config, Value::from(()));
    let path = e.config.owner.path(PUBLISH);
    render(e, Dialect::Shell, PUBLISH, &context, &path, at)
        .into_iter()
        .map(Planned::executable)
        .collect()
}

fn pull_request_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let (Some(at), Some(bake)) = (e.config.ci.pull_request(), bake::file(e.config)) else {
        return Vec::new();
    };
    let lock = lock::path(&e.config.file.path);
    let context = with_header(e.config, minijinja::context! { bake, lock });
    let path = e.config.owner.path(CHANGES);
    render(e, Dialect::Shell, CHANGES, &context, &path, at)
        .into_iter()
        .map(Planned::executable)
        .collect()
}

fn bake_file(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(path) = bake::file(e.config) else {
        return Vec::new();
    };
    let text = bake::text(e.matrix, e.contents, e.plan, &header(e.config));
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
    text.map(|text| Planned::text(path, text))
        .into_iter()
        .collect()
}

fn github_workflows(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.github else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let publish = github::context(e.plan, e.config, options, e.facts, &mut concerns);
    let publish = Value::from(Serde(&publish));
    let mut workflows = vec![(github::TEMPLATE, options.file.value.clone(), publish)];
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
    let script = e.config.owner.path(gitlab::SCRIPT);
    let mut file = |dialect, template, path: &str| {
        render(e, dialect, template, &context, path, options.span.clone())
    };
    let merge_request = gitlab::merge_request_file(options);
    [
        file(Dialect::Gitlab, gitlab::TEMPLATE, &options.file),
        file(Dialect::Gitlab, gitlab::JOBS, &gitlab::jobs_file(options)),
        merge_request.and_then(|path| file(Dialect::Gitlab, gitlab::MERGE_REQUEST, &path)),
        file(Dialect::Shell, gitlab::CHILDREN, &script).map(Planned::executable),
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
        let config = render(e, dialect, file.template, &context, &file.path, at.clone());
        planned.extend(config.and_then(|config| in_its_format(e, config, at)));
    }
    if let Some((path, script)) = files.script {
        let context = with_header(e.config, Value::from(Serde(&script)));
        let at = pipeline.span.clone();
        let script = render(e, Dialect::Shell, cloud_build::SCRIPT, &context, &path, at);
        planned.extend(script.map(Planned::executable));
    }
    planned
}

/// A config of Cloud Build as its path says: YAML, or JSON.
fn in_its_format(e: &mut Emission<'_, '_>, config: Planned, at: Range<usize>) -> Option<Planned> {
    if !cloud_build::is_json(&config.path) {
        return Some(config);
    }
    let Some(text) = cloud_build::json(&config.text, &header(e.config)) else {
        let place = e.config.place(at, format!("asks for `{}`", config.path));
        let headline = format!("what the templates make of `{}` is no YAML", config.path);
        let finding = Finding::new(&code::TEMPLATE_FAULT, headline, place);
        let help =
            "JSON is made from it: correct the template, or ask for a file that ends in `.yaml`";
        e.sink.push(finding.help(help));
        return None;
    };
    Some(Planned { text, ..config })
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

/// What every template but a Dockerfile's sees besides its own: the header, the folder of outputs, and the name by which
/// this matrix is told from others in the repository, both by itself and as what stands behind a word.
fn with_header(config: &Config, context: Value) -> Value {
    let owner = &config.owner;
    minijinja::context! {
        header => header(config),
        folder => owner.folder(),
        name => owner.name(),
        suffix => owner.suffix(),
        ..context
    }
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
