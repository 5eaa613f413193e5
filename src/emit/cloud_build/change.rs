//! The config for a trigger on pull requests: it checks the change, and builds what it changed. It knows no registry and no
//! secret, and pushes nothing.

use super::context::{Change, ChangeStep, Check, Part};
use super::options::CloudBuild;
use super::{CHANGE, File, Maker, NATIVE};
use crate::emit::checkout::Checkout;
use crate::emit::site::{Site, stated_or};
use crate::grammar::arch;

/// The branch that a change is for. A trigger says which; this is what it is when a person submits the config.
const BASE_BRANCH: (&str, &str) = ("_BASE_BRANCH", "main");

/// By which builds are found that did not check whether anything drifted.
const UNCHECKED: &str = "drift-not-checked";

/// Where the config is written, when the table wants one.
pub(super) fn path(options: &CloudBuild) -> Option<String> {
    let usual = usual(&options.file);
    options.pull_request.path(&usual).map(str::to_owned)
}

/// The config, when the table wants one.
pub(super) fn file(maker: &Maker<'_>, site: &Site<'_>) -> Option<File> {
    let options = maker.options;
    let path = path(options)?;
    let mut platforms: Vec<String> = Vec::new();
    for platform in site.share().iter().flat_map(|spec| &spec.platforms) {
        if is_built(options, platform) && !platforms.iter().any(|p| **p == **platform) {
            platforms.push(platform.to_string());
        }
    }
    let mut context = maker.bare(&path, Part::PullRequest);
    context.sources = Checkout::of(site.share());
    maker.set_up_builder(&mut context, platforms.iter());
    let (name, default) = BASE_BRANCH;
    let branch = context.substitutions.entry(name.to_owned());
    branch.or_insert_with(|| default.to_owned());
    let check = maker.config.ci.check.as_ref().map(|command| Check {
        image: stated_or(&options.check_image, &context.image).to_owned(),
        command: command.clone(),
    });
    if check.is_none() {
        context.labels.push(UNCHECKED.to_owned());
    }
    context.change = Some(Change {
        check,
        builds: platforms
            .iter()
            .map(|platform| ChangeStep {
                step: format!("build-{}", arch(platform)),
                platform_env: format!("PLATFORM={platform}"),
            })
            .collect(),
    });
    Some(File {
        path,
        template: CHANGE,
        context,
    })
}

fn is_built(options: &CloudBuild, platform: &str) -> bool {
    let named = options.platforms.as_ref();
    (!options.is_classic() || platform == NATIVE)
        && named.is_none_or(|here| here.iter().any(|one| one.value == platform))
}

/// Beside the config that publishes: `cloudbuild.yaml` → `cloudbuild-pull-request.yaml`.
fn usual(file: &str) -> String {
    match file.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains('/') => format!("{stem}-pull-request.{ending}"),
        _ => format!("{file}-pull-request"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_config_of_a_change_stands_beside_the_other() {
        assert_eq!(usual("cloudbuild.yaml"), "cloudbuild-pull-request.yaml");
        assert_eq!(usual("ci.d/images"), "ci.d/images-pull-request");
        assert_eq!(usual("ci/a.b.json"), "ci/a.b-pull-request.json");
    }
}
