//! Attributes and sets in selectors, worked out by hand.

use crate::oracle::cases::{contradicts, ids, planned, spec};
use crate::oracle::expand::plan;
use crate::oracle::model::Contradiction::*;
use crate::oracle::model::Fault;

/// The values of `x` that a selector keeps.
fn kept(matching: &str) -> String {
    let text = format!(
        r#"
[axis]
x = [
  "none",
  {{ value = "11.8", os = "ubuntu20.04", cudnn = "8" }},
  {{ value = "12.4", os = "ubuntu22.04", cudnn = "9.1" }},
  {{ value = "12.8", os = "ubuntu24.04", cudnn = "9.10" }},
  {{ value = "edge", os = "sid" }},
]
[image.i]
match = {matching}
tag = "t{{{{ x if x }}}}"
from = "f"
"#
    );
    match plan(&text) {
        Ok(plan) => plan
            .specs
            .iter()
            .map(|spec| spec.cell[0].1.as_str())
            .collect::<Vec<_>>()
            .join(" "),
        Err(Fault::Contradiction(NoSpec, _)) => String::new(),
        Err(fault) => panic!("{fault:?}\n{text}"),
    }
}

#[test]
fn a_key_may_be_an_attribute() {
    for (matching, expected) in [
        (r#"{ "x.os" = "ubuntu22.04" }"#, "12.4"),
        (r#"{ x.os = "ubuntu22.04" }"#, "12.4"),
        (r#""x.os=ubuntu22.04""#, "12.4"),
        // Who has no `os` is meant by no term.
        (r#"{ x.os = "!ubuntu22.04" }"#, "11.8 12.8 edge"),
        (r#"{ x.cudnn = "!8" }"#, "12.4 12.8"),
        (r#"{ x.cudnn = "!>=9.2" }"#, "11.8 12.4"),
        (r#"{ x.os = ["sid", "*20*"] }"#, "11.8 edge"),
        (r#"{ x.os = "ubuntu*,!*20*" }"#, "12.4 12.8"),
        (r#"{ x.cudnn = ">=9.2" }"#, "12.8"),
        (r#"{ x.cudnn = "9.*" }"#, "12.4 12.8"),
        (r#"{ x.cudnn = "9.1" }"#, "12.4"),
        (r#"{ x.cudnn = "9.1*" }"#, "12.4 12.8"),
        // No attribute that looks like a version is in any range.
        (r#"{ x.os = ">=1" }"#, ""),
        (r#"{ x.value = ">=12", x.os = "!ubuntu24.04" }"#, "12.4"),
        (r#"{ x.value = "!none" }"#, "11.8 12.4 12.8 edge"),
        (r#""x.value=>=11,<12.5,x.cudnn=>=9""#, "12.4"),
        (r#"{ x = "!none", "x.os" = "!sid" }"#, "11.8 12.4 12.8"),
        (r#"{ x.version = ">=12" }"#, "12.4 12.8"),
        (r#"[{ x = "none" }, { x.os = "sid" }]"#, "none edge"),
        // What the version of the value says; `edge` and `none` have none.
        (r#"{ x.major = "12" }"#, "12.4 12.8"),
        (r#"{ x.major = "!12" }"#, "11.8"),
        (r#"{ x.minor = ">=8" }"#, "11.8 12.8"),
        (r#"{ x.compact = "124" }"#, "12.4"),
        (r#"{ x.compact = "*8,>118" }"#, "12.8"),
        (r#""x.major=12,x.cudnn=9.1""#, "12.4"),
    ] {
        assert_eq!(kept(matching), expected, "{matching}");
    }
}

#[test]
fn the_platform_of_an_architecture_is_an_attribute() {
    let arch = r#"arch = ["amd64", "arm64", { value = "pi", platform = "linux/arm/v7" }]"#;
    for (matching, platforms) in [
        (r#"{ arch.platform = "linux/arm/v7" }"#, "linux/arm/v7"),
        (r#"{ arch.platform = "linux/arm64" }"#, "linux/arm64"),
        (r#""arch.platform=linux/arm*""#, "linux/arm64 linux/arm/v7"),
        (
            r#"{ arch.platform = "!linux/amd64", arch.value = "arm64" }"#,
            "linux/arm64",
        ),
    ] {
        let text =
            format!("[axis]\n{arch}\n[image.i]\nmatch = {matching}\ntag = \"t\"\nfrom = \"f\"\n");
        assert_eq!(
            spec(&text, "i").platforms.join(" "),
            platforms,
            "{matching}"
        );
    }
}

const SETS: &str = r#"
[axis]
py = ["3.9", "3.10"]
cuda = ["none", "12.4", "12.8"]
arch = ["amd64", "arm64"]
[set]
gpu = { cuda = "!none" }
new = ["@gpu", { py = "3.10" }]
cpu = "!@gpu"
gpuarm = { set = "@gpu", arch = "arm64" }
arm = { arch = "arm64" }
low = { image = "low" }
[image.low]
axes = ["cuda"]
tag = "{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.high]
axes = ["py", "cuda"]
tag = "{{ py }}-{{ cuda if cuda else 'cpu' }}"
from = "f"
[image.bare]
axes = []
tag = "t"
from = "f"
"#;

/// Each spec that an exclude leaves, with the architectures that it leaves.
fn left(matching: &str) -> String {
    let text = format!("{SETS}\n[[exclude]]\nreason = \"r\"\nmatch = {matching}\n");
    let shown = |spec: &crate::oracle::model::Spec| match spec.platforms.as_slice() {
        [_, _] => spec.id.clone(),
        one => format!("{}@{}", spec.id, one[0].trim_start_matches("linux/")),
    };
    let specs = planned(&text).specs;
    specs.iter().map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn sets_compose() {
    assert_eq!(
        left(r#"{ set = "@gpu", py = "3.9" }"#),
        "low/none low/12.4 low/12.8 high/3.9_none high/3.10_none high/3.10_12.4 high/3.10_12.8 bare"
    );
    assert_eq!(
        left(r#"{ set = "@new", cuda = "12.*" }"#),
        "low/none high/3.9_none high/3.10_none bare"
    );
    assert_eq!(
        left(r#"[{ set = "@new", image = "high", arch = "amd64" }, "set=@low,cuda=none"]"#),
        "low/12.4 low/12.8 high/3.9_none high/3.9_12.4@arm64 high/3.9_12.8@arm64 high/3.10_none@arm64 \
         high/3.10_12.4@arm64 high/3.10_12.8@arm64 bare"
    );
    assert_eq!(
        left(r#""@gpuarm""#),
        "low/none low/12.4@amd64 low/12.8@amd64 high/3.9_none high/3.9_12.4@amd64 high/3.9_12.8@amd64 high/3.10_none \
         high/3.10_12.4@amd64 high/3.10_12.8@amd64 bare"
    );
}

#[test]
fn a_complement_is_among_what_has_all_axes_of_the_set() {
    let gpu_alone =
        "low/12.4 low/12.8 high/3.9_12.4 high/3.9_12.8 high/3.10_12.4 high/3.10_12.8 bare";
    for cpu in [
        r#""!@gpu""#,
        r#"{ set = "!@gpu" }"#,
        r#""@cpu""#,
        r#"["set=!@gpu"]"#,
    ] {
        assert_eq!(left(cpu), gpu_alone, "{cpu}");
    }
    // `low` has no `py`, which the set names in one of its alternatives.
    assert_eq!(
        left(r#""!@new""#),
        "low/none low/12.4 low/12.8 high/3.9_12.4 high/3.9_12.8 high/3.10_none high/3.10_12.4 high/3.10_12.8 bare"
    );
    assert_eq!(
        left(r#"{ set = "!@cpu", image = "low" }"#),
        "low/none high/3.9_none high/3.9_12.4 high/3.9_12.8 high/3.10_none high/3.10_12.4 high/3.10_12.8 bare"
    );
    // Per platform.
    assert_eq!(
        left(r#"[{ set = "!@gpuarm", image = "low" }, { set = "!@arm", image = "high" }]"#),
        "low/12.4@arm64 low/12.8@arm64 high/3.9_none@arm64 high/3.9_12.4@arm64 high/3.9_12.8@arm64 high/3.10_none@arm64 \
         high/3.10_12.4@arm64 high/3.10_12.8@arm64 bare"
    );
    assert_eq!(left(r#"{ set = "!@low" }"#), "low/none low/12.4 low/12.8");
    assert_eq!(
        left(r#"{ set = ["@low", "!@arm"] }"#),
        "high/3.9_none@arm64 high/3.9_12.4@arm64 high/3.9_12.8@arm64 high/3.10_none@arm64 high/3.10_12.4@arm64 \
         high/3.10_12.8@arm64 bare@arm64"
    );
    assert_eq!(
        left(r#"{ set = "@gpu,!@arm,!@low" }"#),
        "low/none low/12.4 low/12.8 high/3.9_none high/3.9_12.4@arm64 high/3.9_12.8@arm64 high/3.10_none \
         high/3.10_12.4@arm64 high/3.10_12.8@arm64 bare"
    );
}

#[test]
fn an_image_that_prints_arch_is_selected_by_it_alike() {
    let printed = SETS.replace("tag = \"t\"", "tag = \"{{ arch }}\"");
    let alias = |text: &str, matching: &str| {
        let text = format!("{text}\n[[alias]]\nmatch = {matching}\ntags = [\"arm\"]\n");
        let specs = planned(&text).specs;
        let aliased = specs.into_iter().filter(|spec| !spec.aliases.is_empty());
        aliased.map(|spec| spec.id).collect::<Vec<_>>()
    };
    let matching = r#"{ image = "bare", arch = "arm64" }"#;
    assert_eq!(alias(SETS, matching), ["bare"]);
    assert_eq!(alias(&printed, matching), ["bare/arm64"]);
    assert_eq!(
        alias(&printed, r#"{ image = "bare", set = "!@arm" }"#),
        ["bare/amd64"]
    );
    // Built for an architecture that the set does not mean.
    assert_eq!(
        alias(SETS, r#"{ image = "bare", set = "!@arm" }"#),
        ["bare"]
    );
    let rows = format!(
        "{printed}\n[[image.bare.when]]\nmatch = \"@arm\"\nargs = {{ A = \"{{{{ arch }}}}\" }}\n"
    );
    let args = |id: &str| spec(&rows, id).args;
    assert_eq!(args("bare/arm64"), [("A".to_string(), "arm64".to_string())]);
    assert_eq!(args("bare/amd64"), []);
}

#[test]
fn attributes_that_look_like_versions_have_parts() {
    let text = |tag: &str| {
        format!(
            "[axis]\nx = [{{ value = \"a\", cudnn = \"9.10\", os = \"sid\" }}]\n[image.i]\ntag = \"{tag}\"\nfrom = \"f\"\n"
        )
    };
    let tag = "{{ x.cudnn }}_{{ x.cudnn.version }}_{{ x.cudnn.major }}_{{ x.cudnn.minor }}_{{ x.cudnn.compact }}";
    assert_eq!(spec(&text(tag), "i/a").references, ["i:9.10_9.10_9_10_910"]);
    contradicts(&text("{{ x.cudnn.patch }}"), Template);
    contradicts(&text("{{ x.os.major }}"), Template);
    assert_eq!(ids(&text("{{ x.os }}")), ["i/a"]);
}
