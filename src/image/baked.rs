//! The release within an image.

use crate::diagnostic::{Finding, Place, code};

/// What stands beside a place that prints the release.
pub const RELEASE_LABEL: &str = "so every release builds all of these again";

/// The note about a place that prints the release into the image.
pub fn release_finding(place: Place) -> Finding {
    Finding::new(
        &code::RELEASE_BAKED,
        "the release goes into the image",
        place,
    )
    .note("an image whose content did not change is only tagged anew; this one never is")
}
