//! Parents, registries and aliases in small matrices, worked out by hand.

use crate::oracle::cases::{contradicts, planned, spec};
use crate::oracle::model::Contradiction::*;

const CHAIN: &str = r#"
[axis]
py = ["3.9", "3.10"]
cuda = ["none", "12.4"]
arch = ["amd64", "arm64"]
[image.top]
axes = ["py"]
tag = "{{ py }}"
parent = "middle"
needs = [{ image = "low", cuda = "12.4" }]
[image.middle]
axes = ["py", "cuda"]
tag = "{{ py }}-{{ cuda if cuda else 'cpu' }}"
parent = "low"
[image.low]
axes = ["cuda"]
tag = "{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.tool]
axes = []
tag = "t"
parent = { image = "middle", py = "3.9" }
"#;

#[test]
fn parents_and_layers() {
    let relations = |id: &str| {
        let spec = spec(CHAIN, id);
        (
            spec.parent.unwrap_or_default(),
            spec.needs.join(" "),
            spec.layer,
        )
    };
    let expect = |parent: &str, needs: &str, layer| (parent.to_string(), needs.to_string(), layer);
    assert_eq!(relations("low/12.4"), expect("", "", 0));
    assert_eq!(relations("middle/3.10_12.4"), expect("low/12.4", "", 1));
    assert_eq!(
        relations("top/3.10"),
        expect("middle/3.10_none", "low/12.4", 2)
    );
    assert_eq!(relations("tool"), expect("middle/3.9_none", "", 2));
    assert_eq!(planned(CHAIN).layers, 3);

    contradicts(
        &CHAIN.replace("\"middle\", py = \"3.9\"", "\"middle\""),
        Lineage,
    );
    let exclude = |matching: &str| {
        format!("{CHAIN}\n[[exclude]]\nreason = \"r\"\nmatch = {{ image = \"low\", {matching} }}\n")
    };
    contradicts(&exclude("cuda = \"none\""), Lineage);
    contradicts(&exclude("cuda = \"none\", arch = \"arm64\""), Platforms);
    contradicts(
        &CHAIN
            .replace("from = \"f\"", "parent = \"top\"")
            .replace("axes = [\"cuda\"]", "axes = [\"py\"]")
            .replace(
                "tag = \"{{ cuda if cuda else 'cpu' }}\"",
                "tag = \"{{ py }}\"",
            )
            .replace("cuda = \"12.4\" }]", "py = \"3.9\" }]"),
        Cycle,
    );
}

#[test]
fn registries_home_and_copies() {
    let text = r#"
[registry.hub]
prefix = "docker.io/a"
[registry.ghcr]
prefix = "ghcr.io/b"
[registry.own]
prefix = "localhost:5000"
[image.x]
tag = "t"
from = "f"
[image.y]
tag = "t"
from = "f"
registry = ["own", "ghcr"]
[[alias]]
match = { image = "y" }
tags = ["one", "t", "two", "one"]
"#;
    assert_eq!(
        spec(text, "x").references,
        ["docker.io/a/x:t", "ghcr.io/b/x:t", "localhost:5000/x:t"]
    );
    let y = spec(text, "y");
    assert_eq!(y.references, ["ghcr.io/b/y:t", "localhost:5000/y:t"]);
    assert_eq!(
        y.aliases,
        [
            "ghcr.io/b/y:one",
            "localhost:5000/y:one",
            "ghcr.io/b/y:two",
            "localhost:5000/y:two"
        ]
    );
    contradicts(
        &text.replace("[image.y]", "[image.y]\nname = \"x\""),
        DuplicateReference,
    );
}

fn alias(rest: &str) -> String {
    format!(
        "[axis]\npy = [\"3.9\", \"3.10\"]\ncuda = [\"none\", \"12.10.0\", \"12.9\", \"12.9.0\", \"edge\"]\n\
         [image.i]\ntag = \"{{{{ py }}}}-{{{{ cuda if cuda else 'cpu' }}}}\"\nfrom = \"f\"\n[[alias]]\n{rest}\n"
    )
}

fn aliased(rest: &str) -> String {
    let specs = planned(&alias(rest)).specs;
    let lines = specs.iter().filter(|spec| !spec.aliases.is_empty());
    lines
        .map(|spec| format!("{} {}", spec.id, spec.aliases.join(" ")))
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn the_newest_has_the_alias() {
    assert_eq!(
        aliased("match = {}\ntags = [\"latest\"]\nnewest = [\"py\", \"cuda\"]"),
        "i/3.10_12.10.0 i:latest"
    );
    assert_eq!(
        aliased("match = {}\ntags = [\"{{ py }}\"]\nnewest = [\"cuda\"]"),
        "i/3.9_12.10.0 i:3.9; i/3.10_12.10.0 i:3.10"
    );
    assert_eq!(
        aliased("match = { cuda = \"12.9\" }\ntags = [\"x\"]\nnewest = [\"py\"]"),
        "i/3.10_12.9 i:x"
    );
    assert_eq!(
        aliased(
            "match = { cuda = [\"none\", \"12.9\"], py = \"3.9\" }\ntags = [\"x\"]\nnewest = [\"cuda\"]"
        ),
        "i/3.9_12.9 i:x"
    );
    assert_eq!(
        aliased("match = { py = \"3.9\", cuda = \"none\" }\ntags = [\"3.9-cpu\"]"),
        ""
    );
    // Without `match`, it is over all.
    assert_eq!(
        aliased("tags = [\"{{ py }}\"]\nnewest = [\"cuda\"]"),
        "i/3.9_12.10.0 i:3.9; i/3.10_12.10.0 i:3.10"
    );
    for clash in [
        "tags = [\"latest\"]",
        "match = {}\ntags = [\"latest\"]",
        "match = {}\ntags = [\"latest\"]\nnewest = [\"cuda\"]",
        "match = { cuda = \"12.9.*\" }\ntags = [\"latest\"]\nnewest = [\"py\", \"cuda\"]",
        "match = { cuda = [\"none\", \"edge\"] }\ntags = [\"{{ py }}\"]\nnewest = [\"cuda\"]",
        "match = { py = \"3.9\", cuda = \"none\" }\ntags = [\"x\"]\n[[alias]]\nmatch = { py = \"3.10\", cuda = \"none\" }\ntags = [\"x\"]",
    ] {
        contradicts(&alias(clash), AliasClash);
    }
    contradicts(
        &alias("match = { py = \"3.10\", cuda = \"none\" }\ntags = [\"3.9-cpu\"]"),
        AliasIsTag,
    );
    // The newest has the name first; that it is the tag of another is what is wrong.
    contradicts(
        &alias("match = { cuda = \"none\" }\ntags = [\"3.9-cpu\"]\nnewest = [\"py\"]"),
        AliasIsTag,
    );
    contradicts(
        &alias("match = { py = \"3.9\" }\ntags = [\"{{ cuda }}\"]"),
        Template,
    );
}

#[test]
fn finals_are_newer_than_any_pre_release() {
    let newest = |values: &str| {
        let text = format!(
            "[axis]\nx = [{values}]\n[image.i]\ntag = \"t-{{{{ x if x }}}}\"\nfrom = \"f\"\n\
             [[alias]]\ntags = [\"latest\"]\nnewest = [\"x\"]\n"
        );
        let specs = planned(&text).specs;
        let holder = specs.into_iter().find(|spec| !spec.aliases.is_empty());
        holder.map(|spec| spec.cell[0].1.clone())
    };
    for (values, holder) in [
        (r#""12.8.1", "13.0.0-rc1""#, "12.8.1"),
        (r#""13.0.0rc1", "13.0.0", "13.1.0a1""#, "13.0.0"),
        (
            r#""13.0.0rc1", "13.0.0rc2", "none", "13.0.0b9""#,
            "13.0.0rc2",
        ),
        (r#""none", "1.0.dev1""#, "1.0.dev1"),
        (
            r#"{ value = "old", version = "1" }, { value = "new", version = "2rc1" }"#,
            "old",
        ),
    ] {
        assert_eq!(newest(values).as_deref(), Some(holder), "{values}");
    }
}

#[test]
fn only_tags_that_render_the_release_are_immutable() {
    let text = |tag: &str| {
        format!(
            "[release]\nversion = \"1.2.0rc1\"\nscheme = \"pep440\"\ntag = \"r{{{{ version }}}}\"\n[image.i]\n{tag}\nfrom = \"f\"\n[[alias]]\nmatch = {{}}\ntags = [\"latest\"]\n"
        )
    };
    let default = spec(&text(""), "i");
    assert_eq!(
        (default.references, default.immutable),
        (vec!["i:r1.2.0rc1".to_string()], true)
    );
    assert_eq!(default.aliases, [] as [&str; 0]);
    assert!(!spec(&text("tag = \"release\""), "i").immutable);
    assert!(spec(&text("tag = \"x-{{ release.version }}\""), "i").immutable);
    let done = text("").replace("1.2.0rc1", "1.2.0");
    assert_eq!(spec(&done, "i").aliases, ["i:latest"]);
}
