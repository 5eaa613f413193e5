//! Where commands meet the world: the repository, stdout for data, stderr for people.

#![expect(
    clippy::disallowed_methods,
    reason = "where commands meet the terminal and its environment"
)]

use std::env;
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Read, StdoutLock, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::{Color, Dates, FindingFormat, Global};
use crate::command::{CLEAN, FOUND, NO_PLAN, machine};
use crate::config::Config;
use crate::diagnostic::{self, Finding, Severity, Sink, fold, visible, visible_lines};
use crate::engine::EngineFault;
use crate::facts::Day;
use crate::flow::Fault;
use crate::output::{self, WriteError};
use crate::source::{GitError, ReadError, Repository};

/// The exit code of a command that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome(pub u8);

/// Why a command could not come to its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// Reading failed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing an output failed.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// git could not answer.
    #[error(transparent)]
    Git(#[from] GitError),
    /// Docker could not be asked.
    #[error(transparent)]
    Engine(#[from] EngineFault),
    /// A one-off without a name of its own would be pushed.
    #[error("`--push` alone would put what a release is called")]
    PushUnnamed,
    /// A file that was asked for could not be written.
    #[error("cannot write {}: {}", .0.display(), .1)]
    Report(PathBuf, io::Error),
    /// None of the specs has a test.
    #[error("no test is declared for these specs")]
    NoTests,
    /// The selectors mean no spec.
    #[error("the selectors mean no spec")]
    NothingSelected,
    /// Specs are for none of the platforms that were asked for.
    #[error("no platform of {0} is among those of `--platform`")]
    NoPlatform(String),
    /// Secrets are not here that builds are handed; which, in words.
    #[error("nothing was built: {0}")]
    NoSecret(String),
    /// Printing failed.
    #[error("cannot print: {0}")]
    Print(#[from] io::Error),
    /// The environment states a day that is none.
    #[error("`SOURCE_DATE_EPOCH` is `{0}`, which is not a number of seconds since 1970")]
    Epoch(String),
}

/// The longest file that is asked for by its path and read, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Bytes of data that are printed at once.
const PIECE: usize = 128 * 1024;

/// What every command needs.
pub(super) struct Shell<'a> {
    global: &'a Global,
    styled: bool,
}

impl<'a> Shell<'a> {
    pub(super) fn new(global: &'a Global) -> Self {
        let set = |name: &str| env::var_os(name).is_some_and(|v| !v.is_empty());
        let styled = match global.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if set("NO_COLOR") => false,
            Color::Auto => {
                env::var_os("CLICOLOR_FORCE").is_some_and(|v| v != "0" && !v.is_empty())
                    || io::stderr().is_terminal()
            }
        };
        Shell { global, styled }
    }

    /// Finds the repository.
    pub(super) fn repository(&self) -> Result<Repository, Error> {
        Ok(Repository::find(
            &self.global.directory,
            self.global.config.as_deref(),
        )?)
    }

    /// The repository around the folder that this is run in, whether it has a matrix or not.
    pub(super) fn around(&self) -> Result<Repository, Error> {
        match self.repository() {
            Err(Error::Read(ReadError::NoMatrix(_))) => {
                Ok(Repository::around(&self.global.directory)?)
            }
            found => found,
        }
    }

    /// A path as told from the folder that this is run in, from the root of the repository.
    pub(super) fn path_from_root(&self, repository: &Repository, path: &Path) -> String {
        let absolute = self.global.directory.join(path).canonicalize().ok();
        let below = absolute.and_then(|path| {
            let below = path.strip_prefix(repository.root()).ok()?;
            Some(below.to_string_lossy().replace('\\', "/"))
        });
        below.unwrap_or_else(|| path.to_string_lossy().into_owned())
    }

    /// Writes the matrix of a repository that has none. Whether it had none.
    pub(super) fn creates(&self, repository: &Repository, text: &str) -> Result<bool, Error> {
        let there = repository.absolute(repository.matrix_path());
        Ok(fs::symlink_metadata(&there).is_err() && output::create(repository, text)?)
    }

    /// A file that was asked for by its path, from the folder that this is run in; `-` is stdin.
    ///
    /// # Errors
    /// When it cannot be read, is no text or longer than one may be.
    pub(super) fn read(&self, path: &Path) -> Result<String, Error> {
        let whole = self.global.directory.join(path);
        let io = |source| ReadError::Io {
            path: whole.clone(),
            source,
        };
        let mut bytes = Vec::new();
        let limit = LONGEST + 1;
        if path == Path::new("-") {
            let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
            read.map_err(io)?;
        } else {
            let file = fs::File::open(&whole).map_err(io)?;
            file.take(limit).read_to_end(&mut bytes).map_err(io)?;
        }
        if bytes.len() as u64 == limit {
            return Err(io(io::Error::other("it is longer than a text may be")).into());
        }
        Ok(String::from_utf8(bytes).map_err(|_| ReadError::NotText(whole.clone()))?)
    }

    /// Finds the repository, and in it all matrices that are meant: without `--config` those that the nearest lists, too.
    pub(super) fn repositories(&self) -> Result<Vec<Repository>, Error> {
        let nearest = self.repository()?;
        Ok(match self.global.config {
            Some(_) => vec![nearest],
            None => nearest.with_listed(),
        })
    }

    /// The day that dates are looked at from: as asked for, else that of `SOURCE_DATE_EPOCH`, else today's, in UTC.
    ///
    /// # Errors
    /// When `SOURCE_DATE_EPOCH` is no number of seconds.
    pub(super) fn today(&self, dates: Dates) -> Result<Day, Error> {
        if let Some(day) = dates.as_of {
            return Ok(day);
        }
        if let Some(epoch) = env::var_os("SOURCE_DATE_EPOCH").filter(|v| !v.is_empty()) {
            let epoch = epoch.to_string_lossy();
            let day = epoch.parse().ok().and_then(Day::of_epoch);
            return day.ok_or_else(|| Error::Epoch(epoch.into_owned()));
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let seconds = since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX));
        Ok(Day::of_epoch(seconds).unwrap_or(Day::EPOCH))
    }

    /// Lets `--days-ahead` stand for what the matrix says.
    pub(super) fn look_ahead(&self, dates: Dates, config: &mut Config) {
        if let Some(days) = dates.days_ahead {
            config.check.days_ahead = days;
        }
    }

    /// Whether a pipeline runs this, which most providers tell by `CI`.
    pub(super) fn in_pipeline(&self) -> bool {
        env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false")
    }

    /// Data, to stdout.
    pub(super) fn data(&self, text: &str) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()?;
        Ok(())
    }

    /// Data, to stdout, without all of it in memory at once.
    pub(super) fn stream(
        &self,
        write: impl FnOnce(&mut BufWriter<StdoutLock<'_>>) -> io::Result<()>,
    ) -> Result<(), Error> {
        let mut out = BufWriter::with_capacity(PIECE, io::stdout().lock());
        write(&mut out)?;
        out.flush()?;
        Ok(())
    }

    /// Text for people, to stdout.
    pub(super) fn tell(&self, text: &str) -> Result<(), Error> {
        self.data(&visible_lines(text))
    }

    /// A patch, to stdout: to the byte where another command reads it.
    pub(super) fn patch(&self, text: &str) -> Result<(), Error> {
        if io::stdout().is_terminal() {
            self.tell(text)
        } else {
            self.data(text)
        }
    }

    /// A line for people, to stderr, unless they asked for quiet.
    pub(super) fn say(&self, text: &str) {
        if !self.global.quiet {
            self.insist(text);
        }
    }

    /// A line for people that asked for more.
    pub(super) fn detail(&self, text: &str) {
        if self.global.verbose {
            self.insist(text);
        }
    }

    /// A line for people, to stderr, though they asked for quiet: what they asked for was not done.
    pub(super) fn insist(&self, text: &str) {
        // A closed stderr is nobody's to hear of.
        let _ = writeln!(io::stderr(), "{}", visible_lines(text));
    }

    /// Whether people asked to hear findings and data only.
    pub(super) fn is_quiet(&self) -> bool {
        self.global.quiet
    }

    /// What another program says, to stderr as it comes, unless they asked for quiet.
    pub(super) fn pass_on(&self, said: &[u8]) {
        if !self.global.quiet {
            let _ = io::stderr().write_all(said);
        }
    }

    /// A file that was asked for by its path, from the folder that this is run in.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(&self, path: &Path, text: &str) -> Result<(), Error> {
        let path = self.global.directory.join(path);
        fs::write(&path, text).map_err(|error| Error::Report(path, error))
    }

    /// Prints findings: those for machines to stdout, those for people to stderr.
    pub(super) fn findings(
        &self,
        findings: &[Finding],
        format: FindingFormat,
    ) -> Result<(), Error> {
        let text = match format {
            FindingFormat::Json => return self.data(&diagnostic::json(findings)),
            FindingFormat::Github => return self.data(&diagnostic::github(findings)),
            FindingFormat::Gitlab => return self.data(&diagnostic::gitlab(findings)),
            FindingFormat::Sarif => return self.data(&diagnostic::sarif(findings)),
            FindingFormat::Concise => diagnostic::concise(findings),
            FindingFormat::Full => diagnostic::full(findings, self.styled),
        };
        let _ = io::stderr().write_all(text.as_bytes());
        Ok(())
    }

    /// Ends a command that could not build a plan: its findings, and exit code 2.
    pub(super) fn stopped(
        &self,
        fault: Fault,
        sink: Sink,
        format: FindingFormat,
    ) -> Result<Outcome, Error> {
        if let Fault::Read(error) = fault {
            let findings = fold(sink.into_sorted());
            if format.is_data() || !findings.is_empty() {
                self.findings(&findings, format)?;
            }
            return Err(error.into());
        }
        let findings = fold(sink.into_sorted());
        self.findings(&findings, format)?;
        self.say(&format!("{}; no plan could be built", counted(&findings)));
        Ok(Outcome(NO_PLAN))
    }

    /// Ends a command whose argument could not be read: its findings, and exit code 2.
    pub(super) fn unreadable(&self, sink: Sink) -> Result<Outcome, Error> {
        let findings = sink.into_sorted();
        self.findings(&findings, FindingFormat::Full)?;
        self.say(&counted(&findings));
        Ok(Outcome(NO_PLAN))
    }

    /// A failure of the machine: what was being done to which path.
    pub(super) fn fail(&self, error: &Error) -> ExitCode {
        if let Error::Print(inner) = error
            && inner.kind() == io::ErrorKind::BrokenPipe
        {
            return ExitCode::from(CLEAN);
        }
        let (code, fact) = (machine::code(error), error.to_string());
        self.insist(&format!("error[{code}]: {}", visible(&fact)));
        self.insist(&format!("  = help: {}", machine::help(error)));
        ExitCode::from(NO_PLAN)
    }
}

/// What is left to the end of the process, which takes it back at once and not piece by piece.
pub(super) fn left<T>(what: T) -> ManuallyDrop<T> {
    ManuallyDrop::new(what)
}

/// `1 spec`, `2 specs`.
pub(super) fn number(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// `2 errors, 1 warning`.
pub(super) fn counted(findings: &[Finding]) -> String {
    let count = |severity| findings.iter().filter(|f| f.severity() == severity).count();
    let mut parts = Vec::new();
    for (severity, one, many) in [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Note, "note", "notes"),
    ] {
        match count(severity) {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            n => parts.push(format!("{n} {many}")),
        }
    }
    if parts.is_empty() {
        "no findings".to_owned()
    } else {
        parts.join(", ")
    }
}

/// `1 warning, 2 suppressed`.
pub(super) fn tally(findings: &[Finding], suppressed: usize) -> String {
    let mut text = counted(findings);
    if suppressed > 0 {
        text += &format!(", {suppressed} suppressed");
    }
    text
}

/// Exit code for findings of rules.
pub(super) fn outcome(findings: &[Finding], deny_warnings: bool) -> Outcome {
    let fails = findings.iter().any(|f| {
        f.severity() == Severity::Error || (deny_warnings && f.severity() == Severity::Warning)
    });
    Outcome(if fails { FOUND } else { CLEAN })
}
