//! Several matrices in one repository: each is looked at, and none touches what another's is.

use std::collections::BTreeSet;
use std::fs;

use super::tree::{Tree, files, same};

/// A matrix with every kind of output, of an image of that name.
fn all(image: &str, more: &str) -> String {
    format!(
        "{more}\n[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\npython = [\"3.12\", \"3.13\"]\n[image.{image}]\n\
         tag = \"{{{{ python }}}}\"\nfrom = \"python:{{{{ python }}}}-slim-trixie\"\n[ci.github]\n[ci.gitlab]\n\
         [ci.cloud-build]\n[output.bake]\n[output.catalog]\n"
    )
}

/// A small one.
fn one(image: &str, more: &str) -> String {
    format!("[image.{image}]\ntag = \"1\"\nfrom = \"debian:13\"\n{more}")
}

const LISTING: &str = "matrices = [\"docker/builder.toml\", \"services/*/matrix.toml\"]\n";

/// Three of them, with all that they write.
fn family() -> Tree {
    let tree = Tree::new(&all("base", LISTING));
    tree.write("docker/builder.toml", all("builder", ""));
    tree.write("services/api/matrix.toml", all("api", ""));
    // Nobody lists this one, deep as it is.
    tree.write("tests/case/matrix.toml", all("case", ""));
    tree.gen_(&["matrix"])
        .ends(0)
        .tells(&["60 outputs for 6 specs: 60 written"]);
    tree
}

#[test]
fn all_that_are_listed_are_looked_at_in_one_run_and_nothing_else() {
    let tree = family();
    tree.gen_(&["check"])
        .ends(0)
        .tells(&["no findings; 0 of 60 outputs differ"]);
    assert!(!tree.at("tests/case/generated").exists());
    assert!(!tree.at("generated/tests-case").exists());
    // A fault in one is told with those of the others; where no plan can be built of one, nothing is written.
    tree.write(
        "docker/builder.toml",
        all("builder", "").replace("3.13", "3.14"),
    );
    tree.write("services/api/matrix.toml", all("api", "[unknown]\n"));
    let before = tree.files();
    tree.gen_(&["matrix"])
        .ends(2)
        .tells(&["unknown-key", "services/api/matrix.toml"]);
    same(&before, &tree.files());
    tree.write(
        "services/api/matrix.toml",
        all("api", "").replace("3.13", "3.14"),
    );
    tree.gen_(&["check"]).ends(1).tells(&[
        "cloudbuild-docker-builder.yaml",
        "cloudbuild-services-api.yaml",
        "18 of 62 outputs differ",
    ]);
}

#[test]
fn one_that_is_listed_yields_the_same_alone() {
    let tree = family();
    let all = tree.files();
    for arguments in [
        &["matrix", "--config", "matrix.toml"][..],
        &["matrix", "--config", "docker/builder.toml"],
        &["matrix", "-C", "docker", "--config", "builder.toml"],
        &["matrix", "-C", "services/api"],
        &["matrix", "-C", "services/api", "--config", "matrix.toml"],
    ] {
        tree.gen_(arguments)
            .ends(0)
            .tells(&["20 outputs for 2 specs are up to date"]);
        same(&all, &tree.files());
    }
    // Written alone from nothing, too.
    let fresh = Tree::new(&all_text(&tree, "matrix.toml"));
    for path in [
        "docker/builder.toml",
        "services/api/matrix.toml",
        "tests/case/matrix.toml",
    ] {
        fresh.write(path, all_text(&tree, path));
    }
    for config in [
        "services/api/matrix.toml",
        "docker/builder.toml",
        "matrix.toml",
    ] {
        fresh.gen_(&["matrix", "--config", config]).ends(0);
    }
    same(&all, &fresh.files());
}

fn all_text(tree: &Tree, path: &str) -> String {
    tree.read(path)
}

#[test]
fn files_and_names_of_two_do_not_meet() {
    let tree = family();
    let list = |folder: &str| -> BTreeSet<String> {
        let text = tree.read(&format!("{folder}/.outputs"));
        text.lines().skip(1).map(str::to_owned).collect()
    };
    let lists = [
        "generated",
        "generated/docker-builder",
        "generated/services-api",
    ]
    .map(list);
    for (index, list) in lists.iter().enumerate() {
        assert_eq!(list.len(), 19);
        for other in &lists[index + 1..] {
            assert!(list.is_disjoint(other));
        }
    }
    // What one is told from others by, wherever a provider keeps one namespace.
    let line = |path: &str, key: &str| {
        let text = tree.read(path);
        let line = text.lines().find(|line| line.trim_start().starts_with(key));
        line.unwrap_or_else(|| panic!("no `{key}` in {path}"))
            .to_owned()
    };
    for (path, keys) in [
        (
            ".github/workflows/base-images.yml",
            &["name:", "group:", "PUBLISH:"][..],
        ),
        (
            ".github/workflows/base-images-pull-request.yml",
            &["name:", "group:"],
        ),
        (
            ".gitlab/base-images.gitlab-ci.yml",
            &["resource_group:", "- local:", "- sh "],
        ),
        ("cloudbuild.yaml", &["sh generated", "tags:"]),
        ("generated/ci/publish.sh", &["MARKER_OF=", "PLAN="]),
        ("generated/ci/pull-request.sh", &["PLAN=", "[ -n \"${BAKE"]),
        ("generated/ci/gitlab.sh", &["PLAN=", "jobs_file="]),
    ] {
        let own = path.replace("base-images", "base-images-docker-builder");
        let own = own.replace("cloudbuild", "cloudbuild-docker-builder");
        let own = own.replace("generated/", "generated/docker-builder/");
        assert!(
            tree.read(&own)
                .contains("Generated by gen matrix from docker/builder.toml. ")
        );
        for key in keys {
            let (one, other) = (line(path, key), line(&own, key));
            assert_ne!(one, other, "{path}");
            assert!(other.contains("docker-builder"), "{other}");
        }
        let written = tree.read(&own);
        for shared in [
            "generated/ci",
            "generated/plan.json",
            "generated/docker-bake.json",
        ] {
            assert!(!written.contains(shared), "{own} names {shared}");
        }
    }
}

#[test]
fn an_output_of_one_is_not_touched_by_another() {
    let tree = family();
    let github = "[ci.github]\nfile = \".github/workflows/base-images.yml\"\n";
    let text = all("builder", "").replace("[ci.github]\n", github);
    tree.write("docker/builder.toml", text);
    let before = tree.read(".github/workflows/base-images.yml");
    for arguments in [
        &["matrix"][..],
        &["matrix", "--take-over"],
        &["matrix", "--config", "docker/builder.toml"],
        &["check"],
    ] {
        tree.gen_(arguments).ends(1).tells(&[
            "error[another-matrix]: `.github/workflows/base-images-pull-request.yml` is an output of `matrix.toml`",
            "`docker/builder.toml` would write there too, and to 1 more such",
        ]);
        assert_eq!(tree.read(".github/workflows/base-images.yml"), before);
    }
    // What it wrote there before stays, and stays its own, until that is decided.
    let old = ".github/workflows/base-images-docker-builder.yml";
    assert!(tree.at(old).exists());
    assert!(tree.read("generated/docker-builder/.outputs").contains(old));
    tree.write(
        "docker/builder.toml",
        all("builder", "").replace("[ci.github]\n", ""),
    );
    tree.gen_(&["matrix"]).ends(0);
    assert!(!tree.at(old).exists());
    assert_eq!(tree.read(".github/workflows/base-images.yml"), before);
}

#[test]
fn two_that_want_one_path_are_told_before_either_has_it() {
    let shared = "[output.bake]\nfile = \"docker-bake.json\"\n";
    let tree = Tree::new(&format!("matrices = [\"b.toml\"]\n{}", one("a", shared)));
    tree.write(
        "b.toml",
        one("b", &shared.replace("docker-bake", "Docker-Bake")),
    );
    tree.gen_(&["check"])
        .ends(1)
        .tells(&["another-matrix", "`matrix.toml`"]);
    tree.gen_(&["matrix"]).ends(1).tells(&["another-matrix"]);
    assert!(tree.read("docker-bake.json").contains("matrix.toml"));
    assert!(!tree.at("Docker-Bake.json").exists());
    // Nor does its list say that it has it.
    assert!(!tree.read("generated/b/.outputs").contains("Bake"));
}

#[test]
fn what_is_listed_no_more_is_named_and_what_is_gone_is_removed() {
    let tree = family();
    tree.write(
        "matrix.toml",
        all("base", "matrices = [\"services/*/matrix.toml\"]\n"),
    );
    for arguments in [["check"], ["matrix"]] {
        tree.gen_(&arguments).ends(1).tells(&[
            "unlisted-matrix",
            "matrices = [\"services/*/matrix.toml\", \"docker/builder.toml\"]",
        ]);
    }
    assert!(tree.at("generated/docker-builder/plan.json").exists());
    fs::remove_file(tree.at("docker/builder.toml")).expect("gone");
    tree.gen_(&["check"]).ends(1).tells(&[
        "20 outputs are no longer rendered",
        "`.github/workflows/base-images-docker-builder.yml`",
    ]);
    tree.gen_(&["matrix"]).ends(0).tells(&["20 removed"]);
    assert!(!tree.at("generated/docker-builder").exists());
    assert!(
        !tree
            .files()
            .keys()
            .any(|path| path.contains("docker-builder"))
    );
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn a_matrix_that_was_renamed_takes_its_outputs_along() {
    let tree = family();
    // One output has a place of its own, which does not change.
    let bake = "[output.bake]\nfile = \"docker/docker-bake.json\"\n";
    let text = all("builder", "").replace("[output.bake]\n", bake);
    tree.write("docker/builder.toml", &text);
    tree.gen_(&["matrix"]).ends(0);
    fs::remove_file(tree.at("docker/builder.toml")).expect("gone");
    tree.write("docker/images.toml", &text);
    tree.write(
        "matrix.toml",
        all("base", &LISTING.replace("builder", "images")),
    );
    tree.gen_(&["matrix"])
        .ends(0)
        .tells(&["19 written, 1 updated, 19 removed"]);
    assert!(
        tree.read("docker/docker-bake.json")
            .contains("docker/images.toml")
    );
    assert!(!tree.at("generated/docker-builder").exists());
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn what_lost_its_line_in_a_merge_is_an_orphan_still() {
    let tree = family();
    for folder in ["generated", "generated/docker-builder"] {
        let list = format!("{folder}/.outputs");
        let text = tree.read(&list);
        let kept: Vec<&str> = text.lines().filter(|line| !line.contains("3.12")).collect();
        tree.write(&list, format!("{}\n", kept.join("\n")));
    }
    let less = |text: String| text.replace("\"3.12\", ", "");
    tree.write("matrix.toml", less(all("base", LISTING)));
    tree.write("docker/builder.toml", less(all("builder", "")));
    let orphans = [
        "2 outputs are no longer rendered",
        "generated/docker/base/3.12/Dockerfile",
        "generated/docker-builder/docker/builder/3.12/Dockerfile",
    ];
    tree.gen_(&["check"]).ends(1).tells(&orphans);
    // One alone speaks of its own.
    let said = tree
        .gen_(&["check", "--config", "docker/builder.toml"])
        .ends(1);
    assert!(!said.stderr.contains(orphans[1]) && said.stderr.contains(orphans[2]));
    tree.gen_(&["matrix"]).ends(0).tells(&["2 removed"]);
}

#[test]
fn one_that_nobody_lists_is_refused_where_another_has_its_outputs() {
    let tree = Tree::written(&one("base", ""));
    tree.write("images.toml", one("other", ""));
    let before = tree.files();
    for verb in ["check", "matrix"] {
        tree.gen_(&[verb, "--config", "images.toml"])
            .ends(1)
            .tells(&[
                "error[another-matrix]: `generated/` holds the outputs of `matrix.toml`",
                "list it in `matrix.toml`: `matrices = [\"images.toml\"]`",
            ]);
        same(&before, &tree.files());
    }
    // Once it is listed, each has a folder.
    tree.write(
        "matrix.toml",
        one("base", "").replacen("[image", "matrices = [\"images.toml\"]\n[image", 1),
    );
    tree.gen_(&["matrix"]).ends(0);
    tree.gen_(&["check"]).ends(0);
    assert!(tree.at("generated/images/plan.json").exists());
}

#[test]
fn outputs_that_stood_in_the_others_folder_move() {
    let tree = Tree::new(&one("base", ""));
    tree.write("images.toml", one("other", ""));
    tree.gen_(&["matrix", "--config", "images.toml"]).ends(0);
    tree.gen_(&["matrix"])
        .ends(1)
        .tells(&["another-matrix", "matrices = [\"images.toml\"]"]);
    tree.write(
        "matrix.toml",
        one("base", "").replacen("[image", "matrices = [\"images.toml\"]\n[image", 1),
    );
    tree.gen_(&["matrix"]).ends(0);
    assert!(!tree.at("generated/docker/other").exists());
    assert!(tree.read("generated/.outputs").contains("from matrix.toml"));
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn one_in_a_folder_of_its_own_that_nobody_lists_is_a_repository_of_its_own() {
    let tree = Tree::written(&one("base", ""));
    tree.write("sub/matrix.toml", one("other", ""));
    let before = files(tree.path());
    tree.gen_(&["matrix", "-C", "sub"]).ends(0);
    assert!(tree.at("sub/generated/plan.json").exists());
    tree.gen_(&["check"]).ends(0);
    tree.gen_(&["check", "-C", "sub"]).ends(0);
    for (path, bytes) in before {
        assert_eq!(
            fs::read(tree.at(&path)).expect("still there"),
            bytes,
            "{path}"
        );
    }
}

#[test]
fn a_lister_that_cannot_be_read_leaves_open_where_outputs_go() {
    let tree = Tree::new(&format!(
        "matrices = [\"sub/matrix.toml\"\n{}",
        one("base", "")
    ));
    tree.write("sub/matrix.toml", one("other", ""));
    tree.write(
        "matrix.toml",
        format!(
            "<<<<<<< HEAD\nmatrices = [\n=======\n>>>>>>> b\n{}",
            one("base", "")
        ),
    );
    tree.gen_(&["matrix", "-C", "sub"])
        .ends(2)
        .tells(&["may list", "is no TOML"]);
    assert!(!tree.at("sub/generated").exists());
}

#[test]
fn the_lock_and_the_step_of_one_are_not_anothers() {
    let release = "[release]\nversion = \"1.0.0\"\n";
    let tree = Tree::new(&one("base", &format!("{release}[set]\n")).replacen(
        "[image",
        "matrices = [\"b/matrix.toml\"]\n[image",
        1,
    ));
    // A context that holds the lock, the list and the outputs of both.
    tree.write("Dockerfile", "FROM debian:13\nCOPY . /\n");
    let own = "[image.other]\ntag = \"{{ release.tag }}\"\ndockerfile = \"Dockerfile\"\ncontext = \".\"\n";
    tree.write("b/matrix.toml", format!("{release}{own}"));
    tree.write(".dockerignore", "**/matrix.toml\n");
    tree.gen_(&["matrix"]).ends(0);
    let plan = tree.read("generated/b/plan.json");
    tree.gen_(&["bump", "patch"]).ends(0);
    assert!(tree.at("matrix.lock").exists() && !tree.at("b/matrix.lock").exists());
    tree.gen_(&["bump", "--config", "b/matrix.toml", "--amend"])
        .ends(0);
    assert!(tree.at("b/matrix.lock").exists());
    assert_eq!(tree.read("generated/b/plan.json"), plan);
    tree.gen_(&["check"]).ends(0).tells(&["0 of"]);
}

#[test]
fn a_moved_output_stays_where_its_new_place_is_refused() {
    let bake = |path: &str| one("base", &format!("[output.bake]\nfile = \"{path}\"\n"));
    let tree = Tree::written(&bake("a/docker-bake.json"));
    let before = tree.read("a/docker-bake.json");
    tree.write("b/docker-bake.json", "mine\n");
    tree.write("matrix.toml", bake("b/docker-bake.json"));
    for _ in 0..2 {
        tree.gen_(&["matrix"]).ends(1).tells(&[
            "not-ours",
            "it stays while `b/docker-bake.json`, which may be what replaces it, is refused",
        ]);
        assert_eq!(tree.read("a/docker-bake.json"), before);
        assert_eq!(tree.read("b/docker-bake.json"), "mine\n");
    }
    tree.gen_(&["matrix", "--take-over"]).ends(0);
    assert!(!tree.at("a/docker-bake.json").exists());
    // What it cannot be that is replaced goes.
    let tree = Tree::written(&format!("{}{}", one("base", ""), one("gone", "")));
    tree.write("docker-bake.json", "mine\n");
    tree.write("matrix.toml", bake("docker-bake.json"));
    tree.gen_(&["matrix"])
        .ends(1)
        .tells(&["not-ours", "1 removed"]);
    assert!(!tree.at("generated/docker/gone").exists());
}

#[test]
fn a_build_config_that_ends_in_json_is_json() {
    let ci = |path: &str| {
        let registry = "[registry.hub]\nprefix = \"docker.io/acme\"\n";
        one(
            "base",
            &format!("{registry}[ci.cloud-build]\nfile = \"{path}\"\n"),
        )
    };
    let tree = Tree::written(&ci("cloudbuild.json"));
    for path in ["cloudbuild.json", "cloudbuild-pull-request.json"] {
        let read: serde_json::Value = serde_json::from_str(&tree.read(path)).expect("JSON");
        assert!(
            read["steps"]
                .as_array()
                .is_some_and(|steps| steps.len() > 2)
        );
        assert!(
            read["options"]["env"][0]
                .as_str()
                .is_some_and(|env| env.contains("from matrix.toml"))
        );
    }
    tree.gen_(&["check"]).ends(0);
    // Both say the same.
    let json: serde_json::Value =
        serde_json::from_str(&tree.read("cloudbuild.json")).expect("JSON");
    tree.write("matrix.toml", ci("cloudbuild.yaml"));
    tree.gen_(&["matrix"])
        .ends(0)
        .tells(&["2 written", "2 removed"]);
    let yaml: serde_json::Value =
        yaml_serde::from_str(&tree.read("cloudbuild.yaml")).expect("YAML");
    assert_eq!(
        json["steps"].as_array().map(Vec::len),
        yaml["steps"].as_array().map(Vec::len)
    );
    assert_eq!(json["timeout"], yaml["timeout"]);
    assert_eq!(json["availableSecrets"], yaml["availableSecrets"]);
    let strip = |text: &str| {
        text.replace("cloudbuild.json", "")
            .replace("cloudbuild.yaml", "")
    };
    assert_eq!(
        strip(&json["steps"].to_string()),
        strip(&yaml["steps"].to_string())
    );
}
