//! Releases before this one: the one that is recorded, and what texts stay at while a pre-release is made.

use crate::config::Config;
use crate::image::Matrix;
use crate::lock::Lock;
use crate::release::forms::at;

/// The matrix at the release that the lock records, where that is another than the matrix states.
pub fn recorded(config: &Config, lock: Option<&Lock>) -> Option<(Config, Matrix)> {
    let release = config.release.as_ref()?;
    let recorded = lock?.release.as_ref()?;
    match recorded.version == release.version {
        true => None,
        false => at(config, release, &recorded.version),
    }
}

/// What texts stay at while a pre-release is made.
#[derive(Debug)]
pub enum LastFinal {
    /// The release itself: it is final, or there is none.
    Own,
    /// The matrix at the final release before it.
    Known(Box<(Config, Matrix)>),
    /// Nothing says which release that was.
    Unknown,
}

impl LastFinal {
    /// The last final release, as the lock records it.
    pub fn of(config: &Config, lock: Option<&Lock>) -> Self {
        let Some(release) = config.release.as_ref().filter(|r| r.read.is_pre_release()) else {
            return LastFinal::Own;
        };
        let known = lock
            .and_then(Lock::last_final)
            .and_then(|last| at(config, release, &last.version));
        known.map_or(LastFinal::Unknown, |known| {
            LastFinal::Known(Box::new(known))
        })
    }
}
