//! Which spec is meant.

/// Index of a spec, in declared order of images and then of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpecId(pub usize);
