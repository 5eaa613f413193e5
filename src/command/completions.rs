//! `gen completions`: a completion script for a shell.

use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::command::CLEAN;
use crate::command::shell::{Error, Outcome, Shell};

/// The steps of `gen bump`.
const STEPS: [&str; 5] = ["major", "minor", "patch", "pre", "release"];

pub(super) fn run(shell: &mut Shell<'_>, args: &CompletionsArgs) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    // A version is free text; its steps can be completed.
    let mut command = Cli::command().mut_subcommand("bump", |bump| {
        bump.mut_arg("to", |to| to.value_parser(STEPS))
    });
    clap_complete::generate(args.shell, &mut command, "gen", &mut script);
    shell.data(&String::from_utf8_lossy(&script))?;
    Ok(Outcome(CLEAN))
}
