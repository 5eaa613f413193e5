//! What the name of an image says of the Python in it.

use crate::check::tag_words;
use crate::grammar::Version;
use crate::grammar::reference::Parts;

/// Images besides the official one whose tags begin with the version of Python. Sources: their makers' lists of tags,
/// 2026-11.
const PYTHONS: [&str; 7] = [
    "docker.io/bitnami/python",
    "docker.io/bitnamilegacy/python",
    "docker.io/cimg/python",
    "docker.io/circleci/python",
    "mcr.microsoft.com/devcontainers/python",
    "mcr.microsoft.com/vscode/devcontainers/python",
    "public.ecr.aws/lambda/python",
];

/// The version of Python that an image says it is of, with its minor one, and the word of its tag that does.
pub(super) fn python<'a>(parts: &Parts<'a>) -> Option<(Version, &'a str)> {
    let tag = parts.tag?;
    let minor = |text: &str| Version::parse(text).filter(|v| v.written_part(1).is_some());
    let mut words = tag.split('-');
    if parts.is_hub("python") {
        let word = words.next()?;
        return Some((minor(word)?, word));
    }
    let repository = format!("{}/{}", parts.host, parts.path);
    if PYTHONS.contains(&&*repository) {
        // `1-3.12-bookworm`: the version of the image itself may come first.
        let mut first = words.take(2);
        if let Some(found) = first.find_map(|word| Some((minor(word)?, word))) {
            return Some(found);
        }
    }
    let said = tag_words::python(tag);
    let version = said.iter().find_map(|said| minor(said))?;
    Some((version, tag))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grammar::Mirrors;

    fn said(reference: &str) -> Option<String> {
        let home = Mirrors::default().home(reference).into_owned();
        let python = python(&Parts::of(&home));
        python.map(|(v, _)| format!("{}.{}", v.part(0), v.part(1)))
    }

    #[test]
    fn every_spelling_of_a_python_is_read() {
        for (reference, version) in [
            ("python:2.7.18-slim-buster", "2.7"),
            ("amd64/python:3.8.20-slim-trixie", "3.8"),
            ("bitnami/python:3.8.18-debian-11-r0", "3.8"),
            (
                "mcr.microsoft.com/devcontainers/python:1-3.8-bullseye",
                "3.8",
            ),
            ("public.ecr.aws/lambda/python:3.8", "3.8"),
            ("ghcr.io/astral-sh/uv:0.5.1-python3.8-bookworm-slim", "3.8"),
            ("rocm/pytorch:rocm6.1_ubuntu20.04_py3.8_pytorch_2.1", "3.8"),
        ] {
            assert_eq!(said(reference).as_deref(), Some(version), "{reference}");
        }
        for reference in [
            "python:3-slim",
            "acme/python:3.8",
            "x/y:24.05-py3",
            "python",
        ] {
            assert_eq!(said(reference), None, "{reference}");
        }
    }
}
