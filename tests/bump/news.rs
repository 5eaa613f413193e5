//! What a bump says of new content is what would be built.

use super::room::{Room, matrix};

/// Images of a Dockerfile that says nothing of the image.
fn library() -> Room {
    let text = matrix("1.2.3", "", "").replace(
        "from = \"python:{{ python }}-slim-trixie\"",
        "dockerfile = \"D\"\nargs = { PYTHON = \"{{ python }}\" }",
    );
    let dockerfile = "ARG PYTHON\nFROM python:${PYTHON}-slim-trixie\n";
    Room::new(&[
        ("matrix.toml", &text),
        ("D", dockerfile),
        (".dockerignore", "*\n"),
    ])
}

fn edit(room: &Room, old: &str, new: &str) {
    let text = room.read("matrix.toml");
    assert!(text.contains(old), "{text}");
    room.write("matrix.toml", text.replace(old, new));
}

#[test]
fn an_image_of_another_name_in_the_matrix_is_not_new() {
    let room = library();
    edit(&room, "[image.base]", "[image.other]\nname = \"base\"");
    edit(&room, "image = \"base\"", "image = \"other\"");
    room.gen_("bump minor")
        .ends(0)
        .tells(&["no image has new content, so nothing is built"]);
}

#[test]
fn equal_contents_of_one_repository_are_one_build() {
    let room = library();
    let twice = "\n[image.twin]\naxes = [\"python\"]\nname = \"base\"\ntag = \"twin-{{ python }}-{{ release.tag }}\"\ndockerfile = \"D\"\nepoch = 1\nargs = { PYTHON = \"{{ python }}\" }\n";
    edit(&room, "[image.base]", "[image.base]\nepoch = 1");
    room.write("matrix.toml", room.read("matrix.toml") + twice);
    room.gen_("bump minor")
        .ends(0)
        .tells(&["4 of 4 images have new content, in 2 builds"]);
}

#[test]
fn to_amend_twice_says_the_same() {
    let room = library();
    edit(&room, "[image.base]", "[image.base]\nepoch = 1");
    room.gen_("bump minor")
        .ends(0)
        .tells(&["2 of 2 images have new content"]);
    // Whether they are published is not known here: they are what the release before did not have.
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["1.3.0 is recorded everywhere; 2 of its 2 images are new in it"]);
    room.gen_("bump minor").ends(0).tells(&["nothing is built"]);
    room.gen_("bump --amend")
        .ends(0)
        .tells(&["nothing is built"]);
}
