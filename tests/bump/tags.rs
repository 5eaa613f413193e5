//! How tags name the release, and what of that is recognised and moved in texts.

use super::room::{Room, matrix, mention};

/// `[release] tag`, the image's `tag`, then pairs of texts before and after a bump from 1.2.3 to 1.3.0.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

const TAGS: &[Case<'_>] = &[
    (
        "v{{ version }}",
        "{{ python }}-{{ release.tag }}",
        &[
            ("acme/base:3.12-v1.2.3", "acme/base:3.12-v1.3.0"),
            ("acme/base:3.12-v0.4.0", "acme/base:3.12-v1.3.0"),
            ("acme/base:3.12-1.2.3", "acme/base:3.12-v1.3.0"),
            ("acme/base:latest", "acme/base:latest"),
        ],
    ),
    (
        "{{ version }}",
        "{{ python }}-{{ release.tag }}",
        &[
            ("acme/base:3.12-1.2.3", "acme/base:3.12-1.3.0"),
            ("acme/base:3.13-v1.2.2", "acme/base:3.13-1.3.0"),
        ],
    ),
    (
        "{{ major }}.{{ minor }}",
        "{{ python }}-{{ release.tag }}",
        &[
            ("acme/base:3.12-1.2", "acme/base:3.12-1.3"),
            ("acme/base:3.12-0.9", "acme/base:3.12-1.3"),
            ("acme/base:3.12-1.2.3", "acme/base:3.12-1.3"),
        ],
    ),
    (
        "r{{ major }}-{{ minor }}",
        "{{ release.tag }}-py{{ python.compact }}",
        &[
            ("acme/base:r1-2-py312", "acme/base:r1-3-py312"),
            ("acme/base:r0-9-py313", "acme/base:r1-3-py313"),
        ],
    ),
    // The release in the midst of what looks like one.
    (
        "{{ version }}",
        "cu11.2.3-py{{ python }}-{{ release.tag }}-x1.2.3",
        &[
            (
                "acme/base:cu11.2.3-py3.12-1.2.3-x1.2.3",
                "acme/base:cu11.2.3-py3.12-1.3.0-x1.2.3",
            ),
            (
                "acme/base:cu11.2.3-py3.13-1.1.0-x1.2.3",
                "acme/base:cu11.2.3-py3.13-1.3.0-x1.2.3",
            ),
        ],
    ),
    (
        "v{{ version }}",
        "{{ python }}-{{ release.version }}",
        &[
            ("acme/base:3.12-1.2.3", "acme/base:3.12-1.3.0"),
            ("acme/base:3.12-1.2.2", "acme/base:3.12-1.3.0"),
        ],
    ),
    (
        "v{{ version }}",
        "{{ python }}-{{ release.version | replace('.', '_') }}",
        &[
            ("acme/base:3.12-1_2_3", "acme/base:3.12-1_3_0"),
            ("acme/base:3.13-0_9_11", "acme/base:3.13-1_3_0"),
        ],
    ),
    (
        "v{{ version }}",
        "{{ python }}-{{ release.major }}.{{ release.minor }}.{{ release.patch }}",
        &[("acme/base:3.12-1.2.3", "acme/base:3.12-1.3.0")],
    ),
];

#[test]
fn any_tag_that_prints_the_release_moves() {
    for (tag, image, texts) in TAGS {
        let text = matrix(
            "1.2.3",
            &format!("tag = \"{tag}\""),
            &mention("\"docs/*\"", ""),
        );
        let text = text.replace("{{ python }}-{{ release.tag }}", image);
        let room = Room::bare(&[("matrix.toml", &text)]);
        for (index, (before, _)) in texts.iter().enumerate() {
            room.write(&format!("docs/{index}.md"), format!("pull {before} now\n"));
        }
        room.gen_("bump minor").ends(0);
        for (index, (_, after)) in texts.iter().enumerate() {
            let found = room.read(&format!("docs/{index}.md"));
            assert_eq!(found, format!("pull {after} now\n"), "{tag} {image}");
        }
        room.gen_("check").ends(0);
        // What `check` knows of old releases does not hang on which was the last.
        for (index, (before, _)) in texts.iter().enumerate() {
            room.write(&format!("docs/{index}.md"), format!("pull {before} now\n"));
        }
        room.gen_("check --fix").ends(0).tells(&["mended "]);
        for (index, (_, after)) in texts.iter().enumerate() {
            let found = room.read(&format!("docs/{index}.md"));
            assert_eq!(found, format!("pull {after} now\n"), "{tag} {image}");
        }
    }
}

/// A value of an axis that is not there is not taken for a release, and never rewritten.
#[test]
fn another_cell_is_no_other_release() {
    let text = matrix(
        "1.2.3",
        "tag = \"{{ version }}\"",
        &mention("\"docs/*\"", ""),
    );
    let text = text.replace(
        "{{ python }}-{{ release.tag }}",
        "cu11.2.3-py{{ python }}-{{ release.tag }}",
    );
    let room = Room::new(&[("matrix.toml", &text)]);
    let doc = "acme/base:cu11.9.9-py3.12-1.2.3\nacme/base:cu11.2.3-py3.11-1.2.3\n";
    room.write("docs/a.md", doc);
    room.gen_("check --fix").ends(1).tells(&[
        "no image of `docker.io/acme/base` has the tag `cu11.9.9-py3.12-1.2.3`",
        "py3.11-1.2.3",
    ]);
    assert_eq!(room.read("docs/a.md"), doc);
}

/// Aliases that print a part of the release move with it.
#[test]
fn aliases_that_name_the_release_move() {
    let text = matrix("1.2.3", "", &mention("\"docs/*\"", ""));
    let text = text.replace(
        "\"latest\"",
        "\"latest\", \"{{ release.major }}\", \"{{ release.major }}.{{ release.minor }}\"",
    );
    let room = Room::new(&[("matrix.toml", &text)]);
    room.write(
        "docs/a.md",
        "acme/base:1 acme/base:1.2 acme/base:1.1 acme/base:latest acme/base:3.13-v1.2.3\n",
    );
    room.gen_("bump minor").ends(0).tells(&["3 mentions"]);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:1 acme/base:1.3 acme/base:1.3 acme/base:latest acme/base:3.13-v1.3.0\n"
    );
    room.gen_("bump major").ends(0).tells(&["4 mentions"]);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:2 acme/base:2.0 acme/base:2.0 acme/base:latest acme/base:3.13-v2.0.0\n"
    );
    room.gen_("check").ends(0);
}

/// A pre-release moves no alias: the old one still stands in the registry, so naming it is right.
#[test]
fn aliases_stay_known_in_a_pre_release() {
    let room = Room::new(&[(
        "matrix.toml",
        &matrix("1.2.3", "", &mention("\"docs/*\"", "pre-releases = true")),
    )]);
    room.write("docs/a.md", "acme/base:latest acme/base:3.13-v1.2.3\n");
    room.gen_("bump pre").ends(0);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:latest acme/base:3.13-v1.2.4-rc.1\n"
    );
    room.gen_("check").ends(0);
    room.gen_("bump release").ends(0);
    assert_eq!(
        room.read("docs/a.md"),
        "acme/base:latest acme/base:3.13-v1.2.4\n"
    );
    room.gen_("check").ends(0);
}

#[test]
fn builds_and_local_versions_stand_in_tags_with_a_hyphen() {
    for (scheme, from, to) in [
        ("semver", "1.2.3+cu.1", "1.3.0+cu.2"),
        ("pep440", "1.2.3+cu.1", "1.3.0+cu.2"),
    ] {
        let room = Room::new(&[(
            "matrix.toml",
            &matrix(
                from,
                &format!("scheme = \"{scheme}\""),
                &mention("\"docs/*\"", ""),
            ),
        )]);
        room.write(
            "docs/a.md",
            "acme/base:3.13-v1.2.3-cu.1 acme/base:3.13-v0.9.0\n",
        );
        room.gen_(&format!("bump {to}")).ends(0);
        assert_eq!(
            room.read("docs/a.md"),
            "acme/base:3.13-v1.3.0-cu.2 acme/base:3.13-v1.3.0-cu.2\n"
        );
        room.gen_("check").ends(0);
    }
}
