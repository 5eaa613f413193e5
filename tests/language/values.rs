//! Values of axes, their names and attributes.

use super::fixture::{kept, of};

/// One image over an axis declared like this.
fn axis(declared: &str) -> super::fixture::Outcome {
    of(&format!(
        "[axis]\n{declared}\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n"
    ))
}

#[test]
fn values_are_strings_never_numbers() {
    let outcome = axis("x = [\"3.9\", 3.10]");
    assert_eq!(outcome.finding("wrong-type").help, ["quote it: `\"3.10\"`"]);
    assert!(axis("x = [true]").has("wrong-type"));
    assert!(axis("x = [{ value = 12 }]").has("wrong-type"));
    assert!(axis("x = [{ value = \"12\", sm = 90 }]").has("wrong-type"));
}

#[test]
fn a_value_of_digits_and_dots_compares_as_itself() {
    assert_eq!(
        kept(r#""9", "10", "3.13t", "1.x""#, r#"{ x = ">=9" }"#),
        "9 10"
    );
}

#[test]
fn a_value_with_a_pre_release_compares_as_one() {
    assert_eq!(
        kept(
            r#""3.15.0a1", "3.15.0-rc.1", "3.15rc2""#,
            r#"{ x = ">=3.15rc1" }"#
        ),
        "3.15.0-rc.1 3.15rc2"
    );
}

#[test]
fn version_is_the_attribute_a_value_compares_as() {
    let values =
        r#"{ value = "jammy", version = "22.04" }, { value = "noble", version = "24.04" }, "sid""#;
    assert_eq!(kept(values, r#"{ x = ">=23" }"#), "noble");
    assert_eq!(kept(values, r#"{ x = "22.*" }"#), "jammy");
    assert_eq!(kept(values, r#"{ x = "jammy" }"#), "jammy");
}

#[test]
fn a_version_attribute_that_is_no_version_is_a_finding() {
    assert!(axis(r#"x = [{ value = "a", version = "new" }]"#).has("invalid-version"));
}

#[test]
fn platform_is_the_oci_platform_of_an_arch() {
    let outcome = axis(r#"arch = ["arm64", { value = "pi", platform = "linux/arm/v7" }]"#);
    assert_eq!(outcome.platforms("i"), ["linux/arm64", "linux/arm/v7"]);
}

#[test]
fn platform_on_another_axis_is_a_finding() {
    assert!(axis(r#"x = [{ value = "a", platform = "linux/arm64" }]"#).has("unknown-key"));
}

#[test]
fn a_platform_outside_its_grammar_is_a_finding() {
    assert!(axis(r#"arch = [{ value = "pi", platform = "arm" }]"#).has("invalid-platform"));
    assert!(axis(r#"arch = ["ARM 64"]"#).has("invalid-platform"));
}

#[test]
fn a_value_may_not_start_with_a_sign_of_selectors() {
    for value in ["!x", "@x", "<1", ">1", "=1"] {
        assert!(
            axis(&format!("x = [\"{value}\"]")).has("invalid-value"),
            "{value}"
        );
    }
}

#[test]
fn a_value_may_not_hold_a_star_or_a_comma() {
    for value in ["1.*", "a,b"] {
        assert!(
            axis(&format!("x = [\"{value}\"]")).has("invalid-value"),
            "{value}"
        );
    }
}

#[test]
fn a_value_that_no_selector_could_name_is_a_finding() {
    for value in ["", " a", "a ", "a\\tb", "a\\nb"] {
        assert!(
            axis(&format!("x = [\"{value}\"]")).has("invalid-value"),
            "{value:?}"
        );
    }
}

#[test]
fn a_value_listed_twice_is_a_finding() {
    assert!(axis(r#"x = ["a", { value = "a", os = "b" }]"#).has("duplicate-value"));
}

#[test]
fn values_that_compare_alike_are_still_two() {
    assert_eq!(
        kept(r#""12", "12.0""#, r#"{ x = ["12", ">=12"] }"#),
        "12 12.0"
    );
}

#[test]
fn axis_names_are_lower_case_words() {
    for name in ["Python", "1x", "_x", "\"a b\"", "\"é\"", "\"\""] {
        assert!(
            axis(&format!("{name} = [\"1\"]")).has("invalid-name"),
            "{name}"
        );
    }
    assert!(!axis("a1_b-c = [\"1\"]").has("invalid-name"));
}

#[test]
fn some_axis_names_are_reserved() {
    for name in ["image", "release", "parent", "from", "registry"] {
        assert!(
            axis(&format!("{name} = [\"1\"]")).has("invalid-name"),
            "{name}"
        );
    }
}

#[test]
fn two_axes_may_not_be_one_name_in_templates() {
    assert!(axis("a-b = [\"1\"]\na_b = [\"1\"]").has("invalid-name"));
}

#[test]
fn an_attribute_is_a_word_and_not_one_that_versions_have() {
    assert!(axis(r#"x = [{ value = "1", "cuda-dnn" = "9" }]"#).has("invalid-name"));
    assert!(axis(r#"x = [{ value = "1", major = "9" }]"#).has("invalid-name"));
}

#[test]
fn a_table_without_its_value_is_a_finding() {
    assert!(axis(r#"x = [{ os = "noble" }]"#).has("missing-key"));
}

#[test]
fn ids_hold_every_value_safely() {
    let outcome = of(
        "[axis]\nx = [\"a_b/c ü\", \"..\"]\n[image.i]\ntag = \"{{ 1 if x is matching('..') else 2 }}\"\nfrom = \"f\"\n",
    );
    assert_eq!(outcome.ids(), ["i/a=5Fb=2Fc=20=C3=BC", "i/=2E=2E"]);
}
