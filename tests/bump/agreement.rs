//! `gen bump --check`: whether all places agree, and nothing else.

use crate::support::{commit, git};

use super::room::{Room, key, matrix, mention, pin, same};

fn library() -> Room {
    let places = pin("a.py", "TAG", "")
        + &key(
            "Cargo.toml",
            "package.version",
            "states = \"{{ version }}\"",
        )
        + &mention("\"docs/*.md\"", "");
    Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("a.py", "TAG = 'v1.2.3'\n"),
        (
            "Cargo.toml",
            "[package]\nname = \"acme\"\nversion = \"1.2.3\"\n",
        ),
        (
            "Cargo.lock",
            "[[package]]\nname = \"acme\"\nversion = \"1.2.3\"\n",
        ),
        ("docs/a.md", "acme/base:3.12-v1.2.3\n"),
    ])
}

#[test]
fn a_lock_that_was_committed_and_is_gone_is_told() {
    let room = library();
    room.gen_("bump --amend").ends(0);
    commit(room.folder(), "released");
    std::fs::remove_file(room.at("matrix.lock")).expect("gone");
    let told = "error[lock-stale]: `matrix.lock` is not there, and at `HEAD` it records `1.2.3`";
    room.gen_("bump --check").ends(1).tells(&[told]);
    room.gen_("check").ends(1).tells(&["lock-stale"]);
    // Taken away in a commit too, it still is at the tag of the release.
    git(room.folder(), &["tag", "v1.2.3"]);
    commit(room.folder(), "without");
    room.gen_("bump --check")
        .ends(1)
        .tells(&["at `v1.2.3` it records `1.2.3`"]);
    git(room.folder(), &["tag", "-d", "v1.2.3"]);
    room.gen_("bump --check").ends(0);
}

type Break = fn(&Room);

#[test]
fn each_disagreement_is_told() {
    let breaks: &[(&str, Break)] = &[
        ("pin-mismatch", |r| r.write("a.py", "TAG = 'v1.2.2'\n")),
        ("place-missing", |r| r.write("a.py", "TAGS = 'v1.2.3'\n")),
        ("place-computed", |r| r.write("a.py", "TAG = str(1)\n")),
        ("place-ambiguous", |r| {
            r.write("a.py", "TAG = 'v1.2.3'\nTAG = 'v1.2.3'\n");
        }),
        ("place-unreadable", |r| r.write("a.py", b"\xff")),
        ("mention-stale", |r| {
            r.write("docs/a.md", "acme/base:3.12-v1.2.2\n");
        }),
        ("lockfile-stale", |r| {
            r.write(
                "Cargo.lock",
                "[[package]]\nname = \"acme\"\nversion = \"1.2.2\"\n",
            );
        }),
        ("stale-output", |r| {
            r.write(
                "generated/plan.json",
                r.read("generated/plan.json").replace("1.2.3", "1.2.2"),
            );
        }),
        ("missing-output", |r| {
            std::fs::remove_file(r.at("generated/plan.json")).expect("gone");
        }),
        ("lock-stale", |r| {
            r.write(
                "matrix.lock",
                r.read("matrix.lock").replace("1.2.3", "1.2.2"),
            );
        }),
        ("lock-syntax", |r| r.write("matrix.lock", "x")),
    ];
    let room = library();
    room.gen_("bump --check")
        .ends(0)
        .tells(&["all places agree on 1.2.3"]);
    for (code, spoil) in breaks {
        let room = library();
        spoil(&room);
        let before = room.tree();
        let said = room.gen_("bump --check").ends(1);
        let verdict = match code.ends_with("-output") {
            true => "1 error; the places agree on 1.2.3, and a bump renders the outputs anew",
            false => "1 error; not all places agree on 1.2.3",
        };
        said.tells(&[&format!("error[{code}]"), verdict]);
        same(&room.tree(), &before);
    }
}

#[test]
fn what_is_no_disagreement_is_not_told() {
    let other: &[(&str, Break)] = &[
        ("unused-marker", |r| {
            r.write("docs/a.md", "basematrix: keep\n");
        }),
        ("unused-set", |r| {
            r.write(
                "matrix.toml",
                r.read("matrix.toml") + "\n[set]\nunused = { python = \"3.13\" }\n",
            );
        }),
    ];
    for (code, spoil) in other {
        let room = library();
        spoil(&room);
        room.gen_("matrix");
        room.gen_("check").tells(&[code]);
        let said = room.gen_("bump --check").ends(0);
        assert_eq!(said.err, "all places agree on 1.2.3\n", "{code}");
    }
}

/// An offer that nobody builds, a text that names no image: the places do not agree with what is released.
#[test]
fn what_is_offered_or_named_and_not_built_is_told() {
    let room = library();
    let offer = "[[release.offer]]\nfile = \"b.py\"\nconstant = \"P\"\naxis = \"python\"\n";
    let text = room.read("matrix.toml");
    let text = text.replace("[registry.hub]", &format!("{offer}\n[registry.hub]"));
    room.write("matrix.toml", text);
    room.write("b.py", "P = ['3.12', '3.14']\n");
    room.write("docs/a.md", "acme/base:3.11-v1.2.3\n");
    room.gen_("bump --check").ends(1).tells(&[
        "error[offer-unbuilt]",
        "error[mention-unknown]",
        "2 errors; not all places agree on 1.2.3",
    ]);
    room.write("b.py", "P = ['3.12', '3.13']\n");
    room.write("docs/a.md", "acme/base:3.12-v1.2.3\n");
    room.gen_("bump --check").ends(0);
}

/// What has nothing to do with places, and would be carried along by a bump, is said too.
#[test]
fn an_error_elsewhere_is_told() {
    let room = library();
    let text = room.read("matrix.toml") + "\n[[expect]]\ncount = 5\n";
    room.write("matrix.toml", text);
    room.gen_("bump --check").ends(1).tells(&[
        "error[expectation-failed]",
        "1 error; the places agree on 1.2.3, and no bump would be carried out",
    ]);
}

/// How heavily a finding weighs is for `gen check`; the answer to the question is the same.
#[test]
fn a_disagreement_that_only_warns_is_one() {
    let room = library();
    let check = "\n[check.severity]\npin-mismatch = \"warning\"\n";
    room.write("matrix.toml", room.read("matrix.toml") + check);
    room.record();
    room.write("a.py", "TAG = 'v1.2.2'\n");
    room.gen_("check").ends(0).tells(&["warning[pin-mismatch]"]);
    room.gen_("bump --check")
        .ends(1)
        .tells(&["not all places agree"]);
}

#[test]
fn without_a_release_there_is_nothing_to_agree_on() {
    let room = Room::bare(&[(
        "matrix.toml",
        "[image.base]\ntag = \"1\"\nfrom = \"debian:13\"\n",
    )]);
    room.gen_("matrix").ends(0);
    room.gen_("bump --check")
        .ends(0)
        .tells(&["the matrix states no release"]);
}
