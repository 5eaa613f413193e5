//! One verb a file: arguments to a library call to what is printed.

mod check;
mod completions;
mod explain;
mod list;
mod matrix;
mod plan;
mod schema;
mod select;
mod shell;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::command::shell::{Outcome, Shell};

/// Exit code: clean, or warnings alone.
pub const CLEAN: u8 = 0;
/// Exit code: the plan exists, and rules found errors or drift.
pub const FOUND: u8 = 1;
/// Exit code: no plan could be built.
pub const NO_PLAN: u8 = 2;

/// Runs one command.
pub fn run(cli: &Cli) -> ExitCode {
    let mut shell = Shell::new(&cli.global);
    let result = match &cli.command {
        Command::Matrix {
            dry_run,
            diff,
            adopt,
            take_over,
            format,
        } => matrix::run(
            &mut shell,
            &matrix::Options {
                dry_run: *dry_run,
                diff: *diff,
                adopt: *adopt,
                take_over: *take_over,
                format: *format,
            },
        ),
        Command::Check {
            diff,
            format,
            deny_warnings,
        } => check::run(&mut shell, *diff, *format, *deny_warnings),
        Command::List {
            only,
            format,
            aliases,
            copies,
        } => list::run(
            &mut shell,
            only,
            *format,
            list::More {
                aliases: *aliases,
                copies: *copies,
            },
        ),
        Command::Plan { only } => plan::run(&mut shell, only),
        Command::Explain { what } => explain::run(&mut shell, what),
        Command::Schema => schema::run(&mut shell),
        Command::Completions { shell: wanted } => completions::run(&mut shell, *wanted),
    };
    match result {
        Ok(Outcome(code)) => ExitCode::from(code),
        Err(error) => shell.fail(&error),
    }
}
