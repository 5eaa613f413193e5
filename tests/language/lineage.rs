//! Parents and needs.

use super::fixture::{Outcome, of};

const CHAIN: &str = r#"
[axis]
py = ["3.9", "3.10"]
cuda = ["none", "12.4"]
arch = ["amd64", "arm64"]
[image.low]
axes = ["cuda"]
tag = "{{ cuda or 'cpu' }}"
from = "f:{{ cuda or 'cpu' }}"
[image.middle]
axes = ["py", "cuda"]
tag = "{{ py }}-{{ cuda or 'cpu' }}"
parent = "low"
"#;

fn chain(more: &str) -> Outcome {
    of(&format!("{CHAIN}{more}"))
}

fn top(keys: &str) -> Outcome {
    chain(&format!(
        "[image.top]\ntag = \"{{{{ py }}}}\"\naxes = [\"py\"]\n{keys}\n"
    ))
}

#[test]
fn a_parent_is_equal_on_shared_axes() {
    assert_eq!(
        chain("").spec("middle/3.10_12.4").parent.as_deref(),
        Some("low/12.4")
    );
    assert_eq!(
        chain("").spec("middle/3.9_none").parent.as_deref(),
        Some("low/none")
    );
}

#[test]
fn extra_parent_axes_take_none() {
    assert_eq!(
        top("parent = \"middle\"")
            .spec("top/3.10")
            .parent
            .as_deref(),
        Some("middle/3.10_none")
    );
}

#[test]
fn extra_parent_axes_may_be_given() {
    let outcome = top("parent = { image = \"middle\", cuda = \"12.4\" }");
    assert_eq!(
        outcome.spec("top/3.10").parent.as_deref(),
        Some("middle/3.10_12.4")
    );
}

#[test]
fn a_given_value_goes_before_the_shared_one() {
    let outcome = top("parent = { image = \"middle\", py = \"3.9\" }");
    assert_eq!(
        outcome.spec("top/3.10").parent.as_deref(),
        Some("middle/3.9_none")
    );
}

#[test]
fn a_parent_that_could_be_several_is_a_finding() {
    let outcome = chain("[image.top]\naxes = []\ntag = \"t\"\nparent = \"middle\"\n");
    assert!(outcome.finding("parent-ambiguous").help[0].contains("image = \"middle\", py = \""));
}

#[test]
fn a_parent_that_does_not_exist_is_a_finding() {
    let outcome =
        chain("[[exclude]]\nmatch = { image = \"low\", cuda = \"none\" }\nreason = \"r\"\n");
    let finding = outcome.finding("parent-missing");
    assert!(
        finding.primary.label.contains("no `low` with cuda=none"),
        "{}",
        finding.primary.label
    );
    assert_eq!(finding.notes, ["one more spec has the same trouble"]);
}

#[test]
fn a_parent_names_images_axes_and_values_that_are_there() {
    assert!(top("parent = \"midle\"").finding("unknown-image").help[0].contains("`middle`"));
    assert!(top("parent = { image = \"middle\", cud = \"none\" }").has("unknown-axis"));
    assert!(top("parent = { image = \"middle\", cuda = \"13\" }").has("unknown-value"));
    assert!(top("parent = { image = \"low\", py = \"3.9\" }").has("unknown-axis"));
    assert!(top("parent = { py = \"3.9\" }").has("missing-key"));
}

#[test]
fn a_parent_must_cover_the_childs_platforms() {
    let rule = "[[exclude]]\nmatch = { image = \"low\", cuda = \"12.4\", arch = \"arm64\" }\nreason = \"r\"\n";
    assert!(chain(rule).has("parent-platform"));
    let narrowed = CHAIN.replace(
        "parent = \"low\"",
        "parent = \"low\"\nplatforms = [\"linux/amd64\"]",
    );
    assert!(!of(&format!("{narrowed}{rule}")).stopped());
}

#[test]
fn needs_must_cover_the_childs_platforms_too() {
    let side =
        "[image.side]\naxes = []\ntag = \"t\"\nfrom = \"f\"\nplatforms = [\"linux/amd64\"]\n";
    assert!(top(&format!("from = \"g\"\nneeds = [\"side\"]\n{side}")).has("parent-platform"));
}

#[test]
fn needs_are_lineage_besides_from() {
    let outcome = top("from = \"g\"\nneeds = [{ image = \"low\", cuda = \"12.4\" }, \"middle\"]");
    let spec = outcome.spec("top/3.10");
    assert_eq!(
        spec.needs.join(" "),
        ["low/12.4", "middle/3.10_none"].join(" ")
    );
    assert_eq!(
        (spec.parent.as_deref(), spec.base.as_deref(), spec.layer),
        (None, Some("g"), 2)
    );
}

#[test]
fn a_layer_is_one_above_the_highest_it_stands_on() {
    let outcome = top("parent = \"middle\"\nneeds = [\"low\"]");
    let layers: Vec<_> = ["low/none", "middle/3.9_none", "top/3.9"]
        .map(|id| outcome.spec(id).layer)
        .to_vec();
    assert_eq!(layers, [0, 1, 2]);
    assert_eq!(outcome.plan().layers, 3);
}

#[test]
fn a_child_stands_on_its_parents_content() {
    let outcome = chain("");
    let parent = outcome.spec("low/12.4").content_reference.clone();
    assert!(
        outcome
            .dockerfile("middle/3.9_12.4")
            .contains(&format!("FROM {parent}\n"))
    );
}

#[test]
fn a_circle_is_a_finding() {
    let circle = "[image.a]\naxes = []\ntag = \"t\"\nparent = \"b\"\n[image.b]\naxes = []\ntag = \"t\"\nfrom = \"f\"\nneeds = [\"a\"]\n";
    let outcome = chain(circle);
    let finding = outcome.finding("lineage-cycle");
    assert_eq!(finding.primary.label, "a stands on b");
    assert_eq!(finding.related[0].label, "b stands on a");
}

#[test]
fn an_image_may_not_stand_on_its_own_cell() {
    assert!(chain("[image.a]\naxes = []\ntag = \"t\"\nparent = \"a\"\n").has("lineage-cycle"));
}

#[test]
fn an_image_may_stand_on_another_cell_of_its_own() {
    let outcome = chain(
        "[image.a]\naxes = [\"cuda\"]\ntag = \"{{ cuda or 'cpu' }}\"\nfrom = \"f\"\n\
         [[image.a.when]]\nmatch = { cuda = \"12.4\" }\nparent = { image = \"a\", cuda = \"none\" }\n",
    );
    assert_eq!(outcome.spec("a/12.4").parent.as_deref(), Some("a/none"));
}

/// Of two specs of one image, each is there by its place, and neither alone by the image's name.
#[test]
fn two_specs_of_one_image_are_a_list() {
    let matrix = |arg: &str| {
        format!(
            "axis.python = ['3.1', '3.10']\n[registry.r]\nprefix = 'r.io/o'\n[image.a]\ntag = '{{{{ python }}}}'\n\
             from = 'debian:13-slim'\npython = 'base'\n[image.b]\naxes = []\ntag = 'b'\nfrom = 'debian:13-slim'\n\
             needs = [{{ image = 'a', python = '3.1' }}, {{ image = 'a', python = '3.10' }}, {{ image = 'a', python = '3.1' }}]\n\
             args = {{ A = \"{arg}\" }}\n"
        )
    };
    let outcome = of(&matrix("{{ needs.a[0] }} {{ needs.a[1] }}"));
    assert_eq!(
        outcome.spec("b").needs.join(" "),
        ["a/3.1", "a/3.10"].join(" ")
    );
    let arg = outcome.spec("b").args.get("A").cloned().expect("an arg");
    let content = |id: &str| outcome.spec(id).content_reference.clone();
    assert_eq!(arg, format!("{} {}", content("a/3.1"), content("a/3.10")));
    let outcome = of(&matrix("{{ needs.a }}"));
    assert!(outcome.has("template-fault"), "{:?}", outcome.findings);
}
