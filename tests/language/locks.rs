//! Python packages by files of the repository.

use super::fixture::{of, with};

const IMAGE: &str = "[image.i]\ntag = \"t\"\nfrom = \"python:3.13-slim\"\n";

fn image(pip: &str) -> String {
    format!("{IMAGE}pip = {pip}\n")
}

#[test]
fn a_file_is_mounted_sent_and_content() {
    let text = image("{ requirements = \"docker/r.lock\" }");
    let one = with(&text, &[("docker/r.lock", "six==1.16\n"), ("other", "")]);
    let dockerfile = one.dockerfile("i");
    assert!(dockerfile.contains("--mount=source=docker/r.lock,target=/tmp/requirements.txt"));
    assert!(!dockerfile.contains("--require-hashes"));
    assert_eq!(one.spec("i").context, ".");
    let path = format!("{}.dockerignore", one.spec("i").dockerfile);
    assert!(one.output(&path).ends_with("\n**\n!docker/r.lock\n"));
    assert!(!one.has("context-unmatched"));
    let other = with(&text, &[("docker/r.lock", "six==1.16\n"), ("other", "x")]);
    assert_eq!(one.spec("i").content, other.spec("i").content);
    let moved = with(&text, &[("docker/r.lock", "six==1.17\n"), ("other", "")]);
    assert_ne!(one.spec("i").content, moved.spec("i").content);
}

#[test]
fn hashes_are_honoured_where_there_are_any() {
    let text = image("[\"ninja\", { requirements = \"r.lock\" }]");
    let hashed = with(&text, &[("r.lock", "six==1.16 --hash=sha256:0\n")]);
    let dockerfile = hashed.dockerfile("i");
    assert!(dockerfile.contains(" --require-hashes -r /tmp/requirements.txt"));
    assert!(dockerfile.contains("        ninja"));
}

#[test]
fn the_lock_of_a_project_goes_with_its_project() {
    let text = image("{ uv-lock = \"lib/uv.lock\" }") + "context = \"lib\"\n";
    let both = [("lib/uv.lock", ""), ("lib/pyproject.toml", "")];
    let outcome = with(&text, &both);
    let dockerfile = outcome.dockerfile("i");
    assert!(dockerfile.contains("--mount=source=uv.lock,"));
    assert!(dockerfile.contains("--mount=source=pyproject.toml,"));
    assert!(!outcome.has("context-unmatched"));
    assert!(with(&text, &both[..1]).has("context-unmatched"));
}

#[test]
fn what_is_no_file_of_the_context_is_a_finding() {
    let text = image("{ requirements = \"r.lock\" }");
    assert!(of(&text).has("context-unmatched"));
    let outside = format!("{text}context = \"docker\"\n");
    assert!(with(&outside, &[("r.lock", ""), ("docker/a", "")]).has("context-unmatched"));
    for path in ["../r.lock", "a,rw", "r*.lock"] {
        let text = image(&format!("{{ requirements = \"{path}\" }}"));
        assert!(of(&text).has("unsafe-value"), "{path}");
    }
}

#[test]
fn a_file_is_of_one_known_kind() {
    assert!(of(&image("{}")).has("missing-key"));
    assert!(of(&image("[{ requirement = \"r\" }]")).has("unknown-key"));
    let two = image("{ requirements = \"r\", uv-lock = \"uv.lock\" }");
    assert!(of(&two).has("missing-key"));
}

#[test]
fn an_empty_list_takes_files_away() {
    let text = format!(
        "[defaults]\npip = {{ requirements = \"r\" }}\n{}",
        image("[]")
    );
    let outcome = with(&text, &[("r", "")]);
    assert!(!outcome.dockerfile("i").contains("uv pip"));
    assert!(!outcome.has("nothing-to-take"));
}
