//! The fixtures are the systems of other libraries, told again in `matrix.toml`. What each must yield is written
//! down here by hand, row by row, from what those systems built; nothing is derived from the product.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support;

fn gen_in(root: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(arguments)
        .arg("-C")
        .arg(root)
        .env("NO_COLOR", "1")
        .env("SOURCE_DATE_EPOCH", support::SOURCE_DATE_EPOCH.0)
        .output()
        .expect("gen starts")
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
}

fn list(value: &Value) -> Vec<&str> {
    value
        .as_array()
        .map(|items| items.iter().map(text).collect())
        .unwrap_or_default()
}

/// The plan, one line a spec: `references : platforms < base or parent + needs | target | args`. A parent, a need and a
/// content in an arg are written as the home reference of the spec that they are.
fn rows(name: &str) -> Vec<String> {
    let output = gen_in(&fixture(name), &["plan"]);
    let plan: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|fault| panic!("{fault}: {}", String::from_utf8_lossy(&output.stderr)));
    let specs = plan["specs"].as_array().expect("specs");
    let home = |spec: &Value| list(&spec["references"])[0].to_owned();
    let by_id: HashMap<&str, String> = specs
        .iter()
        .map(|spec| (text(&spec["id"]), home(spec)))
        .collect();
    let by_content: HashMap<&str, String> = specs
        .iter()
        .map(|spec| (text(&spec["content_reference"]), home(spec)))
        .collect();
    let row = |spec: &Value| {
        let mut row = format!(
            "{} : {}",
            list(&spec["references"]).join(" "),
            list(&spec["platforms"]).join(" ")
        );
        match (&spec["base"], &spec["parent"]) {
            (Value::String(base), Value::Null) => row += &format!(" < {base}"),
            (Value::Null, Value::String(parent)) => {
                row += &format!(" < {}", by_id[parent.as_str()]);
            }
            (base, parent) => assert!(base.is_null() && parent.is_null(), "{spec}"),
        }
        for need in list(&spec["needs"]) {
            row += &format!(" + {}", by_id[need]);
        }
        if let Some(target) = spec["target"].as_str() {
            row += &format!(" | {target}");
        }
        let args = spec["args"].as_object().expect("args");
        for (index, (name, value)) in args.iter().enumerate() {
            let value = by_content
                .get(text(value))
                .map_or(text(value), String::as_str);
            row += &format!("{} {name}={value}", if index == 0 { " |" } else { "" });
        }
        row
    };
    specs.iter().map(row).collect()
}

/// Both sides as sets: what exists is the promise here, order is declared in each `matrix.toml`.
fn assert_rows(name: &str, expected: &str) {
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let found = rows(name);
    let (found, wanted): (BTreeSet<&str>, BTreeSet<&str>) = (
        found.iter().map(String::as_str).collect(),
        expected.iter().copied().collect(),
    );
    assert_eq!(wanted.len(), expected.len(), "a row is written twice");
    let missing: Vec<_> = wanted.difference(&found).collect();
    let surplus: Vec<_> = found.difference(&wanted).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "missing: {missing:#?}\nsurplus: {surplus:#?}"
    );
}

/// Truss at v0.2.2: two jobs, three Pythons, with and without GPU and reload: 24 images.
#[test]
fn truss() {
    assert_rows(
        "truss",
        "
        docker.io/baseten/truss-server-base:3.7-v0.2.2 : linux/amd64 < python:3.7
        docker.io/baseten/truss-server-base:3.8-v0.2.2 : linux/amd64 < python:3.8
        docker.io/baseten/truss-server-base:3.9-v0.2.2 : linux/amd64 < python:3.9
        docker.io/baseten/truss-server-base:3.7-reload-v0.2.2 : linux/amd64 < python:3.7
        docker.io/baseten/truss-server-base:3.8-reload-v0.2.2 : linux/amd64 < python:3.8
        docker.io/baseten/truss-server-base:3.9-reload-v0.2.2 : linux/amd64 < python:3.9
        docker.io/baseten/truss-server-base:3.7-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-server-base:3.8-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-server-base:3.9-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-server-base:3.7-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-server-base:3.8-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-server-base:3.9-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.7-v0.2.2 : linux/amd64 < python:3.7
        docker.io/baseten/truss-training-base:3.8-v0.2.2 : linux/amd64 < python:3.8
        docker.io/baseten/truss-training-base:3.9-v0.2.2 : linux/amd64 < python:3.9
        docker.io/baseten/truss-training-base:3.7-reload-v0.2.2 : linux/amd64 < python:3.7
        docker.io/baseten/truss-training-base:3.8-reload-v0.2.2 : linux/amd64 < python:3.8
        docker.io/baseten/truss-training-base:3.9-reload-v0.2.2 : linux/amd64 < python:3.9
        docker.io/baseten/truss-training-base:3.7-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.8-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.9-gpu-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.7-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.8-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        docker.io/baseten/truss-training-base:3.9-gpu-reload-v0.2.2 : linux/amd64 < nvidia/cuda:11.2.1-base-ubuntu18.04
        ",
    );
}

/// Caliban's first eight images; the build args with their values, in their order, of its `cloudbuild.json`.
#[test]
fn caliban() {
    assert_rows(
        "caliban",
        "
        gcr.io/blueshift-playground/blueshift:gpu-base-cuda100 : linux/amd64 < nvidia/cuda:10.0-base-ubuntu18.04 | CUDA=10.0
        gcr.io/blueshift-playground/blueshift:gpu-base-cuda101 : linux/amd64 < nvidia/cuda:10.1-base-ubuntu18.04 | CUDA=10.1
        gcr.io/blueshift-playground/blueshift:cpu-py37 : linux/amd64 < ubuntu:18.04 | BASE_IMAGE=ubuntu:18.04 PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2
        gcr.io/blueshift-playground/blueshift:cpu-py38 : linux/amd64 < ubuntu:18.04 | BASE_IMAGE=ubuntu:18.04 PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2
        gcr.io/blueshift-playground/blueshift:gpu-cuda100-py37 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-cuda100 | BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-cuda100 PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2
        gcr.io/blueshift-playground/blueshift:gpu-cuda101-py37 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-cuda101 | BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-cuda101 PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2
        gcr.io/blueshift-playground/blueshift:gpu-cuda100-py38 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-cuda100 | BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-cuda100 PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2
        gcr.io/blueshift-playground/blueshift:gpu-cuda101-py38 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-cuda101 | BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-cuda101 PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2
        ",
    );
}

/// ml-mesh's twelve core images: their graph, their regions, the args each build got.
#[test]
fn core_images() {
    let table = [
        (
            "python-base",
            1,
            "python:3.8.16-slim",
            "PYTHON_VERSION=3.8.16",
        ),
        (
            "gpu-base",
            1,
            "nvidia/cuda:11.6.2-cudnn8-runtime-ubuntu20.04",
            "CUDA_VERSION=11.6.2 PYTHON_VERSION=3.8.16",
        ),
        ("gpu-train", 1, "E1 python-base", ""),
        ("neuron-compile", 1, "E1 python-base", ""),
        (
            "neuron-inference",
            1,
            "E1 python-base + E1 neuron-compile",
            "",
        ),
        ("fastapi-serve", 1, "E1 python-base", ""),
        ("kubeflow-jupyter", 2, "E1 python-base", ""),
        ("kubeflow-torch-cpu", 2, "E2 kubeflow-jupyter", ""),
        ("kubeflow-data-science", 2, "E2 kubeflow-torch-cpu", ""),
        ("kubeflow-torch-gpu", 2, "E1 gpu-base", ""),
        ("dask-base", 2, "ghcr.io/dask/dask:2023.3.1-py3.8", ""),
        ("kubeflow-torch-inf", 2, "E1 python-base", ""),
    ];
    let place = |region: u8, image: &str| {
        format!("123456789012.dkr.ecr.us-east-{region}.amazonaws.com/{image}:v23.4.0")
    };
    let mut expected = String::new();
    for (image, region, from, args) in table {
        let from: Vec<String> = from
            .split(" + ")
            .map(|from| match from.split_once(' ') {
                Some(("E1", image)) => place(1, image),
                Some(("E2", image)) => place(2, image),
                _ => from.to_owned(),
            })
            .collect();
        let always = format!("AWS_ACCOUNT_ID=123456789012 IMAGE_TAG=v23.4.0 IMAGE_NAME={image}");
        let row = format!(
            "{} : linux/amd64 < {} | production | {always} {args}",
            place(region, image),
            from.join(" + ")
        );
        expected += row.trim_end();
        expected.push('\n');
    }
    assert_rows("core-images", &expected);
}

/// envd's images of August 2022, and the one their SSH server is copied from.
#[test]
fn envd() {
    assert_rows(
        "envd",
        "
        docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0 ghcr.io/tensorchord/envd-sshd-from-scratch:v0.2.0 : linux/amd64 linux/arm64 | ENVD_VERSION=0.2.0
        docker.io/tensorchord/python:3.9-ubuntu20.04-envd-v0.2.0 : linux/amd64 linux/arm64 < ubuntu:20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0 | ENVD_VERSION=0.2.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0
        docker.io/tensorchord/python:3.9-ubuntu20.04-cuda11.6-cudnn8-envd-v0.2.0 : linux/amd64 linux/arm64 < docker.io/nvidia/cuda:11.6.2-runtime-ubuntu20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0 | ENVD_VERSION=0.2.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0
        docker.io/tensorchord/r-base:4.2-envd-v0.2.0 : linux/amd64 < r-base:4.2.0 + docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0 | ENVD_VERSION=0.2.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0
        docker.io/tensorchord/julia:1.8rc1-ubuntu20.04-envd-v0.2.0 : linux/amd64 linux/arm64 < ubuntu:20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0 | ENVD_VERSION=0.2.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v0.2.0
        ",
    );
    let output = gen_in(&fixture("envd"), &["plan"]);
    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    let aliases: Vec<&str> = plan["specs"]
        .as_array()
        .expect("specs")
        .iter()
        .flat_map(|s| list(&s["aliases"]))
        .collect();
    assert_eq!(
        aliases,
        [
            "docker.io/tensorchord/envd-sshd-from-scratch:latest",
            "ghcr.io/tensorchord/envd-sshd-from-scratch:latest",
            "docker.io/tensorchord/python:3.9-ubuntu20.04-cpu",
            "docker.io/tensorchord/python:3.9-ubuntu20.04-gpu",
        ]
    );
}

/// Nothing is found in any of them but what their systems did knowingly, put the release into the image, and what time
/// has done to them since.
#[test]
fn only_their_age_and_a_baked_release_are_told() {
    let expected: [(&str, &[&str]); 4] = [
        (
            "truss",
            &[
                "warning[end-of-life]: Python 3.9 reached its end of life on 2025-10-31",
                "warning[end-of-life]: Python 3.8 reached its end of life on 2024-10-07",
                "warning[end-of-life]: Python 3.7 reached its end of life on 2023-06-27",
                "warning[base-unknown]: `nvidia/cuda:11.2.1-base-ubuntu18.04` is not known to exist",
                "warning[end-of-life]: Ubuntu 18.04 (bionic) reached its end of life on 2023-05-31",
                "warning[floating-base]: `python:3.9` moves by itself",
            ],
        ),
        (
            "caliban",
            &[
                "warning[end-of-life]: Python 3.7 reached its end of life on 2023-06-27",
                "warning[end-of-life]: Python 3.8 reached its end of life on 2024-10-07",
                "warning[base-unknown]: `nvidia/cuda:10.0-base-ubuntu18.04` is not known to exist",
                "warning[base-unknown]: `nvidia/cuda:10.1-base-ubuntu18.04` is not known to exist",
                "warning[end-of-life]: Ubuntu 18.04 (bionic) reached its end of life on 2023-05-31",
                "warning[end-of-life]: Ubuntu 18.04 (bionic) reached its end of life on 2023-05-31",
            ],
        ),
        (
            "core-images",
            &[
                "note[release-baked]: the release goes into the image",
                "warning[end-of-life]: Python 3.8 reached its end of life on 2024-10-07",
                "warning[end-of-life]: Ubuntu 20.04 (focal) reached its end of life on 2025-05-31",
                "warning[end-of-life]: Python 3.8 reached its end of life on 2024-10-07",
            ],
        ),
        (
            "envd",
            &[
                "warning[end-of-life]: Python 3.9 reached its end of life on 2025-10-31",
                "warning[end-of-life]: Ubuntu 20.04 (focal) reached its end of life on 2025-05-31",
                "note[release-baked]: the release goes into the image",
                "note[release-baked]: the release goes into the image",
                "note[release-baked]: the release goes into the image",
                "note[release-baked]: the release goes into the image",
            ],
        ),
    ];
    for (name, wanted) in expected {
        let folder = tempfile::tempdir().expect("a folder");
        copy(&fixture(name), folder.path());
        let made = gen_in(folder.path(), &["matrix"]);
        assert_eq!(
            made.status.code(),
            Some(0),
            "{name}: {}",
            String::from_utf8_lossy(&made.stderr)
        );
        let checked = gen_in(folder.path(), &["check", "--format", "concise"]);
        let said = String::from_utf8(checked.stderr).expect("text");
        assert_eq!(checked.status.code(), Some(0), "{name}: {said}");
        let lines: Vec<&str> = said.lines().collect();
        let (_, findings) = lines.split_last().expect("a summary");
        let found: Vec<&str> = findings
            .iter()
            .map(|line| line.split_once(": ").map_or(*line, |(_, told)| told))
            .collect();
        assert_eq!(found, wanted, "{name}");
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a fixture") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
