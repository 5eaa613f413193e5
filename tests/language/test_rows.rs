//! Rows of `test`.

use serde_json::{Value, json};

use super::fixture::{Outcome, of, with};

const HEAD: &str = r#"
[axis]
size = ["small", "large"]
arch = ["amd64", "arm64"]
[image.i]
tag = "{{ size }}"
from = "python:3.13-slim-trixie"
env = { SIZE = "{{ size }}" }
"#;

/// The matrix with these rows of `test`, beside a script.
fn rows(rows: &str) -> Outcome {
    let matrix = format!("{HEAD}test = [{rows}]\n");
    with(
        &matrix,
        &[("tests/smoke.sh", "true\n"), ("tests/more.sh", "exit 0\n")],
    )
}

fn tests(outcome: &Outcome, id: &str) -> Value {
    let plan: Value = serde_json::from_str(&outcome.plan().to_json()).expect("a plan");
    let specs = plan["specs"].as_array().expect("a list").iter();
    let spec = specs.into_iter().find(|spec| spec["id"] == id);
    spec.expect("a spec")["tests"].clone()
}

/// The records of a spec's tests, as scripts read them.
fn records(outcome: &Outcome, id: &str) -> Vec<String> {
    let lines = outcome.plan().to_lines("made");
    let own = lines.lines().filter(|line| {
        let mut fields = line.split('\t');
        fields.next().is_some_and(|kind| kind.starts_with("test")) && fields.next() == Some(id)
    });
    own.map(|line| line.replace('\t', "|")).collect()
}

#[test]
fn a_command_and_a_table_with_a_command_alone_are_one() {
    let outcome = rows(r#""true", { run = "true" }"#);
    assert_eq!(outcome.codes(), [""; 0]);
    assert_eq!(tests(&outcome, "i/small"), json!(["true", "true"]));
    let record = r#"test|i/small|true|RUN ["/bin/sh","-c","true"]"#;
    assert_eq!(records(&outcome, "i/small"), [record, record]);
}

#[test]
fn what_a_row_says_stands_in_the_plan() {
    let outcome = rows(
        r#"{ run = "sh tests/smoke.sh {{ size }}", target = "dev", user = "0:0", files = ["./tests/", "tests/smoke.sh:/opt/s"] }"#,
    );
    assert_eq!(outcome.codes(), ["missing-target"]);
    let told = tests(&outcome, "i/small");
    let digest = told[0]["files_digest"].as_str().expect("a digest");
    assert!(digest.starts_with("sha256:"));
    let wanted = json!([{
        "run": "sh tests/smoke.sh small", "in": "builder", "target": "dev", "user": "0:0",
        "files": [{"path": "tests", "at": "tests"}, {"path": "tests/smoke.sh", "at": "/opt/s"}],
        "files_digest": digest,
    }]);
    assert_eq!(told, wanted);
    let step = r#"USER 0:0\nRUN --mount=type=bind,from=files,source=/1,target=tests --mount=type=bind,from=files,source=/2,target=/opt/s ["/bin/sh","-c","sh tests/smoke.sh small"]"#;
    let wanted = [
        format!("test|i/small|sh tests/smoke.sh small|{step}||dev|0:0||{digest}"),
        "test-file|i/small|tests|tests".to_owned(),
        "test-file|i/small|tests/smoke.sh|/opt/s".to_owned(),
    ];
    assert_eq!(records(&outcome, "i/small"), wanted);
}

#[test]
fn options_take_an_engine() {
    let outcome = rows(r#"{ run = "true", options = ["--gpus=all", "--env", "A={{ size }}"] }"#);
    assert_eq!(outcome.codes(), [""; 0]);
    let told =
        json!([{"run": "true", "in": "engine", "options": ["--gpus=all", "--env", "A=large"]}]);
    assert_eq!(tests(&outcome, "i/large"), told);
    let options =
        ["--gpus=all", "--env", "A=large"].map(|word| format!("test-option|i/large|{word}"));
    let [test, rest @ ..] = &*records(&outcome, "i/large") else {
        panic!("no test");
    };
    assert_eq!(
        *test,
        r#"test|i/large|true|RUN ["/bin/sh","-c","true"]||||engine|"#
    );
    assert_eq!(rest, options);
}

#[test]
fn a_row_is_for_the_cells_and_platforms_of_its_match() {
    let outcome = rows(
        r#"{ run = "a", match = { size = "large" } }, { run = "b", match = { arch = "arm64" } }, { run = "c", match = { image = "i" } }"#,
    );
    assert_eq!(outcome.codes(), [""; 0]);
    assert_eq!(outcome.commands("i/small"), ["b", "c"]);
    assert_eq!(outcome.commands("i/large"), ["a", "b", "c"]);
    let told = json!([{"run": "b", "in": "builder", "platforms": ["linux/arm64"]}, "c"]);
    assert_eq!(tests(&outcome, "i/small"), told);
}

#[test]
fn what_a_row_of_the_defaults_names_passes_by_images_that_lack_it() {
    let outcome = of(&format!(
        "[defaults]\ntest = [{{ run = \"a\", match = {{ size = \"large\" }} }}, \"b\"]\n{HEAD}[image.plain]\naxes = []\ntag = \"1\"\nfrom = \"debian:trixie-slim\"\n"
    ));
    assert_eq!(outcome.codes(), [""; 0]);
    assert_eq!(outcome.commands("plain"), ["b"]);
    assert_eq!(outcome.commands("i/large"), ["a", "b"]);
    let own = rows(r#"{ run = "a", match = { cuda = "none" } }"#);
    assert!(own.has("unknown-axis") && own.stopped());
}

#[test]
fn files_count_for_what_is_tested_and_not_for_the_content() {
    let row = r#"{ run = "sh tests/smoke.sh", files = ["tests/smoke.sh"] }"#;
    let matrix = format!("{HEAD}test = [{row}]\n");
    let of = |script: &str, other: &str| {
        let outcome = with(
            &matrix,
            &[("tests/smoke.sh", script), ("tests/more.sh", other)],
        );
        let digest = tests(&outcome, "i/small")[0]["files_digest"].clone();
        (outcome.spec("i/small").content.clone(), digest)
    };
    let (content, digest) = of("true\n", "");
    assert_eq!(of("true\n", "another"), (content.clone(), digest.clone()));
    let (same, other) = of("false\n", "");
    assert_eq!(same, content);
    assert_ne!(other, digest);
}

#[test]
fn what_cannot_stand_in_a_step_is_refused() {
    for (row, code) in [
        (r#"{ run = "true", user = "$USER" }"#, "invalid-user"),
        (r#"{ run = "true", user = "0:0:0" }"#, "invalid-user"),
        (r#"{ run = "true", target = "a b" }"#, "invalid-name"),
        (r#"{ run = "true", options = ["gpus"] }"#, "invalid-option"),
        (r#"{ run = "true", files = ["."] }"#, "unsafe-value"),
        (r#"{ run = "true", files = ["../x"] }"#, "unsafe-value"),
        (r#"{ run = "true", files = ["a,b"] }"#, "unsafe-value"),
        (r#"{ run = "true", files = ["a:b/../c"] }"#, "unsafe-value"),
        (r#"{ run = "true", files = ["a:/"] }"#, "unsafe-value"),
        (r#"{ run = "true", files = ["a:"] }"#, "unsafe-value"),
        (r#"{ run = "true", runs = "x" }"#, "unknown-key"),
        (r#"{ user = "0" }"#, "missing-key"),
    ] {
        let outcome = rows(row);
        assert_eq!(outcome.codes(), [code], "{row}");
        assert!(outcome.stopped(), "{row}");
    }
}

#[test]
fn plain_calls_of_docker_say_the_same_of_a_test() {
    let row = r#"{ run = "true", target = "dev", user = "0", files = ["tests:/opt"], options = ["--cap-add=ALL"] }"#;
    let head = HEAD.replace(", \"arm64\"", "");
    let matrix = format!(
        "[registry.hub]\nprefix = \"docker.io/acme\"\n{head}test = [{row}]\n[ci.cloud-build]\nshape = \"classic\"\n"
    );
    let outcome = with(&matrix, &[("tests/smoke.sh", "true\n")]);
    let file = outcome.output("cloudbuild.yaml");
    let file: String = file
        .lines()
        .map(|line| format!("{} ", line.trim().trim_start_matches("- ")))
        .collect();
    let content = &outcome.spec("i/small").content_reference;
    let call = format!(
        "args: run --rm --pull never --user \"0\" --mount type=bind,source=/workspace/tests,target=/opt,readonly --cap-add=ALL --entrypoint /bin/sh {content}-stage -c \"true\" "
    );
    let plain = file.replace('"', "");
    assert!(plain.contains(&call.replace('"', "")), "{plain}");
    assert!(
        plain.contains(&format!("args: build --tag {content}-stage --file"))
            && plain.contains("--target dev "),
        "{plain}"
    );
}
