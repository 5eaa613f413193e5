//! What reading the table of a provider takes: the names it may use, and words for what is wrong in it.

use std::ops::Range;
use std::sync::Arc;

use crate::config::axes::platform_finding;
use crate::config::pipeline_keys::{BuildRow, BuildsRow, Provenance, StepMeans, Steps};
use crate::config::pipelines::{GROUPS, Runner, Shape, ShapeRow};
use crate::config::provider::ProviderTable;
use crate::config::raw::RawCi;
use crate::config::selectors::{SelectorNames, resolve};
use crate::config::unions::RawSelector;
use crate::diagnostic::{Code, Finding, Place, Sink, code, nearest, or_list};
use crate::grammar::Platform;
use crate::grammar::Spanned;
use crate::matrix::Selector;
use crate::source::SourceFile;

/// Looks at the options of a provider; what is wrong with them goes where all findings go.
pub struct TableReader<'a> {
    pub(super) file: &'a Arc<SourceFile>,
    pub(super) sink: &'a mut Sink,
    pub(super) names: &'a SelectorNames<'a>,
    /// The words by which something that is built can be named.
    pub(super) platforms: &'a [String],
    pub(super) ci: &'a RawCi,
}

impl TableReader<'_> {
    /// A finding at bytes of the matrix file.
    pub fn finding(
        &self,
        code: Code,
        fact: impl Into<String>,
        at: &Range<usize>,
        label: impl Into<String>,
    ) -> Finding {
        Finding::new(code, fact, self.place(at, label))
    }

    /// Bytes of the matrix file.
    pub(super) fn place(&self, at: &Range<usize>, label: impl Into<String>) -> Place {
        Place::span(self.file, at.clone(), label)
    }

    /// Reports a finding.
    pub fn push(&mut self, finding: Finding) {
        self.sink.push(finding);
    }

    /// The matrix file, and where findings in it go.
    pub fn parts(&mut self) -> (&Arc<SourceFile>, &mut Sink) {
        (self.file, self.sink)
    }

    /// What all pipelines have alike: what `match` accepts, rows, and the steps that are only for some builds.
    pub fn shape(
        &mut self,
        matches: &Option<Spanned<RawSelector>>,
        rows: Vec<ShapeRow>,
        steps: &Steps,
        means: StepMeans,
    ) -> Shape {
        let steps = self.steps(steps, means);
        Shape {
            selector: matches.as_ref().and_then(|m| self.selector(m)),
            rows,
            steps,
            groups: GROUPS,
            builds_anew: false,
            lacks: Vec::new(),
        }
    }

    /// Reads a selector.
    pub fn selector(&mut self, raw: &Spanned<RawSelector>) -> Option<Selector> {
        resolve(self.names, self.file, raw, self.sink)
    }

    /// Rows over the builds of a pipeline whose machines differ.
    pub fn rows<R: Default + Clone + Into<Runner>>(
        &mut self,
        rows: &[BuildsRow<R>],
    ) -> Vec<ShapeRow> {
        let rows = rows.iter().filter_map(|row| {
            self.platforms(row.runner.keys());
            self.positive(row.timeout_minutes.as_ref(), "timeout-minutes");
            let runner = row.runner.iter();
            Some(ShapeRow {
                selector: self.selector(&row.matches)?,
                runner: runner
                    .map(|(word, runner)| (word.value.clone(), runner.clone().into()))
                    .collect(),
                timeout_minutes: row.timeout_minutes.as_ref().map(|t| t.value),
            })
        });
        rows.collect()
    }

    /// Rows over the builds of a pipeline whose machines are all of one kind.
    pub fn build_rows(&mut self, rows: &[BuildRow]) -> Vec<ShapeRow> {
        let rows = rows.iter().filter_map(|row| {
            self.positive(row.timeout_minutes.as_ref(), "timeout-minutes");
            Some(ShapeRow {
                selector: self.selector(&row.matches)?,
                runner: Vec::new(),
                timeout_minutes: row.timeout_minutes.as_ref().map(|t| t.value),
            })
        });
        rows.collect()
    }

    /// Whether images are asked to carry anything besides themselves.
    pub fn attests(&self) -> bool {
        self.ci.sbom || self.ci.provenance.is_some_and(|p| p != Provenance::Off)
    }

    /// Whether the builder is told how to pack and date what it pushes, or where to keep its layers.
    pub fn packs(&self) -> bool {
        self.ci.compression.is_some() || self.ci.cache.is_some() || self.ci.reproducible
    }

    /// Whether `[ci]` says how pipelines run gen.
    pub fn runs_gen(&self) -> bool {
        self.ci.command.is_some()
    }

    /// The image of a check is for the command of `[ci] check`, and nothing else.
    pub fn check_image(&mut self, image: &Option<Spanned<String>>) {
        self.optional_word("check-image", image);
        if self.ci.check.is_some() || self.ci.command.is_some() {
            return;
        }
        if let Some(image) = image {
            let fact = "`check-image` is for a check that there is not";
            let finding = self.finding(
                &code::INVALID_OPTION,
                fact,
                &image.span,
                "nothing runs in it",
            );
            self.push(finding.help(
                "state the command in `[ci]`, as in `check = \"gen check\"`, or delete the line",
            ));
        }
    }

    /// Reports each word that names nothing that is built.
    pub fn platforms<'w>(&mut self, words: impl IntoIterator<Item = &'w Spanned<String>>) {
        for word in words {
            self.platform(word);
        }
    }

    /// Reports a text that is no platform, or names none that is built.
    pub fn whole_platform(&mut self, text: &Spanned<String>) {
        if Platform::parse(text).is_none() {
            self.push(platform_finding(self.file, text));
        } else {
            self.platform(text);
        }
    }

    fn platform(&mut self, key: &Spanned<String>) {
        if self.platforms.contains(&key.value) {
            return;
        }
        let fact = format!("nothing is built for `{}`", key.value);
        let label = "no value of `arch`, no platform of an image";
        let finding = self.finding(&code::UNKNOWN_RUNNER, fact, &key.span, label);
        let known = || self.platforms.iter().map(String::as_str);
        let finding = match nearest(&key.value, known()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding.help(format!("name one that is: {}", or_list(known()))),
        };
        self.push(finding);
    }

    /// Reports a number that is 0.
    pub fn positive(&mut self, number: Option<&Spanned<u32>>, key: &str) {
        if let Some(number) = number.filter(|number| number.value == 0) {
            self.step_fault(
                format!("`{key}` is 0"),
                &number.span,
                "nothing could run",
                Some("state a larger number, or delete the line"),
            );
        }
    }

    /// Reports a file that the provider would not read, by its ending.
    pub(super) fn ending(&mut self, provider: &dyn ProviderTable, path: &Spanned<String>) {
        let endings = provider.endings();
        if endings.iter().any(|ending| path.ends_with(ending)) {
            return;
        }
        let fact = format!(
            "{} does not read `{}`",
            provider.title(),
            path.escape_debug()
        );
        let finding = self.finding(
            &code::INVALID_OPTION,
            fact,
            &path.span,
            "it tells by the ending",
        );
        let endings = or_list(endings.iter().copied());
        self.push(finding.help(format!("let it end in {endings}")));
    }
}
