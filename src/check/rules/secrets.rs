//! Secrets: declared and listed nowhere, listed and mounted nowhere, mounted and not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::check::Context;
use crate::check::gathered::Gathered;
use crate::config::SecretId;
use crate::diagnostic::{Finding, Place, Sink, code, nearest};
use crate::grammar::SpecId;

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    unused(cx, sink);
    idle(cx, sink);
    unlisted(cx, sink);
}

fn unused(cx: &Context<'_>, sink: &mut Sink) {
    let rows = cx.config.images.iter().flat_map(|image| &image.rows);
    let listed: BTreeSet<SecretId> = rows
        .flat_map(|row| &row.keys.secrets)
        .map(|secret| secret.id)
        .collect();
    for (index, secret) in cx.config.secrets.iter().enumerate() {
        if listed.contains(&SecretId(index)) {
            continue;
        }
        let headline = format!("no image lists secret `{}`", secret.name);
        let place = cx.place(secret.span.clone(), "unused secret");
        let finding = Finding::new(&code::UNUSED_SECRET, headline, place);
        sink.push(finding.help("list it under an image's `secrets`, or delete it"));
    }
}

/// One listing, over the specs that it is for.
struct Listing {
    id: SecretId,
    /// The image that it stands in, or `None` in `[defaults]`.
    image: Option<usize>,
    specs: Vec<SpecId>,
    is_handed: bool,
}

/// A listing by which no build is handed anything.
fn idle(cx: &Context<'_>, sink: &mut Sink) {
    let mut listings: BTreeMap<(usize, usize), Listing> = BTreeMap::new();
    for (id, rendered) in cx.contents.iter() {
        let spec = cx.matrix.spec(id);
        for listed in &spec.merged.secrets {
            let rows = cx.config.images[spec.image.0].rows.iter();
            let mut shared = rows.filter(|row| row.shared);
            let is_shared = shared.any(|row| {
                let mut secrets = row.keys.secrets.iter();
                secrets.any(|secret| secret.span == listed.span)
            });
            let key = (listed.span.start, listed.span.end);
            let listing = listings.entry(key).or_insert_with(|| Listing {
                id: listed.id,
                image: (!is_shared).then_some(spec.image.0),
                specs: Vec::new(),
                is_handed: false,
            });
            listing.specs.push(id);
            listing.is_handed |= rendered.secrets.contains(&listed.id);
        }
    }
    for ((start, end), listing) in listings {
        if listing.is_handed {
            continue;
        }
        let secret = &cx.config.secrets[listing.id.0];
        let rendered = listing
            .specs
            .iter()
            .all(|id| cx.contents.get(*id).rendered.is_some());
        let headline = match listing.image {
            Some(image) => format!(
                "no step of image `{}` mounts secret `{}`",
                cx.config.images[image].key, secret.name
            ),
            None => format!("no step of any image mounts secret `{}`", secret.name),
        };
        let place = cx.place(start..end, "its build is handed it for nothing");
        let finding = Finding::new(&code::SECRET_IDLE, headline, place);
        let finding = match (rendered, secret.of_uv()) {
            (true, None) => finding.note(format!(
                "rendered Dockerfiles hand steps that install Python packages what `uv` reads, and it does not read `{}`",
                secret.env
            )),
            (true, Some(_)) => finding.note(
                "rendered Dockerfiles hand it to steps that install Python packages, and there are none",
            ),
            (false, _) => finding,
        };
        let finding = finding.help(format!(
            "mount it, `RUN --mount=type=secret,id={},required …`, or take it out of `secrets`",
            secret.name
        ));
        sink.push(finding.about(listing.specs));
    }
}

/// Mounts of what the image does not list.
fn unlisted(cx: &Context<'_>, sink: &mut Sink) {
    let mut told = Gathered::default();
    for cooked in cx.cooked() {
        let listed = &cooked.spec.merged.secrets;
        let listed: BTreeSet<&str> = listed
            .iter()
            .map(|secret| cx.config.secrets[secret.id.0].name.as_str())
            .collect();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        for (_, build) in cx.builds(&cooked).iter() {
            let Ok(build) = &**build else { continue };
            for mount in build.secrets() {
                let Some(id) = mount.id.known().filter(|id| !listed.contains(id)) else {
                    continue;
                };
                if !seen.insert(mount.span.start) {
                    continue;
                }
                let image = &cx.config.images[cooked.spec.image.0].key;
                let place = Place::span(&cooked.recipe.file, mount.span.clone(), "");
                let finding = finding(cx, id, image, mount.required, place);
                let at = format!("{}\0{}", cooked.recipe.file.path, mount.span.start);
                let finding = finding.related(cx.place(lists(cx, &cooked), "lists no such secret"));
                told.add(finding, &at, &[cooked.id]);
            }
        }
    }
    told.tell(sink);
}

/// Where an image would list it.
fn lists(cx: &Context<'_>, cooked: &crate::check::dockerfile::Cooked<'_>) -> Range<usize> {
    let listed = cooked.spec.merged.secrets.last();
    let image = || cx.config.images[cooked.spec.image.0].span.clone();
    listed.map_or_else(image, |secret| secret.span.clone())
}

fn finding(cx: &Context<'_>, id: &str, image: &str, required: bool, place: Place) -> Finding {
    let id = id.escape_debug().to_string();
    let (code, does) = match required {
        true => (&code::SECRET_MISSING, "requires"),
        false => (&code::SECRET_UNLISTED, "mounts"),
    };
    let headline = format!("a step {does} secret `{id}`, which image `{image}` does not list");
    let finding = Finding::new(code, headline, place);
    let names = || cx.config.secrets.iter().map(|secret| secret.name.as_str());
    let is_declared = names().any(|name| name == id);
    match nearest(&id, names()).filter(|_| !is_declared) {
        Some(near) => finding.help(format!("did you mean `{near}`?")),
        None if is_declared => finding.help(format!("list it: `secrets = [\"{id}\"]`")),
        None => finding.help(format!(
            "list it, `secrets = [\"{id}\"]`, and say by `env` of `[secret.{id}]` which variable holds it"
        )),
    }
}
