//! What `gen` answers to those who ask it: `explain`, `list`, `completions`, `diff`; and where it has nothing to say.

use crate::support;

use serde_json::Value;
use support::{git, project, run, stderr, stdout};

const ARCHES: &str = r#"
[registry.hub]
prefix = "docker.io/acme"

[axis]
py = ["1", "2"]
job = ["a", "b"]
arch = ["amd64", "arm64"]

[image.x]
tag = "{{ py }}-{{ job }}"
from = "debian:13.1"
env = { PY = "{{ py }}", JOB = "{{ job }}" }

[[exclude]]
match = { job = "a", py = "1", arch = "arm64" }
reason = "no wheels"
"#;

const OWN: &str = r#"
[registry.hub]
prefix = "docker.io/acme"

[image.low]
tag = "low"
from = "debian:13.1"

[image.own]
tag = "own"
dockerfile = "docker/Dockerfile"

[image.high]
tag = "high"
parent = "low"
env = { A = "b" }
"#;

fn explained(matrix: &str, what: &str) -> (Option<i32>, String) {
    let folder = project(&[("matrix.toml", matrix)]);
    let output = run(folder.path(), &["explain", what]);
    (output.status.code(), stdout(&output))
}

#[test]
fn the_nearest_of_a_platform_are_on_that_platform_or_the_same_on_another() {
    let (code, said) = explained(ARCHES, "py=1,job=a,arch=arm64");
    assert_eq!(code, Some(1));
    let nearest = said.lines().filter(|line| line.starts_with("nearest"));
    assert_eq!(
        nearest.collect::<Vec<_>>(),
        [
            "nearest that exists: x py=2 job=a arch=arm64 (docker.io/acme/x:2-a)",
            "nearest that exists: x py=1 job=b arch=arm64 (docker.io/acme/x:1-b)",
            "nearest that exists: x py=1 job=a arch=amd64 (docker.io/acme/x:1-a)",
        ]
    );
}

#[test]
fn an_image_is_explained_by_its_cells() {
    let (code, said) = explained(ARCHES, "x");
    assert_eq!(code, Some(1));
    assert!(
        said.ends_with("it is an image: `gen explain image=x`\n"),
        "{said}"
    );
}

/// Not that no image varies over these axes: they do.
#[test]
fn what_no_value_is_all_of_is_no_cell() {
    let sets = format!(
        "{ARCHES}[set]\nfirst = {{ py = \"1\" }}\nlast = [{{ py = \"2\" }}, {{ job = \"b\" }}]\n"
    );
    for (what, why) in [
        ("py=>=3", "no value of `py` is all that is asked of it"),
        (
            "job=z*,py=1",
            "no value of `job` is all that is asked of it",
        ),
        (
            "arch=!amd64,arch.platform=linux/amd64",
            "no value of `arch` is all that is asked of it",
        ),
        (
            "set=@first,py=2",
            "the parts of the selector exclude each other",
        ),
    ] {
        let (code, said) = explained(&sets, what);
        let told = format!("there is no such cell: {why}\n");
        assert_eq!((code, said), (Some(1), told), "{what}");
    }
    let (code, said) = explained(&sets, "set=@last,py=1,job=b,arch=amd64");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_value_of_a_selector_may_hold_a_slash() {
    let (code, said) = explained(ARCHES, "arch.platform=linux/arm64,py=2,job=b");
    assert_eq!(code, Some(0), "{said}");
    assert!(said.starts_with("x py=2 job=b arch=arm64\n"), "{said}");
    let ids = ARCHES.replace("[\"a\", \"b\"]", "[\"a\", \"b_c\"]");
    let (code, said) = explained(&ids, "x/2_b=5Fc");
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_content_tag_is_explained_alone_and_in_its_reference() {
    let folder = project(&[("matrix.toml", ARCHES)]);
    let plan: Value = serde_json::from_str(&stdout(&run(folder.path(), &["plan"]))).expect("JSON");
    let spec = &plan["specs"][1];
    let reference = spec["content_reference"].as_str().expect("a reference");
    let (place, tag) = reference.rsplit_once(':').expect("a tag");
    let id = spec["id"].as_str().expect("an id");
    for what in [reference, tag] {
        let output = run(folder.path(), &["explain", what]);
        let said = stdout(&output);
        assert!(
            said.starts_with(&format!("{id}  (its content)\n")),
            "{said}"
        );
    }
    for what in [
        "content-000000000000".to_owned(),
        format!("{place}-other:{tag}"),
    ] {
        let output = run(folder.path(), &["explain", &what]);
        assert_eq!(output.status.code(), Some(1), "{what}");
    }
}

#[test]
fn base_means_the_same_in_the_list_and_in_the_plan() {
    let dockerfile = ("docker/Dockerfile", "FROM alpine:3.22\n");
    let folder = project(&[("matrix.toml", OWN), dockerfile]);
    let of = |args: &[&str]| -> Value {
        serde_json::from_str(&stdout(&run(folder.path(), args))).expect("JSON")
    };
    let (plan, list) = (of(&["plan"]), of(&["list", "--format", "json"]));
    let specs = plan["specs"].as_array().expect("specs");
    assert_eq!(specs.len(), 3);
    for row in list.as_array().expect("rows") {
        let spec = specs.iter().find(|spec| spec["id"] == row["id"]);
        assert_eq!(row["base"], spec.expect("the same spec")["base"], "{row}");
    }
    let own = list
        .as_array()
        .and_then(|rows| rows.iter().find(|row| row["id"] == "own"));
    assert_eq!(own.expect("a row")["from"], "alpine:3.22");
    let table = stdout(&run(folder.path(), &["list"]));
    assert!(table.contains("linux/amd64  low\n"), "{table}");
}

#[test]
fn the_steps_of_a_bump_are_completed() {
    let folder = project(&[("matrix.toml", OWN)]);
    let script = stdout(&run(folder.path(), &["completions", "bash"]));
    let bump = script
        .split("gen__subcmd__bump)")
        .nth(1)
        .or_else(|| script.split("gen__bump)").nth(1));
    let options = bump.and_then(|text| text.lines().find(|line| line.contains("opts=")));
    let options = options.expect("the options of `gen bump`");
    for step in ["major", "minor", "patch", "pre", "release"] {
        assert!(
            options.split([' ', '"']).any(|word| word == step),
            "{options}"
        );
    }
}

#[test]
fn a_number_of_days_below_zero_is_called_one() {
    let folder = project(&[("matrix.toml", OWN)]);
    let output = run(folder.path(), &["check", "--days-ahead", "-5"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.contains("invalid value '-5' for '--days-ahead"),
        "{said}"
    );
}

#[test]
fn before_the_first_commit_all_is_new() {
    let folder = project(&[("matrix.toml", ARCHES)]);
    git(folder.path(), &["init", "-q"]);
    let output = run(folder.path(), &["diff"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(stderr(&output), "nothing is committed yet: all is new\n");
}

#[test]
fn a_set_that_is_a_group_of_the_bake_file_is_used() {
    let sets = format!("{ARCHES}\n[set]\nfirst = {{ py = \"1\" }}\n");
    let unused = |matrix: &str| {
        let folder = project(&[("matrix.toml", matrix)]);
        let output = run(folder.path(), &["check", "--format", "concise"]);
        stderr(&output).contains("unused-set")
    };
    assert!(unused(&sets));
    assert!(!unused(&format!("{sets}\n[output.bake]\n")));
}

#[test]
fn an_action_of_the_same_repository_may_be_spelled_as_github_does() {
    for start in ["$/", "./"] {
        let step = format!(
            "{ARCHES}\n[ci.github]\n[ci.github.step.wheel]\nat = \"before-build\"\nuses = \"{start}.github/actions/wheel\"\n\
             [[ci.github.then]]\njob = \"tests\"\nuses = \"{start}.github/workflows/tests.yml\"\n"
        );
        let called = "on: workflow_call\njobs: {}\n";
        let files = [
            ("matrix.toml", step.as_str()),
            (".github/workflows/tests.yml", called),
        ];
        let folder = project(&files);
        let output = run(folder.path(), &["matrix"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let path = folder.path().join(".github/workflows/base-images.yml");
        let workflow = std::fs::read_to_string(path).expect("the workflow");
        assert!(workflow.contains("$/.github/actions/wheel"), "{workflow}");
        assert!(
            workflow.contains("$/.github/workflows/tests.yml"),
            "{workflow}"
        );
    }
}

/// A `docker` that has no plugin says this to whatever it is asked of one.
const NO_BUILDX: &str = "#!/bin/sh\necho \"docker: unknown command: docker buildx\" >&2\nexit 1\n";

#[test]
fn the_scripts_say_once_that_buildx_is_missing() {
    use std::os::unix::fs::PermissionsExt;
    let ci = format!("{ARCHES}\n[ci.github]\n[output.bake]\n");
    let folder = project(&[("matrix.toml", &ci), ("bin/docker", NO_BUILDX)]);
    let root = folder.path();
    assert_eq!(run(root, &["matrix"]).status.code(), Some(0));
    let docker = root.join("bin/docker");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(docker, mode).expect("a mode");
    let path = std::env::var("PATH").unwrap_or_default();
    for (script, args) in [
        ("publish.sh", &["probe"][..]),
        ("publish.sh", &["tags"]),
        ("pull-request.sh", &["build", "linux/amd64", "x/2_a"]),
    ] {
        let output = std::process::Command::new("sh")
            .arg(format!("generated/ci/{script}"))
            .args(args)
            .env("PATH", format!("{}:{path}", root.join("bin").display()))
            .current_dir(root)
            .output()
            .expect("a shell");
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("docker has no buildx here"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
}
