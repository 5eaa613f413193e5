//! The library's version in its scheme: read, compared, and moved by one step.

mod step;

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use pep440_rs::PrereleaseKind;

use crate::grammar::Version as Dotted;
use crate::grammar::release::step::{calver_step, pep440_step, semver_step, spelled_alike};

pub use crate::grammar::release::step::ReleaseStep;

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

impl ReleaseVersion {
    /// Reads a version.
    ///
    /// # Errors
    /// Why the text is none in this scheme.
    pub fn parse(scheme: Scheme, text: &str) -> Result<Self, String> {
        if text.trim() != text {
            return Err("it starts or ends with a space".to_owned());
        }
        // PEP 440 would let it pass, and then stand doubled in every tag.
        if text.starts_with(['v', 'V']) {
            return Err("it begins with a `v`, which belongs into the tag".to_owned());
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

    /// Its numbers as they are written: `26.06.00` has `26`, `06` and `00`.
    pub fn parts(&self) -> Vec<&str> {
        let end = self
            .text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(self.text.len());
        let parts = self.text[..end].split('.');
        parts.filter(|part| !part.is_empty()).collect()
    }

    /// The same version in another scheme: `1.4.0rc1` is `1.4.0-rc.1` for semver, which has no post-releases. `None` where
    /// it has no form there.
    pub fn in_scheme(&self, scheme: Scheme) -> Option<Self> {
        if let Ok(same) = Self::parse(scheme, &self.text) {
            return Some(same);
        }
        let Read::Pep440(version) = &self.read else {
            return None;
        };
        let mut numbers: Vec<String> = version.release().iter().map(u64::to_string).collect();
        if scheme != Scheme::Semver {
            return Self::parse(scheme, &numbers.join(".")).ok();
        }
        while numbers.len() < 3 {
            numbers.push("0".to_owned());
        }
        let kind = |kind| match kind {
            PrereleaseKind::Alpha => "alpha",
            PrereleaseKind::Beta => "beta",
            PrereleaseKind::Rc => "rc",
        };
        let pre = match (version.pre(), version.dev()) {
            (Some(pre), _) => format!("-{}.{}", kind(pre.kind), pre.number),
            (None, Some(dev)) => format!("-dev.{dev}"),
            (None, None) => String::new(),
        };
        Self::parse(scheme, &(numbers.join(".") + &pre)).ok()
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

    /// A pre-release of semver with a dot before its number, which then counts as one: `1.0.0-rc10` is `1.0.0-rc.10`. `None`
    /// of others.
    pub fn number_apart(&self) -> Option<String> {
        let Read::Semver(version) = &self.read else {
            return None;
        };
        let pre = version.pre.as_str();
        let letters = pre.trim_end_matches(|c: char| c.is_ascii_digit());
        let apart = letters.ends_with(|c: char| c.is_ascii_alphabetic()) && letters != pre;
        let front = &self.text[..self.text.find('-')?];
        apart.then(|| format!("{front}-{letters}.{}", &pre[letters.len()..]))
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
    pub fn step(&self, step: ReleaseStep) -> Result<Self, String> {
        if step == ReleaseStep::Release && !self.is_pre_release() {
            return Err(format!("`{}` is a final release already", self.text));
        }
        let text = match &self.read {
            Read::Semver(version) => semver_step(version, step)?.to_string(),
            Read::Pep440(version) => {
                let next = pep440_step(version, step)?;
                spelled_alike(&self.text, version, &next)
            }
            Read::Calver(version) => calver_step(self, version, step)?,
        };
        Self::parse(self.scheme(), &text)
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_each_scheme() {
        use ReleaseStep::{Major, Minor, Patch, Pre, Release};
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
            (Scheme::Pep440, "26.06.00", Patch, "26.06.01"),
            (Scheme::Pep440, "26.06.00", Minor, "26.07.00"),
            (Scheme::Pep440, "26.06.09", Patch, "26.06.10"),
            (Scheme::Pep440, "26.06.00", Pre, "26.06.01rc1"),
            (Scheme::Pep440, "26.06.00rc1", Release, "26.06.00"),
            (Scheme::Pep440, "1.4.0-rc.1", Pre, "1.4.0-rc.2"),
            (Scheme::Pep440, "1.4.0_alpha9", Pre, "1.4.0_alpha10"),
            (Scheme::Pep440, "1.4.0c1", Pre, "1.4.0c2"),
            (Scheme::Pep440, "1.4.0rc", Pre, "1.4.0rc1"),
            (Scheme::Pep440, "1.4.0-rc.1", Release, "1.4.0"),
            (Scheme::Pep440, "1.4.0.post1", Patch, "1.4.1"),
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
            (Scheme::Calver, "26.06.00", Patch, "26.06.01"),
            (Scheme::Calver, "26.06.09", Patch, "26.06.10"),
            (Scheme::Calver, "26.06.099", Pre, "26.06.100rc1"),
            (Scheme::Calver, "26.06", Patch, "26.06.1"),
            (Scheme::Calver, "26.11.31", Patch, "26.11.32"),
            (Scheme::Calver, "2026.06.00", Patch, "2026.06.01"),
            (Scheme::Calver, "2026.11.32", Patch, "2026.11.33"),
            (Scheme::Calver, "2026.45.3", Patch, "2026.45.4"),
            (Scheme::Calver, "2026.11.30.1", Patch, "2026.11.30.2"),
            (Scheme::Calver, "2026.11.30-rc.1", Patch, "2026.11.30"),
            (Scheme::Calver, "2026.11.30rc9", Pre, "2026.11.30rc10"),
            (Scheme::Calver, "20261130", Patch, "20261130.1"),
            (Scheme::Semver, "0.0.0", Pre, "0.0.1-rc.1"),
        ];
        for (scheme, from, step, to) in table {
            let next = ReleaseVersion::parse(scheme, from).and_then(|v| v.step(step));
            assert_eq!(next.map(|v| v.text), Ok(to.to_owned()), "{from} {step:?}");
        }
        for (scheme, from, step) in [
            (Scheme::Semver, "1.0.0", Release),
            (Scheme::Calver, "26.11.0", Major),
            (Scheme::Calver, "26.11.0", Minor),
            (Scheme::Calver, "2026.11.30", Patch),
            (Scheme::Calver, "2026.11.30", Pre),
            (Scheme::Calver, "2026.2.3", Patch),
            (Scheme::Calver, "2028.02.29", Patch),
            (Scheme::Calver, "26.11.30", Patch),
            (Scheme::Calver, "26.12.31", Pre),
            (Scheme::Calver, "26.11.18446744073709551615", Patch),
            (Scheme::Semver, "1.18446744073709551615.0", Minor),
            (Scheme::Semver, "1.0.0-rc.18446744073709551615", Pre),
            (Scheme::Semver, "1.0.0-rc.99999999999999999999999", Pre),
            (Scheme::Pep440, "18446744073709551615", Major),
            (Scheme::Pep440, "1.0rc18446744073709551615", Pre),
        ] {
            let next = ReleaseVersion::parse(scheme, from).and_then(|v| v.step(step));
            assert!(next.is_err(), "{from} {step:?}");
        }
    }

    #[test]
    fn a_v_is_no_part_of_a_version_in_any_scheme() {
        for scheme in [Scheme::Semver, Scheme::Pep440, Scheme::Calver] {
            for text in ["v1.4.0", "V1.4.0", "v1.4", "v26.11.0"] {
                let fault = ReleaseVersion::parse(scheme, text).expect_err(text);
                assert!(fault.contains("begins with a `v`"), "{fault}");
            }
        }
    }

    #[test]
    fn a_version_of_another_scheme_has_a_form_in_this_one() {
        for (text, scheme, there) in [
            ("1.4.0rc1", Scheme::Semver, Some("1.4.0-rc.1")),
            ("1.4a2", Scheme::Semver, Some("1.4.0-alpha.2")),
            ("1.4.dev3", Scheme::Semver, Some("1.4.0-dev.3")),
            ("1.4.0.post1", Scheme::Semver, Some("1.4.0")),
            ("1.4.0+cu12", Scheme::Semver, Some("1.4.0+cu12")),
            ("1.2.3.4", Scheme::Semver, None),
            ("26.6.1.post1", Scheme::Calver, Some("26.6.1")),
        ] {
            let version = ReleaseVersion::parse(Scheme::Pep440, text).expect("a version");
            let found = version.in_scheme(scheme);
            assert_eq!(found.as_ref().map(ReleaseVersion::as_str), there, "{text}");
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
                ReleaseStep::Major,
                ReleaseStep::Minor,
                ReleaseStep::Patch,
                ReleaseStep::Pre,
                ReleaseStep::Release,
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
