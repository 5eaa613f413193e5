//! `gen diff`: the matrix at another revision against the working tree.

use std::collections::HashSet;
use std::path::Path;

use crate::cli::{DiffFormat, FindingFormat};
use crate::command::CLEAN;
use crate::command::select::{selected, selectors};
use crate::command::shell::{Error, Outcome, Shell};
use crate::config::parse_selector;
use crate::diagnostic::Sink;
use crate::diff::{self, Diff, Side};
use crate::flow::{self, Expanded, Fault, Rendered};
use crate::source::{Git, Repository, SourceFile};

/// What the working tree is called.
const HERE: &str = "working tree";

pub(super) fn run(
    shell: &mut Shell<'_>,
    revision: Option<&str>,
    only: &[String],
    format: DiffFormat,
) -> Result<Outcome, Error> {
    let repository = shell.repository()?;
    let git = Git::new(&repository);
    let commit = match revision {
        Some(revision) => git.commit(revision)?,
        None => {
            let head = git.commit("HEAD")?;
            git.merge_base().unwrap_or(head)
        }
    };
    let name = revision.map_or_else(|| commit.short(), str::to_owned);
    let mut sink = Sink::new();
    let (now, is) = match load(&repository, &mut sink) {
        Ok(new) => new,
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only_now = match selectors(shell, &now.config, only)? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let checkout = git.checkout(&commit)?;
    let matrix = repository.matrix_path();
    if !checkout.holds(matrix) {
        return Err(Error::NoMatrixAt {
            matrix: matrix.to_owned(),
            revision: name,
        });
    }
    let before = Repository::find(checkout.root(), Some(Path::new(matrix)))?;
    let mut sink = Sink::new();
    let (then, was) = match load(&before, &mut sink) {
        Ok(old) => old,
        Err(fault) => {
            shell.say(&format!(
                "the matrix at `{name}` cannot be expanded with this gen:"
            ));
            return shell.stopped(fault, sink, FindingFormat::Full);
        }
    };
    let mut found = diff::between(
        Side {
            revision: &name,
            expanded: &then,
            rendered: &was,
        },
        Side {
            revision: HERE,
            expanded: &now,
            rendered: &is,
        },
    );
    if !only.is_empty() {
        let mut meant: HashSet<&str> = HashSet::new();
        // What a selector names may be new: then nothing of the old matrix is meant.
        let mut scratch = Sink::new();
        let names = super::select::names(&then.config);
        let only_then: Option<Vec<_>> = only
            .iter()
            .map(|text| {
                parse_selector(
                    &names,
                    &SourceFile::new("--only", text.as_str()),
                    &mut scratch,
                )
            })
            .collect();
        for (expanded, only) in [(&now, Some(only_now)), (&then, only_then)] {
            let Some(only) = only else { continue };
            let specs = expanded.matrix.specs.iter();
            meant.extend(
                specs
                    .filter(|s| selected(expanded, &only, s))
                    .map(|s| s.id.as_str()),
            );
        }
        narrow(&mut found, &meant);
    }
    match format {
        DiffFormat::Text => shell.tell(&diff::text(&found))?,
        DiffFormat::Json => shell.data(&diff::json(&found))?,
        DiffFormat::Markdown => shell.tell(&diff::markdown(&found))?,
    }
    Ok(Outcome(CLEAN))
}

/// Expands and renders a repository.
fn load(repository: &Repository, sink: &mut Sink) -> Result<(Expanded, Rendered), Fault> {
    let expanded = flow::expand(repository, sink)?;
    let rendered = flow::render(repository, &expanded, sink)?;
    Ok((expanded, rendered))
}

/// Leaves only what concerns these specs; the summaries stay those of the whole.
fn narrow(found: &mut Diff, meant: &HashSet<&str>) {
    let meant = |id: &str| meant.contains(id);
    found.added.retain(|s| meant(&s.id));
    found.removed.retain(|s| meant(&s.id));
    found.changed.retain(|s| meant(&s.id));
    let tags = &mut found.tags;
    tags.new.retain(|t| meant(&t.spec));
    tags.gone.retain(|t| meant(&t.spec));
    tags.moved
        .retain(|t| meant(&t.old.spec) || meant(&t.new.spec));
}
