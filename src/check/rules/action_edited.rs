//! Actions that somebody, mostly a bot, moved in the generated workflow: a kind of drift that has its own words.

use std::sync::Arc;

use crate::config::Config;
use crate::diagnostic::{Finding, Place, code};
use crate::emit::{ActionEdit, ActionEdits, Unfit, stated_pin};
use crate::source::SourceFile;

const DROP: &str = "to drop the edit, run `gen matrix --take-over`";

/// What is to be said of a workflow in which actions were moved: one finding for each.
pub(crate) fn findings(
    config: &Config,
    path: &str,
    text: &str,
    edits: &ActionEdits,
) -> Vec<Finding> {
    let file = SourceFile::new(path, text);
    let held_back = edits.pins().is_none();
    let told = edits.edits.iter().map(|edit| {
        let finding = finding(config, &file, edit);
        if held_back && edit.fit.is_ok() {
            finding.note("it waits for the others, which cannot be adopted")
        } else {
            finding
        }
    });
    told.collect()
}

fn finding(config: &Config, file: &Arc<SourceFile>, edit: &ActionEdit) -> Finding {
    let (from, to) = &edit.moved;
    let label = format!("rendered: {}", edit.rendered);
    let mut finding = Finding::new(
        &code::ACTION_EDITED,
        format!(
            "`{}` was moved from `{from}` to `{to}` in the workflow",
            edit.action
        ),
        Place::span(file, edit.span.clone(), label),
    );
    let matrix = &config.file.path;
    let stated = stated_pin(config, &edit.action);
    let stated = stated.map(|pin| config.place(pin.span.clone(), "the matrix says so"));
    finding.related.extend(stated);
    match &edit.fit {
        Ok(_) => finding
            .help(format!(
                "to keep it, run `gen matrix --adopt`, which writes it into {matrix}"
            ))
            .help(DROP),
        Err(Unfit::Several(other)) => finding
            .related(Place::span(file, other.clone(), "and to this"))
            .help("let all its lines say the same, and run `gen matrix --adopt`")
            .help(DROP),
        Err(Unfit::NoCommit) => finding
            .note("it cannot be adopted: actions are pinned to commits, because a tag can be moved")
            .help("name the commit, 40 hexadecimal digits, with its version behind it: `# v1.2.3`")
            .help(DROP),
        Err(Unfit::NoVersion) => finding
            .note("it cannot be adopted: no version stands behind the commit")
            .help("write it there: `# v1.2.3`")
            .help(DROP),
        Err(Unfit::Template) => finding
            .note(format!(
                "it cannot be adopted: a template pins it, not {matrix}"
            ))
            .help("move it in the template, and run `gen matrix`")
            .help(DROP),
    }
}
