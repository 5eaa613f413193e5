//! What exists.

use super::fixture::of;

const TWO: &str = r#"
[axis]
py = ["3.9", "3.10"]
cuda = ["none", "12"]
arch = ["amd64", "arm64"]
[image.low]
axes = ["cuda"]
tag = "{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.high]
axes = ["cuda", "py"]
tag = "{{ py }}-{{ cuda if cuda else 'cpu' }}"
from = "f"
"#;

fn two(rules: &str) -> super::fixture::Outcome {
    of(&format!("{TWO}{rules}"))
}

fn exclude(selector: &str) -> String {
    format!("[[exclude]]\nmatch = {selector}\nreason = \"r\"\n")
}

#[test]
fn each_image_expands_over_its_own_axes_the_first_slowest() {
    assert_eq!(
        two("").ids(),
        [
            "low/none",
            "low/12",
            "high/none_3.9",
            "high/none_3.10",
            "high/12_3.9",
            "high/12_3.10"
        ]
    );
}

#[test]
fn an_image_varies_over_every_axis_by_default_in_declared_order() {
    let text = "[axis]\nb = [\"1\"]\na = [\"x\", \"y\"]\n[image.i]\ntag = \"{{ a }}{{ b }}\"\nfrom = \"f\"\n";
    assert_eq!(of(text).ids(), ["i/1_x", "i/1_y"]);
}

#[test]
fn a_spec_exists_iff_the_match_accepts_it_and_no_exclude_does() {
    let text = TWO.replace(
        "axes = [\"cuda\", \"py\"]",
        "axes = [\"cuda\", \"py\"]\nmatch = { py = \"3.9\" }",
    );
    let ids = of(&format!(
        "{text}{}",
        exclude(r#"{ py = "*", cuda = "12" }"#)
    ));
    assert_eq!(ids.ids(), ["low/none", "low/12", "high/none_3.9"]);
}

#[test]
fn the_order_of_excludes_plays_no_part() {
    let (a, b) = (
        exclude(r#"{ py = "3.9" }"#),
        exclude(r#"{ cuda = "none" }"#),
    );
    let (one, other) = (two(&format!("{a}{b}")), two(&format!("{b}{a}")));
    assert_eq!(one.ids(), other.ids());
    assert_eq!(one.ids(), ["low/12", "high/12_3.10"]);
}

#[test]
fn an_exclude_that_names_an_axis_the_image_lacks_does_not_touch_it() {
    for selector in [
        r#"{ py = "3.9" }"#,
        r#"{ py = "!3.10" }"#,
        r#"{ py = "3.9", cuda = ["none", "12"] }"#,
    ] {
        let ids = two(&exclude(selector));
        assert_eq!(
            ids.ids(),
            ["low/none", "low/12", "high/none_3.10", "high/12_3.10"],
            "{selector}"
        );
    }
}

#[test]
fn a_match_that_names_an_axis_its_image_lacks_is_a_finding() {
    let text = TWO.replace(
        "axes = [\"cuda\"]\n",
        "axes = [\"cuda\"]\nmatch = { py = \"3.9\" }\n",
    );
    assert!(
        of(&text)
            .finding("unknown-axis")
            .headline
            .contains("`low` has no axis `py`")
    );
}

#[test]
fn arch_in_an_exclude_removes_that_platform_only() {
    let outcome = two(&exclude(r#"{ arch = "arm64", py = "3.9" }"#));
    assert_eq!(outcome.platforms("high/none_3.9"), ["linux/amd64"]);
    assert_eq!(
        outcome.platforms("high/none_3.10"),
        ["linux/amd64", "linux/arm64"]
    );
    assert_eq!(
        outcome.platforms("low/none"),
        ["linux/amd64", "linux/arm64"]
    );
}

#[test]
fn arch_in_a_match_removes_the_other_platforms() {
    let text = TWO.replace(
        "axes = [\"cuda\"]\n",
        "axes = [\"cuda\"]\nmatch = { arch = \"arm64\" }\n",
    );
    assert_eq!(of(&text).platforms("low/12"), ["linux/arm64"]);
}

#[test]
fn a_spec_with_no_platform_left_is_gone() {
    let rules = exclude(r#"{ arch = "arm64" , cuda = "12" }"#)
        + &exclude(r#"{ arch = "amd64", py = "*", cuda = "12" }"#);
    assert_eq!(
        two(&rules).ids(),
        ["low/none", "low/12", "high/none_3.9", "high/none_3.10"]
    );
}

#[test]
fn without_an_arch_axis_the_platform_is_linux_amd64() {
    assert_eq!(
        of("[image.i]\ntag = \"t\"\nfrom = \"f\"\n").platforms("i"),
        ["linux/amd64"]
    );
}

#[test]
fn no_axes_are_exactly_one_cell() {
    assert_eq!(of("[image.i]\ntag = \"t\"\nfrom = \"f\"\n").ids(), ["i"]);
    let listed = two("[image.bare]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n");
    assert_eq!(listed.ids()[6..], ["bare"]);
    assert!(listed.spec("bare").cell.is_empty());
}

#[test]
fn an_arch_axis_alone_is_one_spec_of_many_platforms() {
    let outcome =
        of("[axis]\narch = [\"arm64\", \"amd64\"]\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n");
    assert_eq!(outcome.ids(), ["i"]);
    assert_eq!(outcome.platforms("i"), ["linux/arm64", "linux/amd64"]);
}

#[test]
fn an_arch_printed_in_name_or_tag_is_not_folded_and_stands_last() {
    for keys in [
        "tag = \"{{ py }}-{{ arch }}\"",
        "name = \"i-{{ arch }}\"\ntag = \"{{ py }}\"",
    ] {
        let text = format!(
            "[axis]\narch = [\"amd64\", \"arm64\"]\npy = [\"3.9\"]\n[image.i]\n{keys}\nfrom = \"f:{{{{ py }}}}\"\n"
        );
        let outcome = of(&text);
        assert_eq!(outcome.ids(), ["i/3.9_amd64", "i/3.9_arm64"]);
        assert_eq!(outcome.platforms("i/3.9_arm64"), ["linux/arm64"]);
        assert_eq!(
            outcome
                .spec("i/3.9_arm64")
                .cell
                .iter()
                .nth(1)
                .map(|(k, _)| &**k),
            Some("arch")
        );
    }
}

#[test]
fn an_image_never_lists_arch() {
    let text = TWO.replace("axes = [\"cuda\"]\n", "axes = [\"cuda\", \"arch\"]\n");
    assert!(
        of(&text)
            .finding("unknown-axis")
            .headline
            .contains("lists `arch`")
    );
}

#[test]
fn an_exclude_that_alone_removes_nothing_is_a_finding() {
    let dead = two(&exclude(r#"{ image = "low", py = "3.9" }"#));
    assert!(dead.finding("dead-rule").notes[0].contains('r'));
    assert!(two(&exclude(r#"{ py = ">=4" }"#)).has("dead-rule"));
}

#[test]
fn an_exclude_that_another_one_covers_is_alive_against_the_products() {
    let rules = exclude(r#"{ py = "3.9" }"#) + &exclude(r#"{ py = "3.9", cuda = "12" }"#);
    assert!(!two(&rules).has("dead-rule"));
}

#[test]
fn a_match_that_alone_removes_nothing_is_a_finding() {
    let text = TWO.replace(
        "axes = [\"cuda\"]\n",
        "axes = [\"cuda\"]\nmatch = { cuda = \"*\" }\n",
    );
    assert!(of(&text).has("dead-match"));
}

#[test]
fn a_when_row_that_applies_to_no_spec_is_a_finding() {
    let row =
        |py: &str| format!("[[image.high.when]]\nmatch = {{ py = \"{py}\" }}\napt = [\"git\"]\n");
    let rules = row("3.9") + &exclude(r#"{ py = "3.9" }"#);
    assert!(two(&rules).has("dead-when"));
    assert!(!two(&row("3.9")).has("dead-when"));
}

#[test]
fn a_value_no_spec_uses_is_a_finding() {
    let outcome = two(&exclude(r#"{ py = "3.9" }"#));
    assert_eq!(
        outcome.finding("unused-value").headline,
        "no spec has `py` = `3.9`"
    );
    assert!(two(&exclude(r#"{ arch = "arm64" }"#)).has("unused-value"));
    assert!(!two("").has("unused-value"));
}

#[test]
fn an_axis_no_image_uses_is_a_finding() {
    let text = "[axis]\nx = [\"1\"]\n[image.i]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n";
    assert!(of(text).has("unused-axis"));
}

#[test]
fn an_image_without_a_cell_is_a_finding_and_the_others_are_planned() {
    let outcome = two(&exclude(r#"{ image = "low" }"#));
    assert!(outcome.has("no-cells"));
    assert_eq!(outcome.ids().len(), 4);
}

#[test]
fn a_matrix_without_any_spec_has_no_plan() {
    let outcome = two(&exclude(r#"{ image = "*" }"#));
    assert!(outcome.stopped() && outcome.has("no-specs"));
}

#[test]
fn an_axis_without_values_is_a_finding() {
    assert!(of("[axis]\nx = []\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n").has("empty-axis"));
}

#[test]
fn an_absurd_product_is_refused_and_its_axes_named() {
    let values: Vec<String> = (0..100).map(|n| format!("\"{n}\"")).collect();
    let axes: String = "abcdef"
        .chars()
        .map(|a| format!("{a} = [{}]\n", values.join(", ")))
        .collect();
    let outcome = of(&format!(
        "[axis]\n{axes}[image.i]\ntag = \"t\"\nfrom = \"f\"\n"
    ));
    let finding = outcome.finding("product-too-large");
    assert!(
        finding.headline.contains("1,000,000,000,000 cells"),
        "{}",
        finding.headline
    );
    assert!(
        finding.notes[0].contains("`a` (100) × `b` (100)"),
        "{}",
        finding.notes[0]
    );
}

#[test]
fn expectations_hold_or_are_findings() {
    let expect = |what: &str| two(&format!("[[expect]]\n{what}\n"));
    assert!(!expect("count = 6").has("expectation-failed"));
    assert!(expect("count = 5").has("expectation-failed"));
    assert!(!expect("match = { image = \"low\" }\ncount = 2").has("expectation-failed"));
    assert!(!expect("present = [{ py = \"3.9\", arch = \"arm64\" }]").has("expectation-failed"));
    assert!(expect("present = [{ image = \"low\", py = \"3.9\" }]").has("expectation-failed"));
    assert!(
        expect("absent = [\"@cpu\"]\n[set]\ncpu = { cuda = \"none\" }").has("expectation-failed")
    );
    assert!(!expect("absent = [{ cuda = \">=13\" }]").has("expectation-failed"));
}
