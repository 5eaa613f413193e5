//! What texts stay at while a pre-release is made.

use crate::config::Config;
use crate::image::Matrix;
use crate::lock::Lock;
use crate::release::forms::at;

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
