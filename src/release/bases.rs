//! New digests of upstream images, and all that follows from them, as a set of planned files.
//!
//! Nothing is touched here and nobody is asked: [`Bases`] says which images there are to ask for, and [`Relock`] what
//! their digests come to. The new lock is laid over the repository in memory, and the outputs are made from that.

use std::collections::BTreeMap;

use crate::check::drift_findings;
use crate::config::Config;
use crate::diagnostic::{Code, Finding, Place, Sink, and_list, code};
use crate::flow::{self, Expanded, Fault};
use crate::image::reference::{Parts, full};
use crate::image::{Digest, Platform, Spec, SpecId};
use crate::lock::{self, Lock, Standing};
use crate::output::{Drift, State};
use crate::release::texts::{Rewritten, Texts};
use crate::source::Repository;

/// The upstream images of a matrix that state no digest themselves.
#[derive(Debug)]
pub struct Bases {
    /// The matrix as if no digest were locked.
    pub expanded: Expanded,
    /// The lock as it is, when there is one.
    before: Option<Lock>,
    all: Vec<Base>,
}

/// An upstream image, by whichever of its names comes first.
#[derive(Debug)]
pub struct Base {
    /// The reference.
    pub reference: String,
    /// Who stands on it; never empty.
    pub specs: Vec<SpecId>,
    /// The digest that is locked for it.
    pub locked: Option<Digest>,
}

/// What becomes of the digest of an upstream image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The reference.
    pub reference: String,
    /// What was locked.
    pub from: Option<Digest>,
    /// What will be; none where nothing stands on it any more.
    pub to: Option<Digest>,
}

/// New digests that can be carried out.
#[derive(Debug)]
pub struct Relock {
    /// Every image that was or will be locked, by reference.
    pub moved: Vec<Moved>,
    /// The lock, when it changes.
    pub files: Vec<Rewritten>,
    /// The outputs against the disk.
    pub drift: Drift,
    /// How many specs then differ from what is recorded of the release.
    pub unreleased: usize,
}

/// What is wrong with a lock that cannot be written anew without losing what it records.
const UNKEPT: [Code; 3] = [&code::LOCK_CONFLICT, &code::LOCK_FORMAT, &code::LOCK_SYNTAX];

impl Bases {
    /// Reads which images there are to ask for.
    ///
    /// # Errors
    /// When no plan can be built, or the lock is there and cannot be read; why is in `sink`.
    pub fn read(repository: &Repository, sink: &mut Sink) -> Result<Self, Fault> {
        let mut own = Sink::new();
        let before = flow::expand(repository, &mut own);
        let told = own.into_sorted();
        // What cannot be read, or whose sides are not merged, cannot be kept either.
        let unkept = told.iter().any(|finding| UNKEPT.contains(&finding.code));
        if unkept || before.is_err() {
            told.into_iter().for_each(|finding| sink.push(finding));
        }
        let lock = before?.lock;
        if unkept {
            return Err(Fault::Findings);
        }
        let mut texts = Texts::new(repository);
        if let Some(lock) = &lock {
            let none = lock.with_bases(BTreeMap::new());
            texts.put(&lock::path(repository.matrix_path()), none.to_toml());
        }
        let expanded = flow::expand(texts.now(), &mut Sink::new())?;
        let mut all: BTreeMap<String, Base> = BTreeMap::new();
        for (index, spec) in expanded.matrix.specs.iter().enumerate() {
            let Some(reference) = spec.base.as_ref().filter(|base| is_pulled(base)) else {
                continue;
            };
            let base = all.entry(full(reference)).or_insert_with(|| Base {
                reference: reference.clone(),
                specs: Vec::new(),
                locked: lock.as_ref().and_then(|l| l.digest_of(reference)).copied(),
            });
            base.specs.push(SpecId(index));
        }
        let mut all: Vec<Base> = all.into_values().collect();
        all.sort_by(|a, b| a.reference.cmp(&b.reference));
        Ok(Bases {
            expanded,
            before: lock,
            all,
        })
    }

    /// Those that one of the chosen specs stands on, by reference.
    pub fn chosen(&self, is_chosen: impl Fn(&Spec) -> bool) -> Vec<&Base> {
        let chosen = |id: &SpecId| is_chosen(self.expanded.matrix.spec(*id));
        let all = self.all.iter();
        all.filter(|base| base.specs.iter().any(chosen)).collect()
    }

    /// That the digest of an image was not learned.
    pub fn unresolved(&self, base: &Base, headline: String) -> Finding {
        self.finding(&code::BASE_UNRESOLVED, base, &base.specs, headline)
    }

    /// That an image is not there for all platforms of those who stand on it; `there` is what it has, `None` when it is no
    /// index, but the image of one platform.
    pub fn lacking(&self, base: &Base, there: Option<&[String]>) -> Option<Finding> {
        let reference = &base.reference;
        let lacks = |id: &SpecId| -> Vec<&Platform> {
            let wanted = self.expanded.matrix.spec(*id).platforms.iter();
            match there {
                Some(there) => wanted
                    .filter(|wanted| !there.iter().any(|there| wanted.runs(there)))
                    .collect(),
                None => wanted.skip(1).collect(),
            }
        };
        let specs = base.specs.iter().copied();
        let specs: Vec<SpecId> = specs.filter(|id| !lacks(id).is_empty()).collect();
        let first = specs.first()?;
        let all = &self.expanded.matrix.spec(*first).platforms;
        let finding = match there {
            Some(there) => {
                let lacking = and_list(lacks(first).into_iter().map(|p| p.as_str()));
                let headline = format!("`{reference}` is not there for {lacking}");
                let there = and_list(there.iter().map(String::as_str));
                self.finding(&code::BASE_PLATFORM, base, &specs, headline)
                    .note(format!("its index has {there}"))
            }
            None => {
                let all = and_list(all.iter().map(|p| p.as_str()));
                let headline =
                    format!("`{reference}` is one image and no index, and is stood on for {all}");
                self.finding(&code::BASE_PLATFORM, base, &specs, headline)
                    .note("its digest would be built upon for every platform, without a word from the builder")
            }
        };
        Some(finding.help(
            "name an image that is there for all of them, or leave platforms out: an `[[exclude]]` with `arch`, or `platforms` of the image",
        ))
    }

    /// A finding at the text that names an image, for the first of these specs.
    fn finding(&self, code: Code, base: &Base, specs: &[SpecId], headline: String) -> Finding {
        let Config { file, .. } = &self.expanded.config;
        let id = specs.first().copied().unwrap_or(base.specs[0]);
        let spec = self.expanded.matrix.spec(id);
        let place = match &spec.merged.from {
            Some(from) => {
                let label = format!("for {}", spec.describe(&self.expanded.config));
                Place::span(file, from.span.clone(), label)
            }
            None => Place::file(file.path.clone()),
        };
        Finding::new(code, headline, place).about(specs.iter().copied())
    }

    /// Plans what follows from the digests of some; the others keep theirs, and what nothing stands on is dropped.
    ///
    /// # Errors
    /// When it cannot be carried out; why is in `sink`.
    pub fn plan(
        &self,
        repository: &Repository,
        digests: &[(&Base, Digest)],
        sink: &mut Sink,
    ) -> Result<Relock, Fault> {
        let new: BTreeMap<&str, Digest> = digests
            .iter()
            .map(|(base, digest)| (base.reference.as_str(), *digest))
            .collect();
        let bases: BTreeMap<String, Digest> = self
            .all
            .iter()
            .filter_map(|base| {
                let digest = new.get(base.reference.as_str()).copied().or(base.locked)?;
                Some((base.reference.clone(), digest))
            })
            .collect();
        let moved = self.moved(&bases);
        let lock = match &self.before {
            Some(before) => Some(before.with_bases(bases)),
            None if bases.is_empty() => None,
            None => Some(Lock::of_bases(bases)),
        };
        let mut texts = Texts::new(repository);
        if let Some(lock) = &lock {
            texts.put(&lock::path(repository.matrix_path()), lock.to_toml());
        }
        let expanded = flow::expand(texts.now(), sink)?;
        let rendered = flow::render(texts.now(), &expanded, sink)?;
        let drift = flow::compare(texts.now(), &expanded, &rendered, false)?;
        // What stands where outputs belong has the last word.
        let refused = drift
            .changes
            .iter()
            .any(|change| matches!(change.state, State::Edited | State::NotOurs | State::Linked));
        if refused {
            let all = drift_findings(&drift, &expanded.config).into_iter();
            all.filter(|f| {
                [&code::ACTION_EDITED, &code::NOT_OURS, &code::SYMLINK_OUTPUT].contains(&f.code)
            })
            .for_each(|finding| sink.push(finding));
            return Err(Fault::Findings);
        }
        let standing = lock
            .as_ref()
            .map(|l| l.standing(&expanded.config, &expanded.matrix, &rendered.contents));
        let unreleased = match standing {
            Some(Standing::Unreleased(difference)) => difference.len(),
            _ => 0,
        };
        Ok(Relock {
            moved,
            files: texts.finish().1,
            drift,
            unreleased,
        })
    }

    fn moved(&self, bases: &BTreeMap<String, Digest>) -> Vec<Moved> {
        let known: Vec<String> = self.all.iter().map(|b| full(&b.reference)).collect();
        let before = self.before.iter().flat_map(|lock| &lock.bases);
        let dropped = before.filter(|(reference, _)| !known.contains(&full(reference)));
        let dropped = dropped.map(|(reference, digest)| Moved {
            reference: reference.clone(),
            from: Some(*digest),
            to: None,
        });
        let kept = self.all.iter().filter_map(|base| {
            Some(Moved {
                reference: base.reference.clone(),
                from: base.locked,
                to: Some(*bases.get(&base.reference)?),
            })
        });
        let mut moved: Vec<Moved> = kept.chain(dropped).collect();
        moved.sort_by(|a, b| a.reference.cmp(&b.reference));
        moved
    }
}

impl Relock {
    /// Whether everything is as it will be.
    pub fn is_done(&self) -> bool {
        self.files.is_empty() && self.drift.is_clean()
    }

    /// The paths it writes or removes.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let changes = self.drift.changes.iter();
        let outputs = changes.filter(|c| c.state != State::Fresh);
        outputs
            .map(|c| c.path.as_str())
            .chain(self.files.iter().map(|f| f.edit.path.as_str()))
    }
}

/// Whether a registry can say the digest of that base: `scratch` is in none, and one that states it needs none.
fn is_pulled(base: &str) -> bool {
    base != "scratch" && Parts::of(base).digest.is_none()
}
