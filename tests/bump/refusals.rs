//! One place that cannot be moved refuses the whole: every byte of the tree stays as it was.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::room::{Room, key, matrix, mention, pin, same};
use crate::support::{SOURCE_DATE_EPOCH, stderr};

/// A library with one good pin, one good mention, and more places.
fn library(places: &str, files: &[(&str, &str)]) -> Room {
    let places = pin("good.py", "TAG", "") + &mention("\"docs/*.md\"", "") + places;
    let matrix = matrix("1.2.3", "", &places);
    let mut all = vec![
        ("matrix.toml", matrix.as_str()),
        ("good.py", "TAG = 'v1.2.3'\n"),
        ("docs/a.md", "acme/base:3.12-v1.2.3\n"),
    ];
    all.extend(files);
    Room::bare(&all)
}

/// Refused in the same way by each: nothing is written, and people are told.
#[track_caller]
fn refused(room: &Room, code: i32, words: &[&str]) {
    for line in ["bump minor", "bump 1.3.0", "bump minor --dry-run"] {
        let before = room.tree();
        let said = room
            .gen_(line)
            .ends(code)
            .tells(words)
            .tells(&["nothing was moved"]);
        assert_eq!(said.out, "", "{line}");
        assert!(!said.err.contains(" → "), "{line}: {}", said.err);
        same(&room.tree(), &before);
    }
}

type Case<'a> = (String, &'a [(&'a str, &'a str)], i32, &'a [&'a str]);

#[test]
fn one_place_that_cannot_be_moved_refuses_the_whole() {
    let cases: &[Case<'_>] = &[
        (
            pin("gone.py", "TAG", ""),
            &[],
            1,
            &["place-unreadable", "`gone.py` is not there"],
        ),
        (
            pin("b.py", "TAG", ""),
            &[("b.py", "TAGS = 'v1.2.3'\n")],
            1,
            &["place-missing", "did you mean `TAGS`?"],
        ),
        (
            pin("b.py", "TAG", ""),
            &[("b.py", "TAG = f'v{VERSION}'\n")],
            1,
            &["place-computed"],
        ),
        (
            pin("b.py", "TAG", ""),
            &[("b.py", "TAG = '1'\nTAG = '2'\n")],
            1,
            &["place-ambiguous"],
        ),
        (
            pin("b.py", "TAG", ""),
            &[("b.py", "TAG = (\n")],
            1,
            &["place-unreadable", "cannot be parsed"],
        ),
        (
            pin("b.py", "TAG", "states = \"{{ version }}\""),
            &[("b.py", "TAG = (1, 2)\n")],
            2,
            &["bump-refused", "`TAG` cannot state `1.3.0`"],
        ),
        (
            pin("b.xyz", "TAG", ""),
            &[("b.xyz", "TAG = 'v1.2.3'\n")],
            1,
            &["place-unreadable", "search = \"TAG = '"],
        ),
        (
            key("b.yaml", "a.tag", ""),
            &[("b.yaml", "a:\n  tags: 1\n")],
            1,
            &["place-missing"],
        ),
        (
            mention("\"more/*\"", ""),
            &[(
                "more/a.md",
                "x\nacme/base:3.12-v1.2.3@sha256:0123456789012345678901234567890123456789012345678901234567890123\n",
            )],
            2,
            &[
                "bump-refused",
                "more/a.md:2:1",
                "only a registry knows the digest",
                "`basematrix: keep`",
            ],
        ),
        (
            key("matrix.toml", "release.version", ""),
            &[],
            2,
            &[
                "invalid-place",
                "`matrix.toml` is written by gen",
                "delete the pin",
            ],
        ),
        (
            key("matrix.lock", "release.tag", ""),
            &[],
            2,
            &["invalid-place", "`matrix.lock` is written by gen"],
        ),
        (
            key("generated/plan.json", "release.tag", ""),
            &[],
            2,
            &["invalid-place", "`generated/plan.json` is written by gen"],
        ),
        (
            pin("generated/docker/base/3.12/Dockerfile", "TAG", ""),
            &[],
            2,
            &[
                "invalid-place",
                "`generated/docker/base/3.12/Dockerfile` is written by gen",
            ],
        ),
        (pin("../out.py", "TAG", ""), &[], 2, &["unsafe-value"]),
    ];
    for (places, files, code, words) in cases {
        refused(&library(places, files), *code, words);
    }
}

#[test]
fn every_fault_is_told_in_one_run() {
    let places = pin("gone.py", "TAG", "") + &pin("b.py", "TAG", "") + &pin("c.py", "TAG", "");
    let room = library(
        &places,
        &[("b.py", "TAG = f'{x}'\n"), ("c.py", "TAG = (1, 2)\n")],
    );
    refused(
        &room,
        2,
        &[
            "place-unreadable",
            "place-computed",
            "bump-refused",
            "3 errors; nothing was moved",
        ],
    );
}

#[test]
fn a_pin_behind_a_link_is_refused() {
    let room = library(
        &pin("link.py", "TAG", ""),
        &[("real.py", "TAG = 'v1.2.3'\n")],
    );
    std::os::unix::fs::symlink("real.py", room.at("link.py")).expect("a link");
    refused(
        &room,
        2,
        &[
            "bump-refused",
            "`link.py` is a symbolic link",
            "matrix.toml:",
            "pin the file that it leads to",
        ],
    );
    let room = library(
        &pin("linked/b.py", "TAG", ""),
        &[("real/b.py", "TAG = 'v1.2.3'\n")],
    );
    std::os::unix::fs::symlink("real", room.at("linked")).expect("a link");
    refused(
        &room,
        2,
        &[
            "bump-refused",
            "`linked/b.py` is a symbolic link, or lies behind one",
        ],
    );
    // What stands at its place does not matter: a link that need not move is refused before it has to.
    let room = library(
        &pin("link.py", "TAG", ""),
        &[("real.py", "TAG = 'v1.3.0'\n")],
    );
    std::os::unix::fs::symlink("real.py", room.at("link.py")).expect("a link");
    refused(&room, 2, &["`link.py` is a symbolic link"]);
}

#[test]
fn a_linked_matrix_file_is_refused() {
    let room = library("", &[]);
    fs::rename(room.at("matrix.toml"), room.at("shared.toml")).expect("moved");
    std::os::unix::fs::symlink("shared.toml", room.at("matrix.toml")).expect("a link");
    room.gen_("matrix").ends(0);
    refused(
        &room,
        2,
        &[
            "bump-refused",
            "`matrix.toml` is a symbolic link",
            "cut the link",
        ],
    );
}

/// Links among the files of a mention are not followed, so nothing of theirs is moved or refused.
#[test]
fn a_link_among_mentioned_files_is_left_alone() {
    let room = library("", &[("elsewhere/x.md", "acme/base:3.12-v1.2.3\n")]);
    std::os::unix::fs::symlink("../elsewhere/x.md", room.at("docs/link.md")).expect("a link");
    room.gen_("bump minor").ends(0).tells(&["1 mention,"]);
    assert_eq!(room.read("elsewhere/x.md"), "acme/base:3.12-v1.2.3\n");
    assert!(
        fs::symlink_metadata(room.at("docs/link.md"))
            .expect("it")
            .is_symlink()
    );
}

#[test]
fn an_output_that_is_not_ours_refuses() {
    let room = library("", &[("generated/plan.json", "{}\n")]);
    refused(&room, 1, &["not-ours", "generated/plan.json"]);
}

#[test]
fn a_matrix_that_cannot_be_at_that_version_refuses() {
    let text = matrix("1.2.3", "", "").replace(
        "{{ python }}-",
        "{{ python }}-{{ 'v' if release.minor == 2 else '!' }}-",
    );
    let room = Room::new(&[("matrix.toml", &text)]);
    refused(&room, 2, &["invalid-reference", "`3.12-!-v1.3.0`"]);
    room.gen_("bump patch").ends(0);
}

#[test]
fn a_broken_matrix_refuses() {
    let room = library("", &[]);
    room.write("matrix.toml", room.read("matrix.toml") + "\n[imag.x]\n");
    refused(&room, 2, &["unknown-key"]);
}

/// Runs `gen bump` as somebody whom file modes stop.
fn as_nobody(room: &Room, arguments: &[&str]) -> (Option<i32>, String) {
    const NOBODY: u32 = 65_534;
    let bin = tempfile::tempdir().expect("a folder");
    fs::set_permissions(bin.path(), fs::Permissions::from_mode(0o755)).expect("a mode");
    let copy = bin.path().join("gen");
    // By another process: one that this one starts meanwhile would inherit the open file, and a file that is open for
    // writing cannot be run.
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_gen"))
        .arg(&copy)
        .status();
    assert!(copied.expect("cp runs").success(), "a copy of gen");
    let mut command = Command::new(copy);
    command.args(arguments).current_dir(room.folder());
    command.env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH.0);
    if fs::metadata(room.folder()).expect("a folder").uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    let output = command.output().expect("gen runs");
    (output.status.code(), stderr(&output))
}

#[test]
fn a_closed_folder_refuses_before_anything_is_touched() {
    let room = library(
        &pin("closed/b.py", "TAG", ""),
        &[("closed/b.py", "TAG = 'v1.2.3'\n")],
    );
    room.record();
    let open = |mode: u32| {
        for (path, (kind, _)) in room.tree() {
            if kind & 0o170_000 == 0o040_000 {
                room.set_mode(&path, mode);
            }
        }
        room.set_mode("", mode);
    };
    open(0o777);
    room.set_mode("closed", 0o555);
    let before = room.tree();
    for arguments in [["bump", "minor"], ["bump", "1.3.0"]] {
        let (code, err) = as_nobody(&room, &arguments);
        assert_eq!(code, Some(2), "{err}");
        assert!(
            err.contains("cannot write in") && err.contains("closed"),
            "{err}"
        );
        assert!(!err.contains(" → "), "{err}");
        same(&room.tree(), &before);
    }
    // Where nothing is to be written, nothing is asked for.
    let (code, err) = as_nobody(&room, &["bump", "1.2.3"]);
    assert_eq!(code, Some(0), "{err}");
    room.set_mode("closed", 0o777);
    let (code, err) = as_nobody(&room, &["bump", "minor"]);
    assert_eq!(code, Some(0), "{err}");
    room.gen_("check").ends(0);
}

#[test]
fn a_fix_in_a_closed_folder_leaves_every_file() {
    let room = library("", &[]);
    room.record();
    room.write("docs/b.md", "acme/base:3.12-v1.0.0\n");
    fs::create_dir(room.at("docs/closed")).expect("a folder");
    room.write(
        "matrix.toml",
        room.read("matrix.toml")
            .replace("docs/*.md", "docs/**/*.md"),
    );
    room.write("docs/closed/c.md", "acme/base:3.12-v1.0.0\n");
    for folder in ["", "docs", "generated"] {
        room.set_mode(folder, 0o777);
    }
    room.set_mode("docs/closed", 0o555);
    let before = room.tree();
    let (code, err) = as_nobody(&room, &["check", "--fix"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(
        err.contains("cannot write in") && err.contains("docs/closed"),
        "{err}"
    );
    same(&room.tree(), &before);
    room.set_mode("docs/closed", 0o777);
    let (_, err) = as_nobody(&room, &["check", "--fix"]);
    assert!(err.contains("mended 2 places in 2 files"), "{err}");
    assert_eq!(room.read("docs/closed/c.md"), "acme/base:3.12-v1.2.3\n");
}
