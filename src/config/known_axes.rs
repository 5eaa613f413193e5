//! Axes whose names mean something, whatever else a matrix has. What they are called is said here and nowhere else.

use crate::config::Config;
use crate::matrix::{Axis, AxisId};

/// The architectures, which are platforms of one spec unless its reference prints them.
pub(crate) const ARCH: &str = "arch";
/// The versions of Python.
pub(crate) const PYTHON: &str = "python";
/// The versions of CUDA.
pub(crate) const CUDA: &str = "cuda";

/// The axis of that name.
pub(super) fn called(axes: &[Axis], name: &str) -> Option<AxisId> {
    axes.iter().position(|axis| *axis.name == *name).map(AxisId)
}

impl Config {
    /// The axis of Python's versions.
    pub fn python(&self) -> Option<AxisId> {
        called(&self.axes, PYTHON)
    }

    /// The axis of CUDA's versions.
    pub fn cuda(&self) -> Option<AxisId> {
        called(&self.axes, CUDA)
    }
}
