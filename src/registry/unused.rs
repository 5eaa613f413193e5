//! Tags in the matrix's repositories that no release, alias or plan stands on.
//!
//! Nothing is deleted here, and nothing is called unused on a guess: a tag that some release of the matrix would have is
//! used, whichever release that is; a content is used while a used tag holds its digest, or an index that one holds names it.

use std::collections::{BTreeSet, HashMap, HashSet};

use indexmap::IndexSet;

use crate::image::plan::Plan;
use crate::image::{Digest, fits};
use crate::registry::client::Client;
use crate::registry::fault::Fault;
use crate::registry::published::{AT_ONCE, Answers, repository};
use crate::release::mentions::ImageNames;

/// A tag that nothing stands on.
#[derive(Debug)]
pub(crate) struct Unused {
    pub reference: String,
    /// What it holds.
    pub digest: Digest,
    /// Why it counts as unused.
    pub why: &'static str,
}

/// What there is in the repositories of a plan that nothing stands on, and the repositories whose tags could not be learned.
pub(crate) struct Strays {
    pub unused: Vec<Unused>,
    pub unlisted: Vec<(String, Fault)>,
}

/// How pipelines begin the tags that they keep contents by.
const KEPT: [&str; 2] = ["content-", "oneoff-"];
/// How they begin those that state the newest release.
const MARKER: &str = "newest-release";

/// Looks through the repositories of a plan, which is the whole of the matrix.
pub(crate) fn unused(
    client: &Client,
    plan: &Plan,
    names: Option<&ImageNames<'_>>,
    waiting: &(dyn Fn(&[&str]) + Sync),
) -> Strays {
    let planned: HashSet<&str> = plan
        .specs
        .iter()
        .flat_map(|spec| {
            let own = spec.references.iter().chain(&spec.aliases);
            let pushed = spec.pushed.values();
            let layers = spec.layers_kept.values();
            own.chain(pushed)
                .chain(layers)
                .chain([&spec.content_reference])
        })
        .map(String::as_str)
        .collect();
    // What a run of a channel fills in is another in each: a tag that may have come of one is in use.
    let mut of_channels: HashMap<&str, Vec<&str>> = HashMap::new();
    let of_specs = plan
        .specs
        .iter()
        .flat_map(|spec| spec.channels.values().flatten());
    for (repository, tag) in of_specs.filter_map(|reference| reference.rsplit_once(':')) {
        of_channels.entry(repository).or_default().push(tag);
    }
    let repositories: BTreeSet<&str> = planned.iter().map(|at| repository(at)).collect();
    let repositories: Vec<&str> = repositories.into_iter().collect();
    let lists = Client::each(&repositories, AT_ONCE, &|one| client.tags(one), waiting);
    let (mut used, mut open) = (IndexSet::new(), IndexSet::new());
    let mut unlisted = Vec::new();
    for (repository, list) in repositories.into_iter().zip(lists) {
        let tags = match list {
            Ok(tags) => tags,
            Err(fault) => {
                unlisted.push((repository.to_owned(), fault));
                continue;
            }
        };
        for tag in tags {
            let reference = format!("{repository}:{tag}");
            let of_release = names.is_some_and(|names| names.states(repository, &tag).is_some());
            let of_channel = of_channels
                .get(repository)
                .is_some_and(|tags| tags.iter().any(|holed| fits(holed, &tag)));
            if planned.contains(reference.as_str())
                || of_release
                || of_channel
                || tag.starts_with(MARKER)
            {
                used.insert(reference);
            } else {
                open.insert(reference);
            }
        }
    }
    if open.is_empty() {
        return Strays {
            unused: Vec::new(),
            unlisted,
        };
    }
    let standing = Answers::ask(client, &used, waiting);
    let mut held: HashSet<Digest> = HashSet::new();
    for reference in &used {
        if let Some(fault) = standing.fault(reference) {
            // What a tag in use holds is not known, so neither is what it stands on.
            unlisted.push((reference.clone(), fault.clone()));
        }
        let Some(digest) = standing.digest(reference) else {
            continue;
        };
        held.insert(digest);
        let manifest = standing.manifest(digest);
        held.extend(manifest.iter().flat_map(|manifest| &manifest.children));
    }
    if !unlisted.is_empty() {
        return Strays {
            unused: Vec::new(),
            unlisted,
        };
    }
    let asked: Vec<&str> = open.iter().map(String::as_str).collect();
    let digests = Client::each(&asked, AT_ONCE, &|one| client.digest(one), waiting);
    let mut unused = Vec::new();
    for (reference, digest) in asked.into_iter().zip(digests) {
        let tag = reference.rsplit_once(':').map_or("", |(_, tag)| tag);
        let is_kept = KEPT.iter().any(|kept| tag.starts_with(kept));
        let digest = match digest {
            Ok(Some(digest)) => digest,
            // Gone since the tags were listed.
            Ok(None) => continue,
            Err(fault) => {
                unlisted.push((reference.to_owned(), fault));
                continue;
            }
        };
        let why = match (is_kept, about(tag)) {
            (true, _) if held.contains(&digest) => continue,
            (true, _) => "a content that no release, alias, channel or plan stands on",
            (false, Some(about)) if held.contains(&about) => continue,
            (false, Some(_)) => {
                "says something of an image that no release, alias or plan stands on"
            }
            (false, None) => "no release, alias or channel of the matrix is called so",
        };
        unused.push(Unused {
            reference: reference.to_owned(),
            digest,
            why,
        });
    }
    Strays { unused, unlisted }
}

/// The digest that signatures and attestations beside an image are about: `sha256-HEX.sig`, and `sha256-HEX` for those that
/// refer to it (OCI distribution, "referrers tag schema").
fn about(tag: &str) -> Option<Digest> {
    let hex = tag.strip_prefix("sha256-")?;
    let hex = hex.split('.').next()?;
    format!("sha256:{hex}").parse().ok()
}
