//! The fixtures are the systems of other libraries, told again in `matrix.toml`. What each must yield is written
//! down here by hand, row by row, from what those systems built; nothing is derived from the product.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support;
use crate::support::rows::{assert_rows, list};

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

/// Truss at v0.2.2: two jobs, three Pythons, with and without GPU and reload: 24 images.
#[test]
fn truss() {
    assert_rows(
        &fixture("truss"),
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
        &fixture("caliban"),
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
    let expected = core_image_rows("123456789012");
    assert_rows(&fixture("core-images"), &expected);
}

/// Those of an account of AWS.
pub(crate) fn core_image_rows(account: &str) -> String {
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
        format!("{account}.dkr.ecr.us-east-{region}.amazonaws.com/{image}:v23.4.0")
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
        let always = format!("AWS_ACCOUNT_ID={account} IMAGE_TAG=v23.4.0 IMAGE_NAME={image}");
        let row = format!(
            "{} : linux/amd64 < {} | production | {always} {args}",
            place(region, image),
            from.join(" + ")
        );
        expected += row.trim_end();
        expected.push('\n');
    }
    expected
}

/// envd's images of August 2022, and the one their SSH server is copied from.
#[test]
fn envd() {
    assert_rows(
        &fixture("envd"),
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
