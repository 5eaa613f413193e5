//! Odd files: they mean what they say, or a finding says why not. None may hang or panic.

use super::fixture::of;

const IMAGE: &str = "[image.i]\ntag = \"t\"\nfrom = \"f\"\n";

#[test]
fn a_byte_order_mark_is_no_part_of_the_file() {
    assert_eq!(of(&format!("\u{feff}{IMAGE}")).ids(), ["i"]);
    let finding = of(&format!("\u{feff}{IMAGE}x = 1\n"));
    assert_eq!(
        finding.finding("unknown-key").primary.line_column(),
        Some((4, 1))
    );
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let text = "[axis]\nx = [\"a\"]\n[image.i]\ntag = \"{{ x }}\"\nfrom = \"f\"\ntest = [\"\"\"a\nb\"\"\"]\n";
    let (unix, windows) = (of(text), of(&text.replace('\n', "\r\n")));
    assert_eq!(unix.specs()[0].content, windows.specs()[0].content);
    assert_eq!(unix.specs()[0].tests, windows.specs()[0].tests);
}

#[test]
fn a_key_or_table_stated_twice_is_a_finding() {
    assert!(of(&format!("{IMAGE}tag = \"u\"\n")).has("toml-syntax"));
    assert!(of(&format!("{IMAGE}{IMAGE}")).has("toml-syntax"));
}

#[test]
fn a_file_without_images_is_a_finding() {
    for text in ["", "# nothing\n", "[axis]\nx = [\"1\"]\n"] {
        assert!(of(text).has("missing-key"), "{text}");
    }
}

#[test]
fn an_empty_axis_table_is_no_axis() {
    assert_eq!(of(&format!("[axis]\n{IMAGE}")).ids(), ["i"]);
}

#[test]
fn an_empty_match_holds_for_everything() {
    let match_all = of("[axis]\nx = [\"a\"]\n[image.i]\nmatch = {}\ntag = \"t\"\nfrom = \"f\"\n");
    assert_eq!(match_all.ids(), ["i/a"]);
    assert!(match_all.has("dead-match"));
    let none_left = of(&format!(
        "{IMAGE}[[exclude]]\nmatch = {{}}\nreason = \"r\"\n"
    ));
    assert!(none_left.has("no-specs"));
}

#[test]
fn a_chain_of_two_hundred_parents_is_planned() {
    let mut text = "[image.i0]\ntag = \"t\"\nfrom = \"f\"\n".to_owned();
    for n in 1..200 {
        text += &format!("[image.i{n}]\ntag = \"t\"\nparent = \"i{}\"\n", n - 1);
    }
    assert_eq!(of(&text).plan().layers, 200);
}

#[test]
fn sets_that_multiply_are_refused_at_once() {
    let mut text = "[set]\ns0 = { image = \"i\" }\n".to_owned();
    for n in 1..40 {
        text += &format!("s{n} = [\"@s{0}\", \"@s{0}\"]\n", n - 1);
    }
    assert!(of(&format!("{text}{IMAGE}")).has("selector-syntax"));
}

#[test]
fn an_axis_of_many_values_is_expanded() {
    let values: Vec<String> = (0..5000).map(|n| format!("\"{n}\"")).collect();
    let text = format!(
        "[axis]\nx = [{}]\n[image.i]\ntag = \"{{{{ x }}}}\"\nfrom = \"f\"\n",
        values.join(", ")
    );
    assert_eq!(of(&text).ids().len(), 5000);
}

#[test]
fn a_version_on_none_is_a_finding() {
    let text = "[axis]\nx = [{ value = \"none\", version = \"0\" }]\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n";
    assert!(of(text).has("invalid-version"));
}

#[test]
fn attributes_of_none_are_never_printed() {
    let text = |from: &str| {
        format!(
            "[axis]\nx = [{{ value = \"none\", os = \"a\" }}]\n[image.i]\ntag = \"t\"\nfrom = \"{from}\"\n"
        )
    };
    assert!(of(&text("{{ x.os }}")).has("none-printed"));
    assert!(!of(&text("{{ x.os if x else 'f' }}")).stopped());
}

#[test]
fn none_is_spelt_in_lower_case() {
    let text = "[axis]\nx = [\"None\"]\n[image.i]\ntag = \"{{ x }}\"\nfrom = \"f\"\n";
    assert_eq!(of(text).references(), ["i:None"]);
}

#[test]
fn no_value_breaks_out_of_a_dockerfile() {
    for value in ["a\\nRUN id", "a b", "", "a\\\" && id"] {
        let text = format!("[image.i]\ntag = \"t\"\nfrom = \"{value}\"\n");
        assert!(of(&text).has("invalid-reference"), "{value}");
        let user = format!("{IMAGE}user = \"{value}\"\n");
        assert!(of(&user).has("invalid-user"), "{value}");
    }
    let quoted = of(&format!(
        "{IMAGE}apt = [\"git; id\"]\nenv = {{ A = \"$(id) \\\" é\" }}\n"
    ));
    let text = quoted.dockerfile("i");
    assert!(
        text.contains("'git; id'") && text.contains(r#"ENV A="\$(id) \" é""#),
        "{text}"
    );
}

#[test]
fn a_base_outside_the_grammar_is_a_finding() {
    for base in [
        "NVIDIA/cuda:12",
        "f:",
        "f:1.0+cu128",
        "f@sha256:12",
        "https://x.io/f",
    ] {
        assert!(
            of(&format!("[image.i]\ntag = \"t\"\nfrom = \"{base}\"\n")).has("invalid-reference"),
            "{base}"
        );
    }
}

#[test]
fn paths_stay_below_the_root() {
    for path in ["/etc/passwd", "../x", "a/../../x"] {
        assert!(
            of(&format!(
                "[image.i]\ntag = \"t\"\ndockerfile = \"{path}\"\n"
            ))
            .has("unsafe-value"),
            "{path}"
        );
        assert!(
            of(&format!("{IMAGE}template = \"{path}\"\n")).has("template-missing"),
            "{path}"
        );
    }
}

#[test]
fn a_context_that_is_not_there_is_a_finding() {
    assert!(of(&format!("{IMAGE}context = \"nope\"\n")).has("dockerfile-missing"));
}

#[test]
fn a_platform_by_another_name_is_a_finding_with_the_right_one() {
    let outcome = of(&format!("[axis]\narch = [\"aarch64\"]\n{IMAGE}"));
    assert!(
        outcome
            .finding("invalid-platform")
            .primary
            .label
            .contains("`linux/arm64`")
    );
    let named = of(&format!(
        "[axis]\narch = [{{ value = \"aarch64\", platform = \"linux/arm64\" }}]\n{IMAGE}"
    ));
    assert_eq!(named.platforms("i"), ["linux/arm64"]);
}

#[test]
fn templates_that_never_end_are_refused() {
    for template in [
        "{% for i in range(10000000) %}x{% endfor %}",
        "{{ 'x' * 10000000000 }}",
        "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include '/etc/passwd' %}",
    ] {
        assert!(
            of(&format!("{IMAGE}args = {{ X = \"{template}\" }}\n")).has("template-fault"),
            "{template}"
        );
    }
}

#[test]
fn names_outside_their_grammar_are_findings() {
    for table in [
        "[image.Base]",
        "[image.\"a/b\"]",
        "[image.\"\"]",
        "[image.\"é\"]",
        "[set]\n\"a b\" = { image = \"i\" }\n[image.i]",
    ] {
        assert!(
            of(&format!("{table}\ntag = \"t\"\nfrom = \"f\"\n")).has("invalid-name"),
            "{table}"
        );
    }
}

#[test]
fn a_prefix_is_a_host_and_a_path() {
    let prefix = |prefix: &str| of(&format!("[registry.a]\nprefix = \"{prefix}\"\n{IMAGE}"));
    for bad in [
        "",
        "https://ghcr.io/a",
        "ghcr.io/A",
        "a b",
        "ghcr.io:x/a",
        "ghcr.io//a",
    ] {
        assert!(prefix(bad).has("invalid-reference"), "{bad}");
    }
    assert_eq!(prefix("acme").references(), ["docker.io/acme/i:t"]);
    assert_eq!(
        prefix("localhost:5000").references(),
        ["localhost:5000/i:t"]
    );
}

#[test]
fn everything_wrong_is_found_in_one_run() {
    let outcome = of(
        "[axis]\nx = [\"a\", \"a\"]\n[image.i]\ntag = \"{{ y }}\"\nparent = \"j\"\n[[exclude]]\nmatch = { z = \"1\" }\nreason = \"\"\n[[alias]]\nmatch = \"@s\"\ntags = []\n",
    );
    let mut codes = outcome.codes();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(
        codes,
        [
            "duplicate-value",
            "missing-key",
            "unknown-axis",
            "unknown-image",
            "unknown-set",
            "unknown-variable"
        ]
    );
}
