//! The `gen` binary: parse, run one command, exit code.

#![warn(clippy::disallowed_methods, clippy::disallowed_macros)]

mod allocator;

use std::env;
use std::process::ExitCode;

use basematrix::cli::Cli;
use basematrix::diagnostic::visible;
use clap::Parser;

use allocator::Bounded;

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// The stack of a run, in bytes: many times what the deepest template takes that is let through. Only what is used of it
/// takes memory. The thread stays the same one: another would have memory of its own, and to set that up and give it back
/// takes half a millisecond.
const STACK: usize = 64 * 1024 * 1024;

fn main() -> ExitCode {
    allocator::keep();
    let run = || match parse() {
        Ok(cli) => basematrix::command::run(&cli),
        Err(code) => code,
    };
    // Where so much cannot even be set aside, what there is will do for all but the strangest templates.
    match Vec::<u8>::new().try_reserve_exact(2 * STACK) {
        Ok(()) => stacker::grow(STACK, run),
        Err(_) => run(),
    }
}

/// The command line. What is wrong with it is told with its words made visible: CI reads what is printed line by line.
#[expect(
    clippy::disallowed_methods,
    reason = "what clap reads is read once more for what is said of it"
)]
fn parse() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let words = env::args_os().map(|word| visible(&word.to_string_lossy()).into_owned());
        let seen = Cli::try_parse_from(words).err();
        let told = seen.filter(|seen| seen.kind() == error.kind());
        let code = error.exit_code();
        let _ = told.unwrap_or(error).print();
        u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)
    })
}
