//! `[ci.*]`: which pipelines are turned on, and whether what they name exists.

use crate::config::cron::is_cron;
use crate::config::model::Image;
use crate::config::pins::check_pin;
use crate::config::pipelines::{Ci, Pipeline, Runner, Shape, ShapeRow};
use crate::config::raw::{RawCi, RawMatrix};
use crate::config::selectors::Names;
use crate::config::spanned::Spanned;
use crate::config::steps::is_key;
use crate::config::unions::RawSelector;
use crate::config::validate::Builder;
use crate::diagnostic::{Finding, code, nearest, or_list};
use crate::emit::{GithubOptions, PullRequest, Row, arch};
use crate::image::Platform;
use crate::image::shares::GROUPS;
use crate::matrix::{Axis, AxisId, Selector};

/// How a file of YAML ends.
const YAML: [&str; 2] = [".yml", ".yaml"];

impl Builder<'_> {
    pub(super) fn ci(
        &mut self,
        raw: &RawMatrix,
        names: &Names<'_>,
        arch: Option<AxisId>,
        images: &[Image],
    ) -> Ci {
        let Some(ci) = &raw.ci else {
            return Ci::default();
        };
        if let Some(check) = &ci.check
            && check.trim().is_empty()
        {
            let finding = Finding::new(
                &code::MISSING_KEY,
                "the command that checks is empty",
                self.place(check.span.clone(), "empty"),
            );
            let help =
                "write the command, or delete the line: changes are then built, and not checked";
            self.sink.push(finding.help(help));
        }
        self.check_text(ci);
        self.check_images(ci);
        let known = platform_words(names.axes, arch, images);
        Ci {
            check: ci.check.as_ref().map(|check| check.value.clone()),
            sbom: ci.sbom,
            provenance: ci.provenance,
            github: ci.github.as_ref().map(|options| {
                self.github_texts(options);
                self.ending(&options.file, &options.pull_request, &YAML, "GitHub");
                self.actions(options);
                self.then(options);
                self.positive(options.max_parallel.as_ref(), "max-parallel");
                self.schedule(options);
                for word in &options.emulate {
                    self.runner_key(word, &known);
                }
                let rows = self.rows(names, &known, &options.when);
                let steps = self.steps(names, &options.step, true);
                let placed = self.placed(options, |options| &mut options.file);
                self.pipeline(
                    names,
                    &known,
                    placed,
                    options.runner.keys(),
                    &options.matches,
                    rows,
                    steps,
                )
            }),
            gitlab: ci.gitlab.as_ref().map(|options| {
                self.gitlab_texts(options);
                self.ending(&options.file, &options.pull_request, &YAML, "GitLab");
                let rows = self.rows(names, &known, &options.when);
                let steps = self.steps(names, &options.step, false);
                let placed = self.placed(options, |options| &mut options.file);
                let mut pipeline = self.pipeline(
                    names,
                    &known,
                    placed,
                    options.runner.keys().chain(&options.emulate),
                    &options.matches,
                    rows,
                    steps,
                );
                pipeline.shape.groups = options.jobs_per_pipeline.get();
                pipeline
            }),
            cloud_build: ci.cloud_build.as_ref().map(|options| {
                self.cloud_build_texts(options);
                let endings = [YAML[0], YAML[1], ".json"];
                self.ending(
                    &options.file,
                    &options.pull_request,
                    &endings,
                    "Cloud Build",
                );
                self.cloud_build(ci, options);
                for platform in options.platforms.iter().flatten() {
                    if Platform::parse(platform).is_none() {
                        self.platform_fault(platform);
                    } else {
                        self.runner_key(platform, &known);
                    }
                }
                let rows = options.when.iter().filter_map(|row| {
                    self.positive(row.timeout_minutes.as_ref(), "timeout-minutes");
                    Some(ShapeRow {
                        selector: self.selector(names, &row.matches)?,
                        runner: Vec::new(),
                        timeout_minutes: row.timeout_minutes.as_ref().map(|t| t.value),
                    })
                });
                let rows = rows.collect();
                let steps = self.steps(names, &options.step, false);
                let placed = self.placed(options, |options| &mut options.file);
                self.pipeline(names, &known, placed, [], &options.matches, rows, steps)
            }),
        }
    }

    /// The image of a check is for the command of `[ci] check`, and nothing else.
    fn check_images(&mut self, ci: &RawCi) {
        if ci.check.is_some() {
            return;
        }
        let gitlab = ci.gitlab.as_ref().and_then(|o| o.check_image.as_ref());
        let cloud_build = ci.cloud_build.as_ref().and_then(|o| o.check_image.as_ref());
        for image in gitlab.into_iter().chain(cloud_build) {
            let finding = Finding::new(
                &code::INVALID_OPTION,
                "`check-image` is for a check that there is not",
                self.place(image.span.clone(), "nothing runs in it"),
            );
            self.sink.push(finding.help(
                "state the command in `[ci]`, as in `check = \"gen check\"`, or delete the line",
            ));
        }
    }

    /// Reports a file that the provider would not read, by its ending.
    fn ending(
        &mut self,
        file: &Spanned<String>,
        pull_request: &PullRequest,
        endings: &[&str],
        provider: &str,
    ) {
        let stated = match pull_request {
            PullRequest::File(path) => Some(path),
            PullRequest::Switch(_) => None,
        };
        for path in std::iter::once(file).chain(stated) {
            if endings.iter().any(|ending| path.ends_with(ending)) {
                continue;
            }
            let finding = Finding::new(
                &code::INVALID_OPTION,
                format!("{provider} does not read `{}`", path.escape_debug()),
                self.place(path.span.clone(), "it tells by the ending"),
            );
            let endings = or_list(endings.iter().copied());
            self.sink
                .push(finding.help(format!("let it end in {endings}")));
        }
    }

    /// Options whose file, where they state none, is at a place of this matrix's own.
    fn placed<O: Clone>(
        &self,
        options: &Spanned<O>,
        file: impl Fn(&mut O) -> &mut Spanned<String>,
    ) -> Spanned<O> {
        let mut placed = options.clone();
        let file = file(&mut placed.value);
        if file.span.is_empty() {
            file.value = self.owner.beside(&file.value);
        }
        placed
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "what the tables of all providers share"
    )]
    fn pipeline<'a, O>(
        &mut self,
        names: &Names<'_>,
        known: &[String],
        options: Spanned<O>,
        runners: impl IntoIterator<Item = &'a Spanned<String>>,
        matches: &Option<Spanned<RawSelector>>,
        rows: Vec<ShapeRow>,
        steps: Vec<(String, Selector)>,
    ) -> Pipeline<O> {
        for word in runners {
            self.runner_key(word, known);
        }
        Pipeline {
            options,
            shape: Shape {
                selector: matches.as_ref().and_then(|m| self.selector(names, m)),
                rows,
                steps,
                groups: GROUPS,
            },
        }
    }

    fn rows<R: Default + Clone + Into<Runner>>(
        &mut self,
        names: &Names<'_>,
        known: &[String],
        rows: &[Row<R>],
    ) -> Vec<ShapeRow> {
        let rows = rows.iter().filter_map(|row| {
            for word in row.runner.keys() {
                self.runner_key(word, known);
            }
            self.positive(row.timeout_minutes.as_ref(), "timeout-minutes");
            let runner = row.runner.iter();
            Some(ShapeRow {
                selector: self.selector(names, &row.matches)?,
                runner: runner
                    .map(|(word, runner)| (word.value.clone(), runner.clone().into()))
                    .collect(),
                timeout_minutes: row.timeout_minutes.as_ref().map(|t| t.value),
            })
        });
        rows.collect()
    }

    fn positive(&mut self, number: Option<&Spanned<u32>>, key: &str) {
        if let Some(number) = number.filter(|number| number.value == 0) {
            self.step_fault(
                format!("`{key}` is 0"),
                number,
                "nothing could run",
                Some("state a larger number, or delete the line"),
            );
        }
    }

    fn schedule(&mut self, github: &GithubOptions) {
        for line in github.schedule.iter().filter(|line| !is_cron(line)) {
            let finding = Finding::new(
                &code::INVALID_OPTION,
                format!("`{}` is no cron line", line.escape_debug()),
                self.place(
                    line.span.clone(),
                    "minute, hour, day, month and day of the week",
                ),
            );
            self.sink
                .push(finding.help("write five fields, as in `17 3 * * 1`"));
        }
    }

    /// Workflows that are called at the end: their jobs stand beside gen's own.
    fn then(&mut self, github: &GithubOptions) {
        let mut taken: Vec<&str> = Vec::new();
        for then in &github.then {
            let job = &then.job;
            let own = ["probe", "tags"].contains(&job.as_str())
                || ["build-", "merge-", "probe-"]
                    .iter()
                    .any(|p| job.starts_with(p));
            let good = is_key(job);
            if own || !good || taken.contains(&job.as_str()) {
                self.step_fault(
                    format!("`{}` cannot be this job's id", job.escape_debug()),
                    job,
                    if good {
                        "taken"
                    } else {
                        "lower-case letters, digits and `-`, a letter first; no word of YAML's own"
                    },
                    good.then_some("give it another"),
                );
            }
            taken.push(job);
            self.action_reference(&then.uses, None);
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
