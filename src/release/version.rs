//! The library's version in its scheme: read, compared, and moved by one step.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use pep440_rs::{Prerelease, PrereleaseKind};
use semver::{BuildMetadata, Prerelease as SemverPre};

use crate::matrix::Version as Dotted;

/// How versions are written and compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Semantic versioning 2.0: `1.2.3-rc.1`.
    Semver,
    /// PEP 440: `1.2rc1`.
    Pep440,
    /// Dates as digits and dots, with an optional pre-release: `26.11.0`.
    Calver,
}

impl Scheme {
    /// Its name, as in `matrix.toml`.
    pub fn as_str(self) -> &'static str {
        match self {
            Scheme::Semver => "semver",
            Scheme::Pep440 => "pep440",
            Scheme::Calver => "calver",
        }
    }
}

/// A version with the text it was read from.
#[derive(Clone, Debug)]
pub struct ReleaseVersion {
    text: String,
    read: Read,
}

#[derive(Clone, Debug)]
enum Read {
    Semver(semver::Version),
    Pep440(Box<pep440_rs::Version>),
    Calver(Dotted),
}

/// One step of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
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

impl ReleaseVersion {
    /// Reads a version.
    ///
    /// # Errors
    /// Why the text is none in this scheme.
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, String> {
        if text.trim() != text {
            return Err("it starts or ends with a space".to_owned());
        }
        let read = match scheme {
            Scheme::Semver => {
                Read::Semver(semver::Version::parse(text).map_err(|e| e.to_string())?)
            }
            Scheme::Pep440 => {
                let version = pep440_rs::Version::from_str(text).map_err(|e| e.to_string())?;
                if version.epoch() != 0 {
                    return Err("an epoch (`N!`) has no form that a tag could carry".to_owned());
                }
                Read::Pep440(Box::new(version))
            }
            Scheme::Calver => Read::Calver(Dotted::parse(text).ok_or("it is not digits and dots")?),
        };
        Ok(ReleaseVersion {
            text: text.to_owned(),
            read,
        })
    }

    /// Reads a version as it stands in a file of the library, whose scheme may be Python's though the release's is not.
    pub fn parse_any(scheme: Scheme, text: &str) -> Option<Self> {
        [scheme, Scheme::Pep440]
            .into_iter()
            .find_map(|s| Self::parse(s, text).ok())
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its scheme.
    pub fn scheme(&self) -> Scheme {
        match self.read {
            Read::Semver(_) => Scheme::Semver,
            Read::Pep440(_) => Scheme::Pep440,
            Read::Calver(_) => Scheme::Calver,
        }
    }

    /// Its numbers: at least one.
    pub fn numbers(&self) -> Vec<u64> {
        match &self.read {
            Read::Semver(v) => vec![v.major, v.minor, v.patch],
            Read::Pep440(v) => v.release().to_vec(),
            Read::Calver(v) => (0..).map_while(|i| v.written_part(i)).collect(),
        }
    }

    /// Whether it comes before the final of the same numbers.
    pub fn is_pre_release(&self) -> bool {
        match &self.read {
            Read::Semver(v) => !v.pre.is_empty(),
            Read::Pep440(v) => v.any_prerelease(),
            Read::Calver(v) => v.is_pre_release(),
        }
    }

    /// Which of two is the later release. Build metadata (semver) plays no part. Versions of two schemes compare as
    /// PEP 440, which reads the others too.
    pub fn cmp_release(&self, other: &Self) -> Ordering {
        match (&self.read, &other.read) {
            (Read::Semver(a), Read::Semver(b)) => a.cmp_precedence(b),
            (Read::Pep440(a), Read::Pep440(b)) => a.cmp(b),
            (Read::Calver(a), Read::Calver(b)) => a.cmp(b),
            _ => {
                let python = |v: &Self| pep440_rs::Version::from_str(&v.text).ok();
                match (python(self), python(other)) {
                    (Some(a), Some(b)) => a.cmp(&b),
                    _ => self.finals().cmp(&other.finals()),
                }
            }
        }
    }

    /// Whether both are the same release, pre-releases aside.
    pub fn same_release(&self, other: &Self) -> bool {
        self.finals() == other.finals()
    }

    /// The numbers without zeros at the end: `1.2` is `1.2.0`.
    fn finals(&self) -> Vec<u64> {
        let mut numbers = self.numbers();
        while numbers.len() > 1 && numbers.last() == Some(&0) {
            numbers.pop();
        }
        numbers
    }

    /// The version one step on.
    ///
    /// # Errors
    /// Why there is none.
    pub fn step(&self, step: Step) -> Result<Self, String> {
        if step == Step::Release && !self.is_pre_release() {
            return Err(format!("`{}` is a final release already", self.text));
        }
        let text = match &self.read {
            Read::Semver(version) => semver_step(version, step)?.to_string(),
            Read::Pep440(version) => pep440_step(version, step).to_string(),
            Read::Calver(version) => calver_step(&self.text, version, step)?,
        };
        Self::parse(self.scheme(), &text)
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// As npm does: the first version of that level that is not older, so that `2.0.0-rc.1` becomes `2.0.0` by `major`.
fn semver_step(version: &semver::Version, step: Step) -> Result<semver::Version, String> {
    let pre = !version.pre.is_empty();
    let mut next = version.clone();
    next.build = BuildMetadata::EMPTY;
    next.pre = SemverPre::EMPTY;
    match step {
        Step::Release => {}
        Step::Major if pre && version.minor == 0 && version.patch == 0 => {}
        Step::Major => (next.major, next.minor, next.patch) = (version.major + 1, 0, 0),
        Step::Minor if pre && version.patch == 0 => {}
        Step::Minor => (next.minor, next.patch) = (version.minor + 1, 0),
        Step::Patch if pre => {}
        Step::Patch => next.patch += 1,
        Step::Pre => {
            let text = if pre {
                next_identifier(version.pre.as_str())
            } else {
                next.patch += 1;
                "rc.1".to_owned()
            };
            next.pre = SemverPre::new(&text).map_err(|e| e.to_string())?;
        }
    }
    Ok(next)
}

/// `rc.1` → `rc.2`, `beta` → `beta.1`, `rc1` → `rc2`.
fn next_identifier(pre: &str) -> String {
    let digits = pre.len() - pre.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (kind, number) = pre.split_at(pre.len() - digits);
    match number.parse::<u64>() {
        Ok(number) => format!("{kind}{}", number.saturating_add(1)),
        Err(_) => format!("{pre}.1"),
    }
}

/// The same over PEP 440. Post-releases and local parts belong to the version that is left behind.
fn pep440_step(version: &pep440_rs::Version, step: Step) -> pep440_rs::Version {
    let numbers = version.release();
    let pre = version.any_prerelease();
    let zeros_after = |index: usize| numbers.iter().skip(index + 1).all(|n| *n == 0);
    let raised = |index: usize| {
        if pre && zeros_after(index) {
            return pep440_rs::Version::new(numbers.iter().copied());
        }
        let length = numbers.len().max(index + 1);
        pep440_rs::Version::new((0..length).map(|i| {
            let number = numbers.get(i).copied().unwrap_or(0);
            match i.cmp(&index) {
                Ordering::Less => number,
                Ordering::Equal => number + 1,
                Ordering::Greater => 0,
            }
        }))
    };
    let last = numbers.len().max(3) - 1;
    match step {
        Step::Release => pep440_rs::Version::new(numbers.iter().copied()),
        Step::Major => raised(0),
        Step::Minor => raised(1),
        Step::Patch => raised(last),
        Step::Pre => match (version.pre(), version.dev()) {
            (Some(p), _) => {
                let next = Prerelease {
                    kind: p.kind,
                    number: p.number + 1,
                };
                pep440_rs::Version::new(numbers.iter().copied()).with_pre(Some(next))
            }
            (None, Some(dev)) => {
                pep440_rs::Version::new(numbers.iter().copied()).with_dev(Some(dev + 1))
            }
            (None, None) => raised(last).with_pre(Some(Prerelease {
                kind: PrereleaseKind::Rc,
                number: 1,
            })),
        },
    }
}

/// A date is not reckoned from the date before it, so only what comes after it can be stepped.
fn calver_step(text: &str, version: &Dotted, step: Step) -> Result<String, String> {
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (numbers, pre) = text.split_at(end);
    let numbers = numbers.trim_end_matches('.');
    let patched = || match numbers.rsplit_once('.') {
        Some((date, patch)) if date.contains('.') => {
            format!(
                "{date}.{}",
                patch.parse::<u64>().unwrap_or(0).saturating_add(1)
            )
        }
        _ => format!("{numbers}.1"),
    };
    match step {
        Step::Major | Step::Minor => {
            Err("a calendar version follows the date, not the version before it".to_owned())
        }
        Step::Release => Ok(numbers.to_owned()),
        Step::Patch if version.is_pre_release() => Ok(numbers.to_owned()),
        Step::Patch => Ok(patched()),
        Step::Pre if version.is_pre_release() => Ok(format!("{numbers}{}", next_identifier(pre))),
        Step::Pre => Ok(format!("{}rc1", patched())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_each_scheme() {
        use Step::{Major, Minor, Patch, Pre, Release};
        let table = [
            (Scheme::Semver, "0.12.3", Major, "1.0.0"),
            (Scheme::Semver, "0.12.3", Minor, "0.13.0"),
            (Scheme::Semver, "0.12.3+b1", Patch, "0.12.4"),
            (Scheme::Semver, "0.12.3", Pre, "0.12.4-rc.1"),
            (Scheme::Semver, "0.12.4-rc.9", Pre, "0.12.4-rc.10"),
            (Scheme::Semver, "0.12.4-beta", Pre, "0.12.4-beta.1"),
            (Scheme::Semver, "0.12.4-rc.1", Release, "0.12.4"),
            (Scheme::Semver, "0.12.4-rc.1", Patch, "0.12.4"),
            (Scheme::Semver, "0.12.4-rc.1", Minor, "0.13.0"),
            (Scheme::Semver, "0.13.0-rc.1", Minor, "0.13.0"),
            (Scheme::Semver, "2.0.0-rc.1", Major, "2.0.0"),
            (Scheme::Pep440, "0.9.1rc1", Release, "0.9.1"),
            (Scheme::Pep440, "0.9.1rc1", Pre, "0.9.1rc2"),
            (Scheme::Pep440, "0.9.1.dev4", Pre, "0.9.1.dev5"),
            (Scheme::Pep440, "0.9.1", Pre, "0.9.2rc1"),
            (Scheme::Pep440, "0.9.1.post2", Patch, "0.9.2"),
            (Scheme::Pep440, "0.9", Minor, "0.10"),
            (Scheme::Pep440, "0.9", Patch, "0.9.1"),
            (Scheme::Pep440, "1", Major, "2"),
            (Scheme::Pep440, "1.2.3.4", Patch, "1.2.3.5"),
            (Scheme::Pep440, "1.2rc1", Minor, "1.2"),
            (Scheme::Calver, "26.11.0", Patch, "26.11.1"),
            (Scheme::Calver, "26.11", Patch, "26.11.1"),
            (Scheme::Calver, "26.11.0", Pre, "26.11.1rc1"),
            (Scheme::Calver, "26.11.1rc1", Pre, "26.11.1rc2"),
            (Scheme::Calver, "26.11.1rc1", Release, "26.11.1"),
            (Scheme::Calver, "2026.11.21", Patch, "2026.11.22"),
        ];
        for (scheme, from, step, to) in table {
            let next = ReleaseVersion::parse(scheme, from).and_then(|v| v.step(step));
            assert_eq!(next.map(|v| v.text), Ok(to.to_owned()), "{from} {step:?}");
        }
        for (scheme, from, step) in [
            (Scheme::Semver, "1.0.0", Release),
            (Scheme::Calver, "26.11.0", Major),
            (Scheme::Calver, "26.11.0", Minor),
        ] {
            let next = ReleaseVersion::parse(scheme, from).and_then(|v| v.step(step));
            assert!(next.is_err(), "{from} {step:?}");
        }
    }

    #[test]
    fn a_step_never_goes_back() {
        for (scheme, from) in [
            (Scheme::Semver, "1.2.3"),
            (Scheme::Semver, "1.2.3-alpha.1"),
            (Scheme::Pep440, "1.2.3rc1"),
            (Scheme::Pep440, "1.2.3.dev1"),
            (Scheme::Pep440, "1.2.post1"),
            (Scheme::Calver, "26.1.0rc1"),
        ] {
            let from = ReleaseVersion::parse(scheme, from).expect("a version");
            for step in [
                Step::Major,
                Step::Minor,
                Step::Patch,
                Step::Pre,
                Step::Release,
            ] {
                if let Ok(next) = from.step(step) {
                    assert_eq!(
                        next.cmp_release(&from),
                        Ordering::Greater,
                        "{from} {step:?} {next}"
                    );
                }
            }
        }
    }

    #[test]
    fn schemes_compare_with_each_other() {
        let read = |scheme, text| ReleaseVersion::parse(scheme, text).expect("a version");
        let semver = read(Scheme::Semver, "0.13.0-rc.1");
        let python = read(Scheme::Pep440, "0.13.0rc1");
        assert_eq!(semver.cmp_release(&python), Ordering::Equal);
        assert!(semver.same_release(&read(Scheme::Pep440, "0.13")));
        assert!(!semver.same_release(&read(Scheme::Pep440, "0.13.1")));
        let (a, b) = (
            read(Scheme::Semver, "1.0.0+a"),
            read(Scheme::Semver, "1.0.0+b"),
        );
        assert_eq!(a.cmp_release(&b), Ordering::Equal);
    }
}
