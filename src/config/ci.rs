//! `[ci.*]`: which pipelines are turned on.

use crate::config::model::{Ci, Registry};
use crate::config::raw::RawMatrix;
use crate::config::validate::Builder;
use crate::matrix::{Axis, AxisId};

impl Builder<'_> {
    pub(super) fn ci(
        &mut self,
        raw: &RawMatrix,
        _axes: &[Axis],
        _arch: Option<AxisId>,
        _registries: &[Registry],
    ) -> Ci {
        let Some(ci) = &raw.ci else {
            return Ci::default();
        };
        Ci {
            github: ci.github.clone(),
            gitlab: ci.gitlab.clone(),
            cloud_build: ci.cloud_build.clone(),
        }
    }
}
