//! A base that moves by itself.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::check::{BaseImage, Context};
use crate::diagnostic::{Finding, Sink, code};
use crate::grammar::Version;
use crate::grammar::reference::Parts;
use crate::lock::some;

/// Tags that are the name of a distribution, and with it its newest release: `mcr.microsoft.com/devcontainers/base:ubuntu`.
const DISTRIBUTIONS: [&str; 7] = [
    "almalinux",
    "alpine",
    "centos",
    "debian",
    "fedora",
    "rockylinux",
    "ubuntu",
];

/// Why a base floats, in the words of its label, and what to write instead.
struct Floating<'a> {
    label: String,
    /// The word of the tag that is a role.
    role: Option<&'a str>,
    help: String,
}

pub(crate) fn run(cx: &Context<'_>, sink: &mut Sink) {
    // One text may name many bases, which then all float for its sake.
    let mut found: BTreeMap<_, (Floating<'_>, Vec<&BaseImage>)> = BTreeMap::new();
    for base in cx.bases() {
        let Some(floating) = floating(cx, base) else {
            continue;
        };
        // A value that is the tag, or the whole reference, is what to mend; a bare version is none.
        let tag = base.parts().tag.filter(|tag| Version::parse(tag).is_none());
        let words: Vec<&str> = tag.into_iter().chain(floating.role).collect();
        let place = base.cause(cx, &words, "");
        let start = place.at.as_ref().map_or(0, |(_, span)| span.start);
        let key = (place.path.clone(), start);
        let (_, bases) = found.entry(key).or_insert_with(|| (floating, Vec::new()));
        bases.push(base);
    }
    for (floating, bases) in found.into_values() {
        let tag = bases[0]
            .parts()
            .tag
            .filter(|tag| Version::parse(tag).is_none());
        let words: Vec<&str> = tag.into_iter().chain(floating.role).collect();
        let mut finding = Finding::new(
            &code::FLOATING_BASE,
            format!("`{}` moves by itself", bases[0].reference),
            bases[0].cause(cx, &words, floating.label),
        )
        .note("one day everything that stands on it changes, and nothing here did")
        .help(floating.help);
        let mut others: Vec<&str> = Vec::new();
        for base in &bases[1..] {
            if base.reference != bases[0].reference && !others.contains(&&*base.reference) {
                others.push(&base.reference);
            }
        }
        if !others.is_empty() {
            let verb = if others.len() == 1 { "does" } else { "do" };
            finding = finding.note(format!("so {verb} {}, by the same text", some(&others)));
        }
        sink.push(finding.about(bases.iter().flat_map(|b| b.specs.iter().copied())));
    }
}

fn floating<'a>(cx: &'a Context<'_>, base: &'a BaseImage) -> Option<Floating<'a>> {
    let parts = base.parts();
    if parts.digest.is_some() {
        return None;
    }
    let name = base.reference.as_str();
    let Some(tag) = parts.tag else {
        return Some(Floating {
            role: None,
            label: "without a tag it is whatever `latest` is".to_owned(),
            help: format!("state a tag, as in `{name}:…`, or a digest"),
        });
    };
    if tag == "latest" {
        return Some(Floating {
            role: None,
            label: "`latest` is whatever was pushed last".to_owned(),
            help: "state a tag that names a version, or a digest".to_owned(),
        });
    }
    if let Some(role) = cx.facts.rolling_tag(&repository(&parts), tag) {
        return Some(Floating {
            role: Some(role),
            label: format!("`{role}` is a role, which one release after the other has"),
            help: "state a tag that names a release, or a digest".to_owned(),
        });
    }
    if DISTRIBUTIONS.contains(&tag) {
        return Some(Floating {
            role: None,
            label: format!("names no release of {tag}"),
            help: "state a tag that names one, or a digest".to_owned(),
        });
    }
    if no_version(&parts, tag) {
        return Some(Floating {
            role: None,
            label: "names no version".to_owned(),
            help: "state a tag that names one, or a digest".to_owned(),
        });
    }
    match python(&parts, tag)? {
        Unnamed::Version => Some(Floating {
            role: None,
            label: "names no minor version of Python".to_owned(),
            help: "state one, as in `python:3.13-…`, or a digest".to_owned(),
        }),
        Unnamed::Distribution => Some(Floating {
            role: None,
            label: "names no release of its distribution".to_owned(),
            help: match cx.facts.newest_debian(cx.today) {
                Some(codename) if !tag.contains("alpine") => {
                    format!("name one, as in `{name}-{codename}`, or a digest")
                }
                _ => "name one, or a digest".to_owned(),
            },
        }),
    }
}

/// The repository as tables name it: Docker Hub's without their host.
fn repository<'a>(parts: &Parts<'a>) -> Cow<'a, str> {
    match parts.host {
        "docker.io" => parts.path.into(),
        host => format!("{host}/{}", parts.path).into(),
    }
}

/// Official images of which a codename alone says the release: it is theirs, and not that of what they stand on.
const BY_CODENAME: [&str; 5] = ["buildpack-deps", "debian", "neurodebian", "ros", "ubuntu"];

/// Codenames of the long-term releases of Node: each is one major, as `22` is. Source: nodejs/Release, `schedule.json`.
const NODES: [&str; 12] = [
    "argon", "boron", "carbon", "dubnium", "erbium", "fermium", "gallium", "hydrogen", "iron",
    "jod", "krypton", "lithium",
];

/// Whether it is one of Docker's official images, by a tag that says no number at all.
fn no_version(parts: &Parts<'_>, tag: &str) -> bool {
    let of_node = |word: &str| parts.path == "node" && NODES.contains(&word);
    parts.is_official()
        && !BY_CODENAME.contains(&parts.path)
        && !tag.split('-').any(|word| {
            let bare = word.strip_prefix('v').unwrap_or(word);
            bare.starts_with(|c: char| c.is_ascii_digit()) || of_node(word)
        })
}

/// What a tag of the official Python image leaves open.
enum Unnamed {
    /// Which minor version, and with the next one all packages are others: `3`, `3-slim-trixie`.
    Version,
    /// Which release of its distribution, and then it is the newest: `3.12`, `3.12-slim`, `3.14-rc-alpine`.
    Distribution,
}

/// Words that stand in any tag of the official Python image, whatever release it is of.
const ANY_RELEASE: [&str; 3] = ["alpine", "rc", "slim"];

fn python(parts: &Parts<'_>, tag: &str) -> Option<Unnamed> {
    let mut words = tag.split('-');
    let version = words.next().and_then(Version::parse)?;
    if !parts.is_hub("python") || version.written_part(2).is_some() {
        return None;
    }
    if version.written_part(1).is_none() {
        return Some(Unnamed::Version);
    }
    words
        .all(|word| ANY_RELEASE.contains(&word))
        .then_some(Unnamed::Distribution)
}
