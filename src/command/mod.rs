//! One verb a file: arguments to a library call to what is printed.

mod bump;
mod check;
mod completions;
mod diff;
mod difference;
mod explain;
mod list;
mod lock;
mod look;
mod machine;
mod matrix;
mod plan;
mod schema;
mod select;
mod shell;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::command::select::Given;
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
            dates,
            format,
        } => matrix::run(
            &mut shell,
            &matrix::Options {
                dry_run: *dry_run,
                diff: *diff,
                adopt: *adopt,
                take_over: *take_over,
                dates: *dates,
                format: *format,
            },
        ),
        Command::Check {
            fix,
            diff,
            format,
            deny_warnings,
            base,
            dates,
        } => check::run(
            &mut shell,
            &check::Options {
                fix: *fix,
                diff: *diff,
                format: *format,
                deny_warnings: *deny_warnings,
                base: base.as_deref(),
                dates: *dates,
            },
        ),
        Command::Bump {
            to,
            amend: _,
            check,
            dry_run,
            backwards,
            allow_errors,
        } => bump::run(
            &mut shell,
            &bump::Options {
                to: to.as_deref(),
                check: *check,
                dry_run: *dry_run,
                backwards: *backwards,
                allow_errors: *allow_errors,
            },
        ),
        Command::List {
            selectors,
            only,
            format,
            aliases,
            copies,
        } => list::run(
            &mut shell,
            Given {
                arguments: selectors,
                only,
            },
            *format,
            list::More {
                aliases: *aliases,
                copies: *copies,
            },
        ),
        Command::Lock {
            only,
            dry_run,
            timeout,
        } => lock::run(&mut shell, only, *dry_run, *timeout),
        Command::Plan {
            format,
            selectors,
            only,
        } => plan::run(
            &mut shell,
            Given {
                arguments: selectors,
                only,
            },
            *format,
        ),
        Command::Explain { what } => explain::run(&mut shell, what),
        Command::Diff {
            revision,
            only,
            format,
        } => diff::run(&mut shell, revision.as_deref(), only, *format),
        Command::Schema => schema::run(&mut shell),
        Command::Completions { shell: wanted } => completions::run(&mut shell, *wanted),
    };
    match result {
        Ok(Outcome(code)) => ExitCode::from(code),
        Err(error) => shell.fail(&error),
    }
}
