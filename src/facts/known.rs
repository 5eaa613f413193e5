//! What is known: the user's rows, and the shipped ones where they say nothing.

use std::fmt;
use std::sync::Arc;

use crate::facts::shipped;
use crate::facts::tables::{
    CudaImage, CudaWindow, DistributionRelease, Numbers, PythonCycle, RollingTags, Tables,
};
use crate::facts::{Day, PinnedAction, action_pins};
use crate::grammar::Version;

/// The shipped tables, under the user's own.
#[derive(Debug, Default)]
pub struct Facts {
    own: Option<(Arc<str>, Tables)>,
}

/// A row with who says so.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a, T> {
    /// The row.
    pub row: &'a T,
    /// Who says so, and when.
    pub by: By<'a>,
}

/// Who says so, and when: as people read it in a note.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// A shipped table.
    Shipped(&'a str, Option<Day>),
    /// The user's file of that path.
    Own(&'a str),
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Shipped(who, Some(day)) => write!(f, "known from {who}, as of {day}"),
            By::Shipped(who, None) => write!(f, "known from {who}"),
            By::Own(path) => write!(f, "known from `{path}`"),
        }
    }
}

/// Distributions whose releases are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distribution {
    /// Its extended support is paid for.
    Ubuntu,
    /// Its long-term support is for all.
    Debian,
}

impl Distribution {
    /// Its name, as its own people write it.
    pub fn name(self) -> &'static str {
        match self {
            Distribution::Ubuntu => "Ubuntu",
            Distribution::Debian => "Debian",
        }
    }
}

/// Rows of one kind in a file.
type Rows<T> = fn(&Tables) -> &[T];

impl Facts {
    /// The shipped tables under the user's, read from `path`.
    pub fn under(path: Arc<str>, own: Tables) -> Self {
        Facts {
            own: Some((path, own)),
        }
    }

    /// The first row that `wanted` means: of the user's, else of the shipped.
    pub(super) fn find<'a, T: 'a>(
        &'a self,
        shipped: fn() -> &'static Tables,
        rows: Rows<T>,
        row_source: fn(&T) -> (Option<&String>, Option<Day>),
        wanted: impl Fn(&T) -> bool,
    ) -> Option<Known<'a, T>> {
        if let Some((path, own)) = &self.own
            && let Some(row) = rows(own).iter().find(|r| wanted(r))
        {
            let by = By::Own(path);
            return Some(Known { row, by });
        }
        let table = shipped();
        let row = rows(table).iter().find(|r| wanted(r))?;
        let (source, as_of) = row_source(row);
        let who = source.or(table.by.as_ref()).map_or("", String::as_str);
        let by = By::Shipped(who, as_of.or(table.as_of));
        Some(Known { row, by })
    }

    /// The cycle of a version of Python.
    pub fn python(&self, version: &Version) -> Option<Known<'_, PythonCycle>> {
        self.find(
            shipped::python,
            |t| &t.python,
            |r| (r.source.as_ref(), r.as_of),
            |r| version.starts_with(&[r.cycle.version.part(0), r.cycle.version.part(1)]),
        )
    }

    /// A release of a distribution, by version or codename.
    pub fn release(
        &self,
        of: Distribution,
        called: &str,
    ) -> Option<Known<'_, DistributionRelease>> {
        let rows: Rows<DistributionRelease> = match of {
            Distribution::Ubuntu => |t| &t.ubuntu,
            Distribution::Debian => |t| &t.debian,
        };
        let find = |shipped| {
            self.find(
                shipped,
                rows,
                |r: &DistributionRelease| (r.source.as_ref(), r.as_of),
                |r| r.version.text == called || r.codename == called,
            )
        };
        let ended = || find(shipped::distributions_ended);
        let ended = || shipped::may_have_ended(called).then(ended).flatten();
        find(shipped::distributions).or_else(ended)
    }

    /// The codename of the newest Debian that is out.
    pub fn newest_debian(&self, today: Day) -> Option<&str> {
        let own = self.own.iter().flat_map(|(_, own)| &own.debian);
        let all = own.chain(&shipped::distributions().debian);
        let out = all.filter(|r| r.release.is_none_or(|day| day <= today));
        let newest = out.max_by(|a, b| a.version.version.cmp(&b.version.version));
        newest.map(|r| r.codename.as_str())
    }

    /// Tags that name no release: the user's first, then the shipped.
    pub(super) fn rolling(&self) -> impl Iterator<Item = &RollingTags> {
        let own = self.own.iter().flat_map(|(_, own)| &own.rolling);
        own.chain(&shipped::rolling().rolling)
    }

    /// The oldest driver that runs a CUDA major.
    pub fn driver_floor(&self, major: u64) -> Option<Known<'_, crate::facts::tables::CudaDriver>> {
        self.find(
            shipped::cuda_driver,
            |t| &t.cuda_driver,
            |r| (r.source.as_ref(), r.as_of),
            |r| u64::from(r.major) == major,
        )
    }

    /// A branch of NVIDIA's driver, by the first number of its versions.
    pub fn driver_branch(
        &self,
        version: &Version,
    ) -> Option<Known<'_, crate::facts::tables::DriverBranch>> {
        self.find(
            shipped::cuda_driver,
            |t| &t.driver_branch,
            |r| (r.source.as_ref(), r.as_of),
            |r| version.starts_with(&[r.branch.version.part(0)]),
        )
    }

    /// What a provider accepts of `key` at most, never less than 1; no limit where none is known.
    pub fn limit(&self, provider: &str, key: &str) -> usize {
        let found = self.find(
            shipped::limits,
            |t| &t.limit,
            |r| (r.source.as_ref(), r.as_of),
            |r| r.provider == provider && *r.key == key,
        );
        found.map_or(usize::MAX, |known| known.row.value.max(1))
    }

    /// Commits of actions, oldest first; the user's are the newest.
    pub fn action_pins(&self) -> Vec<PinnedAction> {
        let own = self.own.iter().flat_map(|(_, own)| &own.action);
        let own = own.map(|row| PinnedAction {
            repo: row.repo.value.clone(),
            version: row.version.clone(),
            sha: row.sha.value.clone(),
        });
        action_pins().iter().cloned().chain(own).collect()
    }

    /// Tags of `nvidia/cuda`: the user's first, then the shipped.
    pub fn cuda_images(&self) -> impl Iterator<Item = Known<'_, CudaImage>> {
        self.cuda_rows([
            shipped::cuda_images().cuda_image.as_slice(),
            &shipped::cuda_images_ended().cuda_image,
        ])
    }

    /// Tags of one version of `nvidia/cuda`, in the same order.
    pub fn cuda_images_of<'a>(
        &'a self,
        version: &'a str,
    ) -> impl Iterator<Item = Known<'a, CudaImage>> {
        let ended: &[CudaImage] = if shipped::may_be_ended_cuda(version) {
            &shipped::cuda_images_ended().cuda_image
        } else {
            &[]
        };
        self.cuda_rows([&shipped::cuda_images().cuda_image, ended])
            .filter(move |known| known.row.version.text == version)
    }

    /// The user's rows, then these shipped ones.
    fn cuda_rows<'a>(
        &'a self,
        shipped: [&'a [CudaImage]; 2],
    ) -> impl Iterator<Item = Known<'a, CudaImage>> {
        let own = self.own.iter().flat_map(|(path, own)| {
            let by = By::Own(path);
            own.cuda_image.iter().map(move |row| Known { row, by })
        });
        let by = self.cuda_by();
        let shipped = shipped.into_iter().flatten();
        own.chain(shipped.map(move |row| Known { row, by }))
    }

    /// Who the shipped table of `nvidia/cuda` is by.
    pub fn cuda_by(&self) -> By<'_> {
        let table = shipped::cuda_images();
        By::Shipped(table.by.as_deref().unwrap_or_default(), table.as_of)
    }

    /// Versions, or minors, that `nvidia/cuda` never had.
    pub fn cuda_never(&self) -> impl Iterator<Item = &Numbers> {
        let own = self.own.iter().flat_map(|(_, own)| &own.cuda_never);
        own.chain(&shipped::cuda_images().cuda_never)
    }

    /// The version from which on tags of `nvidia/cuda` state all three numbers.
    pub fn cuda_full_from(&self) -> Option<&Numbers> {
        let own = self
            .own
            .as_ref()
            .and_then(|(_, o)| o.cuda_full_from.as_ref());
        own.or(shipped::cuda_images().cuda_full_from.as_ref())
    }

    /// The CUDA versions of a distribution.
    pub fn cuda_window(&self, distro: &str) -> Option<&CudaWindow> {
        let own = self.own.iter().flat_map(|(_, own)| &own.cuda_window);
        own.chain(&shipped::cuda_images().cuda_window)
            .find(|w| w.distro == distro)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_rows_stand_for_the_shipped_ones() {
        let own = r#"
            python = [{ cycle = "3.9", eol = "2027-12-31" }]
            limit = [{ provider = "github", key = "matrix_configurations_per_job", value = 0 }]
        "#;
        let own = toml::from_str(own).expect("facts");
        let facts = Facts::under("own.toml".into(), own);
        let eol = |facts: &Facts, text: &str| {
            let version = Version::parse(text).expect("a version");
            let known = facts.python(&version)?;
            Some((known.row.eol.to_string(), known.by.to_string()))
        };
        assert_eq!(
            eol(&facts, "3.9.18"),
            Some(("2027-12-31".to_owned(), "known from `own.toml`".to_owned()))
        );
        let shipped = eol(&Facts::default(), "3.9").expect("a cycle");
        assert_eq!(shipped.0, "2025-10-31");
        assert!(shipped.1.contains("endoflife.date"), "{}", shipped.1);
        assert_eq!(eol(&facts, "3.10"), eol(&Facts::default(), "3.10"));
        assert_eq!(eol(&facts, "4.0"), None);
        let legs = |f: &Facts| f.limit("github", "matrix_configurations_per_job");
        assert_eq!((legs(&facts), legs(&Facts::default())), (1, 256));
    }
}
