//! `tag-moved`: what was published stays what it is, wherever that can be found out.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use super::life::CODES;
use super::room::{MATRIX, record};
use crate::support::{commit, git, project, run, stderr, stdout};

/// A repository whose release 1.0.0 is committed, then changed and amended.
struct Amended {
    folder: TempDir,
}

impl Amended {
    /// `between` is done after the commit of the release.
    fn new(between: impl FnOnce(&Path)) -> Self {
        let folder = project(&[("matrix.toml", MATRIX)]);
        let root = folder.path();
        release(root, "0.9.0");
        commit(root, "release 0.9.0");
        edit(root, "[\"curl\"]", "[\"curl\", \"jq\"]");
        release(root, "1.0.0");
        commit(root, "release 1.0.0");
        between(root);
        edit(root, "debian:13", "debian:12");
        release(root, "1.0.0");
        Amended { folder }
    }

    /// What is found, and what is said besides, by `gen check -v` with these arguments.
    fn check(&self, more: &[&str]) -> (Vec<String>, String) {
        let args = [&["check", "-v", "--format", "json"], more].concat();
        let output = run(self.folder.path(), &args);
        let findings: Vec<Value> = serde_json::from_str(&stdout(&output)).unwrap_or_default();
        let messages = findings
            .iter()
            .filter(|f| f["code"].as_str().is_some_and(|code| CODES.contains(&code)))
            .map(|f| format!("{}: {}", f["code"], f["message"]));
        (messages.collect(), stderr(&output))
    }
}

fn edit(root: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(root.join("matrix.toml")).expect("a matrix");
    assert!(text.contains(old), "{text}");
    fs::write(root.join("matrix.toml"), text.replacen(old, new, 1)).expect("a matrix");
}

fn release(root: &Path, version: &str) {
    let text = fs::read_to_string(root.join("matrix.toml")).expect("a matrix");
    let (head, rest) = text.split_once("version = \"").expect("a version");
    let (_, rest) = rest.split_once('"').expect("its end");
    let text = format!("{head}version = \"{version}\"{rest}");
    fs::write(root.join("matrix.toml"), text).expect("a matrix");
    record(root);
    run(root, &["matrix"]);
}

fn moved(at: &str) -> Vec<String> {
    vec![format!(
        "\"tag-moved\": \"3 references of release `1.0.0` stand for other content than at `{at}`\""
    )]
}

#[test]
fn a_tagged_release_may_not_be_amended() {
    let amended = Amended::new(|root| {
        git(root, &["tag", "-a", "-m", "", "v1.0.0"]);
    });
    assert_eq!(amended.check(&[]).0, moved("v1.0.0"));
}

#[test]
fn a_release_that_is_not_tagged_where_others_are_may_be() {
    let amended = Amended::new(|root| {
        git(root, &["tag", "v0.9.0", "HEAD~1"]);
    });
    let (found, said) = amended.check(&[]);
    assert_eq!(
        (found.len(), said.contains("tag-moved")),
        (0, false),
        "{said}"
    );
}

#[test]
fn without_tags_the_place_where_the_branch_began_counts() {
    let amended = Amended::new(|root| {
        git(root, &["update-ref", "refs/remotes/origin/main", "HEAD"]);
        git(
            root,
            &[
                "symbolic-ref",
                "refs/remotes/origin/HEAD",
                "refs/remotes/origin/main",
            ],
        );
        commit(root, "ahead");
    });
    let fork = git(
        amended.folder.path(),
        &["rev-parse", "--short=12", "HEAD~1"],
    );
    assert_eq!(amended.check(&[]).0, moved(fork.trim()));
}

/// On the default branch itself that place is the last commit.
#[test]
fn where_the_branch_is_the_default_one_the_last_commit_counts() {
    let amended = Amended::new(|root| {
        git(root, &["update-ref", "refs/remotes/origin/HEAD", "HEAD"]);
    });
    let head = git(amended.folder.path(), &["rev-parse", "--short=12", "HEAD"]);
    assert_eq!(amended.check(&[]).0, moved(head.trim()));
}

#[test]
fn a_revision_that_is_named_counts_alone() {
    let amended = Amended::new(|root| {
        git(root, &["tag", "v0.9.0", "HEAD~1"]);
    });
    assert_eq!(amended.check(&["--base", "HEAD"]).0, moved("HEAD"));
    let (found, said) = amended.check(&["--base", "HEAD~1"]);
    assert_eq!(
        (found.len(), said.contains("tag-moved")),
        (0, false),
        "{said}"
    );
    for nothing in ["nowhere", "-x", "", "HEAD\nHEAD", "HEAD:matrix.toml"] {
        let output = run(
            amended.folder.path(),
            &["check", &format!("--base={nothing}")],
        );
        assert_eq!(output.status.code(), Some(2), "{nothing:?}");
        assert!(
            stderr(&output).starts_with("error: git knows no revision"),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn where_nothing_tells_it_is_skipped_and_said_to_those_who_ask_for_more() {
    let amended = Amended::new(|_| {});
    let (found, said) = amended.check(&["--deny-warnings"]);
    assert!(found.is_empty());
    assert!(
        said.contains(
            "`tag-moved` was not checked: there is neither a tag `v1.0.0` nor an `origin/HEAD`\n"
        ),
        "{said}"
    );
    let quiet = run(amended.folder.path(), &["check"]);
    assert_eq!(
        (quiet.status.code(), stderr(&quiet).contains("tag-moved")),
        (Some(0), false)
    );

    // No worktree at all.
    let outside = Amended::new(|root| fs::remove_dir_all(root.join(".git")).expect("removed"));
    assert!(outside.check(&[]).1.contains("git cannot be asked here"));
}

#[test]
fn a_tag_from_before_the_plan_is_skipped_and_one_with_a_broken_plan_too() {
    let amended = Amended::new(|root| {
        git(root, &["rm", "-rq", "--cached", "generated"]);
        git(root, &["commit", "-qm", "without a plan"]);
        git(root, &["tag", "v1.0.0"]);
    });
    assert!(
        amended
            .check(&[])
            .1
            .contains("there is no `generated/plan.json` at the tag `v1.0.0`")
    );
    let broken = Amended::new(|root| {
        fs::write(root.join("generated/plan.json"), "{").expect("a file");
        commit(root, "broken");
        git(root, &["tag", "v1.0.0"]);
    });
    assert!(
        broken
            .check(&[])
            .1
            .contains("`generated/plan.json` is no plan at `v1.0.0`")
    );
}

/// A hook runs with variables of git's that name another repository; a matrix may lie below the top.
#[test]
fn git_is_asked_for_this_repository_from_a_folder_below_its_top() {
    let folder = project(&[("images/matrix.toml", MATRIX)]);
    let root: PathBuf = folder.path().join("images");
    release(&root, "1.0.0");
    commit(folder.path(), "release");
    git(folder.path(), &["tag", "v1.0.0"]);
    edit(&root, "debian:13", "debian:12");
    release(&root, "1.0.0");
    let amended = Amended { folder };
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(["-C", "images", "check", "--format", "json"])
        .current_dir(amended.folder.path())
        .env("GIT_DIR", "/nowhere")
        .env("GIT_INDEX_FILE", "/nowhere")
        .output()
        .expect("gen runs");
    assert!(stdout(&output).contains("tag-moved"), "{}", stderr(&output));
}

/// Without a lock there is nothing to ask git for: one that fails is not noticed.
#[test]
fn git_is_not_started_without_a_lock() {
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("bin/git", "#!/bin/sh\n: > started\n"),
    ]);
    let root = folder.path();
    let git = root.join("bin/git");
    fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    let check = || {
        std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
            .arg("check")
            .current_dir(root)
            .env("PATH", root.join("bin"))
            .output()
            .expect("gen runs");
        root.join("started").exists()
    };
    assert!(!check());
    record(root);
    assert!(check());
}
