//! Dockerfiles: the user's own, and where Python comes from in rendered ones.

use super::fixture::{of, with};
use crate::support::{project, run, stdout};

const OWN: &str = "[axis]\npython = [\"3.9\"]\n[image.i]\ntag = \"t\"\ndockerfile = \"docker/{{ image }}/Dockerfile\"\n";

#[test]
fn a_dockerfile_of_the_users_is_named_and_not_rendered() {
    let outcome = with(OWN, &[("docker/i/Dockerfile", "FROM f\n")]);
    let spec = outcome.spec("i/3.9");
    assert_eq!(
        (spec.dockerfile.as_str(), spec.context.as_str()),
        ("docker/i/Dockerfile", "docker/i")
    );
    assert_eq!((&spec.base, &spec.parent), (&None, &None));
}

#[test]
fn target_context_and_args_go_with_it() {
    let text =
        format!("{OWN}target = \"run\"\ncontext = \".\"\nargs = {{ X = \"{{{{ python }}}}\" }}\n");
    let outcome = with(
        &text,
        &[("docker/i/Dockerfile", "FROM f AS run\nARG X\nRUN x $X\n")],
    );
    let spec = outcome.spec("i/3.9");
    assert_eq!(
        (spec.target.as_deref(), spec.context.as_str()),
        (Some("run"), ".")
    );
    assert_eq!(outcome.args(), ["3.9"]);
    assert!(!outcome.has("missing-target") && !outcome.has("undeclared-arg"));
}

#[test]
fn a_dockerfile_that_is_not_there_is_a_finding() {
    assert!(of(OWN).has("dockerfile-missing"));
}

#[test]
fn a_target_that_is_no_stage_is_a_finding() {
    let text = format!("{OWN}target = \"rum\"\n");
    assert!(with(&text, &[("docker/i/Dockerfile", "FROM f AS run\n")]).has("missing-target"));
}

#[test]
fn an_arg_nobody_declares_is_a_finding() {
    let text = format!("{OWN}args = {{ PYTHON = \"{{{{ python }}}}\" }}\n");
    assert!(
        with(
            &text,
            &[("docker/i/Dockerfile", "FROM f\nARG PYTHON_VERSION\n")]
        )
        .has("undeclared-arg")
    );
}

#[test]
fn a_from_that_ignores_the_declared_base_is_a_finding() {
    let text = format!("{OWN}from = \"g\"\nargs = {{ BASE = \"{{{{ from }}}}\" }}\n");
    assert!(with(&text, &[("docker/i/Dockerfile", "FROM f\nARG BASE\n")]).has("parent-ignored"));
    assert!(
        !with(
            &text,
            &[("docker/i/Dockerfile", "ARG BASE=x\nFROM ${BASE}\n")]
        )
        .has("parent-ignored")
    );
}

/// Whether the Dockerfile installs a Python, and how.
fn python(keys: &str) -> &'static str {
    let outcome = of(&format!(
        "[axis]\npython = [\"3.12\"]\n[image.i]\ntag = \"t\"\n{keys}\n"
    ));
    let text = outcome.dockerfile("i/3.12");
    match (text.contains("uv venv"), text.contains("deadsnakes")) {
        (true, false) => "uv",
        (false, true) => "deadsnakes",
        (false, false) => "",
        both => panic!("{both:?}"),
    }
}

#[test]
fn python_auto_installs_the_axis_unless_the_base_is_the_official_image() {
    assert_eq!(python("from = \"debian:trixie\""), "uv");
    assert_eq!(python("from = \"debian:trixie\"\npython = \"auto\""), "uv");
    assert_eq!(python("from = \"python:{{ python }}-slim\""), "");
    assert_eq!(
        python("from = \"docker.io/library/python:{{ python }}\""),
        ""
    );
    assert_eq!(python("from = \"ghcr.io/acme/python:{{ python }}\""), "uv");
}

#[test]
fn python_may_come_from_uv_deadsnakes_or_the_base() {
    assert_eq!(python("from = \"python:3.12\"\npython = \"uv\""), "uv");
    assert_eq!(
        python("from = \"ubuntu:24.04\"\npython = \"deadsnakes\""),
        "deadsnakes"
    );
    assert_eq!(python("from = \"ubuntu:24.04\"\npython = \"base\""), "");
    assert!(of("[image.i]\ntag = \"t\"\nfrom = \"f\"\npython = \"conda\"\n").has("wrong-type"));
}

#[test]
fn a_child_keeps_the_python_of_its_parent() {
    let outcome = of(
        "[axis]\npython = [\"3.12\"]\n[image.low]\ntag = \"t\"\nfrom = \"f\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\n",
    );
    assert!(outcome.dockerfile("low/3.12").contains("uv venv"));
    assert!(!outcome.dockerfile("i/3.12").contains("uv venv"));
}

#[test]
fn what_is_listed_is_what_is_built_on() {
    let matrix = "[image.app]\ntag = \"1\"\nfrom = \"debian:trixie-slim\"\ntemplate = \"t/x\"\n\
        [image.child]\ntag = \"2\"\nparent = \"app\"\ndockerfile = \"ctx/x\"\n\
        [image.true]\ntag = \"3\"\nparent = \"app\"\ndockerfile = \"ctx/true\"\nargs = { BASE = \"{{ from }}\" }\n\
        [image.plain]\ntag = \"4\"\nfrom = \"debian:trixie-slim\"\n";
    let template =
        "# {{ header | comment }}\nFROM python:3.14 AS a\nFROM node:24\nCOPY --from=a /x /x\n";
    let folder = project(&[
        ("matrix.toml", matrix),
        ("templates/t/x", template),
        ("ctx/x", "FROM alpine:3.22\n"),
        ("ctx/true", "ARG BASE=scratch\nFROM ${BASE}\n"),
    ]);
    let said = stdout(&run(folder.path(), &["list"]));
    let bases = said
        .lines()
        .skip(1)
        .filter_map(|line| line.split("linux/amd64  ").nth(1));
    let bases: Vec<&str> = bases.collect();
    assert_eq!(
        bases,
        ["node:24", "alpine:3.22", "app", "debian:trixie-slim"],
        "{said}"
    );
    let said = stdout(&run(folder.path(), &["list", "--format", "json"]));
    assert!(said.contains("\"from\": \"node:24\""), "{said}");
}
