//! Templated fields: what they see, and what they refuse.

use super::fixture::{Outcome, of};

const AXES: &str = r#"
[release]
version = "1.2.3"
[axis]
cuda = ["none", { value = "12.8.1", os = "ubuntu24.04" }]
distro = [{ value = "jammy", version = "22.04" }]
python = ["3.10"]
job-type = ["server"]
arch = ["amd64", { value = "pi", platform = "linux/arm/v7" }]
"#;

/// Renders `template` as the build arg `X` of the cell without CUDA and the cell with it.
fn arg(template: &str) -> Outcome {
    let template = template.replace('\\', "\\\\").replace('"', "\\\"");
    of(&format!(
        "{AXES}[image.i]\ntag = \"{{{{ 'gpu' if cuda else 'cpu' }}}}\"\nfrom = \"f\"\nargs = {{ X = \"{template}\" }}\n"
    ))
}

fn shown(template: &str) -> String {
    arg(template).args().join(" | ")
}

#[test]
fn an_axis_prints_its_value() {
    assert_eq!(shown("{{ cuda if cuda }}"), " | 12.8.1");
    assert_eq!(shown("{{ distro }}"), "jammy | jammy");
}

#[test]
fn an_attribute_prints_what_the_value_states() {
    assert_eq!(shown("{{ cuda.os if cuda }}"), " | ubuntu24.04");
}

#[test]
fn version_prints_what_the_value_compares_as() {
    assert_eq!(
        shown("{{ distro.version }}/{{ python.version }}"),
        "22.04/3.10 | 22.04/3.10"
    );
}

#[test]
fn major_minor_and_patch_are_numbers() {
    assert_eq!(
        shown("{{ python.major + 1 }}.{{ python.minor + 1 }}"),
        "4.11 | 4.11"
    );
    assert_eq!(shown("{{ cuda.patch + 1 if cuda }}"), " | 2");
    assert_eq!(
        shown("{{ 'new' if python.minor >= 9 else 'old' }}"),
        "new | new"
    );
}

#[test]
fn a_part_the_version_does_not_state_is_a_finding() {
    assert!(arg("{{ python.patch }}").has("unknown-attribute"));
}

#[test]
fn compact_is_the_first_two_parts_as_written() {
    assert_eq!(shown("{{ cuda.compact if cuda }}"), " | 128");
    assert_eq!(
        shown("{{ python.compact }} {{ distro.compact }}"),
        "310 2204 | 310 2204"
    );
}

#[test]
fn platform_is_an_attribute_of_a_printed_arch() {
    let outcome = of(&format!(
        "{AXES}[image.i]\naxes = []\ntag = \"{{{{ arch }}}}\"\nfrom = \"f\"\nargs = {{ X = \"{{{{ arch.platform }}}}\" }}\n"
    ));
    assert_eq!(outcome.args(), ["linux/amd64", "linux/arm/v7"]);
}

#[test]
fn a_dash_in_an_axis_name_is_an_underscore() {
    assert_eq!(shown("{{ job_type }}"), "server | server");
}

#[test]
fn release_has_its_tag_version_and_parts() {
    assert_eq!(
        shown(
            "{{ release.tag }} {{ release.version }} {{ release.major }}.{{ release.minor }}.{{ release.patch }}"
        ),
        "v1.2.3 1.2.3 1.2.3 | v1.2.3 1.2.3 1.2.3"
    );
}

#[test]
fn release_tag_is_a_template_over_the_version() {
    let text = AXES.replace(
        "\"1.2.3\"",
        "\"1.2.3\"\ntag = \"r{{ major }}_{{ version }}\"",
    );
    let outcome = of(&format!("{text}[image.i]\naxes = []\nfrom = \"f\"\n"));
    assert_eq!(outcome.references(), ["i:r1_1.2.3"]);
}

#[test]
fn release_is_unseen_where_none_is_declared() {
    let text = "[image.i]\ntag = \"{{ release.tag }}\"\nfrom = \"f\"\n";
    assert!(of(text).has("unknown-variable"));
}

#[test]
fn image_is_the_name_of_the_image() {
    assert_eq!(shown("{{ image }}"), "i | i");
}

#[test]
fn from_in_args_is_the_base_or_the_parents_content() {
    assert_eq!(shown("{{ from }}"), "f | f");
    let outcome = of(
        "[image.low]\ntag = \"t\"\nfrom = \"f\"\n[image.i]\ntag = \"t\"\nparent = \"low\"\nargs = { X = \"{{ from }}\" }\n",
    );
    assert_eq!(
        outcome.args(),
        [outcome.spec("low").content_reference.as_str()]
    );
}

#[test]
fn from_is_unseen_in_names_tags_and_bases() {
    for keys in ["tag = \"{{ from }}\"", "tag = \"t\"\nname = \"{{ from }}\""] {
        assert!(
            of(&format!("[image.i]\nfrom = \"f\"\n{keys}\n")).has("unknown-variable"),
            "{keys}"
        );
    }
}

#[test]
fn none_is_falsy() {
    assert_eq!(shown("{{ '-gpu' if cuda }}"), " | -gpu");
    assert_eq!(shown("{% if not cuda %}cpu{% endif %}"), "cpu | ");
    assert_eq!(shown("{{ cuda or 'cpu' }}"), "cpu | 12.8.1");
}

#[test]
fn printing_none_is_a_finding() {
    for template in [
        "{{ cuda }}",
        "x{{ cuda ~ '-y' }}",
        "{{ cuda | upper }}",
        "{% set c = cuda %}{{ c }}",
    ] {
        assert!(arg(template).has("none-printed"), "{template}");
    }
}

#[test]
fn printing_what_has_no_text_is_a_finding() {
    for template in [
        "{{ release }}",
        "{{ 'x' ~ release }}",
        "{{ release | replace('1', '2') }}",
        "{% set r = release %}{{ r }}",
        "{{ release.parts }}",
        "{{ needs }}",
        "{{ needs | string }}",
        "{{ [cuda] }}",
        "{{ {'a': 1} }}",
    ] {
        assert!(arg(template).has("template-fault"), "{template}");
    }
    for template in [
        "{{ release.parts | join('.') }}",
        "{{ 'x' if release else 'y' }}",
        "{{ release['tag'] }}",
        "{% for field in release %}{{ field }}{% endfor %}",
    ] {
        assert!(!arg(template).has("template-fault"), "{template}");
    }
}

#[test]
fn printing_an_attribute_of_none_is_a_finding() {
    for template in ["{{ cuda.os }}", "{{ cuda.major }}", "{{ cuda['os'] }}"] {
        assert!(arg(template).has("none-printed"), "{template}");
    }
}

#[test]
fn printing_none_in_a_name_tag_base_or_alias_is_a_finding() {
    for keys in [
        "tag = \"{{ cuda }}\"\nfrom = \"f\"",
        "tag = \"t\"\nname = \"{{ cuda }}\"\nfrom = \"f\"",
        "tag = \"{{ cuda or 'cpu' }}\"\nfrom = \"f:{{ cuda }}\"",
        "tag = \"{{ cuda or 'cpu' }}\"\nfrom = \"f\"\n[[alias]]\nmatch = {}\ntags = [\"l-{{ cuda }}\"]",
    ] {
        assert!(
            of(&format!("{AXES}[image.i]\n{keys}\n")).has("none-printed"),
            "{keys}"
        );
    }
}

#[test]
fn comparing_an_axis_with_a_literal_is_refused() {
    for template in [
        "{{ 1 if cuda == 'none' }}",
        "{{ 1 if 'none' != cuda }}",
        "{{ 1 if cuda in ['12.8.1'] }}",
        "{{ 1 if cuda is eq('none') }}",
        "{{ 1 if python.version >= '3.9' }}",
        "{{ 1 if python.minor == '10' }}",
        "{{ 1 if job_type == 'server' }}",
        "{% set c = cuda %}{{ 1 if c == 'none' }}",
    ] {
        assert!(arg(template).has("axis-comparison"), "{template}");
    }
}

/// Whatever stands between an axis and the literal.
#[test]
fn comparing_it_by_another_way_is_refused_too() {
    for template in [
        "{{ 1 if (cuda or 'cpu') == '12.8.1' }}",
        "{{ 1 if (cuda if cuda else 'cpu') == '12.8.1' }}",
        "{{ 1 if (cuda | default('cpu')) == '12.8.1' }}",
        "{{ 1 if '12.8.1' in [cuda, python] }}",
        "{% set all = [cuda, python] %}{{ 1 if '12.8.1' in all }}",
        "{% set all = [cuda, python] %}{{ 1 if all[0] == '12.8.1' }}",
        "{% for one in [cuda, python] %}{{ 1 if one == '3.10' }}{% endfor %}",
        "{{ 1 if ([cuda, python] | first) == '12.8.1' }}",
        "{{ 1 if ['server'] | select('equalto', job_type) | list }}",
        "{{ 1 if [job_type] | reject('in', ['server']) | list }}",
        "{{ 1 if cuda and cuda['version'] >= '9' }}",
        "{% macro m(x) %}{{ 1 if x == '3.10' }}{% endmacro %}{{ m(python) }}",
        "{% macro m(y, x) %}{{ y }}{{ 1 if x == '3.10' }}{% endmacro %}{{ m(x=python, y=1) }}",
        "{{ 1 if python.minor in ['10'] }}",
        "{{ 1 if python.compact == 310 }}",
        "{{ 1 if python.compact > '39' }}",
    ] {
        assert!(arg(template).has("axis-comparison"), "{template}");
    }
    for (template, expected) in [
        ("{{ 1 if (cuda and cuda.os) == 'ubuntu24.04' }}", " | 1"),
        ("{{ 1 if cuda and cuda['os'] == 'ubuntu24.04' }}", " | 1"),
        ("{{ 1 if python.minor in [9, 10] }}", "1 | 1"),
        ("{{ 1 if python.compact in ['39', '310'] }}", "1 | 1"),
        (
            "{% macro m(x) %}{{ 1 if x == 'a' }}{% endmacro %}{{ m('a') }}",
            "1 | 1",
        ),
        (
            "{% macro m(x) %}{{ x }}{% endmacro %}{{ m(python) }}{% set x = 'a' %}{{ 1 if x == 'a' }}",
            "3.101 | 3.101",
        ),
        (
            "{{ [cuda, python] | select('matching', '>=3,<4') | join }}",
            "3.10 | 3.10",
        ),
    ] {
        assert_eq!(shown(template), expected, "{template}");
    }
}

/// No table has an object for a key: `default` would silently be taken.
#[test]
fn looking_up_an_axis_is_refused() {
    for template in [
        "{{ {'3.10': 'a'}[python] | default('b') }}",
        "{{ {'24.04': 'a'}[cuda.version] | default('b') if cuda and {'x': 1}[cuda] is undefined }}",
        "{% set p = python %}{{ {'3.10': 'a'}[p] | default('b') }}",
        "{{ ({'3.10': 'a'} | attr(python)) | default('b') }}",
        "{{ {'10': 'a'}[python.minor] | default('b') }}",
        "{{ {310: 'a'}[python.compact] | default('b') }}",
        "{{ 'a' if python in {'3.10': 1} }}",
    ] {
        assert!(arg(template).has("axis-comparison"), "{template}");
    }
    let help = &arg("{{ {'3.10': 'a'}[python] }}")
        .finding("axis-comparison")
        .help[0]
        .clone();
    assert!(help.contains("`python | string`"), "{help}");
    for template in [
        "{{ {'3.10': 'a'}[python | string] }}",
        "{{ {'310': 'a'}[python.compact] }}",
        "{{ {10: 'a'}[python.minor] }}",
        "{{ {'22.04': 'a'}[distro.version] }}",
    ] {
        assert_eq!(shown(template), "a | a", "{template}");
    }
}

#[test]
fn an_attribute_of_a_text_is_a_finding() {
    for (template, help) in [
        ("{{ cuda.version.major }}", "write `cuda.major`"),
        (
            "{{ cuda.version.major | default(1) }}",
            "write `cuda.major`",
        ),
        (
            "{{ cuda['version'].major | default(1) }}",
            "write `cuda.major`",
        ),
        ("{{ release.version.minor }}", "write `release.minor`"),
        (
            "{{ cuda.version.split('.')[0] }}",
            "write it as a filter: `cuda.version | split`",
        ),
        (
            "{{ cuda.os.upper() }}",
            "write it as a filter: `cuda.os | upper`",
        ),
    ] {
        let outcome = arg(template);
        assert_eq!(
            outcome.finding("unknown-attribute").help,
            [help],
            "{template}"
        );
    }
    let outcome = arg("{{ cuda.os.major | default(1) if cuda }}");
    let help = &outcome.finding("unknown-attribute").help[0];
    assert!(help.contains("`cuda.os` is no version"), "{help}");
    let own = "FROM {{ from }}\n# {{ python.version.minor | default(1) }}\n";
    let matrix = "[axis]\npython = [\"3.10\"]\n[image.i]\ntag = \"t\"\nfrom = \"python:{{ python }}\"\ntemplate = \"own\"\n";
    let outcome = super::fixture::with(matrix, &[("templates/own", own)]);
    assert!(outcome.has("unknown-attribute"), "{:?}", outcome.codes());
}

#[test]
fn a_term_that_names_no_value_is_a_finding() {
    for (template, help) in [
        (
            "{{ 1 if job_type is matching('servr') }}",
            "did you mean `server`?",
        ),
        (
            "{{ 1 if cuda is not matching('12.8') }}",
            "did you mean `12.8.1`?",
        ),
        (
            "{{ 1 if job_type is matching(['server', 'servr']) }}",
            "did you mean `server`?",
        ),
        (
            "{{ 1 if cuda and cuda.os is matching('ubuntu24.4') }}",
            "did you mean `ubuntu24.04`?",
        ),
    ] {
        let outcome = arg(template);
        assert_eq!(outcome.finding("unknown-value").help, [help], "{template}");
    }
    for template in [
        "{{ 1 if cuda is matching('11.*') }}",
        "{{ 1 if job_type is matching('train*') }}",
        "{{ 1 if image is matching('i*') }}",
    ] {
        assert!(!arg(template).stopped(), "{template}");
    }
}

#[test]
fn of_a_list_of_terms_any_may_hold() {
    assert_eq!(
        shown("{{ 1 if cuda is matching(['none', '>=13']) else 0 }}"),
        "1 | 0"
    );
    assert_eq!(
        shown("{{ 1 if cuda is not matching(['>=12,<13', '>=14']) else 0 }}"),
        "1 | 0"
    );
    for template in [
        "{{ 1 if cuda is matching(['none', 12]) }}",
        "{{ 1 if cuda is matching(12) }}",
        "{{ 1 if cuda is matching(['none', '>=x']) }}",
    ] {
        assert!(arg(template).has("template-fault"), "{template}");
    }
}

#[test]
fn a_text_attribute_compares_as_text() {
    assert_eq!(
        shown("{{ 'noble' if cuda and cuda.os == 'ubuntu24.04' }}"),
        " | noble"
    );
}

#[test]
fn versions_compare_through_is_matching() {
    assert_eq!(
        shown("{{ 1 if cuda is matching('>=12,<13') else 0 }}"),
        "0 | 1"
    );
    assert_eq!(shown("{{ 1 if cuda is matching('none') else 0 }}"), "1 | 0");
    assert_eq!(
        shown("{{ 1 if distro is matching('>=22.04') else 0 }}"),
        "1 | 1"
    );
    assert_eq!(
        shown("{{ 1 if job_type is not matching('serv*') else 0 }}"),
        "0 | 0"
    );
}

#[test]
fn a_term_that_matching_cannot_read_is_a_finding() {
    assert!(arg("{{ 1 if cuda is matching('>=new') }}").has("template-fault"));
}

#[test]
fn an_unknown_name_is_a_finding_with_the_nearest() {
    assert_eq!(
        arg("{{ pyton }}").finding("unknown-variable").help,
        ["did you mean `python`?"]
    );
}

#[test]
fn an_unknown_attribute_is_a_finding_with_the_nearest() {
    let outcome = arg("{{ cuda.oss if cuda }} {{ release.tga }}");
    let helps: Vec<_> = outcome.findings.iter().flat_map(|f| &f.help).collect();
    assert_eq!(outcome.codes(), ["unknown-attribute", "unknown-attribute"]);
    assert_eq!(
        helps,
        ["did you mean `cuda.os`?", "did you mean `release.tag`?"]
    );
}

#[test]
fn an_attribute_that_only_some_values_have_is_a_finding_where_it_is_read_of_others() {
    let text = |tag: &str| {
        format!(
            "[axis]\ncuda = [{{ value = \"12\", os = \"noble\" }}, \"13\"]\n[image.i]\ntag = \"{tag}\"\nfrom = \"f:{{{{ cuda }}}}\"\n"
        )
    };
    assert_eq!(
        of(&text("{{ cuda.os }}"))
            .finding("unknown-attribute")
            .notes,
        ["for i cuda=13"]
    );
    assert!(!of(&text("{{ cuda.os if cuda is matching('12') else 13 }}")).stopped());
}

#[test]
fn an_axis_the_image_lacks_is_unseen() {
    let outcome = of(&format!(
        "{AXES}[image.i]\naxes = [\"cuda\"]\ntag = \"{{{{ python }}}}\"\nfrom = \"f\"\n"
    ));
    assert!(outcome.has("unknown-variable"));
}

#[test]
fn a_folded_arch_is_unseen() {
    assert!(
        arg("{{ arch }}")
            .finding("unknown-variable")
            .notes
            .iter()
            .any(|n| n.contains("TARGETARCH"))
    );
}

#[test]
fn a_template_that_cannot_be_parsed_is_a_finding() {
    for template in ["{{ cuda", "{% if cuda %}", "{{ cuda if }}"] {
        assert!(arg(template).has("template-syntax"), "{template}");
    }
}

#[test]
fn axes_are_seen_in_dockerfile_templates() {
    let matrix = "[axis]\npython = [\"3.10\"]\n[image.i]\ntag = \"t\"\nfrom = \"python:{{ python }}\"\ntemplate = \"own\"\n";
    let own = "FROM {{ from }}\n# {{ python.minor + 1 }} {{ image }}\n";
    let outcome = super::fixture::with(matrix, &[("templates/own", own)]);
    assert_eq!(outcome.dockerfile("i/3.10"), "FROM python:3.10\n# 11 i\n");
}

/// Each line of the list in `docs/templates.md` is what comes of it.
#[test]
fn filters_and_tests_do_what_the_documentation_says() {
    let document = include_str!("../../docs/templates.md");
    let (_, section) = document.split_once("## Filters and tests").expect("it");
    let (_, list) = section.split_once("```text").expect("the list");
    let (list, _) = list.split_once("```").expect("its end");
    let lines: Vec<(&str, &str)> = list
        .lines()
        .filter(|line| line.starts_with("{{"))
        .map(|line| {
            let (template, text) = line.rsplit_once("}} ").expect("what comes of it");
            (template, text.trim())
        })
        .collect();
    assert!(lines.len() > 40, "{lines:?}");
    let args: Vec<String> = lines
        .iter()
        .enumerate()
        .map(|(index, (template, _))| format!("A{index} = '''{template}}}}}'''"))
        .collect();
    let outcome = of(&format!(
        "[axis]\ncuda = [{{ value = \"12.8.1\", os = \"ubuntu22.04\", ubuntu = \"22.04\" }}]\npython = [\"3.12\"]\njob = [\"server\"]\n[image.base]\ntag = \"1\"\nfrom = \"f\"\n[image.base.args]\n{}\n",
        args.join("\n")
    ));
    let shown = &outcome.specs()[0].args;
    for (index, (template, text)) in lines.iter().enumerate() {
        let shown = shown.get(&*format!("A{index}")).map(String::as_str);
        assert_eq!(shown, Some(*text), "{template}}}}}");
    }
}

/// Every filter and test of the engine is in the documentation, whether it is shown or only named.
#[test]
fn every_filter_of_the_engine_is_documented() {
    let document = include_str!("../../docs/templates.md");
    let section = document.split_once("## Filters and tests").expect("it").1;
    let section = section.split_once("\n## ").expect("its end").0;
    let known = "abs attr batch bool capitalize chain count d default dictsort e escape first float format groupby indent int \
        items join last length lines list lower map max min pprint reject rejectattr replace reverse round safe select \
        selectattr slice sort split string sum title trim unique upper zip";
    for name in known.split_whitespace() {
        let there = arg(&format!("{{{{ [] | {name} }}}}"));
        let unknown = |f: &basematrix::diagnostic::Finding| f.headline.contains("unknown filter");
        assert!(!there.findings.iter().any(unknown), "{name}");
        let named = [format!("| {name}"), format!("`{name}`")];
        assert!(named.iter().any(|n| section.contains(n)), "{name}");
    }
    for name in ["tojson", "urlencode", "namespace"] {
        assert!(section.contains(name), "{name}");
    }
}

/// Whatever an axis is called, the Dockerfile template sees what it lays out.
#[test]
fn an_axis_takes_nothing_from_the_dockerfile_template() {
    let matrix = |axis: &str| {
        format!(
            "axis.{axis} = ['v1', 'v2']\n[registry.r]\nprefix = 'r.io/o'\n[image.a]\ntag = 'x{{{{ {word} }}}}'\n\
             from = 'debian:13-slim'\nuser = '7:8'\ncmd = ['serve']\nentrypoint = ['tini']\napt = ['curl']\n\
             args = {{ A = 'b' }}\nenv = {{ P = 'q' }}\nlabels = {{ l = 'm' }}\n",
            word = axis.replace('-', "_"),
        )
    };
    let path = |text: &str| text.replace("v1", "").replace("v2", "");
    let plain = of(&matrix("other"));
    let expected = path(plain.dockerfile("a/v1"));
    for axis in [
        "apt",
        "args",
        "cmd",
        "continued",
        "entrypoint",
        "env",
        "fresh",
        "header",
        "interpreter",
        "labels",
        "packages",
        "pip",
        "spec",
        "user",
        "uv_image",
        "uv-image",
    ] {
        let outcome = of(&matrix(axis));
        assert!(!outcome.stopped(), "{axis}: {:?}", outcome.findings);
        assert_eq!(path(outcome.dockerfile("a/v1")), expected, "{axis}");
    }
}

/// A word that a template reads as something else names no axis.
#[test]
fn a_word_of_the_template_language_names_no_axis() {
    for axis in [
        "none", "true", "false", "not", "in", "is", "and", "or", "if", "else", "loop", "self",
        "super", "needs",
    ] {
        let outcome = of(&format!(
            "axis.{axis} = ['1']\n[image.a]\nfrom = 'debian:13'\n"
        ));
        assert!(outcome.has("invalid-name"), "{axis}");
    }
}

/// A package or a test for some cells alone is none in the others.
#[test]
fn an_item_that_renders_empty_is_none() {
    let outcome = of(
        "axis.cuda = ['none', '12.8.1']\n[image.a]\ntag = \"{{ cuda if cuda else 'cpu' }}\"\nfrom = 'debian:13-slim'\n\
        apt = [\"{{ 'nvtop' if cuda }}\", 'curl']\ntest = [\"{{ 'nvidia-smi' if cuda }}\", 'true']\n",
    );
    assert!(
        !outcome.dockerfile("a/none").contains("''"),
        "{}",
        outcome.dockerfile("a/none")
    );
    assert!(outcome.dockerfile("a/12.8.1").contains("nvtop"));
    assert_eq!(outcome.commands("a/none"), ["true"]);
    assert_eq!(outcome.commands("a/12.8.1"), ["nvidia-smi", "true"]);
}

/// The template language's own `none` is as little to be printed as an axis that is absent.
#[test]
fn the_constant_none_is_not_printed() {
    let outcome = of("[image.a]\ntag = '1'\nfrom = 'debian:13-slim'\nenv = { X = '{{ none }}' }\n");
    assert!(outcome.has("template-fault"), "{:?}", outcome.findings);
}

/// `is none` means of an axis what it says, as `not cuda` does.
#[test]
fn is_none_asks_for_the_value_none() {
    let outcome = of(
        "axis.cuda = ['none', '12.8.1']\n[image.a]\ntag = \"{{ 'cpu' if cuda is none else cuda }}\"\nfrom = 'debian:13-slim'\n\
        env = { X = \"{{ 'gpu' if cuda is not none }}\" }\n",
    );
    let tags: Vec<&str> = outcome
        .references()
        .iter()
        .map(|r| r.rsplit(':').next().unwrap_or(""))
        .collect();
    assert_eq!(tags, ["cpu", "12.8.1"]);
    assert!(!outcome.dockerfile("a/none").contains("gpu"));
    assert!(outcome.dockerfile("a/12.8.1").contains("X=\"gpu\""));
}

/// The fields of the release compare as those of an axis do.
#[test]
fn comparing_the_release_is_held_to_the_same() {
    let with = |template: &str| {
        of(&format!(
            "[release]\nversion = '1.4.0'\n[image.a]\nfrom = 'debian:13-slim'\npython = 'base'\nenv = {{ X = \"{template}\" }}\n"
        ))
    };
    for (template, instead) in [
        (
            "{{ release.version >= '1.10' }}",
            Some("write `release.version is matching('>=1.10')`"),
        ),
        ("{{ release.tag > 'v1.10' }}", None),
        (
            "{{ release.major == '1' }}",
            Some("write `release.major == 1`"),
        ),
        (
            "{{ release.series == 1.4 }}",
            Some("write `release.series == '1.4'`"),
        ),
        (
            "{{ release == '1.4.0' }}",
            Some("compare `release.version` or `release.tag`"),
        ),
    ] {
        let outcome = with(template);
        let finding = outcome.finding("axis-comparison");
        assert!(
            instead.is_none_or(|help| finding.help.iter().any(|h| h == help)),
            "{template}: {finding:#?}"
        );
    }
    for template in [
        "{{ release.version == '1.4.0' }}",
        "{{ release.version is matching('>=1.2') }}",
        "{{ release.major >= 1 }}",
        "{{ release.tag == 'v1.4.0' }}",
        "{{ release.pre == 'rc1' }}",
    ] {
        assert!(!with(template).has("axis-comparison"), "{template}");
    }
}

/// What kind of value an axis is, and where it comes among texts, says nothing of its value.
#[test]
fn asking_for_the_kind_of_an_axis_is_refused() {
    for template in [
        "{{ 'x' if python is string }}",
        "{{ 'x' if cuda is false }}",
        "{{ 'x' if python is number }}",
        "{{ [python, '3.14'] | max }}",
        "{{ ['3.14', python] | unique | length }}",
    ] {
        assert!(arg(template).has("axis-comparison"), "{template}");
    }
    for template in [
        "{{ 'x' if python.version is string }}",
        "{{ 'x' if python.minor is number }}",
        "{{ ['a', 'b'] | max }}",
    ] {
        assert!(!arg(template).has("axis-comparison"), "{template}");
    }
}

/// Lists of lists of one axis hold that axis alone, however often they double.
#[test]
fn lists_that_double_cost_no_more_than_their_text() {
    let doubled: String = (1..60)
        .map(|n| format!("{{% set a{n} = [a{m}, a{m}] %}}", m = n - 1))
        .collect();
    let outcome = arg(&format!("{{% set a0 = [python, python] %}}{doubled}x"));
    assert!(!outcome.has("axis-comparison"));
}
