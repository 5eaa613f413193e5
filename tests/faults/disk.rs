//! Disks that are read-only, full, or closed to us.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;

use super::tree::{
    DOCKERFILE, IGNORED, JOURNAL, ONE, Said, Tree, binary, bot, clean, files, leftovers, matrix,
    same,
};

/// Somebody without rights to the tree: root would be let in everywhere.
const NOBODY: u32 = 65_534;

/// Runs `gen` as somebody whom file modes stop.
fn stopped_by_modes(tree: &Tree, arguments: &[&str]) -> Said {
    let root = fs::metadata(tree.path()).expect("a folder").uid() == 0;
    if !root {
        return tree.gen_(arguments);
    }
    // The folder of the build may be closed to others.
    let bin = tempfile::tempdir().expect("a folder");
    fs::set_permissions(bin.path(), Permissions::from_mode(0o755)).expect("a mode");
    let copy = bin.path().join("gen");
    // By another process: one that this one starts meanwhile would inherit the open file, and a file that is open for
    // writing cannot be run.
    let copied = std::process::Command::new("cp")
        .arg(binary())
        .arg(&copy)
        .status();
    assert!(copied.expect("cp runs").success(), "a copy of gen");
    let mut command = clean(copy);
    command
        .args(arguments)
        .current_dir(tree.path())
        // git reads no repository of somebody else's unless it is told to.
        .envs([
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "safe.directory"),
            ("GIT_CONFIG_VALUE_0", "*"),
        ])
        .uid(NOBODY)
        .gid(NOBODY);
    command.output().expect("gen runs as somebody else").into()
}

/// Sets the modes of everything below, and of the folder itself.
fn set_modes(folder: &Path, of_folders: u32, of_files: u32) {
    fs::set_permissions(folder, Permissions::from_mode(0o755)).expect("a mode");
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.file_type().expect("a kind").is_dir() {
            set_modes(&entry.path(), of_folders, of_files);
        } else {
            fs::set_permissions(entry.path(), Permissions::from_mode(of_files)).expect("a mode");
        }
    }
    fs::set_permissions(folder, Permissions::from_mode(of_folders)).expect("a mode");
}

#[test]
fn a_read_only_tree_can_be_checked() {
    let tree = Tree::written(&matrix(2, 0..2, "curl"));
    set_modes(tree.path(), 0o555, 0o444);
    stopped_by_modes(&tree, &["check"]).ends(0);
    stopped_by_modes(&tree, &["list"]).ends(0);
    stopped_by_modes(&tree, &["plan"]).ends(0);
    stopped_by_modes(&tree, &["matrix", "--diff"]).ends(0);
    // Nothing is to be written, so nothing fails.
    stopped_by_modes(&tree, &["matrix"]).ends(0);
    set_modes(tree.path(), 0o755, 0o644);
}

#[test]
fn a_read_only_tree_is_not_half_written() {
    let tree = Tree::written(&matrix(2, 0..2, "curl"));
    tree.write("matrix.toml", matrix(2, 1..3, "wget"));
    set_modes(tree.path(), 0o555, 0o444);
    let before = tree.files();
    stopped_by_modes(&tree, &["check"]).ends(1);
    stopped_by_modes(&tree, &["matrix"]).ends(2).tells(&[
        "cannot",
        "generated",
        "ermission denied",
    ]);
    same(&tree.files(), &before);
    set_modes(tree.path(), 0o755, 0o644);
}

/// The failure comes in the middle: what was written before is whole, and running again does the rest.
#[test]
fn one_closed_folder_stops_the_run_between_files() {
    let old = Tree::written(&matrix(2, 0..3, "curl"));
    let new = Tree::written(&matrix(2, 0..3, "wget"));
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    tree.write("matrix.toml", matrix(2, 0..3, "wget"));
    set_modes(tree.path(), 0o777, 0o666);
    let closed = tree.at("generated/docker/gpu-base/10.1.1");
    fs::set_permissions(&closed, Permissions::from_mode(0o555)).expect("a mode");
    stopped_by_modes(&tree, &["matrix"])
        .ends(2)
        .tells(&["cannot", "generated/docker/gpu-base/10.1.1/Dockerfile"]);
    let (old, new) = (old.files(), new.files());
    for (path, bytes) in tree.files() {
        let whole = old.get(&path) == Some(&bytes) || new.get(&path) == Some(&bytes);
        assert!(whole, "{path} is torn");
    }
    assert!(!tree.at("generated/.tmp").exists());
    fs::set_permissions(&closed, Permissions::from_mode(0o777)).expect("a mode");
    stopped_by_modes(&tree, &["matrix"]).ends(0);
    same(&tree.files(), &new);
}

#[test]
fn what_cannot_be_read_is_named() {
    let tree = Tree::written(ONE);
    set_modes(tree.path(), 0o755, 0o644);
    for path in ["matrix.toml", DOCKERFILE, "generated/.outputs"] {
        fs::set_permissions(tree.at(path), Permissions::from_mode(0o000)).expect("a mode");
        stopped_by_modes(&tree, &["check"])
            .ends(2)
            .tells(&["cannot read", path]);
        stopped_by_modes(&tree, &["matrix"])
            .ends(2)
            .tells(&["cannot read", path]);
        fs::set_permissions(tree.at(path), Permissions::from_mode(0o644)).expect("a mode");
    }
    tree.write("matrix.toml", b"\xff\xfe");
    tree.gen_(&["check"])
        .ends(2)
        .tells(&["not UTF-8", "matrix.toml"]);
}

/// Runs git in a tree.
fn git(tree: &Tree, arguments: &[&str]) {
    let mut git = clean("git");
    let run = git.args(arguments).current_dir(tree.path()).output();
    assert!(run.expect("git runs").status.success(), "git {arguments:?}");
}

/// The modes of a path for the time of a look.
fn looked_at_closed(tree: &Tree, path: &str, mode: u32, look: impl Fn()) {
    let open = fs::metadata(tree.at(path)).expect("a file").permissions();
    fs::set_permissions(tree.at(path), Permissions::from_mode(mode)).expect("a mode");
    look();
    fs::set_permissions(tree.at(path), open).expect("a mode");
}

const MENTIONS: &str = r#"
[release]
version = "1.2.0"

[[release.mention]]
files = ["docs/**/*.md"]

[registry.hub]
prefix = "docker.io/acme"

[image.app]
from = "python:3.13-slim-trixie"
tag = "{{ release.tag }}"
"#;

#[test]
fn no_mention_goes_unseen() {
    for in_git in [false, true] {
        let tree = Tree::new(MENTIONS);
        tree.write("docs/a.md", "docker.io/acme/app:v1.2.0\n");
        tree.write("docs/b/x.md", "docker.io/acme/app:v1.2.0\n");
        tree.gen_(&["matrix"]).ends(0);
        if in_git {
            git(&tree, &["init", "-q"]);
            git(&tree, &["add", "-A"]);
        }
        set_modes(tree.path(), 0o755, 0o644);
        stopped_by_modes(&tree, &["check"]).ends(0);
        for (path, mode, named) in [
            (
                "docs/b/x.md",
                0o000,
                "`docs/b/x.md` cannot be read: permission denied",
            ),
            (
                "docs/b",
                0o000,
                "`docs/b` cannot be read: permission denied",
            ),
            (
                "docs/b",
                0o644,
                "`docs/b/x.md` cannot be read: permission denied",
            ),
        ] {
            looked_at_closed(&tree, path, mode, || {
                for line in [&["check"][..], &["bump", "1.3.0", "--dry-run"]] {
                    let said = stopped_by_modes(&tree, line).ends(2);
                    said.tells(&["file-refused", named]);
                }
            });
        }
        // What is taken out is not asked for.
        let without = MENTIONS.replace("*.md\"]", "*.md\", \"!docs/b/**\"]");
        tree.write("matrix.toml", without);
        looked_at_closed(&tree, "docs/b", 0o000, || {
            stopped_by_modes(&tree, &["check"]).ends(0);
        });
    }
}

#[test]
fn no_matrix_goes_unseen() {
    let tree = Tree::new("matrices = [\"*/builder.toml\"]\n");
    tree.write("a/builder.toml", ONE);
    tree.write(
        "b/builder.toml",
        ONE.replace("[image.base]", "[image.other]"),
    );
    tree.gen_(&["matrix"]).ends(0);
    // A file that only lists others needs no image of its own.
    for verb in ["check", "list", "plan"] {
        tree.gen_(&[verb]).ends(0);
    }
    set_modes(tree.path(), 0o755, 0o644);
    stopped_by_modes(&tree, &["check"]).ends(0);
    looked_at_closed(&tree, "b", 0o000, || {
        for command in ["check", "matrix"] {
            let said = stopped_by_modes(&tree, &[command]).ends(2);
            said.tells(&["file-refused", "`b` cannot be read: permission denied"]);
        }
    });
}

#[test]
fn no_folder_of_a_context_counts_as_empty() {
    const CONTEXT: &str = "[image.app]\ntag = \"1\"\ndockerfile = \"ctx/Dockerfile\"\n";
    for in_git in [false, true] {
        let tree = Tree::new(CONTEXT);
        tree.write("ctx/Dockerfile", "FROM python:3.13-slim-trixie\nCOPY . /\n");
        tree.write("ctx/sub/file", "");
        if in_git {
            git(&tree, &["init", "-q"]);
            git(&tree, &["add", "matrix.toml", "ctx/Dockerfile"]);
        }
        tree.gen_(&["matrix"]).ends(0);
        set_modes(tree.path(), 0o755, 0o644);
        stopped_by_modes(&tree, &["check"]).ends(0);
        looked_at_closed(&tree, "ctx/sub", 0o000, || {
            let said = stopped_by_modes(&tree, &["check"]).ends(1);
            said.tells(&["context-file", "`ctx/sub` cannot be read"]);
        });
        // A list of what is ignored that cannot be read says nothing of what counts.
        if in_git {
            tree.write("ctx/sub/.gitignore", "file\n");
            looked_at_closed(&tree, "ctx/sub/.gitignore", 0o000, || {
                let said = stopped_by_modes(&tree, &["check"]).ends(1);
                said.tells(&["context-file", "`ctx/sub/.gitignore` cannot be read"]);
            });
            fs::remove_file(tree.at("ctx/sub/.gitignore")).expect("a file");
        }
        tree.write("ctx/.dockerignore", "sub\n");
        tree.gen_(&["matrix"]).ends(0);
        set_modes(tree.path(), 0o755, 0o644);
        looked_at_closed(&tree, "ctx/sub", 0o000, || {
            stopped_by_modes(&tree, &["check"]).ends(0);
        });
    }
}

/// What a run left that found no room: whole files, no leftovers, and a clean tree once there is room.
fn no_room(before: &Tree, after: &Path, wanted: &str) {
    let (old, new) = (before.files(), Tree::written(wanted).files());
    let mut written = 0;
    let left = files(after).into_iter();
    for (path, bytes) in left.filter(|(path, _)| path != JOURNAL && path != IGNORED) {
        let fresh = new.get(&path) == Some(&bytes);
        assert!(fresh || old.get(&path) == Some(&bytes), "{path} is torn");
        written += usize::from(fresh && old.get(&path) != Some(&bytes));
    }
    assert!(written < new.len(), "there was room for everything");
    assert_eq!(leftovers(after), [] as [String; 0]);
    let mut again = clean(binary());
    let said: Said = again
        .arg("matrix")
        .current_dir(after)
        .output()
        .expect("gen runs")
        .into();
    said.ends(0);
    same(&files(after), &new);
}

/// A limit on the size of a file fails in the middle of one, without any rights.
#[test]
fn a_file_that_cannot_grow_tears_nothing() {
    let before = Tree::written(&matrix(2, 0..3, "curl"));
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    let wanted = matrix(12, 0..12, "wget");
    before.write("matrix.toml", &wanted);
    tree.write("matrix.toml", &wanted);
    let mut shell = clean("sh");
    let line = format!("trap '' XFSZ; ulimit -f 64; exec '{}' matrix", binary());
    shell.args(["-c", &line]).current_dir(tree.path());
    let said: Said = shell.output().expect("sh runs").into();
    said.ends(2).tells(&["cannot write", "generated/"]);
    no_room(&before, tree.path(), &wanted);
}

/// A small file system of its own, in a mount namespace that nobody else sees.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_tears_nothing() {
    let before = Tree::written(&matrix(2, 0..3, "curl"));
    let wanted = matrix(12, 0..12, "wget");
    before.write("matrix.toml", &wanted);
    let work = tempfile::tempdir().expect("a folder");
    let script = format!(
        "mkdir disk after && mount -t tmpfs -o size=700k tmpfs disk || exit 77\n\
         cp -R '{}/.' disk && cd disk || exit 78\n\
         '{}' matrix; code=$?\n\
         cp -R . ../after && exit $code",
        before.path().display(),
        binary()
    );
    let run = |flags: &str| -> std::io::Result<Said> {
        let mut unshare = clean("unshare");
        unshare.args([flags, "sh", "-c", &script]);
        Ok(unshare.current_dir(work.path()).output()?.into())
    };
    let root = fs::metadata(work.path()).expect("a folder").uid() == 0;
    let said = match run(if root { "-m" } else { "-rm" }) {
        Ok(said) if said.code != Some(77) && !said.stderr.starts_with("unshare:") => said,
        other => {
            let why = other.map_or_else(|e| e.to_string(), |said| said.stderr);
            eprintln!(
                "skipped: no file system can be mounted here: {}",
                why.trim()
            );
            return;
        }
    };
    said.ends(2)
        .tells(&["cannot", "generated/", "No space left"]);
    no_room(&before, &work.path().join("after"), &wanted);
}

/// The matrix file cannot be replaced in a closed folder: that is said before anything is written.
#[test]
fn an_adoption_into_a_matrix_that_cannot_be_written_leaves_all_as_it_was() {
    let tree = Tree::written(&(matrix(1, 0..1, "curl") + "\n[ci.github]\n"));
    bot(&tree);
    let before = tree.files();
    set_modes(tree.path(), 0o777, 0o666);
    fs::set_permissions(tree.path(), Permissions::from_mode(0o555)).expect("a mode");
    stopped_by_modes(&tree, &["matrix", "--adopt"])
        .ends(2)
        .tells(&["cannot write in", "ermission denied"]);
    same(&tree.files(), &before);
    stopped_by_modes(&tree, &["check"])
        .ends(1)
        .tells(&["action-edited"]);
    assert!(!tree.at("generated/.tmp").exists(), "leftovers");
    fs::set_permissions(tree.path(), Permissions::from_mode(0o755)).expect("a mode");
    tree.gen_(&["matrix", "--adopt"]).ends(0);
    assert!(tree.read("matrix.toml").contains("v99.0.0"));
    tree.gen_(&["check"]).ends(0);
}
