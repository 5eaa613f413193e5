//! The example of §4, with its places and lists in the library left out, and every spec worked out by hand.

use crate::oracle::expand::plan;
use crate::oracle::model::Spec;

const EXAMPLE: &str = r#"
[release]
version = "0.12.0"
scheme  = "semver"
tag     = "v{{ version }}"

[registry.hub]
prefix = "docker.io/baseten"

[axis]
python = ["3.9", "3.10", "3.11"]
job    = ["server", "training"]
cuda   = [
  "none",
  { value = "12.8.1", os = "ubuntu22.04" },
]
arch   = ["amd64", "arm64"]

[set]
gpu = { cuda = "!none" }

[[exclude]]
match  = { image = "base", job = "training", cuda = "none" }
reason = "training needs a GPU"

[[expect]]
count = 10

[defaults]
user = "1000:1000"

[image.gpu-base]
axes = ["cuda"]
match = "@gpu"
name = "truss-gpu-base"
tag  = "{{ cuda }}-{{ release.tag }}"
from = "nvidia/cuda:{{ cuda }}-base-{{ cuda.os }}"

[image.base]
name   = "truss-{{ job }}-base"
tag    = "{{ python }}{{ '-gpu' if cuda }}-{{ release.tag }}"
parent = "gpu-base"
apt    = ["curl", "git"]
[[image.base.when]]
match  = { cuda = "none" }
from   = "python:{{ python }}-slim-bookworm"
[[image.base.when]]
match  = { job = "training" }
apt    = ["build-essential"]

[[alias]]
match  = { image = "base", job = "server", python = "3.11" }
tags   = ["{{ 'gpu' if cuda else 'cpu' }}-latest"]
newest = ["cuda"]
"#;

fn pairs(written: &[(&str, &str)]) -> Vec<(String, String)> {
    written
        .iter()
        .map(|(key, value)| (key.to_string(), value.to_string()))
        .collect()
}

/// What all specs of the example share.
fn spec(id: &str, image: &str, cell: &[(&str, &str)], tag: &str) -> Spec {
    Spec {
        id: id.into(),
        image: image.into(),
        cell: pairs(cell),
        layer: 0,
        references: vec![format!("docker.io/baseten/{tag}")],
        immutable: true,
        aliases: vec![],
        platforms: vec!["linux/amd64".into(), "linux/arm64".into()],
        base: None,
        parent: None,
        needs: vec![],
        args: vec![],
        meta: vec![],
        publish: true,
    }
}

fn cpu(python: &str) -> Spec {
    Spec {
        base: Some(format!("python:{python}-slim-bookworm")),
        ..spec(
            &format!("base/{python}_server_none"),
            "base",
            &[("python", python), ("job", "server"), ("cuda", "none")],
            &format!("truss-server-base:{python}-v0.12.0"),
        )
    }
}

fn gpu(python: &str, job: &str) -> Spec {
    Spec {
        layer: 1,
        parent: Some("gpu-base/12.8.1".into()),
        ..spec(
            &format!("base/{python}_{job}_12.8.1"),
            "base",
            &[("python", python), ("job", job), ("cuda", "12.8.1")],
            &format!("truss-{job}-base:{python}-gpu-v0.12.0"),
        )
    }
}

fn expected() -> Vec<Spec> {
    let latest = |spec: Spec, tag: &str| Spec {
        aliases: vec![format!("docker.io/baseten/truss-server-base:{tag}-latest")],
        ..spec
    };
    vec![
        Spec {
            base: Some("nvidia/cuda:12.8.1-base-ubuntu22.04".into()),
            ..spec(
                "gpu-base/12.8.1",
                "gpu-base",
                &[("cuda", "12.8.1")],
                "truss-gpu-base:12.8.1-v0.12.0",
            )
        },
        cpu("3.9"),
        gpu("3.9", "server"),
        gpu("3.9", "training"),
        cpu("3.10"),
        gpu("3.10", "server"),
        gpu("3.10", "training"),
        latest(cpu("3.11"), "cpu"),
        latest(gpu("3.11", "server"), "gpu"),
        gpu("3.11", "training"),
    ]
}

#[test]
fn every_spec_of_the_example() {
    let plan = plan(EXAMPLE).unwrap_or_else(|fault| panic!("{fault:?}"));
    assert_eq!(plan.layers, 2);
    for (found, expected) in plan.specs.iter().zip(expected()) {
        assert_eq!(*found, expected);
    }
    assert_eq!(plan.specs.len(), 10);
}

#[test]
fn a_pre_release_moves_no_alias() {
    let plan =
        plan(&EXAMPLE.replace("0.12.0", "0.12.0-rc.1")).unwrap_or_else(|fault| panic!("{fault:?}"));
    assert!(plan.specs.iter().all(|spec| spec.aliases.is_empty()));
    assert_eq!(
        plan.specs[1].references,
        ["docker.io/baseten/truss-server-base:3.9-v0.12.0-rc.1"]
    );
}

#[test]
fn the_product_agrees_on_the_example() {
    if let Some(found) = crate::oracle::compare::disagreement(EXAMPLE) {
        panic!("{}", found.detail);
    }
}
