//! Where a reference, and what belongs to it, is asked for.

use crate::grammar::reference::Parts;
use crate::image::Digest;
use crate::registry::Fault;
use crate::registry::http::{Origin, is_local};
use crate::registry::manifest::KINDS;

/// How many tags are asked for at once.
const TAGS: usize = 1000;

/// Where a reference is asked for.
pub(super) struct At<'a> {
    /// Of the registry, as references name it.
    pub(super) host: &'a str,
    /// Whether it is on this machine. Docker too asks those without TLS.
    pub(super) local: bool,
    /// The repository, with its host.
    pub(super) repository: String,
    pub(super) url: String,
    /// What may be answered.
    pub(super) accept: String,
    pub(super) scope: String,
}

impl<'a> At<'a> {
    pub(super) fn of(reference: &'a str) -> Self {
        let parts = Parts::of(reference);
        let (host, name, server) = match parts.host {
            "docker.io" | "index.docker.io" => {
                let library = if parts.path.contains('/') {
                    ""
                } else {
                    "library/"
                };
                let name = format!("{library}{}", parts.path);
                ("docker.io", name, "registry-1.docker.io")
            }
            host => (host, parts.path.to_owned(), host),
        };
        let local = is_local(host.split(':').next().unwrap_or(host));
        let scheme = if local { "http" } else { "https" };
        let tag = parts.tag.unwrap_or("latest");
        At {
            host,
            local,
            repository: format!("{host}/{name}"),
            url: format!("{scheme}://{server}/v2/{name}/manifests/{tag}"),
            accept: KINDS.join(", "),
            scope: format!("repository:{name}:pull"),
        }
    }

    /// The same repository, asked for a digest.
    pub(super) fn by_digest(&self, digest: Digest) -> Self {
        self.at(&format!("manifests/{digest}"), KINDS.join(", "))
    }

    /// The same repository, asked for a blob.
    pub(super) fn blob(&self, digest: Digest) -> Self {
        self.at(&format!("blobs/{digest}"), "*/*".to_owned())
    }

    /// The same repository, asked for its tags.
    pub(super) fn tags(&self) -> Self {
        self.at(
            &format!("tags/list?n={TAGS}"),
            "application/json".to_owned(),
        )
    }

    fn at(&self, what: &str, accept: String) -> Self {
        let folder = self
            .url
            .rsplit_once("/manifests/")
            .map_or("", |(folder, _)| folder);
        At {
            url: format!("{folder}/{what}"),
            accept,
            repository: self.repository.clone(),
            scope: self.scope.clone(),
            ..*self
        }
    }

    /// The next part of a list, which is at the same registry.
    pub(super) fn page(&self, next: &str) -> Result<Self, Fault> {
        let origin = Origin::of(&self.url);
        let url = origin
            .as_ref()
            .map(|origin| origin.resolve(&self.url, next));
        let url = url.filter(|url| Origin::of(url) == origin);
        let elsewhere = || Fault::Answer("its list of tags goes on elsewhere".to_owned());
        Ok(At {
            url: url.ok_or_else(elsewhere)?,
            accept: self.accept.clone(),
            repository: self.repository.clone(),
            scope: self.scope.clone(),
            ..*self
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_asked_for_where_builders_pull_them_from() {
        for (reference, url, scope) in [
            (
                "python:3.13",
                "https://registry-1.docker.io/v2/library/python/manifests/3.13",
                "repository:library/python:pull",
            ),
            (
                "docker.io/nvidia/cuda",
                "https://registry-1.docker.io/v2/nvidia/cuda/manifests/latest",
                "repository:nvidia/cuda:pull",
            ),
            (
                "index.docker.io/library/python:3",
                "https://registry-1.docker.io/v2/library/python/manifests/3",
                "repository:library/python:pull",
            ),
            (
                "ghcr.io/a/b:1",
                "https://ghcr.io/v2/a/b/manifests/1",
                "repository:a/b:pull",
            ),
            (
                "localhost:5000/a:1",
                "http://localhost:5000/v2/a/manifests/1",
                "repository:a:pull",
            ),
            (
                "127.0.0.2/a:1",
                "http://127.0.0.2/v2/a/manifests/1",
                "repository:a:pull",
            ),
            (
                "localhost.example.com/a:1",
                "https://localhost.example.com/v2/a/manifests/1",
                "repository:a:pull",
            ),
        ] {
            let at = At::of(reference);
            assert_eq!(
                (at.url.as_str(), at.scope.as_str()),
                (url, scope),
                "{reference}"
            );
        }
    }
}
