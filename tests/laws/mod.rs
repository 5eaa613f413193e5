//! What must always hold (the numbered list of the design), one test or module a line. Three lines are proved elsewhere:
//! nothing torn in `tests/faults`, escaping by construction in `tests/properties`, fast in `benches` and `scripts/bench`.

mod bounded;
mod confined;
mod counted_before_written;
mod deterministic;
use crate::faults::tree;

use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use tree::{Files, ONE, Said, Tree, binary, clean, matrix, same};

/// A matrix with every kind of output.
fn everything() -> String {
    format!(
        "{}[ci.cloud-build]\n[ci.github]\nrunner = {{ amd64 = \"ubuntu-24.04\", arm64 = \"ubuntu-24.04-arm\" }}\n\
         [[alias]]\nmatch = {{ image = \"base\" }}\ntags = [\"{{{{ job }}}}-latest\"]\nnewest = [\"cuda\", \"python\"]\n",
        matrix(3, 0..4, "curl")
    )
}

fn outputs(tree: &Tree) -> Files {
    let mut files = tree.files();
    files.retain(|path, _| path != "matrix.toml");
    files
}

mod nothing_torn {
    use super::*;

    /// Somebody who reads while others write sees one of the two matrices in each file, whole.
    #[test]
    fn a_reader_in_between_sees_whole_files() {
        let texts = [matrix(3, 0..4, "curl"), matrix(3, 0..4, "wget")];
        let ends = texts.each_ref().map(|text| Tree::written(text).files());
        let tree = Tree::written(&texts[0]);
        for round in 1..5 {
            tree.write("next.toml", &texts[round % 2]);
            fs::rename(tree.at("next.toml"), tree.at("matrix.toml")).expect("a new matrix");
            let mut run = tree.command(&["-q", "matrix"]).spawn().expect("gen runs");
            let mut looks = 0;
            while run.try_wait().expect("a child").is_none() || looks == 0 {
                for (path, bytes) in tree.files() {
                    let whole = path.starts_with("generated/.tmp/")
                        || ends.iter().any(|end| end.get(&path) == Some(&bytes));
                    assert!(whole, "{path} is torn");
                }
                looks += 1;
            }
        }
    }
}

mod escaping_by_construction {
    use super::*;

    /// The sharpest of the values that `tests/properties.rs` draws, through the binary.
    #[test]
    fn no_value_breaks_out() {
        let hostile = "'\"\\ ${{ secrets.X }} $(id) `id` <<EOF # \\n%0a $HOME \\";
        let tree = Tree::new(&format!(
            "{ONE}env = {{ V = {0:?} }}\ntest = [{0:?}]\ncmd = [{0:?}]\n[ci.gitlab]\n[ci.cloud-build]\n[ci.github]\n",
            hostile.replace("${{ secrets.X }}", "{{ '${{ secrets.X }}' }}"),
        ));
        tree.gen_(&["matrix"]).ends(0);
        let plan: serde_json::Value =
            serde_json::from_str(&tree.read("generated/plan.json")).expect("JSON");
        assert_eq!(plan["specs"][0]["tests"][0], hostile);
        let dockerfile = tree.read(tree::DOCKERFILE);
        let line = r#"ENV V="'\"\\ \${{ secrets.X }} \$(id) `id` <<EOF # \\n%0a \$HOME \\""#;
        assert!(dockerfile.contains(line), "{dockerfile}");
    }
}

mod data_not_formulas {
    use super::*;

    /// The world is open: what no table knows is no error.
    #[test]
    fn what_no_table_knows_is_no_error() {
        let text = matrix(3, 0..4, "curl")
            .replace("\"3.1\"", "\"9.99\"")
            .replace("10.1.1", "99.9.9")
            .replace("ubuntu22.04", "ubuntu99.10");
        let tree = Tree::written(&text);
        tree.gen_(&["check"]).ends(0);
    }
}
