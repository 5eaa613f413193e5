//! Selectors, products and merging in small matrices, worked out by hand: why the oracle is believed.
//! `selected.rs` goes on with attributes and sets, `merged.rs` with layers of keys, `relations.rs` with parents,
//! registries and aliases.

use crate::oracle::expand::plan;
use crate::oracle::model::Contradiction::{self, *};
use crate::oracle::model::{Fault, Plan, Spec};

pub(super) fn planned(text: &str) -> Plan {
    plan(text).unwrap_or_else(|fault| panic!("{fault:?}\n{text}"))
}

pub(super) fn ids(text: &str) -> Vec<String> {
    planned(text)
        .specs
        .into_iter()
        .map(|spec| spec.id)
        .collect()
}

pub(super) fn spec(text: &str, id: &str) -> Spec {
    let plan = planned(text);
    plan.specs
        .into_iter()
        .find(|spec| spec.id == id)
        .unwrap_or_else(|| panic!("no `{id}`\n{text}"))
}

pub(super) fn contradicts(text: &str, kind: Contradiction) {
    match plan(text) {
        Err(Fault::Contradiction(found, _)) if found == kind => {}
        other => panic!("{kind:?} expected, not {other:?}\n{text}"),
    }
}

/// The values of one axis that a selector keeps.
fn kept(values: &str, matching: &str) -> String {
    let text = format!(
        "[axis]\nx = [{values}]\n[image.i]\nmatch = {matching}\ntag = \"t{{{{ x if x }}}}\"\nfrom = \"f\"\n"
    );
    match plan(&text) {
        Ok(plan) => plan
            .specs
            .iter()
            .map(|spec| spec.cell[0].1.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        Err(Fault::Contradiction(NoSpec, _)) => String::new(),
        Err(fault) => panic!("{fault:?}\n{text}"),
    }
}

#[test]
fn selector_terms() {
    let cuda = r#""none", "11.8.0", "12.4", "12.4.1", "12.8.1", "13.0rc1", "edge""#;
    for (term, expected) in [
        (r#""12.4""#, "12.4"),
        (r#""!12.4""#, "none 11.8.0 12.4.1 12.8.1 13.0rc1 edge"),
        (r#"["none", "12.4"]"#, "none 12.4"),
        (
            r#"["!none", "12.4"]"#,
            "11.8.0 12.4 12.4.1 12.8.1 13.0rc1 edge",
        ),
        (r#"">=12""#, "12.4 12.4.1 12.8.1 13.0rc1"),
        (r#"">=12,<13""#, "12.4 12.4.1 12.8.1 13.0rc1"),
        (r#"">=12.4.1,<13.0rc1""#, "12.4.1 12.8.1"),
        (r#"">12.4.0,!12.8.1""#, "12.4.1 13.0rc1"),
        (r#""<=12.4.0""#, "11.8.0 12.4"),
        (r#""!>=12""#, "none 11.8.0 edge"),
        (r#""!none,!edge,!12.*""#, "11.8.0 13.0rc1"),
        (r#""12.4.*""#, "12.4 12.4.1"),
        (r#""!12.4.*""#, "none 11.8.0 12.8.1 13.0rc1 edge"),
        (r#""12.*""#, "12.4 12.4.1 12.8.1"),
        (r#""13.0.*""#, "13.0rc1"),
        (r#""1*1""#, "12.4.1 12.8.1 13.0rc1"),
        (r#""*e*""#, "none edge"),
        (r#""!*""#, ""),
        (r#"[">=13", "<12", "none"]"#, "none 11.8.0"),
    ] {
        assert_eq!(kept(cuda, &format!("{{ x = {term} }}")), expected, "{term}");
    }
    let distro = r#"{ value = "jammy", version = "22.04" }, { value = "noble", version = "24.04" }, "22.04", "sid""#;
    for (term, expected) in [
        (r#"">=22.04""#, "jammy noble 22.04"),
        (r#""22.04.*""#, "jammy 22.04"),
        (r#""22.04""#, "22.04"),
        (r#""2*""#, "22.04"),
        (r#""!<24""#, "noble sid"),
    ] {
        assert_eq!(
            kept(distro, &format!("{{ x = {term} }}")),
            expected,
            "{term}"
        );
    }
    assert_eq!(
        kept(cuda, r#"[{ x = "none" }, { x = ">=12.8,<12.9" }]"#),
        "none 12.8.1"
    );
}

#[test]
fn sets_stand_for_whole_selectors() {
    let text = |matching: &str| {
        format!(
            "[axis]\na = [\"1\", \"2\"]\nb = [\"x\", \"y\"]\n[set]\none = {{ a = \"1\" }}\nmore = [\"@one\", {{ b = \"y\" }}]\n\
             [image.i]\nmatch = {matching}\ntag = \"{{{{ a }}}}{{{{ b }}}}\"\nfrom = \"f\"\n"
        )
    };
    assert_eq!(ids(&text(r#""@one""#)), ["i/1_x", "i/1_y"]);
    assert_eq!(ids(&text(r#""@more""#)), ["i/1_x", "i/1_y", "i/2_y"]);
    assert_eq!(
        ids(&text(r#"["@one", { a = "2", b = "x" }]"#)),
        ["i/1_x", "i/1_y", "i/2_x"]
    );
}

const TWO: &str = r#"
[axis]
py = ["3.9", "3.10"]
cuda = ["none", "12_x"]
arch = ["amd64", { value = "pi", platform = "linux/arm/v7" }]
[image.low]
axes = ["cuda"]
tag = "{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.high]
axes = ["cuda", "py"]
tag = "{{ py }}-{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.bare]
axes = []
tag = "one"
from = "f"
"#;

#[test]
fn products_follow_the_images_own_axes() {
    let expected = [
        "low/none",
        "low/12=5Fx",
        "high/none_3.9",
        "high/none_3.10",
        "high/12=5Fx_3.9",
        "high/12=5Fx_3.10",
        "bare",
    ];
    assert_eq!(ids(TWO), expected);
    let high = spec(TWO, "high/12=5Fx_3.9");
    assert_eq!(
        high.cell,
        [
            ("cuda".to_string(), "12_x".to_string()),
            ("py".to_string(), "3.9".to_string())
        ]
    );
    assert_eq!(high.platforms, ["linux/amd64", "linux/arm/v7"]);
    assert_eq!(high.references, ["high:3.9-12_x"]);
    assert!(!high.immutable);
}

#[test]
fn excludes_touch_only_images_with_their_axes() {
    let with = |matching: &str| format!("{TWO}\n[[exclude]]\nreason = \"r\"\nmatch = {matching}\n");
    // `low` has no `py`: a rule that names it is not about `low`, even when negated.
    assert_eq!(
        ids(&with(r#"{ py = "!3.10" }"#)),
        [
            "low/none",
            "low/12=5Fx",
            "high/none_3.10",
            "high/12=5Fx_3.10",
            "bare"
        ]
    );
    assert_eq!(
        ids(&with(r#"{ cuda = "none" }"#)),
        ["low/12=5Fx", "high/12=5Fx_3.9", "high/12=5Fx_3.10", "bare"]
    );
    assert_eq!(ids(&with(r#"{ image = ["low", "h*"] }"#)), ["bare"]);
    assert_eq!(
        ids(&with(r#"{ image = "!bare", cuda = "none", py = "3.9" }"#)).len(),
        6
    );
    assert_eq!(
        ids(&with(
            r#"[{ py = "3.9", cuda = "none" }, { image = "low" }]"#
        ))
        .len(),
        4
    );
    // An `arch` takes that platform; with none left the spec is gone.
    let text = with(r#"{ arch = "pi", py = "3.9" }"#);
    assert_eq!(spec(&text, "high/none_3.9").platforms, ["linux/amd64"]);
    assert_eq!(
        spec(&text, "low/none").platforms,
        ["linux/amd64", "linux/arm/v7"]
    );
    assert_eq!(
        ids(&with(r#"{ arch = ["pi", "amd64"], image = "high" }"#)),
        ["low/none", "low/12=5Fx", "bare"]
    );
    contradicts(&with(r#"{ arch = "*" }"#), NoSpec);
}

#[test]
fn arch_folds_unless_printed() {
    let printed = TWO.replace("tag = \"one\"", "tag = \"one-{{ arch }}\"");
    let pi = spec(&printed, "bare/pi");
    assert_eq!(pi.cell, [("arch".to_string(), "pi".to_string())]);
    assert_eq!(
        (pi.platforms, pi.references),
        (
            vec!["linux/arm/v7".to_string()],
            vec!["bare:one-pi".to_string()]
        )
    );
    assert_eq!(spec(&printed, "bare/amd64").platforms, ["linux/amd64"]);
    let no_arch = "[image.i]\ntag = \"t\"\nfrom = \"f\"\n";
    assert_eq!(spec(no_arch, "i").platforms, ["linux/amd64"]);
    assert_eq!(
        spec(&format!("{no_arch}platforms = [\"linux/s390x\"]\n"), "i").platforms,
        ["linux/s390x"]
    );
    assert_eq!(
        spec(
            &TWO.replace(
                "tag = \"one\"",
                "tag = \"one\"\nplatforms = [\"linux/arm/v7\"]"
            ),
            "bare"
        )
        .platforms,
        ["linux/arm/v7"]
    );
}

#[test]
fn layers_of_keys_merge() {
    let text = r#"
[defaults]
args = { A = "default", B = "default" }
from = "defaults"
[axis]
x = ["none", "1", "2"]
[image.low]
axes = []
tag = "t"
[image.i]
parent = "low"
tag = "{{ x if x else 'no' }}"
args = { C = "{{ image }}", A = "image" }
[[image.i.when]]
match = { x = "!none" }
args = { X = "{{ x.major }}" }
from = "f:{{ x }}"
[[image.i.when]]
match = { x = "2" }
args = { B = "second", X = "over {{ from }}" }
needs = ["low"]
[[image.i.when]]
match = { x = "2" }
tag = "two"
"#;
    let args = |id: &str| {
        spec(text, id)
            .args
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(spec(text, "low").base.as_deref(), Some("defaults"));
    assert_eq!(args("i/none"), "A=image B=default C=i");
    assert_eq!(args("i/1"), "A=image B=default C=i X=1");
    assert_eq!(args("i/2"), "A=image B=second C=i X=over f:2");
    let none = spec(text, "i/none");
    assert_eq!(
        (none.parent.as_deref(), none.base, none.layer),
        (Some("low"), None, 1)
    );
    let two = spec(text, "i/2");
    assert_eq!(
        (two.parent, two.base.as_deref(), two.layer),
        (None, Some("f:2"), 1)
    );
    assert_eq!(
        (two.needs, two.references),
        (vec!["low".to_string()], vec!["i:two".to_string()])
    );
    contradicts("[image.i]\ntag = \"t\"\n", Base);
}
