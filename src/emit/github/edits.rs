//! Actions that somebody moved in the workflow itself, as bots that update dependencies do.
//!
//! Nothing records what was written last, so a pull request that moves an action in the matrix and in the workflow alike
//! is consistent by itself. What tells an edit is age: a pin on disk that is older than the rendered one is merely
//! stale, since the matrix, a template or the shipped table moved on. Any other that differs was put there by somebody,
//! and is not to be lost.

use std::ops::Range;

use super::options::ActionPin;
use crate::config::{is_commit, is_version};
use crate::facts::USED_ACTIONS;
use crate::grammar::Version;
use crate::output::Change;

/// How many digits of a commit are shown.
const SHORT: usize = 12;

/// The actions that were moved in one workflow.
#[derive(Debug)]
pub struct ActionEdits {
    /// Each action once, in the order of the file.
    pub edits: Vec<ActionEdit>,
    /// What is rendered, with the edits made in it: where this is not what is on disk, there is more than edits of pins.
    pub rebased: String,
}

/// One action that was moved.
#[derive(Debug)]
pub struct ActionEdit {
    /// As `uses` names it.
    pub action: String,
    /// What is rendered behind its `@`.
    pub rendered: String,
    /// What it is moved from and to, in as few words as tell them apart.
    pub moved: (String, String),
    /// What stands behind its `@` on disk, in bytes of the text on disk, where it was first moved.
    pub span: Range<usize>,
    /// What the matrix would have to say, or why it cannot.
    pub fit: Result<ActionPin, Unfit>,
}

/// Why the matrix cannot say what the workflow does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is pinned by a template.
    Template,
    /// It is moved to several places: the bytes of another one.
    Several(Range<usize>),
    /// It is moved to something that is no commit.
    NoCommit,
    /// No version stands behind the commit.
    NoVersion,
}

impl ActionEdits {
    /// The edits in a workflow that differs from what is rendered; `None` when there are none.
    pub fn of(change: &Change) -> Option<Self> {
        let disk = change.before.as_deref()?;
        let rendered = change.after.as_ref()?.text.as_str();
        let wanted: Vec<Use<'_>> = uses(rendered).collect();
        let mut found: Vec<(Use<'_>, &Use<'_>)> = Vec::new();
        for used in uses(disk) {
            let mut known = wanted.iter().filter(|w| w.action == used.action).peekable();
            let Some(first) = known.peek().copied() else {
                continue;
            };
            if !known.any(|w| w.says_the_same(&used) || used.is_older_than(w)) {
                found.push((used, first));
            }
        }
        let mut edits: Vec<ActionEdit> = Vec::new();
        for (used, was) in &found {
            if edits.iter().all(|edit| edit.action != used.action) {
                let other = found
                    .iter()
                    .map(|(other, _)| other)
                    .find(|other| other.action == used.action && !other.says_the_same(used));
                edits.push(used.edit(was, other));
            }
        }
        (!edits.is_empty()).then(|| ActionEdits {
            rebased: rebased(rendered, &wanted, disk, &edits),
            edits,
        })
    }

    /// What the matrix would have to say of each action; `None` when it cannot say all of it.
    pub fn pins(&self) -> Option<Vec<(&str, &ActionPin)>> {
        let edits = self.edits.iter();
        edits
            .map(|edit| Some((edit.action.as_str(), edit.fit.as_ref().ok()?)))
            .collect()
    }
}

/// One `uses: owner/name@reference # comment`.
struct Use<'a> {
    action: &'a str,
    reference: &'a str,
    comment: &'a str,
    /// From the reference to the end of the comment.
    span: Range<usize>,
    /// The end of its line: a quote may stand between.
    end: usize,
}

impl Use<'_> {
    /// The first word of the comment, which is the version by convention of all who pin.
    fn version(&self) -> &str {
        self.comment.split_whitespace().next().unwrap_or_default()
    }

    fn says_the_same(&self, other: &Use<'_>) -> bool {
        self.reference == other.reference && self.comment == other.comment
    }

    fn is_older_than(&self, other: &Use<'_>) -> bool {
        let version = |text: &str| Version::parse(text.strip_prefix('v').unwrap_or(text));
        is_commit(self.reference)
            && version(self.version())
                .zip(version(other.version()))
                .is_some_and(|(this, that)| this < that)
    }

    fn edit(&self, was: &Use<'_>, other: Option<&Use<'_>>) -> ActionEdit {
        let named = |used: &Use<'_>| match used.reference.get(..SHORT) {
            _ if is_commit(used.reference)
                && !used.version().is_empty()
                && self.version() != was.version() =>
            {
                used.version().to_owned()
            }
            Some(short) if is_commit(used.reference) => short.to_owned(),
            _ => used.reference.to_owned(),
        };
        let fit = if !USED_ACTIONS.contains(&self.action) {
            Err(Unfit::Template)
        } else if let Some(other) = other {
            Err(Unfit::Several(other.span.clone()))
        } else if !is_commit(self.reference) {
            Err(Unfit::NoCommit)
        } else if !is_version(self.version()) {
            Err(Unfit::NoVersion)
        } else {
            Ok(ActionPin {
                sha: self.reference.to_owned(),
                version: self.version().to_owned(),
            })
        };
        ActionEdit {
            action: self.action.to_owned(),
            rendered: format!("{} # {}", was.reference, was.comment),
            moved: (named(was), named(self)),
            span: self.span.clone(),
            fit,
        }
    }
}

/// The actions of a workflow, line by line: whatever a bot would find there.
fn uses(text: &str) -> impl Iterator<Item = Use<'_>> {
    let mut offset = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let start = offset;
        offset += line.len();
        let line = line.trim_end();
        let rest = line.trim_start();
        let rest = rest.strip_prefix('-').map_or(rest, str::trim_start);
        let rest = rest.strip_prefix("uses:")?.trim_start();
        let (name, behind) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let quote = name.chars().next().filter(|c| ['"', '\''].contains(c));
        let name = quote.map_or(name, |quote| name.trim_matches(quote));
        let (action, reference) = name.split_once('@')?;
        if action.is_empty() || reference.is_empty() {
            return None;
        }
        let comment = behind.trim_start().strip_prefix('#').unwrap_or_default();
        let at = start + line.find('@')? + 1;
        let end = if comment.is_empty() {
            at + reference.len()
        } else {
            start + line.len()
        };
        Some(Use {
            action,
            reference,
            comment: comment.trim(),
            span: at..end,
            end: start + line.len(),
        })
    })
}

/// The rendered text where each use of a moved action says what the use of the same number does on disk.
fn rebased(rendered: &str, wanted: &[Use<'_>], disk: &str, edits: &[ActionEdit]) -> String {
    let on_disk: Vec<Use<'_>> = uses(disk).collect();
    let moved = |action: &str| edits.iter().any(|edit| edit.action == action);
    let mut text = String::with_capacity(rendered.len());
    let mut end = 0;
    for (index, used) in wanted.iter().enumerate() {
        let same = |other: &&Use<'_>| other.action == used.action;
        let number = wanted[..index].iter().filter(same).count();
        let Some(other) = on_disk.iter().filter(same).nth(number) else {
            continue;
        };
        if moved(used.action) {
            text.push_str(&rendered[end..used.span.start]);
            text.push_str(&disk[other.span.start..other.end]);
            end = used.end;
        }
    }
    text + &rendered[end..]
}
