//! A bump that is killed, finds no room or meets another: each file is old or new, `matrix.toml` is last, and the same
//! command again ends where an undisturbed run does.

use std::fs;
use std::process::{Command, Stdio};

use super::tree::{Files, JOURNAL, Said, Tree, binary, clean, files, leftovers, same};

const MATRIX: &str = r#"[release]
version = "1.4.0"

[[release.pin]]
file = "acme/images.py"
constant = "TAG"

[[release.pin]]
file = "Cargo.toml"
key = "package.version"
states = "{{ version }}"

[[release.mention]]
files = ["docs/*.md"]

[registry.hub]
prefix = "docker.io/acme"

[axis]
python = ["3.12", "3.13"]
job = ["server", "training"]

[image.base]
name = "{{ job }}-base"
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"
env = { RELEASE = "{{ release.version }}" }

[image.app]
dockerfile = "Dockerfile"
axes = []
context = "acme"

[ci.gitlab]
"#;

/// A library with one release behind it.
fn library() -> Tree {
    let tree = Tree::new(MATRIX);
    tree.write("acme/images.py", "# Images.\nTAG = 'v1.4.0'\n");
    tree.write(
        "Cargo.toml",
        "[package]\nname = \"acme\"\nversion = \"1.4.0\" # ours\n",
    );
    tree.write("Dockerfile", "FROM debian:13-slim\nCOPY . /acme\n");
    for index in 0..6 {
        tree.write(
            &format!("docs/{index}.md"),
            "Pull acme/server-base:3.12-v1.4.0.\r\n",
        );
    }
    tree.gen_(&["bump", "--amend"]).ends(0);
    tree
}

fn copy(from: &Tree) -> Tree {
    let tree = Tree::new("");
    for (path, bytes) in from.files() {
        tree.write(&path, bytes);
    }
    tree
}

/// Fails when a file is neither as before nor as after, when one is gone, or when the matrix is ahead of another.
#[track_caller]
fn whole(root: &std::path::Path, before: &Files, after: &Files) -> bool {
    let now: Files = files(root)
        .into_iter()
        .filter(|(path, _)| !path.starts_with("generated/.tmp/"))
        .collect();
    for (path, bytes) in &now {
        let known = before.get(path) == Some(bytes) || after.get(path) == Some(bytes);
        assert!(known, "{path} is torn");
    }
    for path in before.keys().filter(|path| after.contains_key(*path)) {
        assert!(now.contains_key(path), "{path} is gone");
    }
    let moved = now["matrix.toml"] == after["matrix.toml"];
    if moved {
        same(&now, after);
    }
    moved
}

/// How a run ended that was to be killed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// By itself: it made fewer calls.
    Itself,
    /// Killed before it said what it had done.
    Killed,
    /// Killed after that.
    Late,
}

/// Kills a run at its `nth` call that touches a file; `None` where that cannot be done here.
fn killed_at(tree: &Tree, arguments: &[&str], call: &str, nth: usize) -> Option<Ended> {
    let mut strace = clean("strace");
    strace
        .args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            &format!("trace={call}"),
        ])
        .args(["-e", &format!("inject={call}:signal=KILL:when={nth}")])
        .arg(binary())
        .args(arguments)
        .current_dir(tree.path())
        .stdout(Stdio::null());
    let output = strace.output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr).contains("moved to ");
    // strace dies of what its child died of, and has codes of its own where it may not trace.
    match output.status.code() {
        Some(0) => Some(Ended::Itself),
        Some(_) => None,
        None if said => Some(Ended::Late),
        None => Some(Ended::Killed),
    }
}

/// The calls by which files change.
const CALLS: &[&str] = &[
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "mkdir",
    "rmdir",
    "fchmod",
    "fsync",
    "write",
];

/// How many ways of asking for a bump share the moments at which one is killed: each moment is in one of them, and with FULL
/// in the environment in all.
const WAYS: usize = 3;

/// Every call by which a bump changes the disk, and the last moments before it ends; of them the share of one of the [`WAYS`].
fn a_kill_at_any_write_is_healed(arguments: &[&str], share: usize) {
    let ways = match std::env::var_os("FULL") {
        Some(_) => 1,
        None => WAYS,
    };
    let start = library();
    let before = start.files();
    let undisturbed = copy(&start);
    undisturbed.gen_(arguments).ends(0);
    let after = undisturbed.files();
    let (mut kills, mut late) = (0, 0);
    for (number, call) in CALLS.iter().enumerate() {
        for nth in (1..).filter(|nth| (nth + number) % ways == share % ways) {
            let tree = copy(&start);
            match killed_at(&tree, arguments, call, nth) {
                None => {
                    eprintln!("skipped: `strace` is not there, or may not trace");
                    return;
                }
                Some(Ended::Itself) => break,
                // What it has said is done: the same command again is the next bump.
                Some(Ended::Late) => {
                    assert!(
                        whole(tree.path(), &before, &after),
                        "said before it was done"
                    );
                    tree.gen_(&["matrix"]).ends(0);
                    tree.gen_(&["bump", "--amend"]).ends(0);
                    continue;
                }
                Some(Ended::Killed) => kills += 1,
            }
            let done = whole(tree.path(), &before, &after);
            late += usize::from(done);
            let noted = tree.at(NOTE).exists();
            assert!(noted || !done, "nothing tells that the step was taken");
            let check = tree.gen_(&["check"]);
            assert_eq!(check.stderr.contains("warning[bump-cut-short]"), noted);
            // Whatever is run in between, the step is not forgotten.
            if done {
                tree.gen_(&["matrix"]).ends(0);
            }
            tree.gen_(arguments).ends(0);
            same(&tree.files(), &after);
            assert!(!tree.at("generated/.tmp").exists(), "leftovers");
        }
    }
    assert!(kills * ways > 40, "{kills} calls only");
    // Two calls stand between the last file and the end: of the ways, the second is killed at one.
    assert!(
        late > 0 || (ways == WAYS && share != 1),
        "no run was killed between its last file and its end"
    );
}

#[test]
fn a_kill_at_any_write_of_a_step_is_healed_by_the_same_command() {
    a_kill_at_any_write_is_healed(&["bump", "minor"], 0);
}

#[test]
fn a_kill_at_any_write_of_a_stated_release_is_healed_by_the_same_command() {
    a_kill_at_any_write_is_healed(&["bump", "2.0.0"], 1);
}

#[test]
fn a_kill_at_any_write_of_a_pre_release_is_healed_by_the_same_command() {
    a_kill_at_any_write_is_healed(&["bump", "pre"], 2);
}

/// Kills in a row, at another place each, and then a run that may end.
#[test]
fn many_kills_in_a_row_heal_like_one() {
    let start = library();
    let undisturbed = copy(&start);
    undisturbed.gen_(&["bump", "minor"]).ends(0);
    let tree = copy(&start);
    for nth in [1, 9, 3, 5, 2, 4, 1] {
        match killed_at(&tree, &["bump", "minor"], "renameat", nth) {
            None => {
                eprintln!("skipped: `strace` is not there, or may not trace");
                return;
            }
            Some(ended) => assert!(
                ended == Ended::Killed,
                "{nth}: there is less to write than that"
            ),
        }
        whole(tree.path(), &start.files(), &undisturbed.files());
    }
    tree.gen_(&["bump", "minor"]).ends(0);
    same(&tree.files(), &undisturbed.files());
}

/// Where a bump notes what it sets out for.
const NOTE: &str = "generated/.tmp/bump-matrix.toml";

/// A step that was taken up again is done; the next is another.
#[test]
fn a_step_that_was_healed_is_not_taken_for_the_next() {
    let tree = library();
    for version in ["1.5.0", "1.6.0"] {
        tree.gen_(&["bump", "minor"]).ends(0);
        assert!(tree.read("matrix.toml").contains(version));
    }
    // As a run leaves it that is killed between its last file and its end.
    tree.write(NOTE, "minor 1.5.0 1.6.0\n");
    tree.gen_(&["check"])
        .ends(0)
        .tells(&["a bump from `1.5.0` to `1.6.0` was cut short"]);
    tree.gen_(&["bump", "minor"])
        .ends(0)
        .tells(&["1.6.0 is recorded everywhere"]);
    assert!(!tree.at("generated/.tmp").exists());
    tree.gen_(&["bump", "minor"])
        .ends(0)
        .tells(&["moved to 1.7.0"]);
    // Another step, or a release that moved on, is none of it.
    tree.write(NOTE, "minor 1.6.0 1.7.0\n");
    tree.gen_(&["bump", "patch"])
        .ends(0)
        .tells(&["moved to 1.7.1"]);
    tree.write(NOTE, "minor 1.6.0 1.7.0\n");
    let said = tree.gen_(&["check"]);
    assert!(!said.stderr.contains("cut short"), "{}", said.stderr);
    tree.gen_(&["bump", "minor"])
        .ends(0)
        .tells(&["moved to 1.8.0"]);
    for nonsense in [&b"\xff\xfe"[..], b"", b"minor", b"minor 1.7.0 1.8.0 more"] {
        tree.write(NOTE, nonsense);
        tree.gen_(&["bump", "patch"])
            .ends(0)
            .tells(&["moved to 1.8."]);
        assert!(!tree.at("generated/.tmp").exists());
    }
}

/// A place that may be ahead was moved already by the run that was cut short: the step does not count from there.
#[test]
fn a_step_taken_up_again_does_not_count_from_what_it_moved() {
    let tree = library();
    let text = tree.read("matrix.toml");
    tree.write(
        "matrix.toml",
        text.replace("states = ", "relation = \"not-older\"\nstates = "),
    );
    let cargo = tree.read("Cargo.toml");
    for step in ["minor", "patch"] {
        tree.write("Cargo.toml", cargo.replace("1.4.0", "1.5.0"));
        tree.write(NOTE, "minor 1.4.0 1.5.0\n");
        let to = if step == "minor" { "1.5.0" } else { "1.4.1" };
        let other = copy(&tree);
        other.write(NOTE, "minor 1.4.0 1.5.0\n");
        other
            .gen_(&["bump", step])
            .ends(0)
            .tells(&[&format!("moved to {to}")]);
    }
}

/// The note of one matrix is no other's, and git does not look at it.
#[test]
fn a_note_speaks_of_its_own_matrix() {
    let tree = library();
    tree.write("generated/.tmp/bump-other.toml", "minor 1.3.0 1.4.0\n");
    tree.write("generated/.tmp/.gitignore", "*\n");
    let said = tree.gen_(&["check"]);
    assert!(!said.stderr.contains("cut short"), "{}", said.stderr);
    tree.gen_(&["bump", "minor"])
        .ends(0)
        .tells(&["moved to 1.5.0"]);
    tree.gen_(&["matrix"]).ends(0);
    let kept = tree.read("generated/.tmp/bump-other.toml");
    assert_eq!(kept, "minor 1.3.0 1.4.0\n");
    // One of its own, as a kill leaves it.
    let ended = killed_at(&tree, &["bump", "minor"], "renameat", 3);
    if ended.is_none() {
        return;
    }
    assert!(tree.at(NOTE).exists());
    let git = |line: &str| {
        let mut git = clean("git");
        let words = line.split_whitespace();
        let output = git.args(words).current_dir(tree.path()).output();
        String::from_utf8(output.expect("git runs").stdout).expect("text")
    };
    git("init -q");
    git("add -A");
    let listed = git("ls-files");
    assert!(
        listed.contains("matrix.toml") && !listed.contains(".tmp"),
        "{listed}"
    );
}

#[test]
fn two_bumps_at_once_come_one_after_the_other() {
    for _ in 0..4 {
        let tree = library();
        let runs: Vec<_> = (0..6)
            .map(|n| {
                let arguments: &[&str] = [&["-q", "bump", "minor"][..], &["-q", "matrix"]][n / 4];
                tree.command(arguments).spawn().expect("gen runs")
            })
            .collect();
        for mut run in runs {
            assert!(run.wait().expect("gen ends").success());
        }
        // Four steps, each from where the one before it ended.
        let other = library();
        (0..4).for_each(|_| drop(other.gen_(&["bump", "minor"]).ends(0)));
        same(&tree.files(), &other.files());
        assert!(tree.read("matrix.toml").contains("version = \"1.8.0\""));
    }
}

/// What a run left that found no room: nothing torn, no leftovers, and all done once there is room.
#[track_caller]
fn no_room(left: &std::path::Path, before: &Files, after: &Files) {
    assert!(!whole(left, before, after), "there was room for everything");
    assert_eq!(
        leftovers(left)
            .iter()
            .filter(|name| name.as_str() != NOTE)
            .count(),
        0
    );
    let mut again = clean(binary());
    let again: Said = again
        .args(["bump", "minor"])
        .current_dir(left)
        .output()
        .expect("gen runs")
        .into();
    again.ends(0);
    same(&files(left), after);
    assert!(!left.join(JOURNAL).exists());
}

/// A limit on the size of a file fails in the middle of one, without any rights.
#[test]
fn a_file_that_cannot_grow_loses_nothing() {
    let tree = library();
    tree.write("docs/3.md", "acme/server-base:3.12-v1.4.0\n".repeat(4_000));
    let before = tree.files();
    let undisturbed = copy(&tree);
    undisturbed.gen_(&["bump", "minor"]).ends(0);
    let line = format!("trap '' XFSZ; ulimit -f 64; exec '{}' bump minor", binary());
    let mut shell = clean("sh");
    shell.args(["-c", &line]).current_dir(tree.path());
    let said: Said = shell.output().expect("sh runs").into();
    said.ends(2).tells(&["cannot write", "docs/3.md"]);
    no_room(tree.path(), &before, &undisturbed.files());
}

/// Small file systems of their own, in a mount namespace that nobody else sees, from too small for anything on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    use std::os::unix::fs::MetadataExt;
    let tree = library();
    for index in 0..8 {
        tree.write(
            &format!("docs/long-{index}.md"),
            "acme/server-base:3.12-v1.4.0\n".repeat(300),
        );
    }
    let before = tree.files();
    let undisturbed = copy(&tree);
    undisturbed.gen_(&["bump", "minor"]).ends(0);
    let after = undisturbed.files();
    let work = tempfile::tempdir().expect("a folder");
    let root = fs::metadata(work.path()).expect("a folder").uid() == 0;
    let run = |free: usize, left: &str| -> std::io::Result<Said> {
        // All but so many pages are taken by a file that is no part of the tree.
        let script = format!(
            "mkdir -p disk '{left}' && mount -t tmpfs -o size=1m tmpfs disk || exit 77\n\
             mkdir disk/tree && cp -R '{}/.' disk/tree && dd if=/dev/zero of=disk/taken bs=4k 2>/dev/null\n\
             dd if=/dev/null of=disk/taken bs=4k seek=$(($(stat -c %s disk/taken) / 4096 - {free})) 2>/dev/null\n\
             cd disk/tree && '{}' bump minor; code=$?\n\
             cp -R . '../../{left}' && exit $code",
            tree.path().display(),
            binary()
        );
        let mut unshare = Command::new("unshare");
        unshare.args([if root { "-m" } else { "-rm" }, "sh", "-c", &script]);
        Ok(unshare.current_dir(work.path()).output()?.into())
    };
    let mut failed = 0;
    for free in [0, 1, 2, 3, 4, 5, 6, 8] {
        let left = format!("left-{free}");
        let said = match run(free, &left) {
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
        if said.code == Some(0) {
            same(&files(&work.path().join(left)), &after);
            continue;
        }
        failed += 1;
        said.ends(2).tells(&["cannot", "No space left"]);
        no_room(&work.path().join(left), &before, &after);
    }
    assert!(failed > 2, "{failed} runs found no room");
}
