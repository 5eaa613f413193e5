//! A release as the engineers of a library go through it, for a library each of Python, Rust, Go and TypeScript.
//!
//! The libraries are the folders of `tests/libraries`, as somebody would have them in git. `tests/libraries/<name>.diff`
//! is all that `gen bump minor` may change in them. `UPDATE_LIBRARIES=1 cargo test --test suite libraries::` writes it anew:
//! read the difference before it is committed.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use similar::TextDiff;
use tempfile::TempDir;

use crate::support;

use support::{lay, stderr, stdout};

const UPDATE: &str = "UPDATE_LIBRARIES";

/// Paths that gen writes.
const OUTPUTS: [&str; 6] = [
    "generated/",
    "matrix.lock",
    ".github/workflows/base-images.yml",
    ".gitlab-ci.yml",
    ".gitlab/",
    "cloudbuild.yaml",
];

/// Every file of a folder with its bytes.
type Tree = BTreeMap<String, Vec<u8>>;

struct Library {
    name: &'static str,
    /// Changes of the matrix that are worth a release: a text of it, and what replaces it.
    changes: [(&'static str, &'static str); 2],
    /// The releases it goes through: by `minor`, `pre` and `release`.
    releases: [&'static str; 3],
    /// A file with a pin.
    pinned: &'static str,
    /// Brings the package manager's lock file up to date, given what `gen bump` said.
    refresh: fn(&Path, &str),
    /// What the library's own tools read in it, `TAG` and `VERSION` for the release.
    reads: &'static [&'static str],
    /// How they read it.
    read: fn(&Path) -> Vec<String>,
}

#[test]
fn python() {
    go_through(&Library {
        name: "truss",
        changes: [("\"git\"]", "\"git\", \"jq\"]"), ("\"jq\"", "\"less\"")],
        releases: ["0.13.0", "0.13.1rc1", "0.13.1"],
        pinned: "truss/contexts/image_builder/util.py",
        refresh: as_uv_does,
        reads: &[
            "TAG",
            "baseten/truss-server-base",
            "3.11 3.12 3.13",
            "VERSION",
            "VERSION",
        ],
        read: read_python,
    });
}

#[test]
fn rust() {
    go_through(&Library {
        name: "rust",
        changes: [
            ("\"ca-certificates\"", "\"curl\""),
            ("\"curl\"", "\"wget\""),
        ],
        releases: ["1.5.0", "1.5.1-rc.1", "1.5.1"],
        pinned: "src/image.rs",
        refresh: as_told,
        reads: &["acme-serve VERSION", "acme-wire 1.4.0"],
        read: read_rust,
    });
}

#[test]
fn go() {
    go_through(&Library {
        name: "go",
        changes: [("\"git\"", "\"jq\""), ("\"jq\"", "\"less\"")],
        releases: ["2.8.0", "2.8.1-rc.1", "2.8.1"],
        pinned: "internal/images/images.go",
        refresh: |_, said| assert_eq!(command_of(said), None),
        reads: &[
            "ghcr.io/acme/runner:3.12-cpu-TAG",
            "ghcr.io/acme/runner:3.13-cuda12.8.1-TAG",
        ],
        read: read_make_and_shell,
    });
}

#[test]
fn typescript() {
    go_through(&Library {
        name: "typescript",
        changes: [("\"tini\"", "\"dumb-init\""), ("\"dumb-init\"", "\"tini\"")],
        releases: ["3.1.0", "3.1.1-rc.1", "3.1.1"],
        pinned: "src/images.ts",
        refresh: as_told,
        reads: &[
            "VERSION VERSION VERSION TAG",
            "ghcr.io/acme/models:3.13-batch-TAG",
            "3.12,3.13 serve,batch",
        ],
        read: read_node,
    });
}

fn go_through(library: &Library) {
    let folder = TempDir::new().expect("a temporary folder");
    let root = folder.path();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/libraries");
    lay(&source.join(library.name), root);

    well(root, "matrix");
    well(root, "bump --amend");
    clean(root);

    // Something is built otherwise, so a release is due.
    change(root, library.changes[0]);
    assert_eq!(gen_in(root, "matrix --quiet").status.code(), Some(1));
    assert_eq!(codes(root), ["unreleased-change"]);
    let before = tree(root);
    let dry = well(root, "bump minor --dry-run");
    assert!(tree(root) == before, "`--dry-run` wrote something");
    assert!(stdout(&dry).contains("+version = "), "{}", stdout(&dry));

    bump(root, library, "minor", library.releases[0]);
    compare(
        &source.join(format!("{}.diff", library.name)),
        &before,
        &tree(root),
    );

    // Once more it finds nothing to do.
    let moved = tree(root);
    well(root, &format!("bump {}", library.releases[0]));
    assert!(tree(root) == moved, "a second run wrote something");

    change(root, library.changes[1]);
    bump(root, library, "pre", library.releases[1]);
    bump(root, library, "release", library.releases[2]);

    // Somebody moves one place by hand.
    let path = root.join(library.pinned);
    let text = fs::read_to_string(&path).expect("the pinned file");
    let tag = format!("v{}", library.releases[2]);
    fs::write(&path, text.replacen(&tag, library.releases[2], 1)).expect("a file");
    let output = gen_in(root, "bump --check");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains(library.pinned),
        "{}",
        stderr(&output)
    );
}

/// Bumps, refreshes lock files, and holds that all is well and read by the library's own tools.
fn bump(root: &Path, library: &Library, step: &str, release: &str) {
    let said = stderr(&well(root, &format!("bump {step}")));
    assert!(said.contains(&format!("moved to {release}: ")), "{said}");
    (library.refresh)(root, &said);
    clean(root);
    let output = well(root, "bump --check");
    assert_eq!(stderr(&output), format!("all places agree on {release}\n"));
    let tag = format!("v{release}");
    let wanted = library
        .reads
        .iter()
        .map(|w| w.replace("TAG", &tag).replace("VERSION", release));
    assert_eq!((library.read)(root), wanted.collect::<Vec<_>>());
}

fn gen_in(root: &Path, line: &str) -> Output {
    support::run(root, &line.split_whitespace().collect::<Vec<_>>())
}

fn well(root: &Path, line: &str) -> Output {
    let output = gen_in(root, line);
    assert_eq!(
        output.status.code(),
        Some(0),
        "gen {line}:\n{}",
        stderr(&output)
    );
    output
}

/// The codes of all findings.
fn codes(root: &Path) -> Vec<String> {
    let output = gen_in(root, "check --format json");
    let findings: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let code = |f: &Value| f["code"].as_str().expect("a code").to_owned();
    findings.iter().map(code).collect()
}

fn clean(root: &Path) {
    let output = gen_in(root, "check");
    assert!(
        stderr(&output).starts_with("no findings; 0 of "),
        "{}",
        stderr(&output)
    );
}

fn change(root: &Path, (old, new): (&str, &str)) {
    let path = root.join("matrix.toml");
    let text = fs::read_to_string(&path).expect("a matrix");
    assert_eq!(text.matches(old).count(), 1, "`{old}` in the matrix");
    fs::write(path, text.replace(old, new)).expect("the matrix");
}

fn tree(root: &Path) -> Tree {
    fn walk(folder: &Path, root: &Path, into: &mut Tree) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, root, into);
            } else {
                let name = path.strip_prefix(root).expect("below the root");
                into.insert(
                    name.to_string_lossy().into_owned(),
                    fs::read(&path).expect("a file"),
                );
            }
        }
    }
    let mut into = Tree::new();
    walk(root, root, &mut into);
    into
}

/// Holds that the library's files differ by what `path` says, and in nothing else.
fn compare(path: &Path, before: &Tree, after: &Tree) {
    assert!(before.keys().eq(after.keys()), "files came or went");
    let mut diff = String::new();
    for (name, old) in before {
        if OUTPUTS.iter().any(|o| name.starts_with(o)) || after[name] == *old {
            continue;
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        let (old, new) = (text(old), text(&after[name]));
        let lines = TextDiff::from_lines(old.as_str(), new.as_str());
        diff += &lines
            .unified_diff()
            .context_radius(0)
            .header(name, name)
            .to_string();
    }
    if env::var_os(UPDATE).is_some() {
        fs::write(path, &diff).expect("the difference is written");
    }
    let expected = fs::read_to_string(path).unwrap_or_default();
    assert!(
        diff == expected,
        "{} expects another difference than\n{diff}\nto accept: `{UPDATE}=1 cargo test --test suite libraries::`",
        path.display(),
    );
}

/// The command that the help of a stale lock file names.
fn command_of(said: &str) -> Option<&str> {
    let (_, rest) = said.split_once("help: run `")?;
    rest.split_once('`').map(|(command, _)| command)
}

/// Does what gen told to do.
fn as_told(root: &Path, said: &str) {
    tool(root, "sh", &["-c", command_of(said).expect("a command")]);
}

/// uv is no tool of these tests: what it writes into its lock file is the version of the package, which alone has no
/// registry as its source.
fn as_uv_does(root: &Path, said: &str) {
    assert_eq!(command_of(said), Some("uv lock --offline"));
    let path = root.join("uv.lock");
    let text = fs::read_to_string(&path).expect("a lock file");
    let (before, after) = text
        .split_once("name = \"truss\"\nversion = \"")
        .expect("the package");
    let (_, after) = after.split_once('"').expect("its version");
    let version = tool(
        root,
        "python3",
        &[
            "-c",
            "import tomllib; print(tomllib.load(open('pyproject.toml', 'rb'))['project']['version'])",
        ],
    );
    let text = format!(
        "{before}name = \"truss\"\nversion = \"{}\"{after}",
        version.trim()
    );
    fs::write(path, text).expect("the lock file");
}

/// What a tool of the library's says.
fn tool(root: &Path, program: &str, args: &[&str]) -> String {
    let output = Command::new(program)
        .args(args)
        .current_dir(root)
        .env("npm_config_update_notifier", "false")
        .env("npm_config_cache", root.join("node_modules/.cache"))
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(
        output.status.success(),
        "{program} {args:?}: {}",
        stderr(&output)
    );
    fs::remove_dir_all(root.join("node_modules")).ok();
    stdout(&output)
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

fn read_python(root: &Path) -> Vec<String> {
    const SCRIPT: &str = r#"
import ast, tomllib

def constants(path):
    for node in ast.parse(open(path).read()).body:
        target = getattr(node, "target", None) or getattr(node, "targets", [None])[0]
        if isinstance(target, ast.Name):
            yield target.id, ast.literal_eval(node.value)

util = dict(constants("truss/contexts/image_builder/util.py"))
print(util["TRUSS_BASE_IMAGE_VERSION_TAG"])
print(util["TRUSS_BASE_IMAGE_NAME"])
print(*dict(constants("truss/constants.py"))["SUPPORTED_PYTHON_VERSIONS"])
print(tomllib.load(open("pyproject.toml", "rb"))["project"]["version"])
print(*(p["version"] for p in tomllib.load(open("uv.lock", "rb"))["package"] if p["name"] == "truss"))
"#;
    lines(&tool(root, "python3", &["-c", SCRIPT]))
}

/// With `--locked` cargo refuses a lock file that is not what the manifests say.
fn read_rust(root: &Path) -> Vec<String> {
    let metadata = ["metadata", "--offline", "--locked", "--format-version", "1"];
    let metadata: Value = serde_json::from_str(&tool(root, "cargo", &metadata)).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    packages
        .map(|p| format!("{} {}", text(&p["name"]), text(&p["version"])))
        .collect()
}

fn read_make_and_shell(root: &Path) -> Vec<String> {
    let mut read = lines(&tool(root, "make", &["--silent", "print"]));
    read.extend(lines(&tool(
        root,
        "sh",
        &["-c", ". ./.env && echo \"$RUNNER_IMAGE\""],
    )));
    read
}

/// Without its types the module is JavaScript.
fn read_node(root: &Path) -> Vec<String> {
    const SCRIPT: &str = r#"
import { readFileSync } from "node:fs";
const [manifest, lock] = ["package.json", "package-lock.json"].map((path) => JSON.parse(readFileSync(path)));
const code = readFileSync("src/images.ts", "utf8").replaceAll(" as const", "");
const images = await import("data:text/javascript," + encodeURIComponent(code));
console.log(manifest.version, lock.version, lock.packages[""].version, manifest.acme.images.release);
console.log(images.image("3.13", "batch"));
console.log(`${images.PYTHON_VERSIONS} ${Object.keys(images.JOBS)}`);
"#;
    lines(&tool(root, "node", &["--input-type=module", "-e", SCRIPT]))
}
