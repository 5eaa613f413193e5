//! What is built and never published.

use serde_json::{Value, json};

use super::fixture::{Outcome, of};

const HEAD: &str = r#"
[release]
version = "1.4.0"
[registry.hub]
prefix = "docker.io/acme"
[registry.copy]
prefix = "ghcr.io/acme"
[axis]
python = ["3.12", "3.13"]
[defaults]
from = "python:{{ python }}-slim-trixie"
[image.wheels]
publish = false
test = ["true"]
[image.alone]
publish = false
env = { A = "1" }
[image.base]
tag = "{{ python }}"
parent = "wheels"
"#;

fn with(rest: &str) -> Outcome {
    of(&format!("{HEAD}{rest}\n"))
}

fn plan(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.plan().to_json()).expect("a plan")
}

#[test]
fn what_is_not_published_has_no_reference_and_needs_no_tag() {
    let outcome = with("");
    assert_eq!(outcome.codes(), [""; 0]);
    for id in ["wheels/3.12", "wheels/3.13", "alone/3.12"] {
        let spec = outcome.spec(id);
        assert!(spec.references.is_empty() && !spec.immutable, "{id}");
        assert!(
            spec.content_reference.starts_with("docker.io/acme/"),
            "{id}"
        );
    }
    assert_eq!(outcome.commands("wheels/3.12"), ["true"]);
    assert_eq!(
        outcome.spec("base/3.12").parent.as_deref(),
        Some("wheels/3.12")
    );
    let plan = plan(&outcome);
    let publish = plan["specs"].as_array().expect("specs").iter();
    let publish: Vec<&Value> = publish.map(|spec| &spec["publish"]).collect();
    let (no, yes) = (json!(false), Value::Null);
    assert_eq!(publish, [&no, &no, &no, &no, &yes, &yes]);
    // Neither is a release needed for its want of a tag.
    assert!(!of("[image.i]\nfrom = \"f\"\npublish = false\n").stopped());
}

#[test]
fn a_later_row_says_whether_it_is_published() {
    let outcome = of(
        "[axis]\npython = [\"3.12\", \"3.13\"]\n[defaults]\npublish = false\nfrom = \"f:{{ python }}\"\n\
         [image.a]\n[image.b]\npublish = true\ntag = \"{{ python }}\"\n[image.c]\ntag = \"{{ python }}\"\n\
         [[image.c.when]]\nmatch = { python = \"3.13\" }\npublish = true\n",
    );
    let published = outcome.specs().iter().filter(|spec| spec.publish);
    let published: Vec<&str> = published.map(|spec| &*spec.id).collect();
    assert_eq!(published, ["b/3.12", "b/3.13", "c/3.13"]);
}

#[test]
fn every_pipeline_builds_it_and_gives_it_no_tag() {
    let outcome = with("[ci.github]\n[ci.gitlab]\n[ci.cloud-build]\n[output.bake]\n");
    let plan = plan(&outcome);
    let build = json!({"role": "build"});
    for spec in plan["specs"].as_array().expect("specs") {
        let expected = match spec["image"].as_str() {
            Some("base") => Value::Null,
            _ => json!({"github": build, "gitlab": build, "cloud-build": build}),
        };
        assert_eq!(spec["ci"], expected, "{}", spec["id"]);
    }
    for (path, text) in outcome.outputs() {
        for image in ["wheels", "alone"] {
            for prefix in ["docker.io/acme", "ghcr.io/acme"] {
                let name = format!("{prefix}/{image}:");
                let mut tags = text.split(&name).skip(1);
                assert!(tags.all(|tag| tag.starts_with("content-")), "{path} {name}");
            }
        }
    }
    let bake: Value = serde_json::from_str(outcome.output("docker-bake.json")).expect("a file");
    let targets = bake["target"].as_object().expect("targets").values();
    let tagged: Vec<bool> = targets.map(|t| t["tags"] != json!([])).collect();
    assert_eq!(tagged, [false, false, false, false, true, true]);
}

#[test]
fn a_pipeline_that_is_narrowed_builds_what_its_match_accepts() {
    let outcome = with("[ci.github]\nmatch = { image = \"alone\", python = \"3.12\" }\n");
    outcome.finding("empty-pipeline");
    let outcome = with(
        "[ci.github]\nmatch = [{ image = \"alone\", python = \"3.12\" }, { image = \"base\", python = \"3.13\" }]\n",
    );
    let plan = plan(&outcome);
    let roles = plan["specs"].as_array().expect("specs").iter();
    let roles: Vec<&str> = roles
        .map(|spec| spec["ci"]["github"]["role"].as_str().unwrap_or("published"))
        .collect();
    assert_eq!(
        roles,
        ["none", "build", "build", "none", "none", "published"]
    );
}

#[test]
fn the_catalog_does_not_list_it() {
    let outcome = with("[output.catalog]\n");
    let catalog: Value =
        serde_json::from_str(outcome.output("generated/catalog/base_images.json")).expect("a file");
    let images = catalog["images"].as_array().expect("images").iter();
    let images: Vec<&Value> = images.map(|image| &image["image"]).collect();
    assert_eq!(images, ["base", "base"]);
}

#[test]
fn no_alias_is_over_it() {
    let outcome = with("[[alias]]\ntags = [\"latest\"]\nnewest = [\"python\"]\n");
    assert_eq!(
        outcome.aliases(),
        [
            "base/3.13 docker.io/acme/base:latest",
            "base/3.13 ghcr.io/acme/base:latest"
        ]
    );
    let none = with("[[alias]]\nmatch = { image = \"wheels\" }\ntags = [\"latest\"]\n");
    none.finding("alias-unmatched");
}

#[test]
fn a_tag_of_what_is_not_published_is_a_finding() {
    let text = |keys: &str| format!("[defaults]\ntag = \"t\"\nfrom = \"f\"\n{keys}");
    let own = of(&text(
        "[image.a]\n[image.i]\npublish = false\ntag = \"u\"\n",
    ));
    assert!(
        own.finding("idle-key")
            .headline
            .contains("`tag` of image `i`")
    );
    let shared = of(&text("[image.i]\npublish = false\n"));
    assert!(
        shared
            .finding("idle-key")
            .headline
            .contains("`tag` of `[defaults]`")
    );
    let served = of(&text(
        "[image.a]\n[image.i]\npublish = false\nenv = { A = \"1\" }\n",
    ));
    assert!(!served.has("idle-key"));
}

#[test]
fn what_is_not_published_is_not_offered() {
    use super::fixture::with;
    let text = "[release]\nversion = \"1.0.0\"\n[[release.offer]]\nfile = \"o.py\"\nconstant = \"IMAGES\"\naxis = \"image\"\n\
                [image.a]\nfrom = \"f\"\n[image.b]\nfrom = \"f\"\npublish = false\n";
    let offered = with(text, &[("o.py", "IMAGES = [\"a\", \"b\"]\n")]);
    assert_eq!(
        offered.finding("offer-unbuilt").headline,
        "`b` is offered, and never published"
    );
}

#[test]
fn a_text_that_names_it_is_a_finding() {
    use super::fixture::with;
    let text = "[release]\nversion = \"1.0.0\"\n[[release.mention]]\nfiles = [\"a.md\"]\n[registry.hub]\nprefix = \"docker.io/acme\"\n\
                [image.a]\nfrom = \"f\"\n[image.b]\nfrom = \"f\"\npublish = false\n";
    let named = with(text, &[("a.md", "`acme/a:v1.0.0` and `acme/b:v1.0.0`\n")]);
    assert_eq!(
        named.finding("mention-unknown").headline,
        "`docker.io/acme/b` is never published"
    );
}

/// The tag of `[defaults]` passes by an image that is never given one, whatever axes it reads; a row that publishes the
/// image after all has it.
#[test]
fn a_shared_tag_passes_by_what_is_not_published() {
    let matrix = |more: &str| {
        format!(
            "axis.python = ['3.12', '3.13']\naxis.cuda = ['none', '12.8.1']\n[registry.r]\nprefix = 'r.io/o'\n\
             [defaults]\ntag = \"py{{{{ python }}}}{{{{ '-gpu' if cuda }}}}\"\nfrom = 'debian:13-slim'\npython = 'base'\n\
             [image.wheels]\naxes = ['python']\npublish = false\n{more}[image.app]\nneeds = ['wheels']\n\
             args = {{ W = '{{{{ needs.wheels }}}}' }}\n"
        )
    };
    let outcome = of(&matrix(""));
    assert_eq!(outcome.codes(), [] as [&str; 0], "{:?}", outcome.findings);
    let outcome = of(&matrix(
        "[[image.wheels.when]]\nmatch = { python = '3.13' }\npublish = true\n",
    ));
    assert!(outcome.has("unknown-variable"), "{:?}", outcome.findings);
}
