//! `gen completions`: a completion script for a shell.

use clap::CommandFactory;

use crate::cli::Cli;
use crate::command::CLEAN;
use crate::command::shell::{Error, Outcome, Shell};

pub(super) fn run(shell: &mut Shell<'_>, wanted: clap_complete::Shell) -> Result<Outcome, Error> {
    let mut script = Vec::new();
    clap_complete::generate(wanted, &mut Cli::command(), "gen", &mut script);
    shell.data(&String::from_utf8_lossy(&script))?;
    Ok(Outcome(CLEAN))
}
