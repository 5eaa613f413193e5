//! A repository in a temporary folder, and `gen` run in it the way a person would.

#![allow(dead_code, reason = "each test target uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A folder with a `matrix.toml`.
pub(crate) struct Tree {
    folder: TempDir,
}

/// What one run of `gen` said.
pub(crate) struct Said {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        Said {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Said {
    /// Fails with all that was said unless the exit code is this.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Fails unless people were told all of this.
    #[track_caller]
    pub(crate) fn tells(self, words: &[&str]) -> Self {
        for word in words {
            assert!(
                self.stderr.contains(word),
                "no `{word}` in:\n{}",
                self.stderr
            );
        }
        self
    }
}

/// The binary under test; benches, which share this file, run none.
pub(crate) fn binary() -> &'static str {
    option_env!("CARGO_BIN_EXE_gen").unwrap_or_default()
}

/// `program` without what the caller's environment might change.
pub(crate) fn clean(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI", "TERM"] {
        command.env_remove(name);
    }
    // Findings about dates are as on 2026-11-21.
    command.env("SOURCE_DATE_EPOCH", "1795219200");
    command.stdin(Stdio::null());
    command
}

impl Tree {
    pub(crate) fn new(matrix: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = Tree { folder };
        tree.write("matrix.toml", matrix);
        tree
    }

    /// The same with its outputs.
    pub(crate) fn written(matrix: &str) -> Self {
        let tree = Tree::new(matrix);
        tree.gen_(&["matrix"]).ends(0);
        tree
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let at = self.at(path);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder for the file");
        fs::write(at, text).expect("a file");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = clean(binary());
        command.args(arguments).current_dir(self.path());
        command
    }

    /// Runs `gen`, whose name is a keyword of the language.
    pub(crate) fn gen_(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().expect("gen runs").into()
    }

    /// Every file and link below the root, by path; a link as where it leads.
    pub(crate) fn files(&self) -> Files {
        files(self.path())
    }
}

/// Files by path.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Fails with the paths that differ, which are all one wants to read.
#[track_caller]
pub(crate) fn same(left: &Files, right: &Files) {
    let differ: Vec<&String> = left
        .keys()
        .chain(right.keys())
        .filter(|path| left.get(*path) != right.get(*path))
        .collect();
    assert!(differ.is_empty(), "differ: {differ:?}");
}

/// What a run that failed leaves for the next: the paths it may have written and not listed.
pub(crate) const JOURNAL: &str = "generated/.tmp/started";

/// And what keeps git from that.
pub(crate) const IGNORED: &str = "generated/.tmp/.gitignore";

/// What a run left in its temporary folder besides the journal and what keeps git from it.
pub(crate) fn leftovers(root: &Path) -> Vec<String> {
    let entries = fs::read_dir(root.join("generated/.tmp"))
        .into_iter()
        .flatten()
        .flatten();
    let names = entries.map(|e| format!("generated/.tmp/{}", e.file_name().to_string_lossy()));
    names
        .filter(|name| name != JOURNAL && name != IGNORED)
        .collect()
}

/// Every file and link below a folder, by path; a link as where it leads.
pub(crate) fn files(root: &Path) -> Files {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    // Files and folders may go while they are looked at, when gen runs at the same time.
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == ErrorKind::NotFound && folder != root => continue,
            entries => entries.expect("a folder"),
        };
        for entry in entries.flatten() {
            let path = entry.path();
            let name = path.strip_prefix(root).expect("below the root");
            let name = name.to_string_lossy().into_owned();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap_or_default();
                found.insert(name, target.to_string_lossy().into_owned().into_bytes());
            } else if let Ok(bytes) = fs::read(&path) {
                found.insert(name, bytes);
            }
        }
    }
    found
}

/// A matrix of `pythons` × `cudas` × 4 cells, on one GPU base for each CUDA release; `package` changes the content of all.
pub(crate) fn matrix(pythons: usize, cudas: std::ops::Range<usize>, package: &str) -> String {
    let python: Vec<String> = (0..pythons).map(|n| format!("\"3.{n}\"")).collect();
    let cuda: String = cudas
        .map(|n| {
            format!(
                "  {{ value = \"{}.{}.1\", os = \"ubuntu22.04\" }},\n",
                10 + n / 10,
                n % 10
            )
        })
        .collect();
    format!(
        r#"[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[axis]
python = [{}]
cuda = [
  "none",
{cuda}]
job = ["server", "training", "dev", "batch"]
arch = ["amd64", "arm64"]

[image.gpu-base]
axes = ["cuda"]
match = {{ cuda = "!none" }}
tag = "{{{{ cuda }}}}-{{{{ release.tag }}}}"
from = "mirror.example.com/cuda:{{{{ cuda }}}}-base-{{{{ cuda.os }}}}"
apt = ["{package}"]

[image.base]
name = "{{{{ job }}}}-base"
tag = "py{{{{ python.compact }}}}-{{{{ 'cu' ~ cuda.version if cuda else 'cpu' }}}}-{{{{ release.tag }}}}"
parent = "gpu-base"
env = {{ JOB = "{{{{ job }}}}" }}

[[image.base.when]]
match = {{ cuda = "none" }}
from = "python:{{{{ python }}}}-slim-trixie"
apt = ["{package}"]

[ci.gitlab]
"#,
        python.join(", ")
    )
}

/// A matrix of one image with one spec, and no pipeline.
pub(crate) const ONE: &str = r#"
[registry.hub]
prefix = "docker.io/acme"

[image.base]
tag = "1"
from = "debian:13"
apt = ["curl"]
"#;

/// Where the Dockerfile of [`ONE`] stands.
pub(crate) const DOCKERFILE: &str = "generated/docker/base/Dockerfile";

/// What a bot does to the workflow of a tree: its checkouts are moved on.
pub(crate) fn bot(tree: &Tree) {
    const WORKFLOW: &str = ".github/workflows/base-images.yml";
    let text = tree.read(WORKFLOW);
    let (before, rest) = text.split_once("actions/checkout@").expect("a checkout");
    let pinned = rest.split_once('\n').expect("a line").0;
    let moved = format!("{}\" # v99.0.0", "9".repeat(40));
    tree.write(
        WORKFLOW,
        format!("{before}actions/checkout@{rest}").replace(pinned, &moved),
    );
}
