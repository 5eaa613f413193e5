//! The hashes of a spec: of all that goes into it, and of what is built whatever it is called.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use crate::config::Compression;
use crate::grammar::{Pairs, Platform};
use crate::image::Digest;
use crate::source::BuildContext;

/// Version of what counts as content, and of how it is hashed. Raised when either changes: every content is then another.
///
/// 2: files of a context count by mode and git's blob id, and those count that a clean checkout would hold.
pub const CONTENT_FORMAT: u32 = 2;

/// What goes into one spec. The content is the hash of these, and `matrix.lock` states them one by one.
#[derive(Clone, Debug)]
pub struct Ingredients<'a> {
    /// Text of the Dockerfile.
    pub dockerfile: &'a str,
    /// Its bytes, where they are not UTF-8.
    pub raw: Option<&'a [u8]>,
    /// Whether that is the user's: then its context counts for [`substance`](Self::substance), and what it stands on
    /// for [`content`](Self::content), since it may call it by a reference that says nothing of what is in it.
    pub own: bool,
    /// The files of its context.
    pub files: &'a BuildContext,
    /// Stage to build.
    pub target: Option<&'a str>,
    /// Build args.
    pub args: &'a Pairs<Arc<str>, String>,
    /// Labels that are put on what the user's Dockerfile builds; a rendered one states them itself.
    pub labels: &'a Pairs<Arc<str>, String>,
    /// Upstream images that the user's Dockerfile names, with the digest that each is taken at.
    pub pins: &'a Pairs<String, String>,
    /// What a pipeline makes, and its context holds: by name the version that counts instead of its bytes.
    pub artifacts: &'a Pairs<String, String>,
    /// Platforms.
    pub platforms: &'a [Platform],
    /// How its layers are packed, where the matrix says.
    pub compression: Option<Compression>,
    /// Rebuild counter.
    pub epoch: u64,
    /// What it stands on, by content: its parent first, then its needs. A rendered Dockerfile states them itself.
    pub stands_on: Vec<String>,
}

impl Ingredients<'_> {
    /// The hash of all of it. Nothing is masked.
    pub fn content(&self) -> Digest {
        let mut hash = Hash::new(&format!("basematrix content {CONTENT_FORMAT}"));
        let bytes = self.raw.unwrap_or(self.dockerfile.as_bytes());
        hash.field("dockerfile", bytes);
        hash.field("context", &self.files.hash);
        self.build(&mut hash);
        hash.field("epoch", &self.epoch.to_le_bytes());
        if let Some(compression) = self.compression {
            hash.field("compression", compression.word().as_bytes());
        }
        // Their order is of no account to builders.
        let mut labels: Vec<_> = self.labels.iter().collect();
        labels.sort();
        for (name, value) in labels {
            hash.field("label", name.as_bytes());
            hash.field("value", value.as_bytes());
        }
        for (name, pinned) in self.pins {
            hash.field("pin", name.as_bytes());
            hash.field("at", pinned.as_bytes());
        }
        for (name, version) in self.artifacts {
            hash.field("artifact", name.as_bytes());
            hash.field("version", version.as_bytes());
        }
        for reference in self.stands_on.iter().filter(|_| self.own) {
            hash.field("stands on", reference.as_bytes());
        }
        hash.finish().into()
    }

    /// A number of what is built without labels and comments, standing on `from`: specs that share it are, surely enough for
    /// a rule, one image by several names. The files count where the Dockerfile is the user's, for a rendered one copies none.
    pub fn substance(&self, from: Option<&str>) -> u64 {
        let mut hash = DefaultHasher::new();
        substance_lines(self.dockerfile).for_each(|line| line.hash(&mut hash));
        from.hash(&mut hash);
        self.target.hash(&mut hash);
        self.args.iter().for_each(|arg| arg.hash(&mut hash));
        self.platforms.hash(&mut hash);
        if self.own {
            self.files.hash.hash(&mut hash);
            let artifacts = self.artifacts.iter();
            artifacts.for_each(|artifact| artifact.hash(&mut hash));
        }
        hash.finish()
    }

    fn build(&self, hash: &mut Hash) {
        hash.field("target", self.target.unwrap_or("").as_bytes());
        for (name, value) in self.args {
            hash.field("arg", name.as_bytes());
            hash.field("value", value.as_bytes());
        }
        for platform in self.platforms {
            hash.field("platform", platform.as_str().as_bytes());
        }
    }
}

/// The lines of a Dockerfile without its labels and comments.
fn substance_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut inside_label = false;
    text.lines().filter(move |line| {
        let first = line.trim_start();
        let label = inside_label
            || first
                .get(..6)
                .is_some_and(|w| w.eq_ignore_ascii_case("LABEL "));
        inside_label = label && line.trim_end().ends_with('\\');
        !label && !first.starts_with('#')
    })
}

/// SHA-256 over named, length-prefixed fields, so that no two inputs run into each other.
struct Hash(Sha256);

impl Hash {
    fn new(domain: &str) -> Self {
        let mut hash = Hash(Sha256::new());
        hash.field("domain", domain.as_bytes());
        hash
    }

    fn field(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}
