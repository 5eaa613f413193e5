//! Repositories that somebody has to make before anything is pushed to them: registries of AWS make none by themselves.

use indexmap::IndexMap;
use serde::Serialize;

use crate::config::RegistryKind;
use crate::grammar::reference::Parts;
use crate::image::plan::{PlanSpec, Registry};
use crate::image::shares::Share;

/// A repository that has to be made beforehand.
#[derive(Debug, Serialize)]
pub struct Made {
    /// `ecr` or `ecr-public`: how it is asked for, and made.
    pub kind: RegistryKind,
    /// The registry.
    pub host: String,
    /// Its path there.
    pub path: String,
    /// A tag that is pushed to it.
    pub tag: String,
    /// The command by which whoever may makes it.
    pub create: String,
    /// The pipelines that push to it.
    pub pipelines: Vec<&'static str>,
}

/// Those of all pipelines, by the order in which specs come to them.
pub(super) fn repositories(
    specs: &[PlanSpec],
    registries: &[Registry],
    shares: &[Share],
) -> Vec<Made> {
    let kinds: IndexMap<&str, RegistryKind> = registries
        .iter()
        .filter(|r| matches!(r.kind, RegistryKind::Ecr | RegistryKind::EcrPublic))
        .map(|r| (&*r.host, r.kind))
        .collect();
    if kinds.is_empty() {
        return Vec::new();
    }
    let mut made: IndexMap<(&str, &str), Made> = IndexMap::new();
    for share in shares {
        let published: rustc_hash::FxHashSet<&str> = share
            .told(shares, |share| share.publishes.as_ref())
            .iter()
            .map(AsRef::as_ref)
            .collect();
        for spec in specs.iter().filter(|spec| spec.is_of(share.pipeline)) {
            let tags = spec.references.iter().chain(&spec.aliases);
            let tags = tags.filter(|_| published.contains(&*spec.id));
            for reference in std::iter::once(&spec.content_reference).chain(tags) {
                let Parts {
                    host, path, tag, ..
                } = Parts::of(reference);
                let Some(kind) = kinds.get(host) else {
                    continue;
                };
                let one = made.entry((host, path)).or_insert_with(|| Made {
                    kind: *kind,
                    host: host.to_owned(),
                    path: path.to_owned(),
                    tag: tag.unwrap_or_default().to_owned(),
                    create: create(*kind, host, path),
                    pipelines: Vec::new(),
                });
                if one.pipelines.last() != Some(&share.pipeline) {
                    one.pipelines.push(share.pipeline);
                }
            }
        }
    }
    made.into_values().collect()
}

/// The command of AWS's client that makes a repository. Hosts and paths hold nothing that a shell would read otherwise.
fn create(kind: RegistryKind, host: &str, path: &str) -> String {
    if kind == RegistryKind::EcrPublic {
        // The first part of the path is the registry's alias.
        let name = path.split_once('/').map_or(path, |(_, name)| name);
        return format!(
            "aws ecr-public create-repository --region us-east-1 --repository-name {name}"
        );
    }
    let mut labels = host.split('.');
    let account = labels.next().unwrap_or_default();
    let region = labels.nth(2).unwrap_or_default();
    format!(
        "aws ecr create-repository --registry-id {account} --region {region} --repository-name {path}"
    )
}
