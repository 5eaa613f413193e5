//! `--dry-run` writes nothing, and its diff is a patch that does what the run does.

use std::process::{Command, Stdio};

use super::room::{Room, key, matrix, mention, pin, same};
use crate::support::{commit, git};

const PLACES: &[(&str, &str)] = &[
    ("a.py", "TAG = 'v1.2.3'\n"),
    ("no newline.py", "TAG = 'v1.2.3'"),
    ("crlf.ts", "// a\r\nconst TAG = 'v1.2.3';\r\n// b\r\n"),
    ("bom.json", "\u{feff}{\"tag\": \"v1.2.3\"}"),
    (
        "docs/ä.md",
        "one\nacme/base:3.12-v1.2.3\r\nold mac\rline\nacme/base:3.13-v1.2.3",
    ),
    ("docs/behind.md", "acme/base:3.12-v1.2.3\nx\r"),
    ("docs/end.md", "acme/base:3.12-v1.2.3\r"),
];

fn library() -> Room {
    let places = pin("a.py", "TAG", "")
        + &pin("no newline.py", "TAG", "")
        + &pin("crlf.ts", "TAG", "")
        + &key("bom.json", "tag", "")
        + &mention("\"docs/**\"", "");
    // The release in the Dockerfile lets the content change with it.
    let matrix = matrix("1.2.3", "", &places)
        + "\n[image.more]\nname = \"more-{{ python }}\"\nfrom = \"debian:13\"\nenv = { R = \"{{ release.tag }}\" }\n\n[ci.gitlab]\n";
    let mut files = vec![("matrix.toml", matrix.as_str())];
    files.extend(PLACES);
    Room::bare(&files)
}

fn applied(room: &Room, patch: &str) {
    let mut git = Command::new("git")
        .args(["-c", "core.autocrlf=false", "apply", "--whitespace=nowarn"])
        .current_dir(room.folder())
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .stdin(Stdio::piped())
        .spawn()
        .expect("git starts");
    std::io::Write::write_all(&mut git.stdin.take().expect("stdin"), patch.as_bytes())
        .expect("a patch");
    assert!(git.wait().expect("git ends").success(), "{patch}");
}

#[test]
fn the_diff_applies_to_exactly_what_the_run_writes() {
    for (prepared, line) in [
        ("bump --amend", "bump minor"),
        ("bump --amend", "bump 2.0.0rc1 --dry"),
        ("list", "bump minor"),
        ("list", "bump --amend"),
    ] {
        let line = line.trim_end_matches(" --dry");
        let line = &line.replace("2.0.0rc1", "2.0.0-rc.1");
        let (one, two) = (library(), library());
        for room in [&one, &two] {
            room.gen_(prepared).ends(0);
            commit(room.folder(), "before");
        }
        let before = one.tree();
        let said = one
            .gen_(&format!("{line} --dry-run"))
            .ends(0)
            .tells(&["would "]);
        same(&one.tree(), &before);
        applied(&one, &said.out);
        two.gen_(line).ends(0);
        same(&one.tree(), &two.tree());
        one.gen_("check").ends(0);
        let status = git(two.folder(), &["status", "--porcelain"]);
        assert!(!status.is_empty());
    }
}

/// Outputs that a checkout turned to CRLF come back as LF where they change: by the run and by the patch.
#[test]
fn the_diff_applies_to_outputs_with_other_line_ends() {
    let (one, two) = (library(), library());
    for room in [&one, &two] {
        room.record();
        for path in ["generated/plan.json", "generated/.outputs", "matrix.lock"] {
            room.write(path, room.read(path).replace('\n', "\r\n"));
        }
        commit(room.folder(), "before");
    }
    let said = one.gen_("bump minor --dry-run").ends(0);
    applied(&one, &said.out);
    two.gen_("bump minor").ends(0);
    same(&one.tree(), &two.tree());
}

#[test]
fn a_run_that_has_nothing_to_do_prints_no_diff() {
    let room = library();
    room.record();
    let said = room
        .gen_("bump 1.2.3 --dry-run")
        .ends(0)
        .tells(&["1.2.3 is recorded everywhere"]);
    assert_eq!(said.out, "");
    let said = room.gen_("-q bump 1.2.3").ends(0);
    assert_eq!((said.out, said.err), (String::new(), String::new()));
}
