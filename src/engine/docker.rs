//! The program `docker`: whether it is there, and handing a run over to it.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that starts docker, and hands it what it reads"
)]

use std::fs::File;
use std::io::{self, ErrorKind, Seek, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::engine::EngineFault;
use crate::engine::environment::proxies;

/// The program, as it is found on `PATH`.
const DOCKER: &str = "docker";

/// Docker with buildx, started from the root of a repository.
#[derive(Debug)]
pub(crate) struct Docker<'a> {
    root: &'a Path,
}

impl<'a> Docker<'a> {
    /// Docker, from the root of a repository.
    pub(crate) fn at(root: &'a Path) -> Self {
        Docker { root }
    }

    /// Where it is started.
    pub(super) fn root(&self) -> &Path {
        self.root
    }

    /// The last line that a program said to people, without what docker begins it with.
    pub(super) fn last_word(output: &Output) -> String {
        last_word(output)
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(DOCKER);
        command.current_dir(self.root).envs(proxies());
        command
    }

    /// Asks it, and takes down what it says.
    pub(super) fn ask(&self, words: &[&str]) -> Result<Output, EngineFault> {
        let mut command = self.command();
        command.args(words).stdin(Stdio::null());
        command.output().map_err(started)
    }

    /// Sees that there are a docker, a buildx and the builder that is asked for, or else one in use.
    ///
    /// # Errors
    /// When one of them is not there.
    pub(crate) fn see_builder(&self, builder: Option<&str>) -> Result<(), EngineFault> {
        let words = ["buildx", "inspect"].into_iter().chain(builder);
        let inspected = self.ask(&words.collect::<Vec<_>>())?;
        let said = String::from_utf8_lossy(&inspected.stdout);
        // A builder that is known and does not answer is told of by a row of its own.
        let error = said.lines().find_map(|line| line.strip_prefix("Error:"));
        if inspected.status.success() {
            return match error {
                None => Ok(()),
                Some(says) => Err(EngineFault::NoBuilder {
                    name: builder.map(str::to_owned),
                    says: says.trim().to_owned(),
                }),
            };
        }
        let version = self.ask(&["buildx", "version"])?;
        if !version.status.success() {
            return Err(EngineFault::NoBuildx(last_word(&version)));
        }
        Err(EngineFault::NoBuilder {
            name: builder.map(str::to_owned),
            says: last_word(&inspected),
        })
    }

    /// Hands the run over: terminal, signals and exit code are docker's from here on. `input` is what it reads; without it
    /// docker has our own.
    ///
    /// # Errors
    /// When it does not start.
    pub(crate) fn become_it(
        &self,
        words: &[String],
        input: Option<&str>,
    ) -> Result<u8, EngineFault> {
        let mut command = self.command();
        command.args(words);
        if let Some(text) = input {
            command.stdin(given(text)?);
        }
        replaced(&mut command)
    }
}

/// A text to read, in a file that nobody sees: docker may read it after we are gone.
pub(super) fn given(text: &str) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file)
}

/// Ends this program by becoming another; returns only where that fails.
#[cfg(unix)]
fn replaced(command: &mut Command) -> Result<u8, EngineFault> {
    use std::os::unix::process::CommandExt;

    Err(started(command.exec()))
}

/// Runs another program to its end.
#[cfg(not(unix))]
fn replaced(command: &mut Command) -> Result<u8, EngineFault> {
    let status = command.status().map_err(started)?;
    Ok(status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1))
}

fn started(error: io::Error) -> EngineFault {
    match error.kind() {
        ErrorKind::NotFound => EngineFault::NoDocker,
        _ => EngineFault::Start(error),
    }
}

/// The last line that a program said to people, without what docker begins it with.
fn last_word(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr);
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    // A docker that has no such command shows its own usage after it says so.
    let telling = lines.clone().find(|line| line.starts_with("docker: "));
    let last = telling
        .or_else(|| lines.next_back())
        .unwrap_or("it says nothing");
    let bare = last
        .strip_prefix("ERROR: ")
        .or_else(|| last.strip_prefix("docker: "));
    bare.unwrap_or(last).to_owned()
}
