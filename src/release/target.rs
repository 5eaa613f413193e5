//! Where a bump goes to.

use std::cmp::Ordering;

use crate::config::{Config, Release};
use crate::diagnostic::{Finding, code};
use crate::release::version::{ReleaseVersion, Step};

/// Where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A version.
    Version(String),
    /// One step on.
    Step {
        /// Which.
        step: Step,
        /// The version that a run which was cut short took this step to. Where that is the release by now, the step is done.
        begun: Option<String>,
    },
    /// Nowhere: the current release is recorded anew.
    Amend,
}

impl Target {
    /// The version that is bumped to. An older one must be allowed by `back`.
    ///
    /// # Errors
    /// Why there is none.
    pub(super) fn version(
        &self,
        config: &Config,
        release: &Release,
        back: bool,
    ) -> Result<ReleaseVersion, Box<Finding>> {
        let refused = |headline: String| {
            let place = config.place(release.span.clone(), "released here");
            Finding::new(&code::BUMP_REFUSED, headline, place)
        };
        let scheme = release.read.scheme();
        let to = match self {
            Target::Amend => release.read.clone(),
            Target::Step { begun, .. } if begun.as_ref() == Some(&release.version) => {
                release.read.clone()
            }
            Target::Step { step, .. } => release.read.step(*step).map_err(|why| {
                Box::new(refused(why).help("state the version: `gen bump VERSION`"))
            })?,
            Target::Version(text) => ReleaseVersion::parse(scheme, text).map_err(|fault| {
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
            let help = "if the release goes back on purpose, add `--backwards`";
            return Err(Box::new(refused(older).help(help)));
        }
        Ok(to)
    }
}
