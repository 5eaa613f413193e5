//! `gen init`: a first matrix for a repository.

use crate::cli::{Dates, InitArgs};
use crate::command::import::{declared, said};
use crate::command::shell::{Error, Outcome, Shell, counted};
use crate::command::{CLEAN, NO_PLAN};
use crate::diagnostic::visible;
use crate::intake::begin;
use crate::source::{ReadError, Repository};

pub(super) fn run(shell: &mut Shell<'_>, args: &InitArgs) -> Result<Outcome, Error> {
    let there = match shell.repository() {
        Err(Error::Read(ReadError::NoMatrix(_))) => None,
        found => Some(found?),
    };
    if let (Some(there), false) = (&there, args.dry_run) {
        let path = there.absolute(there.matrix_path());
        shell.insist(&format!(
            "error: {} is there, and stays as it is",
            visible(&path.display().to_string())
        ));
        shell.insist("  = help: `gen init --dry-run` prints what would be written, `gen import FILE` what a file builds");
        return Ok(Outcome(NO_PLAN));
    }
    let here = shell.around()?;
    let today = shell.today(Dates::default())?;
    let from = match &args.from {
        Some(path) => Some((shell.path_from_root(&here, path), shell.read(path)?)),
        None => None,
    };
    let only = from
        .as_ref()
        .map(|(path, text)| (path.as_str(), text.as_str()));
    let begun = begin(&here, only, args.preset, today, &|path| {
        declared(&here, path)
    });
    let begun = match begun {
        Ok(begun) => begun,
        Err(why) => {
            shell.insist(&format!("error: no matrix can be made: {}", visible(&why)));
            shell.insist("  = help: begin with `gen init --preset minimal`");
            return Ok(Outcome(NO_PLAN));
        }
    };
    for (path, told) in &begun.told {
        shell.say(&said(path, told));
    }
    if args.dry_run {
        shell.data(&begun.text)?;
    } else if shell.creates(&here, &begun.text)? {
        shell.say(&written(&here, &begun.from));
    } else {
        shell.insist("error: a matrix.toml came to be there meanwhile, and stays as it is");
        return Ok(Outcome(NO_PLAN));
    }
    if !begun.left.is_empty() {
        let left = counted(&begun.left);
        shell.say(&format!("`gen check` will find {left}, and no error"));
    }
    shell.say("next:");
    for (index, step) in begun.next.iter().enumerate() {
        shell.say(&format!("  {}. {step}", index + 1));
    }
    Ok(Outcome(CLEAN))
}

fn written(here: &Repository, from: &[String]) -> String {
    format!(
        "wrote {} from {}",
        here.matrix_path(),
        visible(&from.join(", "))
    )
}
