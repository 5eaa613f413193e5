//! What several test files share: a repository in a temporary folder, and `gen` run in it.

#![allow(
    dead_code,
    reason = "each test file is a crate of its own and uses a part of this"
)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use basematrix::facts::Day;
use tempfile::TempDir;

/// The day on which every test runs, as seconds since 1970 and as itself.
pub const SOURCE_DATE_EPOCH: (&str, &str) = ("1795219200", "2026-11-21");

/// That day.
pub fn today() -> Day {
    Day::parse(SOURCE_DATE_EPOCH.1).expect("a day")
}

/// A repository with these files: path from its root, text.
pub fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Runs `gen` in a folder, out of reach of the caller's terminal and CI.
pub fn run(folder: &Path, args: &[&str]) -> Output {
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

/// What a run said on stdout.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("text")
}

/// What it said on stderr.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("text")
}
