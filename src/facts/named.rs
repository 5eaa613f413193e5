//! What the name of an image says of the distribution in it.

use crate::facts::{Distribution, DistributionRelease, Facts, Known};
use crate::grammar::reference::Parts;

/// Images besides the official ones whose tags name the distribution by its codename alone, by the beginning of their
/// repository. Sources: their makers' lists of tags, 2026-11.
const BY_CODENAME: [&str; 8] = [
    "docker.io/astral/uv",
    "docker.io/debian/eol",
    "docker.io/rustlang/rust",
    "ghcr.io/astral-sh/uv",
    "mcr.microsoft.com/devcontainers/",
    "mcr.microsoft.com/dotnet/",
    "mcr.microsoft.com/playwright",
    "mcr.microsoft.com/vscode/devcontainers/",
];

/// A release of a distribution.
pub(super) type Release<'f> = (Distribution, Known<'f, DistributionRelease>);

/// A distribution, and what it is said to be of it, which no table knows.
pub(super) type Unlisted = (Distribution, String);

const DISTRIBUTIONS: [Distribution; 2] = [Distribution::Ubuntu, Distribution::Debian];

/// The release of a distribution that an image says it is of. `Err` is one that no table knows, in the words of the name.
pub fn release<'f>(facts: &'f Facts, parts: &Parts<'_>) -> Option<Result<Release<'f>, Unlisted>> {
    for of in DISTRIBUTIONS {
        let name = of.name().to_lowercase();
        if parts.is_hub(&name) {
            let tag = parts.tag?;
            let first = tag.split('-').next()?;
            // Their roles, as `stable-20260105` has one, are no releases.
            let is_role = |text| facts.rolling_tag(&name, text).is_some();
            if is_role(tag) || is_role(first) {
                return None;
            }
            return Some(called(facts, of, first).ok_or_else(|| (of, first.to_owned())));
        }
    }
    let by_codename = parts.is_official() || {
        let repository = format!("{}/{}", parts.host, parts.path);
        BY_CODENAME.iter().any(|of| repository.starts_with(of))
    };
    let name = parts.path.rsplit('/').next();
    let mut unknown = None;
    for text in parts.tag.into_iter().chain(name) {
        let words: Vec<&str> = text.split(['-', '_']).collect();
        // What an image stands on comes last in its tag, but for what is left out of it.
        for (index, word) in words.iter().enumerate().rev() {
            if *word == "slim" {
                continue;
            }
            for of in DISTRIBUTIONS {
                let next = words.get(index + 1).copied();
                if let Some(version) = version_of(of, word, next) {
                    match called(facts, of, version) {
                        Some(found) => return Some(Ok(found)),
                        None => unknown = unknown.or(Some((of, version.to_owned()))),
                    }
                } else if by_codename
                    && word.bytes().all(|b| b.is_ascii_lowercase())
                    && let Some(known) = facts.release(of, word)
                {
                    return Some(Ok((of, known)));
                }
            }
        }
    }
    unknown.map(Err)
}

/// The version behind the name of a distribution, in its word or as the next one: `ubuntu22.04`, `debian-12`.
fn version_of<'a>(of: Distribution, word: &'a str, next: Option<&'a str>) -> Option<&'a str> {
    let version = match word.strip_prefix(&*of.name().to_lowercase())? {
        "" => next?,
        version => version,
    };
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    version.split('.').all(number).then_some(version)
}

/// A release by its codename or version, whose point releases are tags too: `12.5` of Debian, `24.04.1` of Ubuntu. The
/// digits of Ubuntu's may run together: `2204`.
fn called<'f>(facts: &'f Facts, of: Distribution, text: &str) -> Option<Release<'f>> {
    let find = |called: &str| Some((of, facts.release(of, called)?));
    let cut = |dots: usize| text.match_indices('.').nth(dots).map(|(at, _)| &text[..at]);
    find(text).or_else(|| match of {
        Distribution::Debian => find(cut(0)?),
        Distribution::Ubuntu => match cut(1) {
            Some(version) => find(version),
            None if text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit()) => {
                find(&format!("{}.{}", &text[..2], &text[2..]))
            }
            None => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Mirrors;

    fn said(reference: &str) -> Option<String> {
        let home = Mirrors::default().home(reference).into_owned();
        let facts = Facts::default();
        release(&facts, &Parts::of(&home)).map(|found| match found {
            Ok((of, known)) => format!("{} {}", of.name(), known.row.version.text),
            Err((of, text)) => format!("{}? {text}", of.name()),
        })
    }

    #[test]
    fn every_spelling_of_a_distribution_is_read() {
        for (reference, release) in [
            ("debian:buster-slim", "Debian 10"),
            ("debian:10", "Debian 10"),
            ("debian:12.5-slim", "Debian 12"),
            ("debian:5", "Debian 5"),
            ("ubuntu:14.04", "Ubuntu 14.04"),
            ("ubuntu:oracular", "Ubuntu 24.10"),
            ("ubuntu:24.04.1", "Ubuntu 24.04"),
            ("golang:1.20-buster", "Debian 10"),
            ("amd64/debian:bullseye", "Debian 11"),
            ("arm64v8/ubuntu:20.04", "Ubuntu 20.04"),
            ("public.ecr.aws/lts/ubuntu:20.04", "Ubuntu 20.04"),
            (
                "rocm/pytorch:rocm6.1_ubuntu20.04_py3.8_pytorch_2.1",
                "Ubuntu 20.04",
            ),
            ("rocm/dev-ubuntu-20.04:6.1", "Ubuntu 20.04"),
            ("x/y:1-ubuntu2004", "Ubuntu 20.04"),
            ("x/y:1-ubuntu-20.04", "Ubuntu 20.04"),
            ("bitnami/python:3.8.18-debian-11-r0", "Debian 11"),
            ("gcr.io/distroless/python3-debian11:nonroot", "Debian 11"),
            (
                "ghcr.io/astral-sh/uv:0.5.1-python3.8-bookworm-slim",
                "Debian 12",
            ),
            (
                "mcr.microsoft.com/devcontainers/python:1-3.8-bullseye",
                "Debian 11",
            ),
            ("debian:99", "Debian? 99"),
            ("ubuntu:zany", "Ubuntu? zany"),
            ("x/y:1-ubuntu99.04", "Ubuntu? 99.04"),
        ] {
            assert_eq!(said(reference).as_deref(), Some(release), "{reference}");
        }
        for reference in [
            "debian",
            "debian:stable-20260105-slim",
            "debian:rc-buggy",
            "ubuntu:rolling",
            "acme/model:1.0-focal",
            "acme/ubuntu:1.0",
            "acme/tool:ubuntu-latest",
            "alpine:3.20",
        ] {
            assert_eq!(said(reference), None, "{reference}");
        }
    }
}
