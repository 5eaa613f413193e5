//! OCI platforms: `linux/arm64`, `linux/arm/v7`.

use std::borrow::Borrow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::grammar::target::{Target, is_architecture, is_system};

/// `os/architecture[/variant]`, lower case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform(Arc<str>);

impl Platform {
    /// The platform that a name of another tradition means: `linux/aarch64` is `linux/arm64`.
    pub fn renamed(text: &str) -> Option<String> {
        let (_, arch) = text.split_once('/')?;
        let meant = Target::parse(text).ok()?;
        let same = arch.split('/').next() == Some(&*meant.arch);
        (!same).then(|| meant.to_string())
    }

    /// Whether its architecture is one that images are built for, as the Go language calls them.
    pub fn is_known(&self) -> bool {
        self.0.split('/').nth(1).is_some_and(is_architecture)
    }

    /// Its system: `linux`.
    pub fn os(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }

    /// Whether an image for `there` runs where one for this platform is wanted. Of a variant that is not stated nothing is
    /// said; a machine runs what older ones of its kind run.
    pub fn runs(&self, there: &str) -> bool {
        let parts = |platform: &str| {
            let mut parts = platform.splitn(3, '/').map(str::to_owned);
            let (os, arch) = (parts.next(), parts.next());
            let variant = parts
                .next()
                .and_then(|v| v.strip_prefix('v')?.parse::<u32>().ok());
            (os, arch, variant)
        };
        let (wanted, there) = (parts(&self.0), parts(there));
        let older = match (wanted.2, there.2) {
            (Some(wanted), Some(there)) => there <= wanted,
            _ => true,
        };
        wanted.0 == there.0 && wanted.1 == there.1 && older
    }

    /// Reads a platform; `None` when it is not a known system (without one, builders read `arm/v7` as an architecture and its
    /// variant) and one or two parts of `[a-z0-9._-]`, or a name that OCI does not use.
    pub fn parse(text: &str) -> Option<Self> {
        if Self::renamed(text).is_some() {
            return None;
        }
        let parts: Vec<&str> = text.split('/').collect();
        let word = |p: &&str| {
            !p.is_empty()
                && p.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b))
        };
        let whole = (2..=3).contains(&parts.len()) && parts.iter().all(word);
        (whole && is_system(parts[0])).then(|| Platform(text.into()))
    }

    /// Where no `arch` axis says otherwise.
    pub fn linux_amd64() -> Self {
        Platform("linux/amd64".into())
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Deref for Platform {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Platform {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for Platform {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// `linux/arm64` → `arm64`, `linux/arm/v7` → `arm-v7`: the word by which a platform is named in a content tag and in
/// the options that map platforms to runners.
pub fn arch(platform: &str) -> String {
    platform
        .split_once('/')
        .map_or(platform, |(_, rest)| rest)
        .replace('/', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arch_is_the_platform_without_its_system() {
        assert_eq!(arch("linux/arm64"), "arm64");
        assert_eq!(arch("linux/arm/v7"), "arm-v7");
    }
}
