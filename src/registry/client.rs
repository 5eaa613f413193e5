//! What a tag points at: `HEAD` or `GET /v2/<name>/manifests/<tag>` of OCI distribution.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::grammar::reference::Parts;
use crate::image::Digest;
use crate::registry::Fault;
use crate::registry::credentials::{Credentials, Login};
use crate::registry::fault::harmless;
use crate::registry::http::{Answer, Http, Method, Origin, Request, is_local};
use crate::registry::token::Asking;

/// What a tag may point at, indexes first. A registry that is not asked for them answers with something older, which
/// has another digest.
const KINDS: [&str; 4] = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
];
/// The header in which a registry says the digest of what it answers.
const DIGEST: &str = "docker-content-digest";
/// How long nothing is said of what is waited for, and how long until it is said again.
const PATIENCE: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_secs(10);
/// How many references are asked for at a time.
const AT_ONCE: usize = 4;

/// What a registry says of itself with every answer (OCI distribution, "API version").
const VERSION: &str = "docker-distribution-api-version";
/// How many tags are asked for at once, and how many such answers are followed.
const TAGS: usize = 1000;
const PAGES: usize = 1000;

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

/// What a repository was shown when it was first asked: nothing, or who we are; or why it could not be asked.
type Shown = Option<Result<Option<String>, Fault>>;

/// A client of every registry that references name.
#[derive(Debug)]
pub(crate) struct Client {
    http: Http,
    credentials: Credentials,
    /// What each repository was shown when it last asked.
    shown: Mutex<HashMap<String, Arc<Mutex<Shown>>>>,
}

impl Client {
    /// As the user is logged in with Docker, else as nobody; for a run of at most `limit`.
    pub(crate) fn new(limit: Duration) -> Self {
        Client {
            http: Http::new(limit),
            credentials: Credentials::read(),
            shown: Mutex::default(),
        }
    }

    /// What references point at, in their order, a few asked for at once; `waiting` as in [`Client::each`].
    pub(crate) fn resolve_all(
        &self,
        references: &[&str],
        waiting: &(dyn Fn(&[&str]) + Sync),
    ) -> Vec<Result<Pointed, Fault>> {
        Self::each(references, AT_ONCE, &|one| self.resolve(one), waiting)
    }

    /// Answers to many questions in their order, several asked at once. Where answers are long in coming, `waiting` is
    /// handed what is still asked for, after two seconds and then every ten.
    pub(crate) fn each<T: Send>(
        references: &[&str],
        at_once: usize,
        ask: &(dyn Fn(&str) -> Result<T, Fault> + Sync),
        waiting: &(dyn Fn(&[&str]) + Sync),
    ) -> Vec<Result<T, Fault>> {
        let next = AtomicUsize::new(0);
        let open: Mutex<BTreeSet<usize>> = Mutex::new((0..references.len()).collect());
        let over = Condvar::new();
        let work = || {
            let mut done = Vec::new();
            while let index = next.fetch_add(1, Ordering::Relaxed)
                && let Some(reference) = references.get(index)
            {
                done.push((index, ask(reference)));
                held(&open).remove(&index);
                over.notify_all();
            }
            done
        };
        let watch = || {
            let mut pause = PATIENCE;
            let mut left = held(&open);
            loop {
                let waited = over.wait_timeout_while(left, pause, |open| !open.is_empty());
                left = waited.unwrap_or_else(PoisonError::into_inner).0;
                if left.is_empty() {
                    return;
                }
                let names: Vec<&str> = left.iter().map(|index| references[*index]).collect();
                waiting(&names);
                pause = AGAIN;
            }
        };
        let mut found = thread::scope(|scope| {
            scope.spawn(watch);
            let workers = at_once.min(references.len());
            let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
            let done = workers.into_iter().map(|w| w.join().unwrap_or_default());
            done.flatten().collect::<Vec<_>>()
        });
        found.sort_by_key(|(index, _)| *index);
        found.into_iter().map(|(_, result)| result).collect()
    }

    /// The digest that stands under a tag; `None` where the registry says plainly that there is none.
    ///
    /// # Errors
    /// When the registry does not tell.
    pub(crate) fn digest(&self, reference: &str) -> Result<Option<Digest>, Fault> {
        let at = At::of(reference);
        let head = self.ask(&at, Method::Head)?;
        if head.status == 200
            && is_manifest(&head).is_ok()
            && let Some(digest) = stated(&head)?
        {
            return Ok(Some(digest));
        }
        // An answer to a HEAD has no body, and only that tells what a registry knows not from what is no registry.
        let got = self.ask(&at, Method::Get)?;
        if got.status == 404 {
            return plainly_absent(&got).map(|()| None);
        }
        let (digest, _) = self.read(&at, got)?;
        Ok(Some(digest))
    }

    /// What stands under a digest of a repository.
    ///
    /// # Errors
    /// When the registry does not tell, or what it tells cannot be.
    pub(crate) fn look(&self, repository: &str, digest: Digest) -> Result<Manifest, Fault> {
        let at = At::of(repository).by_digest(digest);
        let (is, got) = self.manifest(&at)?;
        if is != digest {
            return Err(Fault::Answer(format!(
                "it has `{is}` where `{digest}` was asked for"
            )));
        }
        let mut manifest = Manifest::read(&got)?;
        if manifest.platforms.is_none()
            && let Some(config) = Manifest::config(&got)
        {
            manifest.platforms = self.platform_of(&at.blob(config));
        }
        Ok(manifest)
    }

    /// The platform that the configuration of one image states. Not to know it is no fault.
    fn platform_of(&self, at: &At<'_>) -> Option<Vec<String>> {
        let got = self.ask(at, Method::Get).ok()?;
        let config: serde_json::Value = serde_json::from_slice(&got.body).ok()?;
        Some(vec![platform(&config).filter(|_| got.status == 200)?])
    }

    /// All tags of a repository, sorted; none where the registry says plainly that there is no such repository.
    ///
    /// # Errors
    /// When the registry does not tell.
    pub(crate) fn tags(&self, repository: &str) -> Result<Vec<String>, Fault> {
        let mut at = At::of(repository).tags();
        let mut tags = BTreeSet::new();
        for _ in 0..PAGES {
            let got = self.ask(&at, Method::Get)?;
            match got.status {
                200 => {}
                404 => return plainly_absent(&got).map(|()| Vec::new()),
                _ => return Err(self.unanswered(&at, &got)),
            }
            let list: serde_json::Value = serde_json::from_slice(&got.body)
                .map_err(|_| Fault::Answer("its list of tags is no JSON".to_owned()))?;
            // A repository whose tags were all deleted has `null` in some registries.
            let names = list["tags"].as_array().into_iter().flatten();
            tags.extend(names.filter_map(|name| name.as_str()).map(harmless));
            match next_page(&got) {
                Some(next) => at = at.page(&next)?,
                None => return Ok(tags.into_iter().collect()),
            }
        }
        Err(Fault::Answer("its list of tags has no end".to_owned()))
    }

    /// What a reference points at: an index, where it is there for several platforms.
    ///
    /// # Errors
    /// When the registry does not tell, or what it tells cannot be.
    pub(crate) fn resolve(&self, reference: &str) -> Result<Pointed, Fault> {
        let at = At::of(reference);
        // A HEAD costs a registry little, and counts towards no limit on pulls.
        let head = self.ask(&at, Method::Head)?;
        if head.status == 200
            && is_manifest(&head).is_ok()
            && let Some(digest) = stated(&head)?
        {
            // What it says is worth what the bytes say that it names.
            let (stated, got) = self.manifest(&at.by_digest(digest))?;
            if stated != digest {
                return Err(Fault::Answer(format!(
                    "it has `{stated}` where `{digest}` was asked for"
                )));
            }
            return Pointed::read(digest, &got);
        }
        let (digest, got) = self.manifest(&at)?;
        Pointed::read(digest, &got)
    }

    /// A manifest, and the digest of its bytes.
    fn manifest(&self, at: &At<'_>) -> Result<(Digest, Answer), Fault> {
        // Some know no HEAD, or say with it less than they could.
        let got = self.ask(at, Method::Get)?;
        self.read(at, got)
    }

    /// A manifest out of an answer, and the digest of its bytes.
    fn read(&self, at: &At<'_>, got: Answer) -> Result<(Digest, Answer), Fault> {
        if got.status != 200 {
            return Err(self.unanswered(at, &got));
        }
        is_manifest(&got)?;
        is_json(&got)?;
        let digest = Digest::from(<[u8; 32]>::from(Sha256::digest(&got.body)));
        match stated(&got)? {
            Some(stated) if stated != digest => Err(Fault::Answer(format!(
                "it says `{stated}` of a manifest that has `{digest}`"
            ))),
            _ => Ok((digest, got)),
        }
    }

    /// What an answer says that is none.
    fn unanswered(&self, at: &At<'_>, got: &Answer) -> Fault {
        match got.status {
            404 => Fault::NotFound(got.said()),
            401 | 403 => {
                let login = self.credentials.of(at.host, self.http.left());
                self.asking(at, &login).denied(got)
            }
            _ => got.fault(),
        }
    }

    /// Asks, and shows who we are when that is asked for. Whoever asks a repository first learns that for all.
    fn ask(&self, at: &At<'_>, method: Method<'_>) -> Result<Answer, Fault> {
        let request = Request {
            method,
            url: &at.url,
            query: &[],
            accept: &at.accept,
            authorization: None,
            local: at.local,
        };
        let slot = held(&self.shown)
            .entry(at.repository.clone())
            .or_default()
            .clone();
        let mut shown = held(&slot);
        let known = match shown.clone() {
            None => None,
            Some(known) => {
                drop(shown);
                let known = known?;
                let answer = self.http.ask(&Request {
                    authorization: known.as_deref(),
                    ..request
                })?;
                if !challenges(&answer)? {
                    return Ok(answer);
                }
                shown = held(&slot);
                if *shown != Some(Ok(known.clone())) {
                    // Somebody was shown something newer meanwhile.
                    let newer = shown.clone().unwrap_or(Ok(None))?;
                    drop(shown);
                    return self.http.ask(&Request {
                        authorization: newer.as_deref(),
                        ..request
                    });
                }
                Some((known, answer))
            }
        };
        let (known, answer) = match known {
            Some((known, answer)) => (known, answer),
            None => {
                let answer = match self.http.ask(&request) {
                    Ok(answer) => answer,
                    Err(fault) => {
                        // It was tried several times: whoever else asks there need not.
                        *shown = Some(Err(fault.clone()));
                        return Err(fault);
                    }
                };
                if !challenges(&answer)? {
                    *shown = Some(Ok(None));
                    return Ok(answer);
                }
                (None, answer)
            }
        };
        let login = self.credentials.of(at.host, self.http.left());
        let authorization = Some(self.asking(at, &login).authorization(&answer)?);
        *shown = Some(Ok(authorization.clone()));
        drop(shown);
        if authorization == known {
            return Ok(answer);
        }
        self.http.ask(&Request {
            authorization: authorization.as_deref(),
            ..request
        })
    }

    fn asking<'a>(&'a self, at: &'a At<'_>, login: &'a Login) -> Asking<'a> {
        Asking {
            http: &self.http,
            local: at.local,
            login,
            scope: &at.scope,
        }
    }
}

impl Pointed {
    /// Reads a manifest. What is in an index beside images, such as attestations, is for a platform `unknown`.
    fn read(digest: Digest, got: &Answer) -> Result<Self, Fault> {
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
    fn read(got: &Answer) -> Result<Self, Fault> {
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
    fn config(got: &Answer) -> Option<Digest> {
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
fn platform(stated: &serde_json::Value) -> Option<String> {
    let (os, arch) = (stated["os"].as_str()?, stated["architecture"].as_str()?);
    let variant = stated["variant"].as_str().filter(|v| !v.is_empty());
    let words = [Some(os), Some(arch), variant].into_iter().flatten();
    let words: Vec<String> = words.map(harmless).collect();
    (os != "unknown").then(|| words.join("/"))
}

/// Where a reference is asked for.
struct At<'a> {
    /// Of the registry, as references name it.
    host: &'a str,
    /// Whether it is on this machine. Docker too asks those without TLS.
    local: bool,
    /// The repository, with its host.
    repository: String,
    url: String,
    /// What may be answered.
    accept: String,
    scope: String,
}

impl<'a> At<'a> {
    fn of(reference: &'a str) -> Self {
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
    fn by_digest(&self, digest: Digest) -> Self {
        self.at(&format!("manifests/{digest}"), KINDS.join(", "))
    }

    /// The same repository, asked for a blob.
    fn blob(&self, digest: Digest) -> Self {
        self.at(&format!("blobs/{digest}"), "*/*".to_owned())
    }

    /// The same repository, asked for its tags.
    fn tags(&self) -> Self {
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
    fn page(&self, next: &str) -> Result<Self, Fault> {
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

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The digest that an answer states; `None` when it states none.
fn stated(answer: &Answer) -> Result<Option<Digest>, Fault> {
    let stated = answer.header(DIGEST).filter(|s| !s.is_empty());
    let read = |text: &str| {
        text.parse().map_err(|_| {
            let text = harmless(text);
            Fault::Answer(format!("`{text}` is no SHA-256 digest"))
        })
    };
    stated.map(read).transpose()
}

/// Whether an answer asks who we are.
fn challenges(answer: &Answer) -> Result<bool, Fault> {
    if answer.status != 401 || answer.header("www-authenticate").is_none() {
        return Ok(false);
    }
    if answer.strayed {
        // Whoever it leads to is not whom our login is for.
        return Err(Fault::Answer(
            "it leads to another place, which asks who we are".to_owned(),
        ));
    }
    Ok(true)
}

/// Whether "not found" is a registry's word: pages that a proxy or a portal answers with have that status, too.
fn plainly_absent(answer: &Answer) -> Result<(), Fault> {
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
fn next_page(answer: &Answer) -> Option<String> {
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
fn is_json(answer: &Answer) -> Result<(), Fault> {
    match serde_json::from_slice(&answer.body) {
        Ok(serde_json::Value::Object(_)) => Ok(()),
        _ if answer.body.is_empty() => Err(Fault::Answer("it is empty".to_owned())),
        _ if is_index(answer) => Err(Fault::Answer("its index cannot be read".to_owned())),
        _ => Err(Fault::Answer("its manifest cannot be read".to_owned())),
    }
}

/// Whether it is a manifest: pages that a proxy or portal answers with have a digest too.
fn is_manifest(answer: &Answer) -> Result<(), Fault> {
    let kind = kind(answer);
    if KINDS.contains(&kind) {
        return Ok(());
    }
    Err(Fault::Answer(match kind {
        "" => "it does not say what it is".to_owned(),
        kind => format!("it is `{}` and no manifest", harmless(kind)),
    }))
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
