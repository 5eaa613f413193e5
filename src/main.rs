//! The `gen` binary: parse, run one command, exit code.

#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

use std::process::ExitCode;

use clap::Parser;

/// A run is short and allocates much: a quarter to a third off a large matrix, against the allocator of glibc.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    basematrix::command::run(&basematrix::cli::Cli::parse())
}
