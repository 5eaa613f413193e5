//! Selecting by an attribute of a value, and attributes that look like versions.

use super::fixture::{Outcome, of};
use crate::support::{project, run, stdout};

const CUDA: &str = r#"
[axis]
cuda = [
  "none",
  { value = "12.4.1", os = "ubuntu22.04", ubuntu = "22.04" },
  { value = "12.8.1", os = "ubuntu24.04", ubuntu = "24.04" },
  { value = "13.0.2", os = "rockylinux9" },
]
"#;

fn cuda(more: &str, image: &str) -> Outcome {
    of(&format!(
        "{CUDA}{more}\n[image.i]\ntag = \"{{{{ cuda if cuda else 'cpu' }}}}\"\nfrom = \"f\"\n{image}"
    ))
}

/// The values of `cuda` that a selector keeps.
fn kept(selector: &str) -> String {
    let outcome = cuda("", &format!("match = {selector}\n"));
    let values = outcome
        .specs()
        .iter()
        .map(|spec| &**spec.cell.get("cuda").expect("a value"));
    values.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_key_may_be_an_attribute() {
    assert_eq!(kept(r#"{ cuda.os = "ubuntu22.04" }"#), "12.4.1");
    assert_eq!(kept(r#"{ "cuda.os" = "ubuntu22.04" }"#), "12.4.1");
    assert_eq!(kept(r#"{ cuda = { os = "ubuntu22.04" } }"#), "12.4.1");
    assert_eq!(kept(r#""cuda.os=ubuntu22.04""#), "12.4.1");
    assert_eq!(
        kept(r#"{ cuda.os = ["ubuntu*", "rocky*"] }"#),
        "12.4.1 12.8.1 13.0.2"
    );
}

#[test]
fn a_value_without_the_attribute_holds_for_no_term() {
    assert_eq!(kept(r#"{ cuda.ubuntu = "!22.04" }"#), "12.8.1");
    assert_eq!(kept(r#"{ cuda.ubuntu = "*" }"#), "12.4.1 12.8.1");
    assert_eq!(kept(r#"{ cuda.os = "!ubuntu22.04" }"#), "12.8.1 13.0.2");
}

#[test]
fn beside_an_attribute_the_value_itself_is_value() {
    assert_eq!(kept(r#"{ cuda.value = "12.4.1" }"#), "12.4.1");
    assert_eq!(
        kept(r#"{ cuda.value = ">=12.8", cuda.os = "ubuntu*" }"#),
        "12.8.1"
    );
    assert_eq!(kept(r#""cuda=>=12.8,cuda.os=ubuntu*""#), "12.8.1");
    assert_eq!(
        kept(
            r#"{ cuda = "12.8.1", "cuda.os" = "ubuntu22.04", image = "i" }"#
                .replace("22", "24")
                .as_str()
        ),
        "12.8.1"
    );
}

#[test]
fn attributes_that_look_like_versions_take_ranges() {
    assert_eq!(kept(r#"{ cuda.ubuntu = ">=24" }"#), "12.8.1");
    assert_eq!(kept(r#"{ cuda.ubuntu = "22.*" }"#), "12.4.1");
    assert_eq!(
        kept(r#"{ cuda.os = ">=0" }"#.replace("os", "ubuntu").as_str()),
        "12.4.1 12.8.1"
    );
}

#[test]
fn what_a_version_says_and_the_platform_are_attributes_too() {
    assert_eq!(kept(r#"{ cuda.major = "12" }"#), "12.4.1 12.8.1");
    assert_eq!(kept(r#"{ cuda.minor = ">=4" }"#), "12.4.1 12.8.1");
    assert_eq!(kept(r#"{ cuda.version = "13.*" }"#), "13.0.2");
    assert_eq!(
        kept(r#"{ cuda.compact = ["124", "130"] }"#),
        "12.4.1 13.0.2"
    );
    assert_eq!(kept(r#""cuda.patch=1,cuda.minor=!4""#), "12.8.1");
    let text = "[axis]\narch = [\"amd64\", { value = \"pi\", platform = \"linux/arm/v7\" }]\n[image.i]\naxes = []\nmatch = { arch.platform = \"linux/arm/v7\" }\ntag = \"1\"\nfrom = \"f\"\n";
    assert_eq!(of(text).platforms("i"), ["linux/arm/v7"]);
}

#[test]
fn an_attribute_means_the_same_wherever_a_selector_stands() {
    let rule = "[[exclude]]\nmatch = { cuda.os = \"ubuntu*\" }\nreason = \"r\"\n";
    assert_eq!(cuda(rule, "").ids(), ["i/none", "i/13.0.2"]);
    let when =
        "[[image.i.when]]\nmatch = { cuda.os = \"ubuntu*\" }\nargs = { X = \"{{ cuda }}\" }\n";
    assert_eq!(cuda("", when).args(), ["12.4.1", "12.8.1"]);
    let alias = "[[alias]]\nmatch = { cuda.os = \"rocky*\" }\ntags = [\"rocky\"]\n";
    assert_eq!(cuda(alias, "").aliases(), ["i/13.0.2 i:rocky"]);
    let set = "[set]\nubuntu = { cuda.os = \"ubuntu*\" }\n";
    let by_set = cuda(set, "match = \"@ubuntu\"\n");
    assert_eq!(by_set.ids(), ["i/12.4.1", "i/12.8.1"]);
    let expect = "[[expect]]\nmatch = { cuda.os = \"ubuntu*\" }\ncount = 2\nabsent = [{ cuda.os = \"rocky*\" }]\n";
    assert!(!cuda(expect, "").has("expectation-failed"));
}

#[test]
fn the_command_line_takes_attributes() {
    let text =
        format!("{CUDA}[image.i]\ntag = \"{{{{ cuda if cuda else 'cpu' }}}}\"\nfrom = \"f\"\n");
    let folder = project(&[("matrix.toml", &text)]);
    let list = |args: &[&str]| {
        let all = [&["list", "--format", "lines"], args].concat();
        stdout(&run(folder.path(), &all)).trim().replace('\n', " ")
    };
    assert_eq!(list(&["--only", "cuda.os=ubuntu22.04"]), "i:12.4.1");
    assert_eq!(list(&["cuda.ubuntu=>=22,<24"]), "i:12.4.1");
    let said = stdout(&run(folder.path(), &["explain", "cuda.os=rocky*"]));
    assert!(said.contains("i:13.0.2"), "{said}");
}

#[test]
fn an_unknown_attribute_or_value_of_one_is_a_finding_with_the_nearest() {
    for (selector, code, near) in [
        (
            r#"{ cuda.oss = "ubuntu22.04" }"#,
            "unknown-attribute",
            "`cuda.os`",
        ),
        (
            r#"{ cuda.os = "ubuntu20.04" }"#,
            "unknown-value",
            "`ubuntu22.04`",
        ),
        (r#"{ kuda.os = "ubuntu22.04" }"#, "unknown-axis", "`cuda`"),
    ] {
        let outcome = cuda("", &format!("match = {selector}\n"));
        assert!(outcome.finding(code).help[0].contains(near), "{selector}");
    }
    let image = cuda("", "match = { image.os = \"x\" }\n");
    assert!(image.has("unknown-axis"));
}

#[test]
fn an_axis_and_its_attribute_are_one_key_to_toml() {
    for selector in [
        r#"{ cuda = "12.4.1", cuda.os = "ubuntu22.04" }"#,
        r#"{ cuda.os = "ubuntu22.04", cuda = "12.4.1" }"#,
    ] {
        let outcome = cuda("", &format!("match = {selector}\n"));
        let help = &outcome.finding("toml-syntax").help[0];
        assert!(help.contains("`cuda.value = "), "{selector}: {help}");
    }
}

#[test]
fn attributes_that_look_like_versions_print_what_a_version_has() {
    let image = "match = { cuda.ubuntu = \"*\" }\nargs = { X = \"{{ cuda.ubuntu }} {{ cuda.ubuntu.major }} {{ cuda.ubuntu.minor + 1 }} {{ cuda.ubuntu.compact }} {{ cuda.ubuntu.version }}{{ ' new' if cuda.ubuntu is matching('>=24') }}{{ cuda.ubuntu | replace('.', '-') }}\" }\n";
    assert_eq!(
        cuda("", image).args(),
        [
            "22.04 22 5 2204 22.0422-04",
            "24.04 24 5 2404 24.04 new24-04"
        ]
    );
}

#[test]
fn comparing_one_with_a_literal_is_refused() {
    for (test, write) in [
        (
            "cuda.ubuntu == '22.04'",
            "`cuda.ubuntu is matching('22.04')`",
        ),
        (
            "cuda.ubuntu != '22.04'",
            "`cuda.ubuntu is not matching('22.04')`",
        ),
        (
            "cuda.ubuntu >= '22.04'",
            "`cuda.ubuntu is matching('>=22.04')`",
        ),
        ("cuda.ubuntu.major == '22'", "`cuda.ubuntu.major == 22`"),
    ] {
        let image = format!(
            "match = {{ cuda.ubuntu = \"*\" }}\nargs = {{ X = \"{{{{ 'a' if {test} }}}}\" }}\n"
        );
        let outcome = cuda("", &image);
        let help = &outcome.finding("axis-comparison").help[0];
        assert!(help.contains(write), "{test}: {help}");
    }
    for test in [
        "{% set c = cuda %}{{ 'a' if c.ubuntu == '22.04' }}",
        "{% set u = cuda.ubuntu %}{{ 'a' if u == '22.04' }}",
        "{{ 'a' if cuda.ubuntu in ['22.04'] }}",
    ] {
        let image = format!("match = {{ cuda.ubuntu = \"*\" }}\nargs = {{ X = \"{test}\" }}\n");
        assert!(cuda("", &image).has("axis-comparison"), "{test}");
    }
    let text = "args = { X = \"{{ 'a' if cuda and cuda.os == 'ubuntu22.04' }}\" }\n";
    let outcome = cuda("", text);
    assert_eq!(outcome.args(), ["", "a", "", ""]);
}

#[test]
fn the_message_shows_the_form_for_a_list() {
    for (test, write) in [
        (
            "cuda in ['12.4.1', '12.8.1']",
            "`cuda is matching(['12.4.1', '12.8.1'])`",
        ),
        (
            "cuda not in [ '12.4.1' ]",
            "`cuda is not matching(['12.4.1'])`",
        ),
        ("cuda in ['none']", "write `not cuda`"),
        ("cuda not in ['none']", "write `cuda`"),
        (
            "cuda.ubuntu in ('22.04', '24.04')",
            "`cuda.ubuntu is matching(['22.04', '24.04'])`",
        ),
        (
            "cuda.version in ['12.4.1']",
            "`cuda is matching(['12.4.1'])`",
        ),
        ("cuda.major in ['12', '13']", "`cuda.major in [12, 13]`"),
        ("cuda.compact == 124", "`cuda.compact == '124'`"),
    ] {
        let image = format!("args = {{ X = \"{{{{ 'a' if {test} }}}}\" }}\n");
        let outcome = cuda("", &image);
        let help = &outcome.finding("axis-comparison").help[0];
        assert!(help.contains(write), "{test}: {help}");
    }
    let form = "args = { X = \"{{ 'a' if cuda is matching(['12.4.1', '>=13']) }}\" }\n";
    assert_eq!(cuda("", form).args(), ["", "a", "", "a"]);
}

#[test]
fn what_the_version_of_an_attribute_says_is_no_attribute_of_its_text() {
    let image = |path: &str| {
        let text =
            "match = { cuda.ubuntu = \"*\" }\nargs = { X = \"{{ PATH | default('x') }}\" }\n";
        cuda("", &text.replace("PATH", path))
    };
    assert_eq!(image("cuda.ubuntu.major").args(), ["22", "24"]);
    let outcome = image("cuda.ubuntu.version.major");
    let help = &outcome.finding("unknown-attribute").help;
    assert_eq!(help, &["write `cuda.ubuntu.major`"]);
}

#[test]
fn an_attribute_of_one_that_no_version_has_is_a_finding() {
    let image = "match = { cuda.ubuntu = \"*\" }\nargs = { X = \"{{ cuda.ubuntu.majr }}\" }\n";
    let outcome = cuda("", image);
    let help = &outcome.finding("unknown-attribute").help[0];
    assert!(help.contains("`cuda.ubuntu.major`"), "{help}");
    let none = cuda(
        "",
        "args = { X = \"{{ cuda.ubuntu.major }}\" }\nmatch = \"cuda=none\"\n",
    );
    assert!(none.has("none-printed"), "{:?}", none.codes());
}
