//! When the pipelines are uploaded, where the matrix says so: conditions for the steps of the user's own that do it.

use serde::Serialize;

use super::options::Buildkite;
use super::{beside, change_file};
use crate::emit::site::Site;
use crate::emit::triggers::{Started, Triggers, channels};

/// What the templates see.
#[derive(Debug, Serialize)]
pub(super) struct Trigger {
    /// Steps that upload the pipeline that publishes, each with what it asks.
    pub starts: Vec<Start>,
    /// Paths of which a change has to touch one, as one glob; none: whatever it touches. By one, since agents before 3.109 take
    /// no list.
    pub changes: Option<String>,
    /// The channels of the matrix.
    pub channels: Vec<Started>,
}

/// A step that uploads the pipeline.
#[derive(Debug, Serialize)]
pub(super) struct Start {
    /// `if`
    pub condition: String,
    /// `if_changed`
    pub changes: Option<String>,
}

impl Trigger {
    pub(super) fn of(site: &Site<'_>, options: &Buildkite) -> Self {
        let jobs = beside(&options.file, "-jobs*");
        let change = change_file(options).unwrap_or_default();
        let files = [&*options.file, &*jobs, &*change];
        let files: Vec<&str> = files.into_iter().filter(|file| !file.is_empty()).collect();
        let trigger = Triggers::of(site, &options.trigger, &files);
        let changes = match &*trigger.paths {
            [] => None,
            [one] => Some(one.clone()),
            all => Some(format!("{{{}}}", all.join(","))),
        };
        let tags = trigger.tag_regex().map(|regex| Start {
            condition: format!("build.tag =~ /{regex}/"),
            changes: None,
        });
        // A pull request of a fork may come from a branch of any name.
        let branches = trigger.branch_regex().map(|regex| Start {
            condition: format!(
                "build.branch =~ /{regex}/ && build.tag == null && build.pull_request.id == null"
            ),
            changes: changes.clone(),
        });
        let started = channels(site);
        let own = started
            .iter()
            .filter_map(|channel| channel.regex.as_deref());
        let own = own.map(|regex| Start {
            condition: format!(
                "build.branch =~ /{regex}/ && build.tag == null && build.pull_request.id == null"
            ),
            changes: changes.clone(),
        });
        let own: Vec<Start> = own.collect();
        let mut starts: Vec<Start> = tags.into_iter().chain(branches).chain(own).collect();
        if starts.is_empty() {
            starts.push(Start {
                condition: "build.source == \"ui\" || build.source == \"api\"".to_owned(),
                changes: None,
            });
        }
        Trigger {
            starts,
            changes,
            channels: started,
        }
    }
}
