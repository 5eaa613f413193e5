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
            stderr(&output).starts_with("error[unknown-revision]: git knows no revision"),
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

/// Whether `gen check` starts git, which fails.
fn starts_git(root: &Path) -> bool {
    let bin = project(&[("git", "#!/bin/sh\n: > \"$0.started\"\n")]);
    let git = bin.path().join("git");
    fs::set_permissions(&git, std::os::unix::fs::PermissionsExt::from_mode(0o755))
        .expect("executable");
    std::process::Command::new(env!("CARGO_BIN_EXE_gen"))
        .arg("check")
        .current_dir(root)
        .env("PATH", bin.path())
        .output()
        .expect("gen runs");
    bin.path().join("git.started").exists()
}

/// Where nothing is released there is nothing to ask git for, and outside of a worktree nobody to ask.
#[test]
fn git_is_not_started_without_a_release_or_a_worktree() {
    let unreleased = "[image.base]\ntag = \"latest\"\nfrom = \"debian:13\"\n";
    let folder = project(&[("matrix.toml", unreleased)]);
    let root = folder.path();
    git(root, &["init", "-q"]);
    assert!(!starts_git(root));
    fs::write(root.join("matrix.toml"), MATRIX).expect("a release");
    assert!(starts_git(root));
    fs::remove_dir_all(root.join(".git")).expect("removed");
    assert!(!starts_git(root));
}

/// Nor is it for a tag that none of git's files names. Where refs are kept in another way, git has to tell.
#[test]
fn git_is_started_only_for_a_tag_that_may_be_there() {
    let amended = Amended::new(|_| {});
    let root = amended.folder.path();
    assert!(!starts_git(root));
    git(root, &["tag", "v1.0.0"]);
    assert!(starts_git(root));
    git(root, &["pack-refs", "--all"]);
    assert!(!root.join(".git/refs/tags/v1.0.0").exists());
    assert!(starts_git(root));
    git(root, &["tag", "-d", "v1.0.0"]);
    assert!(!starts_git(root));
    fs::create_dir(root.join(".git/reftable")).expect("a folder");
    assert!(starts_git(root));
}

/// A clone as pipelines make it: one commit, no tags.
fn shallow(of: &Path) -> TempDir {
    let clone = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", of.display());
    git(
        clone.path(),
        &["clone", "-q", "--depth", "1", "--no-tags", &url, "."],
    );
    clone
}

fn unchecked(output: &std::process::Output) -> bool {
    stderr(output).contains("note[tag-unchecked]: `tag-moved` was not checked: ")
}

#[test]
fn what_a_shallow_clone_cannot_tell_is_said_without_being_asked() {
    let amended = Amended::new(|root| drop(git(root, &["tag", "v1.0.0"])));
    commit(amended.folder.path(), "amended");
    let clone = shallow(amended.folder.path());
    let output = run(clone.path(), &["check"]);
    assert!(unchecked(&output), "{}", stderr(&output));
    assert!(!stderr(&output).contains("no findings"));
    let help = "fetch its tag: `git fetch --depth 1 origin tag v1.0.0`";
    assert!(stderr(&output).contains(help), "{}", stderr(&output));
    // Doing so lets it be seen.
    git(
        clone.path(),
        &["fetch", "-q", "--depth", "1", "origin", "tag", "v1.0.0"],
    );
    let output = run(clone.path(), &["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("error[tag-moved]"),
        "{}",
        stderr(&output)
    );
    assert!(!unchecked(&output));
}

/// A tag of the release before does not tell, in a clone that lacks tags, that this one is not published.
#[test]
fn the_tag_before_tells_nothing_in_a_shallow_clone() {
    let amended = Amended::new(|root| drop(git(root, &["tag", "v0.9.0", "HEAD~1"])));
    commit(amended.folder.path(), "amended");
    let clone = shallow(amended.folder.path());
    git(
        clone.path(),
        &["fetch", "-q", "--depth", "1", "origin", "tag", "v0.9.0"],
    );
    assert!(unchecked(&run(clone.path(), &["check"])));
}

/// The commit that is checked out says what is not committed, and nothing of what was committed after the release.
#[test]
fn a_commit_is_not_compared_with_itself_in_silence() {
    let amended = Amended::new(|_| {});
    let root = amended.folder.path();
    commit(root, "amended");
    git(root, &["update-ref", "refs/remotes/origin/HEAD", "HEAD"]);
    let (found, said) = amended.check(&[]);
    assert!(found.is_empty(), "{found:?}");
    assert!(
        said.contains("`tag-moved` was not checked: there is no tag `v1.0.0`, and `origin/HEAD` is the commit that is checked out"),
        "{said}"
    );
}

#[test]
fn a_pipeline_hears_of_what_was_not_seen() {
    let amended = Amended::new(|_| {});
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gen"));
    command.arg("check").current_dir(amended.folder.path());
    let check = |command: &mut std::process::Command, ci| {
        unchecked(&command.env("CI", ci).output().expect("gen runs"))
    };
    assert!(check(&mut command, "true"));
    assert!(!check(&mut command, "false"));
}

/// Two branches bump to one version, each with a change of its own, and git merges both without a conflict.
#[test]
fn two_branches_that_bump_to_one_version_are_told_by_its_tag() {
    let folder = project(&[("matrix.toml", TWO)]);
    let root = folder.path();
    release(root, "1.2.0");
    commit(root, "base");
    git(root, &["branch", "-q", "-M", "main"]);
    for (branch, package) in [("alpha", "git"), ("omega", "jq")] {
        git(root, &["checkout", "-q", "-b", branch, "main"]);
        let text = fs::read_to_string(root.join("matrix.toml")).expect("a matrix");
        let (head, image) = text.split_at(text.find(&format!("[image.{branch}]")).expect("it"));
        let image = image.replacen("[\"curl\"]", &format!("[\"curl\", \"{package}\"]"), 1);
        fs::write(root.join("matrix.toml"), format!("{head}{image}")).expect("a matrix");
        release(root, "1.3.0");
        commit(root, branch);
    }
    let check = |arguments: &[&str]| {
        let output = run(root, &[&["check"], arguments].concat());
        (output.status.code(), stderr(&output))
    };
    git(root, &["checkout", "-q", "main"]);
    git(root, &["merge", "-q", "alpha"]);
    // Nothing is published yet: both may become one release.
    git(root, &["merge", "-q", "-m", "both", "omega"]);
    assert_eq!(check(&[]).0, Some(0), "{}", check(&[]).1);
    // The first was released: the second is other content by its name, on its branch and merged.
    git(root, &["tag", "v1.3.0", "alpha"]);
    for branch in ["omega", "main"] {
        git(root, &["checkout", "-q", branch]);
        let (code, said) = check(&[]);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("error[tag-moved]"), "{said}");
    }
    git(root, &["checkout", "-q", "alpha"]);
    assert_eq!(check(&[]).0, Some(0));
}

const TWO: &str = "[release]\nversion = \"1.2.0\"\n
[image.alpha]\nfrom = \"debian:13\"\napt = [\"curl\"]\n
[image.mid]\nfrom = \"debian:13\"\n
[image.omega]\nfrom = \"debian:13\"\napt = [\"curl\"]\n";
