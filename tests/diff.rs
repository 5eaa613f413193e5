//! `gen diff`: two revisions of a small repository, and what is said of them in each format.

use crate::support;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use support::{commit, git, project, run, stderr, stdout};
use tempfile::TempDir;

/// A base, its children over an axis, and an image with a Dockerfile and a context of the user's.
const MATRIX: &str = r#"
[release]
version = "1.0.0"

[registry.hub]
prefix = "docker.io/acme"

[registry.copy]
prefix = "ghcr.io/acme"

[axis]
python = ["3.11", "3.12", "3.13"]
arch = ["amd64", "arm64"]

[image.low]
axes = []
from = "debian:13"
apt = ["curl"]
platforms = ["linux/amd64", "linux/arm64"]

[image.base]
tag = "{{ python }}-{{ release.tag }}"
parent = "low"
args = { TORCH = "2.6" }

[image.own]
axes = []
dockerfile = "own/Dockerfile"
target = "run"
from = "alpine:3.22"
args = { BASE = "{{ from }}" }

[[alias]]
match = { image = "base", python = "3.12" }
tags = ["latest"]

[ci.github]
[ci.gitlab]
[ci.cloud-build]
"#;

const OWN: &str = "ARG BASE=scratch\nFROM ${BASE} AS run\nFROM run AS test\n";

fn repository() -> TempDir {
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("own/Dockerfile", OWN),
        ("own/main.py", "print()\n"),
        ("own/old.py", "\n"),
    ]);
    run(folder.path(), &["matrix"]);
    commit(folder.path(), "release 1.0.0");
    folder
}

fn edit(root: &Path, file: &str, edits: &[(&str, &str)]) {
    let mut text = fs::read_to_string(root.join(file)).expect("a file");
    for (old, new) in edits {
        assert!(text.contains(old), "`{old}` is not in\n{text}");
        text = text.replacen(old, new, 1);
    }
    fs::write(root.join(file), text).expect("a file");
}

/// Everything that can change, changed.
fn changed() -> TempDir {
    let folder = repository();
    let root = folder.path();
    edit(
        root,
        "matrix.toml",
        &[
            ("1.0.0", "1.1.0"),
            (
                "\"3.11\", \"3.12\", \"3.13\"",
                "\"3.12\", \"3.13\", \"3.14\"",
            ),
            ("debian:13", "debian:12"),
            ("\"curl\"", "\"git\""),
            (
                "[\"linux/amd64\", \"linux/arm64\"]\n\n",
                "[\"linux/amd64\", \"linux/arm64\"]\nepoch = 1\n\n",
            ),
            ("target = \"run\"", "target = \"test\""),
            (
                "BASE = \"{{ from }}\"",
                "BASE = \"{{ from }}\", EXTRA = \"a\"",
            ),
            ("python = \"3.12\" }", "python = \"3.13\" }"),
        ],
    );
    fs::remove_file(root.join("own/old.py")).expect("removed");
    symlink("main.py", root.join("own/new.py")).expect("a link");
    let script = fs::Permissions::from_mode(0o755);
    fs::set_permissions(root.join("own/main.py"), script).expect("executable");
    folder
}

fn said(root: &Path, args: &[&str]) -> String {
    let output = run(root, &[&["diff"], args].concat());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    stdout(&output)
}

fn as_json(root: &Path, args: &[&str]) -> Value {
    let text = said(root, &[&["--format", "json"], args].concat());
    serde_json::from_str(&text).expect("JSON")
}

#[test]
fn everything_that_changed_is_told_with_its_cause() {
    let folder = changed();
    let text = said(folder.path(), &["HEAD"]);
    let expected = "\
HEAD → working tree
  release: 1.0.0 → 1.1.0
  specs: 5
  platform images: 10
  GitHub jobs: 14
  GitLab jobs: 17
  Cloud Build steps: 8
  to build anew: 10

specs: 1 added, 1 removed, 2 changed, 2 follow
  + base/3.14  linux/amd64,linux/arm64  on low
  - base/3.11  linux/amd64,linux/arm64  on low
  ~ low
      base `debian:13` → `debian:12`
      Dockerfile
        -        curl
        +        git
      epoch 0 → 1
  ~ own
      files of `own`
        changed main.py
        added new.py
        removed old.py
      target `run` → `test`
      new arg `EXTRA` `a`
  ~ base/3.12, base/3.13
      what they stand on

tags:
  + docker.io/acme/low:v1.1.0  low
  + docker.io/acme/base:3.12-v1.1.0  base/3.12
  + docker.io/acme/base:3.13-v1.1.0  base/3.13
  + docker.io/acme/base:3.14-v1.1.0  base/3.14
  + docker.io/acme/own:v1.1.0  own
  ~ docker.io/acme/base:latest  base/3.12 → base/3.13
";
    assert_eq!(text, expected);
}

#[test]
fn json_says_all_of_it() {
    let folder = changed();
    let diff = as_json(folder.path(), &["HEAD"]);
    assert_eq!(diff["version"], 1);
    assert_eq!(
        diff["new"],
        json!({
            "revision": "working tree", "release": "1.1.0", "specs": 5, "builds": 10,
            "jobs": [
                {"provider": "github", "jobs": 14},
                {"provider": "gitlab", "jobs": 17},
                {"provider": "cloud-build", "jobs": 8},
            ],
        })
    );
    assert_eq!(diff["rebuilds"], 10);
    assert_eq!(
        diff["added"],
        json!([{
            "id": "base/3.14",
            "references": ["docker.io/acme/base:3.14-v1.1.0", "ghcr.io/acme/base:3.14-v1.1.0"],
            "platforms": ["linux/amd64", "linux/arm64"],
            "from": "low",
        }])
    );
    let own = &diff["changed"][3];
    assert_eq!(own["id"], "own");
    assert_eq!(
        own["changes"],
        json!([
            {"input": "context", "folder": "own"},
            {"input": "target", "old": "run", "new": "test"},
            {"input": "arg", "name": "EXTRA", "old": null, "new": "a"},
        ])
    );
    assert_eq!(
        own["files"],
        json!([
            {"path": "main.py", "how": "changed"},
            {"path": "new.py", "how": "added"},
            {"path": "old.py", "how": "removed"},
        ])
    );
    assert_eq!(
        diff["changed"][0]["dockerfile"],
        json!(["-        curl", "+        git"])
    );
    assert_eq!(
        diff["changed"][1]["changes"],
        json!([{"input": "below", "specs": ["low"]}])
    );
    // The contents are those of the plans.
    let plan: Value =
        serde_json::from_str(&stdout(&run(folder.path(), &["plan"]))).expect("a plan");
    let content = |id: &str| {
        let specs = plan["specs"].as_array().expect("specs");
        specs.iter().find(|s| s["id"] == id).expect("it")["content"].clone()
    };
    assert_eq!(own["new"], content("own"));
    assert_ne!(own["old"], own["new"]);
    assert_eq!(
        diff["tags"]["moved"][0]["new"],
        json!({"spec": "base/3.13", "content": content("base/3.13")})
    );
}

/// Names of all fields, and the words that stand for a kind of thing.
fn fields(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                names.insert(name.clone());
                if ["input", "how", "provider"].contains(&name.as_str()) {
                    names.insert(value.as_str().unwrap_or_default().to_owned());
                }
                fields(value, names);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, names)),
        _ => {}
    }
}

#[test]
fn every_field_of_the_json_is_described() {
    let folder = changed();
    let mut names = BTreeSet::new();
    fields(&as_json(folder.path(), &["HEAD"]), &mut names);
    assert!(names.len() > 40, "{names:?}");
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diff.md");
    let document = fs::read_to_string(document).expect("docs/diff.md");
    names.retain(|name| !document.contains(&format!("`{name}`")));
    assert_eq!(
        names,
        BTreeSet::new(),
        "docs/diff.md does not describe these"
    );
}

#[test]
fn a_release_alone_builds_nothing() {
    let folder = repository();
    edit(folder.path(), "matrix.toml", &[("1.0.0", "1.1.0")]);
    let diff = as_json(folder.path(), &[]);
    assert_eq!(
        (&diff["rebuilds"], &diff["changed"], &diff["tags"]["gone"]),
        (&json!(0), &json!([]), &json!([]))
    );
    assert_eq!(diff["tags"]["new"].as_array().map(Vec::len), Some(5));
}

#[test]
fn a_tag_that_prints_the_release_may_not_move_and_one_that_is_gone_is_told() {
    let folder = repository();
    edit(
        folder.path(),
        "matrix.toml",
        &[
            ("\"curl\"", "\"git\""),
            ("tags = [\"latest\"]", "tags = [\"newest\"]"),
        ],
    );
    let text = said(folder.path(), &[]);
    let tags = text.split_once("tags:\n").expect("tags").1;
    assert_eq!(
        tags,
        "  - docker.io/acme/base:latest  base/3.12
  + docker.io/acme/base:newest  base/3.12
  ! docker.io/acme/low:v1.0.0, docker.io/acme/base:3.11-v1.0.0, docker.io/acme/base:3.12-v1.0.0, docker.io/acme/base:3.13-v1.0.0
      other content under a tag that prints the release, and may not move: bump it
"
    );
    assert!(said(folder.path(), &["--format", "markdown"]).contains("> **Bump the release:** "));
    // A pre-release leaves the aliases where they are.
    edit(folder.path(), "matrix.toml", &[("1.0.0", "1.1.0-rc.1")]);
    assert_eq!(as_json(folder.path(), &[])["tags"]["gone"], json!([]));
}

#[test]
fn only_some_specs_are_told_and_the_summary_stays() {
    let folder = changed();
    let diff = as_json(folder.path(), &["--only", "image=own"]);
    assert_eq!(diff["added"], json!([]));
    assert_eq!(diff["removed"], json!([]));
    assert_eq!(diff["changed"].as_array().map(Vec::len), Some(1));
    assert_eq!(diff["new"]["specs"], 5);
    // A value that is new is none of the old matrix.
    let diff = as_json(folder.path(), &["--only", "python=3.14"]);
    assert_eq!(
        (diff["added"][0]["id"].as_str(), &diff["removed"]),
        (Some("base/3.14"), &json!([]))
    );
    let unknown = run(folder.path(), &["diff", "--only", "python=2.7"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn without_a_revision_the_branch_counts_or_else_the_last_commit() {
    let folder = repository();
    let root = folder.path();
    edit(root, "matrix.toml", &[("debian:13", "debian:12")]);
    commit(root, "on the branch");
    assert!(said(root, &[]).contains("specs: all are the same"));
    git(root, &["update-ref", "refs/remotes/origin/main", "HEAD~1"]);
    git(
        root,
        &[
            "symbolic-ref",
            "refs/remotes/origin/HEAD",
            "refs/remotes/origin/main",
        ],
    );
    let fork = git(root, &["rev-parse", "--short=12", "HEAD~1"]);
    let text = said(root, &[]);
    assert!(
        text.starts_with(&format!("{} → working tree\n", fork.trim())),
        "{text}"
    );
    assert!(text.contains("base `debian:13` → `debian:12`"), "{text}");
}

#[test]
fn a_matrix_below_the_top_and_by_another_name() {
    let folder = project(&[
        (
            "ci/images/matrix.toml",
            "[image.a]\ntag = \"1\"\nfrom = \"debian:13\"\n",
        ),
        (
            "ci/images/other.toml",
            "[image.b]\ntag = \"1\"\nfrom = \"debian:13\"\n",
        ),
        ("top.txt", "outside\n"),
    ]);
    commit(folder.path(), "both");
    let images = folder.path().join("ci/images");
    edit(&images, "matrix.toml", &[("debian:13", "debian:12")]);
    assert!(said(folder.path(), &["-C", "ci/images"]).contains("  ~ a\n"));
    edit(&images, "other.toml", &[("[image.b]", "[image.c]")]);
    let text = said(&images, &["--config", "other.toml", "HEAD"]);
    assert!(
        text.contains("  + c  ") && text.contains("  - b  "),
        "{text}"
    );
}

#[test]
fn what_cannot_be_compared_is_said_and_is_no_success() {
    let folder = project(&[("readme", "")]);
    let root = folder.path();
    commit(root, "nothing yet");
    fs::write(
        root.join("matrix.toml"),
        "[image.a]\nform = \"debian:13\"\n",
    )
    .expect("a matrix");
    commit(root, "broken");
    let matrix = "[image.a]\ntag = \"1\"\nfrom = \"debian:13\"\n";
    fs::write(root.join("matrix.toml"), matrix).expect("a matrix");
    for (revision, said) in [
        (
            "nowhere",
            "error[unknown-revision]: git knows no revision `nowhere`\n  = help: name a commit, branch or tag that this clone has\n",
        ),
        (
            "--end-of-options",
            "error[unknown-revision]: git knows no revision `--end-of-options`\n  = help: name a commit, branch or tag that this clone has\n",
        ),
    ] {
        let output = run(root, &["diff", "--", revision]);
        assert_eq!((output.status.code(), &*stderr(&output)), (Some(2), said));
    }
    let output = run(root, &["diff", "HEAD"]);
    assert_eq!(output.status.code(), Some(2));
    let said = stderr(&output);
    assert!(
        said.starts_with(
            "the matrix at `HEAD` cannot be expanded with this gen:\nerror[unknown-key]"
        ),
        "{said}"
    );
    assert!(said.ends_with("no plan could be built\n"), "{said}");

    let outside = project(&[("matrix.toml", matrix)]);
    let output = run(outside.path(), &["diff"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).starts_with("error[no-repository]: there is no git repository here"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn nothing_is_left_behind_and_git_is_as_it_was() {
    let folder = changed();
    let root = folder.path();
    let temporary = tempfile::tempdir().expect("a folder");
    let state = || {
        let index = fs::read(root.join(".git/index")).expect("an index");
        (
            index,
            git(root, &["status", "--porcelain"]),
            git(root, &["for-each-ref"]),
        )
    };
    let before = state();
    let output = Command::new(env!("CARGO_BIN_EXE_gen"))
        .arg("diff")
        .current_dir(root)
        .env("TMPDIR", temporary.path())
        .env("GIT_DIR", "/nowhere")
        .output()
        .expect("gen runs");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fs::read_dir(temporary.path()).expect("it").count(), 0);
    assert!(state() == before);
}

/// The cells of a row: what stands between pipes outside code.
fn cells(row: &str) -> usize {
    let mut inside = false;
    let mut count = 0;
    for c in row.chars() {
        match c {
            '`' => inside = !inside,
            '|' if !inside => count += 1,
            _ => {}
        }
    }
    assert!(!inside, "{row}");
    count
}

#[test]
fn markdown_stands_whatever_a_value_holds() {
    let folder = project(&[
        (
            "matrix.toml",
            "[image.a]\ntag = \"1\"\ndockerfile = \"D\"\ncontext = \"c\"\nargs = { X = \"old\" }\n",
        ),
        ("D", "FROM debian\nARG X\n"),
        ("c/f", ""),
    ]);
    let root = folder.path();
    commit(root, "before");
    let hostile = [
        "|",
        "`",
        "a | b",
        "``` | ```",
        "</details>",
        "<br>",
        "*x*",
        "@someone",
        "a`b|c`d",
        "[x](y)",
        "\\|",
        "&amp;",
        "a\\nb",
        "<!--",
        "~~~",
    ];
    for value in hostile {
        let toml = value.replace('\\', "\\\\").replace("\\\\n", "\\n");
        let matrix = format!(
            "[image.a]\ntag = \"1\"\ndockerfile = \"D\"\ncontext = \"c\"\nargs = {{ X = \"{toml}\" }}\n"
        );
        fs::write(root.join("matrix.toml"), matrix).expect("a matrix");
        fs::write(
            root.join("D"),
            format!("FROM debian\nARG X\n# {value}\r```\r\n```\n"),
        )
        .expect("a Dockerfile");
        let file = root.join("c").join(value.replace(['/', '\\'], "_"));
        fs::write(&file, "").expect("a file");
        let text = said(root, &["--format", "markdown"]);
        fs::remove_file(file).expect("removed");
        let mut columns = 0;
        let mut fence: Option<&str> = None;
        for line in text.lines() {
            match fence {
                Some(open) if line == open => fence = None,
                Some(_) => assert!(line.starts_with(['+', '-']), "{value}: {line}\n{text}"),
                None if line.starts_with("```") => fence = Some(line.trim_end_matches("diff")),
                None if line.starts_with('|') => {
                    if columns == 0 {
                        columns = cells(line);
                    }
                    assert_eq!(cells(line), columns, "{value}: {line}");
                    assert!(
                        !line.contains("</details>") && !line.contains('@'),
                        "{line}"
                    );
                }
                None => columns = 0,
            }
        }
        let count = |what: &str| text.lines().filter(|l| l.starts_with(what)).count();
        assert_eq!(count("<details><summary>"), 3, "{value}:\n{text}");
        assert_eq!(count("</details>"), 3, "{value}:\n{text}");
    }
}

#[test]
fn markdown_is_as_long_as_a_comment_may_be() {
    let values: Vec<String> = (0..2000).map(|n| format!("\"{n}\"")).collect();
    let matrix = |from: &str, values: &[String]| {
        format!(
            "[axis]\nn = [{}]\n[image.a]\ntag = \"{{{{ n }}}}\"\nfrom = \"{from}:{{{{ n }}}}\"\n",
            values.join(", ")
        )
    };
    let folder = project(&[("matrix.toml", &matrix("debian", &values[..1500]))]);
    commit(folder.path(), "before");
    fs::write(
        folder.path().join("matrix.toml"),
        matrix("ubuntu", &values[500..]),
    )
    .expect("a matrix");
    let text = said(folder.path(), &["--format", "markdown"]);
    assert!(text.chars().count() < 65_536);
    assert!(
        text.starts_with("### Base images: 500 added, 500 removed, 1000 changed\n"),
        "{text}"
    );
    assert!(text.contains("| and 900 more |"), "{text}");
}
