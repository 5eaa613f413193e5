//! What stood for what at another revision: the references that never move, as its plan has them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::config::Release;
use crate::emit::PLAN;
use crate::image::plan::FORMAT;
use crate::lock::Lock;
use crate::source::{Git, GitError, ORIGIN, Repository};

/// Where to look for what immutable references stood for.
#[derive(Debug)]
pub enum Before {
    /// Nowhere: there is no lock and no release, or the release is known not to be published.
    Nothing,
    /// It could not be found out, and why.
    Skipped(String),
    /// There.
    At(Published),
}

/// The immutable references of another revision.
#[derive(Debug)]
pub struct Published {
    /// What people call that revision.
    pub revision: String,
    /// Whether it is the release's own tag, or what was asked for: then the release surely was published.
    pub certain: bool,
    /// The content of each, as the plan states it.
    pub contents: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Plan {
    version: u32,
    specs: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    references: Vec<String>,
    immutable: bool,
    content: String,
}

impl Before {
    /// Looks for the revision at which the release was published: the one named, else the git tag of the release, else
    /// where this branch left the default one of `origin`. Where releases are tagged and this one is not yet, it was not
    /// published. git is asked only where a lock records a release.
    ///
    /// # Errors
    /// When the revision named is none.
    pub fn find(
        repository: &Repository,
        release: Option<&Release>,
        lock: Option<&Lock>,
        named: Option<&str>,
    ) -> Result<Self, GitError> {
        let git = Git::new(repository);
        let plan = |revision: &str| format!("{revision}:./{PLAN}");
        if let Some(named) = named {
            let commit = git.commit(named)?;
            let found = git.objects(&[plan(&commit.to_string())])?.pop().flatten();
            return Ok(match found {
                Some(found) => Before::of(named.to_owned(), true, &found.bytes),
                None => Before::Skipped(format!("there is no `{PLAN}` at `{named}`")),
            });
        }
        let recorded = lock.and_then(|lock| Some((lock, lock.release.as_ref()?)));
        let (Some(release), Some((lock, recorded))) = (release, recorded) else {
            return Ok(Before::Nothing);
        };
        let tag = format!("refs/tags/{}", release.tag);
        // All in one question, since each costs a process.
        let commit = |name: &str| format!("{name}^{{commit}}");
        let mut names = vec![plan(&tag), commit(&tag), commit(ORIGIN), commit("HEAD")];
        let before = if recorded.version == release.version {
            lock.after.as_ref()
        } else {
            Some(recorded)
        };
        names.extend(before.map(|before| commit(&format!("refs/tags/{}", before.tag))));
        let Ok(found) = git.objects(&names) else {
            return Ok(Before::Skipped("git cannot be asked here".to_owned()));
        };
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let (published, tagged, origin, head, before) = (next(), next(), next(), next(), next());
        if let Some(published) = published {
            return Ok(Before::of(release.tag.clone(), true, &published.bytes));
        }
        if tagged.is_some() {
            let tag = &release.tag;
            return Ok(Before::Skipped(format!(
                "there is no `{PLAN}` at the tag `{tag}`"
            )));
        }
        if before.is_some() {
            return Ok(Before::Nothing);
        }
        let fork = match (origin, head) {
            (Some(origin), Some(head)) if origin.id == head.id => Some(head.into_commit()),
            (Some(_), Some(_)) => git.merge_base(),
            _ => None,
        };
        let Some(fork) = fork else {
            let tag = &release.tag;
            return Ok(Before::Skipped(format!(
                "there is neither a tag `{tag}` nor an `origin/HEAD`"
            )));
        };
        let short = fork.short();
        let found = git.objects(&[plan(&fork.to_string())])?.pop().flatten();
        Ok(match found {
            Some(found) => Before::of(short, false, &found.bytes),
            None => Before::Skipped(format!(
                "there is no `{PLAN}` at `{short}`, where this branch began"
            )),
        })
    }

    /// The references of a `plan.json`.
    fn of(revision: String, certain: bool, plan: &[u8]) -> Self {
        match serde_json::from_slice::<Plan>(plan) {
            Ok(plan) if plan.version == FORMAT => {
                let specs = plan.specs.into_iter().filter(|s| s.immutable);
                let contents = specs.flat_map(|spec| {
                    let content = spec.content;
                    let references = spec.references.into_iter();
                    references.map(move |r| (r, content.clone()))
                });
                Before::At(Published {
                    revision,
                    certain,
                    contents: contents.collect(),
                })
            }
            Ok(plan) => Before::Skipped(format!(
                "`{PLAN}` has format {} at `{revision}`",
                plan.version
            )),
            Err(_) => Before::Skipped(format!("`{PLAN}` is no plan at `{revision}`")),
        }
    }
}
