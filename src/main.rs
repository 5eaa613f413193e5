//! The `gen` binary: parse, run one command, exit code.

#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

mod allocator;

use std::process::ExitCode;

use clap::Parser;

use allocator::Bounded;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

fn main() -> ExitCode {
    basematrix::command::run(&basematrix::cli::Cli::parse())
}
