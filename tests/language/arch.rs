//! `arch` in a selector means the same for an image that folds it and for one that prints it.

use serde_json::Value;

use super::fixture::{of, with};
use crate::support::{project, run, stdout};

/// `{arch}` is what the tag prints, or nothing.
fn matrix(prints: bool, more: &str) -> String {
    let printed = if prints { "-{{ arch }}" } else { "" };
    format!(
        r#"
[registry.hub]
prefix = "docker.io/acme"
[axis]
job = ["server", "training"]
arch = ["amd64", "arm64"]
[[exclude]]
match = {{ job = "training", arch = "arm64" }}
reason = "training is done on x86"
[image.i]
tag = "{{{{ job }}}}{printed}"
from = "debian:13"
labels = {{ job = "{{{{ job }}}}" }}
{more}
"#
    )
}

/// What holds for `arch = "arm64"` is of the server alone, which is there on both.
fn both(more: &str, holds: impl Fn(&super::fixture::Outcome, &str)) {
    for (prints, id) in [(false, "i/server"), (true, "i/server_arm64")] {
        holds(&of(&matrix(prints, more)), id);
    }
}

/// The parts of specs in `[ci.github]`, by id.
fn parts(outcome: &super::fixture::Outcome) -> Vec<(String, Value)> {
    let plan = serde_json::from_str::<Value>(&outcome.plan().to_json()).expect("a plan");
    let specs = plan["specs"].as_array().expect("specs").iter();
    let part = |s: &Value| {
        (
            s["id"].as_str().expect("an id").to_owned(),
            s["ci"]["github"].clone(),
        )
    };
    specs.map(part).collect()
}

#[test]
fn a_pipeline_publishes_what_it_means() {
    both(
        "[ci.github]\nmatch = { arch = \"arm64\" }",
        |outcome, id| {
            assert!(!outcome.has("empty-pipeline"), "{:?}", outcome.codes());
            for (spec, part) in parts(outcome) {
                let published = part.is_null();
                assert_eq!(published, spec == id, "{spec}: {part}");
            }
        },
    );
}

#[test]
fn a_row_of_a_pipeline_is_for_the_builds_it_means() {
    let rows = "[ci.github]\n[[ci.github.when]]\nmatch = { arch = \"arm64\" }\ntimeout-minutes = 7";
    both(rows, |outcome, id| {
        assert!(!outcome.has("dead-when"), "{:?}", outcome.codes());
        for (spec, part) in parts(outcome) {
            let minutes = &part["legs"]["linux/arm64"]["timeout_minutes"];
            let told = if spec == id {
                Value::from(7)
            } else {
                Value::Null
            };
            assert_eq!(*minutes, told, "{spec}: {part}");
            assert!(part["legs"]["linux/amd64"].is_null(), "{spec}: {part}");
        }
    });
}

#[test]
fn a_step_is_in_the_builds_it_means() {
    let step = "[ci.github]\n[ci.github.step.disk]\nat = \"before-build\"\nmatch = { arch = \"arm64\" }\nrun = \"df\"";
    both(step, |outcome, id| {
        assert!(!outcome.has("dead-when"), "{:?}", outcome.codes());
        let with: Vec<String> = parts(outcome)
            .into_iter()
            .filter(|(_, part)| !part["legs"]["linux/arm64"]["steps"].is_null())
            .map(|(spec, _)| spec)
            .collect();
        assert_eq!(with, [id]);
    });
}

#[test]
fn an_alias_and_an_expectation_hold_for_what_they_mean() {
    let more = "[[alias]]\nmatch = { arch = \"arm64\" }\ntags = [\"latest\"]\n[[expect]]\nmatch = { arch = \"arm64\" }\ncount = 1\npresent = [{ arch = \"arm64\", job = \"server\" }]\nabsent = [{ arch = \"arm64\", job = \"training\" }]";
    both(more, |outcome, id| {
        assert!(!outcome.has("expectation-failed"));
        assert_eq!(outcome.aliases(), [format!("{id} docker.io/acme/i:latest")]);
    });
}

#[test]
fn the_catalog_the_groups_and_only_hold_what_they_mean() {
    let more = "[set]\narm = { arch = \"arm64\" }\n[output.catalog]\nmatch = \"@arm\"\njson = \"catalog.json\"\n[output.bake]\n";
    for (prints, reference) in [(false, "i:server"), (true, "i:server-arm64")] {
        let folder = project(&[("matrix.toml", &matrix(prints, more))]);
        run(folder.path(), &["matrix"]);
        let read = |path: &str| -> Value {
            let text = std::fs::read_to_string(folder.path().join(path)).expect(path);
            serde_json::from_str(&text).expect("JSON")
        };
        let catalog = read("catalog.json");
        let images = catalog["images"].as_array().expect("images").iter();
        let references: Vec<&str> = images.filter_map(|i| i["reference"].as_str()).collect();
        assert_eq!(references, [format!("docker.io/acme/{reference}")]);
        let group = &read("docker-bake.json")["group"]["arm"]["targets"];
        assert_eq!(group.as_array().map(Vec::len), Some(1), "{group}");
        let only = ["list", "--format", "lines", "--only", "arch=arm64"];
        let listed = stdout(&run(folder.path(), &only));
        assert_eq!(listed.trim(), format!("docker.io/acme/{reference}"));
    }
}

#[test]
fn an_offer_looks_at_what_it_means() {
    let offer = "[release]\nversion = \"1.0.0\"\n[[release.offer]]\nfile = \"jobs.py\"\nconstant = \"JOBS\"\naxis = \"job\"\nmatch = { arch = \"arm64\" }\nexactly = true\n";
    for prints in [false, true] {
        let offered = |jobs: &str| {
            with(
                &(offer.to_owned() + &matrix(prints, "")),
                &[("jobs.py", jobs)],
            )
        };
        assert!(!offered("JOBS = [\"server\"]\n").has("offer-unbuilt"));
        assert!(!offered("JOBS = [\"server\"]\n").has("built-unoffered"));
        assert!(offered("JOBS = [\"server\", \"training\"]\n").has("offer-unbuilt"));
    }
}
