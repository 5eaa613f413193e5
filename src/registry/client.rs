//! What a tag points at, what stands under a digest, which tags there are: asked over OCI distribution.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::image::Digest;
use crate::registry::Fault;
use crate::registry::credentials::{Credentials, Login};
use crate::registry::fault::harmless;
use crate::registry::http::{Answer, Http, Method, Request};
use crate::registry::manifest::{
    Manifest, Pointed, is_json, is_manifest, next_page, plainly_absent, platform, stated,
};
use crate::registry::place::At;
use crate::registry::token::Asking;

/// How long nothing is said of what is waited for, and how long until it is said again.
const PATIENCE: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_secs(10);
/// How many references are asked for at a time.
const AT_ONCE: usize = 4;
/// How many parts of a list are followed.
const PAGES: usize = 1000;

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

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
