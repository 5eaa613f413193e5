//! Each provider's hard limits are respected or reported, with the axis to split.

use super::*;

/// One image that needs `count` others.
fn needing(count: usize, provider: &str) -> String {
    let mut text = String::from("[registry.hub]\nprefix = \"docker.io/acme\"\n");
    for part in 0..count {
        let _ = writeln!(
            text,
            "[image.part{part}]\ntag = \"1\"\nfrom = \"debian:{part}\""
        );
    }
    let needs: Vec<String> = (0..count).map(|part| format!("\"part{part}\"")).collect();
    let _ = writeln!(
        text,
        "[image.whole]\ntag = \"1\"\nfrom = \"debian:13\"\nneeds = [{}]\n[ci.{provider}]",
        needs.join(", ")
    );
    text
}

#[test]
fn gitlab_takes_fifty_needs() {
    Tree::new(&needing(50, "gitlab")).gen_(&["matrix"]).ends(0);
    Tree::new(&needing(51, "gitlab"))
        .gen_(&["matrix"])
        .ends(1)
        .tells(&["provider-limit", "needs_per_job", "51"]);
}

/// The limit of Cloud Build's steps is met by submitting several builds.
#[test]
fn cloud_build_gets_more_builds_instead() {
    let images = |count: usize| {
        let mut text = String::from("[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\n");
        let values: Vec<String> = (0..count).map(|v| format!("\"{v}\"")).collect();
        let _ = writeln!(
            text,
            "number = [{}]\n[image.base]\ntag = \"{{{{ number }}}}\"\nfrom = \"debian:{{{{ number }}}}\"\n[ci.cloud-build]",
            values.join(", ")
        );
        Tree::written(&text)
    };
    let steps = |tree: &Tree| -> Vec<usize> {
        let files = tree.files().into_keys();
        files
            .filter(|path| path.contains("cloudbuild") && path.ends_with(".yaml"))
            .map(|path| tree.read(&path).matches("\n  - id: ").count())
            .collect()
    };
    // Besides prepare, probe and tags; the pull request's build has four steps.
    assert_eq!(steps(&images(297)), [4, 300]);
    let split = steps(&images(298));
    assert!(split.len() > 3, "{split:?}");
    assert!(split.iter().all(|steps| *steps <= 300), "{split:?}");
    assert!(split.iter().sum::<usize>() > 298, "{split:?}");
}

#[test]
fn gitlab_takes_names_of_255_characters() {
    let named = |length: usize| {
        // `build `, the image, `/`, the value, a space and the platform.
        let value = "v".repeat(length - "build i/ linux/amd64".len());
        Tree::new(&format!(
            "[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\nkind = [\"{value}\"]\n\
             [image.i]\ntag = \"1\"\nfrom = \"debian:13\"\nenv = {{ K = \"{{{{ kind }}}}\" }}\n[ci.gitlab]\n"
        ))
    };
    named(255).gen_(&["matrix"]).ends(0);
    named(256)
        .gen_(&["matrix"])
        .ends(1)
        .tells(&["provider-limit", "job_name_chars"]);
}

/// The limit of GitHub's matrices is met by cutting the work, not by a finding.
#[test]
fn github_gets_more_jobs_instead() {
    let text = matrix(10, 0..12, "curl").replace(
        "[ci.gitlab]",
        "[ci.github]\nrunner = { amd64 = \"ubuntu-24.04\", arm64 = \"ubuntu-24.04-arm\" }",
    );
    let tree = Tree::new(&text);
    tree.gen_(&["matrix"]).ends(0);
    let workflow = tree.read(".github/workflows/base-images.yml");
    assert!(
        workflow.contains("build-1-1:"),
        "the second layer has more than 256 legs"
    );
}
