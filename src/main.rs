//! The `gen` binary: parse, run one command, exit code.

#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    basematrix::command::run(&basematrix::cli::Cli::parse())
}
