//! Branches that change images side by side, merged one after another by git itself, and the one release they become.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::room::Room;
use crate::support::{self, commit, git};

const MATRIX: &str = r#"[release]
version = "1.4.0"

[[release.pin]]
file = "acme/images.py"
constant = "TAG"

[registry.ghcr]
prefix = "ghcr.io/acme"

[axis]
python = ["3.12", "3.13"]

[image.core]
axes = []
from = "debian:trixie-slim"
apt = ["curl"]

[image.server]
tag = "{{ python }}-{{ release.tag }}"
parent = "core"
pip = ["fastapi"]

[image.training]
tag = "{{ python }}-{{ release.tag }}"
parent = "core"
pip = ["numpy"]

[ci.github]
"#;
const WAITS: &str = "\n[check.severity]\nunreleased-change = \"note\"\n";

/// What the branches change: what all stands on, an image, and which images there are.
const CHANGES: [(&str, &str, &str); 3] = [
    ("core", r#"["curl"]"#, r#"["curl", "git"]"#),
    ("server", r#"["fastapi"]"#, r#"["fastapi", "uvicorn"]"#),
    ("python", r#""3.13"]"#, r#""3.13", "3.14"]"#),
];

/// A released repository, and three branches of it on each of which `step` was done and `gen check` is clean.
fn branches(matrix: &str, step: &str) -> Room {
    let room = Room::bare(&[
        ("matrix.toml", matrix),
        ("acme/images.py", "TAG = \"v1.4.0\"\n"),
    ]);
    git(room.folder(), &["init", "-q", "-b", "main"]);
    room.record();
    commit(room.folder(), "1.4.0");
    git(room.folder(), &["tag", "v1.4.0"]);
    for (branch, from, to) in CHANGES {
        git(room.folder(), &["switch", "-q", "-c", branch, "v1.4.0"]);
        let text = room.read("matrix.toml").replacen(from, to, 1);
        fs::write(room.at("matrix.toml"), text).expect("the matrix");
        room.gen_(step).ends(0);
        room.gen_("check").ends(0);
        commit(room.folder(), branch);
    }
    git(room.folder(), &["switch", "-q", "main"]);
    room
}

/// Merges a branch; the paths that conflict.
fn merge(folder: &Path, branch: &str) -> Vec<String> {
    let merged = Command::new("git")
        .args(["merge", "-q", "--no-ff", "-m", branch, branch])
        .current_dir(folder)
        .envs(support::GIT)
        .output()
        .expect("git starts");
    let unmerged = git(folder, &["diff", "--name-only", "--diff-filter=U"]);
    let unmerged: Vec<String> = unmerged.lines().map(str::to_owned).collect();
    assert_eq!(merged.status.success(), unmerged.is_empty());
    unmerged
}

/// Nothing that states the release is touched on a branch, so nothing of it can conflict: what does is rendered anew.
#[test]
fn changes_that_wait_become_one_release() {
    let room = branches(&format!("{MATRIX}{WAITS}"), "matrix");
    let mut conflicts = Vec::new();
    for (branch, ..) in CHANGES {
        conflicts.extend(merge(room.folder(), branch));
        room.gen_("matrix").ends(0).tells(&["unreleased-change"]);
        room.gen_("check").ends(0).tells(&["unreleased-change"]);
        commit(room.folder(), branch);
    }
    assert!(!conflicts.is_empty(), "else nothing of that is shown");
    for path in &conflicts {
        assert!(path.starts_with("generated/"), "{path} conflicts");
    }
    // What waits is no release yet, and nothing publishes it under the tags of the last one.
    room.gen_("bump --check")
        .ends(1)
        .tells(&["unreleased-change"]);
    assert!(room.read("matrix.lock").contains("version = \"1.4.0\""));
    room.gen_("bump minor")
        .ends(0)
        .tells(&["7 of 7 images have new content"]);
    commit(room.folder(), "1.5.0");
    room.gen_("check --deny-warnings")
        .ends(0)
        .tells(&["no findings"]);
    room.gen_("bump --check").ends(0);
    assert_eq!(room.read("acme/images.py"), "TAG = \"v1.5.0\"\n");
    let lock = room.read("matrix.lock");
    assert_eq!(lock.matches("since = \"1.5.0\"").count(), 7, "{lock}");
    git(room.folder(), &["diff", "--exit-code"]);
}

/// Branches that each bumped, to the same version: the lock conflicts, and is recorded anew from what the merge is.
#[test]
fn branches_that_each_bumped_become_one_release() {
    let room = branches(MATRIX, "bump minor");
    let mut conflicts = Vec::new();
    for (branch, ..) in CHANGES {
        conflicts.extend(merge(room.folder(), branch));
        // It tells of the lock that is in conflict, and renders what it can.
        room.gen_("matrix");
        room.gen_("bump --amend").ends(0);
        room.gen_("check --deny-warnings")
            .ends(0)
            .tells(&["no findings"]);
        commit(room.folder(), branch);
    }
    assert!(conflicts.contains(&"matrix.lock".to_owned()));
    room.gen_("bump --check")
        .ends(0)
        .tells(&["all places agree on 1.5.0"]);
    let lock = room.read("matrix.lock");
    assert_eq!(lock.matches("since = \"1.5.0\"").count(), 7, "{lock}");
}

/// A list of a branch and one of another in one place are people's to merge; what is made of it is not.
#[test]
fn people_merge_the_matrix_and_nothing_else() {
    let room = branches(&format!("{MATRIX}{WAITS}"), "matrix");
    git(room.folder(), &["switch", "-q", "-c", "more", "v1.4.0"]);
    let text = room
        .read("matrix.toml")
        .replacen(r#"["curl"]"#, r#"["curl", "jq"]"#, 1);
    fs::write(room.at("matrix.toml"), text).expect("the matrix");
    room.gen_("matrix").ends(0);
    commit(room.folder(), "more");
    git(room.folder(), &["switch", "-q", "main"]);
    merge(room.folder(), "core");
    let conflicts = merge(room.folder(), "more");
    assert!(conflicts.contains(&"matrix.toml".to_owned()));
    assert!(conflicts.contains(&"generated/docker/core/Dockerfile".to_owned()));
    room.gen_("matrix").ends(2).tells(&["merge-conflict"]);
    let merged = format!("{MATRIX}{WAITS}").replacen(r#"["curl"]"#, r#"["curl", "git", "jq"]"#, 1);
    fs::write(room.at("matrix.toml"), merged).expect("the matrix");
    room.gen_("matrix").ends(0);
    room.gen_("check").ends(0);
    commit(room.folder(), "more");
    let dockerfile = room.read("generated/docker/core/Dockerfile");
    assert!(
        dockerfile.contains("jq") && !dockerfile.contains("<<<<"),
        "{dockerfile}"
    );
}
