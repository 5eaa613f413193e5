//! A product of 10^12 cells is an error that says so, at once and in little memory.

use crate::*;

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
