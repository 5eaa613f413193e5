//! Tests of images, each in a container of its own, run by the lines that the pipelines' scripts have for it.

#![expect(
    clippy::disallowed_methods,
    reason = "the room that runs containers, and tells how long they took"
)]

use std::io::{self, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::engine::docker::given;
use crate::engine::{Docker, EngineFault};
use crate::image::Test;

/// The most that is kept of what a test says, in bytes: its end.
const KEPT: usize = 64 * 1024;
/// The exit code of `docker run` where it is docker that failed, and not what it ran.
const DOCKER_FAILED: i32 = 125;

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// As it should.
    Passed,
    /// It said no, with this exit code.
    Failed(Option<i32>),
    /// It was not run; why.
    Unrun(String),
}

/// A test that was to be run.
#[derive(Debug)]
pub(crate) struct Trial {
    pub end: End,
    /// What it said, or the end of that.
    pub said: String,
    pub took: Duration,
}

impl Trial {
    /// One that could not be run.
    pub(crate) fn unrun(why: &str) -> Self {
        Trial {
            end: End::Unrun(why.to_owned()),
            said: String::new(),
            took: Duration::ZERO,
        }
    }
}

/// What a test is run on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub platform: &'a str,
    pub image: &'a str,
}

impl Docker<'_> {
    /// The platform of the engine.
    ///
    /// # Errors
    /// When there is no engine.
    pub(crate) fn platform(&self) -> Result<String, EngineFault> {
        let format = "{{.Server.Os}}/{{.Server.Arch}}";
        let output = self.ask(&["version", "--format", format])?;
        let said = String::from_utf8_lossy(&output.stdout);
        match said.trim() {
            platform if output.status.success() && !platform.is_empty() => Ok(platform.to_owned()),
            _ => Err(EngineFault::NoEngine(Self::last_word(&output))),
        }
    }

    /// Whether the engine has an image; why not, where it has not.
    ///
    /// # Errors
    /// When docker does not start.
    pub(crate) fn has(&self, image: &str) -> Result<Result<(), String>, EngineFault> {
        let output = self.ask(&["image", "inspect", "--format", "{{.Id}}", image])?;
        Ok(match output.status.success() {
            true => Ok(()),
            false => Err(format!("`{image}` is not in the engine")),
        })
    }

    /// Fetches an image for a platform; why it could not be, where it could not.
    ///
    /// # Errors
    /// When docker does not start.
    pub(crate) fn pull(&self, subject: Subject<'_>) -> Result<Result<(), String>, EngineFault> {
        let Subject { platform, image } = subject;
        let output = self.ask(&["pull", "--quiet", "--platform", platform, image])?;
        let said = || format!("`{image}` cannot be pulled: {}", Self::last_word(&output));
        Ok(output.status.success().then_some(()).ok_or_else(said))
    }

    /// Builds another stage of an image's Dockerfile into the engine, by the bake file `definition`; why it could not be,
    /// where it could not. What is said goes to `hear` as it comes.
    ///
    /// # Errors
    /// When nothing could be started.
    pub(crate) fn build_stage(
        &self,
        (definition, target, stage): (&str, &str, &str),
        subject: Subject<'_>,
        hear: &dyn Fn(&[u8]),
    ) -> Result<Result<(), String>, EngineFault> {
        let Subject { platform, image } = subject;
        let mut command = self.command();
        command.args(["buildx", "bake", "--file", "-", "--provenance=false"]);
        for set in [
            format!("*.platform={platform}"),
            format!("{target}.target={stage}"),
            format!("{target}.tags={image}"),
            format!("{target}.output=type=docker"),
        ] {
            command.arg("--set").arg(set);
        }
        command.arg(target).stdin(given(definition)?);
        let (status, said) = heard(command, hear)?;
        let last = said.lines().rfind(|line| !line.trim().is_empty());
        let why = || {
            format!(
                "stage `{stage}` cannot be built: {}",
                last.unwrap_or_default()
            )
        };
        Ok(status.success().then_some(()).ok_or_else(why))
    }

    /// Drops an image of the engine; one that is not there is none.
    ///
    /// # Errors
    /// When docker does not start.
    pub(crate) fn drop_image(&self, image: &str) -> Result<(), EngineFault> {
        self.ask(&["image", "rm", image]).map(drop)
    }

    /// Runs a test by `script`, which has the function `run_test`. What it says goes to `hear` as it comes.
    ///
    /// # Errors
    /// When nothing could be started.
    pub(crate) fn run_test(
        &self,
        script: &str,
        subject: Subject<'_>,
        test: &Test,
        hear: &dyn Fn(&[u8]),
    ) -> Result<Trial, EngineFault> {
        let begun = Instant::now();
        let mut command = Command::new("sh");
        command
            .current_dir(self.root())
            .args(["-c", &format!("{script}\nrun_test \"$@\""), "sh"])
            .args([subject.platform, subject.image, &test.run])
            .arg(test.user.as_deref().unwrap_or_default());
        for (path, place) in &test.files {
            command.args([path, place]);
        }
        command.arg("--").args(&test.options).stdin(Stdio::null());
        let (status, said) = heard(command, hear)?;
        let end = match status.code() {
            Some(0) => End::Passed,
            Some(DOCKER_FAILED) => End::Unrun("docker could not run a container of it".to_owned()),
            code => End::Failed(code),
        };
        Ok(Trial {
            end,
            said,
            took: begun.elapsed(),
        })
    }
}

/// Runs a command to its end: how it ended, and what it said, or the end of that.
fn heard(mut command: Command, hear: &dyn Fn(&[u8])) -> Result<(ExitStatus, String), EngineFault> {
    let (mut said, says) = io::pipe()?;
    command.stdout(says.try_clone()?).stderr(says);
    let mut child = command.spawn()?;
    // Our ends of the pipe: what is read has no end while they are open.
    drop(command);
    let mut kept = Vec::new();
    let mut piece = [0; 4096];
    while let length @ 1.. = said.read(&mut piece)? {
        hear(&piece[..length]);
        kept.extend_from_slice(&piece[..length]);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }
    let status = child.wait()?;
    Ok((status, String::from_utf8_lossy(&kept).into_owned()))
}
