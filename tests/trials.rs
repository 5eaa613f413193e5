//! `gen test`: which tests are run on which image, what their ends come to, and the report. A stand-in for docker runs
//! what a container would.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::support::{SOURCE_DATE_EPOCH, project, stderr, stdout};

const MATRIX: &str = r#"
[release]
version = "1.4.0"

[registry.hub]
prefix = "docker.io/acme"

[axis]
arch = ["amd64", "arm64"]

[image.core]
from = "debian:trixie-slim"

[image.server]
parent = "core"
test = ["echo it is well", "echo \"it's not\" >&2; exit $CODE"]

[image.tool]
from = "debian:trixie-slim"
env = { A = "b" }
test = ["true"]
platforms = ["linux/arm64"]

[image.hidden]
parent = "core"
publish = false
env = { A = "c" }
test = ["true"]
"#;

/// A docker whose engine is for amd64, which has every image but one, and runs tests on this machine.
const DOCKER: &str = r#"#!/bin/sh
echo "$@" >>calls
case "$1" in
  version) echo linux/amd64 ;;
  image) case "$*" in *absent*) exit 1 ;; esac ;;
  pull) case "$*" in *content-*) echo pulled ;; *) echo "manifest unknown" >&2; exit 1 ;; esac ;;
  run)
    while [ "$1" != -c ]; do shift; done
    exec sh -c "$2" ;;
esac
"#;

struct Room {
    folder: TempDir,
}

impl Room {
    fn new(docker: &str) -> Self {
        let folder = project(&[("matrix.toml", MATRIX), ("bin/docker", docker)]);
        let path = folder.path().join("bin/docker");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a program");
        Room { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs `gen test`, where the second test of `server` ends in this.
    fn test(&self, code: &str, args: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_gen"))
            .current_dir(self.path())
            .env("SOURCE_DATE_EPOCH", SOURCE_DATE_EPOCH.0)
            .env(
                "PATH",
                format!("{}:/usr/bin:/bin", self.path().join("bin").display()),
            )
            .env("CODE", code)
            .arg("test")
            .args(args)
            .output()
            .expect("`gen` starts")
    }

    /// What docker was asked to do, the questions left out.
    fn runs(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path().join("calls")).unwrap_or_default();
        let runs = calls
            .lines()
            .filter(|call| call.starts_with("run ") || call.starts_with("pull "));
        runs.map(str::to_owned).collect()
    }
}

#[test]
fn tests_that_pass_are_said_and_run_as_the_pipelines_run_them() {
    let room = Room::new(DOCKER);
    let output = room.test("0", &["image=server"]);
    assert_eq!(
        (output.status.code(), stdout(&output)),
        (Some(0), String::new())
    );
    assert_eq!(
        stderr(&output),
        "testing server for linux/amd64: echo it is well\nit is well\n\
         testing server for linux/amd64: echo \"it's not\" >&2; exit $CODE\nit's not\n2 tests: 2 passed\n"
    );
    assert_eq!(
        room.runs(),
        [
            "run --rm --pull never --platform linux/amd64 --entrypoint /bin/sh docker.io/acme/server:v1.4.0 -c echo it is well",
            "run --rm --pull never --platform linux/amd64 --entrypoint /bin/sh docker.io/acme/server:v1.4.0 -c echo \"it's not\" >&2; exit $CODE",
        ]
    );
    // The script that does it is the pipelines' own.
    let shared =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ci/test.sh"))
            .expect("a template");
    for script in ["publish.sh", "pull-request.sh"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("generated/ci")
            .join(script);
        let text = fs::read_to_string(path).expect("a script");
        assert!(text.contains(shared.trim_end()), "{script}");
    }
}

#[test]
fn a_test_that_fails_is_told_and_the_others_have_their_turn() {
    let room = Room::new(DOCKER);
    let output = room.test("3", &["--junit", "report.xml"]);
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("server for linux/amd64 fails its test, exit code 3: echo \"it's not\""),
        "{said}"
    );
    assert!(
        said.contains("hidden for linux/amd64 is not tested: it is not published"),
        "{said}"
    );
    assert!(said.ends_with("3 tests: 1 passed, 1 failed, 1 not run; 1 spec without tests; 1 spec for other platforms alone\n"), "{said}");
    let report = fs::read_to_string(room.path().join("report.xml")).expect("a report");
    assert!(
        report.contains(" tests=\"3\" failures=\"1\" errors=\"1\" "),
        "{report}"
    );
    assert!(
        report.contains("<failure message=\"exit code 3\">it&apos;s not\n</failure>"),
        "{report}"
    );
    // Who wants quiet still hears what failed, with what it said.
    let quiet = stderr(&room.test("3", &["-q", "image=server"]));
    assert_eq!(
        quiet,
        "it's not\nserver for linux/amd64 fails its test, exit code 3: echo \"it's not\" >&2; exit $CODE\n"
    );
}

#[test]
fn what_could_not_be_tested_has_not_passed() {
    let room = Room::new(DOCKER);
    let absent = room.test("0", &["--tag", "absent", "image=server"]);
    assert_eq!(absent.status.code(), Some(2));
    let said = stderr(&absent);
    assert!(said.starts_with("server for linux/amd64 is not tested: `docker.io/acme/server:absent` is not in the engine: put it there with `gen build --load`"), "{said}");
    assert_eq!(room.runs(), [""; 0]);
    // Docker's own failure is none of the test.
    let docker = room.test("125", &["image=server"]);
    assert_eq!(docker.status.code(), Some(2), "{}", stderr(&docker));
    for (args, code) in [
        (&["image=core"][..], "no-tests"),
        (&["image=core,arch=none"], "unknown-value"),
        (
            &["--junit", "nowhere/report.xml", "image=server"],
            "cannot-write",
        ),
    ] {
        let output = room.test("0", args);
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(&format!("error[{code}]")), "{said}");
    }
    let down = Room::new("#!/bin/sh\necho 'Cannot connect' >&2\nexit 1\n");
    let said = stderr(&down.test("0", &["image=server"]));
    assert!(
        said.starts_with("error[no-engine]: no engine answers: Cannot connect\n"),
        "{said}"
    );
}

#[test]
fn images_are_those_that_were_asked_for() {
    let room = Room::new(DOCKER);
    let output = room.test("0", &["--published", "--platform", "arm64", "image=tool"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let runs = room.runs();
    assert!(
        runs[0].starts_with("pull --quiet --platform linux/arm64 docker.io/acme/tool:content-"),
        "{runs:?}"
    );
    assert!(
        runs[1]
            .contains("--platform linux/arm64 --entrypoint /bin/sh docker.io/acme/tool:content-"),
        "{runs:?}"
    );
    let room = Room::new(DOCKER);
    let output = room.test(
        "0",
        &["--tag", "mine", "--registry", "ghcr.io/me", "image=hidden"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        room.runs()[0].contains(" ghcr.io/me/hidden:mine -c true"),
        "{:?}",
        room.runs()
    );
    // For the engine's platform there is nothing to do, which is no answer.
    assert_eq!(room.test("0", &["image=tool"]).status.code(), Some(2));
}
