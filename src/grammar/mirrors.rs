//! One image, whatever registry it is taken from: what rules and templates ask when they know an image by its name.

use std::borrow::Cow;

use crate::grammar::reference::{Parts, split_prefix};

/// Prefixes below which images stand that are at home below another. Sources: names of Docker Hub in distribution/reference
/// and in Docker's own client; "Docker Official Images on ECR Public"; "Pull cached Docker Hub images" of Artifact Registry;
/// the galleries of Canonical, Debian and Microsoft; NVIDIA's catalog, whose `cuda` is pushed to both registries; Fedora's
/// own registry and its folder of Quay; DaoCloud's mirror of Docker Hub and of others by their hosts. 2026-11.
const KNOWN: [(&str, &str); 15] = [
    ("index.docker.io", "docker.io"),
    ("registry-1.docker.io", "docker.io"),
    ("registry.hub.docker.com", "docker.io"),
    ("mirror.gcr.io", "docker.io"),
    ("public.ecr.aws/docker", "docker.io"),
    ("mcr.microsoft.com/mirror/docker", "docker.io"),
    ("mcr.microsoft.com/oss/mirror/docker.io", "docker.io"),
    ("docker.m.daocloud.io", "docker.io"),
    ("m.daocloud.io/docker.io", "docker.io"),
    ("public.ecr.aws/ubuntu/ubuntu", "docker.io/library/ubuntu"),
    ("public.ecr.aws/lts/ubuntu", "docker.io/library/ubuntu"),
    ("public.ecr.aws/debian/debian", "docker.io/library/debian"),
    ("nvcr.io/nvidia/cuda", "docker.io/nvidia/cuda"),
    ("quay.io/fedora/fedora", "docker.io/library/fedora"),
    (
        "registry.fedoraproject.org/fedora",
        "docker.io/library/fedora",
    ),
];

/// Folders of Docker Hub that hold the official images of one architecture. Source: "Architectures other than amd64?" of
/// docker-library/official-images.
const ALONE: [(&str, &str); 9] = [
    ("amd64", "linux/amd64"),
    ("arm32v5", "linux/arm/v5"),
    ("arm32v6", "linux/arm/v6"),
    ("arm32v7", "linux/arm/v7"),
    ("arm64v8", "linux/arm64"),
    ("i386", "linux/386"),
    ("ppc64le", "linux/ppc64le"),
    ("riscv64", "linux/riscv64"),
    ("s390x", "linux/s390x"),
];

/// The mirrors of the house, over the ones that are known.
#[derive(Clone, Debug, Default)]
pub struct Mirrors(Vec<(String, String)>);

impl Mirrors {
    /// Pairs of a prefix and what it mirrors, each with its host. The longest prefix that fits counts.
    pub fn new(mut own: Vec<(String, String)>) -> Self {
        own.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        Mirrors(own)
    }

    /// The reference of the same image at its home, with its host; tag and digest as they are written. An official image
    /// of one architecture is at home among the official ones.
    pub fn home<'a>(&self, reference: &'a str) -> Cow<'a, str> {
        let home = self.unmirrored(reference);
        match alone(&home) {
            Some((_, rest)) => Cow::Owned(format!("docker.io/library/{rest}")),
            None => home,
        }
    }

    /// The one platform that an image is for by its name: `arm64v8/debian`.
    pub fn alone(&self, reference: &str) -> Option<&'static str> {
        alone(&self.unmirrored(reference)).map(|(platform, _)| platform)
    }

    fn unmirrored<'a>(&self, reference: &'a str) -> Cow<'a, str> {
        let own = self.0.iter().map(|(prefix, home)| (&**prefix, &**home));
        let housed = moved(reference, own);
        let reached = housed.as_deref().unwrap_or(reference);
        let known = moved(reached, KNOWN.into_iter()).or_else(|| proxied(reached));
        match known.or(housed) {
            Some(home) => Cow::Owned(home),
            None => Cow::Borrowed(reference),
        }
    }

    /// Whether it is an image of this repository of Docker Hub: `python`, `nvidia/cuda`.
    pub fn is_hub(&self, reference: &str, path: &str) -> bool {
        // No registry that is known to all calls it otherwise.
        let name = path.rsplit('/').next().unwrap_or(path);
        if self.0.is_empty() && !reference.contains(name) {
            return false;
        }
        Parts::of(&self.home(reference)).is_hub(path)
    }
}

/// The platform of an official image of one architecture, and its name without the folder.
fn alone(reference: &str) -> Option<(&'static str, &str)> {
    let (host, path) = split_prefix(reference);
    let (folder, rest) = path.split_once('/')?;
    let (_, platform) = ALONE.iter().find(|(name, _)| *name == folder)?;
    (host == "docker.io" && !rest.contains('/')).then_some((platform, rest))
}

/// An image of Docker Hub behind a proxy whose prefix its owner makes part of. Sources: "Dependency Proxy for container
/// images" of GitLab (`HOST/GROUP/dependency_proxy/containers/IMAGE`); "pull through cache rules" of Amazon ECR, whose
/// prefix for Docker Hub is `docker-hub` unless another is chosen.
fn proxied(reference: &str) -> Option<String> {
    let (host, path) = split_prefix(reference);
    let of_amazon = host.contains(".dkr.ecr.") && host.ends_with(".amazonaws.com");
    let cached = path.strip_prefix("docker-hub/").filter(|_| of_amazon);
    let proxy = || path.split_once("/dependency_proxy/containers/");
    let image = cached.or_else(|| proxy().map(|(_, image)| image))?;
    Some(format!("docker.io/{image}"))
}

/// A reference below the home of the first prefix that it stands below.
fn moved<'a>(
    reference: &str,
    mut prefixes: impl Iterator<Item = (&'a str, &'a str)>,
) -> Option<String> {
    if !reference.contains('/') {
        return None;
    }
    let (host, path) = split_prefix(reference);
    let below = |prefix: &str| {
        // Most are elsewhere, which is soon seen.
        if !prefix.starts_with(host) {
            return None;
        }
        let (of, folder) = split_prefix(prefix);
        if of != host {
            return None;
        }
        let rest = path.strip_prefix(folder)?;
        let whole = folder.is_empty() || rest.is_empty() || rest.starts_with(['/', ':', '@']);
        whole.then(|| rest.trim_start_matches('/'))
    };
    prefixes.find_map(|(prefix, home)| {
        let rest = below(prefix)?;
        let joint = if rest.is_empty() || rest.starts_with([':', '@']) {
            ""
        } else {
            "/"
        };
        Some(format!("{home}{joint}{rest}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_the_same_below_every_registry_that_has_it() {
        let mirrors = Mirrors::new(vec![
            ("registry.corp/hub".to_owned(), "docker.io".to_owned()),
            ("registry.corp/hub/py".to_owned(), "ghcr.io/py".to_owned()),
            ("registry.corp/aws".to_owned(), "public.ecr.aws".to_owned()),
            ("docker.io/acme".to_owned(), "docker.io/library".to_owned()),
        ]);
        for (reference, host, path, tag) in [
            ("python:3.13", "docker.io", "python", Some("3.13")),
            (
                "nvcr.io/nvidia/cuda:12.8.1",
                "docker.io",
                "nvidia/cuda",
                Some("12.8.1"),
            ),
            ("amd64/python:3.13", "docker.io", "python", Some("3.13")),
            (
                "docker.io/arm64v8/debian:12",
                "docker.io",
                "debian",
                Some("12"),
            ),
            ("amd64/a/b:1", "docker.io", "amd64/a/b", Some("1")),
            ("ghcr.io/amd64/a:1", "ghcr.io", "amd64/a", Some("1")),
            (
                "public.ecr.aws/lts/ubuntu:20.04",
                "docker.io",
                "ubuntu",
                Some("20.04"),
            ),
            (
                "quay.io/fedora/fedora:rawhide",
                "docker.io",
                "fedora",
                Some("rawhide"),
            ),
            (
                "nvcr.io/nvidia/pytorch:25.01-py3",
                "nvcr.io",
                "nvidia/pytorch",
                Some("25.01-py3"),
            ),
            (
                "nvcr.io/nvidia/cuda-dl-base:25.01",
                "nvcr.io",
                "nvidia/cuda-dl-base",
                Some("25.01"),
            ),
            (
                "index.docker.io/nvidia/cuda",
                "docker.io",
                "nvidia/cuda",
                None,
            ),
            ("index.docker.io/python:3", "docker.io", "python", Some("3")),
            (
                "registry-1.docker.io/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "mirror.gcr.io/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            ("mirror.gcr.io/python:3", "docker.io", "python", Some("3")),
            (
                "mirror.gcr.io/nvidia/cuda:1",
                "docker.io",
                "nvidia/cuda",
                Some("1"),
            ),
            (
                "public.ecr.aws/docker/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "public.ecr.aws/dockerx/library/python:3",
                "public.ecr.aws",
                "dockerx/library/python",
                Some("3"),
            ),
            (
                "public.ecr.aws/ubuntu/ubuntu:24.04",
                "docker.io",
                "ubuntu",
                Some("24.04"),
            ),
            (
                "mcr.microsoft.com/mirror/docker/library/debian:12",
                "docker.io",
                "debian",
                Some("12"),
            ),
            (
                "registry.corp/hub/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            ("registry.corp/hub/py/x:3", "ghcr.io", "py/x", Some("3")),
            (
                "registry.corp/hubs/python:3",
                "registry.corp",
                "hubs/python",
                Some("3"),
            ),
            (
                "registry.corp/aws/docker/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            ("acme/python:3", "docker.io", "python", Some("3")),
            (
                "mcr.microsoft.com/oss/mirror/docker.io/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "docker.m.daocloud.io/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "m.daocloud.io/docker.io/nvidia/cuda:1",
                "docker.io",
                "nvidia/cuda",
                Some("1"),
            ),
            (
                "gitlab.com/acme/team/dependency_proxy/containers/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "git.corp:5005/acme/dependency_proxy/containers/nvidia/cuda:1",
                "docker.io",
                "nvidia/cuda",
                Some("1"),
            ),
            (
                "1234.dkr.ecr.us-east-1.amazonaws.com/docker-hub/library/python:3",
                "docker.io",
                "python",
                Some("3"),
            ),
            (
                "1234.dkr.ecr.us-east-1.amazonaws.com/team/python:3",
                "1234.dkr.ecr.us-east-1.amazonaws.com",
                "team/python",
                Some("3"),
            ),
            (
                "registry.corp/docker-hub/library/python:3",
                "registry.corp",
                "docker-hub/library/python",
                Some("3"),
            ),
            (
                "localhost:5000/library/python:3",
                "localhost:5000",
                "library/python",
                Some("3"),
            ),
        ] {
            let home = mirrors.home(reference);
            let parts = Parts::of(&home);
            assert_eq!(
                (parts.host, parts.path, parts.tag),
                (host, path, tag),
                "{reference}"
            );
        }
    }

    #[test]
    fn digests_stay() {
        let reference = "mirror.gcr.io/library/python:3@sha256:00";
        let home = Mirrors::default().home(reference);
        assert_eq!(home, "docker.io/library/python:3@sha256:00");
        assert_eq!(
            Mirrors::default().home("python@sha256:00"),
            "python@sha256:00"
        );
    }
}
