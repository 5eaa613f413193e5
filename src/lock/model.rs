//! What the lock holds, and recording it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use crate::config::{Config, Release};
use crate::diagnostic::Place;
use crate::facts::Day;
use crate::grammar::SpecId;
use crate::grammar::reference::full;
use crate::image::{CONTENT_FORMAT, Contents, Digest, Matrix, Short};
use crate::lock::{ContextFiles, Inputs};

/// Version of the format of `matrix.lock`.
pub const FORMAT: u32 = 1;

/// What a release is made of.
#[derive(Clone, Debug)]
pub struct Lock {
    /// [`CONTENT_FORMAT`] of the gen that recorded it. Contents of another format cannot be compared.
    pub content_format: u32,
    /// The release recorded; `None` when only digests are.
    pub release: Option<Recorded>,
    /// The release that was recorded before it.
    pub after: Option<Recorded>,
    /// The last final release before it, where both it and the one before it are pre-releases.
    pub last_final: Option<Recorded>,
    /// The day on which digests or packages moved last.
    pub moved: Option<Day>,
    /// The day that packages are not to be older than: whatever installs some counts with it.
    pub packages: Option<Day>,
    /// Digests of upstream images, by reference.
    pub bases: BTreeMap<String, Digest>,
    /// The specs, by id.
    pub specs: BTreeMap<String, Entry>,
    /// The files of their contexts, by the hash of those.
    pub contexts: BTreeMap<Short, ContextFiles>,
    /// Where the release stands in the file it was read from.
    pub place: Option<Place>,
    /// Whether a merge left both sides in the file. What is held is then our side.
    pub conflicted: bool,
}

/// A release that was recorded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recorded {
    /// The version as written in the matrix.
    pub version: String,
    /// How tags name it.
    pub tag: String,
    /// Whether it is no pre-release: only then do aliases move.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Number of its specs that are published.
    pub specs: usize,
}

impl Recorded {
    fn new(release: &Release, matrix: &Matrix) -> Self {
        Recorded {
            version: release.version.clone(),
            tag: release.tag.clone(),
            is_final: !release.read.is_pre_release(),
            specs: matrix.specs.iter().filter(|s| s.tag.is_some()).count(),
        }
    }
}

/// One spec as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The hash of all that goes into it.
    pub content: Digest,
    /// The release where that content first appeared; where it is published, as that.
    pub since: String,
    /// Whether it is published: else no reference of the release stands for it.
    pub publish: bool,
    /// The day that the content was recorded first, where images are to be reproducible: what is built of it carries that.
    pub recorded: Option<Day>,
    /// What goes into it, part by part.
    pub inputs: Inputs,
}

impl Lock {
    /// The lock of a matrix at its release: a spec whose content is that of `previous` keeps the release where it first
    /// appeared, specs that are gone are dropped, digests of upstream images are kept. Recording twice changes nothing.
    /// Without a `[release]` only the digests are held. `today` is the day of what is new.
    pub fn record(
        previous: Option<&Lock>,
        config: &Config,
        matrix: &Matrix,
        contents: &Contents,
        today: Day,
    ) -> Lock {
        let release = config.release.as_ref();
        let release = release.map(|r| Recorded::new(r, matrix));
        let before = previous.and_then(|p| p.release.as_ref());
        let version = |release: Option<&Recorded>| release.map(|r| r.version.clone());
        let after = if version(before) == version(release.as_ref()) {
            previous.and_then(|p| p.after.clone())
        } else {
            before.cloned()
        };
        // Of contents of another format nothing says that they are these.
        let comparable = previous.is_some_and(|p| p.content_format == CONTENT_FORMAT);
        let told = |r: &Option<Recorded>| r.as_ref().is_none_or(|r| r.is_final);
        let last_final = match told(&release) || told(&after) {
            true => None,
            false => previous.and_then(|p| p.last_final()).cloned(),
        };
        let entry = |id: SpecId, release: &str| {
            let spec = matrix.spec(id);
            let content = contents.get(id).content;
            let publish = spec.tag.is_some();
            let known = previous.and_then(|p| p.specs.get(&*spec.id));
            let known = known.filter(|k| comparable && k.content == content);
            let recorded = known.and_then(|k| k.recorded).unwrap_or(today);
            let entry = Entry {
                content,
                since: known
                    .filter(|k| k.publish || !publish)
                    .map_or(release, |k| k.since.as_str())
                    .to_owned(),
                publish,
                recorded: config.ci.reproducible.then_some(recorded),
                inputs: Inputs::of(matrix, contents, id),
            };
            (spec.id.to_string(), entry)
        };
        let specs = match &release {
            Some(release) => (0..matrix.specs.len())
                .map(|index| entry(SpecId(index), &release.version))
                .collect(),
            None => BTreeMap::new(),
        };
        let contexts = match &release {
            Some(_) => contents
                .iter()
                .map(|(_, rendered)| &rendered.files)
                .filter(|files| !files.files.is_empty())
                .map(|files| (Short::of(&files.hash), files))
                .collect::<BTreeMap<_, _>>(),
            None => BTreeMap::new(),
        };
        let contexts = contexts.into_iter();
        Lock {
            content_format: CONTENT_FORMAT,
            specs,
            contexts: contexts
                .map(|(hash, files)| (hash, ContextFiles::of(files)))
                .collect(),
            release,
            after,
            last_final,
            moved: previous.and_then(|p| p.moved),
            packages: previous.and_then(|p| p.packages),
            bases: previous.map(|p| p.bases.clone()).unwrap_or_default(),
            place: None,
            conflicted: false,
        }
    }

    /// The last release that is recorded as final; `None` where the lock holds none.
    pub fn last_final(&self) -> Option<&Recorded> {
        let recorded = [&self.release, &self.after, &self.last_final];
        recorded.into_iter().flatten().find(|r| r.is_final)
    }

    /// Notes that the release of `before` was the one before this, where nothing was recorded of it.
    pub fn follow(&mut self, before: &Config, matrix: &Matrix) {
        let release = before.release.as_ref();
        let before = release.map(|release| Recorded::new(release, matrix));
        let version = |r: &Option<Recorded>| r.as_ref().map(|r| r.version.clone());
        if self.after.is_none() && version(&before) != version(&self.release) {
            self.after = before;
        }
    }

    /// Digests of upstream images, and nothing recorded.
    pub fn of_bases(bases: BTreeMap<String, Digest>) -> Lock {
        Lock {
            content_format: CONTENT_FORMAT,
            release: None,
            after: None,
            last_final: None,
            moved: None,
            packages: None,
            bases,
            specs: BTreeMap::new(),
            contexts: BTreeMap::new(),
            place: None,
            conflicted: false,
        }
    }

    /// The same records over other digests of upstream images.
    pub fn with_bases(&self, bases: BTreeMap<String, Digest>) -> Lock {
        Lock {
            bases,
            ..self.clone()
        }
    }

    /// The same records over another day that packages are not to be older than, and the day of that move.
    pub fn with_days(self, packages: Option<Day>, moved: Option<Day>) -> Lock {
        Lock {
            moved,
            packages,
            ..self
        }
    }

    /// The digest that is locked for an upstream reference, however that names Docker Hub.
    pub fn digest_of(&self, base: &str) -> Option<&Digest> {
        let wanted = full(base);
        let mut all = self.bases.iter();
        all.find(|(known, _)| full(known) == wanted)
            .map(|(_, digest)| digest)
    }

    /// Tells the matrix the days that are locked and recorded, puts the locked digests into the references of upstream images, and beside the specs for those that Dockerfiles
    /// name. One that states its digest keeps it.
    pub fn pin(&self, matrix: &mut Matrix) {
        matrix.packages = self.packages;
        let days = self.specs.values();
        matrix.recorded = days
            .filter_map(|entry| Some((entry.content, entry.recorded?)))
            .collect();
        let locked = self.bases.iter();
        matrix.locked = locked.map(|(base, digest)| (full(base), *digest)).collect();
        let mut known: HashMap<String, Option<&Digest>> = HashMap::new();
        for base in matrix.specs.iter_mut().filter_map(|s| s.base.as_mut()) {
            if self.bases.is_empty() || base.contains('@') {
                continue;
            }
            let digest = known
                .entry(base.clone())
                .or_insert_with_key(|base| self.digest_of(base));
            if let Some(digest) = digest {
                *base = format!("{base}@{digest}");
            }
        }
    }
}
