//! Where the output of commands goes, and what happens when it goes nowhere.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::tree::{ONE, Tree, binary, clean, matrix};

#[test]
fn a_reader_that_leaves_is_no_failure() {
    // More than a pipe holds, or gen would be done before anybody left.
    let tree = Tree::new(&matrix(10, 0..60, "curl"));
    for arguments in [&["list"][..], &["list", "--format", "lines"], &["plan"]] {
        let mut command = tree.command(arguments);
        let mut run = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gen runs");
        let mut first = String::new();
        let mut reader = BufReader::new(run.stdout.take().expect("stdout"));
        reader.read_line(&mut first).expect("a line");
        drop(reader);
        let said = run.wait_with_output().expect("gen ends");
        let stderr = String::from_utf8_lossy(&said.stderr);
        assert_eq!(said.status.code(), Some(0), "{arguments:?}: {stderr}");
        assert!(!stderr.contains("error"), "{arguments:?}: {stderr}");
    }
}

/// Runs `gen` by a shell, which can close and redirect its streams.
fn by_shell(tree: &Tree, line: &str) -> Option<i32> {
    let mut shell = clean("sh");
    shell.args(["-c", &line.replace("gen ", &format!("'{}' ", binary()))]);
    let said = shell.current_dir(tree.path()).output().expect("sh runs");
    assert!(
        !String::from_utf8_lossy(&said.stderr).contains("panicked"),
        "{line}: {}",
        String::from_utf8_lossy(&said.stderr)
    );
    said.status.code()
}

#[test]
fn closed_streams_are_no_failure() {
    let tree = Tree::new(ONE);
    for line in [
        "gen list >&-",
        "gen list 2>&-",
        "gen plan >&- 2>&-",
        "gen matrix >&- 2>&-",
        "gen check >&- 2>&- <&-",
        "gen schema >&-",
        "gen completions bash >&-",
        "gen --version >&-",
    ] {
        assert_eq!(by_shell(&tree, line), Some(0), "{line}");
    }
}

/// Data that was not written must not look as if it were.
#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_a_failure() {
    let tree = Tree::written(ONE);
    for line in [
        "gen list >/dev/full",
        "gen plan >/dev/full",
        "gen schema >/dev/full",
    ] {
        assert_eq!(by_shell(&tree, line), Some(2), "{line}");
    }
    // What people are told is not data.
    assert_eq!(by_shell(&tree, "gen check 2>/dev/full"), Some(0));
}
