//! What each pipeline publishes, and what rows and steps say of its builds.

use serde_json::{Value, json};

use super::fixture::of;

const IMAGES: &str = r#"
[registry.hub]
prefix = "docker.io/acme"

[axis]
job = ["server", "training"]
arch = ["amd64", "arm64"]

[image.root]
axes = []
tag = "root"
from = "debian:13"

[image.other]
axes = []
tag = "other"
from = "debian:13"
env = { OTHER = "1" }

[image.leaf]
tag = "{{ job }}"
parent = "root"
labels = { job = "{{ job }}" }

"#;

/// What the plan says of each spec's part in the pipelines.
fn parts(ci: &str) -> Vec<(String, Value)> {
    let outcome = of(&format!("{IMAGES}{ci}"));
    let plan = serde_json::from_str::<Value>(&outcome.plan().to_json()).expect("a plan");
    let specs = plan["specs"].as_array().expect("specs").iter();
    let parts = specs.map(|s| (s["id"].as_str().expect("an id").to_owned(), s["ci"].clone()));
    parts.collect()
}

fn part(ci: &str, id: &str) -> Value {
    let parts = parts(ci);
    let found = parts.into_iter().find(|(spec, _)| spec == id);
    found.expect("the spec").1
}

#[test]
fn a_pipeline_publishes_all_when_nothing_narrows_it() {
    for (id, part) in parts("[ci.github]\n") {
        assert_eq!(part, Value::Null, "{id}");
    }
}

#[test]
fn compression_is_content_and_reaches_every_script() {
    let ci = |compression: &str| of(&format!("{IMAGES}[ci]\n{compression}\n[ci.github]\n"));
    let [none, gzip, zstd] = ["", "compression = \"gzip\"", "compression = \"zstd\""].map(ci);
    let contents = |outcome: &super::fixture::Outcome| outcome.spec("root").content.clone();
    assert_ne!(contents(&none), contents(&gzip));
    assert_ne!(contents(&gzip), contents(&zstd));
    let lines = |outcome: &super::fixture::Outcome| outcome.plan().to_lines("");
    assert!(lines(&zstd).contains("\npacked\t,compression=zstd,force-compression=true\n"));
    assert!(!lines(&none).contains("\npacked\t"));
    let odd = of(&format!("{IMAGES}[ci]\ncompression = \"xz\"\n"));
    assert!(!odd.codes().is_empty());
}

#[test]
fn a_pipeline_builds_what_its_specs_stand_on_and_nothing_else() {
    let ci = "[ci.github]\nmatch = { job = \"server\" }\n[ci.gitlab]\n";
    let expected = [
        ("root", json!({"github": {"role": "build"}})),
        ("other", json!({"github": {"role": "none"}})),
        ("leaf/server", Value::Null),
        ("leaf/training", json!({"github": {"role": "none"}})),
    ];
    let expected = expected.map(|(id, part)| (id.to_owned(), part));
    assert_eq!(parts(ci), expected);
}

#[test]
fn the_last_row_that_holds_wins_key_by_key() {
    let ci = r#"
[[ci.gitlab.when]]
match = { image = "leaf" }
runner = { arm64 = ["arm"], amd64 = ["large"] }
timeout-minutes = 60
[[ci.gitlab.when]]
match = { image = "leaf", job = "training" }
timeout-minutes = 90
"#;
    let leaf = |minutes: u32| {
        json!({"gitlab": {"legs": {
            "linux/amd64": {"runner": ["large"], "timeout_minutes": minutes},
            "linux/arm64": {"runner": ["arm"], "timeout_minutes": minutes},
        }}})
    };
    assert_eq!(part(ci, "leaf/server"), leaf(60));
    assert_eq!(part(ci, "leaf/training"), leaf(90));
    assert_eq!(part(ci, "root"), Value::Null);
}

#[test]
fn a_row_that_names_a_platform_is_for_that_platform() {
    let ci = r#"
[[ci.github.when]]
match = { image = "leaf", job = "server", arch = "arm64" }
timeout-minutes = 240
[ci.github.step.emulator]
at = "before-build"
match = { image = "leaf", job = "server", arch = "arm64" }
run = "true"
"#;
    let expected = json!({"github": {"legs": {
        "linux/arm64": {"timeout_minutes": 240, "steps": ["emulator"]},
    }}});
    assert_eq!(part(ci, "leaf/server"), expected);
}

#[test]
fn a_step_for_all_builds_is_named_for_none() {
    let ci = "[ci.cloud-build.step.disk]\nat = \"before-build\"\nrun = \"df\"\n";
    assert_eq!(part(ci, "leaf/server"), Value::Null);
}

fn of_plan(ci: &str, field: &str) -> Value {
    let outcome = of(&format!("{IMAGES}{ci}"));
    serde_json::from_str::<Value>(&outcome.plan().to_json()).expect("a plan")[field].clone()
}

#[test]
fn provenance_is_in_the_plan_unless_it_is_turned_off() {
    let plan = |ci: &str| of_plan(ci, "attestations");
    assert_eq!(plan(""), json!({"sbom": false, "provenance": "min"}));
    assert_eq!(plan("[ci]\nprovenance = \"off\"\n"), Value::Null);
    assert_eq!(
        plan("[ci]\nsbom = true\n"),
        json!({"sbom": true, "provenance": "min"})
    );
    assert_eq!(
        plan("[ci]\nprovenance = \"max\"\n"),
        json!({"sbom": false, "provenance": "max"})
    );
    // What Docker itself pushes carries nothing.
    assert_eq!(plan("[ci.cloud-build]\nshape = \"classic\"\n"), Value::Null);
}

#[test]
fn the_plan_says_whose_signature_counts() {
    let plan = |ci: &str| of_plan(ci, "signing");
    assert_eq!(plan("[ci.github]\n"), Value::Null);
    assert_eq!(
        plan("[ci]\nsign = \"cosign\"\n[ci.github]\n"),
        json!({"tool": "cosign", "issuer": "https://token.actions.githubusercontent.com",
               "refs": ["refs/tags/*", "refs/heads/main"], "log": true})
    );
    assert_eq!(
        plan(
            "[ci]\nsign = { with = \"cosign\", key = \"env://KEY\", public-key = \"cosign.pub\", log = false }\n[ci.github]\n"
        ),
        json!({"tool": "cosign", "key": "env://KEY", "public_key": "cosign.pub", "log": false})
    );
    let outcome = of(&format!(
        "{IMAGES}[ci]\nsign = {{ with = \"cosign\", identity = \"https://gitlab.com/a/b.c//.gitlab-ci.yml\", refs = [\"refs/tags/v*\"] }}\n[ci.gitlab]\n"
    ));
    let plan = outcome.plan();
    let lines = plan.to_lines("");
    for told in [
        "sign\ttool\tcosign\n",
        "sign\tissuer\thttps://gitlab.com\n",
        "sign\tidentity\thttps://gitlab.com/a/b.c//.gitlab-ci.yml\n",
        "sign\trefs\t(refs/tags/v.*)\n",
    ] {
        assert!(lines.contains(told), "{told}");
    }
    let words = plan.signing.as_ref().and_then(|signed| signed.verifying());
    assert_eq!(
        words.expect("words").join(" "),
        "--certificate-identity-regexp ^https://gitlab[.]com/a/b[.]c//[.]gitlab-ci[.]yml@(refs/tags/v.*)$ \
         --certificate-oidc-issuer https://gitlab.com"
    );
}
