//! What stood for what at another revision: the references that never move, as its plan has them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::config::Release;
use crate::emit::PLAN;
use crate::image::CONTENT_FORMAT;
use crate::image::plan::FORMAT;
use crate::lock::Lock;
use crate::source::{Git, GitError, ORIGIN, Repository};

/// Where to look for what immutable references stood for.
#[derive(Debug)]
pub enum Before {
    /// Nowhere: there is no lock and no release, or the release is known not to be published.
    Nothing,
    /// It could not be found out.
    Skipped(Unseen),
    /// There.
    At(Published),
}

/// That references could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unseen {
    /// Why.
    pub why: String,
    /// What would let them be compared.
    pub help: Option<String>,
    /// Whether everybody is to hear of it: a revision was named, the clone is known to lack commits and tags, or a pipeline
    /// relies on the answer. Elsewhere a release that nobody tags is no news.
    pub aloud: bool,
}

/// How far to look, and who hears of what was not seen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Looking<'a> {
    /// The revision at which the release was published, when it is asked for.
    pub base: Option<&'a str>,
    /// Whether a pipeline looks.
    pub pipeline: bool,
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
    /// Said where that revision is the very commit that is checked out: it tells of what is not committed, and no more.
    pub itself: Option<Unseen>,
}

#[derive(Deserialize)]
struct Plan {
    version: u32,
    /// The plans of the first format did not state it.
    #[serde(default = "first_format")]
    content_format: u32,
    specs: Vec<Spec>,
}

#[derive(Deserialize)]
struct Spec {
    references: Vec<String>,
    immutable: bool,
    content: String,
}

fn first_format() -> u32 {
    1
}

impl Before {
    /// Looks for the revision at which the release was published: the one named, else the git tag of the release, else
    /// where this branch left the default one of `origin`. Where releases are tagged and this one is not yet, it was not
    /// published, unless the clone is shallow and the tag may only not be here. git is asked only where a lock records a
    /// release.
    ///
    /// # Errors
    /// When the revision named is none.
    pub fn find(
        repository: &Repository,
        release: Option<&Release>,
        lock: Option<&Lock>,
        looking: Looking<'_>,
    ) -> Result<Self, GitError> {
        let git = Git::new(repository);
        let path = repository.owner().path(PLAN);
        let plan = |revision: &str| format!("{revision}:./{path}");
        if let Some(named) = looking.base {
            let commit = git.commit(named)?;
            let found = git.objects(&[plan(&commit.to_string())])?.pop().flatten();
            return Ok(match found {
                Some(found) => Before::of(named.to_owned(), true, &path, &found.bytes, looking),
                None => looking.unseen(format!("there is no `{path}` at `{named}`")),
            });
        }
        let recorded = lock.and_then(|lock| Some((lock, lock.release.as_ref()?)));
        let Some(release) = release else {
            return Ok(Before::Nothing);
        };
        let tag = format!("refs/tags/{}", release.tag);
        let Some((lock, recorded)) = recorded else {
            // Nothing was recorded; the tag of the release says what it was, all the same.
            if !repository.is_in_git() {
                return Ok(Before::Nothing);
            }
            let found = git
                .objects(&[plan(&tag)])
                .unwrap_or_default()
                .pop()
                .flatten();
            return Ok(found.map_or(Before::Nothing, |found| {
                Before::of(release.tag.clone(), true, &path, &found.bytes, looking)
            }));
        };
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
            return Ok(looking.unseen("git cannot be asked here".to_owned()));
        };
        let mut found = found.into_iter();
        let mut next = || found.next().flatten();
        let (published, tagged, origin, head, before) = (next(), next(), next(), next(), next());
        let tag = &release.tag;
        if let Some(published) = published {
            return Ok(Before::of(
                tag.clone(),
                true,
                &path,
                &published.bytes,
                looking,
            ));
        }
        if tagged.is_some() {
            return Ok(looking.unseen(format!("there is no `{path}` at the tag `{tag}`")));
        }
        let shallow = git.is_shallow();
        if before.is_some() && !shallow {
            return Ok(Before::Nothing);
        }
        let unseen = |why: String| Unseen {
            why,
            help: Some(format!(
                "if `{}` is published, fetch its tag: `git fetch --depth 1 origin tag {tag}`",
                release.version
            )),
            aloud: shallow || looking.pipeline,
        };
        let (fork, itself) = match (&origin, head) {
            (Some(origin), Some(head)) if origin.id == head.id => (Some(head.into_commit()), true),
            (Some(_), Some(_)) => (git.merge_base(), false),
            _ => (None, false),
        };
        let Some(fork) = fork else {
            let other = match origin {
                Some(_) => "a commit in common with `origin/HEAD`",
                None => "an `origin/HEAD`",
            };
            let here = if shallow {
                " in this shallow clone"
            } else {
                ""
            };
            return Ok(Before::Skipped(unseen(format!(
                "there is neither a tag `{tag}` nor {other}{here}"
            ))));
        };
        let short = fork.short();
        let found = git.objects(&[plan(&fork.to_string())])?.pop().flatten();
        Ok(match found {
            Some(found) => {
                let before = Before::of(short, false, &path, &found.bytes, looking);
                match before {
                    Before::At(published) if itself => Before::At(Published {
                        itself: Some(unseen(format!(
                            "there is no tag `{tag}`, and `origin/HEAD` is the commit that is checked out"
                        ))),
                        ..published
                    }),
                    before => before,
                }
            }
            None => Before::Skipped(unseen(format!(
                "there is no `{path}` at `{short}`, where this branch began"
            ))),
        })
    }

    /// The references of a `plan.json`.
    fn of(revision: String, certain: bool, path: &str, plan: &[u8], looking: Looking<'_>) -> Self {
        match serde_json::from_slice::<Plan>(plan) {
            Ok(plan) if plan.content_format != CONTENT_FORMAT => looking.unseen(format!(
                "contents have format {} at `{revision}`",
                plan.content_format
            )),
            Ok(plan) if (1..=FORMAT).contains(&plan.version) => {
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
                    itself: None,
                })
            }
            Ok(plan) => looking.unseen(format!(
                "`{path}` has format {} at `{revision}`",
                plan.version
            )),
            Err(_) => looking.unseen(format!("`{path}` is no plan at `{revision}`")),
        }
    }

    /// What could not be compared, if anything could not.
    pub fn unseen(&self) -> Option<&Unseen> {
        match self {
            Before::Nothing => None,
            Before::Skipped(unseen) => Some(unseen),
            Before::At(published) => published.itself.as_ref(),
        }
    }
}

impl Looking<'_> {
    fn unseen(self, why: String) -> Before {
        Before::Skipped(Unseen {
            why,
            help: None,
            aloud: self.base.is_some() || self.pipeline,
        })
    }
}
