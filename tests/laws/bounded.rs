//! A product of 10^12 cells is an error that says so, at once and in little memory.

use super::*;

/// Runs `gen` with little memory, and says how long it took.
fn poor(tree: &Tree, command: &str) -> (Said, Duration) {
    let mut shell = clean("sh");
    let line = format!("ulimit -v 400000; exec '{}' {command}", binary());
    shell.args(["-c", &line]).current_dir(tree.path());
    let start = Instant::now();
    let said: Said = shell.output().expect("sh runs").into();
    (said, start.elapsed())
}

fn axes(count: usize, values: usize) -> String {
    let mut text = String::from("[axis]\n");
    for axis in 0..count {
        let values: Vec<String> = (0..values).map(|v| format!("\"v{v}\"")).collect();
        let _ = writeln!(text, "axis{axis} = [{}]", values.join(", "));
    }
    text + "[image.base]\nfrom = \"debian:13\"\ntag = \"1\"\n"
}

#[test]
fn an_absurd_product_is_an_error_at_once_in_little_memory_that_names_the_axes() {
    for (count, values) in [(4, 1_000), (12, 10), (40, 2), (80, 200)] {
        let tree = Tree::new(&axes(count, values));
        for command in ["list", "plan", "matrix", "check", "explain axis0=v0"] {
            let (said, took) = poor(&tree, command);
            said.ends(2)
                .tells(&["product-too-large", "`axis0`", &format!("({values})")]);
            // Generous: the machine may be busy, and expanding would take hours.
            assert!(took < Duration::from_secs(20), "{command}: {took:?}");
        }
        assert_eq!(tree.files().len(), 1);
    }
}

#[test]
fn many_images_are_one_product() {
    let mut text = axes(5, 10);
    for image in 0..4 {
        let _ = writeln!(
            text,
            "[image.more{image}]\nfrom = \"debian:13\"\ntag = \"1\""
        );
    }
    let (said, _) = poor(&Tree::new(&text), "list");
    said.ends(2).tells(&["product-too-large"]);
}

/// What is left of a product does not count: it is the product that is walked.
#[test]
fn excludes_do_not_make_an_absurd_product_small() {
    let text = axes(12, 10) + "match = { axis0 = \"v0\" }\n";
    let (said, _) = poor(&Tree::new(&text), "list");
    said.ends(2).tells(&["product-too-large"]);
}

/// A lineage is as long as somebody makes it: nothing walks down all of it for each spec, and nothing recurses along it.
#[test]
fn a_lineage_may_be_deep() {
    let mut text = String::from("[image.p0]\nfrom = \"debian:13\"\ntag = \"1\"\n");
    for image in 1..4_000 {
        let _ = writeln!(
            text,
            "[image.p{image}]\nparent = \"p{}\"\ntag = \"1\"",
            image - 1
        );
    }
    let tree = Tree::new(&text);
    for command in ["list", "plan", "check"] {
        let start = Instant::now();
        let said = tree.gen_(&[command]);
        assert!(
            matches!(said.code, Some(0 | 1)),
            "{command}: {}",
            said.stderr
        );
        // Generous: the machine may be busy, and a walk of each would take a quarter of an hour.
        let took = start.elapsed();
        assert!(took < Duration::from_secs(60), "{command}: {took:?}");
    }
}

/// What the bounds on templates let through fits into the stack of a run, and what they do not is a finding.
#[test]
fn a_deep_template_is_a_finding_and_no_crash() {
    for (one, before, after) in [
        ("{% elif 0 %}", "{% if 0 %}", "{% endif %}"),
        ("|upper", "{{ 'a'", " }}"),
        ("[0:]", "{{ 'a'", " }}"),
        ("+1", "{{ 1", " }}"),
        ("~'a'", "{{ 'a'", " }}"),
        ("not ", "{{ ", "1 }}"),
        ("-", "{{ ", "1 }}"),
        ("1 if 1 else ", "{{ ", "1 }}"),
        (
            "{% set a = [a] %}",
            "{% set a = 1 %}",
            "{{ a|length }}{{ a|pprint|length }}",
        ),
    ] {
        let template =
            |count: usize| format!("FROM scratch\n# {before}{}{after}\n", one.repeat(count));
        let tree =
            Tree::new("[image.app]\nfrom = \"debian:13\"\ntag = \"1\"\ntemplate = \"deep\"\n");
        tree.write("templates/deep", template(200));
        tree.gen_(&["plan"]).ends(0);
        tree.write("templates/deep", template(100_000));
        let said = tree.gen_(&["plan"]).ends(2);
        said.tells(&["template-syntax", "--> templates/deep"]);
    }
}
