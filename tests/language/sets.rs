//! Sets that compose: beside other keys, several of them, and what they do not hold for.

use super::fixture::{Outcome, of};
use crate::support::{project, run, stdout};

const SETS: &str = r#"
[axis]
a = ["1", "2", "3"]
b = ["x", "y"]
arch = ["amd64", "arm64"]
[set]
low = { a = "<3" }
y = { b = "y" }
pair = { a = "<3", b = "y" }
low-y = { set = "@low", b = "y" }
arm = { arch = "arm64" }
either = ["@low-y", { a = "3", b = "x" }]
of-i = { image = "i", a = "1" }
"#;

fn sets(selector: &str) -> Outcome {
    of(&format!(
        "{SETS}[image.i]\nmatch = {selector}\ntag = \"{{{{ a }}}}{{{{ b }}}}\"\nfrom = \"f:{{{{ a }}}}{{{{ b }}}}\"\n[image.j]\naxes = [\"a\"]\ntag = \"{{{{ a }}}}\"\nfrom = \"f:{{{{ a }}}}\"\n"
    ))
}

/// The cells of `i` that a selector keeps.
fn kept(selector: &str) -> String {
    let outcome = sets(selector);
    let ids = outcome
        .ids()
        .into_iter()
        .filter_map(|id| id.strip_prefix("i/"));
    ids.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_set_stands_beside_other_keys() {
    assert_eq!(kept(r#"{ set = "@low", b = "x" }"#), "1_x 2_x");
    assert_eq!(kept(r#""set=@low,b=x""#), "1_x 2_x");
    assert_eq!(kept(r#"{ set = "@low-y", a = "!1" }"#), "2_y");
    let arm = sets(r#"{ set = "@low", arch = "arm64" }"#);
    assert_eq!(arm.platforms("i/1_x"), ["linux/arm64"]);
}

#[test]
fn of_a_list_any_may_hold_and_of_parts_all_must() {
    assert_eq!(kept(r#"{ set = ["@low", "@y"] }"#), "1_x 1_y 2_x 2_y 3_y");
    assert_eq!(kept(r#"{ set = "@low,@y" }"#), "1_y 2_y");
    assert_eq!(kept(r#"{ set = "@either,!@y" }"#), "3_x");
}

#[test]
fn an_exclamation_mark_means_what_a_set_does_not_hold_for() {
    assert_eq!(kept(r#""!@low""#), "3_x 3_y");
    assert_eq!(kept(r#"{ set = "!@low", b = "y" }"#), "3_y");
    assert_eq!(kept(r#""!@low-y""#), "1_x 2_x 3_x 3_y");
    assert_eq!(kept(r#""!@either""#), "1_x 2_x 3_y");
    assert_eq!(kept(r#"{ set = ["!@low", "@y"] }"#), "1_y 2_y 3_x 3_y");
    assert_eq!(kept(r#"{ set = "!@low,!@y" }"#), "3_x");
}

#[test]
fn a_complement_is_taken_platform_by_platform() {
    assert_eq!(sets("\"!@arm\"").platforms("i/1_x"), ["linux/amd64"]);
}

/// What an exclude by that selector leaves.
fn left(selector: &str) -> String {
    let outcome = of(&format!(
        "{SETS}[image.i]\ntag = \"{{{{ a }}}}{{{{ b }}}}\"\nfrom = \"f:{{{{ a }}}}{{{{ b }}}}\"\n[image.j]\naxes = [\"a\"]\ntag = \"{{{{ a }}}}\"\nfrom = \"f:{{{{ a }}}}\"\n[[exclude]]\nmatch = {selector}\nreason = \"r\"\n"
    ));
    outcome.ids().join(" ")
}

#[test]
fn a_complement_is_among_images_that_have_all_axes_of_the_set() {
    assert_eq!(left(r#""!@low-y""#), "i/1_y i/2_y j/1 j/2 j/3");
    assert_eq!(left(r#""!@pair""#), "i/1_y i/2_y j/1 j/2 j/3");
    assert_eq!(left(r#""!@low""#), "i/1_x i/1_y i/2_x i/2_y j/1 j/2");
    assert_eq!(left(r#""!@of-i""#), "i/1_x i/1_y");
}

#[test]
fn a_complement_of_a_complement_is_the_set_among_those_images() {
    let twice = |selector: &str| {
        let text = SETS.replace(
            "[set]",
            "[set]\nnot-low-y = \"!@low-y\"\nnot-arm = \"!@arm\"",
        );
        let outcome = of(&format!(
            "{text}[image.i]\nmatch = {selector}\ntag = \"{{{{ a }}}}{{{{ b }}}}\"\nfrom = \"f:{{{{ a }}}}{{{{ b }}}}\"\n"
        ));
        outcome.ids().join(" ")
    };
    assert_eq!(twice("\"!@not-low-y\""), "i/1_y i/2_y");
    assert_eq!(
        twice("{ set = \"!@not-arm\", a = \"1\", b = \"x\" }"),
        "i/1_x"
    );
}

#[test]
fn circles_and_names_that_are_no_sets_are_findings() {
    for set in [
        "{ set = \"@round\", b = \"y\" }",
        "\"!@round\"",
        "{ set = \"!@round\" }",
    ] {
        let text = SETS.replace("[set]", &format!("[set]\nround = {set}"));
        let outcome = of(&format!(
            "{text}[image.i]\nmatch = \"@round\"\ntag = \"1\"\nfrom = \"f\"\n"
        ));
        let finding = outcome.finding("selector-syntax");
        assert!(finding.headline.contains("refers to itself"), "{set}");
    }
    assert!(sets("{ set = \"low\" }").finding("selector-syntax").help[0].contains("`@low`"));
    assert!(sets("{ set = \"@lo\" }").has("unknown-set"));
    assert!(sets("\"@low,b=y\"").finding("unknown-set").help[0].contains("`set=@low,b=y`"));
}

#[test]
fn set_names_no_axis() {
    let text = "[axis]\nset = [\"1\"]\n[image.i]\ntag = \"{{ set }}\"\nfrom = \"f\"\n";
    assert!(of(text).has("invalid-name"));
}

/// Twelve sets of three axes each: written out by cases there would be more than a hundred thousand.
#[test]
fn complements_stay_as_few_as_cells() {
    let values: Vec<String> = (0..12).map(|n| format!("\"{n}\"")).collect();
    let values = values.join(", ");
    let rows = (0..12).map(|n| format!("{{ a = \"{n}\", b = \"{n}\", c = \"{n}\" }}"));
    let rows = rows.collect::<Vec<_>>().join(", ");
    let outcome = of(&format!(
        "[axis]\na = [{values}]\nb = [{values}]\nc = [{values}]\n[set]\nequal = [{rows}]\n[image.i]\nmatch = \"!@equal\"\ntag = \"{{{{ a }}}}-{{{{ b }}}}-{{{{ c }}}}\"\nfrom = \"f:{{{{ a }}}}-{{{{ b }}}}-{{{{ c }}}}\"\n"
    ));
    assert_eq!(outcome.specs().len(), 12 * 12 * 12 - 12);
}

#[test]
fn products_of_sets_are_bounded() {
    let rows = ["{ a = \">=0\" }"; 40];
    let text = SETS.replace("[set]", &format!("[set]\nmany = [{}]", rows.join(", ")));
    let outcome = of(&format!(
        "{text}[image.i]\nmatch = {{ set = \"@many,@many,@many\" }}\ntag = \"1\"\nfrom = \"f\"\n"
    ));
    let finding = outcome.finding("selector-syntax");
    assert!(finding.headline.contains("10000"), "{}", finding.headline);
}

#[test]
fn the_command_line_takes_them() {
    let text = format!(
        "{SETS}[image.i]\ntag = \"{{{{ a }}}}{{{{ b }}}}\"\nfrom = \"f:{{{{ a }}}}{{{{ b }}}}\"\n"
    );
    let folder = project(&[("matrix.toml", &text)]);
    let list = |args: &[&str]| {
        let all = [&["list", "--format", "lines"], args].concat();
        stdout(&run(folder.path(), &all)).trim().replace('\n', " ")
    };
    assert_eq!(list(&["--only", "!@low"]), "i:3x i:3y");
    assert_eq!(list(&["set=!@low,b=y"]), "i:3y");
    assert_eq!(list(&["a=1,b=x", "!@low"]), "i:1x i:3x i:3y");
    assert_eq!(list(&["a=1,b=x", "--only", "a=2,b=x"]), "i:1x i:2x");
    let said = stdout(&run(folder.path(), &["explain", "!@low"]));
    assert!(said.contains("i:3x"), "{said}");
    let plan = stdout(&run(folder.path(), &["plan", "a=1,b=x"]));
    assert!(plan.contains("i/1_x") && !plan.contains("i/2_x"));
}
