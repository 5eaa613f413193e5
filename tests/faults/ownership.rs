//! What is gen's and what is not: nothing of anybody else's is written, followed or removed.

use std::fs;
use std::os::unix::fs::symlink;

use super::tree::{DOCKERFILE, ONE, Tree, leftovers, matrix, same};

const LIST: &str = "generated/.outputs";

#[test]
fn a_hand_made_file_in_the_way_is_refused_until_it_is_taken_over() {
    let tree = Tree::new(ONE);
    tree.write(DOCKERFILE, "FROM mine\n");
    // The second run must not take it for its own because the first one listed it.
    for _ in 0..2 {
        tree.gen_(&["matrix"])
            .ends(1)
            .tells(&["not-ours", "--take-over"]);
        assert_eq!(tree.read(DOCKERFILE), "FROM mine\n");
        tree.gen_(&["check"]).ends(1).tells(&["not-ours"]);
    }
    assert!(!tree.read(LIST).contains(DOCKERFILE));
    tree.gen_(&["matrix", "--take-over"]).ends(0);
    assert!(tree.read(DOCKERFILE).contains("FROM debian:13"));
    tree.gen_(&["check"]).ends(0);
    assert!(tree.read(LIST).contains(DOCKERFILE));
}

#[test]
fn a_folder_in_the_way_is_left_alone() {
    let tree = Tree::new(ONE);
    tree.write(&format!("{DOCKERFILE}/inside"), "mine\n");
    for arguments in [&["matrix"][..], &["matrix", "--take-over"], &["check"]] {
        tree.gen_(arguments)
            .ends(1)
            .tells(&["not-ours", DOCKERFILE]);
    }
    assert_eq!(tree.read(&format!("{DOCKERFILE}/inside")), "mine\n");
}

#[test]
fn a_file_where_a_folder_belongs_stops_the_run_and_is_kept() {
    let tree = Tree::new(ONE);
    tree.write("generated/docker", "mine\n");
    tree.gen_(&["check"]).ends(1);
    tree.gen_(&["matrix"])
        .ends(2)
        .tells(&["cannot", "generated/docker"]);
    assert_eq!(tree.read("generated/docker"), "mine\n");
    assert_eq!(leftovers(tree.path()), [] as [String; 0]);
}

#[test]
fn a_linked_folder_is_not_followed() {
    let outside = tempfile::tempdir().expect("a folder");
    for folder in ["generated", "generated/docker", "generated/docker/base"] {
        let tree = Tree::new(&format!("{ONE}[ci.gitlab]\n"));
        let above = tree.at(folder);
        fs::create_dir_all(above.parent().expect("a folder")).expect("folders");
        symlink(outside.path(), above).expect("a link");
        tree.gen_(&["check"]).ends(1).tells(&["symlink-output"]);
        let said = tree.gen_(&["matrix"]).tells(&["symlink-output"]);
        assert_ne!(said.code, Some(0), "{folder}");
        tree.gen_(&["matrix", "--take-over"]);
        let there = fs::read_dir(outside.path()).expect("a folder").count();
        assert_eq!(there, 0, "{folder}: something was written outside");
    }
}

#[test]
fn a_linked_file_is_not_followed() {
    for path in [DOCKERFILE, "generated/plan.json", LIST] {
        let outside = tempfile::tempdir().expect("a folder");
        let target = outside.path().join("precious");
        fs::write(&target, "precious\n").expect("a file");
        let tree = Tree::new(ONE);
        fs::create_dir_all(tree.at(path).parent().expect("a folder")).expect("folders");
        symlink(&target, tree.at(path)).expect("a link");
        tree.gen_(&["check"])
            .ends(1)
            .tells(&["symlink-output", path]);
        tree.gen_(&["matrix"])
            .ends(1)
            .tells(&["symlink-output", path]);
        tree.gen_(&["matrix", "--take-over"]).ends(1);
        assert_eq!(
            fs::read_to_string(&target).expect("still there"),
            "precious\n"
        );
        assert!(tree.at(path).is_symlink(), "{path} was replaced");
    }
}

#[test]
fn a_linked_temporary_folder_is_not_used() {
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("precious"), "precious\n").expect("a file");
    let tree = Tree::new(ONE);
    fs::create_dir_all(tree.at("generated")).expect("a folder");
    symlink(outside.path(), tree.at("generated/.tmp")).expect("a link");
    tree.gen_(&["matrix"]).ends(2).tells(&["symbolic link"]);
    assert!(outside.path().join("precious").exists());
}

/// A link into the repository would let one output overwrite another.
#[test]
fn a_link_within_the_repository_is_not_followed_either() {
    let tree = Tree::new(ONE);
    tree.write("src/main.rs", "fn main() {}\n");
    fs::create_dir_all(tree.at("generated/docker")).expect("a folder");
    symlink("../../src", tree.at("generated/docker/base")).expect("a link");
    tree.gen_(&["matrix", "--take-over"])
        .ends(1)
        .tells(&["symlink-output"]);
    assert_eq!(
        tree.files()
            .keys()
            .filter(|p| p.starts_with("src/"))
            .count(),
        1
    );
}

#[test]
fn a_lost_list_is_made_again_and_headers_decide_what_is_an_orphan() {
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    tree.write("generated/docker/notes.md", "mine\n");
    fs::remove_file(tree.at(LIST)).expect("gone");
    tree.gen_(&["check"])
        .ends(1)
        .tells(&["missing-output", LIST]);
    tree.write("matrix.toml", matrix(2, 0..2, "curl"));
    tree.gen_(&["check"]).ends(1).tells(&["orphan-output"]);
    tree.gen_(&["matrix"]).ends(0);
    assert!(!tree.at("generated/docker/gpu-base/10.2.1").exists());
    assert_eq!(tree.read("generated/docker/notes.md"), "mine\n");
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn a_conflicted_list_is_no_list() {
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    tree.write("generated/docker/notes.md", "mine\n");
    let list = tree.read(LIST);
    let conflicted = format!(
        "<<<<<<< HEAD\n{list}=======\ngenerated/docker/notes.md\nsrc/main.rs\n>>>>>>> theirs\n"
    );
    tree.write(LIST, conflicted);
    tree.write("src/main.rs", "fn main() {}\n");
    tree.gen_(&["check"]).ends(1).tells(&["stale-output", LIST]);
    tree.write("matrix.toml", matrix(2, 0..2, "curl"));
    tree.gen_(&["matrix"]).ends(0);
    assert!(!tree.at("generated/docker/gpu-base/10.2.1").exists());
    assert_eq!(tree.read("generated/docker/notes.md"), "mine\n");
    assert_eq!(tree.read("src/main.rs"), "fn main() {}\n");
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn a_list_that_names_what_is_not_ours_removes_nothing() {
    let outside = tempfile::tempdir().expect("a folder");
    let evil = outside.path().join("evil");
    fs::write(&evil, "evil\n").expect("a file");
    let tree = Tree::written(ONE);
    tree.write("src/main.rs", "fn main() {}\n");
    symlink(outside.path(), tree.at("generated/way")).expect("a link");
    let up = format!(
        "../{}/evil",
        outside
            .path()
            .file_name()
            .expect("a name")
            .to_string_lossy()
    );
    let lines = [
        up.as_str(),
        evil.to_str().expect("a path"),
        "generated/../src/main.rs",
        "generated/way/evil",
        "generated/docker",
        "generated",
        ".git/config",
        "src/main.rs",
        "matrix.toml",
        "src",
        "",
        ".",
        "..",
        "generated/\u{0}",
    ];
    tree.write(".git/config", "[core]\n");
    let before = tree.files();
    tree.write(LIST, format!("{}{}\n", tree.read(LIST), lines.join("\n")));
    tree.gen_(&["check"]).ends(1).tells(&["stale-output", LIST]);
    tree.gen_(&["matrix"]).ends(0);
    same(&tree.files(), &before);
    assert_eq!(fs::read_to_string(&evil).expect("still there"), "evil\n");
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn an_edited_orphan_is_told_before_it_goes() {
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    let path = "generated/docker/gpu-base/10.2.1/Dockerfile";
    tree.write(path, format!("{}RUN mine\n", tree.read(path)));
    tree.write("matrix.toml", matrix(2, 0..2, "curl"));
    tree.gen_(&["check"])
        .ends(1)
        .tells(&["orphan-output", path]);
    tree.gen_(&["matrix", "--dry-run"])
        .ends(0)
        .tells(&["would remove", path]);
    assert!(tree.at(path).exists());
    tree.gen_(&["matrix"]).ends(0);
    assert!(!tree.at(path).exists());
    assert!(
        !tree.at("generated/docker/gpu-base/10.2.1").exists(),
        "the empty folder stays"
    );
}

/// Without the list and without the header nothing says that it is gen's.
#[test]
fn an_orphan_without_its_header_stays_when_the_list_is_lost() {
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    let path = "generated/docker/gpu-base/10.2.1/Dockerfile";
    tree.write(path, "FROM mine\n");
    fs::remove_file(tree.at(LIST)).expect("gone");
    tree.write("matrix.toml", matrix(2, 0..2, "curl"));
    tree.gen_(&["matrix"]).ends(0);
    assert_eq!(tree.read(path), "FROM mine\n");
}

#[test]
fn a_neighbour_in_the_folder_of_an_orphan_stays() {
    let tree = Tree::written(&matrix(2, 0..3, "curl"));
    tree.write("generated/docker/gpu-base/10.2.1/notes.md", "mine\n");
    tree.write("matrix.toml", matrix(2, 0..2, "curl"));
    tree.gen_(&["matrix"]).ends(0);
    assert_eq!(
        tree.read("generated/docker/gpu-base/10.2.1/notes.md"),
        "mine\n"
    );
}

#[test]
fn an_output_that_is_no_text_is_stale() {
    let tree = Tree::written(ONE);
    for path in [DOCKERFILE, LIST, "generated/plan.json"] {
        tree.write(path, b"\xff\xfe\x00");
        tree.gen_(&["check"]).ends(1).tells(&["stale-output", path]);
        tree.gen_(&["matrix"]).ends(0);
        tree.gen_(&["check"]).ends(0);
    }
}
