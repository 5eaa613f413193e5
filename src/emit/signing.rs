//! What a pipeline has to know so that its jobs can sign, and see who signed. Whose signature counts stands in the plan.

use serde::Serialize;

use crate::emit::site::Site;
use crate::facts::Machinery;
use crate::grammar::reference::Parts;

/// How jobs come by what signs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cosign {
    /// The stored secrets that signing reads, by name. Jobs that only verify have none.
    pub secrets: Vec<String>,
    /// Whether the identity of a job signs.
    pub by_identity: bool,
    /// The image of cosign, for jobs that have an engine.
    pub image: String,
    /// Its release, as in `v2.6.3`.
    pub release: String,
}

impl Cosign {
    /// Nothing where images are not signed.
    pub(super) fn of(site: &Site<'_>) -> Option<Self> {
        let signing = site.config.ci.signing.as_ref()?;
        let image = site.facts.machinery(Machinery::Cosign);
        Some(Cosign {
            secrets: signing.secrets(),
            by_identity: signing.is_by_identity(),
            image: image.to_owned(),
            release: Parts::of(image).tag.unwrap_or_default().to_owned(),
        })
    }
}
