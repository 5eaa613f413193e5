//! The commands that make the triggers, where the matrix says what starts a build: triggers stand outside of the file.
//! Source: <https://cloud.google.com/sdk/gcloud/reference/builds/triggers/create/github>.

use super::change;
use super::options::CloudBuild;
use crate::emit::site::Site;
use crate::emit::triggers::{Triggers, channels};
use crate::render::shell_word;

/// The substitutions by which a build is told that it is of a channel, and the commit that tags of it name.
pub(super) const CHANNEL: &str = "_BASE_IMAGES_CHANNEL";
/// The other.
pub(super) const COMMIT: &str = "_BASE_IMAGES_COMMIT";

/// The commands for the config that publishes, and those for the config of a change: lines of a shell.
pub(super) fn commands(site: &Site<'_>, options: &CloudBuild) -> [Vec<String>; 2] {
    let change = change::path(options);
    let files = [Some(&*options.file), change.as_ref()];
    let files: Vec<&str> = files.into_iter().flatten().map(String::as_str).collect();
    let trigger = Triggers::of(site, &options.trigger, &files);
    let channels = channels(site);
    if !trigger.is_stated() && channels.is_empty() {
        return [Vec::new(), Vec::new()];
    }
    let suffix = site.config.owner.suffix();
    let included = (!trigger.paths.is_empty())
        .then(|| format!("--included-files={}", shell_word(&trigger.paths.join(","))));
    let command = |name: &str, config: &str, event: String, more: Vec<String>| {
        let name = shell_word(&format!("base-images{name}{suffix}"));
        let first = format!(
            "gcloud builds triggers create github --name={name} --repo-owner=OWNER --repo-name=REPOSITORY"
        );
        let config = format!("--build-config={}", shell_word(config));
        let mut lines = vec![first, event, config];
        lines.extend(more);
        let last = lines.len() - 1;
        let lines = lines.into_iter().enumerate();
        let lines = lines.map(move |(place, line)| match (place, place == last) {
            (0, false) => format!("{line} \\"),
            (_, false) => format!("  {line} \\"),
            (_, true) => format!("  {line}"),
        });
        lines.collect::<Vec<_>>()
    };
    let account = options.service_account.as_ref();
    let account = account.map(|account| format!("--service-account={}", shell_word(account)));
    let tags = trigger.tag_regex().map(|regex| {
        let event = format!("--tag-pattern={}", shell_word(regex));
        command("", &options.file, event, account.iter().cloned().collect())
    });
    let branches = trigger.branch_regex().map(|regex| {
        let event = format!("--branch-pattern={}", shell_word(regex));
        let more = included.iter().chain(&account).cloned();
        command("-branch", &options.file, event, more.collect())
    });
    let channels = channels.iter().filter_map(|channel| {
        let event = format!("--branch-pattern={}", shell_word(channel.regex.as_deref()?));
        let given = format!(
            "--substitutions={CHANNEL}={},{COMMIT}='$COMMIT_SHA'",
            channel.name
        );
        let more = [given]
            .into_iter()
            .chain(included.iter().chain(&account).cloned());
        Some(command(
            &format!("-{}", channel.name),
            &options.file,
            event,
            more.collect(),
        ))
    });
    let changes = change.map(|path| {
        let event = "--pull-request-pattern='.*' --comment-control=COMMENTS_ENABLED_FOR_EXTERNAL_CONTRIBUTORS_ONLY";
        command("-change", &path, event.to_owned(), included.iter().cloned().collect())
    });
    [
        tags.into_iter()
            .chain(branches)
            .chain(channels)
            .flatten()
            .collect(),
        changes.unwrap_or_default(),
    ]
}
