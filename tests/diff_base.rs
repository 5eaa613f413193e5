//! `gen diff` reads its base out of git alone: nothing is checked out, fetched or run.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support;

use support::git;

fn gen_in(root: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
    command.args(arguments).current_dir(root).env_remove("CI");
    command.output().expect("gen runs")
}

/// What it prints, where it succeeds.
fn diff(root: &Path, arguments: &[&str]) -> String {
    let output = gen_in(root, &[&["diff"], arguments].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    String::from_utf8(output.stdout).expect("text")
}

fn write(root: &Path, path: &str, text: &str) {
    let at = root.join(path);
    fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
    fs::write(at, text).expect("a file");
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", message]);
}

const MATRIX: &str = "[image.own]\ntag = \"1\"\ndockerfile = \"docker/Dockerfile\"\n\n[image.ours]\ntag = \"1\"\nfrom = \"debian:13\"\n";

/// A repository with a Dockerfile of its own and a context.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    write(root, "matrix.toml", MATRIX);
    write(root, "docker/Dockerfile", "FROM debian:13\nCOPY app /app\n");
    write(root, "docker/app", "1\n");
    commit(root, "first");
    folder
}

/// A program that leaves a mark where it runs.
fn program(root: &Path, name: &str) -> String {
    let at = root.join(name);
    fs::write(&at, "#!/bin/sh\necho ran >> \"$MARK\"\ncat\n").expect("a program");
    fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).expect("a program");
    at.display().to_string()
}

#[test]
fn no_filter_and_no_hook_runs() {
    let folder = repository();
    let root = folder.path();
    write(root, ".gitattributes", "docker/* filter=mark\n");
    commit(root, "filtered");
    let programs = tempfile::tempdir().expect("a folder");
    let program = program(programs.path(), "program");
    for key in ["smudge", "clean", "process"] {
        git(root, &["config", &format!("filter.mark.{key}"), &program]);
    }
    git(root, &["config", "filter.mark.required", "true"]);
    git(root, &["config", "core.fsmonitor", &program]);
    for hook in [
        "post-checkout",
        "post-index-change",
        "reference-transaction",
    ] {
        let at = root.join(".git/hooks").join(hook);
        fs::create_dir_all(root.join(".git/hooks")).expect("hooks");
        fs::copy(&program, &at).expect("a hook");
    }
    write(root, "docker/app", "2\n");
    let mark = programs.path().join("mark");
    let output = Command::new(env!("CARGO_BIN_EXE_gen"))
        .args(["diff", "HEAD"])
        .current_dir(root)
        .env("MARK", &mark)
        .output()
        .expect("gen runs");
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("~ app") || said.contains("app"), "{said}");
    assert!(
        !mark.exists(),
        "{}",
        fs::read_to_string(&mark).unwrap_or_default()
    );
}

#[test]
fn before_the_first_commit_of_the_matrix_all_is_new() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    git(root, &["init", "--quiet"]);
    write(
        root,
        "matrix.toml",
        "[image.a]\ntag = \"1\"\nfrom = \"debian:13\"\n",
    );
    // Nothing is committed at all.
    let text = diff(root, &[]);
    assert!(
        text.contains("specs: 1 added") && text.contains("+ a:1"),
        "{text}"
    );
    fs::rename(root.join("matrix.toml"), root.join("later")).expect("moved");
    commit(root, "without");
    fs::rename(root.join("later"), root.join("matrix.toml")).expect("moved");
    commit(root, "with");
    let text = diff(root, &["HEAD~1"]);
    assert!(
        text.contains("specs: 0 → 1") && text.contains("to build anew: 1"),
        "{text}"
    );
    let output = gen_in(root, &["diff", "HEAD~1", "--format", "json"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("there is no `matrix.toml` at `HEAD~1`: all is new"),
        "{said}"
    );
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(read["added"][0]["id"], "a");
    // Only some of it.
    let text = diff(root, &["HEAD~1", "--only", "image=a"]);
    assert!(text.contains("1 added"), "{text}");
}

#[test]
fn what_links_of_the_base_lead_to_is_read() {
    let folder = repository();
    let root = folder.path();
    fs::rename(root.join("docker/Dockerfile"), root.join("docker/real")).expect("moved");
    symlink("real", root.join("docker/Dockerfile")).expect("a link");
    symlink("docker", root.join("linked")).expect("a link");
    let linked = MATRIX.replace("docker/Dockerfile", "linked/Dockerfile");
    write(root, "matrix.toml", &format!("{linked}\n"));
    commit(root, "links");
    let text = diff(root, &["HEAD"]);
    assert!(text.contains("specs: all are the same"), "{text}");
}

#[test]
fn what_a_partial_clone_lacks_is_named_and_not_fetched() {
    let origin = repository();
    git(origin.path(), &["config", "uploadpack.allowFilter", "true"]);
    let old = "FROM debian:12\nCOPY app /app\n";
    write(origin.path(), "docker/Dockerfile", old);
    commit(origin.path(), "second");
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", origin.path().display());
    git(
        folder.path(),
        &["clone", "--quiet", "--filter=blob:none", &url, "clone"],
    );
    let root = folder.path().join("clone");
    let objects = || git(&root, &["count-objects", "-v"]);
    let before = objects();
    let output = gen_in(&root, &["diff", "HEAD~1"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(
        said.contains("`docker/Dockerfile` is not in this clone"),
        "{said}"
    );
    assert_eq!(objects(), before);
    // What is there is compared, although the rest of that commit is not.
    git(&root, &["cat-file", "-p", "HEAD~1:docker/Dockerfile"]);
    let text = diff(&root, &["HEAD~1"]);
    assert!(text.contains("debian:12"), "{text}");
}

#[test]
fn a_sparse_worktree_and_one_beside_the_first_are_compared() {
    let folder = repository();
    let root = folder.path();
    write(root, "far/away/file", "1\n");
    commit(root, "more");
    git(root, &["sparse-checkout", "set", "docker"]);
    assert!(!root.join("far").exists());
    write(root, "docker/Dockerfile", "FROM debian:12\nCOPY app /app\n");
    assert!(diff(root, &["HEAD"]).contains("~ own"));
    let beside = tempfile::tempdir().expect("a folder");
    let at = beside.path().join("tree");
    git(
        root,
        &[
            "worktree",
            "add",
            "--quiet",
            "--detach",
            &at.display().to_string(),
        ],
    );
    assert!(diff(&at, &["HEAD~1"]).contains("specs: all are the same"));
}

#[test]
fn in_a_shallow_clone_it_is_said_what_is_compared_with() {
    let origin = repository();
    write(origin.path(), "docker/app", "2\n");
    commit(origin.path(), "second");
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("file://{}", origin.path().display());
    git(
        folder.path(),
        &[
            "clone",
            "--quiet",
            "--depth=1",
            "--no-single-branch",
            &url,
            "clone",
        ],
    );
    let root = folder.path().join("clone");
    git(&root, &["remote", "set-head", "origin", "--delete"]);
    let output = gen_in(&root, &["diff"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("compared with the last commit: this shallow clone knows no `origin/HEAD`"),
        "{said}"
    );
    let output = gen_in(&root, &["diff", "HEAD~1"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        said.contains("git knows no revision `HEAD~1`: this clone is shallow"),
        "{said}"
    );
}

#[test]
fn that_contents_of_another_format_cannot_be_compared_is_said() {
    let folder = repository();
    let root = folder.path();
    let said = |arguments: &[&str]| {
        let output = gen_in(root, &[&["diff"], arguments].concat());
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let format = "records contents of format 1";
    gen_in(root, &["matrix", "--quiet"]);
    commit(root, "this gen");
    assert!(!said(&["HEAD"]).contains("format"), "{}", said(&["HEAD"]));
    // A plan of a gen that did not state the format.
    let path = root.join("generated/plan.json");
    let plan = fs::read_to_string(&path).expect("a plan");
    let mut older: serde_json::Value = serde_json::from_str(&plan).expect("JSON");
    let fields = older.as_object_mut().expect("an object");
    fields.remove("content_format").expect("a format");
    write(root, "generated/plan.json", &older.to_string());
    commit(root, "an older gen");
    let text = said(&["HEAD"]);
    assert!(
        text.contains("`generated/plan.json` at `HEAD`") && text.contains(format),
        "{text}"
    );
    // With a release the lock tells.
    write(
        root,
        "matrix.toml",
        &format!("[release]\nversion = \"1.0.0\"\n\n{MATRIX}"),
    );
    gen_in(root, &["bump", "--amend"]);
    let lock = fs::read_to_string(root.join("matrix.lock")).expect("a lock");
    write(
        root,
        "matrix.lock",
        &lock.replace("content-format = 2", "content-format = 1"),
    );
    commit(root, "a release of an older gen");
    let text = said(&["HEAD"]);
    assert!(
        text.contains("`matrix.lock` at `HEAD`") && text.contains(format),
        "{text}"
    );
    // Nothing of the matrix changed, and no spec is shown as if it had.
    assert!(
        !diff(root, &["HEAD"]).contains("changed"),
        "{}",
        diff(root, &["HEAD"])
    );
}
