//! The lock: recorded, recorded anew, missing, broken, in conflict.

use super::room::{Room, matrix, pin, same};

fn library() -> Room {
    Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &pin("a.py", "TAG", ""))),
        ("a.py", "TAG = 'v1.2.3'\n"),
    ])
}

fn since(room: &Room) -> Vec<String> {
    let lock = room.read("matrix.lock");
    let lines = lock
        .lines()
        .filter_map(|l| l.trim().strip_prefix("since = "));
    lines.map(|s| s.trim_matches('"').to_owned()).collect()
}

#[test]
fn a_release_with_old_content_builds_nothing() {
    let room = library();
    assert_eq!(since(&room), ["1.2.3", "1.2.3"]);
    room.gen_("bump minor")
        .ends(0)
        .tells(&["no image has new content, so nothing is built"]);
    assert_eq!(since(&room), ["1.2.3", "1.2.3"]);
    room.gen_("check")
        .ends(0)
        .tells(&["warning[needless-release]"]);
}

#[test]
fn only_what_changed_is_new() {
    let room = library();
    let row = "\n[[image.base.when]]\nmatch = { python = \"3.13\" }\napt = [\"curl\"]\n";
    room.write(
        "matrix.toml",
        room.read("matrix.toml")
            .replace("\n[[alias]]", &format!("{row}\n[[alias]]")),
    );
    room.gen_("check").ends(1).tells(&["unreleased-change"]);
    room.gen_("bump minor")
        .ends(0)
        .tells(&["1 of 2 images has new content"]);
    assert_eq!(since(&room), ["1.2.3", "1.3.0"]);
    room.gen_("check --deny-warnings").ends(0);
}

#[test]
fn amend_records_what_changed_since() {
    let room = library();
    let quiet = room.tree();
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["release 1.2.3", "1.2.3 is recorded everywhere"]);
    same(&room.tree(), &quiet);
    room.write(
        "matrix.toml",
        room.read("matrix.toml")
            .replace("[image.base]", "[image.base]\napt = [\"curl\"]"),
    );
    room.gen_("matrix").ends(1).tells(&["unreleased-change"]);
    room.gen_("check").ends(1).tells(&["unreleased-change"]);
    // The same version again is no way to hide a change.
    room.gen_("bump 1.2.3")
        .ends(1)
        .tells(&["unreleased-change"]);
    room.gen_("bump 1.2.3 --allow-errors")
        .ends(0)
        .tells(&["2 images are no longer as recorded"]);
    room.gen_("check").ends(1).tells(&["unreleased-change"]);
    room.gen_("bump --amend --dry-run")
        .ends(0)
        .tells(&["would record 1.2.3: 0 pins, 0 mentions, 0 outputs"]);
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["recorded 1.2.3: 0 pins, 0 mentions, 0 outputs; 2 of 2 images have new content"]);
    room.gen_("check --deny-warnings").ends(0);
}

/// Amending moves what is behind, too: the release is to be recorded everywhere.
#[test]
fn amend_moves_places_that_are_behind() {
    let room = library();
    room.write("a.py", "TAG = 'v1.0.0'\n");
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["v1.0.0 → v1.2.3", "1 pin"]);
    assert_eq!(room.read("a.py"), "TAG = 'v1.2.3'\n");
}

#[test]
fn a_release_without_a_lock_is_recorded() {
    let room = library();
    std::fs::remove_file(room.at("matrix.lock")).expect("gone");
    room.gen_("bump minor").ends(0);
    assert_eq!(since(&room), ["1.3.0", "1.3.0"]);
    room.gen_("check --deny-warnings").ends(0);
}

/// What makes a broken lock of a good one.
type Break<'a> = &'a dyn Fn(&str) -> String;

#[test]
fn a_lock_that_cannot_be_read_refuses_a_bump_and_can_be_recorded_anew() {
    let conflicted = |lock: &str| {
        let mine = lock.lines().next().expect("a line").to_owned();
        format!("<<<<<<< HEAD\n{lock}=======\n{mine}\n>>>>>>> other\n")
    };
    let broken: [(&str, Break<'_>); 4] = [
        ("lock-syntax", &|_| "not toml at all [\n".to_owned()),
        ("lock-syntax", &|lock| lock.replace("since", "before")),
        ("lock-format", &|lock| {
            lock.replacen("version = 1", "version = 99", 1)
        }),
        ("lock-conflict", &conflicted),
    ];
    for (code, breaks) in broken {
        let room = library();
        let good = room.tree();
        let lock = room.read("matrix.lock");
        let bad = breaks(&lock);
        assert_ne!(bad, lock);
        room.write("matrix.lock", &bad);
        let before = room.tree();
        for line in ["bump minor", "bump 1.2.3", "bump 1.3.0 --dry-run"] {
            room.gen_(line).ends(1).tells(&[
                &format!("error[{code}]"),
                "`gen bump --amend`",
                "nothing was moved",
            ]);
            same(&room.tree(), &before);
        }
        room.gen_("bump --check")
            .ends(1)
            .tells(&[&format!("error[{code}]"), "not all places agree on 1.2.3"]);
        room.gen_("bump --amend").ends(0);
        same(&room.tree(), &good);
        room.gen_("bump minor").ends(0);
    }
    let room = library();
    room.write("matrix.lock", b"\xff\xfe");
    room.gen_("bump minor")
        .ends(1)
        .tells(&["lock-syntax", "not UTF-8"]);
    room.gen_("bump --amend").ends(0);
    room.gen_("check").ends(0);
}

/// Findings that are no business of the lock, and stop nothing, do not stop a bump either.
#[test]
fn warnings_of_the_matrix_stop_no_bump() {
    let room = Room::bare(&[(
        "matrix.toml",
        &(matrix("1.2.3", "", "") + "\n[set]\nunused = { python = \"3.13\" }\n"),
    )]);
    room.gen_("bump minor").ends(0);
    room.gen_("check").tells(&["unused-set"]);
}

#[test]
fn a_version_moved_by_hand_is_told_and_healed() {
    let room = library();
    room.write(
        "matrix.toml",
        room.read("matrix.toml").replace("\"1.2.3\"", "\"1.3.0\""),
    );
    room.gen_("bump --check")
        .ends(1)
        .tells(&["lock-stale", "pin-mismatch", "stale-output"]);
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["v1.2.3 → v1.3.0"]);
    room.gen_("bump --check").ends(0);
}
