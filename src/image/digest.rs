//! SHA-256 digests: whole, or short where only a difference is to be told.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// A SHA-256, written as registries do: `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Digest([u8; 32]);

/// The first six bytes of a SHA-256, as 12 hexadecimal digits: enough to tell one input from another, and short to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Short([u8; 6]);

/// A text that is no digest of the kind wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {0}")]
pub struct NoDigest(&'static str);

impl Short {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest::of(bytes).short()
    }
}

impl Digest {
    /// Of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// Its beginning.
    pub fn short(&self) -> Short {
        let mut short = [0; 6];
        short.copy_from_slice(&self.0[..6]);
        Short(short)
    }
}

/// Lower-case hexadecimal digits as bytes, when there are just so many.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let lower = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if digits.len() != 2 * N || !digits.bytes().all(lower) {
        return None;
    }
    let mut found = [0; N];
    for (index, byte) in found.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(found)
}

/// Bytes as lower-case hexadecimal digits.
fn digits(bytes: &[u8]) -> String {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    halves.map(digit).collect()
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }
}

impl FromStr for Digest {
    type Err = NoDigest;
    fn from_str(text: &str) -> Result<Self, NoDigest> {
        text.strip_prefix("sha256:")
            .and_then(bytes)
            .map(Digest)
            .ok_or(NoDigest("`sha256:` and 64 lower-case hexadecimal digits"))
    }
}

impl FromStr for Short {
    type Err = NoDigest;
    fn from_str(text: &str) -> Result<Self, NoDigest> {
        bytes(text)
            .map(Short)
            .ok_or(NoDigest("12 lower-case hexadecimal digits"))
    }
}

impl TryFrom<String> for Digest {
    type Error = NoDigest;
    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl TryFrom<String> for Short {
    type Error = NoDigest;
    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

impl From<Short> for String {
    fn from(short: Short) -> String {
        short.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        f.write_str(&digits(&self.0))
    }
}

impl fmt::Display for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&digits(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_read_back_as_written_and_nothing_else_is_one() {
        let whole = format!("sha256:{}", "0a".repeat(32));
        assert_eq!(whole.parse::<Digest>().map(|d| d.to_string()), Ok(whole));
        assert_eq!(
            "0123456789ab".parse::<Short>().map(|d| d.to_string()),
            Ok("0123456789ab".to_owned())
        );
        for bad in [
            "",
            "sha256:",
            "sha512:00",
            &"0a".repeat(32),
            &format!("sha256:{}", "0A".repeat(32)),
            "sha256:é",
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
            assert!(bad.parse::<Short>().is_err(), "{bad}");
        }
    }
}
