//! What several test files share: a repository in a temporary folder, and `gen` run in it.

#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use basematrix::facts::Day;
use similar::TextDiff;
use tempfile::TempDir;

pub(crate) mod rows;

/// The day on which every test runs, as seconds since 1970 and as itself.
pub(crate) const SOURCE_DATE_EPOCH: (&str, &str) = ("1795219200", "2026-11-21");

/// That day.
pub(crate) fn today() -> Day {
    Day::parse(SOURCE_DATE_EPOCH.1).expect("a day")
}

/// A repository with these files: path from its root, text.
pub(crate) fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Copies what is in a folder into another, over what is there.
pub(crate) fn lay(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("its kind").is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            lay(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).expect("a copy");
        }
    }
}

/// Holds that a document of this repository is what was rendered anew, or writes it when that is asked for; `origin` is
/// what it is made from, `test` the test file that asks.
pub(crate) fn fresh(document: &str, rendered: &str, origin: &str, test: &str) {
    const UPDATE: &str = "UPDATE_DOCS";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(document);
    let on_disk = fs::read_to_string(&path).unwrap_or_default();
    let on_disk = on_disk.replace("\r\n", "\n");
    if rendered == on_disk {
        return;
    }
    if std::env::var_os(UPDATE).is_some() {
        fs::write(&path, rendered).expect("the document is written");
        return;
    }
    let diff = TextDiff::from_lines(on_disk.as_str(), rendered)
        .unified_diff()
        .context_radius(1)
        .header(document, origin)
        .to_string();
    panic!("{diff}\nto write it anew: `{UPDATE}=1 cargo test --test {test}`");
}

/// Runs `gen` in a folder, out of reach of the caller's terminal and CI.
pub(crate) fn run(folder: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    for variable in [
        "CI",
        "NO_COLOR",
        "CLICOLOR_FORCE",
        "GITHUB_ACTIONS",
        "GITLAB_CI",
    ] {
        command.env_remove(variable);
    }
    command
        .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH.0)
        .current_dir(folder)
        .args(args)
        .output()
        .expect("`gen` starts")
}

/// What keeps git out of reach of the caller's configuration, and its commits the same at any time.
pub(crate) const GIT: [(&str, &str); 8] = [
    ("GIT_CONFIG_GLOBAL", "/dev/null"),
    ("GIT_CONFIG_SYSTEM", "/dev/null"),
    ("GIT_AUTHOR_NAME", "somebody"),
    ("GIT_AUTHOR_EMAIL", "somebody@example.com"),
    ("GIT_AUTHOR_DATE", "2024-01-01T00:00:00Z"),
    ("GIT_COMMITTER_NAME", "somebody"),
    ("GIT_COMMITTER_EMAIL", "somebody@example.com"),
    ("GIT_COMMITTER_DATE", "2024-01-01T00:00:00Z"),
];

/// Runs git in a folder, out of reach of the caller's configuration and hooks.
pub(crate) fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("GIT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .current_dir(folder)
        .args(args)
        .envs(GIT)
        .output()
        .expect("git starts");
    assert!(output.status.success(), "git {args:?}: {}", stderr(&output));
    stdout(&output)
}

/// Commits all of a folder, which becomes a repository of git's if it is none.
pub(crate) fn commit(folder: &Path, message: &str) {
    git(folder, &["init", "-q"]);
    git(folder, &["add", "-A"]);
    git(folder, &["commit", "-q", "--allow-empty", "-m", message]);
}

/// What a run said on stdout.
pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// What it said on stderr.
pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}
