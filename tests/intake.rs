//! `gen import`: what it declares is what the file builds, and as short as somebody would write it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use basematrix::intake::{FieldOption, Imported, ReadOptions, agrees, import};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Value, json};

use crate::support::{commit, project, run, stderr};

/// How much longer than by hand a declaration may be.
const LONGER: f64 = 1.5;

/// A matrix that somebody said by hand: `tests/intake/NAME`.
struct Case {
    name: String,
    file: &'static str,
    text: String,
    options: ReadOptions,
    arguments: Vec<String>,
    hand: String,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/intake");
    let mut folders: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the cases")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    folders.sort();
    folders.iter().map(|folder| case(folder)).collect()
}

fn case(folder: &Path) -> Case {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect(name);
    let files = ["rows.json", "bake.json", "workflow.yml"];
    let file = files.into_iter().find(|name| folder.join(name).is_file());
    let file = file.expect("a file of facts");
    let arguments = read("arguments.txt");
    let arguments = arguments.lines().filter(|line| !line.is_empty());
    let arguments: Vec<String> = arguments.map(str::to_owned).collect();
    let mut options = ReadOptions::default();
    for pair in arguments.chunks(2) {
        match (pair[0].as_str(), &pair[1]) {
            ("--field", field) => options.field(field),
            (_, set) => {
                let (name, value) = set.split_once('=').expect("a pair");
                options.set.push((name.to_owned(), value.to_owned()));
            }
        }
    }
    assert!(read("source.txt").starts_with("https://"), "its source");
    Case {
        name: folder
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned(),
        file,
        text: read(file),
        options,
        arguments,
        hand: read("hand.toml"),
    }
}

/// An option as it is called on the command line.
trait Given {
    fn field(&mut self, text: &str);
}

impl Given for ReadOptions {
    fn field(&mut self, text: &str) {
        self.fields.push(FieldOption::parse(text).expect("a field"));
    }
}

fn imported(case: &Case) -> Imported {
    import(case.file, &case.text, &case.options, &|_| None).expect("a file that can be read")
}

/// Lines that say something.
fn lines(text: &str) -> usize {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .count()
}

#[test]
fn what_is_declared_is_exact_and_hardly_longer_than_by_hand() {
    let mut wrong = Vec::new();
    let (mut sum, mut by_hand) = (0, 0);
    let cases = cases();
    assert!(cases.len() >= 6);
    for case in &cases {
        let name = &case.name;
        let is = |text: &str| agrees(&case.text, &case.options, text).expect("rows");
        if !is(&case.hand) {
            wrong.push(format!(
                "{name}: what was said by hand is not what the file says"
            ));
        }
        let found = imported(case);
        let Some(text) = &found.text else {
            wrong.push(format!("{name}: nothing is declared: {:?}", found.told));
            continue;
        };
        if !is(text) || found.lacks() {
            wrong.push(format!("{name}: not the same: {:?}\n{text}", found.told));
        }
        let (own, theirs) = (lines(text), lines(&case.hand));
        (sum, by_hand) = (sum + own, by_hand + theirs);
        if f64::from(u32::try_from(own).expect("few"))
            > LONGER * f64::from(u32::try_from(theirs).expect("few"))
        {
            wrong.push(format!("{name}: {own} lines, {theirs} by hand\n{text}"));
        }
    }
    println!("{sum} lines, {by_hand} by hand");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is declared by the command, as the plan has it: not by the code that proved it.
#[test]
fn the_plan_of_what_is_declared_has_the_same_images() {
    for case in cases() {
        let folder = project(&[(case.file, &case.text)]);
        let mut arguments = vec!["import", case.file];
        arguments.extend(case.arguments.iter().map(String::as_str));
        let output = run(folder.path(), &arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{}: {said}", case.name);
        let listed = run(
            folder.path(),
            &["list", "--format", "lines", "--aliases", "--copies"],
        );
        let listed = String::from_utf8(listed.stdout).expect("text");
        let hand = project(&[("matrix.toml", &case.hand)]);
        let expected = run(
            hand.path(),
            &["list", "--format", "lines", "--aliases", "--copies"],
        );
        let expected = String::from_utf8(expected.stdout).expect("text");
        let set = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(set(&listed), set(&expected), "{}", case.name);
        assert!(!listed.is_empty(), "{}", case.name);
    }
}

#[test]
fn slips_in_a_file_are_told_with_their_line() {
    let case = cases().into_iter().find(|case| case.name == "axolotl");
    let found = imported(&case.expect("the case"));
    let odd = found.told.iter().find(|told| told.what.contains("`3.1`"));
    let odd = odd.unwrap_or_else(|| panic!("{:?}", found.told));
    assert!(
        odd.what.contains("`python_version`") && odd.line > 1,
        "{odd:?}"
    );
}

#[test]
fn a_matrix_that_is_there_is_not_touched() {
    let rows = r#"[{"t": "acme/x:1"}]"#;
    let folder = project(&[("matrix.toml", "# mine\n"), ("rows.json", rows)]);
    let args = [
        "import",
        "rows.json",
        "--field",
        "reference=t",
        "--field",
        "base==debian:trixie",
    ];
    let output = run(folder.path(), &args);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("[image.x]"));
    let kept = fs::read_to_string(folder.path().join("matrix.toml")).expect("it");
    assert_eq!(kept, "# mine\n");
}

#[test]
fn args_of_no_dockerfile_and_shared_tags_are_told() {
    let rows = r#"[
 {"t": "acme/x:1", "v": "1"},
 {"t": "acme/x:1", "v": "2"},
 {"t": "acme/x:3", "v": "3"}
]"#;
    let docker = "ARG OTHER\nFROM debian:trixie\n";
    let folder = project(&[("rows.json", rows), ("Dockerfile", docker)]);
    let fields = ["reference=t", "dockerfile==Dockerfile", "arg.V=v"];
    let mut args = vec!["import", "rows.json"];
    args.extend(fields.iter().flat_map(|field| ["--field", *field]));
    let output = run(folder.path(), &args);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("rows.json:3: not declared: row 2 and row 1 of line 2 share"),
        "{said}"
    );
    assert!(said.contains("`Dockerfile` declares no `ARG V`"), "{said}");
    let text = fs::read_to_string(folder.path().join("matrix.toml")).expect("a matrix");
    assert!(text.contains("V = "), "{text}");
}

#[test]
fn no_file_makes_it_fall_over() {
    let files = [
        "",
        "\0",
        "[",
        "{",
        "[]",
        "{}",
        "- - - -",
        "jobs: 3",
        "jobs: {a: {steps: 3}}",
        "jobs: {a: {strategy: {matrix: 3}, steps: [{run: docker build .}]}}",
        "jobs: {a: {strategy: {matrix: {x: []}}, steps: [{run: docker build -t a:1 .}]}}",
        "target: {a: {tags: 3}}",
        "target: {a: 3}",
        "target: {a: {tags: ['x:1'], args: {b: [1]}}}",
        "- {t: '💥/x:1'}",
        "- {t: 'a/b:é'}",
        "- {t: 'a/b:1', v: \"\\0\"}",
    ];
    for text in files {
        let mut options = ReadOptions::default();
        let _ = import("f", text, &options, &|_| None);
        options.field("reference=t");
        let _ = import("f", text, &options, &|_| None);
    }
}

/// A matrix as somebody may have it: axes, cells that there are, and what an image says of them.
#[derive(Clone, Debug)]
struct Drawn {
    rows: Value,
    args: usize,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let versions = subsequence(vec!["3.9", "3.10", "3.11", "3.12"], 1..=4);
    let cudas = subsequence(vec!["", "11.8.0", "12.4.1", "12.8.1"], 1..=4);
    let jobs = subsequence(vec!["server", "training", "docs"], 1..=3);
    (
        versions,
        cudas,
        jobs,
        any::<u64>(),
        0..3usize,
        0..4u8,
        any::<bool>(),
    )
        .prop_map(|(versions, cudas, jobs, holes, args, shape, arm)| {
            let mut rows = Vec::new();
            let mut at = 0;
            for version in &versions {
                for cuda in &cudas {
                    for job in &jobs {
                        at += 1;
                        let hole = (holes >> (at % 64)).trailing_zeros() > 1;
                        if hole && !rows.is_empty() {
                            continue;
                        }
                        let gpu = match (cuda.is_empty(), shape) {
                            (true, _) => String::new(),
                            (_, 0) => format!("-cu{}", cuda.replace('.', "")),
                            _ => format!("-{cuda}"),
                        };
                        let name = if shape > 1 {
                            format!("{job}-base")
                        } else {
                            "base".to_owned()
                        };
                        let middle = if shape > 1 {
                            String::new()
                        } else {
                            format!("-{job}")
                        };
                        let base = match cuda.is_empty() {
                            true => format!("python:{version}-slim"),
                            false => format!(
                                "nvidia/cuda:{cuda}-base-ubuntu{}",
                                if *cuda < "12" { "20.04" } else { "24.04" }
                            ),
                        };
                        let platforms = match arm && *job != "training" {
                            true => "linux/amd64,linux/arm64",
                            false => "linux/amd64",
                        };
                        rows.push(json!({
                            "reference": format!("ghcr.io/acme/{name}:py{version}{middle}{gpu}"),
                            "base": base,
                            "platforms": platforms,
                            "dockerfile": format!("docker/{job}{{}}/Dockerfile"),
                            "python": version,
                            "cuda": cuda,
                            "job": job,
                            "odd": if at % 5 == 0 { "a\nb '{{ c }}' \\ \"d\"" } else { "é${X}" },
                        }));
                    }
                }
            }
            Drawn {
                rows: Value::Array(rows),
                args,
            }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_drawn_is_declared_and_the_same(drawn in drawn()) {
        let mut options = ReadOptions::default();
        for field in ["reference=reference", "base=base", "platforms=platforms", "dockerfile=dockerfile"] {
            options.field(field);
        }
        for arg in ["arg.PY=python", "arg.CUDA=cuda", "arg.ODD=odd"].iter().take(drawn.args + 1) {
            options.field(arg);
        }
        let text = drawn.rows.to_string();
        let found = import("rows.json", &text, &options, &|_| None).expect("rows");
        prop_assert!(!found.lacks(), "{:?}", found.told);
        let declared = found.text.expect("a declaration");
        prop_assert!(agrees(&text, &options, &declared).expect("rows"));
        // A row less is another set.
        let mut rows = drawn.rows.as_array().expect("rows").clone();
        if rows.len() > 1 {
            rows.pop();
            let fewer = Value::Array(rows).to_string();
            prop_assert!(!agrees(&fewer, &options, &declared).expect("rows"));
        }
    }
}

/// A small repository, as it is found: its name, its files, and what the matrix must say.
type Shape = (
    &'static str,
    Vec<(&'static str, &'static str)>,
    &'static str,
);

/// Repositories of different build.
fn shapes() -> Vec<Shape> {
    const WORKFLOW: &str = "name: images\non:\n  push:\n    tags: ['v*']\njobs:\n  images:\n    runs-on: ubuntu-24.04\n    strategy:\n      matrix:\n        python: ['3.12', '3.13']\n    steps:\n      - id: meta\n        uses: docker/metadata-action@v5\n        with:\n          images: ghcr.io/acme/server\n          tags: type=semver,pattern={{version}}\n          flavor: |\n            latest=false\n            suffix=-py${{ matrix.python }}\n      - uses: docker/build-push-action@v6\n        with:\n          file: docker/Dockerfile\n          tags: ${{ steps.meta.outputs.tags }}\n          build-args: PYTHON_VERSION=${{ matrix.python }}\n";
    const DOCKERFILE: &str =
        "ARG PYTHON_VERSION=3.13\nFROM python:${PYTHON_VERSION}-slim-trixie\nCOPY app.py /\n";
    vec![
        (
            "a library of Python with a workflow",
            vec![
                (
                    "pyproject.toml",
                    "[project]\nname = \"acme\"\nversion = \"1.4.0\"\n",
                ),
                ("src/acme/__init__.py", "__version__ = \"1.4.0\"\n"),
                (".github/workflows/images.yml", WORKFLOW),
                ("docker/Dockerfile", DOCKERFILE),
                ("app.py", "print()\n"),
            ],
            "{{ release.version }}-py{{ python }}",
        ),
        (
            "a workflow for one branch",
            vec![
                (
                    ".github/workflows/images.yml",
                    "on: { push: { branches: [main] } }\njobs:\n  b:\n    steps:\n      - { id: m, uses: docker/metadata-action@v5, with: { images: acme/x } }\n      - { uses: docker/build-push-action@v6, with: { tags: '${{ steps.m.outputs.tags }}' } }\n",
                ),
                ("Dockerfile", "FROM debian:trixie-slim\n"),
            ],
            "tag = \"main\"",
        ),
        (
            "a program of Rust with a Dockerfile",
            vec![
                (
                    "Cargo.toml",
                    "[package]\nname = \"tool\"\nversion = \"0.3.1\"\n",
                ),
                ("Dockerfile", "FROM debian:trixie-slim\nCOPY Cargo.toml /\n"),
            ],
            "[[release.pin]]\nfile = \"Cargo.toml\"\nkey = \"package.version\"",
        ),
        (
            "services of Compose",
            vec![
                (
                    "package.json",
                    "{\"name\": \"@acme/web\", \"version\": \"2.0.0\"}\n",
                ),
                (
                    "compose.yaml",
                    "services:\n  web:\n    image: ghcr.io/acme/web:dev\n    build: { context: web, args: { MODE: dev } }\n  db:\n    image: postgres:17\n",
                ),
                (
                    "web/Dockerfile",
                    "FROM node:24-trixie-slim\nARG MODE\nRUN echo \"$MODE\"\n",
                ),
            ],
            "MODE = \"dev\"",
        ),
        (
            "a bake file of JSON",
            vec![
                (
                    "docker-bake.json",
                    "{\"target\": {\"x\": {\"context\": \".\", \"tags\": [\"quay.io/acme/x:1\"]}}}\n",
                ),
                ("Dockerfile", "FROM debian:trixie-slim\n"),
                (".gitlab-ci.yml", "stages: [test]\n"),
            ],
            "prefix = \"quay.io/acme\"",
        ),
        (
            "a bake file that bake alone reads",
            vec![
                ("docker-bake.hcl", "target \"x\" {}\n"),
                ("docker/gpu/Dockerfile", "FROM debian:trixie-slim\n"),
            ],
            "docker buildx bake -f docker-bake.hcl --print",
        ),
        (
            "Dockerfiles in folders, one that cannot be built as it is",
            vec![
                (
                    "a/Dockerfile",
                    "FROM debian:trixie-slim\nCOPY shared.txt /\n",
                ),
                ("shared.txt", "x\n"),
                (
                    "b/Dockerfile",
                    "FROM debian:trixie-slim\nCOPY nowhere.txt /\n",
                ),
            ],
            "# ? b/Dockerfile is not declared",
        ),
        (
            "a library of Python without images",
            vec![(
                "pyproject.toml",
                "[project]\nname = \"Lib.X\"\nversion = \"1.0rc1\"\nrequires-python = \">=3.12\"\n",
            )],
            "scheme = \"pep440\"",
        ),
        (
            "nothing at all",
            vec![("README.md", "# x\n")],
            "[image.base]",
        ),
        (
            "Cloud Build, with a config of its own",
            vec![
                ("cloudbuild.yaml", "steps: []\n"),
                ("Dockerfile", "FROM debian:trixie-slim\n"),
                (
                    "compose.yml",
                    "services: { a: { image: 'gcr.io/acme/a:1', build: . } }\n",
                ),
            ],
            "file = \"cloudbuild.base-images.yaml\"",
        ),
    ]
}

#[test]
fn a_first_matrix_is_clean_in_one_run() {
    let mut wrong = Vec::new();
    for (name, files, says) in shapes() {
        let folder = project(&files);
        let mut said = Vec::new();
        for arguments in [["init"], ["matrix"], ["check"]] {
            let output = run(folder.path(), &arguments);
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            if output.status.code() != Some(0) {
                wrong.push(format!("{name}: {arguments:?}: {text}"));
            }
            said.push(text);
        }
        let matrix = fs::read_to_string(folder.path().join("matrix.toml")).unwrap_or_default();
        if !matrix.contains(says) {
            wrong.push(format!("{name}: `{says}` is not in\n{matrix}\n{}", said[0]));
        }
        if !said[0].contains("next:\n  1. gen matrix") {
            wrong.push(format!("{name}: what is next is not told: {}", said[0]));
        }
        for (path, text) in files {
            let after = fs::read_to_string(folder.path().join(path)).unwrap_or_default();
            if after != text {
                wrong.push(format!("{name}: {path} was changed"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In a worktree of git's, which does not list the matrix before it is written.
#[test]
fn what_is_said_to_be_left_is_what_is_found() {
    for (name, files, _) in shapes() {
        let folder = project(&files);
        commit(folder.path(), "as it was");
        let said = stderr(&run(folder.path(), &["init"]));
        let told = said.split_once("`gen check` will find ");
        let told = told.and_then(|(_, rest)| rest.split_once(", and no error"));
        let told = told.map_or("no findings", |(told, _)| told);
        run(folder.path(), &["matrix"]);
        let found = stderr(&run(folder.path(), &["check", "--format", "concise"]));
        let found = found.lines().last().unwrap_or_default();
        assert!(
            found.starts_with(&format!("{told};")),
            "{name}: {told} was told, and {found}"
        );
    }
}

#[test]
fn every_preset_is_clean_and_none_overwrites() {
    for preset in ["minimal", "ml"] {
        let folder = project(&[("README.md", "# x\n")]);
        for arguments in [&["init", "--preset", preset][..], &["matrix"], &["check"]] {
            let output = run(folder.path(), arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(0), "{preset}: {said}");
        }
        let before = fs::read_to_string(folder.path().join("matrix.toml")).expect("a matrix");
        let output = run(folder.path(), &["init"]);
        assert_eq!(output.status.code(), Some(2));
        let after = fs::read_to_string(folder.path().join("matrix.toml")).expect("a matrix");
        assert_eq!(before, after);
    }
}

#[test]
fn the_old_workflow_and_what_is_to_be_made_are_told() {
    let (_, files, _) = shapes().remove(0);
    let folder = project(&files);
    let output = run(folder.path(), &["init"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("environment `publish`"), "{said}");
    assert!(
        said.contains(".github/workflows/images.yml publishes the same tags"),
        "{said}"
    );
    let dry = project(&files);
    let output = run(
        dry.path(),
        &[
            "init",
            "--dry-run",
            "--from",
            ".github/workflows/images.yml",
        ],
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).contains("[ci.github]"));
    assert!(!dry.path().join("matrix.toml").exists());
}
