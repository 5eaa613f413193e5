//! One step of a version, in each scheme.

use std::str::FromStr;

use pep440_rs::{Prerelease, PrereleaseKind};
use semver::{BuildMetadata, Prerelease as SemverPre};

use crate::grammar::Version as Dotted;
use crate::grammar::release::ReleaseVersion;

/// One step of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseStep {
    /// The first number, the others become 0.
    Major,
    /// The second number.
    Minor,
    /// The third number.
    Patch,
    /// The next pre-release: of the next patch, or the next of its kind.
    Pre,
    /// The final of a pre-release.
    Release,
}

impl ReleaseStep {
    /// The step of that name.
    pub fn of(word: &str) -> Option<Self> {
        Some(match word {
            "major" => ReleaseStep::Major,
            "minor" => ReleaseStep::Minor,
            "patch" => ReleaseStep::Patch,
            "pre" => ReleaseStep::Pre,
            "release" => ReleaseStep::Release,
            _ => return None,
        })
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            ReleaseStep::Major => "major",
            ReleaseStep::Minor => "minor",
            ReleaseStep::Patch => "patch",
            ReleaseStep::Pre => "pre",
            ReleaseStep::Release => "release",
        }
    }
}

/// The next number.
fn after(number: u64) -> Result<u64, String> {
    let next = number.checked_add(1);
    next.ok_or_else(|| format!("nothing comes after {number}"))
}

/// As npm does: the first version of that level that is not older, so that `2.0.0-rc.1` becomes `2.0.0` by `major`.
pub(super) fn semver_step(
    version: &semver::Version,
    step: ReleaseStep,
) -> Result<semver::Version, String> {
    let pre = !version.pre.is_empty();
    let mut next = version.clone();
    next.build = BuildMetadata::EMPTY;
    next.pre = SemverPre::EMPTY;
    match step {
        ReleaseStep::Release => {}
        ReleaseStep::Major if pre && version.minor == 0 && version.patch == 0 => {}
        ReleaseStep::Major => (next.major, next.minor, next.patch) = (after(version.major)?, 0, 0),
        ReleaseStep::Minor if pre && version.patch == 0 => {}
        ReleaseStep::Minor => (next.minor, next.patch) = (after(version.minor)?, 0),
        ReleaseStep::Patch if pre => {}
        ReleaseStep::Patch => next.patch = after(version.patch)?,
        ReleaseStep::Pre => {
            let text = if pre {
                next_identifier(version.pre.as_str())?
            } else {
                next.patch = after(version.patch)?;
                "rc.1".to_owned()
            };
            next.pre = SemverPre::new(&text).map_err(|e| e.to_string())?;
        }
    }
    Ok(next)
}

/// `rc.1` → `rc.2`, `beta` → `beta.1`, `rc1` → `rc2`.
fn next_identifier(pre: &str) -> Result<String, String> {
    let digits = pre.len() - pre.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (kind, number) = pre.split_at(pre.len() - digits);
    Ok(match number.parse::<u64>() {
        Ok(number) => format!("{kind}{}", after(number)?),
        Err(_) if number.is_empty() => format!("{pre}.1"),
        Err(_) => return Err(format!("nothing comes after {number}")),
    })
}

/// The same over PEP 440. Post-releases and local parts belong to the version that is left behind.
pub(super) fn pep440_step(
    version: &pep440_rs::Version,
    step: ReleaseStep,
) -> Result<pep440_rs::Version, String> {
    let numbers = version.release();
    let pre = version.any_prerelease();
    let zeros_after = |index: usize| numbers.iter().skip(index + 1).all(|n| *n == 0);
    let raised = |index: usize| {
        if pre && zeros_after(index) {
            return Ok(pep440_rs::Version::new(numbers.iter().copied()));
        }
        let length = numbers.len().max(index + 1);
        let mut raised = vec![0; length];
        raised[..index.min(numbers.len())].copy_from_slice(&numbers[..index.min(numbers.len())]);
        raised[index] = after(numbers.get(index).copied().unwrap_or(0))?;
        Ok::<_, String>(pep440_rs::Version::new(raised))
    };
    let last = numbers.len().max(3) - 1;
    Ok(match step {
        ReleaseStep::Release => pep440_rs::Version::new(numbers.iter().copied()),
        ReleaseStep::Major => raised(0)?,
        ReleaseStep::Minor => raised(1)?,
        ReleaseStep::Patch => raised(last)?,
        ReleaseStep::Pre => match (version.pre(), version.dev()) {
            (Some(p), _) => {
                let next = Prerelease {
                    kind: p.kind,
                    number: after(p.number)?,
                };
                pep440_rs::Version::new(numbers.iter().copied()).with_pre(Some(next))
            }
            (None, Some(dev)) => {
                pep440_rs::Version::new(numbers.iter().copied()).with_dev(Some(after(dev)?))
            }
            (None, None) => raised(last)?.with_pre(Some(Prerelease {
                kind: PrereleaseKind::Rc,
                number: 1,
            })),
        },
    })
}

/// `next` in the spelling of `text`, which is `version`: numbers in their width, a pre-release with its letters and what parts
/// it. In the normal form where that would be another version.
pub(super) fn spelled_alike(
    text: &str,
    version: &pep440_rs::Version,
    next: &pep440_rs::Version,
) -> String {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let end = end.unwrap_or(text.len());
    let parts: Vec<&str> = text[..end].split('.').filter(|p| !p.is_empty()).collect();
    let number = |(nth, number): (usize, &u64)| {
        let padded = parts.get(nth).filter(|p| p.len() > 1 && p.starts_with('0'));
        // `06` and `26` are of one width; what was never below ten says nothing of its own.
        let width = padded.map_or(0, |part| part.len());
        format!("{number:0width$}")
    };
    let numbers: Vec<String> = next.release().iter().enumerate().map(number).collect();
    let mut spelled = numbers.join(".");
    let counted = match (version.pre(), next.pre(), version.dev(), next.dev()) {
        (Some(_), Some(pre), _, None) => Some(pre.number),
        (None, None, Some(_), Some(dev)) => Some(dev),
        (_, None, _, None) => None,
        (None, Some(_), None, None) => {
            spelled.push_str("rc1");
            None
        }
        _ => return next.to_string(),
    };
    if let Some(number) = counted {
        let before = text[..end].trim_end_matches('.').len();
        let digits = |c: char| c.is_ascii_digit();
        let behind = &text[before..];
        let letters = behind.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        let count = behind[letters..].find(digits).map(|at| letters + at);
        let kind = &behind[..count.unwrap_or(behind.len())];
        spelled.push_str(kind);
        spelled.push_str(&number.to_string());
    }
    match pep440_rs::Version::from_str(&spelled) {
        Ok(read) if read == *next => spelled,
        _ => next.to_string(),
    }
}

/// A date is not reckoned from the date before it, so only what comes after it can be stepped, in the width it has.
pub(super) fn calver_step(
    this: &ReleaseVersion,
    version: &Dotted,
    step: ReleaseStep,
) -> Result<String, String> {
    let parts = this.parts();
    let numbers = parts.join(".");
    let patched = || {
        if let Some(day) = day(&parts) {
            return Err(format!(
                "the last number of `{numbers}` reads as {day}, and no day is reckoned from another"
            ));
        }
        match parts.split_last() {
            Some((last, date)) if date.len() > 1 => {
                let next = after(last.parse().unwrap_or(u64::MAX))?;
                let width = if last.starts_with('0') { last.len() } else { 0 };
                Ok(format!("{}.{next:0width$}", date.join(".")))
            }
            _ => Ok(format!("{numbers}.1")),
        }
    };
    match step {
        ReleaseStep::Major | ReleaseStep::Minor => {
            Err("a calendar version follows the date, not the version before it".to_owned())
        }
        ReleaseStep::Release => Ok(numbers),
        ReleaseStep::Patch if version.is_pre_release() => Ok(numbers),
        ReleaseStep::Patch => patched(),
        ReleaseStep::Pre if version.is_pre_release() => {
            let end = numbers.len();
            Ok(format!("{numbers}{}", next_identifier(&this.text[end..])?))
        }
        ReleaseStep::Pre => Ok(format!("{}rc1", patched()?)),
    }
}

/// The day that three numbers end in, for people. Of a year with four digits the third number is one where the month has
/// such a day; of one with two digits it counts releases more often, until it ends where the month does.
fn day(parts: &[&str]) -> Option<&'static str> {
    let [year, month, last] = parts else {
        return None;
    };
    let digits = year.len();
    let (year, month, last): (u64, u64, u64) =
        (year.parse().ok()?, month.parse().ok()?, last.parse().ok()?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0 || digits == 2);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    match digits {
        4 if (1..=days).contains(&last) => Some("a day"),
        2 if last == days => Some("the last day of its month"),
        _ => None,
    }
}
