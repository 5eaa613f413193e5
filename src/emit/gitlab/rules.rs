//! When GitLab's pipelines run, where the matrix says so.
//!
//! A child pipeline that its own rules refuse fails the job that calls it, so that it is for the caller to ask first: there is
//! a file with the caller's rules, too.

use serde::Serialize;

use super::options::GitLab;
use super::{jobs_file, merge_request_file, rules_file};
use crate::emit::site::Site;
use crate::emit::triggers::{Started, Triggers, channels, widened};

/// What the templates see.
#[derive(Debug, Serialize)]
pub(in crate::emit) struct Rules {
    /// Whether the matrix says anything.
    pub is_stated: bool,
    /// The file of rules for a caller.
    pub path: String,
    /// By which a push starts the pipeline that publishes.
    pub pushes: Vec<Rule>,
    /// Channels of branches.
    pub channels: Vec<Of>,
    /// Whether there are channels, of branches or schedules.
    pub has_channels: bool,
    /// Paths of which a merge request has to touch one; none: whatever it touches.
    pub changes: Vec<String>,
}

/// A channel.
#[derive(Debug, Serialize)]
pub(in crate::emit) struct Of {
    /// Its name.
    pub name: String,
    /// What is asked of variables.
    pub condition: String,
}

/// One of them.
#[derive(Debug, Serialize)]
pub(in crate::emit) struct Rule {
    /// What is asked of variables.
    pub condition: String,
    /// Paths of which one has to be touched.
    pub changes: Vec<String>,
    /// Whether a channel is what it starts.
    pub of_channel: bool,
}

impl Rules {
    pub(super) fn of(site: &Site<'_>, options: &GitLab) -> Self {
        let path = rules_file(options);
        let jobs = jobs_file(options);
        let merge_request = merge_request_file(options).unwrap_or_default();
        let files = [&*options.file, &*jobs, &*merge_request, &*path];
        let files: Vec<&str> = files.into_iter().filter(|file| !file.is_empty()).collect();
        let trigger = Triggers::of(site, &options.trigger, &files);
        let paths = widened(&trigger.paths, site.limit("changes_per_rule"));
        let changes: Vec<String> = paths.iter().map(|glob| fnmatch(glob)).collect();
        let asked = |variable: &str, regex: &str| format!("${variable} =~ /{regex}/");
        let tags = trigger.tag_regex().map(|regex| Rule {
            condition: asked("CI_COMMIT_TAG", regex),
            changes: Vec::new(),
            of_channel: false,
        });
        let branches = trigger.branch_regex().map(|regex| Rule {
            condition: asked("CI_COMMIT_BRANCH", regex),
            changes: changes.clone(),
            of_channel: false,
        });
        let started = channels(site);
        let of = |channel: &Started| {
            Some(Of {
                name: channel.name.clone(),
                condition: asked("CI_COMMIT_BRANCH", channel.regex.as_deref()?),
            })
        };
        let channels: Vec<Of> = started.iter().filter_map(of).collect();
        let pushed = channels.iter().map(|channel| Rule {
            condition: channel.condition.clone(),
            changes: changes.clone(),
            of_channel: true,
        });
        let pushed: Vec<Rule> = pushed.collect();
        Rules {
            is_stated: trigger.is_stated() || !channels.is_empty(),
            has_channels: !started.is_empty(),
            channels,
            path,
            pushes: tags.into_iter().chain(branches).chain(pushed).collect(),
            changes,
        }
    }
}

/// A glob as GitLab matches it, by Ruby's `File.fnmatch`: `**` at the end is one folder to that.
fn fnmatch(glob: &str) -> String {
    match glob.strip_suffix("**") {
        Some(folder) => format!("{folder}**/*"),
        None => glob.to_owned(),
    }
}
