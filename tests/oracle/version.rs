//! Versions of axis values: digits and dots, with an optional pre-release suffix.

use std::cmp::Ordering;

/// `12.8`, `3.14.0rc1`, `1.0-beta2`: numbers, then at most one pre-release word and its number.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub numbers: Vec<u64>,
    /// Rank of the pre-release word and its number; a final version has rank `FINAL`.
    stage: (u8, u64),
}

const FINAL: u8 = 4;
const WORDS: [(&str, u8); 9] = [
    ("alpha", 1),
    ("beta", 2),
    ("preview", 3),
    ("pre", 3),
    ("dev", 0),
    ("rc", 3),
    ("a", 1),
    ("b", 2),
    ("c", 3),
];

impl Version {
    pub(super) fn parse(text: &str) -> Option<Version> {
        let end = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (mut head, mut tail) = text.split_at(end);
        if let Some(rest) = tail.strip_prefix('-') {
            tail = rest;
            if rest.is_empty() {
                return None;
            }
        } else if !tail.is_empty() {
            head = head.strip_suffix('.').unwrap_or(head);
        }
        let mut numbers = Vec::new();
        for part in head.split('.') {
            numbers.push(part.parse().ok()?);
        }
        let stage = if tail.is_empty() {
            (FINAL, 0)
        } else {
            stage(tail)?
        };
        Some(Version { numbers, stage })
    }

    pub(super) fn is_final(&self) -> bool {
        self.stage.0 == FINAL
    }

    /// The number at `index`; a missing one counts as 0.
    pub(super) fn number(&self, index: usize) -> u64 {
        self.numbers.get(index).copied().unwrap_or(0)
    }

    pub(super) fn starts_with(&self, prefix: &[u64]) -> bool {
        prefix
            .iter()
            .enumerate()
            .all(|(index, wanted)| self.number(index) == *wanted)
    }

    pub(super) fn compare(&self, other: &Version) -> Ordering {
        for index in 0..self.numbers.len().max(other.numbers.len()) {
            let order = self.number(index).cmp(&other.number(index));
            if order != Ordering::Equal {
                return order;
            }
        }
        self.stage.cmp(&other.stage)
    }
}

/// `rc1`, `beta`, `dev3`.
fn stage(text: &str) -> Option<(u8, u64)> {
    let (word, rank) = WORDS.iter().find(|(word, _)| text.starts_with(word))?;
    let number = &text[word.len()..];
    if number.is_empty() {
        return Some((*rank, 0));
    }
    // `rc.1`, `rc-1`, as in semantic versions.
    let number = number.strip_prefix(['.', '-']).unwrap_or(number);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((*rank, number.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("`{text}` is a version"))
    }

    #[test]
    fn order_by_hand() {
        let ascending = [
            "3.9",
            "3.10",
            "3.13.0dev1",
            "3.13.0a1",
            "3.13a2",
            "3.13.0-beta1",
            "3.13.0rc1",
            "3.13.rc2",
            "3.13",
            "3.13.1",
            "12",
            "12.4.1",
            "22.04",
        ];
        for (left, low) in ascending.iter().enumerate() {
            for (right, high) in ascending.iter().enumerate() {
                assert_eq!(
                    parsed(low).compare(&parsed(high)),
                    left.cmp(&right),
                    "{low} against {high}"
                );
            }
        }
    }

    #[test]
    fn equal_by_hand() {
        for (left, right) in [
            ("12", "12.0"),
            ("12.0.0", "12"),
            ("22.04", "22.4"),
            ("1a1", "1.0-alpha1"),
            ("1b", "1beta0"),
            ("1rc1", "1c1"),
            ("1-pre1", "1rc1"),
            ("1.preview1", "1pre1"),
        ] {
            assert_eq!(
                parsed(left).compare(&parsed(right)),
                Ordering::Equal,
                "{left} against {right}"
            );
        }
    }

    #[test]
    fn plain_strings() {
        for text in [
            "none", "", ".", "1.", ".1", "1..2", "v1", "1x", "1rcx", "slim-2", "1-", "1-2", "rc1",
            "1..rc1",
        ] {
            assert!(Version::parse(text).is_none(), "`{text}` is a plain string");
        }
    }

    #[test]
    fn prefixes() {
        assert!(parsed("12.4").starts_with(&[12, 4]));
        assert!(parsed("12.4.1").starts_with(&[12, 4]));
        assert!(parsed("12").starts_with(&[12, 0]));
        assert!(!parsed("12.40").starts_with(&[12, 4]));
        assert!(!parsed("3.10rc1").is_final());
    }
}
