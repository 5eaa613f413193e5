//! Which secrets the build of a spec is handed. No build is handed one that it does not mount: what `[defaults]` lists
//! passes by the others, which a pull request may then build.

use serde::Serialize;

use crate::config::{Config, SecretId, SecretRef};
use crate::dockerfile::{Request, SecretMount, other_frontend};
use crate::image::pins::Read;
use crate::image::{RenderedSpec, Spec};

/// A secret as `uv` wants it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct OfPython {
    /// By what builders know it.
    id: String,
    /// The variable in which `uv` reads it.
    variable: String,
}

/// Of what an image lists, that which its steps read that install Python packages.
pub(super) fn of_python(config: &Config, listed: &[SecretRef]) -> Vec<OfPython> {
    let each = each(listed).into_iter();
    let of_uv = each.filter_map(|id| {
        let secret = &config.secrets[id.0];
        Some(OfPython {
            id: secret.name.clone(),
            variable: secret.of_uv()?.to_owned(),
        })
    });
    of_uv.collect()
}

/// Of what the image of a spec lists, that which steps of its build mount; all of it where they cannot be told.
pub(super) fn handed(
    config: &Config,
    read: &mut Read,
    spec: &Spec,
    rendered: &RenderedSpec,
) -> Vec<SecretId> {
    let mut listed = each(&spec.merged.secrets);
    if listed.is_empty() {
        return listed;
    }
    if let Some(mounts) = mounts(read, spec, rendered) {
        listed.retain(|id| {
            let is_it = |mount: &SecretMount| {
                let id = &config.secrets[id.0].name;
                mount.id.known().is_none_or(|mounted| mounted == id)
            };
            mounts.iter().any(is_it)
        });
    }
    listed
}

/// What steps mount, on any platform; `None` where the Dockerfile cannot be read.
fn mounts(read: &mut Read, spec: &Spec, rendered: &RenderedSpec) -> Option<Vec<SecretMount>> {
    if other_frontend(rendered.dockerfile_text()).is_some() {
        return None;
    }
    let file = read.of(rendered)?;
    let mut found = Vec::new();
    let stages = rendered.tests.iter();
    let stages = stages.filter_map(|tested| tested.test.target.as_deref());
    let targets: Vec<_> = [rendered.target.as_deref()]
        .into_iter()
        .chain(stages.map(Some))
        .collect();
    for platform in &spec.platforms {
        for target in &targets {
            let request = Request {
                target: *target,
                ..rendered.request(platform)
            };
            match file.evaluate(&request) {
                Ok(build) => found.extend(build.secrets()),
                // A stage that is not there is told of by itself.
                Err(_) if *target != rendered.target.as_deref() => {}
                Err(_) => return None,
            }
        }
    }
    Some(found)
}

/// Each once, in the order in which they are declared.
fn each(listed: &[SecretRef]) -> Vec<SecretId> {
    let mut ids: Vec<SecretId> = listed.iter().map(|secret| secret.id).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
