//! One verb a file: arguments to a library call to what is printed.

mod build;
mod bump;
mod check;
mod completions;
mod diff;
mod difference;
mod explain;
mod import;
mod init;
mod list;
mod lock;
mod look;
mod machine;
mod man;
mod matrix;
mod one_off;
mod plan;
mod published;
mod schema;
mod select;
mod shell;
mod test;

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
        Command::Init(args) => init::run(&mut shell, args),
        Command::Import(args) => import::run(&mut shell, args),
        Command::Matrix(args) => matrix::run(&mut shell, args),
        Command::Check(args) => check::run(&mut shell, args),
        Command::Bump(args) => bump::run(&mut shell, args),
        Command::Lock(args) => lock::run(&mut shell, args),
        Command::List(args) => list::run(&mut shell, args),
        Command::Plan(args) => plan::run(&mut shell, args),
        Command::Build(args) => build::run(&mut shell, args),
        Command::Published(args) => published::run(&mut shell, args),
        Command::Test(args) => test::run(&mut shell, args),
        Command::Explain(args) => explain::run(&mut shell, args),
        Command::Diff(args) => diff::run(&mut shell, args),
        Command::Schema => schema::run(&mut shell),
        Command::Completions(args) => completions::run(&mut shell, args),
        Command::Man(args) => man::run(&mut shell, args),
    };
    match result {
        Ok(Outcome(code)) => ExitCode::from(code),
        Err(error) => shell.fail(&error),
    }
}
