//! Tags that name no release: which of an image's tags one release after the other has.

use crate::facts::Facts;
use crate::grammar::Version;

/// Hexadecimal digits of a commit as people shorten it, at least.
const COMMIT: usize = 7;
/// Digits of a day: `20260105`.
const DAY: usize = 8;

impl Facts {
    /// What in a tag of a repository, named as Docker Hub's are, is a role and no release: `stable` of `debian:stable-slim`.
    /// `None` when it says which one, or when no table knows better.
    pub fn rolling_tag<'a>(&'a self, repository: &str, tag: &'a str) -> Option<&'a str> {
        // A version beside `latest` is that of a part: `latest-3.12` is whatever was pushed last for it.
        let is_latest = is_word(tag, "latest");
        let which = |word| says_when(word) || (!is_latest && says_which(word));
        if tag.split(['-', '_']).any(which) {
            return None;
        }
        let rows = self.rolling().filter(|row| {
            let of = row.repository.as_deref();
            of.is_none_or(|of| match of.strip_suffix('*') {
                Some(folder) if folder.ends_with('/') => repository.starts_with(folder),
                _ => of == repository,
            })
        });
        for row in rows {
            if row.tags.is_empty() {
                return Some(tag);
            }
            let role = row.tags.iter().find(|role| is_word(tag, role));
            if let Some(role) = role {
                return Some(role);
            }
        }
        None
    }
}

/// Whether a word of a tag is a version.
fn says_which(word: &str) -> bool {
    let bare = word.strip_prefix(['v', 'r', 'b']).unwrap_or(word);
    Version::parse(bare).is_some()
}

/// Whether a word of a tag says which build it is: a day, a commit.
fn says_when(word: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let hex = |text: &str| text.bytes().all(|b| b.is_ascii_hexdigit());
    let commit = word.strip_prefix("sha").unwrap_or(word);
    let year = |text: &str| text.len() == 4 && text.starts_with("20") && digits(text);
    (word.len() >= DAY && digits(word))
        || word.split_once('.').is_some_and(|(first, _)| year(first))
        || (commit.len() >= COMMIT && hex(commit) && commit.contains(|c: char| c.is_ascii_digit()))
}

/// Whether `role` stands in the tag between `-`, or by itself.
fn is_word(tag: &str, role: &str) -> bool {
    tag.match_indices(role).any(|(at, _)| {
        let (before, after) = (&tag[..at], &tag[at + role.len()..]);
        let edge = |c: Option<char>| c.is_none_or(|c| matches!(c, '-' | '_'));
        edge(before.chars().next_back()) && edge(after.chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_told_from_releases() {
        let facts = Facts::default();
        for (repository, tag, role) in [
            ("debian", "stable", "stable"),
            ("debian", "stable-slim", "stable"),
            ("debian", "rc-buggy", "rc-buggy"),
            ("debian", "oldstable-backports", "oldstable"),
            ("ubuntu", "devel", "devel"),
            ("fedora", "rawhide", "rawhide"),
            ("archlinux", "base-devel", "base-devel"),
            ("acme/tool", "nightly", "nightly"),
            ("acme/tool", "latest-gpu", "latest"),
            ("ghcr.io/a/b", "latest-3.12", "latest"),
            ("ghcr.io/a/b", "devel", "devel"),
            ("tensorflow/tensorflow", "devel-gpu", "devel"),
            ("gcr.io/distroless/static", "nonroot", "nonroot"),
            ("gcr.io/distroless/cc-debian12", "debug-arm64", "debug"),
            ("acme/tool", "nightly-cu128", "nightly"),
            ("rustlang/rust", "nightly-bookworm-slim", "nightly"),
        ] {
            assert_eq!(
                facts.rolling_tag(repository, tag),
                Some(role),
                "{repository}:{tag}"
            );
        }
        for (repository, tag) in [
            ("debian", "stable-20260105-slim"),
            ("debian", "trixie-slim"),
            ("debian", "13"),
            ("ubuntu", "noble"),
            ("acme/tool", "testing"),
            ("acme/tool", "latest-20260105"),
            ("acme/tool", "latest-2026.01.05"),
            ("gcr.io/distroless/static", "0123456789abcdef"),
            ("acme/tool", "v1.2.3-dev"),
            ("acme/tool", "main-1a2b3c4"),
            ("acme/tool", "sha-1a2b3c4d-main"),
            ("acme/tool", "nightly-2026.01.05"),
            ("acme/tool", "mainframe"),
            ("acme/tool", "1.2-stable"),
            ("nvidia/cuda", "12.8.1-devel-ubuntu24.04"),
            ("archlinux", "base-20260101.0.1"),
        ] {
            assert_eq!(
                facts.rolling_tag(repository, tag),
                None,
                "{repository}:{tag}"
            );
        }
    }

    #[test]
    fn the_users_rows_add_to_the_shipped_ones() {
        let own = "rolling = [{ repository = \"ghcr.io/acme/base\", tags = [\"prod\"] }]";
        let facts = Facts::under("own.toml".into(), toml::from_str(own).expect("facts"));
        assert_eq!(facts.rolling_tag("ghcr.io/acme/base", "prod"), Some("prod"));
        assert_eq!(facts.rolling_tag("ghcr.io/acme/other", "prod"), None);
        assert_eq!(facts.rolling_tag("debian", "sid"), Some("sid"));
    }
}
