//! References, aliases and the newest.

use super::fixture::{Outcome, of};

const PY: &str =
    "[axis]\npy = [\"3.9\", \"3.10\"]\ncuda = [\"none\", \"12.9\", \"12.10\", \"edge\"]\n";
const IMAGE: &str =
    "[image.i]\ntag = \"{{ py }}-{{ cuda or 'cpu' }}\"\nfrom = \"f:{{ py }}{{ cuda or '' }}\"\n";

fn alias(rest: &str) -> Outcome {
    of(&format!("{PY}{IMAGE}[[alias]]\n{rest}\n"))
}

#[test]
fn two_specs_with_one_reference_are_a_finding() {
    let tag = |tag: &str| of(&format!("{PY}[image.i]\ntag = \"{tag}\"\nfrom = \"f\"\n"));
    assert!(tag("{{ py }}").finding("duplicate-reference").help[0].contains("{{ cuda }}"));
    let two = "[image.i]\nname = \"x\"\ntag = \"t\"\nfrom = \"f\"\n[image.j]\nname = \"x\"\ntag = \"t\"\nfrom = \"f\"\n";
    assert!(of(two).has("duplicate-reference"));
}

#[test]
fn one_tag_in_two_registries_is_no_duplicate() {
    let text = "[registry.a]\nprefix = \"a.io\"\n[registry.b]\nprefix = \"b.io\"\n[defaults]\nname = \"x\"\ntag = \"t\"\nfrom = \"f\"\n[image.i]\nregistry = \"a\"\n[image.j]\nregistry = \"b\"\n";
    assert_eq!(of(text).references(), ["a.io/x:t", "b.io/x:t"]);
}

#[test]
fn a_tag_outside_the_grammar_is_a_finding() {
    for tag in ["-x", ".x", "a b", "a/b", "a:b", "1.0+cu128", "é", ""] {
        assert!(
            of(&format!("[image.i]\ntag = \"{tag}\"\nfrom = \"f\"\n")).has("invalid-reference"),
            "{tag}"
        );
    }
}

#[test]
fn a_tag_over_128_characters_is_a_finding() {
    let tag = |length| {
        of(&format!(
            "[image.i]\ntag = \"{}\"\nfrom = \"f\"\n",
            "a".repeat(length)
        ))
    };
    assert!(tag(129).has("invalid-reference"));
    assert!(!tag(128).has("invalid-reference"));
}

#[test]
fn a_name_outside_the_grammar_is_a_finding() {
    for name in ["Base", "a//b", "a_-b", "-a", "a.", "a b", "a:b"] {
        let text = format!("[image.i]\nname = \"{name}\"\ntag = \"t\"\nfrom = \"f\"\n");
        assert!(of(&text).has("invalid-reference"), "{name}");
    }
}

#[test]
fn a_tag_that_prints_what_nothing_in_the_image_depends_on_is_a_finding() {
    assert!(of(&format!("{PY}{IMAGE}").replace("f:{{ py }}", "f:x")).has("tag-lies"));
    assert!(!of(&format!("{PY}{IMAGE}")).has("tag-lies"));
}

#[test]
fn a_reference_is_immutable_iff_it_prints_the_whole_release() {
    let immutable = |keys: &str| {
        of(&format!(
            "[release]\nversion = \"1.2.3\"\n[image.i]\n{keys}\nfrom = \"f\"\n"
        ))
        .specs()[0]
            .immutable
    };
    assert!(immutable(""));
    assert!(immutable("tag = \"x-{{ release.version }}\""));
    assert!(immutable("tag = \"x\"\nname = \"i-{{ release.version }}\""));
    assert!(!immutable("tag = \"x-{{ release.major }}\""));
    assert!(!immutable("tag = \"release\""));
}

#[test]
fn aliases_are_templates_over_the_specs_that_match() {
    let outcome = alias(
        "match = { py = \"3.10\", cuda = \"12.*\" }\ntags = [\"cu{{ cuda.compact }}\", \"{{ image }}-{{ cuda }}\"]",
    );
    assert_eq!(
        outcome.aliases(),
        [
            "i/3.10_12.9 i:cu129",
            "i/3.10_12.9 i:i-12.9",
            "i/3.10_12.10 i:cu1210",
            "i/3.10_12.10 i:i-12.10"
        ]
    );
}

#[test]
fn an_alias_without_a_match_is_over_all_specs() {
    let text = format!(
        "{PY}{IMAGE}[image.j]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n[[alias]]\ntags = [\"latest\"]\nnewest = [\"py\", \"cuda\"]\n"
    );
    assert_eq!(of(&text).aliases(), ["i/3.10_12.10 i:latest", "j j:latest"]);
}

#[test]
fn the_newest_by_version_has_the_alias() {
    let outcome =
        alias("match = { cuda = \"12.*\" }\ntags = [\"latest\"]\nnewest = [\"py\", \"cuda\"]");
    assert_eq!(outcome.aliases(), ["i/3.10_12.10 i:latest"]);
}

#[test]
fn newest_decides_by_the_first_axis_that_differs() {
    let text = "[axis]\na = [\"1\", \"2\"]\nb = [\"1\", \"2\"]\n[image.i]\ntag = \"{{ a }}{{ b }}\"\nfrom = \"f\"\n[[exclude]]\nmatch = { a = \"2\", b = \"2\" }\nreason = \"r\"\n[[alias]]\nmatch = {}\ntags = [\"x\"]\nnewest = [\"b\", \"a\"]\n";
    assert_eq!(of(text).aliases(), ["i/1_2 i:x"]);
}

#[test]
fn none_is_the_oldest() {
    let outcome = alias(
        "match = { py = \"3.9\", cuda = [\"none\", \"12.9\"] }\ntags = [\"latest\"]\nnewest = [\"cuda\"]",
    );
    assert_eq!(outcome.aliases(), ["i/3.9_12.9 i:latest"]);
}

#[test]
fn a_final_is_newer_than_any_pre_release() {
    let newest = |values: &str| {
        let text = format!(
            "[axis]\ncuda = [{values}]\n[image.i]\ntag = \"{{{{ cuda or 'cpu' }}}}\"\nfrom = \"f\"\n[[alias]]\ntags = [\"latest\"]\nnewest = [\"cuda\"]\n"
        );
        of(&text).aliases()
    };
    assert_eq!(newest(r#""12.9", "13.0rc1""#), ["i/12.9 i:latest"]);
    assert_eq!(
        newest(r#""none", "13.0rc1", "13.0b2""#),
        ["i/13.0rc1 i:latest"]
    );
}

#[test]
fn newest_decides_within_each_rendered_tag() {
    let outcome = alias("match = {}\ntags = [\"{{ py }}\"]\nnewest = [\"cuda\"]");
    assert_eq!(
        outcome.aliases(),
        ["i/3.9_12.10 i:3.9", "i/3.10_12.10 i:3.10"]
    );
}

#[test]
fn several_specs_with_one_alias_are_a_finding() {
    let outcome = alias("match = { cuda = \"none\" }\ntags = [\"latest\"]");
    assert!(outcome.finding("alias-ambiguous").help[0].contains("newest = [\"py\"]"));
}

#[test]
fn two_of_which_neither_is_newer_are_a_finding() {
    assert!(alias("match = { py = \"3.9\", cuda = [\"none\", \"edge\"] }\ntags = [\"l\"]\nnewest = [\"cuda\"]").has("alias-ambiguous"));
    assert!(
        alias("match = { cuda = \"12.9\" }\ntags = [\"l\"]\nnewest = [\"cuda\"]")
            .has("alias-ambiguous")
    );
}

#[test]
fn two_aliases_that_render_the_same_for_two_specs_are_a_finding() {
    let row = |py: &str| format!("match = {{ py = \"{py}\", cuda = \"none\" }}\ntags = [\"l\"]\n");
    assert!(alias(&format!("{}[[alias]]\n{}", row("3.9"), row("3.10"))).has("alias-ambiguous"));
    let twice = alias(&format!("{}[[alias]]\n{}", row("3.9"), row("3.9")));
    assert_eq!(twice.aliases(), ["i/3.9_none i:l"]);
}

#[test]
fn an_alias_that_matches_no_spec_is_a_finding() {
    assert!(alias("match = { cuda = \">=99\" }\ntags = [\"l\"]").has("alias-unmatched"));
}

#[test]
fn an_alias_that_equals_another_specs_tag_is_a_finding() {
    assert!(
        alias("match = { py = \"3.9\", cuda = \"none\" }\ntags = [\"3.10-cpu\"]")
            .has("alias-shadows-tag")
    );
}

#[test]
fn an_alias_equal_to_the_specs_own_tag_is_ignored() {
    let outcome = alias("match = { py = \"3.9\", cuda = \"none\" }\ntags = [\"3.9-cpu\"]");
    assert_eq!(outcome.aliases(), [] as [&str; 0]);
    assert!(!outcome.stopped());
}

#[test]
fn an_alias_outside_the_grammar_is_a_finding() {
    assert!(
        alias("match = { py = \"3.9\", cuda = \"none\" }\ntags = [\"a b\"]")
            .has("invalid-reference")
    );
}

#[test]
fn an_alias_goes_to_every_registry_of_its_spec_home_first() {
    let text = format!(
        "[registry.a]\nprefix = \"a.io\"\n[registry.b]\nprefix = \"b.io/x\"\n{PY}{IMAGE}[[alias]]\nmatch = {{ py = \"3.9\", cuda = \"none\" }}\ntags = [\"l\", \"m\"]\n"
    );
    let aliases = of(&text).spec("i/3.9_none").aliases.clone();
    assert_eq!(
        aliases,
        ["a.io/i:l", "b.io/x/i:l", "a.io/i:m", "b.io/x/i:m"]
    );
}

/// Python 3.9 lives at `a` and is copied to `b`, the home of 3.10.
fn homes(alias: &str) -> Outcome {
    of(&format!(
        "[registry.a]\nprefix = \"a.io\"\n[registry.b]\nprefix = \"b.io\"\n[axis]\npy = [\"3.9\", \"3.10\"]\n\
         [image.i]\ntag = \"{{{{ py }}}}\"\nfrom = \"f:{{{{ py }}}}\"\n\
         [[image.i.when]]\nmatch = {{ py = \"3.10\" }}\nregistry = \"b\"\n[[alias]]\n{alias}\n"
    ))
}

#[test]
fn a_copy_of_an_alias_may_meet_no_other_alias() {
    assert!(homes("match = {}\ntags = [\"l\"]").has("alias-ambiguous"));
    assert!(!homes("match = { py = \"3.9\" }\ntags = [\"l\"]").stopped());
}

#[test]
fn a_copy_of_an_alias_may_meet_no_other_specs_tag() {
    assert!(homes("match = { py = \"3.9\" }\ntags = [\"3.10\"]").has("alias-shadows-tag"));
}

#[test]
fn an_alias_over_a_platform_means_the_specs_built_for_it() {
    let text = "[axis]\narch = [\"amd64\", \"arm64\"]\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n[image.j]\ntag = \"t\"\nfrom = \"f\"\nplatforms = [\"linux/amd64\"]\n[[alias]]\nmatch = { arch = \"arm64\" }\ntags = [\"arm\"]\n";
    assert_eq!(of(text).aliases(), ["i i:arm"]);
}

#[test]
fn a_pre_release_moves_no_alias() {
    for (scheme, version, moves) in [
        ("semver", "1.0.0-rc.1", false),
        ("semver", "1.0.0", true),
        ("pep440", "1.0rc1", false),
        ("pep440", "1.0.dev3", false),
        ("pep440", "1.0.post1", true),
        ("calver", "26.11", true),
        ("calver", "26.11rc1", false),
    ] {
        let text = format!(
            "[release]\nversion = \"{version}\"\nscheme = \"{scheme}\"\n[image.i]\nfrom = \"f\"\n[[alias]]\nmatch = {{}}\ntags = [\"latest\"]\n"
        );
        assert_eq!(
            of(&text).aliases().len(),
            usize::from(moves),
            "{scheme} {version}"
        );
    }
}

#[test]
fn aliases_of_a_pre_release_are_checked_all_the_same() {
    let text = format!(
        "[release]\nversion = \"1.0.0-rc.1\"\n{PY}{IMAGE}[[alias]]\nmatch = {{}}\ntags = [\"l\"]\n"
    );
    assert!(of(&text).has("alias-ambiguous"));
}

#[test]
fn a_plus_in_the_release_is_a_dash_in_its_tag() {
    let text = "[release]\nversion = \"1.0+cu128\"\nscheme = \"pep440\"\n[image.i]\nfrom = \"f\"\n";
    assert_eq!(of(text).references(), ["i:v1.0-cu128"]);
}

#[test]
fn a_release_outside_its_scheme_is_a_finding() {
    for (scheme, version) in [
        ("semver", "1.2"),
        ("semver", "v1.2.3"),
        ("pep440", "1!2.0"),
        ("pep440", "x"),
        ("calver", "today"),
    ] {
        let text = format!(
            "[release]\nversion = \"{version}\"\nscheme = \"{scheme}\"\n[image.i]\nfrom = \"f\"\n"
        );
        assert!(of(&text).has("invalid-version"), "{scheme} {version}");
    }
}

#[test]
fn an_alias_is_of_the_line_of_releases_whose_numbers_it_changes_with() {
    let line = |release: &str, tag: &str| {
        let outcome = of(&format!(
            "[release]\n{release}\n[image.i]\nfrom = \"f\"\n[[alias]]\ntags = [{tag:?}]\n"
        ));
        let spec = &outcome.specs()[0];
        let line = spec.alias_lines.get(spec.aliases[0].as_str());
        line.map_or("newest", String::as_str).to_owned()
    };
    let semver = "version = \"4.15.2\"";
    for (tag, of) in [
        ("latest", "newest"),
        ("{{ release.major }}", "4"),
        ("v{{ release.major }}-slim", "4"),
        ("{{ release.series }}", "4.15"),
        ("{{ release.major }}.{{ release.minor }}", "4.15"),
        ("{{ release.parts[:2] | join('-') }}", "4.15"),
        ("x-{{ release.tag }}", "4.15.2"),
        ("x-{{ release.version }}", "4.15.2"),
        // Another major release has the same number.
        ("minor-{{ release.minor }}", "newest"),
        // It is asked, not printed.
        ("{{ 'new' if release.major > 3 else 'old' }}", "newest"),
        ("{{ 'lts' if release.major == 4 else 'other' }}", "4"),
        ("{{ 'rc' if release.pre else 'latest' }}", "newest"),
    ] {
        assert_eq!(line(semver, tag), of, "{tag}");
    }
    let calver = "version = \"26.06\"\nscheme = \"calver\"";
    assert_eq!(line(calver, "{{ release.parts[0] }}"), "26");
    assert_eq!(line(calver, "x{{ release.version }}"), "26.06");
    let post = "version = \"1.4.0.post1\"\nscheme = \"pep440\"";
    assert_eq!(line(post, "{{ release.series }}"), "1.4");
    assert_eq!(line(post, "x-{{ release.tag }}"), "1.4.0.post1");
}
