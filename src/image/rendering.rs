//! Rendered Dockerfiles: the decisions behind `templates/docker/Dockerfile`.

use std::sync::Arc;

use minijinja::value::Serde;
use minijinja::{Value, context};

use crate::config::header;
use crate::config::{Config, PythonSource};
use crate::image::account::{Account, Owner, RunsAs};
use crate::image::authority::{self, Authority};
use crate::image::pip_files::PipFile;
use crate::image::secrets::OfPython;
use crate::image::{Matrix, Spec};
use crate::render::Scope;

/// What apt, dpkg and ldconfig leave behind that names the time of the run, and that nothing reads: with it two builds differ.
/// Found by building
/// twice and comparing.
const DATED: [&str; 6] = [
    "/var/log/apt",
    "/var/log/dpkg.log",
    "/var/log/alternatives.log",
    "/var/cache/ldconfig/aux-cache",
    "/var/cache/debconf/*-old",
    "/var/lib/dpkg/*-old",
];

/// The template used when an image names none.
pub const TEMPLATE: &str = "docker/Dockerfile";

/// The init, where Debian and Ubuntu install it, and the word behind which its command begins.
const INIT: [&str; 2] = ["/usr/bin/tini", "--"];

/// Of the locales that need no package the one that knows all characters.
const LANG: (&str, &str) = ("LANG", "C.UTF-8");

/// The rendered texts of a spec.
#[derive(Debug)]
pub(super) struct Parts {
    /// Base, or parent by content.
    pub from: String,
    /// Build args.
    pub args: Vec<(String, String)>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// Where what it is made from can be seen.
    pub source: Option<String>,
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// Distribution packages.
    pub apt: Vec<String>,
    /// Python packages.
    pub pip: Vec<String>,
    /// Files of them.
    pub pip_files: Vec<PipFile>,
    /// Secrets that steps are handed which install them.
    pub secrets: Vec<OfPython>,
    /// Whose certificates are to be trusted besides.
    pub authority: Option<Authority>,
    /// Who it runs as.
    pub runs_as: RunsAs,
    /// Whether an init runs first.
    pub init: bool,
    /// Entrypoint.
    pub entrypoint: Option<Vec<String>>,
    /// Command.
    pub cmd: Option<Vec<String>>,
}

/// What a rendered image has for those that stand on it. Of a Dockerfile of the user's nothing is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Brings {
    /// The account of its user.
    pub account: Option<Account>,
    /// Whom files in its environment of Python belong to.
    pub owner: Option<Owner>,
    /// Whether its entrypoint is an init.
    pub init: bool,
    /// Whose certificates it trusts besides, by the path of the file from the root.
    pub authority: Option<String>,
}

/// What stands beside a spec that its Dockerfile depends on.
pub(super) struct Around<'a> {
    /// What the parent brings.
    pub below: &'a Brings,
    /// How it comes by its Python.
    pub python: Python,
    /// Whether its parent has an environment of Python.
    pub venv_below: bool,
    /// The image that uv is taken from.
    pub uv_image: &'a str,
    /// What caches of packages are shared by.
    pub distribution: &'a str,
    /// The day that packages are not to be older than, where one is locked.
    pub refreshed: Option<String>,
}

/// How a spec comes by its Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Python {
    /// There is none, or it is somebody else's.
    System,
    /// Already in `/opt/venv`, from an image below.
    Inherited,
    /// An environment over that of the official image.
    Official,
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
    let source = spec.merged.python.unwrap_or_default();
    if !rendered || wanted.is_none() {
        return match source {
            _ if inherited => Python::Inherited,
            PythonSource::Auto if rendered && official() => Python::Official,
            _ => Python::System,
        };
    }
    if inherited && below.and_then(|(parent, _)| python_version(config, parent)) == wanted {
        return Python::Inherited;
    }
    match source {
        PythonSource::Base => Python::System,
        // There is but one in it.
        PythonSource::Auto if official() && inherited => Python::Inherited,
        PythonSource::Auto if official() => Python::Official,
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
    around: &Around<'_>,
    parts: Parts,
    names: Vec<(Arc<str>, Value)>,
) -> Value {
    let fresh = spec.parent.is_none();
    let env = env(config, spec, &parts, around);
    let labels = labels(spec, &parts);
    let packages = packages(&parts, around);
    let entrypoint = entrypoint(&parts, around);
    let RunsAs {
        user,
        account,
        owner,
        arbitrary,
        home,
    } = parts.runs_as;
    let below = around.below.account.as_ref();
    let is_new = account.is_some() && account.as_ref() != below;
    let renumbered = account.as_ref().zip(below);
    let renumbered =
        renumbered.filter(|(own, below)| own.name == below.name && own.uid != below.uid);
    let renumbered = renumbered.map(|(_, below)| below.clone());
    let handed =
        around.python == Python::Inherited && owner.is_some() && around.below.owner != owner;
    // What the parent made need not be made again.
    let account = account.filter(|_| is_new);
    let install = match around.python {
        Python::Official => Some("venv"),
        Python::Uv => Some("uv"),
        Python::Deadsnakes => Some("deadsnakes"),
        Python::System | Python::Inherited => None,
    };
    // In the step itself, and not in a comment: a builder's cache knows no comments.
    let refreshed = around.refreshed.as_ref();
    let since = refreshed.map_or(String::new(), |day| format!(": not older than {day}; "));
    let mut own: Vec<(Arc<str>, Value)> = vec![
        ("header".into(), Value::from(header(config))),
        ("spec".into(), Value::from(spec.id.as_ref())),
        ("args".into(), Value::from(Serde(&parts.args))),
        ("env".into(), Value::from(Serde(&env))),
        ("labels".into(), Value::from(Serde(&labels))),
        ("apt".into(), Value::from(Serde(&parts.apt))),
        ("packages".into(), Value::from(Serde(&packages))),
        ("distribution".into(), Value::from(around.distribution)),
        ("pip".into(), Value::from(Serde(&parts.pip))),
        ("pip_files".into(), Value::from(Serde(&parts.pip_files))),
        ("python_secrets".into(), Value::from(Serde(&parts.secrets))),
        ("authority".into(), Value::from(Serde(&parts.authority))),
        ("user".into(), Value::from(user)),
        ("account".into(), Value::from(Serde(&account))),
        ("renumbered".into(), Value::from(Serde(&renumbered))),
        ("owner".into(), Value::from(Serde(&owner))),
        ("arbitrary".into(), Value::from(arbitrary)),
        ("home".into(), Value::from(Serde(&home))),
        ("entrypoint".into(), Value::from(Serde(&entrypoint))),
        ("cmd".into(), Value::from(Serde(&parts.cmd))),
        ("fresh".into(), Value::from(fresh)),
        (
            "continued".into(),
            Value::from_safe_string(" \\".to_owned()),
        ),
        ("uv_image".into(), Value::from(around.uv_image)),
        ("refreshed".into(), Value::from(Serde(&around.refreshed))),
        ("since".into(), Value::from_safe_string(since)),
        ("reproducible".into(), Value::from(config.ci.reproducible)),
        ("dated".into(), Value::from_safe_string(DATED.join(" "))),
    ];
    // The `python` axis keeps its name; what to do about it stands beside it.
    let python_view = context! {
        install => install,
        version => python_version(config, spec).map(|v| v.to_string()),
        venv => around.python != Python::System,
        handed => handed,
        replaces => install.is_some() && around.venv_below,
    };
    own.push(("interpreter".into(), python_view));
    // The first of a name is seen: an axis `env` or `user` takes nothing from the template.
    own.extend(names);
    Value::from_object(Scope(own))
}

/// The environment: what is built in first, unless the matrix says otherwise.
fn env(config: &Config, spec: &Spec, parts: &Parts, around: &Around<'_>) -> Vec<(String, String)> {
    let mut built_in = Vec::new();
    if spec.parent.is_none() {
        built_in.push(LANG);
        if uses_cuda(config, spec) {
            built_in.extend(NVIDIA);
        }
    }
    let account = parts.runs_as.account.as_ref();
    let is_new = account != around.below.account.as_ref();
    // No entry says where a user is at home whom nobody knows beforehand. For others `HOME` is left to their entries: root's
    // steps in images that stand on this one would have the user's home for theirs, and leave files in it.
    built_in.extend(
        account
            .filter(|a| a.arbitrary && is_new)
            .map(|a| ("HOME", &*a.home)),
    );
    if parts.authority.is_some() && around.below.authority.is_none() {
        built_in.extend(authority::VARIABLES);
    }
    laid_over(&built_in, &parts.env)
}

/// The label for where what an image is made from can be seen.
/// Source: opencontainers/image-spec, annotations.md.
pub(super) const SOURCE_LABEL: &str = "org.opencontainers.image.source";

/// The labels. A child inherits those of its base: without its own, those of a stranger show through.
fn labels(spec: &Spec, parts: &Parts) -> Vec<(String, String)> {
    // A digest is known of locked bases; a parent is named by its content.
    let (base, digest) = match parts.from.split_once('@') {
        Some((base, digest)) => (base, Some(digest)),
        None => (parts.from.as_str(), None),
    };
    let mut built_in = vec![
        ("org.opencontainers.image.title", spec.name.as_str()),
        ("org.opencontainers.image.base.name", base),
    ];
    built_in.extend(digest.map(|digest| ("org.opencontainers.image.base.digest", digest)));
    built_in.push(("org.opencontainers.image.ref.name", spec.id.as_ref()));
    let source = parts.source.as_deref();
    built_in.extend(source.map(|source| (SOURCE_LABEL, source)));
    laid_over(&built_in, &parts.labels)
}

/// What is built in, and over it what is stated, which takes its own place.
fn laid_over(built_in: &[(&str, &str)], stated: &[(String, String)]) -> Vec<(String, String)> {
    let replaced = |name: &str| stated.iter().any(|(stated, _)| stated == name);
    let kept = built_in.iter().filter(|(name, _)| !replaced(name));
    let kept = kept.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    kept.chain(stated.iter().cloned()).collect()
}

/// The packages of the image, with what it needs besides.
fn packages(parts: &Parts, around: &Around<'_>) -> Vec<String> {
    let mut packages = parts.apt.clone();
    let mut need = |name: &str, first: bool| {
        if !packages.iter().any(|package| package == name) {
            let at = if first { 0 } else { packages.len() };
            packages.insert(at, name.to_owned());
        }
    };
    if around.python == Python::Deadsnakes {
        need("software-properties-common", true);
    }
    if parts.init && !around.below.init {
        need("tini", false);
    }
    if parts.authority.is_some() {
        need(authority::PACKAGE, false);
    }
    packages
}

/// The entrypoint, behind the init where there is one that no image below has put there.
fn entrypoint(parts: &Parts, around: &Around<'_>) -> Option<Vec<String>> {
    let init = || INIT.iter().map(|word| (*word).to_owned());
    match &parts.entrypoint {
        Some(words) if parts.init => Some(init().chain(words.iter().cloned()).collect()),
        None if parts.init && !around.below.init => Some(init().collect()),
        stated => stated.clone(),
    }
}
