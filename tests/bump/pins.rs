//! Relations, templates and several places in one file.

use super::room::{Room, key, matrix, mention, pin};

/// Relation, what the place states before, where the release goes, what it states after.
const RELATIONS: &[(&str, &str, &str, &str)] = &[
    ("exact", "0.9.0", "0.10.0", "0.10.0"),
    ("exact", "0.8.1", "0.10.0", "0.10.0"),
    ("exact", "0.11.0", "0.10.0", "0.10.0"),
    ("exact", "0.10.0rc1", "0.10.0", "0.10.0"),
    ("exact", "0.9", "0.10.0", "0.10.0"),
    ("same-release", "0.9.0", "0.10.0", "0.10.0"),
    ("same-release", "0.10.0rc1", "0.10.0", "0.10.0rc1"),
    ("same-release", "0.10.0.dev3", "0.10.0", "0.10.0.dev3"),
    ("same-release", "0.11.0rc1", "0.10.0", "0.10.0"),
    ("same-release", "0.10", "0.10.0", "0.10"),
    ("not-older", "0.9.0", "0.10.0", "0.10.0"),
    ("not-older", "0.10.0", "0.10.0", "0.10.0"),
    ("not-older", "0.10.0rc1", "0.10.0", "0.10.0"),
    ("not-older", "0.10.1rc1", "0.10.0", "0.10.1rc1"),
    ("not-older", "1.0", "0.10.0", "1.0"),
    ("not-older", "1.0.0.post4", "0.10.0", "1.0.0.post4"),
    ("same-or-later", "0.9.0", "0.10.0", "0.10.0"),
    ("same-or-later", "0.9.9rc1", "0.10.0", "0.10.0"),
    ("same-or-later", "0.10.0", "0.10.0", "0.10.0"),
    ("same-or-later", "0.10.0rc1", "0.10.0", "0.10.0rc1"),
    ("same-or-later", "0.10.0.dev3", "0.10.0", "0.10.0.dev3"),
    ("same-or-later", "0.10.1rc1", "0.10.0", "0.10.1rc1"),
    ("same-or-later", "1.0", "0.10.0", "1.0"),
];

#[test]
fn a_relation_says_what_moves_and_what_stays() {
    for (relation, stated, to, after) in RELATIONS {
        let more = format!("states = \"{{{{ version }}}}\"\nrelation = \"{relation}\"");
        let room = Room::bare(&[
            (
                "matrix.toml",
                &matrix(
                    "0.9.0",
                    "",
                    &key("pyproject.toml", "project.version", &more),
                ),
            ),
            (
                "pyproject.toml",
                &format!("[project]\nname = 'acme'\nversion = '{stated}'\n"),
            ),
        ]);
        let said = room.gen_(&format!("bump {to}")).ends(0);
        let text = room.read("pyproject.toml");
        let wanted = format!("[project]\nname = 'acme'\nversion = '{after}'\n");
        assert_eq!(text, wanted, "{relation} {stated}");
        let line = if stated == after && stated != to {
            format!("pyproject.toml:3  `project.version`  {stated} stays")
        } else if stated == after {
            "moved to 0.10.0: 0 pins".to_owned()
        } else {
            format!("pyproject.toml:3  `project.version`  {stated} → {to}")
        };
        said.tells(&[&line]);
        room.gen_("bump --check").ends(0);
    }
}

#[test]
fn states_prints_any_part_of_the_release() {
    for (states, before, after) in [
        ("{{ tag }}", "v1.2.3", "v1.3.0"),
        ("{{ version }}", "1.2.3", "1.3.0"),
        (
            "acme-{{ version }}-final",
            "acme-1.2.3-final",
            "acme-1.3.0-final",
        ),
        ("{{ major }}.{{ minor }}", "1.2", "1.3"),
        ("{{ major }}", "1", "1"),
        (
            "release/{{ major }}.{{ minor }}.x",
            "release/1.2.x",
            "release/1.3.x",
        ),
        (
            ">={{ version }},<{{ major + 1 }}",
            ">=1.2.3,<2",
            ">=1.3.0,<2",
        ),
    ] {
        let room = Room::new(&[
            (
                "matrix.toml",
                &matrix(
                    "1.2.3",
                    "",
                    &pin("acme.py", "PIN", &format!("states = \"{states}\"")),
                ),
            ),
            ("acme.py", &format!("PIN = \"{before}\"\n")),
        ]);
        room.gen_("bump minor").ends(0);
        assert_eq!(
            room.read("acme.py"),
            format!("PIN = \"{after}\"\n"),
            "{states}"
        );
    }
}

/// Language, file, name, text before, text after a bump from 1.2.3 to 1.10.0.
const LANGUAGES: &[(&str, &str, &str, &str)] = &[
    (
        "a.py",
        "TAG",
        "TAG: Final[str] = \"v1.2.3\"\n",
        "TAG: Final[str] = \"v1.10.0\"\n",
    ),
    (
        "a.py",
        "TAG",
        "TAG = (\n    'v1.2.3'  # why\n)\n",
        "TAG = (\n    'v1.10.0'  # why\n)\n",
    ),
    (
        "a.py",
        "Images.TAG",
        "class Images:\n    TAG = r'v1.2.3'\n",
        "class Images:\n    TAG = r'v1.10.0'\n",
    ),
    (
        "a.rs",
        "TAG",
        "pub const TAG: &str = \"v1.2.3\";\n",
        "pub const TAG: &str = \"v1.10.0\";\n",
    ),
    (
        "a.rs",
        "TAG",
        "static TAG: &'static str = r#\"v1.2.3\"#;",
        "static TAG: &'static str = r#\"v1.10.0\"#;",
    ),
    (
        "a.go",
        "Tag",
        "package a\n\nconst Tag = \"v1.2.3\"\n",
        "package a\n\nconst Tag = \"v1.10.0\"\n",
    ),
    (
        "a.go",
        "Tag",
        "package a\nvar (\n\tX = 1\n\tTag = `v1.2.3`\n)\n",
        "package a\nvar (\n\tX = 1\n\tTag = `v1.10.0`\n)\n",
    ),
    (
        "a.ts",
        "TAG",
        "export const TAG = 'v1.2.3' as const;\n",
        "export const TAG = 'v1.10.0' as const;\n",
    ),
    (
        "a.js",
        "TAG",
        "const TAG = `v1.2.3`\n",
        "const TAG = `v1.10.0`\n",
    ),
    (
        "a.sh",
        "TAG",
        "#!/bin/sh\nreadonly TAG=v1.2.3\n",
        "#!/bin/sh\nreadonly TAG=v1.10.0\n",
    ),
    (".env", "TAG", "A=1\nTAG=v1.2.3\n", "A=1\nTAG=v1.10.0\n"),
    (
        "Makefile",
        "TAG",
        "TAG ?= v1.2.3\nall:\n\techo $(TAG)\n",
        "TAG ?= v1.10.0\nall:\n\techo $(TAG)\n",
    ),
    (
        "Dockerfile",
        "TAG",
        "ARG TAG=v1.2.3\nFROM a:$TAG\n",
        "ARG TAG=v1.10.0\nFROM a:$TAG\n",
    ),
];

const KEYS: &[(&str, &str, &str, &str)] = &[
    (
        "a.toml",
        "x.tag",
        "[x]\ntag   = 'v1.2.3' # ours\n",
        "[x]\ntag   = 'v1.10.0' # ours\n",
    ),
    (
        "a.json",
        "x.tag",
        "{ \"x\": {\"tag\":\"v1.2.3\"}  }",
        "{ \"x\": {\"tag\":\"v1.10.0\"}  }",
    ),
    (
        "a.yaml",
        "x.tag",
        "x:\n    tag: v1.2.3   # ours\n",
        "x:\n    tag: v1.10.0   # ours\n",
    ),
    (
        "a.yml",
        "x.tag",
        "x: {tag: \"v1.2.3\", y: 1}\n",
        "x: {tag: \"v1.10.0\", y: 1}\n",
    ),
];

#[test]
fn each_language_moves_and_keeps_every_other_byte() {
    let constants = LANGUAGES.iter().map(|row| (row, pin(row.0, row.1, "")));
    let keys = KEYS.iter().map(|row| (row, key(row.0, row.1, "")));
    for ((file, name, before, after), place) in constants.chain(keys) {
        let room = Room::new(&[
            ("matrix.toml", &matrix("1.2.3", "", &place)),
            (file, before),
        ]);
        room.gen_("bump 1.10.0")
            .ends(0)
            .tells(&[&format!("`{name}`"), "v1.2.3 → v1.10.0"]);
        assert_eq!(room.read(file), *after);
        room.gen_("check").ends(0);
        room.gen_("bump 1.2.3 --backwards").ends(0);
        assert_eq!(room.read(file), *before);
    }
}

#[test]
fn a_pattern_moves_exactly_as_often_as_it_counts() {
    let place = "[[release.pin]]\nfile = 'README.md'\nsearch = 'acme@(v\\S+)'\ncount = 2\n";
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", place)),
        ("README.md", "use acme@v1.2.3 or acme@v1.2.2\n"),
    ]);
    room.write("README.md", "use acme@v1.2.3 or\nacme@v1.2.2 x\n");
    room.gen_("bump minor")
        .ends(0)
        .tells(&["README.md:1", "README.md:2", "2 pins"]);
    assert_eq!(
        room.read("README.md"),
        "use acme@v1.3.0 or\nacme@v1.3.0 x\n"
    );
    let before = room.tree();
    room.write("README.md", "acme@v1.3.0\n");
    room.gen_("bump minor")
        .ends(1)
        .tells(&["place-ambiguous", "matches once, not 2"]);
    room.write("README.md", "use acme@v1.3.0 or\nacme@v1.3.0 x\n");
    super::room::same(&room.tree(), &before);
}

#[test]
fn pins_and_mentions_of_one_file_move_together() {
    let places = pin("a.py", "TAG", "")
        + &pin("a.py", "VERSION", "states = \"{{ version }}\"")
        + &pin("a.py", "Old.TAG", "relation = \"not-older\"")
        + &mention("\"*.py\"", "pre-releases = true")
        + &mention("\"**/*.py\", \"docs/*.md\"", "pre-releases = true")
        + &mention("\"docs/**\"", "pre-releases = true");
    let text = "TAG = 'v1.2.3'  # acme/base:3.12-v1.2.3\nVERSION = '1.2.3'\n\n\nclass Old:\n    TAG = 'v9.0.0'\n\n\nIMAGE = \"docker.io/acme/base:3.13-v1.2.3\"\n";
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("a.py", text),
        ("docs/a.md", "acme/base:3.13-v1.2.3 acme/base:3.13-v1.2.3"),
    ]);
    room.gen_("bump 2.0.0-rc.1").ends(0).tells(&[
        "2 pins, 4 mentions,",
        "`Old.TAG`",
        "v9.0.0 stays",
    ]);
    assert_eq!(room.read("a.py"), text.replace("1.2.3", "2.0.0-rc.1"));
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:3.13-v2.0.0-rc.1 acme/base:3.13-v2.0.0-rc.1"
    );
    room.gen_("check").ends(0);
}

#[test]
fn a_place_pinned_twice_moves_once() {
    let places = pin("a.py", "TAG", "").repeat(2);
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("a.py", "TAG = 'v1.2.3'\n"),
    ]);
    room.gen_("bump minor").ends(0).tells(&["1 pin,"]);
    assert_eq!(room.read("a.py"), "TAG = 'v1.3.0'\n");
}

#[test]
fn a_place_that_should_state_two_things_is_refused() {
    let places = pin("a.py", "TAG", "") + &pin("a.py", "TAG", "states = \"{{ version }}\"");
    let room = Room::bare(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("a.py", "TAG = 'v1.2.3'\n"),
    ]);
    let before = room.tree();
    room.gen_("bump minor").ends(2).tells(&[
        "`TAG` would state `1.3.0`, and not `v1.3.0`",
        "another pin or mention writes there too",
        "keep one of them",
    ]);
    super::room::same(&room.tree(), &before);
}

#[test]
fn lock_files_of_package_managers_are_told_with_their_command() {
    let places = key(
        "Cargo.toml",
        "package.version",
        "states = \"{{ version }}\"",
    );
    let cargo = |v: &str| format!("[package]\nname = \"acme\"\nversion = \"{v}\"\n");
    let lock = "version = 4\n\n[[package]]\nname = \"acme\"\nversion = \"1.2.3\"\n";
    let room = Room::new(&[
        ("matrix.toml", &matrix("1.2.3", "", &places)),
        ("Cargo.toml", &cargo("1.2.3")),
        ("Cargo.lock", lock),
    ]);
    room.gen_("bump --check").ends(0);
    room.gen_("bump minor").ends(0).tells(&[
        "lockfile-stale",
        "run `cargo update --workspace --offline`",
        "moved to 1.3.0",
    ]);
    assert_eq!(room.read("Cargo.toml"), cargo("1.3.0"));
    assert_eq!(room.read("Cargo.lock"), lock);
    room.gen_("bump --check").ends(1).tells(&["lockfile-stale"]);
}

/// `states`, what stands there, and the `states` that would fit.
const NO_VERSION: &[(&str, &str, Option<&str>)] = &[
    ("{{ tag }}", "acme/app:v1.2.3", Some("acme/app:{{ tag }}")),
    (
        "{{ tag }}",
        "acme/app:1.2.3_slim",
        Some("acme/app:{{ version }}_slim"),
    ),
    ("{{ tag }}", "1.2.3", Some("{{ version }}")),
    ("{{ tag }}", "vv1.2.3", Some("v{{ tag }}")),
    ("{{ tag }}", "v1", Some("v{{ major }}")),
    ("{{ tag }}", "é v1.2.3 é", Some("é {{ tag }} é")),
    ("{{ version }}", "v1.2.3", Some("{{ tag }}")),
    ("{{ version }}", "3", Some("{{ major }}")),
    ("{{ version }}", "==1.2.3", Some("=={{ version }}")),
    ("{{ major }}.{{ minor }}", "1.2.3", Some("{{ version }}")),
    (
        "acme {{ version }} of {{ major }}",
        "acme 1.2.3 of 2",
        Some("acme {{ version }} of 2"),
    ),
    // The name of a variant is none of a version's.
    ("{{ tag }}", "v1.2.3-gpu", Some("{{ tag }}-gpu")),
    (
        "acme/app:{{ tag }}",
        "acme/app:v1.2.3-cu126",
        Some("acme/app:{{ tag }}-cu126"),
    ),
    (
        "{{ version }}",
        "1.2.0-20260101",
        Some("{{ version }}-20260101"),
    ),
    ("{{ tag }}", "2026-01-01", None),
    ("{{ tag }}", "acme-runtime", None),
    ("{{ tag }}", "acme-runtime2", None),
    ("{{ tag }}", "latest", None),
    ("{{ tag }}", "", None),
    ("{{ tag }}", "v1.2.3 or {{ x }}", None),
];

/// A sentinel, an image's name, a version written otherwise: the bump would destroy what stands there.
#[test]
fn what_states_no_version_as_it_should_is_never_overwritten() {
    for (states, text, fits) in NO_VERSION {
        let room = Room::bare(&[
            (
                "matrix.toml",
                &matrix(
                    "1.2.3",
                    "",
                    &pin("a.py", "X", &format!("states = \"{states}\"")),
                ),
            ),
            ("a.py", &format!("X = \"{text}\"\n")),
        ]);
        room.gen_("matrix").tells(&["pin-mismatch"]);
        let before = room.tree();
        for line in ["bump minor", "bump --amend", "bump 1.3.0 --dry-run"] {
            let said = room.gen_(line).ends(2);
            let headline = format!("`X` says `{text}`, which would be overwritten with ");
            let said = said.tells(&["error[bump-refused]", &headline, "nothing was moved"]);
            match fits {
                Some(fits) => said.tells(&[&format!("states = \"{fits}\"`\n")]),
                None => said
                    .never_tells(&["states = "])
                    .tells(&["point the pin to the place"]),
            };
            super::room::same(&room.tree(), &before);
        }
        let told = room.gen_("check").ends(1);
        let told = told.tells(&["error[pin-mismatch]", "no version is stated so, and"]);
        if let Some(fits) = fits {
            told.tells(&[&format!("states = \"{fits}\"`\n")]);
            // And it does fit.
            let matrix = room.read("matrix.toml");
            let old = format!("states = \"{states}\"");
            assert!(matrix.contains(&old));
            room.write(
                "matrix.toml",
                matrix.replace(&old, &format!("states = \"{fits}\"")),
            );
            room.gen_("bump major").ends(0);
            assert_ne!(room.read("a.py"), format!("X = \"{text}\"\n"), "{text}");
        }
    }
}

/// What reads so with some version moves, however far off that is, and in which spelling.
#[test]
fn what_states_another_version_moves() {
    for (states, text, after) in [
        ("{{ tag }}", "v0.0.1", "v1.3.0"),
        ("{{ tag }}", "v99.1.0", "v1.3.0"),
        ("{{ tag }}", "v1.3.0rc1", "v1.3.0"),
        ("{{ tag }}", "v1.2.0-SNAPSHOT", "v1.3.0"),
        ("{{ tag }}", "v1.2.0-dev", "v1.3.0"),
        ("{{ tag }}", "v1.2.0-RC1", "v1.3.0"),
        ("{{ tag }}", "v1.2.3.post1", "v1.3.0"),
        ("{{ tag }}", "v1.2.3-cu.12", "v1.3.0"),
        ("{{ version }}", "1.2.3+cu.12", "1.3.0"),
        ("{{ version | replace('.', '_') }}", "1_0_11", "1_3_0"),
        ("r{{ major }}-{{ minor }}", "r0-9", "r1-3"),
        (
            "{{ series }}.x of {{ parts[0] }}",
            "0.9.x of 0",
            "1.3.x of 1",
        ),
        (
            ">={{ version }},<{{ major + 1 }}",
            ">=0.9.0,<1",
            ">=1.3.0,<2",
        ),
    ] {
        let room = Room::bare(&[
            (
                "matrix.toml",
                &matrix(
                    "1.2.3",
                    "",
                    &pin("a.py", "X", &format!("states = \"{states}\"")),
                ),
            ),
            ("a.py", &format!("X = \"{text}\"\n")),
        ]);
        room.gen_("bump 1.3.0").ends(0);
        assert_eq!(room.read("a.py"), format!("X = \"{after}\"\n"), "{text}");
    }
}

/// What lies in a repository of its own is that one's: no commit of this one could hold it.
#[test]
fn a_repository_within_is_left_alone() {
    let room = Room::bare(&[
        (
            "matrix.toml",
            &matrix(
                "1.2.3",
                "",
                "[[release.mention]]\nfiles = [\"**/*.md\"]\n\n[[release.pin]]\nfile = \"third/a.py\"\nconstant = \"TAG\"\n",
            ),
        ),
        ("third/a.py", "TAG = \"v1.2.3\"\n"),
        ("third/.git", "gitdir: ../.git/modules/third\n"),
        ("third/R.md", "acme/base:3.12-v1.0.0\n"),
        ("R.md", "acme/base:3.12-v1.2.3\n"),
    ]);
    room.gen_("check").never_tells(&["mention-stale"]);
    room.gen_("bump minor")
        .ends(2)
        .tells(&["bump-refused", "`third/a.py` is of another repository"]);
    assert_eq!(room.read("third/a.py"), "TAG = \"v1.2.3\"\n");
}
