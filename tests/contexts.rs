//! One commit has one content, wherever and however it is checked out, and what no clean checkout holds is none of it.

use crate::support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use basematrix::source::{Git, Members, Ours, Repository};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{commit, git, project, run, stderr, stdout};
use tempfile::TempDir;

const MATRIX: &str = r#"
[release]
version = "1.2.0"

[registry.hub]
prefix = "docker.io/acme"

[image.app]
dockerfile = "ctx/Dockerfile"
"#;

/// A repository with a context of text, bytes, links and programs, committed.
fn repository() -> TempDir {
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("ctx/Dockerfile", "FROM alpine:3.22\nCOPY . /\n"),
        ("ctx/a.txt", "one\ntwo\n"),
        ("ctx/sub/b.sh", "#!/bin/sh\necho b\n"),
        ("ctx/mixed.txt", "one\r\ntwo\n"),
        ("ctx/bytes.bin", "\u{0}\r\n"),
        ("ctx/.gitignore", "*.pyc\n__pycache__/\nkept.log\n"),
        ("ctx/kept.log", "tracked, though ignored\n"),
        (".gitattributes", "*.bin -text\n"),
    ]);
    let program = folder.path().join("ctx/sub/b.sh");
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("a mode");
    symlink("sub/b.sh", folder.path().join("ctx/link")).expect("a link");
    git(folder.path(), &["init", "-q", "-b", "main"]);
    git(folder.path(), &["add", "-f", "ctx/kept.log"]);
    commit(folder.path(), "all");
    folder
}

/// The content of the only spec.
fn content(folder: &Path) -> String {
    let output = run(folder, &["plan"]);
    let plan: Value = serde_json::from_str(&stdout(&output))
        .unwrap_or_else(|e| panic!("{e}: {}", stderr(&output)));
    let content = plan["specs"][0]["content"].as_str();
    content.expect("a content").to_owned()
}

fn clone(from: &Path, options: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let url = format!("file://{}", from.display());
    let mut arguments = vec!["-c", "protocol.file.allow=always", "clone", "-q"];
    arguments.extend(options);
    arguments.extend([url.as_str(), "."]);
    git(folder.path(), &arguments);
    folder
}

/// The same files with other times and inodes, so that nothing of the index tells of them.
fn touched(folder: &Path) {
    let copied = Command::new("cp")
        .args(["-R", ".", "../copied"])
        .current_dir(folder.join("ctx"))
        .status();
    assert!(copied.expect("cp runs").success());
    fs::remove_dir_all(folder.join("ctx")).expect("removed");
    fs::rename(folder.join("copied"), folder.join("ctx")).expect("moved");
}

/// What `gen check` says, and whether it found an error.
fn check(folder: &Path) -> (i32, String) {
    let output = run(folder, &["check", "--format", "concise"]);
    (output.status.code().expect("a code"), stderr(&output))
}

#[test]
fn every_clone_of_a_commit_has_one_content() {
    let origin = repository();
    let expected = content(origin.path());
    touched(origin.path());
    assert_eq!(content(origin.path()), expected, "with nothing clean");
    let options: [&[&str]; 7] = [
        &[],
        &["-c", "core.autocrlf=true"],
        &["-c", "core.autocrlf=input"],
        &["-c", "core.symlinks=false"],
        &["-c", "core.fileMode=false"],
        &["--depth=1"],
        &["--filter=blob:none", "-c", "core.autocrlf=true"],
    ];
    git(origin.path(), &["config", "uploadpack.allowFilter", "true"]);
    for options in options {
        let clone = clone(origin.path(), options);
        let text = fs::read_to_string(clone.path().join("ctx/a.txt")).expect("text");
        let turned = options.contains(&"core.autocrlf=true");
        assert_eq!(text.contains("\r\n"), turned, "{options:?}");
        assert_eq!(content(clone.path()), expected, "{options:?}");
        if options.contains(&"core.fileMode=false") {
            let program = clone.path().join("ctx/sub/b.sh");
            fs::set_permissions(program, fs::Permissions::from_mode(0o644)).expect("a mode");
        }
        touched(clone.path());
        assert_eq!(
            content(clone.path()),
            expected,
            "{options:?}, with nothing clean"
        );
    }
    let worktree = tempfile::tempdir().expect("a temporary folder");
    let path = worktree.path().join("wt");
    git(
        origin.path(),
        &[
            "worktree",
            "add",
            "-q",
            "--detach",
            &path.to_string_lossy(),
            "main",
        ],
    );
    assert_eq!(content(&path), expected, "a worktree");
    let bare = tempfile::tempdir().expect("a temporary folder");
    let tar = bare.path().join("x.tar");
    git(
        origin.path(),
        &["archive", "-o", &tar.to_string_lossy(), "HEAD"],
    );
    let unpacked = Command::new("tar")
        .args(["-xf", "x.tar"])
        .current_dir(bare.path())
        .status();
    assert!(unpacked.expect("tar runs").success());
    fs::remove_file(tar).expect("removed");
    assert_eq!(content(bare.path()), expected, "an archive without git");
    let said = stderr(&run(bare.path(), &["check", "-v"]));
    assert!(said.contains("there is no git here"), "{said}");
    // A sparse worktree lacks files that are part of it all the same.
    let sparse = clone(origin.path(), &["--sparse"]);
    git(
        sparse.path(),
        &[
            "sparse-checkout",
            "set",
            "--no-cone",
            "/matrix.toml",
            "/ctx/Dockerfile",
        ],
    );
    assert!(!sparse.path().join("ctx/a.txt").exists());
    assert_eq!(content(sparse.path()), expected, "a sparse worktree");
}

#[test]
fn line_ends_count_as_they_would_be_added() {
    let origin = repository();
    let clone = clone(origin.path(), &["-c", "core.autocrlf=true"]);
    let expected = content(clone.path());
    let write = |text: &str| fs::write(clone.path().join("ctx/a.txt"), text).expect("a file");
    write("one\ntwo\n");
    assert_eq!(content(clone.path()), expected);
    write("one\r\ntwo\r\nthree\r\n");
    let edited = content(clone.path());
    assert_ne!(edited, expected);
    git(clone.path(), &["add", "-A"]);
    assert_eq!(content(clone.path()), edited, "as it was added");
    // What was stored with CRLF is stored so again.
    let mixed = clone.path().join("ctx/mixed.txt");
    fs::write(&mixed, "one\r\ntwo\r\nthree\r\n").expect("a file");
    let edited = content(clone.path());
    git(clone.path(), &["add", "-A"]);
    assert_eq!(content(clone.path()), edited, "as it was added");
}

#[test]
fn a_dockerfile_that_was_stored_with_crlf_counts_as_stored() {
    let origin = repository();
    let root = origin.path();
    fs::write(
        root.join("ctx/Dockerfile"),
        "FROM alpine:3.22\r\nCOPY . /\r\n",
    )
    .expect("a file");
    commit(root, "CRLF");
    let clone = clone(root, &["-c", "core.autocrlf=true"]);
    assert_eq!(content(clone.path()), content(root));
    touched(clone.path());
    assert_eq!(content(clone.path()), content(root), "read anew");
}

#[test]
fn a_context_that_is_not_checked_out_counts_as_the_index_has_it() {
    let origin = repository();
    let root = origin.path();
    let matrix = format!("{MATRIX}context = \"assets\"\n");
    fs::write(root.join("matrix.toml"), matrix).expect("a file");
    fs::create_dir(root.join("assets")).expect("a folder");
    fs::write(root.join("assets/a"), "1").expect("a file");
    run(root, &["matrix", "--quiet"]);
    run(root, &["bump", "--amend", "--quiet"]);
    commit(root, "assets");
    let sparse = clone(root, &["--sparse"]);
    let cone = ["sparse-checkout", "set", "ctx", "generated", ".github"];
    git(sparse.path(), &cone);
    assert!(!sparse.path().join("assets").exists());
    assert_eq!(content(sparse.path()), content(root));
    assert_eq!(check(sparse.path()), check(root));
    // Nor is its Dockerfile missing.
    git(
        sparse.path(),
        &["sparse-checkout", "set", "generated", ".github"],
    );
    let (code, said) = check(sparse.path());
    assert_eq!(code, 1);
    assert!(said.contains("sparse checkout"), "{said}");
}

#[test]
fn what_only_bears_the_name_of_git_is_told() {
    let folder = repository();
    let fake = tempfile::tempdir().expect("a temporary folder");
    let program = fake.path().join("git");
    fs::write(&program, "#!/bin/sh\nexit 0\n").expect("a file");
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a mode");
    let output = Command::new(env!("CARGO_BIN_EXE_gen"))
        .env("PATH", fake.path())
        .current_dir(folder.path())
        .args(["check", "--format", "concise"])
        .output()
        .expect("`gen` starts");
    let said = stderr(&output);
    assert!(said.contains("does not answer as git does"), "{said}");
    assert!(!said.contains("ignores"), "{said}");
}

#[test]
fn a_copy_of_an_output_is_sent_like_any_file() {
    let folder = repository();
    let root = folder.path();
    let whole = format!("{MATRIX}context = \".\"\n");
    fs::write(root.join("matrix.toml"), whole).expect("a file");
    for (path, matrix, counts) in [
        ("copy.py", "matrix.toml", true),
        ("lib/generated/images.py", "matrix.toml", true),
        ("generated/theirs.yml", "other.toml", true),
        (".github/workflows/theirs.yml", "other.toml", true),
        ("generated/old.yml", "matrix.toml", false),
        (".github/workflows/old.yml", "matrix.toml", false),
        ("old.yml", "matrix.toml", false),
    ] {
        let before = content(root);
        let file = root.join(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        let text = format!("# Generated by gen matrix from {matrix}. Do not edit: change it.\n");
        fs::write(&file, text).expect("a file");
        assert_eq!(content(root) != before, counts, "{path}");
    }
}

#[test]
fn a_context_that_is_a_submodule_is_missing_in_a_plain_clone() {
    let upstream = tempfile::tempdir().expect("a temporary folder");
    fs::write(upstream.path().join("f"), "1").expect("a file");
    commit(upstream.path(), "lib");
    let origin = repository();
    let root = origin.path();
    let matrix = format!("{MATRIX}context = \"vendor\"\n");
    fs::write(root.join("matrix.toml"), matrix).expect("a file");
    let url = upstream.path().to_string_lossy().into_owned();
    let allow = ["-c", "protocol.file.allow=always"];
    git(
        root,
        &[&allow[..], &["submodule", "add", "-q", &url, "vendor"]].concat(),
    );
    commit(root, "a submodule");
    let clone = clone(root, &[]);
    assert!(clone.path().join("vendor").is_dir());
    let (code, said) = check(clone.path());
    assert_eq!(code, 1);
    assert!(said.contains("submodule-missing"), "{said}");
    let plan: Value = serde_json::from_str(&stdout(&run(clone.path(), &["plan"]))).expect("a plan");
    assert_eq!(plan["specs"][0]["submodules"], true);
}

/// Whether a build fetches submodules, as the plan says.
fn fetches_submodules(root: &Path) -> bool {
    let plan: Value = serde_json::from_str(&stdout(&run(root, &["plan"]))).expect("a plan");
    plan["specs"][0]["submodules"] == true
}

#[test]
fn a_dockerfile_in_a_submodule_is_fetched_for_a_context_beside_it() {
    let upstream = tempfile::tempdir().expect("a temporary folder");
    fs::write(upstream.path().join("Dockerfile"), "FROM scratch\n").expect("a file");
    commit(upstream.path(), "lib");
    let folder = project(&[
        ("matrix.toml", &format!("{MATRIX}context = \"app\"\n")),
        ("app/f", "1"),
    ]);
    let root = folder.path();
    git(root, &["init", "-q", "-b", "main"]);
    let url = upstream.path().to_string_lossy().into_owned();
    let allow = ["-c", "protocol.file.allow=always"];
    git(
        root,
        &[&allow[..], &["submodule", "add", "-q", &url, "ctx"]].concat(),
    );
    assert!(fetches_submodules(root));
}

#[test]
fn without_git_submodules_are_as_gitmodules_has_them() {
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("ctx/Dockerfile", "FROM scratch\nCOPY . /\n"),
        ("ctx/v/f", "1"),
    ]);
    let root = folder.path();
    let declared = |path: &str| {
        let text = format!("[submodule \"v\"]\n\t{path}\n\turl = x\n");
        fs::write(root.join(".gitmodules"), text).expect("a file");
    };
    for (path, fetched) in [
        ("path = ctx/v", true),
        ("PATH=ctx/v # a comment", true),
        ("path = \"ctx/v\" ; another", true),
        ("path = ctx", true),
        ("path = ctx2", false),
        ("pathx = ctx/v", false),
    ] {
        declared(path);
        assert_eq!(fetches_submodules(root), fetched, "{path}");
    }
    // What is not sent is not fetched.
    declared("path = ctx/v");
    fs::write(root.join("ctx/.dockerignore"), "v\n").expect("a file");
    assert!(!fetches_submodules(root));
}

/// None of them is read: a pipe would wait for somebody who writes into it.
#[test]
fn what_is_no_file_is_told_of_the_folder_that_a_test_reads() {
    let matrix = "[registry.ghcr]\nprefix = \"ghcr.io/acme\"\n\n[image.base]\ntag = \"1\"\nfrom = \"debian:13-slim\"\n\
                  test = [{ run = \"true\", files = [\"data\"] }]\n";
    for kind in ["pipe", "socket", "name"] {
        let folder = project(&[("matrix.toml", matrix), ("data/a/file", "1")]);
        let root = folder.path();
        let check = || {
            let output = run(root, &["check", "--format", "concise"]);
            stderr(&output)
        };
        assert_eq!(run(root, &["matrix"]).status.code(), Some(0));
        assert!(!check().contains("test-file"), "{}", check());
        let path = root.join("data/a/strange");
        let (said, _socket) = match kind {
            "pipe" => {
                let pipe = Command::new("mkfifo").arg(&path).status();
                assert!(pipe.expect("mkfifo runs").success());
                ("is a device, pipe or socket", None)
            }
            "socket" => {
                let socket = UnixListener::bind(&path).expect("a socket");
                ("is a device, pipe or socket", Some(socket))
            }
            _ => {
                let name = OsStr::from_bytes(b"strange\xff");
                fs::write(root.join("data/a").join(name), "1").expect("a file");
                ("has a name that is not UTF-8", None)
            }
        };
        let told = check();
        assert!(
            told.contains("error[test-file]: a test reads `data`, in which `data/a/strange")
                && told.contains(said),
            "{kind}: {told}"
        );
    }
}

#[test]
fn what_no_clean_checkout_holds_is_none_of_it() {
    let folder = repository();
    let root = folder.path();
    let expected = content(root);
    fs::create_dir_all(root.join("ctx/__pycache__")).expect("a folder");
    fs::write(root.join("ctx/__pycache__/a.pyc"), "1").expect("a file");
    fs::create_dir_all(root.join("ctx/inner")).expect("a folder");
    git(&root.join("ctx/inner"), &["init", "-q"]);
    fs::write(root.join("ctx/inner/x"), "1").expect("a file");
    let pipe = Command::new("mkfifo").arg(root.join("ctx/pipe")).status();
    assert!(pipe.expect("mkfifo runs").success());
    assert_eq!(content(root), expected);
    // What one machine alone ignores would be committed elsewhere.
    fs::write(root.join(".git/info/exclude"), "new.txt\n").expect("a file");
    fs::write(root.join("ctx/new.txt"), "1").expect("a file");
    let with_new = content(root);
    assert_ne!(with_new, expected);
    git(root, &["add", "-f", "ctx/new.txt"]);
    assert_eq!(content(root), with_new, "added");
    git(root, &["rm", "-q", "--cached", "ctx/new.txt"]);
    git(root, &["add", "-f", "-N", "ctx/new.txt"]);
    assert_eq!(content(root), with_new, "meant to be added");
    fs::remove_file(root.join("ctx/new.txt")).expect("removed");
    assert_eq!(content(root), expected);
    fs::write(root.join("ctx/kept.log"), "tracked, and edited\n").expect("a file");
    assert_ne!(content(root), expected, "tracked, though ignored");
    git(root, &["checkout", "-q", "ctx/kept.log"]);
    fs::remove_file(root.join("ctx/a.txt")).expect("removed");
    assert_ne!(content(root), expected, "deleted");
    git(root, &["checkout", "-q", "ctx/a.txt"]);
    // What lies behind a link where a folder was is gone, too.
    fs::rename(root.join("ctx/sub"), root.join("elsewhere")).expect("moved");
    let gone = content(root);
    symlink("../elsewhere", root.join("ctx/sub")).expect("a link");
    assert_ne!(content(root), expected);
    assert_ne!(content(root), gone, "the link itself is new");
    fs::remove_file(root.join("ctx/sub")).expect("removed");
    fs::rename(root.join("elsewhere"), root.join("ctx/sub")).expect("moved");
    assert_eq!(content(root), expected);
}

#[test]
fn a_change_in_the_moment_of_the_commit_is_seen() {
    for _ in 0..20 {
        let folder = project(&[("matrix.toml", MATRIX), ("ctx/Dockerfile", "FROM a\n")]);
        fs::write(folder.path().join("ctx/f"), "1").expect("a file");
        commit(folder.path(), "all");
        fs::write(folder.path().join("ctx/f"), "2").expect("a file");
        let changed = content(folder.path());
        fs::write(folder.path().join("ctx/f"), "1").expect("a file");
        assert_ne!(content(folder.path()), changed);
    }
}

#[test]
fn modes_and_links_count() {
    let folder = repository();
    let root = folder.path();
    let expected = content(root);
    let mode = |mode| {
        let file = root.join("ctx/a.txt");
        fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("a mode");
    };
    mode(0o755);
    assert_ne!(content(root), expected);
    mode(0o600);
    assert_eq!(content(root), expected);
    fs::remove_file(root.join("ctx/link")).expect("removed");
    let mut seen = vec![expected];
    for target in [&b"a\xe9"[..], b"a\xe8", b"sub"] {
        symlink(OsStr::from_bytes(target), root.join("ctx/link")).expect("a link");
        let content = content(root);
        assert!(!seen.contains(&content), "{target:?}");
        seen.push(content);
        fs::remove_file(root.join("ctx/link")).expect("removed");
    }
}

#[test]
fn a_pointer_of_lfs_and_its_file_are_one_content() {
    let bytes = b"weights\r\n".repeat(1000);
    let hex: String = Sha256::digest(&bytes)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{hex}\nsize {}\n",
        bytes.len()
    );
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("ctx/Dockerfile", "FROM a\n"),
        (
            ".gitattributes",
            "*.model filter=lfs diff=lfs merge=lfs -text\n",
        ),
        ("ctx/big.model", &pointer),
    ]);
    let root = folder.path();
    let model = root.join("ctx/big.model");
    let without_git = content(root);
    fs::write(&model, &bytes).expect("a file");
    assert_eq!(content(root), without_git, "without git");
    fs::write(&model, &pointer).expect("a file");
    commit(root, "all");
    assert_eq!(content(root), without_git);
    run(root, &["matrix", "--quiet"]);
    let (code, said) = check(root);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("lfs-pointer") && said.contains("ctx/big.model"),
        "{said}"
    );
    let full = stderr(&run(root, &["check"]));
    assert!(full.contains("git lfs pull"), "{full}");
    // What `git lfs pull` leaves behind.
    fs::write(&model, &bytes).expect("a file");
    assert_eq!(
        content(root),
        without_git,
        "the file in place of the pointer"
    );
    let (code, said) = check(root);
    assert!(code == 0 && !said.contains("lfs-pointer"), "{said}");
    fs::write(&model, b"others").expect("a file");
    assert_ne!(content(root), without_git, "other weights");
}

#[test]
fn a_submodule_counts_by_its_files() {
    let upstream = tempfile::tempdir().expect("a temporary folder");
    fs::write(upstream.path().join("f"), "1").expect("a file");
    fs::write(upstream.path().join(".gitignore"), "*.o\n").expect("a file");
    commit(upstream.path(), "lib");
    let folder = repository();
    let root = folder.path();
    let url = upstream.path().to_string_lossy().into_owned();
    let allow = ["-c", "protocol.file.allow=always"];
    let add = ["submodule", "add", "-q", &url, "ctx/vendor/lib"];
    git(root, &[&allow[..], &add].concat());
    run(root, &["matrix", "--quiet"]);
    run(root, &["bump", "--amend", "--quiet"]);
    commit(root, "with a submodule");
    git(root, &["tag", "v1.2.0"]);
    let expected = content(root);
    git(&root.join("ctx/vendor/lib"), &["gc", "-q"]);
    fs::write(root.join("ctx/vendor/lib/x.o"), "1").expect("a file");
    assert_eq!(content(root), expected);
    let holder = tempfile::tempdir().expect("a temporary folder");
    let worktree = holder.path().join("wt");
    git(
        root,
        &[
            "worktree",
            "add",
            "-q",
            "--detach",
            &worktree.to_string_lossy(),
            "HEAD",
        ],
    );
    let (code, said) = check(&worktree);
    assert_eq!(code, 1);
    assert!(
        said.contains("submodule-missing") && said.contains("ctx/vendor/lib"),
        "{said}"
    );
    // What would follow from a content that cannot be told is none.
    for untrue in ["tag-moved", "unreleased-change", "stale-output"] {
        assert!(!said.contains(untrue), "{said}");
    }
    git(root, &["tag", "-d", "v1.2.0"]);
    let amended = run(&worktree, &["bump", "--amend"]);
    assert_eq!(amended.status.code(), Some(1), "{}", stderr(&amended));
    assert_eq!(git(&worktree, &["status", "--porcelain"]), "");
    let update = ["submodule", "update", "--init", "-q"];
    git(&worktree, &[&allow[..], &update].concat());
    assert_eq!(content(&worktree), expected, "a worktree");
    assert_eq!(
        check(&worktree),
        (0, "no findings; 0 of 3 outputs differ\n".to_owned())
    );
    fs::write(root.join("ctx/vendor/lib/f"), "2").expect("a file");
    assert_ne!(content(root), expected, "an edit in it");
    // One of which git does not speak is there.
    fs::write(worktree.join("ctx/vendor/lib/.git"), "gitdir: nowhere\n").expect("a file");
    let (_, said) = check(&worktree);
    assert!(
        said.contains("git cannot say what the submodule `ctx/vendor/lib` holds"),
        "{said}"
    );
    // A context that lies in one, and one that leaves it out.
    let ignore = root.join("ctx/.dockerignore");
    fs::write(&ignore, "vendor\n").expect("a file");
    let without = content(root);
    fs::write(root.join("ctx/vendor/lib/f"), "1").expect("a file");
    assert_eq!(content(root), without);
}

#[test]
fn a_commit_and_its_clean_checkout_hold_the_same() {
    let folder = repository();
    let nothing = Ours {
        path: &|_| false,
        head: &|_| false,
    };
    for context in ["ctx", "ctx/sub", "."] {
        let here = Repository::find(folder.path(), None).expect("a repository");
        let git = Git::new(&here);
        let head = git.commit("HEAD").expect("a commit");
        let standing = here.build_context(context, None, &nothing);
        let members = Members::of_commit(&git, &head).expect("its files");
        let there = Repository::find(folder.path(), None).expect("a repository");
        let there = there.with_members(members);
        let committed = there.build_context(context, None, &nothing);
        assert!(!committed.files.is_empty());
        assert_eq!(committed.files, standing.files, "{context}");
        assert_eq!(committed.hash, standing.hash, "{context}");
    }
}

#[test]
fn a_repository_of_another_object_format_works() {
    let folder = project(&[("matrix.toml", MATRIX), ("ctx/Dockerfile", "FROM a\n")]);
    let root = folder.path();
    git(root, &["init", "-q", "--object-format=sha256"]);
    let before = content(root);
    commit(root, "all");
    assert_eq!(content(root), before);
    touched(root);
    assert_eq!(content(root), before, "with nothing clean");
    fs::write(root.join("ctx/f"), "1").expect("a file");
    assert_ne!(content(root), before);
}

#[test]
fn nothing_of_the_repository_is_run() {
    let folder = repository();
    let root = folder.path();
    let mark = root.join("ran");
    let trap = format!("touch {}; cat", mark.display());
    fs::write(root.join(".gitattributes"), "* filter=trap text=auto\n").expect("a file");
    for key in ["filter.trap.clean", "filter.trap.smudge", "core.fsmonitor"] {
        git(root, &["config", key, &trap]);
    }
    fs::write(root.join("ctx/a.txt"), "edited\n").expect("a file");
    touched(root);
    content(root);
    check(root);
    assert!(!mark.exists());
}

#[test]
fn files_that_git_is_told_not_to_look_at_count_as_it_knows_them() {
    for flag in ["--assume-unchanged", "--skip-worktree"] {
        let folder = repository();
        let root = folder.path();
        let expected = content(root);
        git(root, &["update-index", flag, "ctx/a.txt"]);
        fs::write(root.join("ctx/a.txt"), "mine alone\n").expect("a file");
        assert_eq!(content(root), expected, "{flag}");
    }
}

#[test]
fn a_name_that_is_not_utf_8_is_a_finding() {
    let folder = project(&[("matrix.toml", MATRIX), ("ctx/Dockerfile", "FROM a\n")]);
    let root = folder.path();
    run(root, &["matrix", "--quiet"]);
    let file = root.join("ctx").join(OsStr::from_bytes(b"caf\xe9.txt"));
    fs::write(&file, "1").expect("a file");
    run(root, &["matrix", "--quiet"]);
    let (code, said) = check(root);
    assert_eq!(code, 1, "{said}");
    let full = stderr(&run(root, &["check"]));
    assert!(
        full.contains("context-file") && full.contains(r"ctx/caf\xE9.txt"),
        "{full}"
    );
    fs::write(root.join("ctx/.dockerignore"), "caf*\n").expect("a file");
    run(root, &["matrix", "--quiet"]);
    assert_eq!(check(root).0, 0, "it is not sent");
}

#[test]
fn a_finding_that_comes_from_a_context_names_the_files() {
    let folder = repository();
    let root = folder.path();
    run(root, &["matrix", "--quiet"]);
    run(root, &["bump", "--amend", "--quiet"]);
    commit(root, "released");
    assert_eq!(check(root).0, 0);
    fs::write(root.join("ctx/a.txt"), "three\n").expect("a file");
    fs::write(root.join("ctx/new.txt"), "1\n").expect("a file");
    fs::remove_file(root.join("ctx/link")).expect("removed");
    run(root, &["matrix", "--quiet"]);
    let said = stderr(&run(root, &["check"]));
    for expected in [
        "`ctx/a.txt` changed",
        "`ctx/new.txt` is new, and untracked",
        "`ctx/link` is gone",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn a_rendered_image_can_have_a_narrow_context() {
    let matrix = "[release]\nversion = \"1.0.0\"\n[image.base]\nfrom = \"debian:trixie-slim\"\n\
        template = \"docker/server\"\ncontext = \"truss\"\ncontext-files = [\"server\", \"!server/*.py\"]\n";
    let folder = project(&[
        ("matrix.toml", matrix),
        (
            "templates/docker/server",
            "FROM {{ from }}\nCOPY server /srv\n",
        ),
        ("truss/server/requirements.txt", "six\n"),
        ("truss/server/main.py", "1\n"),
        ("truss/readme", "1\n"),
        ("truss/.dockerignore", "server\n"),
    ]);
    let root = folder.path();
    run(root, &["matrix", "--quiet"]);
    let before = content(root);
    let ignore = root.join("generated/docker/base/Dockerfile.dockerignore");
    let text = fs::read_to_string(&ignore).expect("rendered beside the Dockerfile");
    assert!(text.ends_with("**\n!server\nserver/*.py\n"), "{text}");
    for other in ["truss/server/main.py", "truss/readme"] {
        fs::write(root.join(other), "2\n").expect("a file");
    }
    assert_eq!(content(root), before, "what is not sent");
    let (code, said) = check(root);
    assert!(code == 0 && said.starts_with("no findings"), "{said}");
    fs::write(root.join("truss/server/requirements.txt"), "six==1\n").expect("a file");
    assert_ne!(content(root), before);
    fs::write(
        root.join("matrix.toml"),
        matrix.replace("context-files", "# "),
    )
    .expect("a file");
    run(root, &["matrix", "--quiet"]);
    assert!(!ignore.exists(), "nothing is left of it");
}

#[test]
fn a_context_that_holds_the_matrix_bakes_in_a_release_only_where_there_is_one() {
    let image = "[image.app]\ntag = \"1\"\ndockerfile = \"Dockerfile\"\n";
    for (release, told) in [("", false), ("[release]\nversion = \"1.0.0\"\n", true)] {
        let matrix = format!("{release}{image}");
        let folder = project(&[
            ("matrix.toml", &matrix),
            ("Dockerfile", "FROM alpine:3.22\n"),
        ]);
        run(folder.path(), &["matrix", "--quiet"]);
        let (code, said) = check(folder.path());
        assert_eq!(code, 0, "{said}");
        assert_eq!(said.contains("release-baked"), told, "{said}");
    }
}

#[test]
fn what_git_would_store_in_a_way_that_is_not_followed_is_told() {
    let attributes = "*.utf16 working-tree-encoding=UTF-16LE\n*.id ident\n";
    let folder = project(&[
        ("matrix.toml", MATRIX),
        ("ctx/Dockerfile", "FROM alpine:3.22\nCOPY . /\n"),
        ("ctx/a.utf16", "a\u{0}"),
        ("ctx/b.id", "$Id: 1234 $\n"),
        ("ctx/c.id", "$Id$\n"),
        (".gitattributes", attributes),
    ]);
    git(folder.path(), &["init", "-q", "-b", "main"]);
    let said = stderr(&run(folder.path(), &["check"]));
    let told = |path: &str| said.contains(&format!("`{path}` cannot be read: git stores it"));
    assert!(told("ctx/a.utf16") && told("ctx/b.id"), "{said}");
    assert!(!told("ctx/c.id") && !told("ctx/Dockerfile"), "{said}");
    commit(folder.path(), "all");
    let clone = clone(folder.path(), &[]);
    let said = stderr(&run(clone.path(), &["check"]));
    assert!(!said.contains("context-file"), "{said}");
}
