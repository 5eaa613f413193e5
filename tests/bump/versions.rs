//! Every scheme and step, and versions that are refused.

use super::room::{Room, matrix, pin};

/// Scheme, version, what is asked for, where it ends.
const MOVES: &[(&str, &str, &str, &str)] = &[
    ("semver", "0.12.3", "major", "1.0.0"),
    ("semver", "0.12.3", "minor", "0.13.0"),
    ("semver", "0.12.3", "patch", "0.12.4"),
    ("semver", "0.12.3", "pre", "0.12.4-rc.1"),
    ("semver", "0.12.4-rc.1", "pre", "0.12.4-rc.2"),
    ("semver", "0.12.4-rc.2", "release", "0.12.4"),
    ("semver", "0.12.4-rc.2", "0.12.4", "0.12.4"),
    ("semver", "0.12.4-rc.2", "patch", "0.12.4"),
    (
        "semver",
        "0.12.3",
        "1.0.0-beta.1+build.5",
        "1.0.0-beta.1+build.5",
    ),
    ("semver", "1.0.0+build.5", "patch", "1.0.1"),
    ("pep440", "0.9.0", "major", "1.0.0"),
    ("pep440", "0.9.0", "minor", "0.10.0"),
    ("pep440", "0.9.0", "patch", "0.9.1"),
    ("pep440", "0.9.0", "pre", "0.9.1rc1"),
    ("pep440", "0.9.1rc1", "pre", "0.9.1rc2"),
    ("pep440", "0.9.1rc2", "release", "0.9.1"),
    ("pep440", "0.9", "minor", "0.10"),
    ("pep440", "0.9.1", "0.9.1.post1", "0.9.1.post1"),
    ("pep440", "0.9.1", "0.9.2.dev3", "0.9.2.dev3"),
    ("calver", "26.11.0", "patch", "26.11.1"),
    ("calver", "26.11.0", "pre", "26.11.1rc1"),
    ("calver", "26.11.1rc1", "release", "26.11.1"),
    ("calver", "26.11.1", "26.12", "26.12"),
    ("calver", "26.06.00", "patch", "26.06.01"),
    ("calver", "26.06.09", "patch", "26.06.10"),
    ("calver", "26.06.00", "pre", "26.06.01rc1"),
    ("calver", "2026.11.30.1", "patch", "2026.11.30.2"),
    ("semver", "0.0.0", "patch", "0.0.1"),
    (
        "semver",
        "1.2.99999999999999999",
        "patch",
        "1.2.100000000000000000",
    ),
];

fn library(scheme: &str, version: &str) -> Room {
    let places = pin("acme/images.py", "TAG", "")
        + &pin("acme/version.py", "VERSION", "states = \"{{ version }}\"");
    let tag = version.replace('+', "-");
    Room::new(&[
        (
            "matrix.toml",
            &matrix(version, &format!("scheme = \"{scheme}\""), &places),
        ),
        ("acme/images.py", &format!("TAG = \"v{tag}\"\n")),
        (
            "acme/version.py",
            &format!("VERSION: Final[str] = '{version}'  # ours\n"),
        ),
    ])
}

#[test]
fn each_scheme_and_step_arrives_where_it_should() {
    for (scheme, from, asked, to) in MOVES {
        let room = library(scheme, from);
        let said = room.gen_(&format!("bump {asked}"));
        let line = format!("release {from} → {to}\n");
        said.ends(0)
            .tells(&[&line, &format!("moved to {to}: 2 pins, ")]);
        let tag = to.replace('+', "-");
        assert_eq!(
            room.read("acme/images.py"),
            format!("TAG = \"v{tag}\"\n"),
            "{from} {asked}"
        );
        assert_eq!(
            room.read("acme/version.py"),
            format!("VERSION: Final[str] = '{to}'  # ours\n"),
            "{from} {asked}"
        );
        assert!(
            room.read("matrix.toml")
                .contains(&format!("version = \"{to}\" # moved by `gen bump`\n"))
        );
        assert!(
            room.read("matrix.lock")
                .contains(&format!("version = \"{to}\"")),
            "{from} {asked}"
        );
        room.gen_("check").ends(0);
        room.gen_("bump --check")
            .ends(0)
            .tells(&[&format!("all places agree on {to}")]);
    }
}

/// What is asked, and what is said of it.
const REFUSED: &[(&str, &str, &str, &[&str])] = &[
    (
        "semver",
        "0.9.0",
        "release",
        &["`0.9.0` is a final release already", "`gen bump VERSION`"],
    ),
    (
        "semver",
        "0.9.0",
        "0.8.9",
        &["`0.8.9` is older than the release `0.9.0`", "--backwards"],
    ),
    (
        "semver",
        "0.9.0",
        "0.9.0-rc.1",
        &["`0.9.0-rc.1` is older than the release `0.9.0`"],
    ),
    (
        "semver",
        "0.9.0",
        "v0.10.0",
        &["`v0.10.0` is not a semver version", "run `gen bump 0.10.0`"],
    ),
    (
        "semver",
        "0.9.0",
        "0.10",
        &["`0.10` is not a semver version", "run `gen bump 0.10.0`"],
    ),
    ("semver", "0.9.0", "v0.10", &["run `gen bump 0.10.0`"]),
    (
        "semver",
        "0.9.0",
        "next",
        &[
            "`next` is not a semver version",
            "major, minor, patch, pre, release",
        ],
    ),
    (
        "semver",
        "0.9.0",
        "Minor",
        &[
            "`Minor` is not a semver version",
            "major, minor, patch, pre, release",
        ],
    ),
    ("pep440", "0.9.0", "1!0.10.0", &["an epoch"]),
    (
        "pep440",
        "0.9.0",
        "v0.10.0",
        &["`v0.10.0` is not a pep440 version", "run `gen bump 0.10.0`"],
    ),
    ("pep440", "0.9.0", "V0.10", &["run `gen bump 0.10`"]),
    ("calver", "26.11.0", "v26.12.0", &["run `gen bump 26.12.0`"]),
    (
        "calver",
        "2026.11.30",
        "patch",
        &[
            "the last number of `2026.11.30` reads as a day",
            "`gen bump VERSION`",
        ],
    ),
    ("calver", "2026.02.28", "pre", &["reads as a day"]),
    (
        "calver",
        "26.11.30",
        "patch",
        &["reads as the last day of its month"],
    ),
    (
        "semver",
        "0.9.18446744073709551615",
        "patch",
        &["nothing comes after 18446744073709551615"],
    ),
    (
        "pep440",
        "0.9.1",
        "0.9.1rc1",
        &["is older than the release `0.9.1`"],
    ),
    (
        "calver",
        "26.11.0",
        "minor",
        &["follows the date", "`gen bump VERSION`"],
    ),
    (
        "calver",
        "26.11.0",
        "26.9.3",
        &["`26.9.3` is older than the release `26.11.0`"],
    ),
];

#[test]
fn what_is_no_version_or_older_is_refused_with_the_next_step() {
    for (scheme, from, asked, words) in REFUSED {
        let room = library(scheme, from);
        let before = room.tree();
        room.gen_(&format!("bump {asked}"))
            .ends(2)
            .tells(&["error[bump-refused]", "1 error; nothing was moved"])
            .tells(words);
        super::room::same(&room.tree(), &before);
    }
}

#[test]
fn backwards_goes_back_where_it_is_told_to() {
    let room = library("semver", "0.9.0");
    let old = room.own();
    room.gen_("bump 1.2.3").ends(0);
    room.gen_("bump 0.9.0").ends(2);
    room.gen_("bump 0.9.0 --backwards")
        .ends(0)
        .tells(&["release 1.2.3 → 0.9.0"]);
    super::room::same(&room.own(), &old);
}

#[test]
fn the_same_version_twice_writes_once() {
    let room = library("semver", "0.9.0");
    room.gen_("bump 0.10.0").ends(0);
    let moved = room.tree();
    room.gen_("bump 0.10.0")
        .ends(0)
        .tells(&["0.10.0 is recorded everywhere"]);
    super::room::same(&room.tree(), &moved);
}

#[test]
fn a_bump_needs_a_release_to_move() {
    let room = Room::bare(&[(
        "matrix.toml",
        "[image.base]\ntag = \"1\"\nfrom = \"debian:13\"\n",
    )]);
    room.gen_("bump minor")
        .ends(2)
        .tells(&["the matrix states no release", "add `[release]`"]);
    room.gen_("bump")
        .ends(2)
        .tells(&["<VERSION|STEP|--amend|--check>"]);
    room.gen_("bump 1.0.0 --amend").ends(2);
    room.gen_("bump 1.0.0 --check").ends(2);
    room.gen_("bump --check --dry-run").ends(2);
}

/// A library that may be ahead of its images: a step goes on from where it is.
#[test]
fn a_step_counts_from_the_newest_place() {
    for (relation, stated, step, to, told) in [
        ("not-older", "0.9.5", "patch", "0.9.6", true),
        ("not-older", "0.9.5", "minor", "0.10.0", true),
        ("not-older", "0.10.2", "minor", "0.11.0", true),
        ("not-older", "0.10.0rc1", "minor", "0.10.0", true),
        ("not-older", "0.10.0rc1", "pre", "0.10.0-rc.2", true),
        ("same-or-later", "0.9.5.post1", "patch", "0.9.6", true),
        ("not-older", "0.9.2", "patch", "0.9.4", false),
        ("not-older", "0.9.3.post1", "patch", "0.9.4", false),
        ("same-or-later", "0.9.3rc1", "patch", "0.9.4", false),
        ("exact", "0.9.5", "patch", "0.9.4", false),
        ("same-release", "0.9.5", "patch", "0.9.4", false),
    ] {
        let more = format!("states = \"{{{{ version }}}}\"\nrelation = \"{relation}\"");
        let room = Room::bare(&[
            (
                "matrix.toml",
                &matrix("0.9.3", "", &pin("a.py", "V", &more)),
            ),
            ("a.py", &format!("\nV = '{stated}'\n")),
        ]);
        let said = room.gen_(&format!("bump {step}")).ends(0);
        let counted = format!("release 0.9.3 → {to}, counted from {stated} of a.py:2\n");
        if told {
            said.tells(&[&counted]);
        } else {
            said.tells(&[&format!("release 0.9.3 → {to}\n")]);
        }
        // As the images, so the library.
        let after = room.read("a.py");
        assert!(
            after.contains(&format!("'{to}'")) || !told,
            "{stated}: {after}"
        );
    }
}

/// The final of a pre-release is its own, whatever else is out.
#[test]
fn the_final_of_a_pre_release_is_its_own() {
    let more = "states = \"{{ version }}\"\nrelation = \"not-older\"";
    let room = Room::bare(&[
        (
            "matrix.toml",
            &matrix("0.9.3-rc.1", "", &pin("a.py", "V", more)),
        ),
        ("a.py", "V = '1.4.0'\n"),
    ]);
    room.gen_("bump release")
        .ends(0)
        .tells(&["release 0.9.3-rc.1 → 0.9.3\n"]);
}

/// What a template prints of a version keeps the zeros that are written there, where that is asked for.
#[test]
fn what_is_written_can_be_printed_with_its_zeros() {
    for (tag, printed) in [
        ("{{ release.series }}", "26.06"),
        (
            "{{ release.parts[1] }}-{{ release.parts | join('_') }}",
            "06-26_06_00",
        ),
        ("{{ release.major }}.{{ release.minor }}", "26.6"),
        ("{{ release.tag }}", "r26.06"),
    ] {
        let text = matrix(
            "26.06.00",
            "scheme = \"calver\"\ntag = \"r{{ series }}\"",
            "",
        );
        let text = text.replace("{{ release.tag }}", tag);
        let room = Room::new(&[("matrix.toml", &text)]);
        let out = room.gen_("list --format lines").ends(0).out;
        assert!(
            out.contains(&format!("acme/base:3.12-{printed}\n")),
            "{out}"
        );
    }
}
