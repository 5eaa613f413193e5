//! Tags of `nvidia/cuda`: whether one exists, and which one near it does.

use std::cmp::Reverse;
use std::fmt;

use crate::facts::tables::{Numbers, Status};
use crate::facts::{CudaImage, Facts};
use crate::grammar::Version;

/// The flavours of every version; with cuDNN there is no `base`.
const FLAVOURS: [&str; 3] = ["base", "runtime", "devel"];

/// A tag taken apart: `<version>-[<cudnn>-]<flavour>-<distro>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CudaTag<'a> {
    /// `12.8.1`.
    pub version: &'a str,
    /// `cudnn`, `cudnn8`.
    pub cudnn: Option<&'a str>,
    /// `base`, `runtime` or `devel`.
    pub flavour: &'a str,
    /// `ubuntu24.04`, `rockylinux9`.
    pub distro: &'a str,
}

impl fmt::Display for CudaTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-", self.version)?;
        if let Some(cudnn) = self.cudnn {
            write!(f, "{cudnn}-")?;
        }
        write!(f, "{}-{}", self.flavour, self.distro)
    }
}

impl<'a> CudaTag<'a> {
    /// Takes a tag apart; `None` when it has another form.
    pub fn parse(tag: &'a str) -> Option<Self> {
        let (version, rest) = tag.split_once('-')?;
        Version::parse(version).filter(|v| !v.is_pre_release())?;
        let (first, after) = rest.split_once('-')?;
        let (cudnn, rest) = if first.starts_with("cudnn") {
            (Some(first), after)
        } else {
            (None, rest)
        };
        let (flavour, distro) = rest.split_once('-')?;
        let known = FLAVOURS.contains(&flavour) && !distro.is_empty();
        known.then_some(CudaTag {
            version,
            cudnn,
            flavour,
            distro,
        })
    }
}

/// Whether a tag exists, as far as the tables know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Existence {
    /// It does.
    Exists,
    /// It never did: why, and the nearest that does.
    Never(String, Option<String>),
    /// The tables do not know it: what they know instead, and the nearest that exists.
    Unknown(String, Option<String>),
    /// The tables are not about such tags.
    Silent,
}

impl Facts {
    /// Whether `nvidia/cuda` has a tag.
    pub fn cuda_tag(&self, tag: &str) -> Existence {
        let Some(parsed) = CudaTag::parse(tag) else {
            let form = "its tags are `<version>-[cudnn-]<base|runtime|devel>-<distribution>`";
            return Existence::Unknown(form.to_owned(), None);
        };
        let near = || self.nearest_cuda(&parsed).map(|t| t.to_string());
        let of_version = || self.cuda_images_of(parsed.version).map(|k| k.row);
        if let Some(row) = of_version().find(|r| r.distros.iter().any(|d| d == parsed.distro)) {
            return of_row(row, &parsed, near);
        }
        if !parsed.distro.starts_with("ubuntu") {
            return Existence::Silent;
        }
        let Some(version) = Version::parse(parsed.version) else {
            return Existence::Silent;
        };
        if self.never(&version) {
            return Existence::Never(
                format!("CUDA {} never had an image", parsed.version),
                near(),
            );
        }
        let full = version.written_part(2).is_some();
        let full_from = self.cuda_full_from();
        if !full && full_from.is_some_and(|from| from.version <= version) {
            return Existence::Never("its tags state major, minor and patch".to_owned(), near());
        }
        if let Some(window) = self.cuda_window(parsed.distro) {
            let first = &window.first.version;
            // Tags that do not state all three numbers are not known one by one where a window begins.
            if version < *first && (full || version.part(0) < first.part(0)) {
                return Existence::Never(
                    format!("on {} the first is {}", parsed.distro, window.first.text),
                    near(),
                );
            }
            let last = window.last.as_ref().filter(|_| full);
            if let Some(last) = last.filter(|last| last.version < version) {
                return Existence::Never(
                    format!("on {} the last is {}", parsed.distro, last.text),
                    near(),
                );
            }
            if full && of_version().any(|r| r.status != Status::Observed) {
                return Existence::Never(
                    format!("CUDA {} is not there for {}", parsed.version, parsed.distro),
                    near(),
                );
            }
        }
        let versions = || self.cuda_images().map(|k| &k.row.version);
        let newest = versions().max_by(|a, b| a.version.cmp(&b.version));
        let oldest = versions().min_by(|a, b| a.version.cmp(&b.version));
        let why = match (oldest, newest) {
            (_, Some(newest)) if newest.version < version => {
                format!("the newest that is known is {}", newest.text)
            }
            (Some(oldest), _) if version < oldest.version => {
                format!("the oldest that is known is {}", oldest.text)
            }
            _ => "the tables do not have it".to_owned(),
        };
        Existence::Unknown(why, near())
    }

    fn never(&self, version: &Version) -> bool {
        self.cuda_never().any(|never| {
            let parts = never.text.split('.').count();
            let prefix: Vec<u64> = (0..parts).map(|i| never.version.part(i)).collect();
            version.starts_with(&prefix)
        })
    }

    /// The tag most like this one among those that exist.
    fn nearest_cuda<'a>(&'a self, wanted: &CudaTag<'a>) -> Option<CudaTag<'a>> {
        let version = Version::parse(wanted.version)?;
        let flavour = match (wanted.cudnn, wanted.flavour) {
            (Some(_), "base") => "runtime",
            (_, flavour) => flavour,
        };
        let there = self.cuda_images().map(|k| k.row).filter(|r| {
            r.status != Status::Dropped && (wanted.cudnn.is_none() || r.cudnn.is_some())
        });
        let tags = there.flat_map(|row| {
            row.distros.iter().map(move |distro| {
                let tag = CudaTag {
                    version: row.version.text.as_str(),
                    cudnn: wanted.cudnn.and(row.cudnn.as_deref()),
                    flavour,
                    distro,
                };
                (tag, &row.version)
            })
        });
        let distance = |of: &Numbers| {
            let exact = of.text == wanted.version;
            let of = &of.version;
            (
                !exact,
                of.part(0).abs_diff(version.part(0)),
                of.part(1).abs_diff(version.part(1)),
                *of < version,
                Reverse(of.part(2)),
            )
        };
        let apart = |distro: &str| {
            let number = |text: &str| {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                digits.parse::<u64>().unwrap_or(0)
            };
            number(distro).abs_diff(number(wanted.distro))
        };
        tags.min_by_key(|(tag, of)| (distance(of), apart(tag.distro)))
            .map(|(tag, _)| tag)
    }
}

/// Whether a row of the table has the tag.
fn of_row(row: &CudaImage, tag: &CudaTag<'_>, near: impl Fn() -> Option<String>) -> Existence {
    let fault = match (&row.cudnn, tag.cudnn) {
        (_, Some(_)) if tag.flavour == "base" => "there is no `base` with cuDNN".to_owned(),
        (Some(infix), Some(asked)) if infix != asked => {
            format!("for CUDA {} cuDNN is called `{infix}`", row.version.text)
        }
        (None, Some(_)) if row.status == Status::Observed => {
            let why = format!("no tag of CUDA {} with cuDNN is known", row.version.text);
            return Existence::Unknown(why, near());
        }
        (None, Some(_)) => {
            format!(
                "CUDA {} is not there with cuDNN on {}",
                row.version.text, tag.distro
            )
        }
        _ if row.status == Status::Dropped => {
            let left = row
                .as_of
                .map_or_else(String::new, |day| format!(" after {day}"));
            let why = format!("it left NVIDIA's lists{left}, and such tags get deleted");
            return Existence::Unknown(why, near());
        }
        _ => return Existence::Exists,
    };
    Existence::Never(fault, near())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn never(tag: &str) -> Option<String> {
        match Facts::default().cuda_tag(tag) {
            Existence::Never(_, near) => near,
            other => panic!("{tag}: {other:?}"),
        }
    }

    #[test]
    fn tags_are_taken_apart() {
        for tag in [
            "12.8.1-base-ubuntu24.04",
            "12.3.2-cudnn9-devel-ubuntu22.04",
            "12.8.1-cudnn-runtime-rockylinux9",
        ] {
            assert_eq!(CudaTag::parse(tag).expect(tag).to_string(), tag);
        }
        for tag in [
            "",
            "12.8.1",
            "latest",
            "12.8.1-base",
            "12.8.1-ubuntu24.04",
            "x-base-y",
            "12.8.1-cudnn-base-",
        ] {
            assert_eq!(CudaTag::parse(tag), None, "{tag}");
        }
    }

    #[test]
    fn tags_that_never_were_name_the_nearest_that_is() {
        for (tag, near) in [
            (
                "12.8.1-cudnn8-devel-ubuntu22.04",
                "12.8.1-cudnn-devel-ubuntu22.04",
            ),
            (
                "12.2.2-cudnn-devel-ubuntu22.04",
                "12.2.2-cudnn8-devel-ubuntu22.04",
            ),
            (
                "12.3.2-cudnn-runtime-ubuntu20.04",
                "12.3.2-cudnn9-runtime-ubuntu20.04",
            ),
            (
                "12.8.1-cudnn-base-ubuntu22.04",
                "12.8.1-cudnn-runtime-ubuntu22.04",
            ),
            ("12.2.1-base-ubuntu22.04", "12.2.2-base-ubuntu22.04"),
            ("12.7.1-base-ubuntu24.04", "12.8.2-base-ubuntu24.04"),
            ("12.8-base-ubuntu24.04", "12.8.2-base-ubuntu24.04"),
            ("12.8.1-base-ubuntu18.04", "12.8.1-base-ubuntu20.04"),
            ("12.9.1-base-ubuntu26.04", "12.9.1-base-ubuntu24.04"),
            ("10.2-base-ubuntu20.04", "11.2.2-base-ubuntu20.04"),
            ("13.0.2-devel-ubuntu20.04", "13.0.2-devel-ubuntu22.04"),
            ("12.5.0-base-ubuntu24.04", "12.5.0-base-ubuntu22.04"),
            (
                "12.5.1-cudnn-devel-ubuntu24.04",
                "12.5.1-cudnn-devel-ubuntu22.04",
            ),
            (
                "12.4.0-cudnn-devel-ubuntu22.04",
                "12.4.1-cudnn-devel-ubuntu22.04",
            ),
        ] {
            assert_eq!(never(tag).as_deref(), Some(near), "{tag}");
        }
    }

    #[test]
    fn what_is_not_known_is_never_said_not_to_exist() {
        let facts = Facts::default();
        for tag in [
            "13.5.0-base-ubuntu24.04",
            "13.4.3-cudnn-devel-ubuntu24.04",
            "13.4.2-cudnn-devel-ubuntu22.04",
            "12.8.2-cudnn-devel-ubuntu24.04",
            "12.8.7-base-ubuntu22.04",
            "13.4.2-base-ubuntu28.04",
            "14.0.0-base-ubuntu28.04",
            "11.2.1-base-ubuntu20.04",
            "10.1-base-ubuntu18.04",
            "10.2-base-ubuntu16.04",
            "11.0-base-ubuntu20.04",
            "latest",
        ] {
            let existence = facts.cuda_tag(tag);
            assert!(
                matches!(existence, Existence::Unknown(..)),
                "{tag}: {existence:?}"
            );
        }
        for tag in ["12.8.1-base-rockylinux9", "13.9.9-cudnn-devel-ubi10"] {
            assert_eq!(facts.cuda_tag(tag), Existence::Silent, "{tag}");
        }
        for tag in [
            "12.8.1-base-ubuntu24.04",
            "13.4.2-cudnn-runtime-ubuntu24.04",
            "11.8.0-cudnn8-devel-ubuntu22.04",
            "12.8.2-devel-ubuntu22.04",
        ] {
            assert_eq!(facts.cuda_tag(tag), Existence::Exists, "{tag}");
        }
    }

    #[test]
    fn the_users_row_makes_a_tag_exist() {
        let own =
            r#"cuda-image = [{ version = "12.7.0", distros = ["ubuntu24.04"], cudnn = "cudnn" }]"#;
        let facts = Facts::under("f".into(), toml::from_str(own).expect("facts"));
        let tag = "12.7.0-cudnn-devel-ubuntu24.04";
        assert_eq!(facts.cuda_tag(tag), Existence::Exists);
        assert_eq!(
            never(tag).as_deref(),
            Some("12.8.1-cudnn-devel-ubuntu24.04")
        );
    }
}
