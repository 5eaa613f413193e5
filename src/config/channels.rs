//! `[channel.NAME]`: tags for what has no release yet, put by runs of a branch or a schedule.

use std::ops::Range;

use crate::config::fields::inner_span;
use crate::config::raw::RawChannel;
use crate::config::validate::{Builder, Scope};
use crate::diagnostic::{Finding, code};
use crate::grammar::{Spanned, is_cron, is_ref_name};
use crate::matrix::{Axis, Selector};
use crate::render::Field;

/// A channel.
#[derive(Debug)]
pub struct Channel {
    /// Its key.
    pub name: String,
    /// What starts its runs.
    pub starts: Starts,
    /// The specs that have its tags; `None` is all.
    pub selector: Option<Selector>,
    /// Its tags.
    pub tags: Vec<Field>,
    /// Where it stands.
    pub span: Range<usize>,
}

/// What starts the runs of a channel.
#[derive(Debug)]
pub enum Starts {
    /// A push to a branch.
    Branch(String),
    /// A cron line, in UTC.
    Schedule(String),
}

impl Channel {
    /// The branch that it publishes, if it is of one.
    pub fn branch(&self) -> Option<&str> {
        match &self.starts {
            Starts::Branch(branch) => Some(branch),
            Starts::Schedule(_) => None,
        }
    }

    /// When it publishes, if it is of a schedule.
    pub fn schedule(&self) -> Option<&str> {
        match &self.starts {
            Starts::Schedule(cron) => Some(cron),
            Starts::Branch(_) => None,
        }
    }
}

impl Builder<'_> {
    pub(super) fn channels(
        &mut self,
        scope: &Scope<'_>,
        raw: &crate::config::raw::Named<Spanned<RawChannel>>,
    ) -> Vec<Channel> {
        let mut found: Vec<Channel> = Vec::new();
        for (name, channel) in raw {
            self.valid_name(name, "a channel");
            let Some(channel) = self.channel(scope, name, channel) else {
                continue;
            };
            let same = |other: &&Channel| match (&other.starts, &channel.starts) {
                (Starts::Branch(a), Starts::Branch(b)) => a == b,
                (Starts::Schedule(a), Starts::Schedule(b)) => a == b,
                _ => false,
            };
            if let Some(other) = found.iter().find(same) {
                let fact = format!(
                    "channels `{}` and `{}` start together",
                    other.name, channel.name
                );
                let finding = Finding::new(
                    &code::CHANNEL_CLASH,
                    fact,
                    self.place(channel.span.clone(), "a run is of one channel"),
                );
                let first = self.place(other.span.clone(), "the other");
                self.sink
                    .push(finding.related(first).help("put the tags of both into one"));
            }
            found.push(channel);
        }
        found
    }

    fn channel(
        &mut self,
        scope: &Scope<'_>,
        name: &Spanned<String>,
        raw: &Spanned<RawChannel>,
    ) -> Option<Channel> {
        let starts = match (&raw.branch, &raw.schedule) {
            (Some(branch), None) => {
                let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
                if !branch.chars().all(is_plain) || !is_ref_name(branch) {
                    let fact = format!("`{}` is no branch of a channel", branch.escape_debug());
                    self.channel_fault(
                        fact,
                        &branch.span,
                        "one branch, as git may call it, of letters, digits and `. _ - + /`",
                        "name it, as in `branch = \"main\"`",
                    );
                }
                Starts::Branch(branch.value.clone())
            }
            (None, Some(cron)) => {
                if !is_cron(cron) {
                    let fact = format!("`{}` is no cron line", cron.escape_debug());
                    self.channel_fault(
                        fact,
                        &cron.span,
                        "minute, hour, day, month and day of the week",
                        "write minute (0 to 59), hour (0 to 23), day (1 to 31), month (1 to 12) and day of the week (0 to 6), as in `17 3 * * *`",
                    );
                }
                Starts::Schedule(cron.value.clone())
            }
            (both, _) => {
                let (fact, label) = match both {
                    Some(_) => ("has a branch and a schedule", "one of the two"),
                    None => (
                        "says not when it is published",
                        "neither `branch` nor `schedule`",
                    ),
                };
                let fact = format!("channel `{}` {fact}", name.value);
                let help = "state one, as in `branch = \"main\"` or `schedule = \"17 3 * * *\"`";
                self.channel_fault(fact, &name.span, label, help);
                return None;
            }
        };
        let selector = match &raw.matches {
            Some(matches) => Some(self.selector(scope.names, matches)?),
            None => None,
        };
        let axes = scope.names.axes;
        let is_object = |name: &str| Axis::is_object(axes, name);
        let mut known: Vec<&str> = axes.iter().map(|a| &*a.word).collect();
        known.extend(["image", "commit", "date"]);
        known.extend(scope.release.then_some("release"));
        let mut tags = Vec::new();
        for (index, tag) in raw.tags.iter().enumerate() {
            let mut before = raw.tags[..index].iter();
            if let Some(first) = before.find(|first| first.value == tag.value) {
                let fact = format!(
                    "channel `{}` has the tag `{}` twice",
                    name.value,
                    tag.escape_debug()
                );
                let again = self.place(tag.span.clone(), "again here");
                let finding = Finding::new(&code::DUPLICATE_VALUE, fact, again);
                let first = self.place(first.span.clone(), "first here");
                self.sink
                    .push(finding.related(first).help("delete one of them"));
                continue;
            }
            if let Some(field) = self.field(tag, &is_object) {
                self.check_names(&field, &known, "a channel");
                self.printed_alone(&field);
                tags.push(field);
            }
        }
        if raw.tags.is_empty() {
            let place = self.place(name.span.clone(), "`tags` is empty");
            let fact = format!("channel `{}` has no tags", name.value);
            self.sink.push(
                Finding::new(&code::MISSING_KEY, fact, place)
                    .help("add one, as in `tags = [\"edge\"]`"),
            );
        }
        Some(Channel {
            name: name.value.clone(),
            starts,
            selector,
            tags,
            span: name.span.clone(),
        })
    }

    /// What a pipeline fills in is not known before: it is printed as it is.
    fn printed_alone(&mut self, field: &Field) {
        let Some(uses) = self.fields.uses(field).cloned() else {
            return;
        };
        for (name, at) in &uses.names {
            let ends: &[&str] = match name.as_str() {
                "commit" => &[".sha", ".short"],
                "date" => &[""],
                _ => continue,
            };
            let source = &*field.source;
            let (before, behind) = (source.get(..at.start), source.get(at.end..));
            let (before, behind) = (before.unwrap_or_default(), behind.unwrap_or_default());
            let opened = before.trim_end_matches('-').trim_end();
            let opens = opened.strip_suffix('-').unwrap_or(opened).ends_with("{{");
            let closes = ends.iter().any(|end| {
                let rest = behind.strip_prefix(end).map(str::trim_start);
                rest.is_some_and(|rest| rest.starts_with("}}") || rest.starts_with("-}}"))
            });
            if opens && closes {
                continue;
            }
            let span = inner_span(self.file, source, &field.span, Some(at.clone()));
            let part = behind.strip_prefix('.').unwrap_or_default();
            let part = part.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
            let part = part.into_iter().next().unwrap_or_default();
            let fact = match name == "commit" && !matches!(part, "" | "sha" | "short") {
                true => format!("a run knows no `commit.{part}`"),
                false => format!("`{name}` is not printed as it is"),
            };
            self.channel_fault(
                fact,
                &span,
                "known to the pipeline alone",
                "write `{{ commit.sha }}`, `{{ commit.short }}` or `{{ date }}`, without a filter or a condition",
            );
        }
    }

    fn channel_fault(&mut self, fact: String, at: &Range<usize>, label: &str, help: &str) {
        let place = self.place(at.clone(), label);
        let finding = Finding::new(&code::INVALID_OPTION, fact, place);
        self.sink.push(finding.help(help));
    }
}
