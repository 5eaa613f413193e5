//! Facts of images, and images of others.

use serde_json::{Value, json};

use super::fixture::{Outcome, of, with};

const HEAD: &str = "[release]\nversion = \"1.4.0\"\n[registry.hub]\nprefix = \"docker.io/acme\"\n[axis]\npython = [\"3.12\", \"3.13\"]\n\
    [defaults]\ntag = \"{{ python }}\"\nfrom = \"python:{{ python }}-slim-trixie\"\n";

fn spec(outcome: &Outcome, id: &str) -> Value {
    let plan: Value = serde_json::from_str(&outcome.plan().to_json()).expect("a plan");
    let mut specs = plan["specs"].as_array().expect("specs").iter();
    specs
        .find(|spec| spec["id"] == id)
        .expect("the spec")
        .clone()
}

#[test]
fn facts_of_an_image_stand_in_plan_and_catalog() {
    let outcome = of(&format!(
        "{HEAD}meta = {{ owner = \"ml\", hardware = \"cpu\" }}\n[image.i]\nmeta = {{ about = \"Python {{{{ python }}}}\", hardware = false }}\n\
         [[image.i.when]]\nmatch = {{ python = \"3.13\" }}\nmeta = {{ owner = \"\\\"web\\\"\" }}\n[output.catalog]\n"
    ));
    assert_eq!(outcome.codes(), [""; 0]);
    assert_eq!(
        spec(&outcome, "i/3.12")["meta"],
        json!({"owner": "ml", "about": "Python 3.12"})
    );
    let web = json!({"owner": "\"web\"", "about": "Python 3.13"});
    assert_eq!(spec(&outcome, "i/3.13")["meta"], web);
    let text = outcome.output("generated/catalog/base_images.json");
    let catalog: Value = serde_json::from_str(text).expect("a file");
    assert_eq!(catalog["images"][1]["meta"], web);
    let module = outcome.output("generated/catalog/base_images.py");
    assert!(
        module.contains(
            r#""docker.io/acme/i:3.13": (("owner", "\"web\""), ("about", "Python 3.13"),"#
                .trim_end_matches(',')
        ),
        "{module}"
    );
}

#[test]
fn facts_are_no_part_of_the_content() {
    let content = |keys: &str| {
        let outcome = of(&format!("{HEAD}[image.i]\n{keys}"));
        outcome.spec("i/3.12").content.clone()
    };
    assert_eq!(
        content(""),
        content("meta = { about = \"{{ release.tag }}\" }\n")
    );
    let outcome = of(&format!(
        "{HEAD}[image.i]\nmeta = {{ about = \"{{{{ release.tag }}}}\" }}\n"
    ));
    assert!(!outcome.has("release-baked"));
    assert!(
        spec(&of(&format!("{HEAD}[image.i]\n")), "i/3.12")
            .get("meta")
            .is_none()
    );
}

#[test]
fn facts_are_checked_like_other_fields() {
    for (meta, code) in [
        ("{ a = \"{{ pyton }}\" }", "unknown-variable"),
        ("{ a = \"{{ from }}\" }", "unknown-variable"),
        ("{ \"a b\" = \"c\" }", "invalid-name"),
        ("{ a = 1 }", "wrong-type"),
        ("{ a = false }", "nothing-to-take"),
    ] {
        let outcome = of(&format!("{HEAD}[image.i]\nmeta = {meta}\n"));
        outcome.finding(code);
    }
}

#[test]
fn an_image_of_others_stands_in_plan_and_catalog_and_is_not_built() {
    let outcome = of(&format!(
        "{HEAD}[image.i]\n[described.runtime]\nreference = \"ghcr.io/other/runtime:{{{{ release.major }}}}\"\n\
         meta = {{ about = \"runs {{{{ release.tag }}}}\" }}\n[described.plain]\nreference = \"debian:13\"\n[output.catalog]\n"
    ));
    assert_eq!(outcome.codes(), [""; 0]);
    assert_eq!(outcome.ids(), ["i/3.12", "i/3.13"]);
    let described = json!([
        {"name": "runtime", "reference": "ghcr.io/other/runtime:1", "meta": {"about": "runs v1.4.0"}},
        {"name": "plain", "reference": "debian:13"},
    ]);
    let plan: Value = serde_json::from_str(&outcome.plan().to_json()).expect("a plan");
    assert_eq!(plan["described"], described);
    let text = outcome.output("generated/catalog/base_images.json");
    let catalog: Value = serde_json::from_str(text).expect("a file");
    assert_eq!(catalog["described"], described);
    let module = outcome.output("generated/catalog/base_images.py");
    assert!(
        module.contains(r#""plain": DescribedImage("debian:13"),"#),
        "{module}"
    );
    assert!(module.contains(r#""ghcr.io/other/runtime:1": (("about", "runs v1.4.0"),),"#));
}

#[test]
fn the_catalog_of_a_matrix_without_any_has_none() {
    let outcome = of(&format!("{HEAD}[image.i]\n[output.catalog]\n"));
    let module = outcome.output("generated/catalog/base_images.py");
    assert!(!module.contains("escribed"), "{module}");
    assert!(!outcome.plan().to_json().contains("described"));
}

#[test]
fn the_reference_of_an_image_of_others_follows_the_grammar() {
    for (table, code) in [
        (
            "[described.x]\nreference = \"https://a/b\"",
            "invalid-reference",
        ),
        ("[described.x]\nreference = \"A b\"", "invalid-reference"),
        (
            "[described.x]\nreference = \"a:{{ python }}\"",
            "unknown-variable",
        ),
        ("[described.X]\nreference = \"a:1\"", "invalid-name"),
        ("[described.i]\nreference = \"a:1\"", "invalid-name"),
        (
            "[described.x]\nreference = \"a:1\"\nmeta = { \"1\" = \"b\" }",
            "invalid-name",
        ),
        (
            "[described.x]\nreference = \"acme/i:3.12\"",
            "duplicate-reference",
        ),
        (
            "[described.x]\nreference = \"debian\"\n[described.y]\nreference = \"docker.io/library/debian:latest\"",
            "duplicate-reference",
        ),
    ] {
        of(&format!("{HEAD}[image.i]\n{table}\n")).finding(code);
    }
}

#[test]
fn a_text_may_name_an_image_of_others() {
    let text = |described: &str| {
        let matrix =
            format!("{HEAD}[image.i]\n[[release.mention]]\nfiles = [\"a.md\"]\n{described}");
        with(
            &matrix,
            &[("a.md", "`acme/i:3.12` and `docker.io/acme/theirs:v1.3.0`\n")],
        )
    };
    text("").finding("mention-unknown");
    assert!(!text("[described.theirs]\nreference = \"acme/theirs:8\"\n").has("mention-unknown"));
}
