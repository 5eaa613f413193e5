//! `gen man`: pages of the manual, made of what `--help` says.

use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Cli, ManArgs};
use crate::command::CLEAN;
use crate::command::shell::{Error, Outcome, Shell};

pub(super) fn run(shell: &mut Shell<'_>, args: &ManArgs) -> Result<Outcome, Error> {
    let mut all = Cli::command();
    // What is said of every command goes into the page of each.
    all.build();
    let page = match &args.about {
        Some(name) => all
            .find_subcommand(name)
            .map(|command| command.clone().display_name(format!("gen-{name}"))),
        None => None,
    };
    let page = page.unwrap_or(all);
    let mut text = Vec::new();
    // A text in memory takes all that is written to it.
    let written = Man::new(page)
        .source(concat!("gen ", env!("CARGO_PKG_VERSION")))
        .render(&mut text);
    debug_assert!(written.is_ok());
    shell.data(&String::from_utf8_lossy(&text))?;
    Ok(Outcome(CLEAN))
}
