//! What the machine, git or the call itself fails at: a code that stays, and what to do next.

use std::io;

use crate::command::shell::Error;
use crate::engine::EngineFault;
use crate::output::WriteError;
use crate::source::{GitError, ReadError};

/// A code of a failure that is no finding: `docs/checks.md` lists all of them.
pub(super) fn code(error: &Error) -> &'static str {
    match error {
        Error::Read(ReadError::NoMatrix(_)) => "no-matrix",
        Error::Read(ReadError::Outside { .. }) => "matrix-outside",
        Error::Read(ReadError::Lister { .. }) => "matrix-lister",
        Error::Read(_) => "cannot-read",
        Error::Write(_) | Error::Report(..) => "cannot-write",
        Error::NoTests => "no-tests",
        Error::Git(GitError::Start(_)) => "cannot-run-git",
        Error::Git(GitError::Failed { .. }) => "git-failed",
        Error::Git(GitError::NoRepository) => "no-repository",
        Error::Git(GitError::NoRevision(_) | GitError::Shallow(_)) => "unknown-revision",
        Error::Engine(EngineFault::NoDocker) => "no-docker",
        Error::Engine(EngineFault::Start(_)) => "cannot-run-docker",
        Error::Engine(EngineFault::NoBuildx(_)) => "no-buildx",
        Error::Engine(EngineFault::NoEngine(_)) => "no-engine",
        Error::Engine(EngineFault::NoBuilder { .. }) => "no-builder",
        Error::PushUnnamed => "push-unnamed",
        Error::NothingSelected => "nothing-selected",
        Error::NoPlatform(_) => "no-platform",
        Error::NoSecret(_) => "no-secret",
        Error::Print(_) => "cannot-print",
        Error::Epoch(_) => "invalid-epoch",
    }
}

/// What to do next.
pub(super) fn help(error: &Error) -> &'static str {
    match error {
        Error::Read(ReadError::NoMatrix(_)) => {
            "write one with `gen init`, or name one with `--config`; how one begins: https://github.com/basematrix/basematrix#readme"
        }
        Error::Read(ReadError::Outside { .. }) => {
            "call it from the folder that the matrix is below, or name that with `-C`"
        }
        Error::Read(ReadError::Lister { .. }) => "correct the matrix at the root first",
        Error::Read(ReadError::Io { source, .. }) => read(source.kind()),
        Error::Read(ReadError::Refused { .. }) => "put a regular file of the repository there",
        Error::Read(ReadError::NotText(_)) => "save it as UTF-8",
        Error::Write(error) => written(error),
        Error::Git(GitError::Start(_)) => "install git, or put it on `PATH`",
        Error::Git(GitError::Failed { .. }) => "see what git says to the same question",
        Error::Git(GitError::NoRepository) => "call it in a clone of the repository",
        Error::Git(GitError::NoRevision(_)) => "name a commit, branch or tag that this clone has",
        Error::Git(GitError::Shallow(_)) => "fetch it: `git fetch --unshallow --tags`",
        Error::Engine(error) => engine(error),
        Error::PushUnnamed => {
            "add `--tag` with a tag of your own, or `--registry` with a registry of your own; the pipeline of a release puts its tags"
        }
        Error::Report(..) => "name a file in a folder that is there and can be written to",
        Error::NoTests => {
            "declare `test` rows, or select specs that have some: `gen plan` shows them"
        }
        Error::NothingSelected => {
            "see what there is with `gen list`, or why not with `gen explain`"
        }
        Error::NoPlatform(_) => {
            "leave them out of the selection, or name a platform that they have: `gen list` shows them"
        }
        Error::NoSecret(_) => {
            "export it before, or leave out what takes it: `--dry-run` prints the command for elsewhere"
        }
        Error::Print(error) => match error.kind() {
            io::ErrorKind::StorageFull => "make room where it is written to, and call it again",
            _ => "see where the output goes",
        },
        Error::Epoch(_) => "unset it, or let it state seconds",
    }
}

fn engine(error: &EngineFault) -> &'static str {
    match error {
        EngineFault::NoDocker => {
            "install Docker, or put it on `PATH`; `--dry-run` prints the command for a machine that has it"
        }
        EngineFault::Start(_) => "see whether `docker version` runs",
        EngineFault::NoBuildx(_) => "install the plugin `docker-buildx`, 0.13 or newer",
        EngineFault::NoEngine(_) => {
            "start it, or name one by `DOCKER_HOST`; tests run in containers"
        }
        EngineFault::NoBuilder { name: Some(_), .. } => {
            "see `docker buildx ls`, or make it: `docker buildx create --name NAME`"
        }
        EngineFault::NoBuilder { name: None, .. } => {
            "see whether the engine runs (`docker info`), or name a builder of `docker buildx ls` by `--builder`"
        }
    }
}

fn read(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => "correct the path",
        io::ErrorKind::PermissionDenied => "give the user who runs `gen` the right to read it",
        _ => "see whether the file can be read at all",
    }
}

fn written(error: &WriteError) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "give the user who runs `gen` the right to write there; what was not written is as it was"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "run it where files can be written; `gen check` only reads"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room, and run it again: every file is old or new, and none is half written"
        }
        _ => "mend that, and run it again: every file is old or new, and none is half written",
    }
}
