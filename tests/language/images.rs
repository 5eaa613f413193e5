//! Image keys and how they are merged.

use super::fixture::{Outcome, of, with};

fn image(keys: &str) -> Outcome {
    of(&format!("[axis]\npython = [\"3.9\", \"3.10\"]\n{keys}\n"))
}

#[test]
fn every_key_of_an_image_is_known() {
    let text = r#"
[registry.hub]
prefix = "docker.io/a"
[axis]
python = ["3.12"]
[image.low]
axes = []
tag = "t"
from = "f"
[image.i]
name = "n"
tag = "t"
match = { python = "3.12" }
axes = ["python"]
registry = ["hub"]
parent = "low"
needs = ["low"]
args = { A = "1" }
env = { B = "2" }
labels = { "org.example" = "3" }
apt = ["git"]
pip = ["ninja"]
python = "uv"
user = "1000:1000"
entrypoint = ["sh"]
cmd = ["-c"]
platforms = ["linux/amd64"]
epoch = 1
template = "docker/Dockerfile"
test = ["true"]
[image.own]
tag = "t"
from = "f"
dockerfile = "docker/Dockerfile"
target = "run"
context = "docker"
"#;
    let outcome = with(text, &[("docker/Dockerfile", "FROM f AS run\n")]);
    assert_eq!(outcome.ids(), ["low", "i/3.12", "own/3.12"]);
}

#[test]
fn an_unknown_key_is_a_finding_with_the_nearest_name() {
    for (text, near) in [
        ("[image.i]\ntag = \"t\"\nform = \"f\"\n", "`from`"),
        ("[images.i]\ntag = \"t\"\n", "`image`"),
        (
            "[image.i]\ntag = \"t\"\nfrom = \"f\"\n[[alias]]\nmatch = {}\ntag = [\"l\"]\n",
            "`tags`",
        ),
        ("[default]\nuser = \"1\"\n", "`defaults`"),
    ] {
        assert!(
            of(text)
                .findings
                .iter()
                .any(|f| f.code.name == "unknown-key" && f.help[0].contains(near)),
            "{text}"
        );
    }
}

#[test]
fn the_name_is_the_images_key_by_default_and_the_tag_the_releases() {
    let text = "[release]\nversion = \"1.2.3\"\n[image.i]\nfrom = \"f\"\n";
    assert_eq!(of(text).references(), ["i:v1.2.3"]);
}

#[test]
fn without_a_release_the_tag_must_be_given() {
    assert!(of("[image.i]\nfrom = \"f\"\n").has("missing-key"));
}

#[test]
fn later_rows_win() {
    let outcome = image(
        "[defaults]\ntag = \"d-{{ python }}\"\nfrom = \"d\"\n[image.a]\n[image.i]\ntag = \"i-{{ python }}\"\n\
         [[image.i.when]]\nmatch = { python = \"*\" }\nfrom = \"first\"\n[[image.i.when]]\nmatch = { python = \"3.10\" }\nfrom = \"second\"\n",
    );
    assert_eq!(
        outcome.references(),
        ["a:d-3.9", "a:d-3.10", "i:i-3.9", "i:i-3.10"]
    );
    let bases: Vec<_> = outcome
        .specs()
        .iter()
        .filter_map(|s| s.base.as_deref())
        .collect();
    assert_eq!(bases, ["d", "d", "first", "second"]);
}

#[test]
fn a_default_that_the_image_replaces_need_not_fit_its_axes() {
    let outcome = image(
        "[defaults]\ntag = \"{{ python }}\"\nargs = { X = \"{{ python }}\" }\nfrom = \"python:{{ python }}\"\n[image.a]\n\
         [image.i]\naxes = []\ntag = \"t\"\nfrom = \"f\"\nargs = { X = \"y\" }\n",
    );
    assert_eq!(outcome.references(), ["a:3.9", "a:3.10", "i:t"]);
}

#[test]
fn a_default_that_an_image_keeps_must_fit_its_axes() {
    let outcome = image("[defaults]\ntag = \"{{ python }}\"\n[image.i]\naxes = []\nfrom = \"f\"\n");
    assert!(
        outcome
            .finding("unknown-variable")
            .headline
            .contains("laid under image `i`")
    );
}

/// As in an alias, which is over several images too.
#[test]
fn a_default_may_ask_whether_there_is_an_axis() {
    let text = |value: &str| {
        format!(
            "[axis]\npython = [\"3.9\"]\ncuda = [\"none\", \"12.8\"]\n[defaults]\nfrom = \"f\"\nargs = {{ X = \"{value}\" }}\n\
             [image.a]\naxes = [\"cuda\"]\ntag = \"{{{{ cuda or 'cpu' }}}}\"\n[image.b]\naxes = [\"python\"]\ntag = \"t\"\n"
        )
    };
    let asked = "{{ 'gpu' if cuda is defined and cuda else 'cpu' }}";
    assert_eq!(of(&text(asked)).args(), ["cpu", "gpu", "cpu"]);
    let other = "{{ 'none' if cuda is undefined else 'some' }}";
    assert_eq!(of(&text(other)).args(), ["some", "some", "none"]);
    // Who asks, and reads it all the same.
    assert!(of(&text("{{ cuda.major if python is defined else 1 }}")).has("unknown-variable"));
    assert!(of(&text("{{ 'x' if cuda is defined }}{{ cuda }}")).stopped());
    // No axis at all.
    assert!(of(&text("{{ 'x' if rocm is defined }}")).has("unknown-variable"));
    let outcome = of(&text("{{ 'gpu' if cuda else 'cpu' }}"));
    let help = outcome.finding("unknown-variable").help.join("; ");
    assert!(
        help.contains("`[[defaults.when]]` with `match = { cuda = \"*\" }`"),
        "{help}"
    );
}

#[test]
fn the_defaults_state_the_axes_of_images_that_state_none() {
    let text = "[axis]\npython = [\"3.9\"]\ncuda = [\"12.8\"]\n[defaults]\naxes = [\"cuda\", \"python\"]\ntag = \"t\"\nfrom = \"f\"\n\
                [image.a]\n[image.b]\naxes = [\"python\"]\n[image.c]\naxes = []\n";
    assert_eq!(of(text).ids(), ["a/12.8_3.9", "b/3.9", "c"]);
}

#[test]
fn axes_of_the_defaults_are_checked_once() {
    for (axes, code) in [
        ("[\"pyton\"]", "unknown-axis"),
        ("[\"arch\"]", "unknown-axis"),
        ("[\"python\", \"python\"]", "duplicate-value"),
    ] {
        let text = format!(
            "[axis]\npython = [\"3.9\"]\narch = [\"amd64\"]\n[defaults]\naxes = {axes}\ntag = \"t\"\nfrom = \"f\"\n[image.a]\n[image.b]\n"
        );
        of(&text).finding(code);
    }
}

#[test]
fn axes_of_the_defaults_that_serve_no_image_are_a_finding() {
    let outcome = image(
        "[defaults]\naxes = [\"python\"]\n[image.i]\naxes = [\"python\"]\ntag = \"{{ python }}\"\nfrom = \"f:{{ python }}\"\n",
    );
    assert!(outcome.finding("idle-key").headline.contains("`axes`"));
}

const ROWS: &str = "[axis]\npython = [\"3.9\", \"3.10\"]\ncuda = [\"none\", \"12.8\"]\n[defaults]\naxes = [\"python\"]\n\
    tag = \"{{ python }}\"\nfrom = \"d:{{ python }}\"\nargs = { X = \"d\" }\n";

#[test]
fn rows_of_the_defaults_lie_over_them_and_under_the_image() {
    let outcome = of(&format!(
        "{ROWS}[[defaults.when]]\nmatch = {{ python = \"3.10\" }}\nargs = {{ X = \"dw\" }}\n\
         [image.a]\n[image.b]\nargs = {{ X = \"i\" }}\n[image.c]\n[[image.c.when]]\nmatch = {{ python = \"3.10\" }}\nargs = {{ X = \"w\" }}\n"
    ));
    assert_eq!(outcome.args(), ["d", "dw", "i", "i", "d", "w"]);
}

#[test]
fn rows_of_the_defaults_lie_over_each_other_in_order() {
    let outcome = of(&format!(
        "{ROWS}[[defaults.when]]\nmatch = {{ python = \"*\" }}\nargs = {{ X = \"1\" }}\n\
         [[defaults.when]]\nmatch = {{ python = \"3.10\" }}\nargs = {{ X = \"2\" }}\n[image.a]\n"
    ));
    assert_eq!(outcome.args(), ["1", "2"]);
}

#[test]
fn a_row_of_the_defaults_passes_by_images_that_lack_its_axes() {
    // Nor need it make sense for their axes.
    let outcome = of(&format!(
        "{ROWS}[[defaults.when]]\nmatch = {{ cuda = \"!none\" }}\nargs = {{ X = \"{{{{ cuda }}}}\" }}\n\
         [[defaults.when]]\nmatch = [{{ image = \"a\" }}, {{ cuda = \"none\", image = \"b\" }}]\nargs = {{ Y = \"y\" }}\n\
         [image.a]\n[image.b]\naxes = [\"cuda\"]\ntag = \"{{{{ cuda or 'cpu' }}}}\"\nfrom = \"f:{{{{ cuda or 'cpu' }}}}\"\n"
    ));
    assert_eq!(outcome.args(), ["d", "d", "d", "12.8"]);
    let y = outcome.specs().iter().map(|s| s.args.contains_key("Y"));
    assert_eq!(y.collect::<Vec<_>>(), [true, true, true, false]);
}

#[test]
fn what_a_row_of_the_defaults_replaces_for_an_image_need_not_fit_its_axes() {
    let outcome = of(&format!(
        "{ROWS}[[defaults.when]]\nmatch = {{ image = \"b\" }}\ntag = \"t\"\nparent = {{ image = \"a\", python = \"3.9\" }}\n\
         [image.a]\n[image.b]\naxes = []\n"
    ));
    assert_eq!(outcome.references(), ["a:3.9", "a:3.10", "b:t"]);
    assert_eq!(outcome.spec("b").parent.as_deref(), Some("a/3.9"));
}

#[test]
fn from_and_parent_of_rows_of_the_defaults_replace_each_other() {
    let outcome = of(&format!(
        "{ROWS}[[defaults.when]]\nmatch = {{ python = \"3.10\", image = [\"b\", \"c\"] }}\nparent = \"a\"\n\
         [image.a]\n[image.b]\n[image.c]\nfrom = \"c:{{{{ python }}}}\"\n"
    ));
    let stands = |id: &str| {
        let spec = outcome.spec(id);
        let below = spec.parent.as_deref().or(spec.base.as_deref());
        below.unwrap_or_default().to_owned()
    };
    assert_eq!(
        ["b/3.9", "b/3.10", "c/3.10"].map(stands),
        ["d:3.9", "a/3.10", "c:3.10"]
    );
}

#[test]
fn a_row_of_the_defaults_that_no_image_has_is_a_finding() {
    let row = |selector: &str| {
        of(&format!(
            "{ROWS}[[defaults.when]]\nmatch = {selector}\nargs = {{ X = \"w\" }}\n[image.a]\n\
             [image.b]\naxes = [\"cuda\"]\ntag = \"{{{{ cuda or 'cpu' }}}}\"\nfrom = \"f:{{{{ cuda or 'cpu' }}}}\"\n"
        ))
    };
    row("{ python = \"3.9\", cuda = \"none\" }").finding("dead-when");
    assert!(!row("{ cuda = \"none\" }").has("dead-when"));
}

#[test]
fn a_row_of_the_defaults_may_name_arch_where_the_image_prints_it() {
    let text = |row: &str| {
        of(&format!(
            "[axis]\narch = [\"amd64\", \"arm64\"]\n[defaults]\nfrom = \"f\"\nargs = {{ X = \"d\" }}\n\
             [[defaults.when]]\nmatch = {row}\nargs = {{ X = \"w\" }}\n[image.a]\ntag = \"{{{{ arch }}}}\"\n[image.b]\ntag = \"t\"\n"
        ))
    };
    let outcome = text("{ arch = \"arm64\", image = \"a\" }");
    assert_eq!(outcome.args(), ["d", "w", "d"]);
    assert!(
        text("{ arch = \"arm64\" }")
            .finding("unknown-axis")
            .headline
            .contains("`b`")
    );
}

#[test]
fn tables_merge_and_keep_their_order() {
    let outcome = image(
        "[defaults]\nargs = { A = \"d\", B = \"d\" }\n[image.i]\ntag = \"{{ python }}\"\nfrom = \"f:{{ python }}\"\nargs = { C = \"i\", A = \"i\" }\n\
         [[image.i.when]]\nmatch = { python = \"3.10\" }\nargs = { B = \"w\", D = \"w\" }\n",
    );
    let args: Vec<_> = outcome
        .spec("i/3.10")
        .args
        .iter()
        .map(|(k, v)| format!("{k}={v}"))
        .collect();
    assert_eq!(args, ["A=i", "B=w", "C=i", "D=w"]);
    let args: Vec<_> = outcome.spec("i/3.9").args.keys().map(|k| &**k).collect();
    assert_eq!(args, ["A", "B", "C"]);
}

#[test]
fn env_and_labels_merge_too() {
    let outcome = image(
        "[defaults]\nenv = { A = \"d\" }\nlabels = { x = \"d\" }\n[image.i]\naxes = []\ntag = \"t\"\nfrom = \"f\"\nenv = { B = \"i\" }\nlabels = { x = \"i\" }\n",
    );
    let text = outcome.dockerfile("i");
    assert!(
        text.contains("ENV A=\"d\"") && text.contains("ENV B=\"i\"") && text.contains("x=\"i\""),
        "{text}"
    );
}

#[test]
fn apt_pip_needs_append() {
    let outcome = of(
        "[defaults]\napt = [\"curl\"]\npip = [\"one\"]\n[image.low]\ntag = \"t\"\nfrom = \"f\"\n[image.side]\ntag = \"t\"\nfrom = \"f\"\n\
         [image.i]\ntag = \"t\"\nfrom = \"f\"\napt = [\"git\"]\npip = [\"two\"]\nneeds = [\"low\"]\n\
         [[image.i.when]]\nmatch = { image = \"i\" }\napt = [\"less\"]\nneeds = [\"side\"]\n",
    );
    let text = outcome.dockerfile("i");
    let words = |names: &[&str]| {
        let at: Vec<_> = names
            .iter()
            .map(|n| text.find(&format!("        {n}")))
            .collect();
        at.is_sorted() && at.iter().all(Option::is_some)
    };
    assert!(
        words(&["curl", "git", "less"]) && words(&["one", "two"]),
        "{text}"
    );
    assert_eq!(outcome.spec("i").needs.join(" "), ["low", "side"].join(" "));
}

/// Of an image `i` over defaults of all kinds: what its Dockerfile and plan still have of `A`, `B`, `curl`, `torch`.
fn left(defaults: &str, keys: &str) -> (Outcome, Vec<String>) {
    let outcome = of(&format!(
        "[axis]\npython = [\"3.9\"]\n[defaults]\ntag = \"{{{{ python }}}}\"\nfrom = \"f:{{{{ python }}}}\"\n{defaults}\n\
         [image.i]\n{keys}\n"
    ));
    let text = outcome.dockerfile("i/3.9").to_owned();
    let mut found: Vec<String> = outcome
        .spec("i/3.9")
        .args
        .keys()
        .map(std::string::ToString::to_string)
        .collect();
    for word in [
        "ENV A=", "ENV B=", " A=", " B=", "  curl", "  git", "  torch", "  ninja",
    ] {
        if text.contains(word) {
            found.push(word.trim().to_owned());
        }
    }
    (outcome, found)
}

#[test]
fn false_takes_an_entry_of_a_table_away() {
    let (outcome, found) = left("args = { A = \"1\", B = \"2\" }", "args = { A = false }");
    assert_eq!(found, ["B", "B="]);
    assert!(
        outcome
            .findings
            .iter()
            .all(|f| f.code.name != "nothing-to-take")
    );
    let (_, found) = left("env = { A = \"1\", B = \"2\" }", "env = { A = false }");
    assert_eq!(found, ["ENV B=", "B="]);
    let (_, found) = left(
        "labels = { A = \"1\", B = \"2\" }",
        "labels = { B = false }",
    );
    assert_eq!(found, ["A="]);
}

#[test]
fn an_entry_is_a_text_or_false() {
    for value in ["true", "1", "[]"] {
        assert!(
            of(&format!(
                "[image.i]\ntag = \"t\"\nfrom = \"f\"\nargs = {{ X = {value} }}\n"
            ))
            .has("wrong-type"),
            "{value}"
        );
    }
}

#[test]
fn an_exclamation_mark_takes_an_item_of_a_list_away() {
    let defaults = "apt = [\"curl\", \"git=2.0\"]\npip = [\"torch==2.9.0\", \"ninja\"]";
    assert_eq!(
        left(defaults, "apt = [\"!git\"]\npip = [\"!Ninja\"]").1,
        ["curl", "torch"]
    );
    let outcome = of(
        "[defaults]\ntag = \"t\"\nfrom = \"f\"\n[image.low]\n[image.low2]\n[image.i]\nneeds = [\"low\", \"low2\"]\n\
         [[image.i.when]]\nmatch = { image = \"i\" }\nneeds = [\"!low\"]\n",
    );
    assert_eq!(outcome.spec("i").needs.join(" "), ["low2"].join(" "));
    assert!(!outcome.has("nothing-to-take"));
}

#[test]
fn a_row_takes_away_before_it_adds() {
    let (_, found) = left(
        "apt = [\"curl\"]\nargs = { A = \"d\" }",
        "apt = [\"!curl\", \"git\"]",
    );
    assert_eq!(found, ["A", "A=", "git"]);
    let outcome = image(
        "[defaults]\nargs = { A = \"d\" }\n[image.i]\ntag = \"{{ python }}\"\nfrom = \"f:{{ python }}\"\nargs = { A = false, B = \"i\" }\n\
         [[image.i.when]]\nmatch = { python = \"3.10\" }\nargs = { A = \"w\" }\n",
    );
    let args = |id: &str| outcome.spec(id).args.keys().cloned().collect::<Vec<_>>();
    assert_eq!(args("i/3.9"), ["B".into()]);
    assert_eq!(args("i/3.10"), ["B".into(), "A".into()]);
}

#[test]
fn an_empty_list_says_that_there_is_none() {
    let defaults = "apt = [\"curl\"]\npip = [\"torch\"]\ntest = [\"true\"]";
    assert_eq!(left(defaults, "apt = []").1, ["torch"]);
    assert_eq!(left(defaults, "pip = []").1, ["curl"]);
    assert!(left(defaults, "test = []").0.spec("i/3.9").tests.is_empty());
    let outcome = of(
        "[image.low]\ntag = \"t\"\nfrom = \"f\"\n[defaults]\nneeds = [\"low\"]\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n\
         [[image.i.when]]\nmatch = { image = \"i\" }\nneeds = []\n[[image.low.when]]\nmatch = { image = \"low\" }\nneeds = []\n",
    );
    assert!(outcome.spec("i").needs.is_empty());
    assert!(!outcome.has("nothing-to-take"));
}

#[test]
fn what_is_taken_away_whole_need_not_fit_the_axes() {
    let outcome = of(
        "[axis]\ncuda = [\"12.8\"]\n[defaults]\ntag = \"t\"\nfrom = \"f\"\napt = [\"cuda-{{ cuda.major }}\"]\nargs = { X = \"{{ cuda }}\" }\n\
         [image.a]\n[image.b]\naxes = []\napt = [\"!cuda-{{ cuda.major }}\"]\nargs = { X = false }\n",
    );
    assert_eq!(outcome.args(), ["12.8"]);
    assert!(!outcome.dockerfile("b").contains("cuda"));
}

#[test]
fn taking_what_is_not_there_is_a_finding() {
    for keys in [
        "args = { X = false }",
        "env = { X = false }",
        "labels = { X = false }",
        "apt = [\"!curl\"]",
        "pip = [\"!torch\"]",
        "apt = [\"curl\", \"!curl\"]",
        "apt = []",
        "pip = []",
        "needs = []",
        "needs = [\"!low\"]",
        "test = []",
        "context-files = []",
    ] {
        let text = format!(
            "[image.low]\ntag = \"t\"\nfrom = \"f\"\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n{keys}\n"
        );
        of(&text).finding("nothing-to-take");
    }
    assert!(of("[image.i]\ntag = \"t\"\nfrom = \"f\"\nneeds = [\"!lwo\"]\n").has("unknown-image"));
}

#[test]
fn what_some_cell_of_a_row_has_is_there() {
    let text = |when: &str| {
        format!(
            "[axis]\npython = [\"3.9\", \"3.10\"]\n[defaults]\ntag = \"{{{{ python }}}}\"\nfrom = \"f:{{{{ python }}}}\"\n\
             [[defaults.when]]\nmatch = {{ python = \"3.9\" }}\napt = [\"curl\"]\n[image.i]\n{when}apt = [\"!curl\"]\n"
        )
    };
    assert!(!of(&text("")).has("nothing-to-take"));
    let row = "[[image.i.when]]\nmatch = { python = \"3.10\" }\n";
    assert!(of(&text(row)).has("nothing-to-take"));
}

#[test]
fn from_and_parent_replace_each_other() {
    let outcome = image(
        "[image.low]\naxes = []\ntag = \"t\"\nfrom = \"f\"\n[image.i]\ntag = \"{{ python }}\"\nparent = \"low\"\n\
         [[image.i.when]]\nmatch = { python = \"3.10\" }\nfrom = \"python:{{ python }}\"\n\
         [image.j]\ntag = \"{{ python }}\"\nfrom = \"x\"\n[[image.j.when]]\nmatch = { python = \"3.10\" }\nparent = \"low\"\n",
    );
    let stands = |id: &str| {
        (
            outcome.spec(id).parent.clone(),
            outcome.spec(id).base.clone(),
        )
    };
    assert_eq!(stands("i/3.9"), (Some("low".into()), None));
    assert_eq!(stands("i/3.10"), (None, Some("python:3.10".into())));
    assert_eq!(stands("j/3.9"), (None, Some("x".into())));
    assert_eq!(stands("j/3.10"), (Some("low".into()), None));
}

#[test]
fn both_from_and_parent_in_one_table_are_a_finding() {
    let text = "[image.low]\ntag = \"t\"\nfrom = \"f\"\n[image.i]\ntag = \"t\"\nfrom = \"f\"\nparent = \"low\"\n";
    assert!(of(text).has("base-conflict"));
}

#[test]
fn neither_from_nor_parent_for_some_cell_is_a_finding() {
    assert!(image("[image.i]\ntag = \"{{ python }}\"\n[[image.i.when]]\nmatch = { python = \"3.9\" }\nfrom = \"f\"\n").has("base-conflict"));
}

const REGISTRIES: &str = "[registry.a]\nprefix = \"a.io/x\"\n[registry.b]\nprefix = \"b.io\"\n[image.i]\ntag = \"t\"\nfrom = \"f\"\n";

#[test]
fn an_image_goes_to_every_registry_the_first_declared_is_its_home() {
    assert_eq!(of(REGISTRIES).references(), ["a.io/x/i:t", "b.io/i:t"]);
    assert_eq!(
        of(&format!("{REGISTRIES}registry = [\"b\", \"a\"]\n")).references(),
        ["a.io/x/i:t", "b.io/i:t"]
    );
}

#[test]
fn registry_names_one_or_some() {
    assert_eq!(
        of(&format!("{REGISTRIES}registry = \"b\"\n")).references(),
        ["b.io/i:t"]
    );
    assert!(of(&format!("{REGISTRIES}registry = \"c\"\n")).has("unknown-registry"));
    assert!(of(&format!("{REGISTRIES}registry = \"b\"\n")).has("unused-registry"));
}

#[test]
fn without_a_registry_references_are_name_and_tag() {
    assert_eq!(
        of("[image.i]\ntag = \"t\"\nfrom = \"f\"\n").references(),
        ["i:t"]
    );
}

#[test]
fn platforms_narrow_the_arch_axis_or_stand_instead_of_it() {
    let arch = "[axis]\narch = [\"amd64\", \"arm64\"]\n";
    let keys = |list: &str| format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\nplatforms = {list}\n");
    assert_eq!(
        of(&format!("{arch}{}", keys("[\"linux/arm64\"]"))).platforms("i"),
        ["linux/arm64"]
    );
    assert_eq!(
        of(&keys("[\"linux/s390x\", \"linux/amd64\"]")).platforms("i"),
        ["linux/s390x", "linux/amd64"]
    );
    assert!(of(&format!("{arch}{}", keys("[\"linux/s390x\"]"))).has("invalid-platform"));
    assert!(of(&keys("[]")).has("invalid-platform"));
}

#[test]
fn raising_the_epoch_changes_the_content() {
    let content = |epoch: &str| {
        of(&format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\n{epoch}\n")).specs()[0]
            .content
            .clone()
    };
    assert_eq!(content(""), content("epoch = 0"));
    assert_ne!(content(""), content("epoch = 1"));
}

#[test]
fn user_entrypoint_and_cmd_stand_in_the_dockerfile() {
    let outcome = of(
        "[image.i]\ntag = \"t\"\nfrom = \"f\"\nuser = \"7:8\"\nentrypoint = [\"a b\", \"c\"]\ncmd = []\n",
    );
    let text = outcome.dockerfile("i");
    assert!(
        text.contains("\nUSER 7:8\n")
            && text.contains("ENTRYPOINT [\"a b\",\"c\"]")
            && text.contains("CMD []"),
        "{text}"
    );
}

#[test]
fn test_commands_stand_in_the_plan_and_later_rows_replace_them() {
    let outcome = image(
        "[defaults]\ntest = [\"true\"]\n[image.i]\ntag = \"{{ python }}\"\nfrom = \"f\"\n[[image.i.when]]\nmatch = { python = \"3.10\" }\ntest = [\"python{{ python }} --version\"]\n",
    );
    assert_eq!(outcome.commands("i/3.9"), ["true"]);
    assert_eq!(outcome.commands("i/3.10"), ["python3.10 --version"]);
}

#[test]
fn names_of_args_env_and_labels_follow_their_grammar() {
    for keys in [
        "args = { \"A-B\" = \"1\" }",
        "env = { \"1A\" = \"1\" }",
        "labels = { \"a b\" = \"1\" }",
    ] {
        assert!(
            of(&format!("[image.i]\ntag = \"t\"\nfrom = \"f\"\n{keys}\n")).has("invalid-name"),
            "{keys}"
        );
    }
}

#[test]
fn an_exclude_states_its_reason() {
    let text = "[image.i]\ntag = \"t\"\nfrom = \"f\"\n[[exclude]]\nmatch = { image = \"i\" }\n";
    assert!(of(text).has("missing-key"));
    assert!(of(&format!("{text}reason = \" \"\n")).has("missing-key"));
}
