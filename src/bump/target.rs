//! Where a bump goes to.

use std::cmp::Ordering;

use crate::config::{Config, Release};
use crate::diagnostic::{Finding, code};
use crate::grammar::release::{ReleaseStep, ReleaseVersion};
use crate::release::Begun;
use crate::release::pins::look;
use crate::source::Repository;

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// A version.
    Version(String),
    /// One step on.
    Step(ReleaseStep),
    /// Nowhere: the current release is recorded anew.
    Amend,
}

/// A place that is ahead of the release, from which a step counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ahead {
    /// The version it states.
    pub version: String,
    /// The file, from the root.
    pub path: String,
    /// One-based line.
    pub line: usize,
}

impl Destination {
    /// The version that is bumped to, and the place a step was counted from where that is not the release itself. An older
    /// one must be allowed by `back`.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn version(
        &self,
        repository: &Repository,
        config: &Config,
        release: &Release,
        begun: Option<&Begun>,
        back: bool,
    ) -> Result<(ReleaseVersion, Option<Ahead>), Box<Finding>> {
        let refused = |headline: String| {
            let place = config.place(release.span.clone(), "released here");
            Finding::new(&code::BUMP_REFUSED, headline, place)
        };
        let scheme = release.read.scheme();
        let mut counted = None;
        let to = match self {
            Destination::Amend => release.read.clone(),
            Destination::Step(step) => {
                // What a run that was cut short set out for is where this one ends, however far that came.
                let set_out = begun.filter(|b| b.concerns(release) && b.asked == step.as_str());
                if let Some(to) = set_out.and_then(|b| ReleaseVersion::parse(scheme, &b.to).ok()) {
                    return Ok((to, None));
                }
                let moved = begun.filter(|b| b.from == release.version);
                let moved = moved.and_then(|b| ReleaseVersion::parse(scheme, &b.to).ok());
                let newest = newest(repository, config, release, moved.as_ref());
                let newest = newest.filter(|(version, _)| {
                    *step != ReleaseStep::Release || version.is_pre_release()
                });
                let from = newest
                    .as_ref()
                    .map_or(&release.read, |(version, _)| version);
                let to = from.step(*step).map_err(|why| {
                    Box::new(refused(why).help("state the version: `gen bump VERSION`"))
                })?;
                counted = newest.map(|(_, place)| place);
                to
            }
            Destination::Version(text) => ReleaseVersion::parse(scheme, text).map_err(|fault| {
                let finding = refused(format!(
                    "`{}` is not a {} version: {fault}",
                    text.escape_debug(),
                    scheme.as_str()
                ));
                let bare = text.trim_start_matches(['v', 'V']);
                let full = format!("{bare}.0");
                let reads = |text: &str| ReleaseVersion::parse(scheme, text).is_ok();
                Box::new(finding.help(if bare != text && reads(bare) {
                    format!("run `gen bump {bare}`; the tag puts the `v` before it")
                } else if reads(&full) {
                    format!("run `gen bump {full}`")
                } else {
                    "state a version, or a step: major, minor, patch, pre, release".to_owned()
                }))
            })?,
        };
        if to.cmp_release(&release.read) == Ordering::Less && !back {
            let older = format!("`{to}` is older than the release `{}`", release.version);
            if let (Destination::Step(_), Some(apart)) = (self, to.number_apart()) {
                let finding =
                    refused(older).note("semver compares letters and digits in one word as text");
                let help = format!(
                    "run `gen bump {apart} --backwards`: behind a dot the number counts as one from then on"
                );
                return Err(Box::new(finding.help(help)));
            }
            let help = "if the release goes back on purpose, add `--backwards`";
            return Err(Box::new(refused(older).help(help)));
        }
        Ok((to, counted))
    }
}

/// The newest version that a place states which may be ahead of the release, and is; but not where a run that was cut
/// short has `moved` it.
fn newest(
    repository: &Repository,
    config: &Config,
    release: &Release,
    moved: Option<&ReleaseVersion>,
) -> Option<(ReleaseVersion, Ahead)> {
    let mut newest: Option<(ReleaseVersion, Ahead)> = None;
    for pin in release.pins.iter().filter(|pin| pin.may_be_ahead()) {
        // What cannot be seen refuses the bump soon enough.
        let Ok(seen) = look(repository, pin) else {
            continue;
        };
        for found in &seen.found {
            let stated = pin.reads(config, release, &found.value);
            let Some(version) = stated.and_then(|v| v.in_scheme(release.read.scheme())) else {
                continue;
            };
            if moved.is_some_and(|moved| moved.cmp_release(&version) == Ordering::Equal) {
                continue;
            }
            let known = newest.as_ref().map_or(&release.read, |(known, _)| known);
            if version.cmp_release(known) == Ordering::Greater {
                let place = Ahead {
                    version: found.value.clone(),
                    path: pin.file.value.clone(),
                    line: seen.file.line_column(found.span.start).0,
                };
                newest = Some((version, place));
            }
        }
    }
    newest
}
