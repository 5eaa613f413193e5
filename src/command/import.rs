//! `gen import`: declare what another tool's file builds.

use std::collections::BTreeSet;

use crate::cli::ImportArgs;
use crate::command::shell::{Error, Outcome, Shell, number};
use crate::command::{CLEAN, FOUND, NO_PLAN};
use crate::diagnostic::visible;
use crate::dockerfile::{Dockerfile, Operation};
use crate::intake::{Imported, ReadOptions, Told, Weight, import};
use crate::source::Repository;

pub(super) fn run(shell: &mut Shell<'_>, args: &ImportArgs) -> Result<Outcome, Error> {
    let here = shell.around()?;
    let text = shell.read(&args.file)?;
    let path = match args.file.as_os_str() == "-" {
        true => "what was piped in".to_owned(),
        false => shell.path_from_root(&here, &args.file),
    };
    let options = ReadOptions {
        fields: args.field.clone(),
        set: args.set.clone(),
    };
    let imported = match import(&path, &text, &options, &|path| declared(&here, path)) {
        Ok(imported) => imported,
        Err(fault) => {
            shell.insist(&format!(
                "error: {}:{}: {}",
                visible(&path),
                fault.line,
                visible(&fault.what)
            ));
            return Ok(Outcome(NO_PLAN));
        }
    };
    for told in &imported.told {
        shell.insist(&said(&path, told));
    }
    let Some(text) = &imported.text else {
        shell.insist(&format!("{}: no image can be declared", visible(&path)));
        return Ok(Outcome(NO_PLAN));
    };
    match args.dry_run || !shell.creates(&here, text)? {
        true => shell.data(text)?,
        false => shell.say(&format!("wrote {}", here.matrix_path())),
    }
    shell.say(&summary(&imported, text));
    Ok(Outcome(if imported.lacks() { FOUND } else { CLEAN }))
}

pub(super) fn said(path: &str, told: &Told) -> String {
    let weight = match told.weight {
        Weight::Unsaid => "not declared",
        Weight::Odd => "note",
    };
    format!(
        "{}:{}: {weight}: {}",
        visible(path),
        told.line,
        visible(&told.what)
    )
}

fn summary(imported: &Imported, text: &str) -> String {
    let lines = text.lines().filter(|line| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#')
    });
    format!(
        "{} of {} in {}, proved to be the same by expanding them",
        number(imported.images, "image"),
        number(imported.rows, "row"),
        number(lines.count(), "line"),
    )
}

/// The build args that a Dockerfile declares.
pub(super) fn declared(repository: &Repository, path: &str) -> Option<Vec<String>> {
    let text = repository.text(path)?;
    let read = Dockerfile::parse(&text.text).ok()?;
    let names: BTreeSet<String> = read
        .instructions
        .iter()
        .filter_map(|instruction| match &instruction.kind {
            Operation::Arg(args) => Some(args.iter().map(|arg| arg.name.text.clone())),
            _ => None,
        })
        .flatten()
        .collect();
    Some(names.into_iter().collect())
}
