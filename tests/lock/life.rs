//! The life of a release: what is done to the repository, step by step, and what `gen check` says after each.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::room::{MATRIX, record};
use crate::support::{commit, git, project, run, stderr, stdout};

/// What the rules over the lock may say.
pub(super) const CODES: [&str; 8] = [
    "content-format",
    "lock-conflict",
    "lock-format",
    "lock-stale",
    "lock-syntax",
    "needless-release",
    "tag-moved",
    "unreleased-change",
];

/// What is done to the repository.
enum Step {
    /// In `matrix.toml`, this text becomes that.
    Edit(&'static str, &'static str),
    /// The same in the lock.
    Lock(&'static str, &'static str),
    /// The release becomes this, and is recorded: `gen bump VERSION`.
    Bump(&'static str),
    /// The release is recorded as it stands: `gen bump --amend`.
    Amend,
    /// This is what is said, and nothing else of the lock.
    Says(&'static [&'static str]),
}

use Step::{Amend, Bump, Edit, Lock, Says};

struct Life {
    folder: TempDir,
}

impl Life {
    fn new(matrix: &str) -> Self {
        Life {
            folder: project(&[("matrix.toml", matrix)]),
        }
    }

    fn edit(&self, file: &str, old: &str, new: &str) {
        let path = self.folder.path().join(file);
        let text = fs::read_to_string(&path).expect("a file");
        assert!(text.contains(old), "`{old}` is not in\n{text}");
        fs::write(path, text.replacen(old, new, 1)).expect("a file");
    }

    /// To a version as somebody who edits the matrix, or by a step of `gen bump`.
    fn bump(&self, version: &str) {
        if !version.starts_with(|c: char| c.is_ascii_digit()) {
            let output = run(self.folder.path(), &["bump", version]);
            assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
            return;
        }
        let path = self.folder.path().join("matrix.toml");
        let text = fs::read_to_string(&path).expect("a matrix");
        let (head, rest) = text.split_once("version = \"").expect("a version");
        let (_, rest) = rest.split_once('"').expect("its end");
        fs::write(path, format!("{head}version = \"{version}\"{rest}")).expect("a matrix");
        record(self.folder.path());
    }

    fn codes(&self) -> Vec<String> {
        run(self.folder.path(), &["matrix"]);
        let output = run(self.folder.path(), &["check", "--format", "json"]);
        let findings: Vec<Value> = serde_json::from_str(&stdout(&output)).expect("JSON");
        let codes = findings.iter().filter_map(|f| f["code"].as_str());
        codes
            .filter(|code| CODES.contains(code))
            .map(str::to_owned)
            .collect()
    }

    fn live(&self, steps: &[Step]) {
        for (number, step) in steps.iter().enumerate() {
            match step {
                Edit(old, new) => self.edit("matrix.toml", old, new),
                Lock(old, new) => self.edit("matrix.lock", old, new),
                Bump(version) => self.bump(version),
                Amend => drop(record(self.folder.path())),
                Says(codes) => assert_eq!(self.codes(), *codes, "after step {number}"),
            }
        }
    }
}

const CURL: &str = "apt = [\"curl\"]";
const GIT: &str = "apt = [\"curl\", \"git\"]";

#[test]
fn without_a_lock_nothing_is_said() {
    Life::new(MATRIX).live(&[Says(&[]), Edit(CURL, GIT), Says(&[])]);
}

#[test]
fn a_change_is_unreleased_until_the_release_moves_or_is_amended() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Says(&[]),
        Edit(CURL, GIT),
        Says(&["unreleased-change"]),
        Bump("1.0.1"),
        Says(&[]),
        Edit(GIT, CURL),
        Says(&["unreleased-change"]),
        Amend,
        // The release now is what the one before was.
        Says(&[]),
    ]);
}

#[test]
fn a_change_that_is_taken_back_is_none() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit(CURL, GIT),
        Says(&["unreleased-change"]),
        Edit(GIT, CURL),
        Says(&[]),
    ]);
}

#[test]
fn specs_that_come_or_go_are_unreleased() {
    let more =
        "[image.more]\nfrom = \"debian:13\"\ntag = \"more-{{ release.tag }}\"\n\n[image.low]";
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit("[image.low]", more),
        Says(&["unreleased-change"]),
        Amend,
        Says(&[]),
        Edit(more, "[image.low]"),
        Says(&["unreleased-change"]),
        Bump("1.1.0"),
        // Nothing new is built, yet the release is not what the one before was.
        Says(&[]),
    ]);
}

#[test]
fn what_is_not_published_is_no_part_of_a_release() {
    let wheels = "[image.wheels]\nfrom = \"debian:13\"\npublish = false\n\n[image.low]";
    Life::new(MATRIX).live(&[
        Edit("[image.low]", wheels),
        Bump("1.0.0"),
        Edit("publish = false", "publish = false\napt = [\"git\"]"),
        Says(&[]),
        Edit("version = \"1.0.0\"", "version = \"1.1.0\""),
        Says(&["needless-release"]),
        Edit("version = \"1.1.0\"", "version = \"1.0.0\""),
        Edit("publish = false", "publish = true"),
        Says(&["unreleased-change"]),
    ]);
}

/// Nothing that is released comes or goes with it.
#[test]
fn what_is_not_published_comes_and_goes_without_a_release() {
    let wheels = "[image.wheels]\nfrom = \"debian:13\"\npublish = false\n\n[image.low]";
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit("[image.low]", wheels),
        Says(&[]),
        Amend,
        Edit(wheels, "[image.low]"),
        Says(&[]),
        Edit("version = \"1.0.0\"", "version = \"1.1.0\""),
        Says(&["needless-release"]),
    ]);
}

#[test]
fn a_release_for_what_is_not_published_is_needless_when_it_is_recorded_too() {
    let wheels = "[image.wheels]\nfrom = \"debian:13\"\npublish = false\n\n[image.low]";
    Life::new(MATRIX).live(&[
        Edit("[image.low]", wheels),
        Bump("1.0.0"),
        Edit("publish = false", "publish = false\napt = [\"git\"]"),
        Bump("1.1.0"),
        Says(&["needless-release"]),
    ]);
    Life::new(MATRIX).live(&[
        Edit("[image.low]", wheels),
        Bump("1.0.0"),
        Edit(wheels, "[image.low]"),
        Bump("1.1.0"),
        Says(&["needless-release"]),
    ]);
}

#[test]
fn what_stands_on_what_is_not_published_is_released_when_that_changes() {
    Life::new(MATRIX).live(&[
        Edit("apt = [\"curl\"]", "apt = [\"curl\"]\npublish = false"),
        Bump("1.0.0"),
        Edit("[\"curl\"]", "[\"git\"]"),
        Says(&["unreleased-change"]),
        Bump("1.1.0"),
        Says(&[]),
    ]);
}

/// Its content is what it was; its reference comes or goes.
#[test]
fn to_publish_an_image_or_no_longer_is_a_change_of_the_release() {
    let open = "[image.extra]\nfrom = \"debian:13\"\n\n[image.low]";
    let closed = "[image.extra]\nfrom = \"debian:13\"\npublish = false\n\n[image.low]";
    for (before, after) in [(open, closed), (closed, open)] {
        Life::new(MATRIX).live(&[
            Edit("[image.low]", before),
            Bump("1.0.0"),
            Edit(before, after),
            Says(&["unreleased-change"]),
            Bump("1.1.0"),
            Says(&[]),
            Edit(after, before),
            Says(&["unreleased-change"]),
        ]);
    }
}

/// A tag holds nobody to what was never under it.
#[test]
fn a_tagged_release_is_recorded_anew_over_what_is_not_published() {
    let wheels = "[image.wheels]\nfrom = \"debian:13\"\npublish = false\n\n[image.low]";
    let life = Life::new(MATRIX);
    life.live(&[Edit("[image.low]", wheels), Bump("1.0.0")]);
    let root = life.folder.path();
    commit(root, "release");
    git(root, &["tag", "v1.0.0"]);
    life.live(&[
        Edit("publish = false", "publish = false\napt = [\"git\"]"),
        Bump("--amend"),
        Edit("apt = [\"git\"]", ""),
        Edit("publish = false", ""),
    ]);
    let refused = run(root, &["bump", "--amend"]);
    assert!(
        stderr(&refused).contains("error[bump-refused]"),
        "{}",
        stderr(&refused)
    );
}

#[test]
fn a_release_with_nothing_new_is_needless_before_and_after_it_is_recorded() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit("version = \"1.0.0\"", "version = \"1.1.0\""),
        Says(&["needless-release"]),
        Amend,
        Says(&["needless-release"]),
        Amend,
        Says(&["needless-release"]),
        Edit(CURL, GIT),
        Says(&["unreleased-change"]),
        Amend,
        Says(&[]),
    ]);
}

#[test]
fn the_final_release_after_a_pre_release_is_not_needless() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit(CURL, GIT),
        Bump("1.1.0-rc.1"),
        Says(&[]),
        Bump("1.1.0-rc.2"),
        Says(&["needless-release"]),
        Edit("version = \"1.1.0-rc.2\"", "version = \"1.1.0\""),
        // Not needless, so it is to be recorded.
        Says(&["lock-stale"]),
        Amend,
        Says(&[]),
        Bump("1.1.1"),
        Says(&["needless-release"]),
    ]);
}

#[test]
fn a_release_moved_by_hand_with_a_change_is_to_be_recorded() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Edit("version = \"1.0.0\"", "version = \"1.1.0\""),
        Edit(CURL, GIT),
        Says(&["lock-stale"]),
        Amend,
        Says(&[]),
        Edit("[release]\nversion = \"1.1.0\"\n", ""),
        Edit("[image.low]", "[image.low]\ntag = \"low\""),
        Edit("middle-{{ release.tag }}", "middle"),
        Edit("high-{{ release.tag }}", "high"),
        Says(&["lock-stale"]),
    ]);
}

#[test]
fn both_sides_of_a_merge_are_told_once_and_amending_ends_it() {
    let life = Life::new(MATRIX);
    life.live(&[Bump("1.0.0"), Edit(CURL, GIT), Amend]);
    let path = life.folder.path().join("matrix.lock");
    let ours = fs::read_to_string(&path).expect("our lock");
    life.live(&[Edit(GIT, "apt = [\"jq\"]"), Amend]);
    let theirs = fs::read_to_string(&path).expect("their lock");
    // Each differing line in a conflict of its own, as git leaves them, here in the style that shows what was before.
    let mut merged = String::new();
    for (our, their) in ours.lines().zip(theirs.lines()) {
        if our == their {
            merged += &format!("{our}\n");
        } else {
            merged += &format!(
                "<<<<<<< HEAD\n{our}\n||||||| base\nwas = 1\n=======\n{their}\n>>>>>>> theirs\n"
            );
        }
    }
    fs::write(&path, merged).expect("the merged lock");
    life.live(&[
        Edit("apt = [\"jq\"]", "apt = [\"curl\", \"git\", \"jq\"]"),
        Says(&["lock-conflict"]),
        Amend,
        Says(&[]),
    ]);
}

#[test]
fn contents_of_another_format_are_told_once() {
    Life::new(MATRIX).live(&[
        Bump("1.0.0"),
        Lock("content-format = 2", "content-format = 1"),
        Says(&["content-format"]),
        Bump("patch"),
        Says(&[]),
        Lock("content-format = 2", "content-format = 1"),
        Says(&["content-format"]),
        Amend,
        Says(&[]),
        Lock("content-format = 2", "content-format = 1"),
        Edit("version = \"1.0.1\"", "version = \"1.1.0\""),
        Says(&["lock-stale"]),
    ]);
}

#[test]
fn a_lock_that_cannot_be_read_is_told_and_stops_nothing() {
    for (old, new, code) in [
        ("version = 1", "version = 2", "lock-format"),
        ("version = 1", "verison = 1", "lock-syntax"),
        ("since = ", "sinse = ", "lock-syntax"),
        ("content = \"sha256:", "content = \"sha512:", "lock-syntax"),
        ("final = true", "final = \"yes\"", "lock-syntax"),
        ("[spec.", "[spec", "lock-syntax"),
    ] {
        let life = Life::new(MATRIX);
        life.live(&[Bump("1.0.0"), Lock(old, new)]);
        assert_eq!(life.codes(), [code], "{old} → {new}");
        for command in ["list", "plan"] {
            let output = run(life.folder.path(), &[command]);
            assert_eq!(output.status.code(), Some(0), "{command}: {old} → {new}");
        }
        assert_eq!(run(life.folder.path(), &["matrix"]).status.code(), Some(1));
        life.live(&[Amend, Says(&[])]);
    }
}
