//! The registry of emitters, and the run over them.

use minijinja::Value;
use minijinja::value::Serde;
use serde::Serialize;

use crate::config::{Config, schema};
use crate::diagnostic::{Finding, Sink, code};
use crate::emit::work::Concern;
use crate::emit::{cloud_build, github, gitlab, header};
use crate::facts;
use crate::image::{Contents, Plan};
use crate::output::{Planned, Tree};
use crate::render::{Dialect, Templates, fault_finding};

/// What an emitter works with.
pub struct Emission<'a, 'r> {
    /// The configuration.
    pub config: &'a Config,
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
    run: fn(&mut Emission<'_, '_>) -> Vec<Planned>,
}

/// All kinds of output.
const EMITTERS: &[Emitter] = &[
    Emitter {
        name: "dockerfiles",
        run: dockerfiles,
    },
    Emitter {
        name: "plan",
        run: plan,
    },
    Emitter {
        name: "schema",
        run: schema_file,
    },
    Emitter {
        name: "publish script",
        run: publish_script,
    },
    Emitter {
        name: "github",
        run: github_workflow,
    },
    Emitter {
        name: "gitlab",
        run: gitlab_pipeline,
    },
    Emitter {
        name: "cloud-build",
        run: cloud_build_config,
    },
];

/// Renders every output into memory.
pub fn emit(emission: &mut Emission<'_, '_>) -> Tree {
    let mut tree = Tree::new(header(emission.config));
    for emitter in EMITTERS {
        for planned in (emitter.run)(emission) {
            if let Err(path) = tree.add(planned) {
                let place = emission
                    .config
                    .place(0..0, format!("planned by `{}`", emitter.name));
                emission.sink.push(Finding::new(
                    &code::UNSAFE_VALUE,
                    format!(
                        "`{path}` cannot be an output: it is taken, or leads out of the repository"
                    ),
                    place,
                ));
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
    vec![Planned::text(
        "generated/plan.json".to_owned(),
        e.plan.to_json(),
    )]
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
    if e.config.ci.any().is_none() {
        return Vec::new();
    }
    let context = Value::from(Serde(Header {
        header: header(e.config),
    }));
    render(
        e,
        Dialect::Shell,
        "ci/publish.sh",
        &context,
        "generated/ci/publish.sh",
    )
    .into_iter()
    .map(Planned::executable)
    .collect()
}

#[derive(Serialize)]
struct Header {
    header: String,
}

fn github_workflow(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.github else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let context = github::context(
        e.plan,
        e.config,
        options,
        facts::action_pins(),
        &mut concerns,
    );
    report(e, &options.span, concerns);
    let context = with_header(e.config, Value::from(Serde(&context)));
    render(
        e,
        Dialect::Github,
        github::TEMPLATE,
        &context,
        &options.file,
    )
    .into_iter()
    .collect()
}

fn gitlab_pipeline(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.gitlab else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let context = gitlab::context(e.plan, e.config, options, &mut concerns);
    report(e, &options.span, concerns);
    let context = with_header(e.config, Value::from(Serde(&context)));
    render(
        e,
        Dialect::Gitlab,
        gitlab::TEMPLATE,
        &context,
        &options.file,
    )
    .into_iter()
    .collect()
}

fn cloud_build_config(e: &mut Emission<'_, '_>) -> Vec<Planned> {
    let Some(options) = &e.config.ci.cloud_build else {
        return Vec::new();
    };
    let mut concerns = Vec::new();
    let context = cloud_build::context(e.plan, e.config, options, &mut concerns);
    report(e, &options.span, concerns);
    let context = with_header(e.config, Value::from(Serde(&context)));
    render(
        e,
        Dialect::CloudBuild,
        cloud_build::TEMPLATE,
        &context,
        &options.file,
    )
    .into_iter()
    .collect()
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
) -> Option<Planned> {
    match e.templates.render(dialect, template, context) {
        Ok(text) => Some(Planned::text(path.to_owned(), text)),
        Err(error) => {
            let span = e.config.ci.any().unwrap_or(0..0);
            let asked = e.config.place(span, format!("asks for `{path}`"));
            e.sink
                .push(fault_finding(e.templates, template, &error, asked));
            None
        }
    }
}

/// What a provider cannot do with this plan, as findings at its table.
fn report(e: &mut Emission<'_, '_>, at: &std::ops::Range<usize>, concerns: Vec<Concern>) {
    for concern in concerns {
        let place = |label: String| e.config.place(at.clone(), label);
        e.sink.push(match concern {
            Concern::Limit {
                provider,
                key,
                at,
                count,
            } => Finding::new(
                &code::PROVIDER_LIMIT,
                format!("{provider} would refuse the pipeline: {count} is over its limit `{key}`"),
                place(format!("reached by {at}")),
            )
            .help(widest_axis(e.config)),
            Concern::NoRunner { provider, platform } => Finding::new(
                &code::UNKNOWN_RUNNER,
                format!("{provider} has no runner for `{platform}`"),
                place("it has nowhere to be built".to_owned()),
            )
            .help("name a runner for that platform here, or remove it from the `arch` axis"),
            Concern::NotBuiltHere {
                provider,
                spec,
                platforms,
            } => {
                let finding = Finding::new(
                    &code::NOT_BUILT_HERE,
                    format!("{provider} does not build `{spec}`"),
                    place("a content is built whole or not at all".to_owned()),
                );
                if platforms.is_empty() {
                    finding.note("it stands on a spec that is not built there")
                } else {
                    finding.note(format!(
                        "it has {}, which `platforms` leaves out",
                        platforms.join(", ")
                    ))
                }
            }
            Concern::LoginUnknown {
                provider,
                registry,
                wants,
            } => Finding::new(
                &code::LOGIN_UNKNOWN,
                format!("{provider} cannot log in to registry `{registry}`"),
                place(format!("it wants {wants}")),
            ),
        });
    }
}

/// The next step where a pipeline is too large: the axis with the most values is the one to split by.
fn widest_axis(config: &Config) -> String {
    match config.axes.iter().max_by_key(|a| a.values.len()) {
        Some(axis) => format!(
            "split the matrix file in two by axis `{}` ({} values), or narrow it",
            axis.name,
            axis.values.len()
        ),
        None => "split the matrix file in two".to_owned(),
    }
}
