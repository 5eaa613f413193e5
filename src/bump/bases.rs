//! New digests of upstream images, and all that follows from them, as a set of planned files.
//!
//! Nothing is touched here and nobody is asked: [`Bases`] says which images there are to ask for, and [`Relock`] what
//! their digests come to. The new lock is laid over the repository in memory, and the outputs are made from that.

use std::collections::{BTreeMap, BTreeSet};

use crate::bump::texts::{Rewritten, Texts};
use crate::check::refused_outputs;
use crate::diagnostic::{Code, Finding, Place, Sink, and_list, by_version, code};
use crate::facts::Day;
use crate::flow::{self, Expanded, Fault};
use crate::grammar::reference::{Parts, full};
use crate::grammar::{Platform, SpecId};
use crate::image::{Digest, Spec, pins};
use crate::lock::{Lock, Standing};
use crate::output::{Drift, State};
use crate::source::lock_path;
use crate::source::{Repository, SourceFile};

/// The upstream images of a matrix that state no digest themselves.
#[derive(Debug)]
pub struct Bases {
    /// The matrix as if no digest were locked.
    pub expanded: Expanded,
    /// The lock as it is, when there is one.
    before: Option<Lock>,
    all: Vec<Base>,
    /// What Dockerfiles name and cannot be locked, with the reason.
    unlocked: Vec<Place>,
}

/// An upstream image, by whichever of its names comes first.
#[derive(Debug)]
pub struct Base {
    /// The reference.
    pub reference: String,
    /// Who stands on it, or copies from it, in order; never empty.
    pub specs: Vec<SpecId>,
    /// The digest that is locked for it.
    pub locked: Option<Digest>,
    /// The platforms that each of these takes it for.
    platforms: Vec<BTreeSet<Platform>>,
    /// The text that names it.
    place: Place,
}

impl Base {
    fn add(&mut self, id: SpecId, platforms: impl IntoIterator<Item = Platform>) {
        if self.specs.last() != Some(&id) {
            self.specs.push(id);
            self.platforms.push(BTreeSet::new());
        }
        if let Some(known) = self.platforms.last_mut() {
            known.extend(platforms);
        }
    }
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

/// The day of a refresh, and whether packages move to it.
#[derive(Clone, Copy, Debug)]
pub struct Refreshed {
    /// The day.
    pub today: Day,
    /// Whether packages are not to be older than that from now on; else the day that is locked for them stays.
    pub packages: bool,
}

/// New digests that can be carried out.
#[derive(Debug)]
pub struct Relock {
    /// Every image that was or will be locked, by reference.
    pub moved: Vec<Moved>,
    /// The day that packages are not to be older than, when it moves.
    pub packages: Option<Day>,
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
            texts.put(&lock_path(repository.matrix_path()), none.to_toml());
        }
        let expanded = flow::expand(texts.now(), &mut Sink::new())?;
        let mut all: BTreeMap<String, Base> = BTreeMap::new();
        let mut entry =
            |reference: &str, id: SpecId, platforms: &[Platform], place: &dyn Fn() -> Place| {
                let base = all.entry(full(reference)).or_insert_with(|| Base {
                    reference: reference.to_owned(),
                    specs: Vec::new(),
                    locked: lock.as_ref().and_then(|l| l.digest_of(reference)).copied(),
                    platforms: Vec::new(),
                    place: place(),
                });
                base.add(id, platforms.iter().cloned());
            };
        let contents = flow::contents_of(texts.now(), &expanded, sink)?;
        let (config, matrix) = (&expanded.config, &expanded.matrix);
        let mut read = pins::Read::default();
        let mut unlocked: Vec<Place> = Vec::new();
        for (id, rendered) in contents.iter() {
            let spec = matrix.spec(id);
            if let Some(reference) = spec.base.as_ref().filter(|base| is_pulled(base)) {
                let place = || match &spec.merged.from {
                    Some(from) => {
                        config.place(from.span.clone(), format!("for {}", spec.describe(config)))
                    }
                    None => Place::file(config.file.path.clone()),
                };
                entry(reference, id, &spec.platforms, &place);
            }
            for upstream in read.upstream(matrix, spec, rendered) {
                let place = |label: String| match &rendered.own {
                    Some(own) => Place::span(own, upstream.span.clone(), label),
                    None => {
                        let text = rendered.dockerfile_text();
                        let file = SourceFile::new(rendered.dockerfile.as_str(), text);
                        Place::span(&file, upstream.span.clone(), label)
                    }
                };
                match &upstream.reference {
                    Ok(reference) => {
                        let named = || place(format!("for {}", spec.describe(config)));
                        entry(reference, id, &upstream.platforms, &named);
                    }
                    Err(why) => {
                        let place = place(why.clone());
                        let same = |known: &Place| {
                            let at = |p: &Place| p.at.as_ref().map(|(_, span)| span.clone());
                            known.path == place.path && at(known) == at(&place)
                        };
                        if !unlocked.iter().any(same) {
                            unlocked.push(place);
                        }
                    }
                }
            }
        }
        let mut all: Vec<Base> = all.into_values().collect();
        all.sort_by(|a, b| by_version(&a.reference, &b.reference));
        Ok(Bases {
            expanded,
            before: lock,
            all,
            unlocked,
        })
    }

    /// Those that one of the chosen specs stands on, by reference.
    pub fn chosen(&self, is_chosen: impl Fn(&Spec) -> bool) -> Vec<&Base> {
        let chosen = |id: &SpecId| is_chosen(self.expanded.matrix.spec(*id));
        let all = self.all.iter();
        all.filter(|base| base.specs.iter().any(chosen)).collect()
    }

    /// What Dockerfiles name and cannot be locked: where, and why.
    pub fn unlocked(&self) -> &[Place] {
        &self.unlocked
    }

    /// That the digest of an image was not learned.
    pub fn unresolved(&self, base: &Base, headline: String) -> Finding {
        self.finding(&code::BASE_UNRESOLVED, base, &base.specs, headline)
    }

    /// That an image is not there for all platforms of those who stand on it; `there` is what it has, `None` when it is no
    /// index, but the image of one platform.
    pub fn lacking(&self, base: &Base, there: Option<&[String]>) -> Option<Finding> {
        let reference = &base.reference;
        let lacks = |wanted: &BTreeSet<Platform>| -> Vec<String> {
            let wanted = wanted.iter();
            let lacking: Vec<&Platform> = match there {
                Some(there) => wanted
                    .filter(|wanted| !there.iter().any(|there| wanted.runs(there)))
                    .collect(),
                None => wanted.skip(1).collect(),
            };
            lacking.iter().map(|p| p.as_str().to_owned()).collect()
        };
        let each = base.specs.iter().zip(&base.platforms);
        let lacking: Vec<(&SpecId, &BTreeSet<Platform>)> = each
            .filter(|(_, wanted)| !lacks(wanted).is_empty())
            .collect();
        let (_, wanted) = lacking.first()?;
        let specs: Vec<SpecId> = lacking.iter().map(|(id, _)| **id).collect();
        let finding = match there {
            Some(there) => {
                let lacking = lacks(wanted);
                let lacking = and_list(lacking.iter().map(String::as_str));
                let headline = format!("`{reference}` is not there for {lacking}");
                let there = and_list(there.iter().map(String::as_str));
                self.finding(&code::BASE_PLATFORM, base, &specs, headline)
                    .note(format!("its index has {there}"))
            }
            None => {
                let all = and_list(wanted.iter().map(|p| p.as_str()));
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

    /// A finding at the text that names an image.
    fn finding(&self, code: Code, base: &Base, specs: &[SpecId], headline: String) -> Finding {
        Finding::new(code, headline, base.place.clone()).about(specs.iter().copied())
    }

    /// Plans what follows from the digests of some, and from the day that packages are not to be older than; the other images
    /// keep theirs, and what nothing stands on is dropped.
    ///
    /// # Errors
    /// When it cannot be carried out; why is in `sink`.
    pub fn plan(
        &self,
        repository: &Repository,
        digests: &[(&Base, Digest)],
        refreshed: Refreshed,
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
        let was = self.before.as_ref().and_then(|lock| lock.packages);
        let packages = if refreshed.packages {
            Some(refreshed.today)
        } else {
            was
        };
        let moves = packages != was || moved.iter().any(|m| m.from != m.to);
        let day = self.before.as_ref().and_then(|lock| lock.moved);
        let day = if moves { Some(refreshed.today) } else { day };
        let lock = match &self.before {
            Some(before) => Some(before.with_bases(bases)),
            None if bases.is_empty() && packages.is_none() => None,
            None => Some(Lock::of_bases(bases)),
        };
        let lock = lock.map(|lock| lock.with_days(packages, day));
        let mut texts = Texts::new(repository);
        if let Some(lock) = &lock {
            texts.put(&lock_path(repository.matrix_path()), lock.to_toml());
        }
        let expanded = flow::expand(texts.now(), sink)?;
        let rendered = flow::render(texts.now(), &expanded, sink)?;
        let drift = flow::compare(texts.now(), &expanded, &rendered, None, false)?;
        // What stands where outputs belong has the last word.
        if drift.changes.iter().any(|change| change.state.is_refused()) {
            refused_outputs(&drift, &expanded.config, repository.family())
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
            packages: packages.filter(|_| packages != was),
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
        moved.sort_by(|a, b| by_version(&a.reference, &b.reference));
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
