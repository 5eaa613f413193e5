//! Outputs and templates stay in their folders.

use super::*;

#[test]
fn no_path_leads_out_of_the_repository() {
    for (place, text) in [
        (
            "dockerfile",
            "[image.base]\nfrom = \"debian:13\"\ntag = \"1\"\ndockerfile = \"PATH\"",
        ),
        (
            "context",
            "[image.base]\nfrom = \"debian:13\"\ntag = \"1\"\ndockerfile = \"D\"\ncontext = \"PATH\"",
        ),
        (
            "ci",
            "[image.base]\nfrom = \"debian:13\"\ntag = \"1\"\n[ci.gitlab]\nfile = \"PATH\"",
        ),
        (
            "template",
            "[image.base]\nfrom = \"debian:13\"\ntag = \"1\"\ntemplate = \"PATH\"",
        ),
    ] {
        for path in [
            "../evil",
            "/etc/evil",
            "a/../../evil",
            "..",
            "generated/../../evil",
            "a\\\\..\\\\evil",
        ] {
            let text = format!(
                "[registry.hub]\nprefix = \"docker.io/acme\"\n{}\n",
                text.replace("PATH", path)
            );
            let tree = Tree::new(&text);
            tree.write("D", "FROM debian:13\n");
            tree.gen_(&["matrix"]).ends(2);
            assert_eq!(
                tree.files().len(),
                2,
                "{place} {path}: something was written"
            );
        }
    }
}

/// An output that is another one's folder, gen's own files, and what git would run.
#[test]
fn no_output_stands_in_the_way_of_another() {
    for path in [
        "generated",
        "generated/docker",
        "generated/docker/base",
        "generated/docker/base/Dockerfile",
        "generated/plan.json",
        "generated/plan.json/x.yml",
        "generated/ci",
        "generated/.outputs",
        "generated/.outputs/x.yml",
        "generated/.gitattributes",
        "generated/.tmp",
        "generated/.tmp/x.yml",
        "matrix.toml",
        "matrix.toml/x.yml",
        ".git/hooks/pre-commit",
        ".GIT/hooks/pre-commit",
        "vendored/.git/hooks/pre-commit",
        ".git/hooks/pre-commit.yml",
        ".GIT/hooks/pre-commit.yml",
        "vendored/.git/hooks/pre-commit.yml",
    ] {
        // What its reader would not take by its ending is refused for that.
        let code = if path.ends_with(".yml") {
            "unsafe-value"
        } else {
            "invalid-option"
        };
        let tree = Tree::new(&format!("{ONE}[ci.gitlab]\nfile = \"{path}\"\n"));
        tree.gen_(&["matrix", "--take-over"])
            .ends(2)
            .tells(&[code, path]);
        assert_eq!(tree.files().len(), 1, "{path}: something was written");
    }
    // A matrix file may have any name, that of an output too.
    let tree = Tree::new("");
    tree.write(
        "other.yml",
        format!("{ONE}[ci.gitlab]\nfile = \"other.yml\"\n"),
    );
    let said = tree.gen_(&["--config", "other.yml", "matrix", "--take-over"]);
    said.ends(2).tells(&["unsafe-value", "other.yml"]);
}

#[test]
fn templates_read_only_the_template_folders() {
    let secret = tempfile::tempdir().expect("a folder");
    fs::write(secret.path().join("key"), "hunter2\n").expect("a file");
    let absolute = secret.path().join("key");
    let absolute = absolute.to_str().expect("a path");
    for named in [
        absolute,
        "../matrix.toml",
        "/etc/hostname",
        "docker/../../matrix.toml",
    ] {
        for tag in ["include", "extends", "import"] {
            let tail = if tag == "import" { " as x" } else { "" };
            let tree = Tree::new(&format!("{ONE}template = \"docker/Mine\"\n"));
            tree.write(
                "templates/docker/Mine",
                format!("{{% {tag} \"{named}\"{tail} %}}\n"),
            );
            let said = tree.gen_(&["matrix"]).ends(2);
            assert!(!said.stderr.contains("hunter2"), "{named}");
            assert!(!tree.at("generated").exists());
        }
    }
}

#[test]
fn nothing_beside_the_outputs_is_written() {
    let tree = Tree::written(&everything());
    let strange: Vec<String> = tree
        .files()
        .into_keys()
        .filter(|path| {
            !(path.starts_with("generated/")
                || path == "matrix.toml"
                || path.starts_with(".gitlab/base-images")
                || path.starts_with(".github/workflows/base-images")
                || path.starts_with("cloudbuild"))
        })
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    let listed = tree.read("generated/.outputs");
    for path in outputs(&tree)
        .keys()
        .filter(|path| *path != "generated/.outputs")
    {
        assert!(
            listed.lines().any(|line| line == path),
            "{path} is not listed"
        );
    }
}
