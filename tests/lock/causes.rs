//! Why content changed: every input by its name, and many specs with one cause as one thing.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use serde_json::Value;

use super::room::record;
use crate::support::{project, run, stdout};

/// Every kind of input: an upstream base with a rendered Dockerfile, children of it, one that needs another, and one with
/// a Dockerfile, a context and a target of the user's.
const MATRIX: &str = r#"
[release]
version = "1.0.0"

[axis]
python = ["3.11", "3.12", "3.13", "3.14"]
arch = ["amd64", "arm64"]

[image.low]
axes = []
from = "debian:13"
apt = ["curl"]
epoch = 0

[image.base]
tag = "{{ python }}-{{ release.tag }}"
parent = "low"
pip = ["uv"]
args = { TORCH = "2.6" }

[image.tool]
axes = []
from = "alpine:3.22"
platforms = ["linux/amd64", "linux/arm64"]

[image.own]
axes = []
dockerfile = "own/Dockerfile"
context = "own"
target = "run"
from = "python:3.13"
needs = ["tool"]
args = { BASE = "{{ from }}", TOOL = "{{ needs.tool }}" }
labels = { "org.acme.team" = "ml" }
"#;

const FILES: [(&str, &str); 3] = [
    ("matrix.toml", MATRIX),
    (
        "own/Dockerfile",
        "ARG BASE\nFROM ${BASE} AS run\nFROM ${BASE} AS test\n",
    ),
    ("own/main.py", "print()\n"),
];

/// What is said of the changes: the headline and the notes.
fn said(folder: &Path) -> Option<(String, Vec<String>)> {
    run(folder, &["matrix"]);
    let output = run(folder, &["check", "--format", "json"]);
    let findings: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("JSON");
    let found = findings.iter().find(|f| f["code"] == "unreleased-change")?;
    let notes = found["notes"].as_array().into_iter().flatten();
    let notes = notes.filter_map(Value::as_str).map(str::to_owned);
    Some((found["message"].as_str()?.to_owned(), notes.collect()))
}

fn edit(folder: &Path, file: &str, old: &str, new: &str) {
    let path = folder.join(file);
    let text = fs::read_to_string(&path).expect("a file");
    assert!(text.contains(old), "`{old}` is not in\n{text}");
    fs::write(path, text.replacen(old, new, 1)).expect("a file");
}

/// Its folder is the context, and a template may copy from there.
#[test]
fn a_file_beside_a_rendered_dockerfile_is_an_input() {
    let folder = project(&FILES);
    record(folder.path());
    assert_eq!(said(folder.path()), None);
    let beside = folder.path().join("generated/docker/tool/motd");
    fs::write(beside, "hello\n").expect("a file");
    let (headline, notes) = said(folder.path()).expect("a change");
    assert!(headline.starts_with("2 of 7 specs"), "{headline}");
    assert_eq!(
        notes,
        [
            "files of `generated/docker/tool` (`generated/docker/tool/motd` is new): `tool`",
            "`own` follows what changed below",
        ]
    );
}

#[test]
fn every_input_that_changed_is_named() {
    let bases = "`base/3.11`, `base/3.12`, `base/3.13` and `base/3.14`";
    let follow = &*format!("{bases} follow what changed below");
    for (file, old, new, count, notes) in [
        (
            "matrix.toml",
            "[\"curl\"]",
            "[\"git\"]",
            5,
            &["Dockerfile: `low`", follow][..],
        ),
        (
            "matrix.toml",
            "debian:13",
            "debian:12",
            5,
            &["base `debian:13` → `debian:12`: `low`", follow],
        ),
        (
            "matrix.toml",
            "epoch = 0",
            "epoch = 1",
            5,
            &["epoch 0 → 1: `low`", follow],
        ),
        (
            "matrix.toml",
            "[\"uv\"]",
            "[\"pip\"]",
            4,
            &[&*format!("Dockerfile: {bases}")],
        ),
        (
            "matrix.toml",
            "\"2.6\"",
            "\"2.7\"",
            4,
            &[&*format!("arg `TORCH` `2.6` → `2.7`: {bases}")],
        ),
        (
            "matrix.toml",
            "TORCH = \"2.6\"",
            "",
            4,
            &[
                &*format!("Dockerfile: {bases}"),
                &*format!("arg `TORCH` is gone: {bases}"),
            ],
        ),
        (
            "matrix.toml",
            "parent = \"low\"",
            "from = \"debian:13\"",
            4,
            &[
                &*format!("base `low` → `debian:13`: {bases}"),
                &*format!("Dockerfile: {bases}"),
            ],
        ),
        (
            "matrix.toml",
            "python:3.13",
            "python:3.14",
            1,
            &["base `python:3.13` → `python:3.14`: `own`"],
        ),
        (
            "matrix.toml",
            "python:3.13\"",
            &*format!("python:3.13@sha256:{}\"", "ab".repeat(32)),
            1,
            &["digest of `python:3.13` none → `sha256:abababababab…`: `own`"],
        ),
        (
            "matrix.toml",
            "alpine:3.22",
            "alpine:3.21",
            2,
            &[
                "base `alpine:3.22` → `alpine:3.21`: `tool`",
                "`own` follows what changed below",
            ],
        ),
        (
            "matrix.toml",
            "\"run\"",
            "\"test\"",
            1,
            &["target `run` → `test`: `own`"],
        ),
        (
            "matrix.toml",
            "[\"linux/amd64\", \"linux/arm64\"]",
            "[\"linux/amd64\"]\nepoch = 2",
            2,
            &[
                "platforms `linux/amd64` and `linux/arm64` → `linux/amd64`: `tool`",
                "epoch 0 → 2: `tool`",
                "`own` follows what changed below",
            ],
        ),
        (
            "matrix.toml",
            "\"3.14\"]",
            "\"3.15\"]",
            1,
            &["new: `base/3.15`", "gone: `base/3.14`"],
        ),
        (
            "matrix.toml",
            "\"ml\"",
            "\"{{ image }}\"",
            1,
            &["label `org.acme.team` `ml` → `own`: `own`"],
        ),
        (
            "own/Dockerfile",
            "AS test",
            "AS tests",
            1,
            &["`own/Dockerfile`: `own`"],
        ),
        (
            "own/main.py",
            "()",
            "(1)",
            1,
            &["files of `own` (`own/main.py` changed): `own`"],
        ),
    ] {
        let folder = project(&FILES);
        record(folder.path());
        assert_eq!(said(folder.path()), None);
        // One of them loses a platform with its need.
        if new.contains("epoch = 2") {
            edit(
                folder.path(),
                file,
                "target =",
                "platforms = [\"linux/amd64\"]\ntarget =",
            );
            record(folder.path());
        }
        edit(folder.path(), file, old, new);
        let (headline, notes_said) =
            said(folder.path()).unwrap_or_else(|| panic!("{new}: nothing is said"));
        assert_eq!(notes_said, notes, "{old} → {new}");
        assert!(
            headline.starts_with(&format!("{count} of "))
                || (count == 1 && headline.starts_with("own changed")),
            "{old} → {new}: {headline}"
        );
    }
}

/// Edits of `matrix.toml`, some of which change no content.
const EDITS: [(&str, &str); 12] = [
    ("[\"curl\"]", "[\"curl\", \"git\"]"),
    ("debian:13", "debian:12"),
    ("epoch = 0", "epoch = 3"),
    ("[\"uv\"]", "[]"),
    ("\"2.6\"", "\"2.7\""),
    ("python:3.13", "python:3.12"),
    ("target = \"run\"", "target = \"test\""),
    ("\"3.14\"]", "\"3.14\", \"3.15\"]"),
    // The name of a tag, a comment, a test and an alias go into no image.
    (
        "{{ python }}-{{ release.tag }}",
        "py{{ python }}-{{ release.tag }}",
    ),
    ("[image.low]", "# A comment.\n[image.low]"),
    ("[image.tool]", "[image.tool]\ntest = [\"true\"]"),
    (
        "[image.own]",
        "[[alias]]\nmatch = { image = \"low\" }\ntags = [\"latest\"]\n\n[image.own]",
    ),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rule_speaks_exactly_when_contents_differ(edits in proptest::sample::subsequence(&EDITS[..], 0..4), recorded in 0..4_usize) {
        let folder = project(&FILES);
        // Some are made before the record.
        let (before, after) = edits.split_at(recorded.min(edits.len()));
        before.iter().for_each(|(old, new)| edit(folder.path(), "matrix.toml", old, new));
        record(folder.path());
        let contents = |folder: &Path| -> BTreeSet<(String, String)> {
            let plan: Value = serde_json::from_str(&stdout(&run(folder, &["plan"]))).expect("a plan");
            let specs = plan["specs"].as_array().into_iter().flatten();
            specs.map(|s| (s["id"].to_string(), s["content"].to_string())).collect()
        };
        let recorded = contents(folder.path());
        after.iter().for_each(|(old, new)| edit(folder.path(), "matrix.toml", old, new));
        let differs = contents(folder.path()) != recorded;
        let said = said(folder.path());
        prop_assert_eq!(said.is_some(), differs);
        prop_assert!(said.is_none_or(|(_, notes)| !notes.is_empty()));
    }
}
