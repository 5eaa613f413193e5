//! `[ci.*]`: which pipelines are turned on, and whether what they name exists.

use crate::config::model::{Ci, Image};
use crate::config::pins::check_pin;
use crate::config::raw::RawMatrix;
use crate::config::spanned::Spanned;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, nearest, or_list};
use crate::emit::{GithubOptions, arch};
use crate::image::Platform;
use crate::matrix::{Axis, AxisId};

impl Builder<'_> {
    pub(super) fn ci(
        &mut self,
        raw: &RawMatrix,
        axes: &[Axis],
        arch: Option<AxisId>,
        images: &[Image],
    ) -> Ci {
        let Some(ci) = &raw.ci else {
            return Ci::default();
        };
        let known = platform_words(axes, arch, images);
        if let Some(github) = &ci.github {
            for key in github.runner.keys() {
                self.runner_key(key, &known);
            }
            self.actions(github);
        }
        for key in ci.gitlab.iter().flat_map(|gitlab| gitlab.runner.keys()) {
            self.runner_key(key, &known);
        }
        for platform in ci
            .cloud_build
            .iter()
            .flat_map(|build| build.platforms.iter().flatten())
        {
            if Platform::parse(platform).is_none() {
                self.platform_fault(platform);
            } else {
                self.runner_key(platform, &known);
            }
        }
        Ci {
            github: ci.github.clone(),
            gitlab: ci.gitlab.clone(),
            cloud_build: ci.cloud_build.clone(),
        }
    }

    fn runner_key(&mut self, key: &Spanned<String>, known: &[String]) {
        if known.contains(&key.value) {
            return;
        }
        let mut finding = Finding::new(
            &code::UNKNOWN_RUNNER,
            format!("nothing is built for `{}`", key.value),
            self.place(
                key.span.clone(),
                "no value of `arch`, no platform of an image",
            ),
        );
        finding = match nearest(&key.value, known.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.note(format!(
                "known here: {}",
                or_list(known.iter().map(String::as_str))
            )),
        };
        self.sink.push(finding);
    }

    fn actions(&mut self, github: &GithubOptions) {
        for (repo, pin) in &github.actions {
            let stated = (pin.sha.as_str(), pin.version.as_str());
            check_pin(self.file, repo, stated, pin.span.clone(), self.sink);
        }
    }
}

/// The words by which a platform may be named: values of `arch`, platforms, and what stands behind their system.
fn platform_words(axes: &[Axis], axis: Option<AxisId>, images: &[Image]) -> Vec<String> {
    let mut platforms: Vec<Platform> = Vec::new();
    let mut words: Vec<String> = Vec::new();
    if let Some(axis) = axis {
        for value in &axes[axis.0].values {
            words.push(value.text.to_string());
            platforms.extend(value.platform.clone());
        }
    } else {
        platforms.push(Platform::linux_amd64());
    }
    for row in images.iter().flat_map(|image| &image.rows) {
        platforms.extend(row.keys.platforms.iter().flat_map(|(list, _)| list.clone()));
    }
    for platform in platforms {
        words.extend([arch(&platform), platform.to_string()]);
    }
    let mut seen = std::collections::BTreeSet::new();
    words.retain(|word| seen.insert(word.clone()));
    words
}
