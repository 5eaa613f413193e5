//! The commands that make the triggers, where the matrix says what starts a build: triggers stand outside of the file.
//! Source: <https://cloud.google.com/sdk/gcloud/reference/builds/triggers/create/github>.

use super::change;
use super::options::CloudBuild;
use crate::emit::site::Site;
use crate::emit::triggers::Triggers;
use crate::render::shell_word;

/// The commands for the config that publishes, and those for the config of a change: lines of a shell.
pub(super) fn commands(site: &Site<'_>, options: &CloudBuild) -> [Vec<String>; 2] {
    let change = change::path(options);
    let files = [Some(&*options.file), change.as_ref()];
    let files: Vec<&str> = files.into_iter().flatten().map(String::as_str).collect();
    let trigger = Triggers::of(site, &options.trigger, &files);
    if !trigger.is_stated() {
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
    let changes = change.map(|path| {
        let event = "--pull-request-pattern='.*' --comment-control=COMMENTS_ENABLED_FOR_EXTERNAL_CONTRIBUTORS_ONLY";
        command("-change", &path, event.to_owned(), included.iter().cloned().collect())
    });
    [
        tags.into_iter().chain(branches).flatten().collect(),
        changes.unwrap_or_default(),
    ]
}
