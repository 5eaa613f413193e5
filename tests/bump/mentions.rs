//! References in texts: every spelling, and what is none.

use std::collections::BTreeSet;

use crate::support::git;

use super::room::{Room, matrix, mention};

/// A library with one text, and mentions of it.
fn library(text: impl AsRef<[u8]>) -> Room {
    let room = Room::new(&[(
        "matrix.toml",
        &matrix("1.2.3", "", &mention("\"docs/**\"", "")),
    )]);
    room.write("docs/a.md", text);
    room
}

/// A library with these texts, a file each.
fn library_of(texts: &[impl AsRef<[u8]>]) -> Room {
    let room = library("");
    for (number, text) in texts.iter().enumerate() {
        room.write(&text_of(number), text);
    }
    room
}

/// Where a text of several stands.
fn text_of(number: usize) -> String {
    format!("docs/{number}.md")
}

/// What a text of several is now.
fn read(room: &Room, number: usize) -> String {
    room.read(&text_of(number))
}

/// The files in which `gen check` finds a mention of another release.
fn stale(room: &Room) -> BTreeSet<String> {
    let said = room.gen_("check --format json").ends(1);
    let findings: Vec<serde_json::Value> = serde_json::from_str(&said.out).expect("JSON");
    findings
        .iter()
        .filter(|finding| finding["code"] == "mention-stale")
        .map(|finding| {
            finding["place"]["path"]
                .as_str()
                .expect("a path")
                .to_owned()
        })
        .collect()
}

/// Texts in which `OLD` stands for a tag of an old release, and is moved.
const MOVED: &[&str] = &[
    "acme/base:OLD",
    "docker.io/acme/base:OLD",
    "index.docker.io/acme/base:OLD",
    "registry-1.docker.io/acme/base:OLD",
    "docker://acme/base:OLD",
    "docker://docker.io/acme/base:OLD",
    "oci://index.docker.io/acme/base:OLD",
    "https://docker.io/acme/base:OLD",
    "`acme/base:OLD`",
    "\"acme/base:OLD\"",
    "'acme/base:OLD',",
    "(acme/base:OLD)",
    "[acme/base:OLD]",
    "<acme/base:OLD>",
    "image:acme/base:OLD",
    "image: acme/base:OLD",
    "--image=acme/base:OLD",
    "FROM acme/base:OLD AS base",
    "FROM --platform=linux/amd64 acme/base:OLD",
    "COPY --from=acme/base:OLD /a /b",
    "Pull acme/base:OLD.",
    "Is it acme/base:OLD?",
    "acme/base:OLD; acme/base:OLD",
    "|acme/base:OLD|",
    "**acme/base:OLD**",
    "*acme/base:OLD*",
    "<code>acme/base:OLD</code>",
    "acme/base:OLD<br/>",
    "print(\"\\nacme/base:OLD\\n\")",
    "é acme/base:OLD é",
    "“acme/base:OLD”",
    "acme/base:OLD\r\nacme/base:OLD\r\n",
    "\tacme/base:OLD",
    "image: ${IMG:-acme/base:OLD}",
    "image: \"${IMG-acme/base:OLD}\"",
    ": ${IMG:=docker.io/acme/base:OLD}",
    "image: acme/base:${TAG:-OLD}",
    "image: ${REPO:-acme/base}:${TAG:-${OTHER:-\"OLD\"}}",
    "IMG ?= acme/base:OLD",
    "IMG = $(or $(IMG),acme/base:OLD)",
    "IMG = acme/base:$(or $(TAG),OLD)",
    "ARG IMG=acme/base:OLD\nFROM ${IMG:-acme/base:OLD}",
    "os.environ.get(\"IMG\", \"acme/base:OLD\")",
    "process.env.IMG ?? 'acme/base:OLD'",
    "`acme/base:${process.env.TAG ?? 'OLD'}`",
    "image: {{ .Values.image | default \"acme/base:OLD\" }}",
    "image: acme/base:{{ .Values.tag | default \"OLD\" }}",
    "image: acme/base:{{ .Values.tag | default \"OLD\" | quote }}",
    "acme/base:OLD[^1]",
    "acme/base:OLD[1]",
    "acme/base:OLD<sup>1</sup>",
    "acme/base:OLD<p>",
    "acme/base:OLD% of",
    "acme/base:OLD<!-- x -->",
    "_acme/base:OLD_",
    "__acme/base:OLD__",
    "_Pull acme/base:OLD_",
    "acme/base:**OLD**",
    "acme/base:`OLD`",
    "acme/base:OLD*",
    "acme/base:OLD{,-gpu}",
    "acme/base:OLD{.lang}",
    "acme/base:OLD/amd64",
    "acme/base:OLD#x",
    "acme/base:OLD…",
    "\\u0022acme/base:OLD\\u0022",
    "acme\\/base:OLD",
    "docker.io\\/acme\\/base:OLD",
    "acme%2Fbase%3AOLD",
    "?image%3Dacme%2fbase%3aOLD",
    "\"acme/base:OLD\" + \" bash\"",
    "\"acme/base:OLD\" \"bash\"",
    "acme/base:\"${TAG:-OLD}\"",
    "acme/base:\"OLD\"",
    "\"acme/base\":OLD",
    "{\"acme/base\":\"OLD\"}",
    "acme/base:$${TAG:-OLD}",
    "acme/base:${@:-OLD}",
];

#[test]
fn every_spelling_is_found_and_moved() {
    for old in [
        "3.12-v1.2.2",
        "3.13-0.9.0",
        "3.12-v1.3.0-rc.1",
        "3.12-v9.9.9",
    ] {
        let texts: Vec<String> = MOVED.iter().map(|text| text.replace("OLD", old)).collect();
        let room = library_of(&texts);
        assert_eq!(stale(&room).len(), texts.len(), "{old}: each is told");
        room.gen_("check --fix")
            .ends(0)
            .tells(&["mended ", &format!(" in {} files\n", texts.len())]);
        let new = format!("{}v1.2.3", &old[..5]);
        for (number, text) in MOVED.iter().enumerate() {
            assert_eq!(read(&room, number), text.replace("OLD", &new));
        }
    }
}

/// Of a tag in pieces one moves; the value of an argument moves for all that print it.
#[test]
fn a_tag_in_pieces_moves_where_it_states_the_release() {
    let room = library("a: acme/base:3.12-${TAG:-v1.2.2}\nb: acme/base:${PY:-3.12}-v${V:-1.2.2}\n");
    room.write(
        "docs/Dockerfile",
        "ARG TAG=3.12-v1.2.2\nFROM acme/base:${TAG} AS a\nFROM docker.io/acme/base:$TAG\n",
    );
    room.gen_("check --fix").ends(0);
    let moved = "a: acme/base:3.12-${TAG:-v1.2.3}\nb: acme/base:${PY:-3.12}-v${V:-1.2.3}\n";
    assert_eq!(room.read("docs/a.md"), moved);
    assert_eq!(
        room.read("docs/Dockerfile"),
        "ARG TAG=3.12-v1.2.3\nFROM acme/base:${TAG} AS a\nFROM docker.io/acme/base:$TAG\n"
    );
}

/// Texts that name no image of an old release, whatever they look like.
const NONE: &[&str] = &[
    "acme/base",
    "acme/base:",
    "acme/base: 3.12-v1.0.0",
    "acme/base:latest",
    "acme/base:3.12-v1.2.3",
    "acme/base:3.12-v1.2.3.",
    "acme/base@sha256:0123",
    "acme/base:{tag}",
    "acme/base:${TAG}",
    "acme/base:$TAG",
    "acme/base:3.12-$TAG",
    "acme/base:3.12-v{version}",
    "acme/base:3.12-v{{ version }}",
    "acme/base:3.12-<version>",
    "acme/base:3.12-v%s",
    "acme/base:3.12-*",
    "acme/base:v*",
    "acme/base:3.12-[v]",
    "acme/base:3.12-#{v}",
    "acme/base:...",
    "acme/base:3.12-...",
    "acme/base:3.12-…",
    "\"acme/base:3.12-\" + version",
    "${REGISTRY}/acme/base:3.12-v1.0.0",
    "ghcr.io/acme/base:3.12-v1.0.0",
    "localhost:5000/acme/base:3.12-v1.0.0",
    "https://hub.docker.com/r/acme/base:3.12-v1.0.0",
    "macme/base:3.12-v1.0.0",
    "my-acme/base:3.12-v1.0.0",
    "git@acme/base:3.12-v1.0.0",
    "ACME/base:3.12-v1.0.0",
    "acme/BASE:3.12-v1.0.0",
    "acme/base.py:14",
    "acme/base:443/path",
    "acme/base:TAG",
    "acme/base:YOUR_TAG",
    "acme/base:your-tag",
    "acme/base:x.y.z",
    "acme/base:vX.Y.Z",
    "acme/base:3.12-vX.Y",
    "acme/base:X.Y-vX.Y.Z",
    "acme/other:<tag> acme/other:TAG",
    "acme/base:${TAG:?set it}",
    "acme/base:{{ .Values.tag }}",
    "acme/base:${TAG:-3.12-v1.2.3}",
    "Acme/base:3.12-v1.0.0",
    "\"acme/base:3.12-v\" + VERSION",
    "\"acme/base:3.12-v1.0.0\" +\n  \"-gpu\"",
    "\"acme/base:cu128\" + x",
    "'acme/base:cu128' . $x",
    "\"acme/base:3.12\" \"-v1\"",
    "acme/base:__VERSION__-cu128",
    "acme/base:3.12-v1.2.0-cuXYZ",
    "acme/base:3.12-v1.2.0-VARIANT",
    "acme/base:changeme",
    "acme/base:a.b.c",
    "acme/base:3.12-v1.0.0\\(suffix)",
    "acme/base:3.12-v1.0-*",
    "acme/base:v1.0.0-$X",
    "acme/base:cache-3.12-$X",
    "TAG=dev\nacme/base:$TAG",
    "TAG=$(git describe)\nacme/base:$TAG",
];

#[test]
fn what_names_no_image_is_left_alone() {
    let room = library_of(NONE);
    room.gen_("check").ends(0).never_tells(&["mention"]);
    room.gen_("bump minor").ends(0);
    for (number, text) in NONE.iter().enumerate() {
        assert_eq!(read(&room, number), text.replace("1.2.3", "1.3.0"));
    }
}

/// Text, headline, suggestion.
const UNKNOWN: &[(&str, &str, &str)] = &[
    (
        "acme/base:3.11-v1.2.3",
        "no image of `docker.io/acme/base` has the tag `3.11-v1.2.3`",
        "did you mean `3.12-v1.2.3`?",
    ),
    (
        "acme/base:latst",
        "has the tag `latst`",
        "did you mean `latest`?",
    ),
    (
        "acme/base:nonsense",
        "has the tag `nonsense`",
        "name one that exists (`gen list`)",
    ),
    (
        "acme/base:3.12-v1.2.3-slim",
        "has the tag `3.12-v1.2.3-slim`",
        "",
    ),
    (
        "acme/base:3.12-v1.2.2-cu126",
        "has the tag `3.12-v1.2.2-cu126`",
        "",
    ),
    (
        "acme/base:3.12-v1.2.2-20260101",
        "has the tag `3.12-v1.2.2-20260101`",
        "",
    ),
    (
        "acme/base:3.12-v1.2.2-dev",
        "has the tag `3.12-v1.2.2-dev`",
        "",
    ),
    ("acme/base:release", "has the tag `release`", ""),
    ("acme/base:LATEST", "has the tag `LATEST`", ""),
    ("acme/base:3.12-v1.2.2-x", "has the tag `3.12-v1.2.2-x`", ""),
    (
        "acme/base:3.12-v1.2.2-a100",
        "has the tag `3.12-v1.2.2-a100`",
        "",
    ),
    (
        "${IMG:-acme/base:3.11-v1.2.2}",
        "has the tag `3.11-v1.2.2`",
        "",
    ),
    (
        "acme/bas:3.12-v1.2.3",
        "the matrix makes no image `docker.io/acme/bas`",
        "did you mean `docker.io/acme/base`?",
    ),
    (
        "docker.io/acme/other:1",
        "the matrix makes no image `docker.io/acme/other`",
        "add it to the mention's `ignore`",
    ),
];

#[test]
fn unknown_images_are_told_and_never_rewritten() {
    for (text, headline, help) in UNKNOWN {
        let room = library(text);
        room.gen_("check --fix")
            .ends(1)
            .tells(&["mention-unknown", headline, help]);
        room.gen_("bump minor --allow-errors").ends(0);
        assert_eq!(room.read("docs/a.md"), *text);
    }
}

#[test]
fn a_digest_is_never_left_with_another_tag() {
    for digest in ["@sha256:0123", "@sha512:0123"] {
        let text = format!("acme/base:3.12-v1.0.0{digest}\n");
        let room = library(&text);
        room.gen_("check --fix")
            .ends(1)
            .tells(&["mention-stale", "only a registry knows"]);
        room.gen_("bump minor")
            .ends(2)
            .tells(&["only a registry knows the digest"]);
        assert_eq!(room.read("docs/a.md"), text);
    }
}

#[test]
fn a_marker_keeps_what_is_old_on_purpose() {
    let kept = [
        "acme/base:3.12-v1.0.0 <!-- basematrix: keep -->\n",
        "<!-- basematrix: keep -->\nacme/base:3.12-v1.0.0\n",
        "<!-- basematrix: keep -->\r\nacme/base:3.12-v1.0.0 acme/base:3.13-v1.0.0\r\n",
        "# basematrix: keep\nFROM acme/base:3.12-v1.0.0@sha256:0123",
        "acme/other:v1 # basematrix: keep",
        "acme/base:nonsense # basematrix: keep",
    ];
    for text in kept {
        let room = library(text);
        room.gen_("check --deny-warnings --fix").ends(0);
        room.gen_("bump minor").ends(0).tells(&["0 mentions"]);
        assert_eq!(room.read("docs/a.md"), text);
    }
    let room = library("<!-- basematrix: keep -->\n\nacme/base:3.12-v1.0.0\n");
    room.gen_("check")
        .ends(1)
        .tells(&["mention-stale", "unused-marker"]);
    let room = library("acme/base:3.12-v1.0.0 basematrix: keep\nacme/base:3.12-v1.0.0\n");
    room.gen_("check --fix").ends(0);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:3.12-v1.0.0 basematrix: keep\nacme/base:3.12-v1.2.3\n"
    );
    // What is current would be old after the next release.
    for text in [
        "acme/base:3.12-v1.2.3 basematrix: keep\n",
        "# basematrix: keep\nARG TAG=3.12-v1.2.3\nFROM acme/base:$TAG AS a\nFROM acme/base:$TAG\n",
    ] {
        let room = library("");
        room.write("docs/Dockerfile", text);
        room.gen_("check --deny-warnings").ends(0);
        room.gen_("bump minor").ends(0).tells(&["0 mentions"]);
        assert_eq!(room.read("docs/Dockerfile"), text);
    }
    let room = library("acme/base:latest basematrix: keep\n");
    room.gen_("check").ends(0).tells(&["unused-marker"]);
}

#[test]
fn ignored_repositories_are_somebody_elses() {
    for (ignore, silent) in [
        ("acme/tool-*", true),
        ("docker.io/acme/tool-*", true),
        ("acme/*", true),
        ("acme/tool", false),
        ("*", false),
        ("**", true),
    ] {
        let places = mention("\"docs/**\"", &format!("ignore = [\"{ignore}\"]"));
        let room = Room::new(&[
            ("matrix.toml", &matrix("1.2.3", "", &places)),
            ("docs/a.md", "acme/tool-x:1.0 docker.io/acme/tool-y:v2\n"),
        ]);
        room.gen_("check").ends(i32::from(!silent));
    }
}

/// The registries, texts that are moved, texts that are not.
#[test]
fn registries_of_every_kind() {
    let cases: &[(&[&str], &[&str], &[&str])] = &[
        (
            &["ghcr.io/acme/images"],
            &[
                "ghcr.io/acme/images/base",
                "https://ghcr.io/acme/images/base",
            ],
            &[
                "acme/images/base",
                "ghcr.io/acme/base",
                "docker.io/acme/images/base",
            ],
        ),
        (
            &["localhost:5000/acme"],
            &[
                "localhost:5000/acme/base",
                "http://localhost:5000/acme/base",
            ],
            &[
                "acme/base",
                "localhost:5001/acme/base",
                "localhost/acme/base",
            ],
        ),
        (
            &["localhost:5000"],
            &["localhost:5000/base"],
            &["localhost:5001/base"],
        ),
        (
            &["123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme"],
            &["123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/base"],
            &[
                "123456789012.dkr.ecr.us-east-1.amazonaws.com/acme/base",
                "acme/base",
            ],
        ),
        (
            &["public.ecr.aws/x1y2"],
            &["public.ecr.aws/x1y2/base"],
            &["public.ecr.aws/other/base"],
        ),
        (
            &["europe-docker.pkg.dev/p/r"],
            &["europe-docker.pkg.dev/p/r/base"],
            &["pkg.dev/p/r/base"],
        ),
        (
            &["index.docker.io/acme"],
            &[
                "acme/base",
                "docker.io/acme/base",
                "index.docker.io/acme/base",
            ],
            &["ghcr.io/acme/base"],
        ),
        (
            &["docker.io/acme", "ghcr.io/acme", "ghcr.io/acme/more"],
            &["acme/base", "ghcr.io/acme/base", "ghcr.io/acme/more/base"],
            &["quay.io/acme/base"],
        ),
    ];
    for (prefixes, moved, left) in cases {
        let tables: String = prefixes
            .iter()
            .enumerate()
            .map(|(i, p)| format!("[registry.r{i}]\nprefix = \"{p}\"\n"))
            .collect();
        let text = matrix("1.2.3", "", &mention("\"docs/**\"", ""))
            .replace("[registry.hub]\nprefix = \"docker.io/acme\"\n", &tables);
        let room = Room::new(&[("matrix.toml", &text)]);
        let doc: String = moved
            .iter()
            .chain(*left)
            .map(|name| format!("{name}:3.12-v1.2.3\n"))
            .collect();
        room.write("docs/a.md", &doc);
        room.gen_("check").ends(0);
        room.gen_("bump minor").ends(0);
        let wanted: String = moved
            .iter()
            .map(|name| format!("{name}:3.12-v1.3.0\n"))
            .chain(left.iter().map(|name| format!("{name}:3.12-v1.2.3\n")))
            .collect();
        assert_eq!(room.read("docs/a.md"), wanted, "{prefixes:?}");
    }
}

/// With no registry the names alone tell, so nothing but another release of a known image is a mention.
#[test]
fn without_a_registry_only_the_names_tell() {
    let text = matrix("1.2.3", "", &mention("\"docs/**\"", ""))
        .replace("[registry.hub]\nprefix = \"docker.io/acme\"\n", "");
    let room = Room::new(&[("matrix.toml", &text)]);
    let none = "base:hover base:8080 base-x:3 a:b base:latest database:3.12-v1.0.0 acme/base:3.12-v1.0.0 base: x\n";
    room.write(
        "docs/a.md",
        format!("base:3.12-v1.2.3 `base:3.13-v1.0.0` {none}"),
    );
    room.gen_("check")
        .ends(1)
        .tells(&["mention-stale", "1 error;"]);
    room.gen_("bump minor").ends(0).tells(&["2 mentions"]);
    assert_eq!(
        room.read("docs/a.md"),
        format!("base:3.12-v1.3.0 `base:3.13-v1.3.0` {none}")
    );
}

#[test]
fn globs_take_in_and_leave_out() {
    let files =
        "\"**/*.md\", \"*.txt\", \".github/**/*.yml\", \"!vendor/**\", \"!**/CHANGELOG.md\"";
    let room = Room::new(&[("matrix.toml", &matrix("1.2.3", "", &mention(files, "")))]);
    let taken = [
        "a.md",
        "x/y/b.md",
        "c.txt",
        ".github/workflows/d.yml",
        "docs/.hidden.md",
    ];
    let left = [
        "x/c.txt",
        "vendor/a.md",
        "vendor/x/a.md",
        "CHANGELOG.md",
        "x/CHANGELOG.md",
        "a.rst",
        "ignored.md",
        "build/a.md",
        "x/build/b.md",
    ];
    room.write(".gitignore", "ignored.md\nbuild/\n");
    for path in taken.iter().chain(&left) {
        room.write(path, "acme/base:3.12-v1.2.3\n");
    }
    room.gen_("bump minor").ends(0).tells(&["5 mentions"]);
    for path in taken {
        assert_eq!(room.read(path), "acme/base:3.12-v1.3.0\n", "{path}");
    }
    for path in left {
        assert_eq!(room.read(path), "acme/base:3.12-v1.2.3\n", "{path}");
    }
}

#[test]
fn outputs_the_lock_and_the_matrix_are_never_mentions() {
    let room = Room::new(&[(
        "matrix.toml",
        &(matrix("1.2.3", "", &mention("\"**\", \"**/*\"", ""))
            + "\n[ci.gitlab]\n# acme/base:3.12-v0.1.0\n"),
    )]);
    room.write("a.md", "nothing");
    room.gen_("check").ends(0);
    room.gen_("bump minor").ends(0).tells(&["0 mentions"]);
    room.gen_("check").ends(0);
    assert!(room.read("matrix.toml").contains("# acme/base:3.12-v0.1.0"));
}

#[test]
fn bytes_that_are_no_text_are_left_alone() {
    let mut latin = b"caf\xe9 acme/base:3.12-v1.0.0\n".to_vec();
    let room = library(&latin);
    let said = "`docs/a.md` names images, and is no UTF-8 text";
    room.gen_("check --fix")
        .ends(1)
        .tells(&["place-unreadable", said]);
    room.gen_("bump minor").ends(1).tells(&[said]);
    assert_eq!(std::fs::read(room.at("docs/a.md")).expect("it"), latin);
    room.write("docs/a.md", "");
    latin.extend([0, 159, 146, 150]);
    let tar = [b"acme/base:3.12-v1.0.0".to_vec(), vec![0; 491]].concat();
    let odd = b"\x00\x01acme/base:3.12-v1.0.0\n".to_vec();
    let said = "`docs/b.bin` names images, and is no text";
    for bytes in [latin, tar, odd] {
        room.write("docs/b.bin", &bytes);
        room.gen_("check --fix")
            .ends(1)
            .tells(&["place-unreadable", said, "`\"!docs/b.bin\"`"]);
        room.gen_("bump minor").ends(1).tells(&[said]);
        assert_eq!(std::fs::read(room.at("docs/b.bin")).expect("it"), bytes);
    }
    // A byte 0 far behind makes no binary of a text, as for git; and what names no image is nobody's matter.
    let late = format!("acme/base:3.12-v1.0.0\n{}\0\n", " ".repeat(8000));
    room.write("docs/b.bin", &late);
    room.gen_("check --fix").ends(0);
    assert_eq!(room.read("docs/b.bin"), late.replace("1.0.0", "1.2.3"));
    room.write("docs/b.bin", b"\x00acme\x00base");
    room.gen_("check").ends(0).tells(&["no findings"]);
}

#[test]
fn texts_in_utf_16_are_told() {
    let text = "Start from acme/base:3.12-v1.0.0\r\n";
    let little =
        |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    let big = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_be_bytes).collect() };
    let marked = format!("\u{feff}{text}é");
    for bytes in [little(&marked), big(&marked), little(text), big(text)] {
        let room = library(&bytes);
        room.gen_("check --fix")
            .ends(1)
            .tells(&["`docs/a.md` names images, and is no UTF-8 text"]);
        assert_eq!(std::fs::read(room.at("docs/a.md")).expect("it"), bytes);
    }
    let room = library(little("\u{feff}nothing at all"));
    room.gen_("check").ends(0).tells(&["no findings"]);
}

#[test]
fn a_merge_that_is_not_finished_is_never_rewritten() {
    let marks = ["<".repeat(7), "=".repeat(7), ">".repeat(7)];
    let [ours, middle, theirs] = &marks;
    let old = "acme/base:3.12-v1.0.0";
    for side in [old, "acme/base:3.12-v1.2.3"] {
        let text = format!("{old}\n{ours} HEAD\n{side}\n{middle}\nx\n{theirs} other\n");
        let room = library(&text);
        room.gen_("check --fix").ends(1).tells(&[
            "place-unreadable",
            "`docs/a.md` holds both sides of a merge",
        ]);
        room.gen_("bump minor")
            .ends(1)
            .tells(&["both sides of a merge"]);
        assert_eq!(room.read("docs/a.md"), text);
    }
    // An underlined headline and a letter that quotes letters are texts.
    let text = format!("{old}\n{middle}\n{theirs} {old}\n");
    let room = library(&text);
    room.gen_("check --fix").ends(0);
    assert_eq!(room.read("docs/a.md"), text.replace("1.0.0", "1.2.3"));
}

/// What is local to a version is all that tells its tags from those of variants, and the next release has none.
#[test]
fn the_tags_of_a_release_with_build_metadata_move() {
    for scheme in ["", "scheme = \"pep440\""] {
        let room = Room::new(&[(
            "matrix.toml",
            &matrix("1.4.0+cu128", scheme, &mention("\"docs/**\"", "")),
        )]);
        let text = "acme/base:3.12-v1.4.0-cu128 acme/base:3.13-v1.4.0-cu128\n";
        room.write("docs/a.md", text);
        room.gen_("check").ends(0);
        room.gen_("bump minor").ends(0).tells(&["2 mentions"]);
        assert_eq!(room.read("docs/a.md"), text.replace("1.4.0-cu128", "1.5.0"));
        // A release that is stated by hand is no other.
        room.gen_("bump 1.6.0+cu128").ends(0);
        let stated = room.read("matrix.toml").replace("1.6.0+cu128", "1.7.0");
        room.write("matrix.toml", stated);
        room.gen_("matrix --quiet");
        room.gen_("check")
            .tells(&["an image of `3.12-v1.6.0-cu128` is named"]);
        room.gen_("check --fix");
        assert_eq!(room.read("docs/a.md"), text.replace("1.4.0-cu128", "1.7.0"));
    }
}

#[test]
fn a_large_file_is_no_obstacle() {
    let line = "nothing to see here, but for a colon: and a slash/\n";
    let filler = line.repeat(10_000_000 / line.len() / 2);
    let place = format!("docs/a.md:{} ", filler.lines().count() + 1);
    let text = format!("{filler}acme/base:3.12-v1.2.3\n{filler}acme/base:3.13-v1.2.3");
    let room = library(&text);
    room.gen_("check").ends(0);
    room.gen_("bump minor")
        .ends(0)
        .tells(&[&place, "2 mentions"]);
    assert!(
        room.read("docs/a.md") == text.replace("v1.2.3", "v1.3.0"),
        "other bytes changed"
    );
}

/// Many mentions of one file, in good time though each finding tells its line.
#[test]
fn many_mentions_are_counted_and_not_all_listed() {
    let text = "acme/base:3.12-v1.2.3\n".repeat(20_000);
    let room = library(&text);
    let said = room.gen_("bump minor").ends(0).tells(&[
        "docs/a.md:20 ",
        "and 19980 mentions",
        "20000 mentions, ",
    ]);
    assert!(said.err.lines().count() < 40, "{}", said.err);
    assert_eq!(room.read("docs/a.md"), text.replace("v1.2.3", "v1.3.0"));
}

#[test]
fn a_mention_that_looks_at_nothing_is_told() {
    let room = Room::new(&[(
        "matrix.toml",
        &matrix("1.2.3", "", &mention("\"dcos/**\"", "")),
    )]);
    room.gen_("check").ends(1).tells(&["mention-unmatched"]);
    room.gen_("bump minor")
        .ends(1)
        .tells(&["mention-unmatched"]);
    room.gen_("bump minor --allow-errors").ends(0);
}

/// A pre-release leaves documents at the last final release, however many there are, and the next final moves them.
#[test]
fn a_pre_release_leaves_documents_alone() {
    let places = [
        mention("\"docs/**\"", ""),
        mention("\"tests/**\"", "pre-releases = true"),
    ];
    let room = Room::new(&[("matrix.toml", &matrix("1.2.3", "", &places.concat()))]);
    room.write("docs/a.md", "acme/base:3.12-v1.2.3\n");
    room.write("tests/a.sh", "acme/base:3.12-v1.2.3\n");
    for version in ["1.2.4-rc.1", "1.2.4-rc.2", "1.2.4-rc.3"] {
        room.gen_("bump pre").ends(0).tells(&[version, "1 mention"]);
        assert_eq!(room.read("docs/a.md"), "acme/base:3.12-v1.2.3\n");
        assert_eq!(
            room.read("tests/a.sh"),
            format!("acme/base:3.12-v{version}\n")
        );
        room.gen_("check").ends(0).never_tells(&["mention"]);
    }
    // What is older still goes to the last final one, and what was tried out by hand may stay.
    room.write(
        "docs/a.md",
        "acme/base:3.12-v1.2.2 acme/base:3.13-v1.2.4-rc.3 acme/base:3.13-v1.2.4-rc.1\n",
    );
    room.gen_("check")
        .ends(1)
        .tells(&["mention-stale", "the release is `v1.2.3`"]);
    room.gen_("check --fix").ends(0);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:3.12-v1.2.3 acme/base:3.13-v1.2.4-rc.3 acme/base:3.13-v1.2.3\n"
    );
    room.gen_("bump release").ends(0);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:3.12-v1.2.4 acme/base:3.13-v1.2.4 acme/base:3.13-v1.2.4\n"
    );
    assert!(!room.read("matrix.lock").contains("last-final"));
    room.gen_("check").ends(0);
}

/// A constant that holds a tag, an alias or a reference is held to those that exist, and moves.
#[test]
fn a_place_that_names_an_image_moves() {
    let place = |name: &str, more: &str| {
        format!("[[release.mention]]\nfile = \"a.py\"\nconstant = \"{name}\"\n{more}\n")
    };
    let places = [
        place("TAG", "image = \"base\""),
        place("ALIAS", ""),
        place("IMAGE", ""),
    ];
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &places.concat())),
        (
            "a.py",
            "TAG = ALIAS = 'latest'\nIMAGE = 'acme/base:latest'\n",
        ),
    ]);
    room.write("a.py", "TAG = '3.12-v1.2.3'\nALIAS = f(\"TAG\", 'latest')\nIMAGE = 'docker.io/acme/base:3.13-v1.2.2'\n");
    room.gen_("check")
        .ends(1)
        .tells(&["place-computed", "mention-stale"]);
    room.gen_("bump minor").ends(1).tells(&["place-computed"]);
    room.write("a.py", "TAG = '3.12-v1.2.3'\nALIAS = getenv(\"TAG\", 'latest')\nIMAGE = 'docker.io/acme/base:3.13-v1.2.2'\n");
    room.gen_("bump minor").ends(0).tells(&["2 mentions"]);
    assert_eq!(
        room.read("a.py"),
        "TAG = '3.12-v1.3.0'\nALIAS = getenv(\"TAG\", 'latest')\nIMAGE = 'docker.io/acme/base:3.13-v1.3.0'\n"
    );
    room.gen_("check").ends(0);
    room.write(
        "a.py",
        "TAG = 'newest'\nALIAS = 'newest'\nIMAGE = 'redis:7'\n",
    );
    room.gen_("check").ends(1).tells(&[
        "no image of `docker.io/acme/base` has the tag `newest`",
        "the matrix makes no image `redis:7`",
    ]);
}

/// git tracks what was added by force, whatever `.gitignore` says: `check` looks at it, `--fix` and a bump move it.
#[test]
fn what_git_tracks_moves_though_it_is_ignored() {
    let room = library("acme/base:3.12-v1.2.2\n");
    room.write(".gitignore", "a.md\n");
    git(room.folder(), &["init", "-q"]);
    git(room.folder(), &["add", "-f", "docs/a.md"]);
    room.gen_("matrix").ends(1).tells(&["mention-stale"]);
    room.gen_("check --fix").ends(0);
    assert_eq!(room.read("docs/a.md"), "acme/base:3.12-v1.2.3\n");
    room.gen_("bump minor").ends(0);
    assert_eq!(room.read("docs/a.md"), "acme/base:3.12-v1.3.0\n");
}

#[test]
fn a_release_beside_variables_moves() {
    let texts = [
        "docker pull acme/base:$PY-vOLD\n",
        "docker pull acme/base:${PY}-vOLD acme/base:$$PY-vOLD\n",
        "acme/base:$(PY)-vOLD acme/base:{py}-vOLD acme/base:#{py}-vOLD acme/base:%s-vOLD\n",
        "acme/base:${{ matrix.py }}-vOLD acme/base:{{ .Values.py }}-vOLD acme/base:<python>-vOLD\n",
        "acme/base:{3.12,3.13}-vOLD acme/base:3.$MINOR-vOLD acme/base:%PY%-vOLD\n",
        "acme/base:3.12-vOLD${SUFFIX} \"acme/base:3.12-vOLD\" + suffix\n",
        "\"acme/base:\" + py + \"-vOLD\"\n",
        "PY=3.12\nTAG=vOLD\nacme/base:$PY-$TAG\n",
        "TAG=$PY-vOLD\nacme/base:$TAG\n",
        "V=OLD\nTAG=3.12-v$V\nacme/base:$TAG acme/base:3.13-v${V}\n",
        "env:\n  TAG: vOLD\nimage: acme/base:3.12-${{ env.TAG }}\n",
        "REGISTRY=docker.io\ndocker pull $REGISTRY/acme/base:3.12-vOLD\n",
        "REG = docker.io/acme\nTAG = vOLD\nx:\n\tdocker pull $(REG)/base:3.12-$(TAG)\n",
        "IMG=acme/base\nTAG=3.12-vOLD\ndocker run \"$IMG:$TAG\" ${IMG}:3.13-vOLD\n",
        "IMAGE = \"docker.io/acme/base\"\nx = f\"{IMAGE}:3.12-vOLD\"\n",
        "env:\n  REGISTRY: docker.io\na: ${{ env.REGISTRY }}/acme/base:3.12-vOLD\n",
        "image: ${REGISTRY:-docker.io}/acme/base:3.12-vOLD\n",
        "x = \"acme/base:{}-vOLD\".format(py)\n",
        "TAG=vOLD\ndocker pull acme/base:3.12-\"$TAG\" acme/base:\"$PY\"-\"${TAG}\"\n",
        "# TAG: v0.9.0\nenv:\n  TAG: vOLD\nx: acme/base:3.12-${{ env.TAG }}\n",
        "$Tag = \"vOLD\"\ndocker pull \"acme/base:3.12-$Tag\"\n",
        "  local tag=\"vOLD\"\n  docker pull \"acme/base:3.12-$tag\"\n",
        "set TAG=vOLD\r\ndocker pull acme/base:3.12-%TAG%\r\n",
    ];
    let room = library_of(&texts.map(|text| text.replace("OLD", "1.2.2")));
    assert_eq!(stale(&room).len(), texts.len(), "each is told");
    for (command, release) in [("check --fix", "1.2.3"), ("bump minor", "1.3.0")] {
        room.gen_(command).ends(0);
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(read(&room, number), text.replace("OLD", release));
        }
    }
}

/// Where a variable is read by another image, or is given two values, it is refused, and nothing moves.
#[test]
fn a_variable_that_must_not_move_is_refused() {
    for text in [
        "V=v1.2.3\ndocker pull acme/base:3.12-$V\ndocker pull other/x:$V\n",
        "V=v1.2.3\nT=3.12-$V\ndocker pull acme/base:$T; docker pull python:${V}-slim\n",
        "A=1.2\nB=3\nB=3\ndocker pull acme/base:3.12-v1.2.$B acme/base:3.12-v$A.3\n\
         V=v1.2.3\nV=v1.2.3\ndocker pull acme/base:3.12-$V\n",
        "V=v1.2.3\n[ -n \"$X\" ] && V=v1.2.3\ndocker run acme/base:3.12-$V\n",
        "if [ \"$X\" ]; then V=3.13-v1.2.3; else V=3.12-v1.2.3; fi\ndocker run acme/base:$V\n",
        "V = \"v1.2.3\"\na = f\"acme/base:3.12-{V}\"\nb = f\"redis:{V}\"\n",
        "V = \"v1.2.3\"\na = f\"acme/base:3.12-{V}\"\nb = \"other/tool:\" + V\n",
        "V = \"v1.2.3\"\na = f\"acme/base:3.12-{V}\"\nb = \"other/tool:%s\" % V\n",
    ] {
        let room = library(text);
        room.gen_("check").ends(0);
        room.gen_("bump minor")
            .ends(2)
            .tells(&["bump-refused", "a variable"]);
        assert_eq!(room.read("docs/a.md"), text);
    }
}

/// What a `FROM` reads of an `ARG` that is the whole reference, in pieces, is that reference.
#[test]
fn an_argument_in_pieces_moves_once() {
    let text = |version: &str| {
        format!("ARG PY=3.12\nARG BASE=docker.io/acme/base:${{PY}}-v{version}\nFROM ${{BASE}}\n")
    };
    let hcl = |version: &str| {
        format!(
            "variable \"TAG\" {{\n  default = \"v{version}\"\n}}\ntags = [\"acme/base:3.12-${{TAG}}\"]\n"
        )
    };
    let room = library("");
    room.write("docs/Dockerfile", text("1.2.3"));
    room.write("docs/bake.hcl", hcl("1.2.3"));
    room.gen_("check").ends(0);
    room.gen_("bump minor").ends(0);
    assert_eq!(room.read("docs/Dockerfile"), text("1.3.0"));
    assert_eq!(room.read("docs/bake.hcl"), hcl("1.3.0"));
}

/// Of two values the one of another release is told, whatever the other is; and values that name each other come to an end.
#[test]
fn one_of_several_values_may_be_old() {
    for text in [
        "V=dev\n[ \"$X\" ] && V=3.12-v1.0.0\ndocker run acme/base:$V\n",
        "case $X in\n  gpu) V=$(date) ;;\n  *) V=3.12-v1.0.0 ;;\nesac\ndocker run acme/base:$V\n",
    ] {
        library(text)
            .gen_("check")
            .ends(1)
            .tells(&["mention-stale", "given a value more than once"]);
    }
    let each = |name: &str, other: &str| -> String {
        (0..40).map(|n| format!("{name}=${other}-{n}\n")).collect()
    };
    let pull = "docker run acme/base:$A-$B acme/base:3.12-$A\n".repeat(2000);
    let text = format!("{}{}V=v1.2.3\n{pull}", each("A", "B"), each("B", "A"));
    library(text).gen_("check").ends(0);
    let text = format!(
        "V=v1.2.3\n{}",
        "docker run acme/base:3.12-$V\n".repeat(20_000)
    );
    let room = library(&text);
    room.gen_("bump minor").ends(0);
    assert_eq!(room.read("docs/a.md"), text.replace("1.2.3", "1.3.0"));
}

/// A reference whose tag the file states in a way that is not read is told, unless it is kept.
#[test]
fn a_tag_that_is_not_read_is_told() {
    for text in [
        "for v in v1.2.3 v1.2.2; do docker run acme/base:3.12-$v; done\n",
        "matrix:\n  tag: [v1.2.3]\nx: acme/base:3.12-${{ matrix.tag }}\n",
        "inputs:\n  tag:\n    type: string\n    default: v1.2.3\nx: acme/base:3.12-${{ inputs.tag }}\n",
    ] {
        let room = library(text);
        room.gen_("check")
            .ends(0)
            .tells(&["mention-unchecked", "not read"]);
        let kept = text.replacen("acme/base", "acme/base:3.12-v1.2.3 acme/base", 1);
        let kept: Vec<String> = kept
            .lines()
            .map(|line| match line.contains("acme/base") {
                true => format!("{line} # basematrix: keep"),
                false => line.to_owned(),
            })
            .collect();
        let room = library(kept.join("\n"));
        room.gen_("check")
            .ends(0)
            .never_tells(&["mention-unchecked"]);
    }
    for text in [
        "def f(tag):\n    return f\"acme/base:3.12-{tag}\"\n",
        "acme/base:3.12-<tag> acme/base:$TAG\n",
    ] {
        library(text)
            .gen_("check")
            .ends(0)
            .never_tells(&["mention-unchecked"]);
    }
}

#[test]
fn the_value_of_a_variable_moves_where_it_is_written() {
    let files = |tag: &str, version: &str| {
        [
            (
                "docs/Makefile",
                format!(
                    "TAG ?= {tag}\n\nrun:\n\tdocker run acme/base:3.12-$(TAG)\n\tdocker run acme/base:3.12-${{TAG}}\n"
                ),
            ),
            (
                "docs/run.sh",
                format!("TAG=\"${{1:-{version}}}\"\ndocker run \"acme/base:3.12-v$TAG\"\n"),
            ),
            (
                "docs/a.py",
                format!(
                    "import os\n\n__version__ = \"1.2.3\"\nTAG = os.environ.get(\"TAG\", \"{tag}\")\nBASE = f\"acme/base:3.12-{{TAG}}\"\nOWN = f\"acme/base:3.12-v{{__version__}}\"\n"
                ),
            ),
            (
                "docs/a.ts",
                format!(
                    "const tag = process.env.TAG ?? \"{tag}\";\nexport const base = `acme/base:3.12-${{tag}}`;\n"
                ),
            ),
        ]
    };
    let room = Room::bare(&[(
        "matrix.toml",
        &matrix("1.2.3", "", &mention("\"docs/**\"", "")),
    )]);
    for (path, text) in files("v1.2.3", "1.2.3") {
        room.write(path, text);
    }
    room.gen_("bump minor").ends(0);
    for (path, text) in files("v1.3.0", "1.3.0") {
        assert_eq!(room.read(path), text, "{path}");
    }
}
