//! The five systems that users move from, each a small repository in `examples/`: made into a repository of git's, generated
//! and checked, and what it comes to compared with what the system built. The tables are written by hand, from the
//! systems; nothing is derived from the product. What the outputs are to those who read them is judged by
//! `tests/consumers/test_examples.py`.

use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::fixtures::core_image_rows;
use crate::support::rows::{assert_rows, list};
use crate::support::{commit, lay, run, stderr, stdout};

/// The example as somebody has it who has just cloned it.
fn cloned(name: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    lay(&examples.join(name), folder.path());
    commit(folder.path(), "as it is in examples/");
    folder
}

/// Every one of them, generated as its README says, has nothing that is found, and stays so when its outputs are committed.
#[test]
fn nothing_is_found_in_any() {
    for name in ["caliban", "core-images", "elyra", "envd", "truss"] {
        let folder = cloned(name);
        let made = run(folder.path(), &["matrix", "--quiet"]);
        assert_eq!(made.status.code(), Some(0), "{name}: {}", stderr(&made));
        assert_eq!(stderr(&made), "", "{name}");
        commit(folder.path(), "what follows from it");
        let checked = run(folder.path(), &["check", "--deny-warnings"]);
        let said = stderr(&checked);
        assert_eq!(checked.status.code(), Some(0), "{name}: {said}");
        assert!(said.starts_with("no findings"), "{name}: {said}");
    }
}

/// A release of each: the texts of the example follow, and nothing is found afterwards.
#[test]
fn each_can_be_released() {
    for (name, version, moved) in [
        ("core-images", "23.5.0", "README.md"),
        ("elyra", "3.16.0", "docs/images.md"),
        ("envd", "1.2.0", "docs/custom-images.md"),
        (
            "truss",
            "0.19.0",
            "truss-chains/examples/transcription/whisper_chainlet.py",
        ),
    ] {
        let folder = cloned(name);
        run(folder.path(), &["matrix", "--quiet"]);
        let bumped = run(folder.path(), &["bump", version]);
        assert_eq!(bumped.status.code(), Some(0), "{name}: {}", stderr(&bumped));
        if name == "truss" {
            // The library is released with it, and so is the image that holds it.
            let second = ["bump", version, "--config", "docker/context-builder.toml"];
            let second = run(folder.path(), &second);
            assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
        }
        let checked = run(folder.path(), &["check", "--deny-warnings"]);
        assert!(checked.status.success(), "{name}: {}", stderr(&checked));
        let text = std::fs::read_to_string(folder.path().join(moved)).expect("a text");
        // Core images name their tag in outputs alone.
        assert!(
            name == "core-images" || text.contains(version),
            "{name}: {text}"
        );
    }
}

/// Truss at its release 0.13.0 of the images: six Pythons, with and without GPU, on both architectures; and the image that
/// holds the library. Its 24 images of 0.2.2 are those of `tests/fixtures/truss`.
#[test]
fn truss() {
    let folder = cloned("truss");
    let mut expected = String::new();
    for python in ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"] {
        for (gpu, base) in [
            ("-gpu", "nvidia/cuda:12.8.1-base-ubuntu22.04".to_owned()),
            ("", format!("python:{python}-trixie")),
        ] {
            expected += &format!(
                "docker.io/baseten/truss-server-base:{python}{gpu}-v0.13.0 : linux/arm64 linux/amd64 < {base}\n"
            );
        }
    }
    assert_rows(folder.path(), &expected);
    let second = run(
        folder.path(),
        &[
            "list",
            "--format",
            "lines",
            "--config",
            "docker/context-builder.toml",
        ],
    );
    assert_eq!(
        stdout(&second),
        "docker.io/baseten/truss-context-builder:v0.18.25\n"
    );
    let plan = plan(folder.path());
    assert_eq!(plan["packing"]["compression"], "estargz");
}

/// Caliban's ten images as its last `cloudbuild.json` has them. Its first eight are those of `tests/fixtures/caliban`.
#[test]
fn caliban() {
    assert_rows(
        cloned("caliban").path(),
        "
        gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda100 : linux/amd64 < nvidia/cuda:10.0-base-ubuntu18.04 | CUDA=10.0 UBUNTU_VERSION=18.04
        gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda101 : linux/amd64 < nvidia/cuda:10.1-base-ubuntu18.04 | CUDA=10.1 UBUNTU_VERSION=18.04
        gcr.io/blueshift-playground/blueshift:cpu-ubuntu1804-py37 : linux/amd64 < ubuntu:18.04 | PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2 BASE_IMAGE=ubuntu:18.04
        gcr.io/blueshift-playground/blueshift:cpu-ubuntu1804-py38 : linux/amd64 < ubuntu:18.04 | PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2 BASE_IMAGE=ubuntu:18.04
        gcr.io/blueshift-playground/blueshift:gpu-ubuntu1804-py37-cuda100 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda100 | PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2 BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda100
        gcr.io/blueshift-playground/blueshift:gpu-ubuntu1804-py37-cuda101 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda101 | PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2 BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda101
        gcr.io/blueshift-playground/blueshift:gpu-ubuntu1804-py38-cuda100 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda100 | PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2 BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda100
        gcr.io/blueshift-playground/blueshift:gpu-ubuntu1804-py38-cuda101 : linux/amd64 < gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda101 | PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2 BASE_IMAGE=gcr.io/blueshift-playground/blueshift:gpu-base-ubuntu1804-cuda101
        gcr.io/blueshift-playground/blueshift:cpu-ubuntu2004-py37 : linux/amd64 < ubuntu:20.04 | PYTHON_VERSION=3.7 MINICONDA_VERSION=py37_4.8.2 BASE_IMAGE=ubuntu:20.04
        gcr.io/blueshift-playground/blueshift:cpu-ubuntu2004-py38 : linux/amd64 < ubuntu:20.04 | PYTHON_VERSION=3.8 MINICONDA_VERSION=py38_4.8.2 BASE_IMAGE=ubuntu:20.04
        ",
    );
}

/// envd's images of August 2022, its programs as they are released today, what environments stand on, and a base of the
/// house with what is built on it.
#[test]
fn envd() {
    assert_rows(
        cloned("envd").path(),
        "
        docker.io/tensorchord/python:3.9-ubuntu20.04-envd-v1.1.0 : linux/amd64 linux/arm64 < ubuntu:20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0 | ENVD_VERSION=1.1.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0
        docker.io/tensorchord/python:3.9-ubuntu20.04-cuda11.6-cudnn8-envd-v1.1.0 : linux/amd64 linux/arm64 < docker.io/nvidia/cuda:11.6.2-runtime-ubuntu20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0 | ENVD_VERSION=1.1.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0
        docker.io/tensorchord/r-base:4.2-envd-v1.1.0 : linux/amd64 < r-base:4.2.0 + docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0 | ENVD_VERSION=1.1.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0
        docker.io/tensorchord/julia:1.8rc1-ubuntu20.04-envd-v1.1.0 : linux/amd64 linux/arm64 < ubuntu:20.04 + docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0 | ENVD_VERSION=1.1.0 ENVD_SSH_IMAGE=docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0

        docker.io/tensorchord/envd-from-scratch:v1.1.0 ghcr.io/tensorchord/envd-from-scratch:v1.1.0 : linux/amd64 linux/arm64
        docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0 ghcr.io/tensorchord/envd-sshd-from-scratch:v1.1.0 : linux/amd64 linux/arm64
        ghcr.io/tensorchord/python-cache:envd-v1.1.0 : linux/amd64 linux/arm64 < ubuntu:22.04
        ghcr.io/tensorchord/python-cache:envd-v1.1.0-cuda-11.8.0-cudnn8 : linux/amd64 linux/arm64 < docker.io/nvidia/cuda:11.8.0-cudnn8-devel-ubuntu22.04
        ghcr.io/tensorchord/python-cache:envd-v1.1.0-cuda-12.3.2-cudnn9 : linux/amd64 linux/arm64 < docker.io/nvidia/cuda:12.3.2-cudnn9-devel-ubuntu22.04
        ghcr.io/tensorchord/python-cache:envd-v1.1.0-cuda-12.8.1-cudnn : linux/amd64 linux/arm64 < docker.io/nvidia/cuda:12.8.1-cudnn-devel-ubuntu22.04

        docker.io/tensorchord/custom-image:v1.1.0 : linux/amd64 linux/arm64 < ubuntu:22.04
        docker.io/tensorchord/custom-environment:serving-v1.1.0 : linux/amd64 linux/arm64 < docker.io/tensorchord/custom-image:v1.1.0
        docker.io/tensorchord/custom-environment:dev-v1.1.0 : linux/amd64 linux/arm64 < docker.io/tensorchord/custom-image:v1.1.0 + docker.io/tensorchord/envd-sshd-from-scratch:v1.1.0
        ",
    );
}

/// Elyra's two products, each on two registries and as `latest`; what is built besides is never published.
#[test]
fn elyra() {
    let folder = cloned("elyra");
    assert_rows(
        folder.path(),
        "
        docker.io/elyra/elyra:3.15.0 quay.io/elyra/elyra:3.15.0 : linux/amd64
        docker.io/elyra/kf-notebook:3.15.0 quay.io/elyra/kf-notebook:3.15.0 : linux/amd64
        environment/3.10 : linux/amd64 < python:3.10-slim-trixie
        environment/3.11 : linux/amd64 < python:3.11-slim-trixie
        environment/3.12 : linux/amd64 < python:3.12-slim-trixie
        environment/3.13 : linux/amd64 < python:3.13-slim-trixie
        contract/pandas : linux/amd64 < docker.io/amancevice/pandas:2.2.3 | RUNTIME_IMAGE=docker.io/amancevice/pandas:2.2.3
        contract/pytorch : linux/amd64 < docker.io/pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime | RUNTIME_IMAGE=docker.io/pytorch/pytorch:2.9.1-cuda12.8-cudnn9-runtime
        contract/tensorflow : linux/amd64 < docker.io/tensorflow/tensorflow:2.20.0-gpu | RUNTIME_IMAGE=docker.io/tensorflow/tensorflow:2.20.0-gpu
        ",
    );
    let plan = plan(folder.path());
    let specs = plan["specs"].as_array().expect("specs");
    let aliases: Vec<&str> = specs.iter().flat_map(|s| list(&s["aliases"])).collect();
    assert_eq!(
        aliases,
        [
            "docker.io/elyra/elyra:latest",
            "quay.io/elyra/elyra:latest",
            "docker.io/elyra/kf-notebook:latest",
            "quay.io/elyra/kf-notebook:latest",
        ]
    );
}

/// ml-mesh's twelve core images, on four levels and in two regions.
#[test]
fn core_images() {
    let expected = core_image_rows("690763002009");
    assert_rows(cloned("core-images").path(), &expected);
}

fn plan(root: &Path) -> Value {
    let output = run(root, &["plan"]);
    serde_json::from_slice(&output.stdout).expect("a plan")
}
