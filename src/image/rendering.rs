//! Rendered Dockerfiles: the decisions behind `templates/docker/Dockerfile`.

use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::config::header;
use crate::config::{Config, PythonSource};
use crate::image::{Matrix, Spec};
use crate::render::Scope;

/// The template used when an image names none.
pub const TEMPLATE: &str = "docker/Dockerfile";

/// Who an image runs as when nobody says otherwise: not root, and numeric, so that Kubernetes can tell.
const USER: &str = "1000:1000";

/// The rendered texts of a spec.
#[derive(Debug)]
pub(super) struct Parts {
    /// Base, or parent by content.
    pub from: String,
    /// Build args.
    pub args: Vec<(String, String)>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Distribution packages.
    pub apt: Vec<String>,
    /// Python packages.
    pub pip: Vec<String>,
    /// `uid:gid`.
    pub user: Option<String>,
    /// Entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Command.
    pub cmd: Option<Vec<String>>,
}

/// How a spec comes by its Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Python {
    /// There is none, or it is somebody else's.
    System,
    /// Already in `/opt/venv`, from an image below.
    Inherited,
    /// From uv.
    Uv,
    /// From the deadsnakes archive.
    Deadsnakes,
}

fn python_version(config: &Config, spec: &Spec) -> Option<Arc<str>> {
    let axis = config.python()?;
    let value = &config.axis(axis).values[spec.cell.get(axis)?];
    (!value.is_none()).then(|| {
        value
            .version_text
            .clone()
            .unwrap_or_else(|| value.text.clone())
    })
}

/// How every spec comes by its Python, by [`SpecId`](crate::grammar::SpecId): parents first, for a child may inherit it.
pub(super) fn pythons(config: &Config, matrix: &Matrix) -> Vec<Python> {
    let mut known = vec![Python::System; matrix.specs.len()];
    for id in &matrix.order {
        let spec = matrix.spec(*id);
        let below = spec
            .parent
            .map(|parent| (matrix.spec(parent), known[parent.0]));
        known[id.0] = python(config, matrix, spec, below);
    }
    known
}

fn python(config: &Config, matrix: &Matrix, spec: &Spec, below: Option<(&Spec, Python)>) -> Python {
    let wanted = python_version(config, spec);
    let inherited = below.is_some_and(|(_, python)| python != Python::System);
    let rendered = spec.merged.dockerfile.is_none();
    let official = || {
        let base = matrix.spec(spec.root).base.as_deref();
        base.is_some_and(|b| config.mirrors.is_hub(b, "python"))
    };
    if !rendered || wanted.is_none() {
        return if inherited {
            Python::Inherited
        } else {
            Python::System
        };
    }
    if inherited && below.and_then(|(parent, _)| python_version(config, parent)) == wanted {
        return Python::Inherited;
    }
    match spec.merged.python.unwrap_or_default() {
        PythonSource::Base => Python::System,
        PythonSource::Auto if official() => Python::System,
        PythonSource::Auto | PythonSource::Uv => Python::Uv,
        PythonSource::Deadsnakes => Python::Deadsnakes,
    }
}

/// NVIDIA's container toolkit looks at these; stages copied from elsewhere, or distributions under a `cuda` axis, lack
/// them. Source: NVIDIA/nvidia-container-toolkit, README.
const NVIDIA: [(&str, &str); 2] = [
    ("NVIDIA_VISIBLE_DEVICES", "all"),
    ("NVIDIA_DRIVER_CAPABILITIES", "compute,utility"),
];

fn uses_cuda(config: &Config, spec: &Spec) -> bool {
    let value = config
        .cuda()
        .and_then(|axis| Some(&config.axis(axis).values[spec.cell.get(axis)?]));
    value.is_some_and(|v| !v.is_none())
        || spec
            .base
            .as_deref()
            .is_some_and(|b| config.mirrors.is_hub(b, "nvidia/cuda"))
}

/// What the template sees: the axes, `image`, `release`, `from` and `needs` as in templated fields, and the texts below.
pub(super) fn view(
    config: &Config,
    spec: &Spec,
    python: Python,
    uv_image: &str,
    parts: Parts,
    names: Vec<(Arc<str>, Value)>,
) -> Value {
    let fresh = spec.parent.is_none();
    let mut env = Vec::new();
    if fresh && uses_cuda(config, spec) {
        env.extend(
            NVIDIA
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        );
    }
    for (name, value) in parts.env {
        env.retain(|(k, _)| *k != name);
        env.push((name, value));
    }
    // A child inherits the labels of its base: without its own, those of a stranger show through.
    let mut labels = vec![
        (
            "org.opencontainers.image.title".to_owned(),
            spec.name.clone(),
        ),
        (
            "org.opencontainers.image.base.name".to_owned(),
            parts.from.clone(),
        ),
        (
            "org.opencontainers.image.ref.name".to_owned(),
            spec.id.to_string(),
        ),
    ];
    for (name, value) in parts.labels {
        labels.retain(|(k, _)| *k != name);
        labels.push((name, value));
    }
    let mut packages = parts.apt.clone();
    if python == Python::Deadsnakes && !packages.iter().any(|p| p == "software-properties-common") {
        packages.insert(0, "software-properties-common".to_owned());
    }
    let user = parts.user.unwrap_or_else(|| USER.to_owned());
    let install = match python {
        Python::Uv => Some("uv"),
        Python::Deadsnakes => Some("deadsnakes"),
        Python::System | Python::Inherited => None,
    };
    let mut own: Vec<(Arc<str>, Value)> = vec![
        ("header".into(), Value::from(header(config))),
        ("spec".into(), Value::from(spec.id.as_ref())),
        ("args".into(), Value::from(Serde(&parts.args))),
        ("env".into(), Value::from(Serde(&env))),
        ("labels".into(), Value::from(Serde(&labels))),
        ("apt".into(), Value::from(Serde(&parts.apt))),
        ("packages".into(), Value::from(Serde(&packages))),
        ("pip".into(), Value::from(Serde(&parts.pip))),
        ("user".into(), Value::from(user)),
        ("entrypoint".into(), Value::from(Serde(&parts.entrypoint))),
        ("cmd".into(), Value::from(Serde(&parts.cmd))),
        ("fresh".into(), Value::from(fresh)),
        (
            "continued".into(),
            Value::from_safe_string(" \\".to_owned()),
        ),
        ("uv_image".into(), Value::from(uv_image)),
    ];
    // The `python` axis keeps its name; what to do about it stands beside it.
    let python_view = context! {
        install => install,
        version => python_version(config, spec).map(|v| v.to_string()),
        venv => python != Python::System,
    };
    own.push(("interpreter".into(), python_view));
    // The first of a name is seen: an axis `env` or `user` takes nothing from the template.
    own.extend(names);
    Value::from_object(Scope(own))
}
