//! The registry of emitters, and the run over them.

use std::ops::Range;

use minijinja::Value;
use minijinja::value::Serde;

use crate::config::header;
use crate::config::{Config, SCHEMA};
use crate::diagnostic::{Finding, Place, Sink, Stopped, code};
use crate::emit::provider::Layout;
use crate::emit::providers::Providers;
use crate::emit::site::Site;
use crate::emit::{bake, catalog, files};
use crate::facts::Facts;
use crate::image::plan::PLAN;
use crate::image::{Contents, Matrix, Plan, ignore_path};
use crate::output::{Planned, Refused, Tree};
use crate::render::{Dialect, Templates, fault_finding};
use crate::source::lock_path;

/// The script by which every pipeline publishes: a template, and where it is written below the folder of outputs.
pub(super) const PUBLISH: &str = "ci/publish.sh";

/// The same for the script by which every pipeline of a change builds.
pub(super) const CHANGES: &str = "ci/pull-request.sh";

/// The same for the script that moves what images stand on.
pub(super) const REFRESH: &str = "ci/refresh.sh";

/// How both run a test.
const TEST: &str = "ci/test.sh";

/// The same for scripts; written where there is one.
pub(super) const LINES: &str = "plan.lines";

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
    /// The CI providers.
    pub providers: Providers,
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

/// Kinds of output, but for pipelines.
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
        name: "refresh script",
        table: refreshes,
        run: refresh_script,
    },
    Emitter {
        name: "bake",
        table: |config| {
            let table = config.outputs.bake.as_ref().map(|b| b.span.clone());
            table.or_else(|| config.ci.pull_request())
        },
        run: bake_file,
    },
];

/// What comes after the pipelines.
const LAST: &[Emitter] = &[Emitter {
    name: "catalog",
    table: |config| config.outputs.catalog.as_ref().map(|c| c.span.clone()),
    run: catalog_files,
}];

/// Renders every output into memory.
pub fn emit(emission: &mut Emission<'_, '_>) -> Tree {
    let owner = emission.config.owner.clone();
    let mut tree = Tree::new(header(emission.config), owner);
    run(emission, EMITTERS, &mut tree);
    let (config, facts, plan) = (emission.config, emission.facts, emission.plan);
    for provider in emission.providers.iter() {
        if let Some(site) = Site::new(provider, config, facts, plan) {
            let planned = pipeline(emission, &site);
            let table = Some(site.pipeline.span.clone());
            add(emission, &mut tree, provider.key(), table, planned);
        }
    }
    run(emission, LAST, &mut tree);
    // Last of all: their templates see which outputs there are.
    files::add(emission, &mut tree);
    tree
}

/// What people set up before the pipelines that are on can run: for each of them its title, and a line for each place.
pub fn setup(
    providers: Providers,
    config: &Config,
    facts: &Facts,
    plan: &Plan,
) -> Vec<(&'static str, Vec<String>)> {
    let sites = providers.iter().filter_map(|provider| {
        let site = Site::new(provider, config, facts, plan)?;
        Some((provider.title(), provider.setup(&site)))
    });
    sites.filter(|(_, lines)| !lines.is_empty()).collect()
}

fn run(emission: &mut Emission<'_, '_>, emitters: &[Emitter], tree: &mut Tree) {
    for emitter in emitters {
        let planned = (emitter.run)(emission);
        let table = (emitter.table)(emission.config);
        add(emission, tree, emitter.name, table, planned);
    }
}

/// Adds the outputs of an emitter to the tree; what has no place there is told at its table.
fn add(
    emission: &mut Emission<'_, '_>,
    tree: &mut Tree,
    name: &str,
    table: Option<Range<usize>>,
    planned: Vec<Planned>,
) {
    for planned in planned {
        let path = planned.path.clone();
        if let Err(refused) = tree.add(planned) {
            let config = emission.config;
            let label = format!("the output `{name}` asks for it");
            let place = match &table {
                Some(span) => config.place(span.clone(), label),
                None => Place::file(config.file.path.clone()),
            };
            emission.sink.push(unplaced(&path, &refused, place));
        }
    }
}

/// The finding for an output that cannot have its path.
pub(super) fn unplaced(path: &str, refused: &Refused, place: Place) -> Finding {
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
    let pipelines = e.providers.keys();
    let context = with_header(e.config, minijinja::context! { pipelines });
    let path = e.config.owner.path(PUBLISH);
    render(e, Dialect::Shell, PUBLISH, &context, &path, at)
        .into_iter()
        .map(Planned::executable)
        .collect()
}

/// How the pipelines' scripts run a test in a container: a function of a shell.
///
/// # Errors
/// When the template fails; why is in `sink`.
pub fn test_script(
    config: &Config,
    templates: &mut Templates<'_>,
    sink: &mut Sink,
) -> Result<String, Stopped> {
    let script = templates.render(Dialect::Shell, TEST, &minijinja::context! {});
    script.map_err(|error| {
        let asked = Place::file(config.file.path.clone());
        sink.push(fault_finding(templates, TEST, &error, asked));
        Stopped
    })
}

fn pull_request_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let (Some(at), Some(bake)) = (e.config.ci.pull_request(), e.config.bake_file()) else {
        return Vec::new();
    };
    let lock = lock_path(&e.config.file.path);
    let pipelines = e.providers.keys();
    // Where a branch is published, too, what changes there is released later.
    let mut channels = e.config.channels.iter();
    let waits =
        channels.any(|channel| channel.branch().is_some()) || e.config.check.lets_changes_wait();
    let parents = e.config.stands_on_published();
    let context = minijinja::context! { bake, lock, pipelines, waits, parents };
    let context = with_header(e.config, context);
    let path = e.config.owner.path(CHANGES);
    render(e, Dialect::Shell, CHANGES, &context, &path, at)
        .into_iter()
        .map(Planned::executable)
        .collect()
}

/// Where it is said how pipelines run gen.
fn refreshes(config: &Config) -> Option<Range<usize>> {
    config
        .ci
        .command
        .as_ref()
        .map(|command| command.span.clone())
}

fn refresh_script(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(command) = &e.config.ci.command else {
        return Vec::new();
    };
    let released = e.config.release.is_some();
    let matrix = &e.config.file.path;
    let context = minijinja::context! { gen => command.trim(), matrix, released };
    let (context, at) = (with_header(e.config, context), command.span.clone());
    let path = e.config.owner.path(REFRESH);
    render(e, Dialect::Shell, REFRESH, &context, &path, at)
        .into_iter()
        .map(Planned::executable)
        .collect()
}

fn bake_file(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(path) = e.config.bake_file() else {
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

/// The files of a provider's pipeline.
fn pipeline(e: &mut Emission<'_, '_>, site: &Site<'_>) -> Vec<Planned> {
    let provider = site.provider;
    let Layout {
        files,
        mut findings,
        ..
    } = provider.lay_out(site);
    let mut planned = Vec::new();
    for file in files {
        let context = with_header(e.config, file.context);
        let at = site.pipeline.span.clone();
        let rendered = render(e, file.dialect, file.template, &context, &file.path, at);
        let rendered = rendered.map(|text| match file.dialect {
            Dialect::Shell => text.executable(),
            _ => text,
        });
        planned.extend(rendered.and_then(|file| provider.finish(site, file, &mut findings)));
    }
    for finding in findings {
        e.sink.push(finding);
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

/// What every template but a Dockerfile's sees besides its own: the header, the folder of outputs, and the name by which
/// this matrix is told from others in the repository, both by itself and as what stands behind a word.
pub(super) fn with_header(config: &Config, context: Value) -> Value {
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
