//! What is no file of the repository: devices that never end, FIFOs that wait, links that lead away, what has no end.

#![cfg(unix)]

use std::fs;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use super::tree::{ONE, Said, Tree, clean};

/// A matrix that has files of every kind read.
const MATRIX: &str = r#"
[release]
version = "1.2.0"

[[release.pin]]
file = "lib/version.py"
constant = "VERSION"
states = "{{ version }}"

[[release.mention]]
files = ["docs/*.md"]

[facts]
file = "facts.toml"

[registry.hub]
prefix = "docker.io/acme"

[axis]
python = ["3.12"]

[image.own]
tag = "{{ python }}-{{ release.tag }}"
dockerfile = "docker/Dockerfile"
context = "empty"
args = { PYTHON = "{{ python }}" }

[image.base]
tag = "{{ python }}-{{ release.tag }}"
from = "python:{{ python }}-slim-trixie"
template = "own/Dockerfile"
"#;

/// Files that are read, and what they hold.
const FILES: [(&str, &str); 5] = [
    ("lib/version.py", "VERSION = '1.2.0'\n"),
    ("docs/a.md", "docker pull acme/own:3.12-v1.2.0\n"),
    ("facts.toml", ""),
    (
        "docker/Dockerfile",
        "ARG PYTHON\nFROM python:${PYTHON}-slim-trixie\n",
    ),
    (
        "templates/own/Dockerfile",
        "{% extends \"builtin/docker/Dockerfile\" %}\n",
    ),
];

fn tree() -> Tree {
    let tree = Tree::new(MATRIX);
    for (path, text) in FILES {
        tree.write(path, text);
    }
    fs::create_dir(tree.at("empty")).expect("a folder");
    tree
}

/// Runs `gen`, which must come to its end soon.
#[track_caller]
fn soon(tree: &Tree, arguments: &[&str]) -> Said {
    let mut run = clean("timeout");
    let started = Instant::now();
    let run = run
        .args(["--kill-after=1", "30", super::tree::binary()])
        .args(arguments)
        .current_dir(tree.path());
    let said: Said = run.output().expect("timeout runs").into();
    assert!(
        started.elapsed() < Duration::from_secs(25),
        "{}",
        said.stderr
    );
    assert!(!said.stderr.contains("panicked"), "{}", said.stderr);
    said
}

#[test]
fn a_tree_of_files_is_read() {
    tree().gen_(&["matrix"]).ends(0);
}

#[test]
fn a_device_or_a_pipe_is_refused_by_name() {
    for (path, _) in FILES {
        // A walk of texts takes regular files alone.
        let walked = path.starts_with("docs/");
        for target in ["/dev/zero", "/etc/passwd", "/proc/self/environ"] {
            let tree = tree();
            fs::remove_file(tree.at(path)).expect("a file");
            symlink(target, tree.at(path)).expect("a link");
            let said = soon(&tree, &["check", "--format", "concise"]);
            if walked {
                continue;
            }
            let wanted = format!("error[file-refused]: `{path}` leads out of the repository");
            said.ends(2).tells(&[&wanted]);
            soon(&tree, &["matrix"]).ends(2);
            assert!(!tree.at("generated").exists(), "{path}");
        }
        let tree = tree();
        fs::remove_file(tree.at(path)).expect("a file");
        let made = clean("mkfifo").arg(tree.at(path)).status();
        assert!(made.expect("mkfifo runs").success());
        let said = soon(&tree, &["check", "--format", "concise"]);
        if !walked {
            let wanted = format!("error[file-refused]: `{path}` is no regular file");
            said.ends(2).tells(&[&wanted]);
        }
    }
}

#[test]
fn a_link_within_the_repository_is_followed() {
    let tree = tree();
    // A walk of texts follows none.
    for (path, _) in FILES.into_iter().filter(|(p, _)| !p.starts_with("docs/")) {
        let name = format!("real-{}", path.replace('/', "-"));
        fs::rename(tree.at(path), tree.at(&name)).expect("moved");
        let up = "../".repeat(path.matches('/').count());
        symlink(format!("{up}{name}"), tree.at(path)).expect("a link");
    }
    soon(&tree, &["matrix"]).ends(0);
}

#[test]
fn a_folder_that_leads_away_is_refused() {
    let tree = tree();
    let outside = tempfile::tempdir().expect("a folder");
    fs::write(outside.path().join("Dockerfile"), "FROM scratch\n").expect("a file");
    fs::remove_dir_all(tree.at("docker")).expect("a folder");
    symlink(outside.path(), tree.at("docker")).expect("a link");
    soon(&tree, &["check"])
        .ends(2)
        .tells(&["`docker/Dockerfile` leads out of the repository"]);
}

#[test]
fn a_text_without_end_is_refused() {
    for (path, _) in FILES {
        let tree = tree();
        let file = fs::File::create(tree.at(path)).expect("a file");
        // Sparse: it takes no room on the disk.
        file.set_len(64 << 30).expect("a length");
        let wanted = format!("`{path}` is longer than 16 MiB");
        let said = soon(&tree, &["check"]);
        said.ends(2).tells(&[&wanted]);
    }
}

#[test]
fn what_stands_where_gen_keeps_its_own_is_refused() {
    for path in ["matrix.lock", "generated/.outputs", "generated/plan.json"] {
        let tree = tree();
        tree.gen_(&["matrix"]).ends(0);
        let _ = fs::remove_file(tree.at(path));
        let made = clean("mkfifo").arg(tree.at(path)).status();
        assert!(made.expect("mkfifo runs").success());
        for command in ["check", "matrix"] {
            let said = soon(&tree, &[command]);
            said.ends(2)
                .tells(&[&format!("`{path}` is no regular file")]);
        }
    }
}

/// A text that is put together with itself doubles each time.
#[test]
fn a_template_that_multiplies_a_text_ends_with_a_word() {
    let tree = tree();
    let mut template = String::from("{% set a = 'aaaaaaaaaaaaaaaa' %}\n");
    template += &"{% set a = a ~ a %}\n".repeat(60);
    tree.write("templates/own/Dockerfile", template + "{{ a }}\n");
    soon(&tree, &["check"]).ends(2).tells(&["2 GiB of memory"]);
}

/// A file name may hold a line break, and what follows it would be a command to a runner that reads the log.
#[test]
fn a_name_cannot_write_a_line_of_its_own() {
    let tree = tree();
    tree.gen_(&["matrix"]).ends(0);
    let bad = "docs/a\n::error::b\u{1b}[31m\u{202e}.md";
    tree.write(
        bad,
        "docker pull acme/own:3.12-v0.9.0 acme/own:3.10-v1.2.0\n",
    );
    tree.write(
        "generated/x\n::error::c.yml",
        "# Generated by gen from matrix.toml. Do not edit.\n",
    );
    let list = tree.read("generated/.outputs");
    tree.write("generated/.outputs", list + "generated/\u{202e}x.yml\n");
    for arguments in [
        &["check"][..],
        &["check", "--format", "concise"],
        &["check", "--color", "always"],
        &["check", "--diff"],
        &["bump", "patch", "--dry-run"],
        &["matrix", "--dry-run"],
        &["list"],
        &["explain", "a\n::error::d\u{1b}[31m"],
        &["plan", "--only", "python=a\n::error::e\u{1b}"],
        &["diff", "a\n::error::f"],
        &["-C", "a\n::error::g", "list"],
    ] {
        let said = soon(&tree, arguments);
        for text in [&said.stdout, &said.stderr] {
            let plain = text.replace("\u{1b}[0m", "").replace("\u{1b}[1m", "");
            assert!(
                !plain
                    .lines()
                    .any(|line| line.trim_start().starts_with("::")),
                "{arguments:?}: {text}"
            );
            assert!(!plain.contains("\u{1b}[31m"), "{arguments:?}: {text:?}");
            // A patch has what is in the files.
            let patch = arguments.contains(&"bump");
            assert!(
                patch || !plain.contains('\u{202e}'),
                "{arguments:?}: {text:?}"
            );
        }
    }
}

/// A list of what is ignored is read by whoever walks, and the list of matrices before anything else is known.
#[test]
fn what_is_read_before_all_else_is_bounded_too() {
    let tree = tree();
    tree.gen_(&["matrix"]).ends(0);
    let fifo = clean("mkfifo").arg(tree.at("docs/.gitignore")).status();
    assert!(fifo.expect("mkfifo runs").success());
    soon(&tree, &["check"])
        .ends(2)
        .tells(&["file-refused", "docs/.gitignore"]);
    fs::remove_file(tree.at("docs/.gitignore")).expect("a file");
    symlink("/dev/zero", tree.at("docs/.gitignore")).expect("a link");
    soon(&tree, &["check"])
        .ends(2)
        .tells(&["file-refused", "docs/.gitignore"]);
    fs::remove_file(tree.at("docs/.gitignore")).expect("a file");

    tree.write("below/matrix.toml", ONE);
    fs::remove_file(tree.at("matrix.toml")).expect("a file");
    let lister = fs::File::create(tree.at("matrix.toml")).expect("a file");
    lister.set_len(1 << 40).expect("a length");
    soon(&tree, &["check"])
        .ends(2)
        .tells(&["longer than 16 MiB"]);
    soon(&tree, &["-C", "below", "list"]).ends(0);
    fs::remove_file(tree.at("matrix.toml")).expect("a file");
    symlink("/dev/zero", tree.at("matrix.toml")).expect("a link");
    soon(&tree, &["-C", "below", "list"]).ends(0);
}

/// Nothing that a word of the command line holds ends a line of what is said about it, or moves the cursor.
#[test]
fn words_of_the_command_line_are_made_visible() {
    let tree = tree();
    let said = tree
        .gen_(&["check", "--format", "\n::error::x\u{1b}[2J"])
        .ends(2);
    let said = said.tells(&["\\n::error::x\\u{1b}[2J", "possible values: full"]);
    assert!(!said.stderr.contains("\n::error::x"), "{}", said.stderr);
}
