//! What stood for what at another revision: the references that never move, as its plan has them.

use std::collections::HashMap;

use serde::Deserialize;

use crate::config::Release;
use crate::image::CONTENT_FORMAT;
use crate::image::plan::FORMAT;
use crate::image::plan::PLAN;
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
    specs: Vec<PublishedSpec>,
}

#[derive(Deserialize)]
struct PublishedSpec {
    references: Vec<String>,
    immutable: bool,
    content: String,
}

fn first_format() -> u32 {
    1
}

impl Before {
    /// What can be said without asking git: there is nothing to look for, or nothing by which to find it.
    pub fn known(
        repository: &Repository,
        release: Option<&Release>,
        lock: Option<&Lock>,
        looking: Looking<'_>,
    ) -> Option<Self> {
        if looking.base.is_some() {
            return None;
        }
        let Some(release) = release else {
            return Some(Before::Nothing);
        };
        let recorded = lock.is_some_and(|lock| lock.release.is_some());
        if !repository.is_in_git() {
            return Some(match recorded {
                true => looking.unseen("git cannot be asked here".to_owned()),
                false => Before::Nothing,
            });
        }
        let git = Git::new(repository);
        let mut refs = vec![tag(&release.tag)];
        if recorded {
            refs.push(ORIGIN.to_owned());
            refs.extend(lock.and_then(|lock| before(release, lock)));
        }
        git.lacks(&refs).then(|| match recorded {
            true => looking.nowhere(release, false, git.is_shallow()),
            false => Before::Nothing,
        })
    }

    /// Looks for the revision at which the release was published: the one named, else the git tag of the release, else
    /// where this branch left the default one of `origin`. Where releases are tagged and this one is not yet, it was not
    /// published, unless the clone is shallow and the tag may only not be here. git is asked only for what is not
    /// [`known`](Self::known).
    ///
    /// # Errors
    /// When the revision named is none.
    pub fn find(
        repository: &Repository,
        release: Option<&Release>,
        lock: Option<&Lock>,
        looking: Looking<'_>,
    ) -> Result<Self, GitError> {
        if let Some(known) = Before::known(repository, release, lock, looking) {
            return Ok(known);
        }
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
        let Some(release) = release else {
            return Ok(Before::Nothing);
        };
        let tagged = tag(&release.tag);
        let Some(lock) = lock.filter(|lock| lock.release.is_some()) else {
            // Nothing was recorded; the tag of the release says what it was, all the same.
            let found = git
                .objects(&[plan(&tagged)])
                .unwrap_or_default()
                .pop()
                .flatten();
            return Ok(found.map_or(Before::Nothing, |found| {
                Before::of(release.tag.clone(), true, &path, &found.bytes, looking)
            }));
        };
        // All in one question, since each costs a process.
        let commit = |name: &str| format!("{name}^{{commit}}");
        let mut names = vec![
            plan(&tagged),
            commit(&tagged),
            commit(ORIGIN),
            commit("HEAD"),
        ];
        names.extend(before(release, lock).map(|before| commit(&before)));
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
        let is_known = origin.is_some();
        let (fork, itself) = match (origin, head) {
            (Some(origin), Some(head)) if origin.id == head.id => (Some(head.into_commit()), true),
            (Some(_), Some(_)) => (git.merge_base(), false),
            _ => (None, false),
        };
        let Some(fork) = fork else {
            return Ok(looking.nowhere(release, is_known, shallow));
        };
        let short = fork.short();
        let found = git.objects(&[plan(&fork.to_string())])?.pop().flatten();
        Ok(match found {
            Some(found) => {
                let before = Before::of(short, false, &path, &found.bytes, looking);
                match before {
                    Before::At(published) if itself => {
                        let why = format!(
                            "there is no tag `{tag}`, and `origin/HEAD` is the commit that is checked out"
                        );
                        Before::At(Published {
                            itself: Some(looking.untagged(release, shallow, why)),
                            ..published
                        })
                    }
                    before => before,
                }
            }
            None => {
                let why = format!("there is no `{path}` at `{short}`, where this branch began");
                Before::Skipped(looking.untagged(release, shallow, why))
            }
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

    /// The same of a release that has no tag here.
    fn untagged(self, release: &Release, shallow: bool, why: String) -> Unseen {
        let tag = &release.tag;
        Unseen {
            why,
            help: Some(format!(
                "if `{}` is published, fetch its tag: `git fetch --depth 1 origin tag {tag}`",
                release.version
            )),
            aloud: shallow || self.pipeline,
        }
    }

    /// There is no tag, nor a branch that this one left; `origin` is whether the default one of `origin` is there.
    fn nowhere(self, release: &Release, origin: bool, shallow: bool) -> Before {
        let tag = &release.tag;
        let other = match origin {
            true => "a commit in common with `origin/HEAD`",
            false => "an `origin/HEAD`",
        };
        let here = if shallow {
            " in this shallow clone"
        } else {
            ""
        };
        let why = format!("there is neither a tag `{tag}` nor {other}{here}");
        Before::Skipped(self.untagged(release, shallow, why))
    }
}

/// The full name of a tag.
fn tag(name: &str) -> String {
    format!("refs/tags/{name}")
}

/// The tag of the release before this one, as far as a lock records it.
fn before(release: &Release, lock: &Lock) -> Option<String> {
    let recorded = lock.release.as_ref()?;
    let before = match recorded.version == release.version {
        true => lock.after.as_ref(),
        false => Some(recorded),
    };
    before.map(|before| tag(&before.tag))
}
