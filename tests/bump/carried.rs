//! Errors that a bump would carry along: it is refused, unless it is told to.

use super::room::{Room, key, matrix, mention, pin, same};

const OFFER: &str =
    "[[release.offer]]\nfile = \"a.py\"\nconstant = \"PYTHONS\"\naxis = \"python\"\n";

fn library(text: &str) -> Room {
    let places = pin("a.py", "TAG", "") + OFFER + &mention("\"docs/*.md\"", "");
    let room = Room::bare(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("a.py", "TAG = 'v1.2.3'\nPYTHONS = ['3.12']\n"),
        ("docs/a.md", "acme/base:3.12-v1.2.3\n"),
    ]);
    room.record();
    room.write("a.py", text);
    room
}

#[test]
fn an_offer_that_nobody_builds_refuses_until_it_is_allowed() {
    let room = library("TAG = 'v1.2.3'\nPYTHONS = ['3.12', '3.14']\n");
    let before = room.tree();
    for line in [
        "bump minor",
        "bump 1.3.0",
        "bump pre",
        "bump minor --dry-run",
    ] {
        let said = room.gen_(line).ends(1).tells(&[
            "error[offer-unbuilt]: `3.14` is offered",
            "1 error would go into 1.",
            "nothing was moved",
            "`--allow-errors`",
        ]);
        assert_eq!(said.out, "", "{line}");
        same(&room.tree(), &before);
    }
    room.gen_("bump minor --allow-errors")
        .ends(0)
        .tells(&["error[offer-unbuilt]", "moved to 1.3.0: 1 pin, 1 mention"]);
    room.gen_("bump --check").ends(1).tells(&["offer-unbuilt"]);
}

/// Errors that are there before, and that what is written mends.
#[test]
fn what_the_bump_mends_refuses_nothing() {
    let room = library("TAG = 'v0.9.0'\nPYTHONS = ['3.12']\n");
    room.write("docs/a.md", "acme/base:3.12-v1.0.0\n");
    room.write("generated/plan.json", "{}\n");
    std::fs::remove_file(room.at("generated/docker/base/3.12/Dockerfile")).expect("it");
    let text = room.read("matrix.toml");
    room.write(
        "matrix.toml",
        text.replace("[image.base]", "[image.base]\napt = [\"git\"]"),
    );
    room.gen_("check").ends(1).tells(&[
        "pin-mismatch",
        "mention-stale",
        "stale-output",
        "missing-output",
        "unreleased-change",
    ]);
    room.gen_("bump minor").ends(0);
    room.gen_("check").ends(0);
}

/// An error that only the new release has.
#[test]
fn what_the_new_release_brings_refuses_too() {
    let places = "[[expect]]\nmatch = { image = \"base\" }\npresent = [{ python = \"3.12\" }]\n";
    let text = matrix("1.2.3", "", "") + places;
    let text = text.replace(
        "tags = [\"latest\"]",
        "tags = [\"latest\", \"{{ 'edge' if release.minor == 2 else '3.13-v1.2.3' }}\"]",
    );
    let room = Room::new(&[("matrix.toml", &text)]);
    let docs = mention("\"docs/*.md\"", "");
    room.write("docs/a.md", "acme/base:edge\n");
    let text = room.read("matrix.toml");
    room.write(
        "matrix.toml",
        text.replace("[registry.hub]", &format!("{docs}[registry.hub]")),
    );
    room.gen_("check").ends(0);
    room.gen_("bump minor")
        .ends(1)
        .tells(&["mention-unknown", "nothing was moved"]);
    room.gen_("bump patch").ends(0);
}

/// What the matrix weighs lightly or accepts carries no weight here either.
#[test]
fn what_is_accepted_refuses_nothing() {
    for check in [
        "\n[check.severity]\noffer-unbuilt = \"warning\"\n",
        "\n[[check.suppress]]\ncode = \"offer-unbuilt\"\nreason = \"the next release builds it\"\n",
    ] {
        let room = library("TAG = 'v1.2.3'\nPYTHONS = ['3.12', '3.14']\n");
        room.write("matrix.toml", room.read("matrix.toml") + check);
        room.gen_("bump minor").ends(0);
    }
}

/// A lock file that repeats the version is another tool's to write, after the bump.
#[test]
fn a_lock_file_that_is_behind_refuses_nothing() {
    let cargo = key(
        "Cargo.toml",
        "package.version",
        "states = \"{{ version }}\"",
    );
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &cargo)),
        (
            "Cargo.toml",
            "[package]\nname = \"acme\"\nversion = \"1.2.3\"\n",
        ),
        (
            "Cargo.lock",
            "[[package]]\nname = \"acme\"\nversion = \"1.2.0\"\n",
        ),
    ]);
    let said = room.gen_("bump minor").ends(0).tells(&["lockfile-stale"]);
    assert_eq!(said.err.matches("error[").count(), 1, "{}", said.err);
}

/// To record a release anew hides nothing.
#[test]
fn to_amend_is_not_refused_for_what_check_goes_on_finding() {
    let room = library("TAG = 'v1.2.3'\nPYTHONS = ['3.12', '3.14']\n");
    room.gen_("bump --amend").ends(0);
    room.gen_("check").ends(1).tells(&["offer-unbuilt"]);
}
