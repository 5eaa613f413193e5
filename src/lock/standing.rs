//! How a matrix stands to the release that was recorded last.

use crate::config::Config;
use crate::grammar::SpecId;
use crate::image::{CONTENT_FORMAT, Contents, Matrix};
use crate::lock::{ContextFiles, Entry, InputChange, Inputs, Lock, Recorded, changes};

/// How a matrix stands to its lock.
#[derive(Debug)]
pub enum Standing<'a> {
    /// Nothing can be said: no release is recorded, or a merge left both sides.
    Unknown,
    /// The release is recorded as it is.
    Recorded,
    /// The release is recorded, by another gen that counts other things as content: nothing can be compared.
    OtherFormat {
        /// [`CONTENT_FORMAT`] of that gen.
        format: u32,
    },
    /// The release is recorded, and what it is made of has changed since.
    Unreleased(Difference<'a>),
    /// The release moved, and nothing that is built did.
    Needless {
        /// The release that already had all of it.
        before: &'a Recorded,
    },
    /// Another release is recorded.
    Stale {
        /// That one.
        recorded: &'a Recorded,
    },
}

/// The specs that are not as recorded. Of those that are not published, and were not, it tells what changed alone: nothing
/// that is released comes or goes with them.
#[derive(Debug, Default)]
pub struct Difference<'a> {
    /// Those of other content, with what was recorded, in declared order.
    pub changed: Vec<(SpecId, &'a Entry)>,
    /// Those that are not recorded as published, and are.
    pub added: Vec<SpecId>,
    /// Ids of those that are recorded as published, and no longer are, or are no longer there.
    pub removed: Vec<&'a str>,
}

impl Difference<'_> {
    /// Whether all is as recorded.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.added.is_empty() && self.removed.is_empty()
    }

    /// Whether a reference of the release would stand for something else: what is not published has none.
    pub fn is_of_release(&self, matrix: &Matrix) -> bool {
        let mut changed = self.changed.iter();
        !self.added.is_empty()
            || !self.removed.is_empty()
            || changed.any(|(id, _)| matrix.spec(*id).tag.is_some())
    }

    /// Number of specs that are not as recorded.
    pub fn len(&self) -> usize {
        self.changed.len() + self.added.len() + self.removed.len()
    }
}

impl Lock {
    /// How a matrix stands to what is recorded.
    ///
    /// A release that only ends its pre-releases is never needless: it moves the aliases, which they did not.
    pub fn standing(&self, config: &Config, matrix: &Matrix, contents: &Contents) -> Standing<'_> {
        let recorded = match &self.release {
            Some(recorded) if !self.conflicted => recorded,
            _ => return Standing::Unknown,
        };
        let Some(release) = &config.release else {
            return Standing::Stale { recorded };
        };
        if self.content_format != CONTENT_FORMAT {
            return if release.version == recorded.version {
                let format = self.content_format;
                Standing::OtherFormat { format }
            } else {
                Standing::Stale { recorded }
            };
        }
        let difference = self.difference(matrix, contents);
        let is_of_release = difference.is_of_release(matrix);
        let ends_pre_releases =
            |before: &Recorded| !release.read.is_pre_release() && !before.is_final;
        if release.version != recorded.version {
            return if !is_of_release && !ends_pre_releases(recorded) {
                Standing::Needless { before: recorded }
            } else {
                Standing::Stale { recorded }
            };
        }
        if is_of_release {
            return Standing::Unreleased(difference);
        }
        let fresh = |entry: &Entry| entry.publish && entry.since == recorded.version;
        match &self.after {
            Some(before)
                if !ends_pre_releases(before)
                    && before.specs == recorded.specs
                    && !self.specs.values().any(fresh) =>
            {
                Standing::Needless { before }
            }
            _ => Standing::Recorded,
        }
    }

    /// The specs that are not as recorded. Contents of another format cannot be compared: then all would seem changed.
    pub fn difference(&self, matrix: &Matrix, contents: &Contents) -> Difference<'_> {
        let mut difference = Difference::default();
        let mut known = 0;
        for (id, rendered) in contents.iter() {
            let spec = matrix.spec(id);
            let recorded = self.specs.get_key_value(&*spec.id);
            known += usize::from(recorded.is_some());
            let (was, is) = (
                recorded.is_some_and(|(_, entry)| entry.publish),
                spec.tag.is_some(),
            );
            match recorded {
                Some((name, _)) if was && !is => difference.removed.push(name),
                Some((_, entry)) if was == is && entry.content == rendered.content => {}
                Some((_, entry)) if was == is => difference.changed.push((id, entry)),
                _ if is => difference.added.push(id),
                _ => {}
            }
        }
        if known < self.specs.len() {
            let there: std::collections::HashSet<&str> =
                matrix.specs.iter().map(|s| s.id.as_ref()).collect();
            let published = self.specs.iter().filter(|(_, entry)| entry.publish);
            let ids = published.map(|(id, _)| id.as_str());
            difference
                .removed
                .extend(ids.filter(|id| !there.contains(id)));
        }
        difference
    }

    /// Which inputs of a spec that is not as recorded changed.
    pub fn changes(
        &self,
        matrix: &Matrix,
        contents: &Contents,
        (id, entry): (SpecId, &Entry),
    ) -> Vec<InputChange> {
        let (new, rendered) = (Inputs::of(matrix, contents, id), contents.get(id));
        let mut found = changes(&entry.inputs, &new, rendered);
        let empty = ContextFiles::default();
        let before = match entry.inputs.context {
            // Then it held nothing, and all that it holds now is new.
            None => Some(&empty),
            Some(hash) => self.contexts.get(&hash),
        };
        for change in &mut found {
            if let InputChange::Context { folder, files } = change {
                *files =
                    before.map_or_else(Vec::new, |before| before.changes(folder, &rendered.files));
            }
        }
        without_dockerfile(&mut found);
        if found.is_empty() {
            // Only hashes that agree in their first digits could hide it.
            found.push(InputChange::Dockerfile { own: None });
        }
        found
    }
}

/// A Dockerfile that lies in its own context is told once.
fn without_dockerfile(found: &mut Vec<InputChange>) {
    let own = found.iter().find_map(|change| match change {
        InputChange::Dockerfile { own: Some(path) } => Some(format!("`{path}` changed")),
        _ => None,
    });
    let Some(own) = own else {
        return;
    };
    found.retain_mut(|change| {
        let InputChange::Context { files, .. } = change else {
            return true;
        };
        let all = files.len();
        files.retain(|file| !file.starts_with(&own));
        all == 0 || !files.is_empty()
    });
}
