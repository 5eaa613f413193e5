//! The version an axis value compares as.

use std::cmp::Ordering;
use std::fmt;

/// Digits and dots with an optional pre-release: `12.8.1`, `3.15rc1`, `22.04`. Not semver: any number of parts.
///
/// Missing parts count as zero, so `12.8` equals `12.8.0`; a pre-release is older than its final.
#[derive(Clone, Debug)]
pub struct Version {
    parts: Vec<u64>,
    pre: Option<(PreKind, u64)>,
}

/// Order of pre-release kinds, as in PEP 440: dev < a < b < rc.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum PreKind {
    Dev,
    Alpha,
    Beta,
    Candidate,
}

const KINDS: [(&str, PreKind); 9] = [
    ("alpha", PreKind::Alpha),
    ("beta", PreKind::Beta),
    ("preview", PreKind::Candidate),
    ("pre", PreKind::Candidate),
    ("dev", PreKind::Dev),
    ("rc", PreKind::Candidate),
    ("a", PreKind::Alpha),
    ("b", PreKind::Beta),
    ("c", PreKind::Candidate),
];

impl Version {
    /// Reads a version; `None` when the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let split = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at(split);
        // `1.0.dev1`: the separator before a pre-release may be a dot.
        let (digits, rest) = match digits.strip_suffix('.') {
            Some(d) if !rest.is_empty() => (d, rest),
            _ => (
                digits,
                rest.strip_prefix('-')
                    .filter(|r| !r.is_empty())
                    .unwrap_or(rest),
            ),
        };
        let parts = digits
            .split('.')
            .map(number)
            .collect::<Option<Vec<u64>>>()?;
        let pre = if rest.is_empty() {
            None
        } else {
            let (kind, number_text) = KINDS
                .iter()
                .find_map(|(name, kind)| rest.strip_prefix(name).map(|rest| (*kind, rest)))?;
            let number_text = number_text
                .strip_prefix(['.', '-'])
                .filter(|t| !t.is_empty())
                .unwrap_or(number_text);
            Some((
                kind,
                if number_text.is_empty() {
                    0
                } else {
                    number(number_text)?
                },
            ))
        };
        Some(Version { parts, pre })
    }

    /// The `index`-th number, zero when it is not written.
    pub fn part(&self, index: usize) -> u64 {
        self.parts.get(index).copied().unwrap_or(0)
    }

    /// The `index`-th number, where it is written.
    pub fn written_part(&self, index: usize) -> Option<u64> {
        self.parts.get(index).copied()
    }

    /// Whether it is a pre-release.
    pub fn is_pre_release(&self) -> bool {
        self.pre.is_some()
    }

    /// Whether this version begins with the numbers of `prefix`: `12.4` and `12.4.1` begin with `12.4`. Missing parts
    /// count as zero, as everywhere.
    pub fn starts_with(&self, prefix: &[u64]) -> bool {
        prefix
            .iter()
            .enumerate()
            .all(|(index, number)| self.part(index) == *number)
    }
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        None
    } else {
        text.parse().ok()
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        let length = self.parts.len().max(other.parts.len());
        (0..length)
            .map(|i| self.part(i).cmp(&other.part(i)))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
            .then_with(|| match (self.pre, other.pre) {
                (None, None) => Ordering::Equal,
                (None, Some(_)) => Ordering::Greater,
                (Some(_), None) => Ordering::Less,
                (Some(a), Some(b)) => a.cmp(&b),
            })
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.parts.iter().map(u64::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap_or_else(|| panic!("{text} is a version"))
    }

    #[test]
    fn numbers_not_text_decide_the_order() {
        assert!(v("3.9") < v("3.10"));
        assert!(v("12.8.1") > v("12.8"));
        assert_eq!(v("12.8"), v("12.8.0"));
    }

    #[test]
    fn a_pre_release_is_older_than_its_final() {
        let order = [
            "3.15.dev1",
            "3.15a1",
            "3.15-beta.2",
            "3.15rc1",
            "3.15-pre2",
            "3.15",
            "3.15.1rc1",
        ];
        for pair in order.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn words_are_not_versions() {
        for text in [
            "none",
            "",
            "12.",
            ".1",
            "1..2",
            "3.13t",
            "ubuntu22.04",
            "1-",
            "1.x",
            "12.8.1-cudnn",
            "1rcx",
        ] {
            assert!(Version::parse(text).is_none(), "{text}");
        }
    }
}
