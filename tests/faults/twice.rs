//! Running again: nothing changes, and two runs at once leave the work of one.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::tree::{DOCKERFILE, ONE, Tree, matrix, same};

#[test]
fn a_second_run_writes_nothing() {
    let tree = Tree::written(&matrix(3, 0..4, "curl"));
    let inodes = || -> Vec<(String, u64)> {
        tree.files()
            .keys()
            .map(|path| {
                (
                    path.clone(),
                    fs::metadata(tree.at(path)).map_or(0, |m| m.ino()),
                )
            })
            .collect()
    };
    let before = inodes();
    tree.gen_(&["matrix"]).ends(0).tells(&["are up to date"]);
    assert_eq!(inodes(), before);
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn dry_runs_and_diffs_write_nothing() {
    let tree = Tree::new(ONE);
    tree.gen_(&["matrix", "--dry-run"]).ends(0);
    tree.gen_(&["matrix", "--diff"]).ends(0);
    assert_eq!(tree.files().len(), 1);
}

/// Two matrix files of one root: whoever comes first has the outputs, and whoever reads them is refused.
#[test]
fn two_runs_at_once_do_not_interleave() {
    let tree = Tree::new("");
    tree.write("a.toml", matrix(4, 0..6, "curl"));
    tree.write("b.toml", matrix(3, 3..9, "wget"));
    for _ in 0..3 {
        let runs: Vec<_> = (0..8)
            .map(|n| {
                let file = ["a.toml", "b.toml"][n % 2];
                let mut command = tree.command(&["-q", "--config", file, "matrix"]);
                (file, command.spawn().expect("gen runs"))
            })
            .collect();
        for (file, mut run) in runs {
            let status = run.wait().expect("gen ends");
            assert!(matches!(status.code(), Some(0 | 1)), "{file}: {status}");
        }
        let clean: Vec<&str> = ["a.toml", "b.toml"]
            .into_iter()
            .filter(|file| tree.gen_(&["-q", "--config", file, "check"]).code == Some(0))
            .collect();
        assert_eq!(clean.len(), 1, "the tree is one of the two: {clean:?}");
        assert!(!tree.at("generated/.tmp").exists());
    }
}

/// Editors replace a file when they save it; a lock on the file would then be no lock.
#[test]
fn a_matrix_file_that_is_replaced_does_not_shake_the_lock_off() {
    let tree = Tree::new("");
    let texts = [matrix(4, 0..6, "curl"), matrix(4, 0..6, "wget")];
    let mut runs = Vec::new();
    for n in 0..6 {
        tree.write("new.toml", &texts[n % 2]);
        fs::rename(tree.at("new.toml"), tree.at("matrix.toml")).expect("a new matrix file");
        runs.push(tree.command(&["-q", "matrix"]).spawn().expect("gen runs"));
        std::thread::sleep(std::time::Duration::from_millis(30));
    }
    for mut run in runs {
        assert!(run.wait().expect("gen ends").success());
    }
    tree.gen_(&["matrix"]).ends(0);
    tree.gen_(&["check"]).ends(0);
}

#[test]
fn a_linked_matrix_file_is_read_where_the_link_stays_in_the_repository() {
    let plain = Tree::written(ONE);
    let linked = Tree::new("");
    fs::remove_file(linked.at("matrix.toml")).expect("gone");
    linked.write("shared/matrix.toml", ONE);
    let link = |target: &Path| {
        let _ = fs::remove_file(linked.at("matrix.toml"));
        std::os::unix::fs::symlink(target, linked.at("matrix.toml")).expect("a link");
    };
    link(Path::new("shared/matrix.toml"));
    linked.gen_(&["matrix"]).ends(0);
    linked.gen_(&["check"]).ends(0);
    assert_eq!(linked.read(DOCKERFILE), plain.read(DOCKERFILE));
    // What it brings in from elsewhere is in no other checkout.
    link(&plain.at("matrix.toml"));
    let told = "`matrix.toml` leads out of the repository";
    linked.gen_(&["check"]).ends(2).tells(&[told]);
}

#[test]
fn crlf_outputs_are_fresh_and_stay_as_they_are() {
    let tree = Tree::written(&matrix(2, 0..2, "curl"));
    for (path, bytes) in tree.files() {
        let text = String::from_utf8(bytes).expect("text");
        tree.write(&path, text.replace('\n', "\r\n"));
    }
    let before = tree.files();
    tree.gen_(&["check"]).ends(0);
    tree.gen_(&["matrix"]).ends(0).tells(&["are up to date"]);
    same(&tree.files(), &before);
}

/// A checkout that turns line ends must not turn the content of an image.
#[test]
fn a_crlf_matrix_file_yields_the_same_bytes() {
    let long = format!("{ONE}test = [\"\"\"\nset -e\ntrue\n\"\"\"]\n\n[ci.gitlab]\n");
    let (lf, crlf) = (
        Tree::written(&long),
        Tree::written(&long.replace('\n', "\r\n")),
    );
    let outputs = |tree: &Tree| {
        let mut files = tree.files();
        files.remove("matrix.toml");
        files
    };
    same(&outputs(&lf), &outputs(&crlf));
}
