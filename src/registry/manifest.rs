//! What registries answer of images: manifests and indexes, and what an answer is worth (OCI distribution).

use std::collections::BTreeMap;

use crate::image::Digest;
use crate::registry::Fault;
use crate::registry::fault::harmless;
use crate::registry::http::Answer;

/// What a tag may point at, indexes first. A registry that is not asked for them answers with something older, which
/// has another digest.
pub(super) const KINDS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
/// The header in which a registry says the digest of what it answers.
const DIGEST: &str = "docker-content-digest";
/// What a registry says of itself with every answer (OCI distribution, "API version").
const VERSION: &str = "docker-distribution-api-version";
/// How many of [`KINDS`] are indexes.
const INDEXES: usize = 2;

/// What a reference points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pointed {
    /// Its digest: of the index, where there is one.
    pub digest: Digest,
    /// The platforms that the index has an image for, each as `os/architecture[/variant]`; `None`: it is no index, but
    /// one manifest, for one platform that it does not state.
    pub platforms: Option<Vec<String>>,
}

/// A manifest as far as it tells what an image is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The platforms that it is for; `None` where that is not known.
    pub platforms: Option<Vec<String>>,
    /// What it states besides.
    pub annotations: BTreeMap<String, String>,
    /// The manifests that an index names, attestations included.
    pub children: Vec<Digest>,
}

impl Pointed {
    /// Reads a manifest. What is in an index beside images, such as attestations, is for a platform `unknown`.
    pub(super) fn read(digest: Digest, got: &Answer) -> Result<Self, Fault> {
        if !is_index(got) {
            return Ok(Pointed {
                digest,
                platforms: None,
            });
        }
        let manifests = manifests(got)?;
        let platforms = manifests.iter().filter_map(|m| platform(&m["platform"]));
        Ok(Pointed {
            digest,
            platforms: Some(platforms.collect()),
        })
    }
}

impl Manifest {
    pub(super) fn read(got: &Answer) -> Result<Self, Fault> {
        let json: serde_json::Value = serde_json::from_slice(&got.body).unwrap_or_default();
        let annotations = json["annotations"].as_object().into_iter().flatten();
        let text = |value: &serde_json::Value| Some(harmless(value.as_str()?));
        let annotations = annotations
            .filter_map(|(name, value)| Some((harmless(name), text(value)?)))
            .collect();
        if !is_index(got) {
            return Ok(Manifest {
                annotations,
                ..Manifest::default()
            });
        }
        let manifests = manifests(got)?;
        let platforms = manifests.iter().filter_map(|m| platform(&m["platform"]));
        let children = manifests.iter().filter_map(|m| m["digest"].as_str());
        Ok(Manifest {
            platforms: Some(platforms.collect()),
            annotations,
            children: children.filter_map(|digest| digest.parse().ok()).collect(),
        })
    }

    /// Where the configuration of one image is.
    pub(super) fn config(got: &Answer) -> Option<Digest> {
        let json: serde_json::Value = serde_json::from_slice(&got.body).ok()?;
        json["config"]["digest"].as_str()?.parse().ok()
    }
}

/// The manifests that an index names.
fn manifests(got: &Answer) -> Result<Vec<serde_json::Value>, Fault> {
    let index: serde_json::Value = serde_json::from_slice(&got.body)
        .map_err(|_| Fault::Answer("its index is no JSON".to_owned()))?;
    let manifests = index["manifests"].as_array();
    let manifests =
        manifests.ok_or_else(|| Fault::Answer("its index names no manifests".to_owned()))?;
    Ok(manifests.clone())
}

/// A platform as an index or a configuration states it. What is in an index beside images, such as attestations, is for a
/// platform `unknown`.
pub(super) fn platform(stated: &serde_json::Value) -> Option<String> {
    let (os, arch) = (stated["os"].as_str()?, stated["architecture"].as_str()?);
    let variant = stated["variant"].as_str().filter(|v| !v.is_empty());
    let words = [Some(os), Some(arch), variant].into_iter().flatten();
    let words: Vec<String> = words.map(harmless).collect();
    (os != "unknown").then(|| words.join("/"))
}

/// The digest that an answer states; `None` when it states none.
pub(super) fn stated(answer: &Answer) -> Result<Option<Digest>, Fault> {
    let stated = answer.header(DIGEST).filter(|s| !s.is_empty());
    let read = |text: &str| {
        text.parse().map_err(|_| {
            let text = harmless(text);
            Fault::Answer(format!("`{text}` is no SHA-256 digest"))
        })
    };
    stated.map(read).transpose()
}

/// Whether "not found" is a registry's word: pages that a proxy or a portal answers with have that status, too.
pub(super) fn plainly_absent(answer: &Answer) -> Result<(), Fault> {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body["errors"][0]["code"].as_str();
    if code.is_some() || answer.header(VERSION).is_some() {
        return Ok(());
    }
    Err(Fault::Answer(
        "it says \"not found\" in other words than a registry's".to_owned(),
    ))
}

/// Where the next part of a list is, as a header `Link` says (RFC 8288): `</v2/a/tags/list?last=x>; rel="next"`.
pub(super) fn next_page(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?;
    let (target, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
    rest.contains("next").then(|| target.to_owned())
}

/// Whether it says that it is an index.
fn is_index(answer: &Answer) -> bool {
    KINDS[..INDEXES].contains(&kind(answer))
}

/// What an answer says that it is.
fn kind(answer: &Answer) -> &str {
    let kind = answer.header("content-type").unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim()
}

/// Whether its body is what manifests are: an empty one has a digest too.
pub(super) fn is_json(answer: &Answer) -> Result<(), Fault> {
    match serde_json::from_slice(&answer.body) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        _ if answer.body.is_empty() => Err(Fault::Answer("it is empty".to_owned())),
        _ if is_index(answer) => Err(Fault::Answer("its index cannot be read".to_owned())),
        _ => Err(Fault::Answer("its manifest cannot be read".to_owned())),
    }
}

/// Whether it is a manifest: pages that a proxy or portal answers with have a digest too.
pub(super) fn is_manifest(answer: &Answer) -> Result<(), Fault> {
    let kind = kind(answer);
    if KINDS.contains(&kind) {
        return Ok(());
    }
    Err(Fault::Answer(match kind {
        "" => "it does not say what it is".to_owned(),
        kind => format!("it is `{}` and no manifest", harmless(kind)),
    }))
}
