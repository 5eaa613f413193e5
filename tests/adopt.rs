//! A bot moves actions in the generated workflow: nothing of it is lost, and `gen matrix --adopt` makes it the matrix's.

use crate::support;

use std::fs;
use std::path::Path;

use support::{project, run, stderr, stdout};
use tempfile::TempDir;

const WORKFLOW: &str = ".github/workflows/base-images.yml";
const PULL_REQUEST: &str = ".github/workflows/base-images-pull-request.yml";
const DOCKERFILE: &str = "generated/docker/base/Dockerfile";
const MATRIX: &str = r#"# the images
[registry.ghcr]
prefix = "ghcr.io/acme"

[image.base]
tag = "1"
from = "debian:13-slim"

[ci.github] # where it runs
timeout-minutes = 60

# nothing else
[ci.gitlab]
"#;
const CHECKOUT: &str = "actions/checkout";
const BUILDX: &str = "docker/setup-buildx-action";
const NEW: &str = "0123456789abcdef0123456789abcdef01234567";

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A repository as committed: this matrix and its outputs.
fn committed(matrix: &str) -> TempDir {
    let root = project(&[("matrix.toml", matrix)]);
    ends(root.path(), &["matrix"], 0);
    root
}

#[track_caller]
fn ends(root: &Path, args: &[&str], code: i32) -> String {
    let output = run(root, args);
    let said = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(code), "gen {args:?}\n{said}");
    said
}

/// What a bot does to every line of an action in the publishing workflow: other commit, other version.
fn bot(root: &Path, action: &str, pin: &str) {
    bot_in(root, WORKFLOW, action, pin);
}

fn bot_in(root: &Path, workflow: &str, action: &str, pin: &str) {
    let path = root.join(workflow);
    let text = fs::read_to_string(&path).expect("the workflow");
    let mut edited = 0;
    let lines =
        text.split_inclusive('\n')
            .map(|line| match line.split_once(&format!("\"{action}@")) {
                Some((before, _)) => {
                    edited += 1;
                    let (sha, version) = pin.split_once(' ').expect("a commit and a version");
                    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                    format!("{before}\"{action}@{sha}\" # {version}{end}")
                }
                None => line.to_owned(),
            });
    let text: String = lines.collect();
    assert!(edited > 0, "no `{action}` in the workflow");
    fs::write(path, text).expect("the workflow");
}

fn newer(version: &str) -> String {
    format!("{NEW} {version}")
}

/// The files of a folder but its matrix, as one text.
fn outputs(root: &Path) -> String {
    let listed = read(root, "generated/.outputs");
    let paths = listed.lines().filter(|line| !line.starts_with('#'));
    paths
        .map(|path| format!("== {path}\n{}", read(root, path)))
        .collect()
}

#[test]
fn an_adopted_edit_is_the_matrixs_and_all_is_consistent() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v9.1.0"));
    bot(root, BUILDX, &newer("v5.0.0"));
    let edited = read(root, WORKFLOW);
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert_eq!(said.matches("action-edited").count(), 2, "{said}");
    assert!(!said.contains("stale-output"), "{said}");

    let said = ends(root, &["matrix", "--adopt"], 0);
    assert!(
        said.contains("adopted actions/checkout v7.0.1 → v9.1.0"),
        "{said}"
    );
    let matrix = read(root, "matrix.toml");
    let added = format!(
        "\n[ci.github.actions]\n\"{CHECKOUT}\" = {{ sha = \"{NEW}\", version = \"v9.1.0\" }}\n\
         \"{BUILDX}\" = {{ sha = \"{NEW}\", version = \"v5.0.0\" }}\n"
    );
    assert_eq!(matrix.replace(&added, ""), MATRIX, "every other byte stays");
    assert_eq!(
        read(root, WORKFLOW),
        edited,
        "the bot's lines are the rendered ones"
    );
    ends(root, &["check"], 0);
    let said = ends(root, &["matrix", "--adopt"], 0);
    assert!(
        said.contains("are up to date") && !said.contains("adopted"),
        "{said}"
    );
    assert_eq!(read(root, "matrix.toml"), matrix);
}

#[test]
fn an_entry_that_is_there_is_changed_in_place() {
    let old = "1".repeat(40);
    let entry = |sha: &str, version: &str| {
        format!(
            "{MATRIX}\n[ci.github.actions.\"{CHECKOUT}\"]\nversion = \"{version}\" # held back\nsha = \"{sha}\"\n"
        )
    };
    let root = committed(&entry(&old, "v6.0.0"));
    bot(root.path(), CHECKOUT, &newer("v6.1.0"));
    ends(root.path(), &["matrix", "--adopt"], 0);
    assert_eq!(read(root.path(), "matrix.toml"), entry(NEW, "v6.1.0"));
    ends(root.path(), &["check"], 0);
}

#[test]
fn without_adopt_the_file_is_refused_and_everything_else_is_written() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let edited = read(root, WORKFLOW);
    fs::write(
        root.join("matrix.toml"),
        MATRIX.replace("13-slim", "12-slim"),
    )
    .expect("the matrix");
    let said = ends(root, &["matrix"], 1);
    assert!(
        said.contains("action-edited") && said.contains("1 refused"),
        "{said}"
    );
    assert_eq!(read(root, WORKFLOW), edited);
    assert!(read(root, DOCKERFILE).contains("debian:12-slim"));
    // A second try is no different, and the way out is.
    ends(root, &["matrix"], 1);
    assert_eq!(read(root, WORKFLOW), edited);
    ends(root, &["matrix", "--take-over"], 0);
    assert!(!read(root, WORKFLOW).contains(NEW));
    ends(root, &["check"], 0);
}

/// The matrix moved on as well: the pins are the bot's, all else the matrix's.
#[test]
fn an_edit_is_adopted_into_a_matrix_that_changed_meanwhile() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let changed = MATRIX.replace("= 60", "= 90").replace("13-slim", "12-slim");
    fs::write(root.join("matrix.toml"), &changed).expect("the matrix");
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert!(
        said.contains("action-edited") && said.contains(&format!("{WORKFLOW}:")),
        "{said}"
    );
    // The workflow has edits to decide on first; the others are mended alike.
    assert_eq!(said.matches("stale-output").count(), 2, "{said}");
    ends(root, &["matrix", "--adopt"], 0);
    ends(root, &["check"], 0);
    let workflow = read(root, WORKFLOW);
    assert!(workflow.contains(NEW) && workflow.contains("timeout-minutes: 90"));
    assert!(read(root, "matrix.toml").contains("12-slim"));
}

/// A pin that is older than the matrix's is merely stale: the matrix, or the shipped table, moved on.
#[test]
fn an_older_pin_is_stale_and_no_edit() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v7.0.0"));
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert!(
        said.contains("stale-output") && !said.contains("action-edited"),
        "{said}"
    );
    ends(root, &["matrix"], 0);
    assert!(!read(root, WORKFLOW).contains(NEW));
}

/// Same version, other commit; same commit, other version: nobody knows which is right, so nothing is overwritten.
#[test]
fn a_commit_or_a_version_alone_is_an_edit() {
    let shipped = "3d3c42e5aac5ba805825da76410c181273ba90b1";
    for pin in [newer("v7.0.1"), format!("{shipped} v7.0.2"), newer("v7")] {
        let root = committed(MATRIX);
        bot(root.path(), CHECKOUT, &pin);
        let expected = if pin.ends_with(" v7") {
            "stale-output"
        } else {
            "action-edited"
        };
        let said = ends(root.path(), &["check", "--format", "concise"], 1);
        assert!(said.contains(expected), "{pin}: {said}");
    }
}

/// A pull request that moves the action in the matrix and in the workflow alike needs no `gen`.
#[test]
fn a_bot_that_moves_both_leaves_nothing_to_do() {
    let pin = |sha: &str, version: &str| {
        format!(
            "{MATRIX}\n[ci.github.actions]\n\"{CHECKOUT}\" = {{ sha = \"{sha}\", version = \"{version}\" }}\n"
        )
    };
    let root = committed(&pin(&"1".repeat(40), "v8.0.0"));
    for workflow in [WORKFLOW, PULL_REQUEST] {
        bot_in(root.path(), workflow, CHECKOUT, &newer("v8.1.0"));
    }
    fs::write(root.path().join("matrix.toml"), pin(NEW, "v8.1.0")).expect("the matrix");
    ends(root.path(), &["check"], 0);
}

#[test]
fn an_action_that_is_moved_in_several_workflows_is_adopted_once() {
    let root = committed(MATRIX);
    let root = root.path();
    for workflow in [WORKFLOW, PULL_REQUEST] {
        bot_in(root, workflow, CHECKOUT, &newer("v9.1.0"));
    }
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert_eq!(said.matches("action-edited").count(), 2, "{said}");
    let said = ends(root, &["matrix", "--adopt"], 0);
    assert_eq!(
        said.matches("adopted actions/checkout").count(),
        1,
        "{said}"
    );
    ends(root, &["check"], 0);
}

#[test]
fn what_only_the_workflow_of_pull_requests_says_is_adopted_too() {
    let root = committed(MATRIX);
    let root = root.path();
    bot_in(root, PULL_REQUEST, BUILDX, &newer("v9.1.0"));
    ends(root, &["matrix", "--adopt"], 0);
    assert!(read(root, WORKFLOW).contains(&format!("{BUILDX}@{NEW}\" # v9.1.0")));
    ends(root, &["check"], 0);
}

#[test]
fn where_workflows_disagree_nothing_newer_is_lost() {
    let root = committed(MATRIX);
    let root = root.path();
    // The first by path is followed first.
    bot_in(root, PULL_REQUEST, CHECKOUT, &newer("v9.1.0"));
    bot(root, CHECKOUT, &format!("{} v10.0.0", "2".repeat(40)));
    run(root, &["matrix", "--adopt"]);
    assert!(read(root, "matrix.toml").contains("v9.1.0"));
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert_eq!(said.matches("action-edited").count(), 1, "{said}");
    ends(root, &["matrix", "--adopt"], 0);
    assert!(read(root, "matrix.toml").contains("v10.0.0"));
    ends(root, &["check"], 0);
}

#[test]
fn a_checkout_with_crlf_keeps_its_line_ends() {
    let root = committed(MATRIX);
    let root = root.path();
    for path in ["matrix.toml", WORKFLOW] {
        let text = read(root, path).replace('\n', "\r\n");
        fs::write(root.join(path), text).expect("a file");
    }
    ends(root, &["check"], 0);
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert!(
        said.contains("action-edited") && !said.contains("stale-output"),
        "{said}"
    );
    ends(root, &["matrix", "--adopt"], 0);
    ends(root, &["check"], 0);
    let matrix = read(root, "matrix.toml");
    assert!(matrix.contains(NEW));
    assert_eq!(
        matrix.matches('\n').count(),
        matrix.matches("\r\n").count(),
        "{matrix:?}"
    );
}

#[test]
fn what_would_be_adopted_is_shown_and_not_done() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let before = outputs(root);
    let said = ends(root, &["matrix", "--adopt", "--diff"], 0);
    for line in [
        "+++ b/matrix.toml",
        "+[ci.github.actions]",
        "would adopt actions/checkout v7.0.1 → v9.1.0",
    ] {
        assert!(said.contains(line), "no `{line}` in\n{said}");
    }
    ends(root, &["matrix", "--adopt", "--dry-run"], 0);
    assert_eq!(read(root, "matrix.toml"), MATRIX);
    assert_eq!(outputs(root), before);
}

/// What cannot be adopted whole is not adopted at all: the file could not be regenerated without a loss.
#[test]
fn one_edit_that_does_not_fit_holds_back_the_others() {
    let root = committed(MATRIX);
    let root = root.path();
    bot(root, CHECKOUT, &newer("v9.1.0"));
    bot(root, BUILDX, "v5 v5.0.0");
    let before = outputs(root);
    ends(root, &["matrix", "--adopt"], 1);
    assert_eq!(read(root, "matrix.toml"), MATRIX);
    assert_eq!(outputs(root), before);
}

/// A build context that holds the matrix file: what is built depends on the pins, and the outputs follow in the same run.
#[test]
fn content_that_depends_on_the_matrix_file_follows() {
    let matrix = format!(
        "{MATRIX}\n[image.own]\ntag = \"own-1\"\ndockerfile = \"Dockerfile\"\ncontext = \".\"\n"
    );
    let root = project(&[
        ("matrix.toml", matrix.as_str()),
        ("Dockerfile", "FROM debian:13-slim\nCOPY . /src\n"),
        (".dockerignore", ".github\n"),
    ]);
    let root = root.path();
    run(root, &["matrix"]);
    let plan = read(root, "generated/plan.json");
    bot(root, CHECKOUT, &newer("v9.1.0"));
    run(root, &["matrix", "--adopt"]);
    assert_ne!(read(root, "generated/plan.json"), plan);
    let said = stderr(&run(root, &["check", "--format", "concise"]));
    assert!(said.contains("0 of "), "{said}");
}

#[cfg(unix)]
#[test]
fn the_matrix_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let root = committed(MATRIX);
    let file = root.path().join("matrix.toml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).expect("a mode");
    bot(root.path(), CHECKOUT, &newer("v9.1.0"));
    ends(root.path(), &["matrix", "--adopt"], 0);
    assert!(read(root.path(), "matrix.toml").contains(NEW));
    let mode = fs::metadata(&file)
        .expect("the matrix")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o664);
}

/// What a link leads to is not this repository's to change, and the link is not to be lost.
#[cfg(unix)]
#[test]
fn a_matrix_behind_a_link_is_not_touched() {
    let root = project(&[("shared/matrix.toml", MATRIX)]);
    let root = root.path();
    std::os::unix::fs::symlink("shared/matrix.toml", root.join("matrix.toml")).expect("a link");
    ends(root, &["matrix"], 0);
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let before = outputs(root);
    let said = ends(root, &["matrix", "--adopt"], 2);
    assert!(
        said.contains("cannot replace") && said.contains("symbolic link"),
        "{said}"
    );
    assert!(root.join("matrix.toml").is_symlink());
    assert_eq!(read(root, "shared/matrix.toml"), MATRIX);
    assert_eq!(outputs(root), before);
}

/// A bump regenerates the workflow as well, and would lose the edit.
#[test]
fn a_bump_waits_until_the_edit_is_adopted() {
    let released = format!("[release]\nversion = \"1.0.0\"\n\n{MATRIX}");
    let root = committed(&released);
    let root = root.path();
    ends(root, &["bump", "--amend"], 0);
    bot(root, CHECKOUT, &newer("v9.1.0"));
    let before = outputs(root);
    let said = ends(root, &["bump", "minor"], 1);
    assert!(said.contains("action-edited"), "{said}");
    assert_eq!(
        (outputs(root), read(root, "matrix.toml")),
        (before, released)
    );
    ends(root, &["matrix", "--adopt"], 0);
    ends(root, &["bump", "minor"], 0);
    assert!(read(root, WORKFLOW).contains(NEW) && read(root, "matrix.toml").contains("1.1.0"));
}

const PROVIDERS: &str = "[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n\n[image.base]\ntag = \"1\"\nfrom = \"debian:13-slim\"\n\n\
                         [ci.gitlab]\n\n[ci.buildkite]\n\n[ci.cloud-build] # all\n";
const JOBS: &str = ".gitlab/base-images-jobs.yml";
const SCRIPT: &str = "generated/ci/buildkite.sh";
const CLOUD: &str = "cloudbuild.yaml";
const DIGEST: &str = "1111111111111111111111111111111111111111111111111111111111111111";

/// What a bot does to every line of an image in one file; what stood there.
fn move_image(root: &Path, path: &str, image: &str, to: &str) -> String {
    let text = read(root, path);
    let start = text
        .find(image)
        .unwrap_or_else(|| panic!("no `{image}` in {path}"));
    let end = text[start..].find(['"', ' ', '\n']).expect("it ends");
    let was = text[start..start + end].to_owned();
    fs::write(root.join(path), text.replace(&was, to)).expect("the pipeline");
    was
}

#[test]
fn images_that_a_bot_moved_in_any_pipeline_become_facts() {
    let cli = format!("docker:99.1.0-cli@sha256:{DIGEST}");
    for (path, image, to) in [
        (JOBS, "docker:28.5.2-cli", &*cli),
        (JOBS, "docker:28.5.2-dind", "docker:99.1.0-dind"),
        (SCRIPT, "moby/buildkit:", "moby/buildkit:v9.0.0"),
        (CLOUD, "docker:28.5.2-cli", &*cli),
        (CLOUD, "moby/buildkit:", "moby/buildkit:v9.0.0"),
    ] {
        let root = committed(PROVIDERS);
        let root = root.path();
        let was = move_image(root, path, image, to);
        let edited = read(root, path);
        let said = ends(root, &["check", "--format", "concise"], 1);
        assert_eq!(said.matches("machinery-edited").count(), 1, "{said}");
        assert!(!said.contains("stale-output"), "{said}");
        // Nothing else is lost either: the file waits.
        ends(root, &["matrix"], 1);
        assert_eq!(read(root, path), edited);

        let said = ends(root, &["matrix", "--adopt", "--diff"], 0);
        assert!(
            said.contains("+++ b/facts.toml") && said.contains("would adopt"),
            "{said}"
        );
        assert!(!root.join("facts.toml").exists());
        ends(root, &["matrix", "--adopt"], 0);
        assert_eq!(
            read(root, path),
            edited,
            "the bot's lines are the rendered ones"
        );
        assert!(read(root, "facts.toml").contains(&format!("image = \"{to}\"\n")));
        let matrix = read(root, "matrix.toml");
        assert_eq!(
            matrix.replace("\n[facts]\nfile = \"facts.toml\"\n", ""),
            PROVIDERS
        );
        for pipeline in [JOBS, SCRIPT, CLOUD] {
            assert!(
                !read(root, pipeline).contains(&was),
                "{pipeline} goes along"
            );
        }
        ends(root, &["check"], 0);
    }
}

/// It is named in every Dockerfile that installs Python packages, and the one row is for all of them.
#[test]
fn the_image_of_uv_that_a_bot_moved_in_a_dockerfile_becomes_a_fact() {
    let matrix = "[axis]\npython = [\"3.13\", \"3.14\"]\n\n[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n\n[image.base]\n\
                  tag = \"{{ python }}\"\nfrom = \"debian:13-slim\"\n";
    let root = committed(matrix);
    let root = root.path();
    let paths = [
        "generated/docker/base/3.13/Dockerfile",
        "generated/docker/base/3.14/Dockerfile",
    ];
    let text = read(root, paths[0]);
    let uv = &text[text.find("ghcr.io/astral-sh/uv:").expect("uv")..];
    let uv = &uv[..uv.find(',').expect("it ends")];
    let to = format!("ghcr.io/astral-sh/uv:9.0.0@sha256:{DIGEST}");
    let edited = text.replace(uv, &to);
    fs::write(root.join(paths[0]), &edited).expect("the Dockerfile");
    let said = ends(root, &["check", "--format", "concise"], 1);
    assert!(
        said.contains("machinery-edited")
            && said.contains("in the Dockerfile")
            && !said.contains("stale-output"),
        "{said}"
    );
    ends(root, &["matrix"], 1);
    assert_eq!(read(root, paths[0]), edited);
    ends(root, &["matrix", "--adopt"], 0);
    assert_eq!(read(root, paths[0]), edited);
    assert!(read(root, paths[1]).contains(&to), "the other goes along");
    assert!(read(root, "facts.toml").contains(&format!("name = \"uv\"\nimage = \"{to}\"\n")));
    ends(root, &["check"], 0);
}

/// What no builder can pull is never written into the facts: it is drift, as any other line that somebody wrote.
#[test]
fn an_edit_that_is_no_image_is_drift_like_any_other() {
    for to in [
        format!("docker:99.1.0-cli@sha256:{}", "A".repeat(64)),
        "docker:99.1.0-cli@sha256:abcd".to_owned(),
        "docker 99".to_owned(),
    ] {
        let root = committed(PROVIDERS);
        let root = root.path();
        let before = read(root, JOBS);
        move_image(root, JOBS, "docker:28.5.2-cli", &to);
        let said = ends(root, &["check", "--format", "concise"], 1);
        assert!(
            said.contains("stale-output") && !said.contains("machinery-edited"),
            "{said}"
        );
        ends(root, &["matrix", "--adopt"], 0);
        assert_eq!(read(root, JOBS), before);
        assert!(!root.join("facts.toml").exists());
    }
}

#[test]
fn an_image_that_the_matrix_or_its_facts_state_is_moved_there() {
    let facts =
        "# ours\n[[machinery]]\nname = \"buildkit\"\nimage = \"moby/buildkit:v9.0.0\" # held\n";
    let matrix = format!(
        "{PROVIDERS}image = \"docker:90.0.0-cli\" # ours\n\n[facts]\nfile = \"known/facts.toml\"\n"
    );
    let root = project(&[("matrix.toml", &matrix), ("known/facts.toml", facts)]);
    let root = root.path();
    ends(root, &["matrix"], 0);
    move_image(root, CLOUD, "docker:90.0.0-cli", "docker:91.0.0-cli");
    move_image(root, CLOUD, "moby/buildkit:", "moby/buildkit:v9.1.0");
    ends(root, &["matrix", "--adopt"], 0);
    assert_eq!(
        read(root, "matrix.toml"),
        matrix.replace("90.0.0", "91.0.0")
    );
    assert_eq!(
        read(root, "known/facts.toml"),
        facts.replace("9.0.0", "9.1.0")
    );
    ends(root, &["check"], 0);
}

/// What is older, or what gen ships, was rendered before the matrix moved on.
#[test]
fn a_matrix_that_states_another_image_finds_no_edit() {
    for image in [
        "docker:20.0.0-cli",
        "docker:90.0.0-cli",
        "mirror.example.com/docker:1-cli",
    ] {
        let root = committed(PROVIDERS);
        let root = root.path();
        fs::write(
            root.join("matrix.toml"),
            format!("{PROVIDERS}image = \"{image}\"\n"),
        )
        .expect("the matrix");
        let said = ends(root, &["check", "--format", "concise"], 1);
        assert!(
            said.contains("stale-output") && !said.contains("machinery-edited"),
            "{said}"
        );
        ends(root, &["matrix"], 0);
        ends(root, &["check"], 0);
    }
}

#[test]
fn an_image_moved_in_two_ways_is_nobodys_to_choose() {
    let root = committed(PROVIDERS);
    let root = root.path();
    move_image(root, JOBS, "docker:28.5.2-dind", "docker:99.0.0-dind");
    let text = read(root, JOBS).replacen("docker:28.5.2-cli", "docker:98.0.0-cli", 1);
    fs::write(
        root.join(JOBS),
        text.replace("docker:28.5.2-cli", "docker:99.0.0-cli"),
    )
    .expect("jobs");
    let before = outputs(root);
    let said = ends(root, &["matrix", "--adopt"], 1);
    assert!(
        said.contains("and to this") && said.contains("it waits for the others"),
        "{said}"
    );
    assert_eq!(
        (read(root, "matrix.toml"), outputs(root)),
        (PROVIDERS.to_owned(), before)
    );
    ends(root, &["matrix", "--take-over"], 0);
    ends(root, &["check"], 0);
}
