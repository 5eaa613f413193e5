//! A repository that stands on an image of a server, and `gen` run in it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use super::server::Server;
use crate::support::{SOURCE_DATE_EPOCH, project, stderr, stdout};

/// A repository, out of reach of the caller's logins and proxies.
pub(super) struct Room {
    pub folder: TempDir,
    docker: TempDir,
}

/// A matrix of one image.
pub(super) fn matrix(host: &str) -> String {
    format!(
        "[release]\nversion = \"1.0.0\"\n\n[registry.hub]\nprefix = \"docker.io/acme\"\n\n\
         [image.low]\nfrom = \"{host}/lib/debian:13\"\n"
    )
}

impl Room {
    pub(super) fn new(matrix: &str) -> Self {
        Room {
            folder: project(&[("matrix.toml", matrix)]),
            docker: tempfile::tempdir().expect("a temporary folder"),
        }
    }

    /// One image on `lib/debian:13` of that server.
    pub(super) fn on(server: &Server) -> Self {
        Room::new(&matrix(&server.host))
    }

    /// What `docker login` would have left.
    pub(super) fn logged_in(self, config: &str) -> Self {
        fs::write(self.docker.path().join("config.json"), config).expect("a file");
        self
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gen"));
        for (name, _) in std::env::vars_os() {
            if name
                .to_string_lossy()
                .to_ascii_lowercase()
                .ends_with("_proxy")
            {
                command.env_remove(name);
            }
        }
        // A registry on this machine is asked past any proxy.
        command
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .env("HTTPS_PROXY", "http://127.0.0.1:1")
            .env("DOCKER_CONFIG", self.docker.path())
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH.0)
            .current_dir(self.path())
            .args(args);
        command
    }

    pub(super) fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("`gen` starts")
    }

    /// Runs to a clean end.
    pub(super) fn gen_(&self, args: &[&str]) -> (String, String) {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", stderr(&output));
        (stdout(&output), stderr(&output))
    }

    /// The file, when it is there.
    pub(super) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path().join(path)).ok()
    }

    pub(super) fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path).expect("a file");
        assert!(text.contains(old), "`{old}` is not in\n{text}");
        fs::write(self.path().join(path), text.replacen(old, new, 1)).expect("a file");
    }

    /// The digests in the lock, in its order.
    pub(super) fn locked(&self) -> Vec<String> {
        let lock = self.read("matrix.lock").unwrap_or_default();
        let digests = lock.lines().filter_map(|l| l.strip_prefix("digest = \""));
        let base = |l: &str| l.trim_end_matches('"').to_owned();
        digests.map(base).collect()
    }

    /// That nothing can be locked, and why; nothing is written.
    pub(super) fn refused(&self) -> String {
        let output = self.run(&["lock"]);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("error[base-unresolved]"), "{said}");
        assert!(said.contains("matrix.toml:8:8"), "{said}");
        assert_eq!(self.read("matrix.lock"), None);
        assert!(!self.path().join("generated").exists());
        said
    }
}
