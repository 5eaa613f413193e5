//! `gen diff`: the matrix at another revision against the working tree.

use std::collections::HashSet;
use std::sync::Arc;

use crate::cli::{DiffArgs, DiffFormat, FindingFormat};
use crate::command::CLEAN;
use crate::command::select::{Given, selected, selectors};
use crate::command::shell::{Error, Outcome, Shell};
use crate::config::parse_selector;
use crate::diagnostic::Sink;
use crate::diff::{self, Diff};
use crate::flow::{self, Expanded, Fault, Rendered};
use crate::image::CONTENT_FORMAT;
use crate::image::plan::PLAN;
use crate::matrix::Selector;
use crate::source::lock_path;
use crate::source::{Commit, Git, GitError, Members, ORIGIN, Repository, Snapshot, SourceFile};

/// What the working tree is called.
const HERE: &str = "working tree";

pub(super) fn run(shell: &mut Shell<'_>, args: &DiffArgs) -> Result<Outcome, Error> {
    let DiffArgs {
        revision,
        only,
        format,
    } = args;
    let repository = shell.repository()?;
    let git = Git::new(&repository);
    let base = match revision {
        Some(revision) => Base {
            commit: Some(git.commit(revision).map_err(|error| match error {
                GitError::NoRevision(name) if git.is_shallow() => GitError::Shallow(name),
                error => error,
            })?),
            name: revision.to_owned(),
        },
        None => usual(shell, &git)?,
    };
    let name = base.name.clone();
    let mut sink = Sink::new();
    let (now, is) = match load(&repository, &mut sink) {
        Ok(new) => new,
        Err(fault) => return shell.stopped(fault, sink, FindingFormat::Full),
    };
    let only_now = match selectors(shell, &now.config, Given::only(only))? {
        Ok(only) => only,
        Err(outcome) => return Ok(outcome),
    };
    let new = now.side(HERE, &is);
    let before = match &base.commit {
        Some(commit) => {
            let snapshot = Arc::new(Snapshot::of(&git, commit, &name)?);
            let members = Members::of_commit(&git, commit)?;
            Some(repository.at(snapshot).with_members(members))
        }
        None => None,
    };
    let matrix = repository.matrix_path();
    let before = before.filter(|before| before.is_file(matrix));
    let Some(before) = before else {
        shell.say(&match &base.commit {
            Some(_) => format!("there is no `{matrix}` at `{name}`: all is new"),
            None => "nothing is committed yet: all is new".to_owned(),
        });
        let mut found = diff::first(&name, new);
        if !only.is_empty() {
            narrow(&mut found, &meant(&now, &only_now));
        }
        return print(shell, &found, *format);
    };
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
    if let Some((path, format)) = other_format(&before, &then) {
        shell.say(&format!(
            "`{path}` at `{name}` records contents of format {format}, which cannot be compared with format \
             {CONTENT_FORMAT}: both sides are computed by this gen, and what was built then is built anew"
        ));
    }
    let mut found = diff::between(then.side(&name, &was), new);
    if !only.is_empty() {
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
        let mut both = meant(&now, &only_now);
        both.extend(only_then.iter().flat_map(|only| meant(&then, only)));
        narrow(&mut found, &both);
    }
    print(shell, &found, *format)
}

/// What is compared with.
struct Base {
    /// The commit; none where nothing is committed yet.
    commit: Option<Commit>,
    /// What people call it.
    name: String,
}

/// What is compared with where no revision is named: where the branch began, or else the last commit, and then it is said.
fn usual(shell: &Shell<'_>, git: &Git<'_>) -> Result<Base, Error> {
    let head = match git.commit("HEAD") {
        Err(GitError::NoRevision(_)) => {
            return Ok(Base {
                commit: None,
                name: "no commit".to_owned(),
            });
        }
        head => head?,
    };
    let commit = match git.merge_base() {
        Some(fork) => fork,
        None => {
            let why = match (git.commit(ORIGIN).is_ok(), git.is_shallow()) {
                (true, true) => {
                    Some("this shallow clone does not reach back to where the branch began")
                }
                (true, false) => Some("it has no commit in common with `origin/HEAD`"),
                (false, true) => Some("this shallow clone knows no `origin/HEAD`"),
                (false, false) if git.has_origin() => Some("there is no `origin/HEAD`"),
                // Where there is no other repository, no branch began anywhere.
                (false, false) => None,
            };
            if let Some(why) = why {
                shell.say(&format!("compared with the last commit: {why}"));
            }
            head
        }
    };
    Ok(Base {
        name: commit.short(),
        commit: Some(commit),
    })
}

fn print(shell: &Shell<'_>, found: &Diff, format: DiffFormat) -> Result<Outcome, Error> {
    match format {
        DiffFormat::Text => shell.tell(&diff::text(found))?,
        DiffFormat::Json => shell.data(&diff::json(found))?,
        DiffFormat::Markdown => shell.tell(&diff::markdown(found))?,
    }
    Ok(Outcome(CLEAN))
}

/// Where the gen of that time recorded contents of another format than this one's, with the format.
fn other_format(before: &Repository, then: &Expanded) -> Option<(String, u32)> {
    let (path, format) = match &then.lock {
        Some(lock) => (lock_path(before.matrix_path()), lock.content_format),
        // Without a release the plan alone tells.
        None => {
            let path = before.owner().path(PLAN);
            let text = before.text(&path)?;
            let plan: serde_json::Value = serde_json::from_str(&text.text).ok()?;
            // Plans of the first format did not state it.
            let format = plan
                .get("content_format")
                .map_or(Some(1), |format| format.as_u64());
            (path, u32::try_from(format?).ok()?)
        }
    };
    (format != CONTENT_FORMAT).then_some((path, format))
}

/// The ids of the specs that any of the selectors means.
fn meant(expanded: &Expanded, only: &[Selector]) -> HashSet<Arc<str>> {
    let specs = expanded.matrix.specs.iter();
    let meant = specs.filter(|spec| selected(only, spec));
    meant.map(|spec| spec.id.clone()).collect()
}

/// Expands and renders a repository.
fn load(repository: &Repository, sink: &mut Sink) -> Result<(Expanded, Rendered), Fault> {
    let expanded = flow::expand(repository, sink)?;
    let rendered = flow::render(repository, &expanded, sink)?;
    Ok((expanded, rendered))
}

/// Leaves only what concerns these specs; the summaries stay those of the whole.
fn narrow(found: &mut Diff, meant: &HashSet<Arc<str>>) {
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
