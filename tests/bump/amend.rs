//! `--amend` where the release is tagged: what carries its tags is out there.

use super::room::{Room, matrix, pin, same};
use crate::support::{commit, git};

fn tagged() -> Room {
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &pin("a.py", "TAG", ""))),
        ("a.py", "TAG = 'v1.2.3'\n"),
    ]);
    commit(room.folder(), "release");
    git(room.folder(), &["tag", "v1.2.3"]);
    room
}

fn change(room: &Room) {
    let text = room.read("matrix.toml");
    let row = "[[image.base.when]]\nmatch = { python = \"3.13\" }\napt = [\"git\"]\n\n[[alias]]";
    room.write("matrix.toml", text.replace("[[alias]]", row));
}

#[test]
fn a_tagged_release_is_not_recorded_with_other_content() {
    let room = tagged();
    change(&room);
    let before = room.tree();
    for line in ["bump --amend", "bump --amend --dry-run"] {
        room.gen_(line).ends(2).tells(&[
            "error[bump-refused]: release `1.2.3` is tagged, and the lock at `v1.2.3` records other content",
            "note: `base/3.13`\n",
            "run `gen bump patch`",
            "`git tag -d v1.2.3`",
        ]);
        same(&room.tree(), &before);
    }
    room.gen_("bump patch").ends(0);
    room.gen_("bump --amend").ends(0);
}

#[test]
fn what_a_tag_has_recorded_may_be_recorded_again() {
    let room = tagged();
    room.write("a.py", "TAG = 'v1.2.0'\n");
    std::fs::remove_file(room.at("matrix.lock")).expect("it");
    room.gen_("bump --amend").ends(0);
    same(&room.own(), &tagged().own());
}

#[test]
fn a_release_that_is_not_tagged_may_be_amended() {
    for untag in [
        &["tag", "-d", "v1.2.3"][..],
        &["tag", "-f", "v1.2.3", "HEAD~1"],
    ] {
        let room = Room::bare(&[("matrix.toml", &matrix("1.2.3", "", ""))]);
        // Before the first lock there is nothing that would differ.
        commit(room.folder(), "before");
        room.record();
        commit(room.folder(), "release");
        git(room.folder(), &["tag", "v1.2.3"]);
        git(room.folder(), untag);
        change(&room);
        room.gen_("bump --amend").ends(0);
    }
}

#[test]
fn a_spec_that_came_or_went_is_other_content() {
    for (old, new, id) in [
        (
            "[\"3.12\", \"3.13\"]",
            "[\"3.12\", \"3.13\", \"3.14\"]",
            "`base/3.14`",
        ),
        ("[\"3.12\", \"3.13\"]", "[\"3.13\"]", "`base/3.12`"),
    ] {
        let room = tagged();
        room.write("matrix.toml", room.read("matrix.toml").replace(old, new));
        room.gen_("bump --amend").ends(2).tells(&[id]);
    }
}

/// A version whose tag is there already, with other content: a branch that bumped to it was released meanwhile.
#[test]
fn a_version_that_is_tagged_with_other_content_is_refused() {
    let room = tagged();
    let base = git(room.folder(), &["rev-parse", "HEAD"]);
    room.gen_("bump 1.3.0").ends(0);
    commit(room.folder(), "theirs");
    git(room.folder(), &["tag", "v1.3.0"]);
    git(room.folder(), &["checkout", "-q", base.trim()]);
    change(&room);
    room.gen_("bump minor")
        .ends(1)
        .tells(&["error[tag-moved]", "nothing was moved"]);
    room.gen_("bump 1.4.0").ends(0);
}
