//! `[check]`: how much findings weigh here, which are accepted for now and why, and what the checks want to know.

use globset::{Glob, GlobMatcher};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::raw::{Named, RawMatrix, RawSelector};
use crate::config::selectors::SelectorNames;
use crate::config::validate::Builder;
use crate::diagnostic::{ALL, Code, Finding, Severity, Stage, by_name, code, nearest};
use crate::facts::Day;
use crate::grammar::Spanned;
use crate::grammar::Version;
use crate::matrix::Selector;

/// How many days ahead an end of life is told, unless `days-ahead` says otherwise.
const DAYS_AHEAD: u32 = 90;

/// How old digests and packages of the lock may get before that is told, in days, unless `lock-days` says otherwise.
const LOCK_DAYS: u32 = 180;

/// How findings are weighed, and what the checks want to know.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawCheck {
    /// How many days before its end of life a release is told of. Default: 90.
    pub days_ahead: Option<u32>,
    /// How old locked digests, and the day of packages, may get before that is told, in days. Default: 180.
    pub lock_days: Option<u32>,
    /// The oldest NVIDIA driver of the machines that run the images: `535`, or in full `535.104.05`.
    pub driver: Option<Spanned<String>>,
    /// How much findings of a code weigh: code to `error`, `warning`, `note` or `off`.
    pub severity: Named<RawSeverity>,
    /// Findings that are accepted, with the reason.
    pub suppress: Vec<Spanned<RawSuppress>>,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RawSeverity {
    /// It fails the run.
    Error,
    /// It fails the run under `--deny-warnings`.
    Warning,
    /// It is only told.
    Note,
    /// It is not told.
    Off,
}

/// Findings that are accepted, with the reason.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RawSuppress {
    /// The code of the findings.
    pub code: Spanned<String>,
    /// Only findings about specs that match, all of them. Default: any finding.
    #[serde(rename = "match", default)]
    pub matches: Option<Spanned<RawSelector>>,
    /// Only findings in files whose path from the repository root matches this glob. Default: any file.
    #[serde(default)]
    pub path: Option<Spanned<String>>,
    /// Why they are accepted.
    pub reason: Spanned<String>,
    /// The last day on which they are, as `2027-03-01`. Default: for good.
    #[serde(default)]
    pub until: Option<Spanned<Day>>,
}

/// What `[check]` says.
#[derive(Debug)]
pub struct Checks {
    /// How many days before its end of life a release is told of.
    pub days_ahead: u32,
    /// How old digests and packages of the lock may get before that is told, in days.
    pub lock_days: u32,
    /// The oldest NVIDIA driver of the fleet.
    pub driver: Option<Spanned<Version>>,
    /// The codes that weigh otherwise here; `None` is not told at all.
    pub severities: IndexMap<&'static str, Option<Severity>>,
    /// What is accepted.
    pub suppressions: Vec<Suppression>,
}

impl Checks {
    /// Whether a change may wait for the next release, on branches and beside others: it then fails neither `gen check` nor
    /// the pipeline of a proposed change.
    pub fn lets_changes_wait(&self) -> bool {
        let stated = self.severities.get(code::UNRELEASED_CHANGE.name);
        stated.is_some_and(|severity| *severity != Some(Severity::Error))
    }
}

/// Findings that are accepted.
#[derive(Debug)]
pub struct Suppression {
    /// Their code.
    pub code: Spanned<Code>,
    /// The specs they are about.
    pub selector: Option<Selector>,
    /// The files they are in.
    pub path: Option<GlobMatcher>,
    /// Why.
    pub reason: String,
    /// The last day on which they are accepted.
    pub until: Option<Spanned<Day>>,
}

impl Builder<'_> {
    /// Reads `[check]`.
    pub(super) fn checks(&mut self, raw: &RawMatrix, names: &SelectorNames<'_>) -> Checks {
        let mut checks = Checks {
            days_ahead: DAYS_AHEAD,
            lock_days: LOCK_DAYS,
            driver: None,
            severities: IndexMap::new(),
            suppressions: Vec::new(),
        };
        let Some(raw) = &raw.check else {
            return checks;
        };
        checks.days_ahead = raw.days_ahead.unwrap_or(DAYS_AHEAD);
        checks.lock_days = raw.lock_days.unwrap_or(LOCK_DAYS);
        checks.driver = raw.driver.as_ref().and_then(|d| self.driver(d));
        for (name, severity) in &raw.severity {
            if let Some(code) = self.rule_code(name, "weigh otherwise") {
                let severity = match severity {
                    RawSeverity::Error => Some(Severity::Error),
                    RawSeverity::Warning => Some(Severity::Warning),
                    RawSeverity::Note => Some(Severity::Note),
                    RawSeverity::Off => None,
                };
                checks.severities.insert(code.name, severity);
            }
        }
        for row in &raw.suppress {
            checks.suppressions.extend(self.suppression(names, row));
        }
        checks
    }

    fn driver(&mut self, raw: &Spanned<String>) -> Option<Spanned<Version>> {
        let version = Version::parse(&raw.value).filter(|v| !v.is_pre_release());
        if version.is_none() {
            let finding = Finding::new(
                &code::INVALID_VERSION,
                format!("`{}` is not the version of a driver", raw.value),
                self.place(raw.span.clone(), "numbers with dots between them"),
            );
            self.sink
                .push(finding.help("write the branch, as in `535`, or all of `535.104.05`"));
        }
        version.map(|value| Spanned {
            value,
            span: raw.span.clone(),
        })
    }

    fn suppression(
        &mut self,
        names: &SelectorNames<'_>,
        raw: &Spanned<RawSuppress>,
    ) -> Option<Suppression> {
        if raw.reason.trim().is_empty() {
            let place = self.place(raw.reason.span.clone(), "empty");
            self.sink.push(
                Finding::new(&code::MISSING_KEY, "a suppression has no reason", place)
                    .help("say why the findings are accepted"),
            );
        }
        let path = raw.path.as_ref().and_then(|path| match Glob::new(path) {
            Ok(glob) => Some(glob.compile_matcher()),
            Err(error) => {
                let place = self.place(path.span.clone(), error.kind().to_string());
                self.sink.push(Finding::new(
                    &code::INVALID_GLOB,
                    format!("`{}` is not a glob", path.value),
                    place,
                ));
                None
            }
        });
        let selector = raw.matches.as_ref().and_then(|m| self.selector(names, m));
        let code = self.rule_code(&raw.code, "be suppressed")?;
        Some(Suppression {
            code: Spanned {
                value: code,
                span: raw.code.span.clone(),
            },
            selector,
            path,
            reason: raw.reason.value.clone(),
            until: raw.until.clone(),
        })
    }

    /// The code of that name, when it is one that rules raise.
    fn rule_code(&mut self, name: &Spanned<String>, may_not: &str) -> Option<Code> {
        let span = name.span.clone();
        match by_name(name) {
            Some(code) if code.stage == Stage::Rule => Some(code),
            Some(_) => {
                let finding = Finding::new(
                    &code::FIXED_CODE,
                    format!("`{}` cannot {may_not}", name.value),
                    self.place(span, "without a plan nothing is checked"),
                )
                .help("mend what it finds");
                self.sink.push(finding);
                None
            }
            None => {
                let finding = Finding::new(
                    &code::UNKNOWN_CODE,
                    format!("there is no code `{}`", name.value),
                    self.place(span, "unknown code"),
                );
                let rules = ALL.iter().filter(|c| c.stage == Stage::Rule);
                self.sink.push(match nearest(name, rules.map(|c| c.name)) {
                    Some(near) => finding.help(format!("did you mean `{near}`?")),
                    None => finding.note("docs/findings.md lists every code"),
                });
                None
            }
        }
    }
}
