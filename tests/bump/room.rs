//! A library in a temporary folder, and `gen` run in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;

use tempfile::TempDir;

use crate::support::{project, run, stderr, stdout};

/// A library whose files are its own.
pub(super) struct Room {
    folder: TempDir,
}

/// What a run said.
pub(super) struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Fails with all that was said unless the exit code is this.
    #[track_caller]
    pub(super) fn ends(self, code: i32) -> Self {
        let (out, err) = (&self.out, &self.err);
        assert_eq!(self.code, Some(code), "stdout:\n{out}\nstderr:\n{err}");
        self
    }

    /// Fails unless people were told all of this.
    #[track_caller]
    pub(super) fn tells(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.err.contains(word), "no `{word}` in:\n{}", self.err);
        }
        self
    }

    /// Fails when people were told any of this.
    #[track_caller]
    pub(super) fn never_tells(self, words: &[&str]) -> Self {
        for word in words {
            assert!(!self.err.contains(word), "`{word}` in:\n{}", self.err);
        }
        self
    }
}

/// Every file and link by path: mode, and bytes or target.
pub(super) type Tree = BTreeMap<String, (u32, Vec<u8>)>;

impl Room {
    /// A folder with these files, and nothing made by gen.
    pub(super) fn bare(files: &[(&str, &str)]) -> Self {
        Room {
            folder: project(files),
        }
    }

    /// The same with its outputs and its lock.
    #[track_caller]
    pub(super) fn new(files: &[(&str, &str)]) -> Self {
        let room = Room::bare(files);
        room.record();
        room
    }

    /// Writes the outputs, and records the release.
    #[track_caller]
    pub(super) fn record(&self) {
        self.gen_("bump --amend").ends(0);
    }

    pub(super) fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Runs `gen`, whose name is a keyword of the language.
    pub(super) fn gen_(&self, line: &str) -> Said {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let output = run(self.folder(), &arguments);
        Said {
            code: output.status.code(),
            out: stdout(&output),
            err: stderr(&output),
        }
    }

    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let at = self.at(path);
        fs::create_dir_all(at.parent().expect("a folder")).expect("a folder");
        fs::write(at, text).expect("a file");
    }

    #[track_caller]
    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    pub(super) fn set_mode(&self, path: &str, mode: u32) {
        fs::set_permissions(self.at(path), fs::Permissions::from_mode(mode)).expect("a mode");
    }

    /// The whole tree.
    pub(super) fn tree(&self) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                let meta = fs::symlink_metadata(&path).expect("a file");
                let name = path.strip_prefix(self.folder()).expect("below");
                let name = name.to_string_lossy().into_owned();
                if name == ".git" {
                    continue;
                }
                if meta.is_dir() {
                    folders.push(path);
                    tree.insert(format!("{name}/"), (meta.mode(), Vec::new()));
                } else if meta.is_symlink() {
                    let target = fs::read_link(&path).expect("a target");
                    let target = target.to_string_lossy().into_owned().into_bytes();
                    tree.insert(name, (meta.mode(), target));
                } else {
                    tree.insert(name, (meta.mode(), fs::read(&path).expect("bytes")));
                }
            }
        }
        tree
    }

    /// The files that a person wrote: all but outputs and lock.
    pub(super) fn own(&self) -> Tree {
        let mut tree = self.tree();
        let made = ["generated/", ".gitattributes", ".github/", "matrix.lock"];
        tree.retain(|path, _| !made.iter().any(|m| path.starts_with(m)));
        tree
    }
}

/// Fails with the paths that differ, which are all one wants to read.
#[track_caller]
pub(super) fn same(left: &Tree, right: &Tree) {
    let paths: std::collections::BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    let differ: Vec<&&String> = paths
        .iter()
        .filter(|path| left.get(**path) != right.get(**path))
        .collect();
    assert!(differ.is_empty(), "differ: {differ:?}");
}

/// A matrix at a version, with more lines in `[release]`: two specs below `docker.io/acme/base`, and an alias.
pub(super) fn matrix(version: &str, release: &str, places: &str) -> String {
    format!(
        r#"# The base images.
[release]
version = "{version}" # moved by `gen bump`
{release}
{places}
[registry.hub]
prefix = "docker.io/acme"

[axis]
python = ["3.12", "3.13"]

[image.base]
tag = "{{{{ python }}}}-{{{{ release.tag }}}}"
from = "python:{{{{ python }}}}-slim-trixie"

[[alias]]
match = {{ image = "base", python = "3.13" }}
tags = ["latest"]
"#
    )
}

/// A pin of a constant.
pub(super) fn pin(file: &str, constant: &str, more: &str) -> String {
    format!("[[release.pin]]\nfile = \"{file}\"\nconstant = \"{constant}\"\n{more}\n")
}

/// A pin of a key.
pub(super) fn key(file: &str, key: &str, more: &str) -> String {
    format!("[[release.pin]]\nfile = \"{file}\"\nkey = \"{key}\"\n{more}\n")
}

/// Mentions in files.
pub(super) fn mention(files: &str, more: &str) -> String {
    format!("[[release.mention]]\nfiles = [{files}]\n{more}\n")
}
