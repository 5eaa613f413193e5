//! The hashes of a spec: of all that goes into it, and of what is built whatever it is called.

use std::fmt::Write;
use std::sync::Arc;

use indexmap::IndexMap;
use sha2::{Digest, Sha256};

use crate::image::Platform;

/// What goes into one spec.
#[derive(Clone, Copy, Debug)]
pub struct Ingredients<'a> {
    /// Text of the Dockerfile.
    pub dockerfile: &'a str,
    /// Hash of the files of its context.
    pub files: &'a [u8; 32],
    /// Stage to build.
    pub target: Option<&'a str>,
    /// Build args.
    pub args: &'a IndexMap<Arc<str>, String>,
    /// Platforms.
    pub platforms: &'a [Platform],
    /// Rebuild counter.
    pub epoch: u64,
}

impl Ingredients<'_> {
    /// The hash of all of it, open for what else counts. Nothing is masked.
    pub fn content(&self) -> Hash {
        let mut hash = Hash::new("basematrix content 1");
        hash.field("dockerfile", self.dockerfile.as_bytes());
        hash.field("context", self.files);
        self.build(&mut hash);
        hash.field("epoch", &self.epoch.to_le_bytes());
        hash
    }

    /// The hash of what is built without labels and comments, standing on `from`: specs that share it are one image by
    /// several names. The files count where the Dockerfile is the user's, for a rendered one copies none.
    pub fn substance(&self, from: Option<&str>, with_files: bool) -> [u8; 32] {
        let mut hash = Hash::new("substance");
        hash.field("dockerfile", without_labels(self.dockerfile).as_bytes());
        hash.field("context", if with_files { self.files } else { &[] });
        hash.field("from", from.unwrap_or("").as_bytes());
        self.build(&mut hash);
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

/// A Dockerfile without its labels and comments.
fn without_labels(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside_label = false;
    for line in text.lines() {
        let first = line.trim_start();
        let label = inside_label
            || first
                .get(..6)
                .is_some_and(|w| w.eq_ignore_ascii_case("LABEL "));
        inside_label = label && line.trim_end().ends_with('\\');
        if !label && !first.starts_with('#') {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// SHA-256 over named, length-prefixed fields, so that no two inputs run into each other.
pub struct Hash(Sha256);

impl Hash {
    fn new(domain: &str) -> Self {
        let mut hash = Hash(Sha256::new());
        hash.field("domain", domain.as_bytes());
        hash
    }

    /// Takes in a field.
    pub fn field(&mut self, name: &str, bytes: &[u8]) {
        for part in [name.as_bytes(), bytes] {
            self.0.update((part.len() as u64).to_le_bytes());
            self.0.update(part);
        }
    }

    /// The digest.
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}
