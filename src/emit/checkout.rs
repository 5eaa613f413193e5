//! What a checkout has to have besides the repository's own files, for contexts that hold more.

use serde::Serialize;

use crate::image::plan::PlanSpec;

/// What is fetched besides: files that Git LFS stores, and submodules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Checkout {
    /// Files that Git LFS stores.
    pub lfs: bool,
    /// Submodules, and theirs.
    pub submodules: bool,
}

impl Checkout {
    /// What some of these builds need.
    pub(super) fn of<'a>(specs: impl IntoIterator<Item = &'a PlanSpec>) -> Self {
        specs
            .into_iter()
            .fold(Checkout::default(), |all, spec| Checkout {
                lfs: all.lfs || spec.lfs,
                submodules: all.submodules || spec.submodules,
            })
    }

    /// Whether it is more than any checkout has.
    pub(super) fn is_more(self) -> bool {
        self != Checkout::default()
    }
}

/// Which builds of several need something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Extent {
    /// None.
    #[default]
    None,
    /// Some, which have to be told from the others.
    Some,
    /// All.
    All,
}

impl Extent {
    /// Of these builds, which of them need it.
    pub(super) fn of<'a>(specs: &[&'a PlanSpec], needs: impl Fn(&'a PlanSpec) -> bool) -> Self {
        match specs.iter().filter(|spec| needs(spec)).count() {
            0 => Extent::None,
            all if all == specs.len() => Extent::All,
            _ => Extent::Some,
        }
    }
}
