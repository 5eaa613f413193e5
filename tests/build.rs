//! `gen build`: the one command that a selection becomes, who carries it out, and what it refuses. A stand-in for docker
//! says what it was asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{SOURCE_DATE_EPOCH, project, run, stderr, stdout};

const MATRIX: &str = r#"
[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
size = ["small", "large"]
arch = ["amd64", "arm64"]

[image.core]
axes = []
from = "debian:trixie-slim"

[image.server]
tag = "{{ size }}-{{ release.tag }}"
parent = "core"
env = { SIZE = "{{ size }}" }

[image.app]
tag = "{{ size }}-{{ release.tag }}"
parent = "server"
platforms = ["linux/amd64"]
env = { APP = "{{ size }}" }

[image.hidden]
axes = []
parent = "core"
publish = false

[[alias]]
match = { image = "server", size = "large" }
tags = ["latest"]
"#;

/// A repository whose outputs are fresh.
fn fresh(matrix: &str) -> TempDir {
    let folder = project(&[("matrix.toml", matrix)]);
    let written = run(folder.path(), &["-q", "matrix"]);
    assert!(written.status.success(), "{}", stderr(&written));
    folder
}

fn with_bake_file() -> TempDir {
    fresh(&format!("{MATRIX}\n[output.bake]\n"))
}

/// The command that is printed, without `docker buildx bake`.
fn printed(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, &[&["build", "--dry-run"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    let command = stdout(&output);
    let bare = command.strip_prefix("docker buildx bake ");
    bare.unwrap_or_else(|| panic!("{command}"))
        .trim_end()
        .to_owned()
}

/// The code of the finding or failure that ends a run in 2.
fn refused(folder: &Path, args: &[&str]) -> String {
    let output = run(folder, &[&["build", "--dry-run"], args].concat());
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(2), String::new())
    );
    let said = stderr(&output);
    let code = said
        .split_once("error[")
        .and_then(|(_, rest)| rest.split_once(']'));
    code.unwrap_or_else(|| panic!("{said}")).0.to_owned()
}

/// Runs `gen build` with a program in the place of docker, which is this script.
fn with_docker(folder: &Path, script: &str, args: &[&str]) -> Output {
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).expect("a folder");
    let docker = bin.join("docker");
    fs::write(&docker, format!("#!/bin/sh\n{script}\n")).expect("a script");
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).expect("a program");
    gen_on(&format!("{}:/usr/bin:/bin", bin.display()), folder, args)
}

fn gen_on(path: &str, folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gen"))
        .current_dir(folder)
        .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH.0)
        .env("PATH", path)
        .arg("build")
        .args(args)
        .output()
        .expect("`gen` starts")
}

#[test]
fn a_selection_is_one_command_over_the_bake_file() {
    let folder = with_bake_file();
    assert_eq!(
        printed(
            folder.path(),
            &["--load", "image=app,size=large", "image=core"]
        ),
        "--file docker-bake.json --provenance=false --load core app-large"
    );
    let all = "--file docker-bake.json --provenance=false core server-small server-large app-small app-large hidden";
    assert_eq!(printed(folder.path(), &[]), all);
}

#[test]
fn a_builder_is_passed_through_and_what_follows_is_bakes() {
    let folder = with_bake_file();
    assert_eq!(
        printed(
            folder.path(),
            &[
                "--builder",
                "far away",
                "image=core",
                "--",
                "--no-cache",
                "--set",
                "*.args.A=it's"
            ]
        ),
        r"--builder 'far away' --file docker-bake.json --provenance=false --no-cache --set '*.args.A=it'\''s' core"
    );
}

/// A platform for all that are built is said once; where some have not all that are asked for, for each.
#[test]
fn platforms_are_those_that_a_spec_has() {
    let folder = with_bake_file();
    assert_eq!(
        printed(
            folder.path(),
            &["--platform", "amd64", "image=app,size=small"]
        ),
        "--file docker-bake.json --provenance=false --set '*.platform=linux/amd64' app-small"
    );
    assert_eq!(
        printed(
            folder.path(),
            &["--platform", "linux/arm64,amd64", "image=app,size=small"]
        ),
        "--file docker-bake.json --provenance=false \
         --set core.platform=linux/amd64 --set core.platform=linux/arm64 \
         --set server-small.platform=linux/amd64 --set server-small.platform=linux/arm64 \
         --set app-small.platform=linux/amd64 app-small"
    );
    assert_eq!(
        refused(folder.path(), &["--platform", "arm64", "image=app"]),
        "no-platform"
    );
}

#[test]
fn a_tag_of_ones_own_is_put_at_each_registry_and_on_nothing_below() {
    let folder = with_bake_file();
    assert_eq!(
        printed(
            folder.path(),
            &["--push", "--tag", "{{ size }}-mine", "image=server"]
        ),
        "--file docker-bake.json --provenance=mode=min --push \
         --set server-small.tags=docker.io/acme/server:small-mine --set server-small.tags=ghcr.io/acme/server:small-mine \
         --set server-large.tags=docker.io/acme/server:large-mine --set server-large.tags=ghcr.io/acme/server:large-mine \
         server-small server-large"
    );
}

#[test]
fn another_registry_gets_the_tags_of_the_plan() {
    let folder = with_bake_file();
    assert_eq!(
        printed(
            folder.path(),
            &[
                "--push",
                "--registry",
                "localhost:5000/me",
                "image=server,size=large"
            ]
        ),
        "--file docker-bake.json --provenance=mode=min --push \
         --set server-large.tags=localhost:5000/me/server:large-v1.4.0 --set server-large.tags=localhost:5000/me/server:latest \
         server-large"
    );
    // Docker Hub may be written without its host, as in the matrix.
    assert_eq!(
        printed(
            folder.path(),
            &["--registry", "me", "--tag", "1", "image=core"]
        ),
        "--file docker-bake.json --provenance=false --set core.tags=docker.io/me/core:1 core"
    );
}

#[test]
fn what_a_pushed_image_carries_is_what_pipelines_attest() {
    let folder = fresh(&format!(
        "{MATRIX}\n[output.bake]\n[ci]\nsbom = true\nprovenance = \"max\"\n"
    ));
    let command = printed(folder.path(), &["--push", "--tag", "mine", "image=core"]);
    assert!(
        command.contains(" --provenance=mode=max --sbom=true --push "),
        "{command}"
    );
    let command = printed(folder.path(), &["--load", "image=core"]);
    assert!(command.contains(" --provenance=false --load "), "{command}");
}

/// What a release puts, its pipeline alone puts: also what another release has put.
#[test]
fn a_one_off_is_never_called_what_a_release_is() {
    let folder = with_bake_file();
    let server = "image=server,size=small";
    assert_eq!(refused(folder.path(), &["--push", server]), "push-unnamed");
    for pushes in [
        "--push",
        "--set=*.output=type=registry",
        "--set=*.output=type=image,push=true",
    ] {
        assert_eq!(
            refused(folder.path(), &[server, "--", pushes]),
            "push-unnamed"
        );
        assert_eq!(
            refused(folder.path(), &["--tag", "latest", server, "--", pushes]),
            "one-off-refused"
        );
    }
    for tag in [
        "small-v1.4.0",
        "small-v1.3.9",
        "large-v0.1.0-rc.1",
        "latest",
    ] {
        assert_eq!(
            refused(folder.path(), &["--push", "--tag", tag, server]),
            "one-off-refused",
            "{tag}"
        );
    }
    for tag in [
        "content-0123456789ab",
        "newest-release",
        "oneoff-0123456789ab",
        "a b",
    ] {
        assert_eq!(
            refused(folder.path(), &["--push", "--tag", tag, server]),
            "invalid-reference",
            "{tag}"
        );
    }
    for registry in ["docker.io/acme", "acme", "ghcr.io/acme"] {
        assert_eq!(
            refused(folder.path(), &["--push", "--registry", registry, server]),
            "one-off-refused"
        );
        printed(
            folder.path(),
            &["--push", "--registry", registry, "--tag", "mine", server],
        );
    }
    // Where nobody else sees it, it may be called as the release is: the bake file calls it so, too.
    printed(folder.path(), &["--load", "--tag", "small-v1.4.0", server]);
    // At a registry of their own people do as they like.
    printed(
        folder.path(),
        &[
            "--push",
            "--registry",
            "ghcr.io/me",
            "--tag",
            "small-v1.3.9",
            server,
        ],
    );
}

#[test]
fn names_that_cannot_be_are_told() {
    let folder = with_bake_file();
    for (args, code) in [
        (&["--tag", "mine", "image=server"][..], "one-off-refused"),
        (
            &["--tag", "{{ sise }}", "image=server"],
            "unknown-attribute",
        ),
        (&["--tag", "{{ size", "image=server"], "template-syntax"),
        (
            &["--registry", "https://x", "image=core"],
            "invalid-reference",
        ),
        (
            &["--registry", "ghcr.io/Me", "image=core"],
            "invalid-reference",
        ),
        (
            &["--push", "--registry", "ghcr.io/me", "image=hidden"],
            "one-off-refused",
        ),
        (&["size=none"], "unknown-value"),
        (&["image=core,size=small"], "nothing-selected"),
    ] {
        assert_eq!(refused(folder.path(), args), code, "{args:?}");
    }
    let nowhere = fresh(
        &MATRIX
            .replace("[registry.hub]\nprefix = \"docker.io/acme\"", "")
            .replace("[registry.ghcr]\nprefix = \"ghcr.io/acme\"", ""),
    );
    assert_eq!(
        refused(nowhere.path(), &["--push", "--tag", "mine", "image=core"]),
        "one-off-refused"
    );
}

/// Docker reads Dockerfiles from the disk, so those have to be what the matrix yields; the definition may come from here.
#[test]
fn what_docker_reads_is_what_the_matrix_yields() {
    let folder = with_bake_file();
    let root = folder.path();
    let matrix = fs::read_to_string(root.join("matrix.toml")).expect("the matrix");
    fs::write(root.join("matrix.toml"), matrix.replace("1.4.0", "1.5.0")).expect("the matrix");
    let command = printed(root, &["--load", "image=server,size=large"]);
    let (words, definition) = command.split_once(" <<'EOF'\n").expect("a definition");
    assert_eq!(words, "--file - --provenance=false --load server-large");
    let definition: Value = serde_json::from_str(definition.trim_end_matches("EOF")).expect("JSON");
    let tags = &definition["target"]["server-large"]["tags"];
    assert_eq!(tags[0], "docker.io/acme/server:large-v1.5.0");

    let changed = matrix.replace("debian:trixie-slim", "debian:bookworm-slim");
    fs::write(root.join("matrix.toml"), changed).expect("the matrix");
    let output = run(root, &["build", "--dry-run", "image=core"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.starts_with("error[stale-output]: `generated/docker/core/Dockerfile`"),
        "{said}"
    );
    assert!(said.ends_with("1 error; nothing was built\n"), "{said}");
}

#[test]
fn docker_has_the_terminal_and_the_last_word() {
    let folder = fresh(MATRIX);
    let script = r#"case "$2" in inspect) exit 0 ;; esac
printf '%s\n' "$@"; pwd; cat >definition.json; exit 42"#;
    let output = with_docker(folder.path(), script, &["--load", "image=core"]);
    assert_eq!(output.status.code(), Some(42));
    let root = folder.path().canonicalize().expect("a folder");
    let words = "buildx\nbake\n--file\n-\n--provenance=false\n--load\ncore\n";
    assert_eq!(stdout(&output), format!("{words}{}\n", root.display()));
    assert_eq!(stderr(&output), "building 1 spec\n");
    let text = fs::read_to_string(root.join("definition.json")).expect("a definition");
    let definition: Value = serde_json::from_str(&text).expect("JSON");
    assert!(definition["target"]["core"].is_object());
    // From a folder below, it is still started at the root.
    let output = with_docker(
        folder.path(),
        script,
        &["-C", "generated", "image=app,size=small"],
    );
    assert!(
        stdout(&output).ends_with(&format!("app-small\n{}\n", root.display())),
        "{}",
        stdout(&output)
    );
    assert_eq!(
        stderr(&output),
        "building 1 spec, with 2 that they stand on\n"
    );
}

#[test]
fn who_is_not_there_is_told_with_the_next_step() {
    let folder = with_bake_file();
    let said = |output: Output| {
        assert_eq!(
            (output.status.code(), stdout(&output)),
            (Some(2), String::new())
        );
        stderr(&output)
    };
    let nobody = said(gen_on("/nowhere", folder.path(), &["image=core"]));
    assert!(
        nobody.starts_with(
            "error[no-docker]: there is no `docker` on `PATH`\n  = help: install Docker"
        ),
        "{nobody}"
    );
    let buildx = said(with_docker(
        folder.path(),
        "echo 'docker: unknown command: docker buildx' >&2; exit 1",
        &[],
    ));
    assert!(
        buildx.starts_with(
            "error[no-buildx]: docker has no buildx: unknown command: docker buildx\n"
        ),
        "{buildx}"
    );
    let script =
        r#"case "$2" in version) exit 0 ;; esac; echo 'ERROR: no builder "x" found' >&2; exit 1"#;
    let builder = said(with_docker(folder.path(), script, &["--builder", "x"]));
    assert!(
        builder.starts_with(
            "error[no-builder]: the builder `x` cannot be used: no builder \"x\" found\n"
        ),
        "{builder}"
    );
    let script = "printf 'Name: default\\nError:   Cannot connect\\n'";
    let engine = said(with_docker(folder.path(), script, &[]));
    assert!(
        engine.starts_with("error[no-builder]: no builder can be used: Cannot connect\n"),
        "{engine}"
    );
}

/// The plan of a one-off says that it is one, has no release that could move anything, and keeps to names that no pipeline
/// reads.
#[test]
fn a_one_off_plan_keeps_to_names_of_its_own() {
    let folder = fresh(MATRIX);
    let root = folder.path();
    let read = |args: &[&str]| -> Value {
        let output = run(root, &[&["plan"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).expect("JSON")
    };
    let whole = read(&[]);
    let plan = read(&[
        "image=server,size=large",
        "--tag",
        "mine",
        "--registry",
        "localhost:5000/me",
    ]);
    assert_eq!(
        plan["one_off"],
        serde_json::json!({"tag": "mine", "registry": "localhost:5000/me"})
    );
    assert!(plan["release"].is_null() && whole["one_off"].is_null());
    let [core, server] = [0, 1].map(|n| &plan["specs"][n]);
    assert_eq!(plan["specs"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        (&core["id"], &core["references"], &core["publish"]),
        (&"core".into(), &Value::Array(Vec::new()), &false.into())
    );
    assert_eq!(
        server["references"],
        serde_json::json!(["localhost:5000/me/server:mine"])
    );
    assert_eq!(
        (&server["aliases"], &server["immutable"]),
        (&Value::Array(Vec::new()), &false.into())
    );
    let hash = |spec: &Value| spec["content"].as_str().expect("a hash")[7..19].to_owned();
    let [below, above] = [hash(core), hash(server)];
    assert_eq!(
        server["content_reference"],
        format!("localhost:5000/me/server:oneoff-{above}")
    );
    assert_eq!(
        server["pushed"]["linux/arm64"],
        format!("localhost:5000/me/server:oneoff-{above}-arm64")
    );
    assert_eq!(
        server["contexts"],
        serde_json::json!({format!("docker.io/acme/core:content-{below}"): format!("localhost:5000/me/core:oneoff-{below}")})
    );
    let at_home = read(&["image=server,size=large", "--tag", "mine"]);
    assert_eq!(
        at_home["specs"][1]["references"],
        serde_json::json!(["docker.io/acme/server:mine", "ghcr.io/acme/server:mine"])
    );
    let lines = stdout(&run(
        root,
        &["plan", "image=core", "--tag", "mine", "--format", "lines"],
    ));
    assert!(
        lines.contains("\none-off\tmine\t\n") && !lines.contains("\nrelease\t"),
        "{lines}"
    );
    for refused in [
        &["--tag", "mine"][..],
        &["--tag", "latest", "image=server,size=large"],
    ] {
        let output = run(root, &[&["plan"], refused].concat());
        assert_eq!(
            (output.status.code(), stdout(&output)),
            (Some(2), String::new())
        );
    }
}
