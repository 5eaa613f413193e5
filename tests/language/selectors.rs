//! Selectors: what their terms mean, and that they mean it everywhere.

use super::fixture::{kept, of};
use crate::support::{project, run, stdout};

const CUDA: &str = r#""none", "11.8.0", "12", "12.4", "12.4.1", "12.8.1", "13.0rc1", "edge""#;

fn x(term: &str) -> String {
    kept(CUDA, &format!("{{ x = {term} }}"))
}

#[test]
fn a_term_is_equality_of_text() {
    assert_eq!(x(r#""12.4""#), "12.4");
    assert_eq!(x(r#""edge""#), "edge");
}

#[test]
fn a_list_of_terms_holds_if_any_does() {
    assert_eq!(x(r#"["none", ">=12.8"]"#), "none 12.8.1 13.0rc1");
}

#[test]
fn terms_joined_by_a_comma_must_all_hold() {
    assert_eq!(x(r#"">=12,!12.4,!edge""#), "12 12.4.1 12.8.1 13.0rc1");
}

#[test]
fn an_exclamation_mark_negates() {
    assert_eq!(x(r#""!12.4""#), "none 11.8.0 12 12.4.1 12.8.1 13.0rc1 edge");
    assert_eq!(x(r#""!12.*""#), "none 11.8.0 13.0rc1 edge");
}

#[test]
fn ranges_compare_versions_number_by_number() {
    assert_eq!(
        kept(r#""3.9", "3.10", "3.11""#, r#"{ x = ">=3.10" }"#),
        "3.10 3.11"
    );
    assert_eq!(x(r#"">=12,<13""#), "12 12.4 12.4.1 12.8.1 13.0rc1");
    assert_eq!(x(r#"">12.4""#), "12.4.1 12.8.1 13.0rc1");
    assert_eq!(x(r#""<=12.4.0""#), "11.8.0 12 12.4");
}

#[test]
fn a_pre_release_is_older_than_its_final_version() {
    assert_eq!(
        kept(r#""3.15.0rc1", "3.15.0""#, r#"{ x = "<3.15" }"#),
        "3.15.0rc1"
    );
    assert_eq!(
        kept(r#""3.15.0a2", "3.15.0rc1""#, r#"{ x = ">=3.15.0rc1" }"#),
        "3.15.0rc1"
    );
}

#[test]
fn ranges_never_match_none_or_plain_strings() {
    assert_eq!(x(r#"">=0""#), "11.8.0 12 12.4 12.4.1 12.8.1 13.0rc1");
    assert_eq!(x(r#""<99""#), "11.8.0 12 12.4 12.4.1 12.8.1 13.0rc1");
    assert_eq!(x(r#""!>=0""#), "none edge");
}

#[test]
fn a_version_with_a_star_means_it_and_what_it_begins() {
    assert_eq!(x(r#""12.4.*""#), "12.4 12.4.1");
    assert_eq!(x(r#""12.*""#), "12 12.4 12.4.1 12.8.1");
    assert_eq!(
        kept(r#""3.1", "3.10", "3.11""#, r#"{ x = "3.1.*" }"#),
        "3.1"
    );
}

#[test]
fn a_missing_part_is_zero_so_12_0_star_means_12() {
    assert_eq!(x(r#""12.0.*""#), "12");
}

#[test]
fn a_star_elsewhere_is_a_glob_over_the_text() {
    assert_eq!(x(r#""*e*""#), "none edge");
    assert_eq!(x(r#""1*1""#), "12.4.1 12.8.1 13.0rc1");
    assert_eq!(x(r#""!*""#), "");
    assert_eq!(kept(r#""3.1", "3.10""#, r#"{ x = "3.1*" }"#), "3.1 3.10");
}

const TWO: &str = r#"
[axis]
a = ["1", "2"]
b = ["x", "y"]
[set]
one = { a = "1" }
more = ["@one", { b = "y" }]
[image.i]
tag = "{{ a }}{{ b }}"
from = "f:{{ a }}{{ b }}"
"#;

fn two(selector: &str) -> Vec<String> {
    let text = TWO.replace("[image.i]", &format!("[image.i]\nmatch = {selector}"));
    of(&text).ids().into_iter().map(str::to_owned).collect()
}

#[test]
fn all_keys_must_hold() {
    assert_eq!(two(r#"{ a = "1", b = "y" }"#), ["i/1_y"]);
}

#[test]
fn a_list_of_selectors_holds_if_any_does() {
    assert_eq!(
        two(r#"[{ a = "1", b = "y" }, { b = "x" }]"#),
        ["i/1_x", "i/1_y", "i/2_x"]
    );
}

#[test]
fn a_set_is_a_whole_selector_and_may_stand_in_a_list_or_a_set() {
    assert_eq!(two(r#""@one""#), ["i/1_x", "i/1_y"]);
    assert_eq!(two(r#"["@one", { b = "x" }]"#), ["i/1_x", "i/1_y", "i/2_x"]);
    assert_eq!(two(r#""@more""#), ["i/1_x", "i/1_y", "i/2_y"]);
}

#[test]
fn a_set_within_a_term_is_a_finding() {
    let text = TWO.replace("[image.i]", "[image.i]\nmatch = { a = \"@one\" }");
    assert!(of(&text).finding("selector-syntax").help[0].contains("match = \"@one\""));
}

#[test]
fn a_circle_of_sets_is_a_finding() {
    assert!(of(&TWO.replace("{ a = \"1\" }", "\"@more\"")).has("selector-syntax"));
}

#[test]
fn a_set_nothing_refers_to_is_a_finding() {
    let text = TWO.replace("[image.i]", "[image.i]\nmatch = \"@one\"");
    assert_eq!(
        of(&text).finding("unused-set").headline,
        "nothing refers to `@more`"
    );
}

#[test]
fn the_key_image_means_images_by_any_term() {
    let rule = |term: &str| {
        let text = format!(
            "{TWO}[image.j]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n[[exclude]]\nmatch = {{ image = {term} }}\nreason = \"r\"\n"
        );
        of(&text).ids().len()
    };
    assert_eq!(rule("\"j\""), 4);
    assert_eq!(rule("\"!j\""), 1);
    assert_eq!(rule("\"i*\""), 1);
    assert_eq!(rule("[\"j\", \"nobody*\"]"), 4);
}

#[test]
fn unknown_axes_values_images_and_sets_are_findings_with_the_nearest_name() {
    for (selector, code, near) in [
        (r#"{ aa = "1" }"#, "unknown-axis", "`a`"),
        (r#"{ b = "xx" }"#, "unknown-value", "`x`"),
        (r#"{ image = "ii" }"#, "unknown-image", "`i`"),
        (r#""@on""#, "unknown-set", "`@one`"),
    ] {
        let text = TWO.replace("[image.i]", &format!("[image.i]\nmatch = {selector}"));
        assert!(of(&text).finding(code).help[0].contains(near), "{selector}");
    }
}

#[test]
fn a_range_or_glob_may_match_nothing_a_plain_value_may_not() {
    assert_eq!(x(r#"["none", ">=99", "z*"]"#), "none");
    let text = TWO.replace("[image.i]", "[image.i]\nmatch = { a = [\"1\", \"!3\"] }");
    assert!(of(&text).has("unknown-value"));
}

#[test]
fn a_term_that_cannot_be_read_is_a_finding() {
    for term in [">=new", "==1", "", "1,", "!", "!!1", ">", "<=a.b"] {
        let text = TWO.replace(
            "[image.i]",
            &format!("[image.i]\nmatch = {{ a = \"{term}\" }}"),
        );
        assert!(of(&text).has("selector-syntax"), "{term}");
    }
}

#[test]
fn an_empty_list_holds_for_nothing_and_is_a_finding() {
    assert!(of(&TWO.replace("[image.i]", "[image.i]\nmatch = []")).has("selector-syntax"));
    assert!(of(&TWO.replace("[image.i]", "[image.i]\nmatch = { a = [] }")).has("selector-syntax"));
}

/// `a = "2"` over two images, wherever a selector may stand.
#[test]
fn a_selector_means_the_same_in_rules_images_when_aliases_and_expectations() {
    let has_two = |outcome: &super::fixture::Outcome| outcome.ids() == ["i/2_x", "i/2_y"];
    assert!(has_two(&of(
        &TWO.replace("[image.i]", "[image.i]\nmatch = { a = \">1\" }")
    )));
    assert!(has_two(&of(&format!(
        "{TWO}[[exclude]]\nmatch = {{ a = \"!>1\" }}\nreason = \"r\"\n"
    ))));
    let when = of(&format!(
        "{TWO}[[image.i.when]]\nmatch = {{ a = \">1\" }}\nargs = {{ X = \"{{{{ a }}}}{{{{ b }}}}\" }}\n"
    ));
    assert_eq!(when.args(), ["2x", "2y"]);
    let alias = of(&format!(
        "{TWO}[[alias]]\nmatch = {{ a = \">1\" }}\ntags = [\"new-{{{{ b }}}}\"]\n"
    ));
    assert_eq!(alias.aliases(), ["i/2_x i:new-x", "i/2_y i:new-y"]);
    let expect = of(&format!(
        "{TWO}[[expect]]\nmatch = {{ a = \">1\" }}\ncount = 2\n"
    ));
    assert!(!expect.has("expectation-failed"));
}

#[test]
fn only_is_one_selector_and_repeats_are_or() {
    let folder = project(&[("matrix.toml", TWO)]);
    let list = |only: &[&str]| {
        let mut args = vec!["list", "--format", "lines"];
        args.extend(only.iter().flat_map(|one| ["--only", one]));
        stdout(&run(folder.path(), &args))
            .lines()
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(list(&["a=2,b=y"]), "i:2y");
    assert_eq!(list(&["a=2,b=y", "a=1,b=x"]), "i:1x i:2y");
    assert_eq!(list(&["a=>=1,<2"]), "i:1x i:1y");
    assert_eq!(list(&["@more", "b=x"]), "i:1x i:1y i:2x i:2y");
    assert_eq!(list(&["@one"]), "i:1x i:1y");
}

#[test]
fn explain_reads_the_same_selectors() {
    let text = format!(
        "{TWO}[[exclude]]\nmatch = {{ a = \"2\", b = \"y\" }}\nreason = \"no such wheel\"\n"
    );
    let folder = project(&[("matrix.toml", &text)]);
    let said = stdout(&run(folder.path(), &["explain", "a=>1,b=y"]));
    assert!(
        said.contains("no such wheel") && said.contains("matrix.toml:"),
        "{said}"
    );
}
