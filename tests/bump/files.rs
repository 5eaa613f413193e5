//! Bytes and modes that a bump keeps: line ends, marks, ends of files, executables, build contexts.

use std::fs;
use std::os::unix::fs::MetadataExt;

use super::room::{Room, key, matrix, mention, pin};

fn places() -> String {
    pin("a.py", "TAG", "")
        + &pin("a.ts", "TAG", "")
        + &pin(".env", "TAG", "")
        + &key("a.yaml", "tag", "")
        + &key("a.json", "tag", "")
        + &key("a.toml", "tag", "")
        + &mention("\"docs/*\"", "pre-releases = true")
}

const TEXTS: &[(&str, &str)] = &[
    ("a.py", "# one\nTAG = \"v1.2.3\"\n# two\n"),
    ("a.ts", "// one\nexport const TAG = \"v1.2.3\";\n// two\n"),
    (".env", "A=1\nTAG=v1.2.3\nB=2\n"),
    ("a.yaml", "a: 1\ntag: v1.2.3\nb: 2\n"),
    ("a.json", "{\n  \"tag\": \"v1.2.3\"\n}\n"),
    ("a.toml", "a = 1\ntag = \"v1.2.3\"\nb = 2\n"),
    (
        "docs/a.md",
        "# Ä\nPull acme/base:3.12-v1.2.3.\n\tacme/base:3.13-v1.2.3\n",
    ),
];

/// Each file in that dress, before and after.
fn dressed(dress: impl Fn(&str) -> String) {
    let matrix = dress(&matrix("1.2.3", "", &places()));
    let mut files = vec![("matrix.toml", matrix.clone())];
    files.extend(TEXTS.iter().map(|(path, text)| (*path, dress(text))));
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (*p, t.as_str())).collect();
    let room = Room::new(&files);
    room.gen_("bump --check").ends(0);
    room.gen_("bump 1.10.0-rc.1")
        .ends(0)
        .tells(&["6 pins, 2 mentions"]);
    for (path, text) in TEXTS {
        let wanted = dress(&text.replace("1.2.3", "1.10.0-rc.1"));
        assert_eq!(room.read(path), wanted, "{path}");
    }
    assert_eq!(
        room.read("matrix.toml"),
        matrix.replace("1.2.3", "1.10.0-rc.1")
    );
    room.gen_("check").ends(0);
}

#[test]
fn lf_stays_lf() {
    dressed(str::to_owned);
}

#[test]
fn crlf_stays_crlf() {
    dressed(|text| text.replace('\n', "\r\n"));
}

#[test]
fn a_byte_order_mark_stays() {
    dressed(|text| format!("\u{feff}{text}"));
    dressed(|text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
}

#[test]
fn no_newline_at_the_end_stays_none() {
    dressed(|text| text.trim_end().to_owned());
}

#[test]
fn mixed_line_ends_stay_mixed() {
    dressed(|text| text.replacen('\n', "\r\n", 1));
}

#[test]
fn modes_are_kept() {
    let room = Room::new(&[
        (
            "matrix.toml",
            &matrix(
                "1.2.3",
                "",
                &(pin("run.sh", "TAG", "") + &pin("a.py", "TAG", "") + &mention("\"b.md\"", "")),
            ),
        ),
        ("run.sh", "#!/bin/sh\nTAG=v1.2.3\n"),
        ("a.py", "TAG = 'v1.2.3'\n"),
        ("b.md", "acme/base:3.12-v1.2.3"),
    ]);
    let modes = [
        ("run.sh", 0o755),
        ("a.py", 0o640),
        ("b.md", 0o444),
        ("matrix.toml", 0o664),
        ("matrix.lock", 0o600),
    ];
    modes
        .iter()
        .for_each(|(path, mode)| room.set_mode(path, *mode));
    room.gen_("bump minor").ends(0);
    for (path, mode) in modes {
        let meta = fs::metadata(room.at(path)).expect("a file");
        assert_eq!(meta.mode() & 0o7777, mode, "{path}");
        assert!(room.read(path).contains("1.3.0"), "{path}");
    }
}

/// The constant stands in the context of an image, so the bump changes that image's content.
#[test]
fn a_pin_in_a_build_context_is_hashed_as_it_will_be() {
    let context = r#"
[image.app]
dockerfile = "Dockerfile"
context = "."
name = "app"
tag = "{{ release.tag }}"
args = { PYTHON = "{{ python }}" }
axes = ["python"]
match = { python = "3.12" }
"#;
    let places = pin("acme/images.py", "TAG", "")
        + &pin("Dockerfile", "TAG", "")
        + &mention("\"docs/**\"", "");
    let room = Room::new(&[
        ("matrix.toml", &(matrix("1.2.3", "", &places) + context)),
        (
            "Dockerfile",
            "ARG PYTHON\nARG TAG=v1.2.3\nFROM python:${PYTHON}-slim\nCOPY . /app\n",
        ),
        (".dockerignore", "matrix.toml\n"),
        ("acme/images.py", "TAG = 'v1.2.3'\n"),
        ("docs/a.md", "acme/app:v1.2.3"),
    ]);
    room.gen_("check").ends(0);
    let before = room.read("generated/plan.json");
    let said = room
        .gen_("bump minor")
        .ends(0)
        .tells(&["2 pins, 1 mention", "1 of 3 images has new content"]);
    assert_ne!(room.read("generated/plan.json"), before);
    room.gen_("check").ends(0);
    let moved = room.tree();
    room.gen_("matrix").ends(0).tells(&["are up to date"]);
    room.gen_("bump 1.3.0").ends(0);
    super::room::same(&room.tree(), &moved);
    assert!(!said.err.contains("warning"), "{}", said.err);
}

#[test]
fn a_folder_below_can_be_bumped_from() {
    let room = Room::new(&[
        (
            "matrix.toml",
            &matrix("1.2.3", "", &pin("a/b/c.py", "TAG", "")),
        ),
        ("a/b/c.py", "TAG = 'v1.2.3'\n"),
    ]);
    room.gen_("-C a/b bump minor")
        .ends(0)
        .tells(&["a/b/c.py:1"]);
    assert_eq!(room.read("a/b/c.py"), "TAG = 'v1.3.0'\n");
    room.gen_("--config matrix.toml bump minor").ends(0);
    assert_eq!(room.read("a/b/c.py"), "TAG = 'v1.4.0'\n");
}

#[test]
fn nothing_temporary_is_left() {
    let room = Room::new(&[("matrix.toml", &matrix("1.2.3", "", ""))]);
    for line in [
        "bump minor",
        "bump 1.3.0",
        "bump --amend",
        "bump minor --dry-run",
        "bump --check",
    ] {
        room.gen_(line).ends(0);
        assert!(!room.at("generated/.tmp").exists(), "{line}");
    }
}
