//! Layers of keys and what takes away from them, worked out by hand.

use crate::oracle::cases::{contradicts, ids, planned, spec};
use crate::oracle::model::Contradiction::*;

const LAYERS: &str = r#"
[defaults]
axes = ["x"]
args = { A = "defaults", B = "defaults", C = "defaults", D = "defaults" }
from = "defaults"
[[defaults.when]]
match = { x = "1" }
args = { B = "row of defaults", C = "row of defaults", D = "row of defaults" }
[[defaults.when]]
match = { x = "1", y = "a" }
from = "y:a"
args = { E = "{{ y }}" }
[[defaults.when]]
match = { image = "i" }
args = { D = "last row of defaults" }
[axis]
x = ["none", "1"]
y = ["a", "b"]
[image.i]
tag = "{{ x if x else 'no' }}"
args = { C = "image", D = "image" }
[[image.i.when]]
match = { x = "1" }
args = { D = "row" }
[image.both]
axes = ["x", "y"]
tag = "{{ x if x else 'no' }}{{ y }}"
parent = "i"
"#;

fn args(text: &str, id: &str) -> String {
    let args = spec(text, id).args;
    let args = args.iter().map(|(key, value)| format!("{key}={value}"));
    args.collect::<Vec<_>>().join(" ")
}

#[test]
fn rows_of_defaults_lie_between_defaults_and_image() {
    assert_eq!(
        ids(LAYERS),
        [
            "i/none",
            "i/1",
            "both/none_a",
            "both/none_b",
            "both/1_a",
            "both/1_b"
        ]
    );
    assert_eq!(
        args(LAYERS, "i/none"),
        "A=defaults B=defaults C=image D=image"
    );
    assert_eq!(
        args(LAYERS, "i/1"),
        "A=defaults B=row of defaults C=image D=row"
    );
    // A row that names an axis which the image lacks passes it by.
    assert_eq!(
        args(LAYERS, "both/1_a"),
        "A=defaults B=row of defaults C=row of defaults D=row of defaults E=a"
    );
    // The image comes later: its parent replaces every base of the defaults.
    let both = spec(LAYERS, "both/1_a");
    assert_eq!((both.base, both.parent.as_deref()), (None, Some("i/1")));
    let alone = LAYERS.replace("parent = \"i\"", "");
    assert_eq!(spec(&alone, "both/1_a").base.as_deref(), Some("y:a"));
    assert_eq!(spec(&alone, "both/1_b").base.as_deref(), Some("defaults"));
}

const TAKES: &str = r#"
[defaults]
args = { A = "a", B = "b", C = "c" }
meta = { text = "of {{ image }}", title = "T" }
from = "f"
needs = ["low"]
[axis]
x = ["1", "2"]
[image.low]
axes = []
tag = "t"
needs = ["!low"]
[image.i]
tag = "{{ x }}"
args = { A = false }
meta = { text = false, more = "{{ x.major }}" }
needs = [{ image = "tool", x = "2" }]
[[image.i.when]]
match = { x = "2" }
args = { B = false, A = "again" }
needs = ["!low", "!tool"]
[image.tool]
tag = "{{ x }}"
needs = ["!low"]
"#;

#[test]
fn false_and_a_mark_take_away() {
    assert_eq!(args(TAKES, "i/1"), "B=b C=c");
    assert_eq!(args(TAKES, "i/2"), "C=c A=again");
    assert_eq!(spec(TAKES, "i/1").needs, ["low", "tool/2"]);
    assert_eq!(spec(TAKES, "i/2").needs, [] as [&str; 0]);
    assert_eq!(planned(TAKES).taken, [] as [&str; 0]);
    for (before, after, nothing) in [
        ("A = false }", "A = false, Z = false }", "args.Z"),
        ("text = false", "text = false, none = false", "meta.none"),
        (
            "needs = [\"!low\", \"!tool\"]",
            "needs = [\"!low\", \"!i\"]",
            "needs: i",
        ),
        (
            "needs = [\"!low\", \"!tool\"]",
            "apt = [\"!curl\"]",
            "apt: curl",
        ),
        (
            "needs = [\"!low\", \"!tool\"]",
            "env = { A = false }",
            "env.A",
        ),
        ("from = \"f\"", "from = \"f\"\napt = []", "apt = []"),
    ] {
        let plan = planned(&TAKES.replace(before, after));
        assert!(
            plan.taken.contains(&nothing.to_string()),
            "{nothing}: {:?}",
            plan.taken
        );
    }
    // What is there in some of the specs is taken from those.
    let some = TAKES.replace("match = { x = \"2\" }", "match = { x = \"*\" }");
    let some = some.replace("args = { A = false }", "[[image.i.when]]\nmatch = { x = \"1\" }\nargs = { B = false }\n[[image.i.when]]\nmatch = {}");
    assert_eq!(args(&some, "i/1"), "A=again C=c");
    assert_eq!(planned(&some).taken, [] as [&str; 0]);
    // An empty list says that there is none.
    let none = TAKES.replace("needs = [\"!low\", \"!tool\"]", "needs = []");
    assert_eq!(spec(&none, "i/2").needs, [] as [&str; 0]);
    assert_eq!(spec(&none, "i/1").needs, ["low", "tool/2"]);
}

#[test]
fn meta_is_templated() {
    let meta = |id: &str| {
        let meta = spec(TAKES, id).meta;
        meta.iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(meta("low"), "text=of low title=T");
    assert_eq!(meta("i/1"), "title=T more=1");
    contradicts(&TAKES.replace("{{ x.major }}", "{{ y }}"), Template);
}

const UNPUBLISHED: &str = r#"
[registry.hub]
prefix = "docker.io/a"
[axis]
x = ["1", "2", "3"]
[image.builder]
tag = "t"
from = "f"
publish = false
[image.i]
name = "builder"
tag = "{{ x }}"
parent = "builder"
[[image.i.when]]
match = { x = "3" }
publish = false
[[image.i.when]]
match = { x = "2" }
publish = true
[[alias]]
tags = ["latest"]
newest = ["x"]
[described.theirs]
reference = "docker.io/them/theirs:1"
meta = { text = "theirs" }
"#;

#[test]
fn what_is_not_published_has_no_tag() {
    let plan = planned(UNPUBLISHED);
    // Three cells of one tag are no trouble where it is never put.
    assert_eq!(plan.specs.len(), 6);
    assert_eq!(plan.layers, 2);
    let of = |id: &str| {
        let spec = spec(UNPUBLISHED, id);
        (spec.parent, spec.references, spec.aliases)
    };
    assert_eq!(of("builder/3"), (None, vec![], vec![]));
    assert_eq!(of("i/3"), (Some("builder/3".into()), vec![], vec![]));
    let names = |tag: &str| vec![format!("docker.io/a/builder:{tag}")];
    assert_eq!(
        of("i/2"),
        (Some("builder/2".into()), names("2"), names("latest"))
    );
    // Nothing that is described is built.
    assert!(plan.specs.iter().all(|spec| spec.image != "theirs"));
    let theirs = &plan.described[0];
    assert_eq!(
        (&*theirs.name, &*theirs.reference),
        ("theirs", "docker.io/them/theirs:1")
    );
    assert_eq!(theirs.meta, [("text".to_string(), "theirs".to_string())]);
}
