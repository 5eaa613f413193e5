//! The note that a selector passes by images which lack an axis: where it is told, and where that is what was meant.

use super::fixture::of;

const HEAD: &str = r#"
[registry.hub]
prefix = "docker.io/acme"
[axis]
python = ["3.12", "3.13"]
cuda = ["none", { value = "12.8.1", os = "ubuntu24.04" }]
[set]
gpu = { cuda = "!none" }
[defaults]
from = "f:{{ python }}"
[image.base]
tag = "{{ python }}-{{ cuda if cuda else 'cpu' }}"
env = { CUDA = "{{ cuda if cuda else 'cpu' }}" }
[image.docs]
axes = ["python"]
tag = "{{ python }}"
"#;

fn told(rest: &str) -> bool {
    let outcome = of(&format!("{HEAD}{rest}\n"));
    assert!(!outcome.stopped(), "{rest}: {:?}", outcome.codes());
    outcome.has("image-passed-by")
}

#[test]
fn what_an_image_without_the_axis_could_be_meant_by_is_told() {
    for selector in [
        "{ cuda = \"none\" }",
        "{ cuda = \"*\" }",
        "{ cuda = [\"none\", \"12.8.1\"], python = \"3.13\" }",
        "\"!@gpu\"",
        "{ set = \"!@gpu\", python = \"3.13\" }",
    ] {
        let alias = format!(
            "[[alias]]\nmatch = {selector}\ntags = [\"x\"]\nnewest = [\"python\", \"cuda\"]"
        );
        assert!(told(&alias), "{selector}");
        assert!(
            told(&format!("[ci.github]\nmatch = {selector}")),
            "{selector}"
        );
        assert!(
            told(&format!("[output.catalog]\nmatch = {selector}")),
            "{selector}"
        );
    }
}

#[test]
fn each_axis_is_named_once() {
    let twice = "[{ cuda = \"none\", python = \"3.12\" }, { cuda = \"none\" }]";
    let outcome = of(&format!("{HEAD}[ci.github]\nmatch = {twice}\n"));
    let finding = outcome.finding("image-passed-by");
    assert_eq!(finding.primary.label, "it has no `cuda`");
}

/// `!none` is how images with a GPU are meant.
#[test]
fn what_has_the_axis_alone_is_meant_by_is_not_told() {
    for selector in [
        "{ cuda = \"!none\" }",
        "\"@gpu\"",
        "{ cuda = \">=12\", python = \"3.13\" }",
        "{ cuda.os = \"ubuntu24.04\" }",
        "{ cuda = \"none\", image = \"base\" }",
        "[{ cuda = \"none\" }, { image = \"docs\" }]",
        "{ python = \"3.13\" }",
    ] {
        let alias = format!(
            "[[alias]]\nmatch = {selector}\ntags = [\"x\"]\nnewest = [\"python\", \"cuda\"]"
        );
        assert!(!told(&alias), "{selector}");
        assert!(
            !told(&format!("[ci.github]\nmatch = {selector}")),
            "{selector}"
        );
        assert!(
            !told(&format!("[output.catalog]\nmatch = {selector}")),
            "{selector}"
        );
    }
}

#[test]
fn rules_rows_and_tests_of_the_matrix_are_not_told() {
    for rule in [
        "[[exclude]]\nmatch = { cuda = \"none\", python = \"3.12\" }\nreason = \"r\"",
        "[[exclude]]\nmatch = \"!@gpu\"\nreason = \"r\"",
        "[[image.base.when]]\nmatch = { cuda = \"none\" }\napt = [\"curl\"]",
        "[[defaults.when]]\nmatch = { cuda = \"none\" }\napt = [\"curl\"]",
        "[[expect]]\nmatch = { cuda = \"none\" }\ncount = 2",
        "[[expect]]\npresent = [{ cuda = \"none\" }]\nabsent = [{ cuda = \"none\", python = \">=3.14\" }]",
        "[ci.github]\n[[ci.github.when]]\nmatch = { cuda = \"none\" }\ntimeout-minutes = 9",
    ] {
        assert!(!told(rule), "{rule}");
    }
}
