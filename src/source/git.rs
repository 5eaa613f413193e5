//! What git knows of the repository. The only place that starts it: no shell, nothing fetched, nothing written to the
//! repository, and none of the caller's `GIT_*` that would point elsewhere.

#![expect(clippy::disallowed_methods, reason = "the room that asks git")]

use std::fmt;
use std::fs;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use crate::source::Repository;
use crate::source::worktree::{Worktree, common_folder};

/// The default branch of `origin`, as it was fetched last.
pub const ORIGIN: &str = "refs/remotes/origin/HEAD";

/// git, asked from the root of a repository. That need not be the top of its worktree.
#[derive(Clone, Copy, Debug)]
pub struct Git<'a> {
    root: &'a Path,
}

/// The id of a commit that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Commit(String);

impl Commit {
    /// Its first 12 digits.
    pub fn short(&self) -> String {
        self.0.chars().take(12).collect()
    }
}

impl fmt::Display for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An object of git's.
#[derive(Debug)]
pub struct Object {
    /// Its id.
    pub id: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Object {
    /// It as a commit, which it was asked for as.
    pub fn into_commit(self) -> Commit {
        Commit(self.id)
    }
}

/// git could not answer.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started.
    #[error("cannot run git: {0}")]
    Start(#[from] io::Error),
    /// It failed: the first line that it said.
    #[error("git {command}: {said}")]
    Failed {
        /// What it was asked.
        command: &'static str,
        /// What it said.
        said: String,
    },
    /// There is none to ask about.
    #[error("there is no git repository here")]
    NoRepository,
    /// No commit has that name.
    #[error("git knows no revision `{0}`")]
    NoRevision(String),
    /// No commit has that name in a clone that lacks some.
    #[error("git knows no revision `{0}`: this clone is shallow, and lacks commits and tags")]
    Shallow(String),
}

impl<'a> Git<'a> {
    /// Of a repository, which may be outside of any worktree: then every question fails.
    pub fn new(repository: &'a Repository) -> Self {
        Git {
            root: repository.root(),
        }
    }

    /// Of the worktree that a folder lies in.
    pub(super) fn at(root: &'a Path) -> Self {
        Git { root }
    }

    /// The folder it is asked from.
    pub(super) fn root(&self) -> &'a Path {
        self.root
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        // Whatever this clone has configured, no program of its own runs.
        command
            .current_dir(self.root)
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .args(arguments);
        // A hook runs with variables that name its own index and worktree.
        for variable in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_PREFIX",
            "GIT_OBJECT_DIRECTORY",
            "GIT_COMMON_DIR",
            "GIT_NAMESPACE",
        ] {
            command.env_remove(variable);
        }
        command
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_NO_LAZY_FETCH", "1")
            // An older git does not know that, and no protocol of this name.
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// What git says to these arguments, whose command is `name`.
    pub(super) fn run(&self, name: &'static str, arguments: &[&str]) -> Result<Vec<u8>, GitError> {
        finished(name, self.command(arguments).output()?)
    }

    /// The same, with what it warns of besides.
    pub(super) fn run_and_hear(
        &self,
        name: &'static str,
        arguments: &[&str],
    ) -> Result<(Vec<u8>, Vec<u8>), GitError> {
        let mut output = self.command(arguments).output()?;
        let warned = std::mem::take(&mut output.stderr);
        if output.status.success() {
            return Ok((output.stdout, warned));
        }
        output.stderr = warned;
        finished(name, output).map(|said| (said, Vec::new()))
    }

    /// The objects of these names, each `None` where there is none; one process for all. A path is told from the root
    /// of the repository: `REV:./path`.
    ///
    /// # Errors
    /// When git cannot be asked, as outside of a worktree.
    pub fn objects(&self, names: &[String]) -> Result<Vec<Option<Object>>, GitError> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            for name in names {
                // A name is one line, whatever was asked for.
                let line = name.replace(['\n', '\r', '\0'], " ");
                // What it does not read, it says why on its way out.
                let _ = writeln!(input, "{line}");
            }
        }
        let output = finished("cat-file", child.wait_with_output()?)?;
        let mut rest = output.as_slice();
        names.iter().map(|_| object(&mut rest)).collect()
    }

    /// The commit that a revision names.
    ///
    /// # Errors
    /// When it names none, or git cannot be asked.
    pub fn commit(&self, revision: &str) -> Result<Commit, GitError> {
        let name = format!("{revision}^{{commit}}");
        let found = self.objects(&[name])?.pop().flatten();
        found
            .map(Object::into_commit)
            .ok_or_else(|| GitError::NoRevision(revision.to_owned()))
    }

    /// Whether this clone lacks commits, and with them perhaps tags. One that cannot be asked lacks none that it knows of.
    /// Asked of git's file rather than of git, since every check does. Source: `shallow` in gitrepository-layout(5).
    pub fn is_shallow(&self) -> bool {
        let mut tops = self.root.ancestors();
        let top = tops.find(|folder| Worktree::is_top(folder));
        let shared = top.and_then(common_folder);
        let list = shared.and_then(|folder| fs::metadata(folder.join("shallow")).ok());
        list.is_some_and(|list| list.len() > 0)
    }

    /// Whether there is a remote called `origin`.
    pub fn has_origin(&self) -> bool {
        let remotes = self.run("remote", &["remote"]);
        remotes.is_ok_and(|said| said.split(|b| *b == b'\n').any(|name| name == b"origin"))
    }

    /// The address of the remote called `origin`, as it is configured.
    pub fn origin_url(&self) -> Option<String> {
        let said = self
            .run("config", &["config", "--get", "remote.origin.url"])
            .ok()?;
        let url = String::from_utf8(said).ok()?.trim().to_owned();
        (!url.is_empty()).then_some(url)
    }

    /// The file whose line would keep a path out of git, that may not be there yet.
    pub fn ignoring(&self, path: &str) -> Option<String> {
        let said = self
            .run("check-ignore", &["check-ignore", "-v", "--", path])
            .ok()?;
        let said = String::from_utf8(said).ok()?;
        let (file, _) = said.split_once(':')?;
        (!file.is_empty()).then(|| file.to_owned())
    }

    /// Where the current commit left the default branch of `origin`; `None` where either is unknown.
    pub fn merge_base(&self) -> Option<Commit> {
        let arguments = ["merge-base", "HEAD", ORIGIN];
        let found = self.run("merge-base", &arguments).ok()?;
        let id = String::from_utf8_lossy(&found).trim().to_owned();
        (!id.is_empty()).then_some(Commit(id))
    }

    /// What a commit holds below the root of the repository, as `git ls-tree -r -z` says it.
    pub(super) fn tree(&self, commit: &Commit) -> Result<Vec<u8>, GitError> {
        self.run("ls-tree", &["ls-tree", "-r", "-z", &commit.0])
    }

    /// A process that is asked for objects one at a time, with its ends.
    pub(super) fn batch(&self) -> Result<(Child, ChildStdin, ChildStdout), GitError> {
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(input), Some(output)) => Ok((child, input, output)),
            _ => Err(GitError::Start(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

fn finished(command: &'static str, output: Output) -> Result<Vec<u8>, GitError> {
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().next().unwrap_or("it failed");
    let said = said.trim_start_matches("fatal: ").to_owned();
    if said.starts_with("not a git repository") {
        return Err(GitError::NoRepository);
    }
    Err(GitError::Failed { command, said })
}

/// The next object of an answer: `<id> <type> <size>`, its bytes, a line break; or a line that ends in `missing`.
fn object(rest: &mut &[u8]) -> Result<Option<Object>, GitError> {
    let mut head = String::new();
    rest.read_line(&mut head)?;
    let mut words = head.split_whitespace();
    let (id, _, size) = (words.next(), words.next(), words.next());
    let size = size
        .filter(|_| words.next().is_none())
        .and_then(|s| s.parse().ok());
    let (Some(id), Some(size)) = (id, size) else {
        return Ok(None);
    };
    let mut bytes = vec![0; size];
    rest.read_exact(&mut bytes)?;
    rest.read_exact(&mut [0])?;
    Ok(Some(Object {
        id: id.to_owned(),
        bytes,
    }))
}
