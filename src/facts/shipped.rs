//! The files that are shipped, each read once a run and only when something asks for it.

use std::sync::OnceLock;

use crate::facts::Tables;

macro_rules! shipped {
    ($($(#[$meta:meta])* $name:ident = $file:literal;)*) => {
        $(
            $(#[$meta])*
            pub(crate) fn $name() -> &'static Tables {
                static TABLES: OnceLock<Tables> = OnceLock::new();
                TABLES.get_or_init(|| toml::from_str(include_str!($file)).unwrap_or_default())
            }
        )*
        #[cfg(test)]
        const FILES: &[(&str, &str)] = &[$(($file, include_str!($file))),*];
    };
}

shipped! {
    /// Tags of `nvidia/cuda` that are supported or newer.
    cuda_images = "cuda_images.toml";
    /// Those that are not any more.
    cuda_images_ended = "cuda_images_ended.toml";
    /// Drivers that CUDA needs, and how long they are supported.
    cuda_driver = "cuda_driver.toml";
    /// Releases of Ubuntu and Debian of late.
    distributions = "distributions.toml";
    /// All that had ended before.
    distributions_ended = "distributions_ended.toml";
    /// What CI providers accept.
    limits = "provider_limits.toml";
    /// The images that pipelines run.
    machinery = "machinery.toml";
    /// Cycles of CPython.
    python = "python.toml";
    /// Tags that name no release.
    rolling = "rolling.toml";
}

/// Whether a release that had ended may be called so: its table is read only where its text has the name.
pub(super) fn may_have_ended(called: &str) -> bool {
    include_str!("distributions_ended.toml").contains(&format!("\"{called}\""))
}

/// Whether a version of `nvidia/cuda` may be one that ended: its table is read only where its text has the version.
pub(super) fn may_be_ended_cuda(version: &str) -> bool {
    include_str!("cuda_images_ended.toml").contains(&format!("\"{version}\""))
}

/// Provider and key of every limit that pipelines are held to.
pub fn shipped_limits() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = limits().limit.iter();
    rows.map(|row| (row.provider.as_str(), row.key.value.as_str()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::tables::Numbers;
    use crate::facts::{Day, action_pins};

    fn tables() -> impl Iterator<Item = (&'static str, Tables)> {
        FILES.iter().map(|(name, text)| {
            let tables = toml::from_str(text).unwrap_or_else(|e| panic!("{name}: {e}"));
            (*name, tables)
        })
    }

    /// Source and date of every row, as it states them itself.
    fn rows(tables: &Tables) -> Vec<(String, Option<&String>, Option<Day>)> {
        let mut rows = Vec::new();
        for row in &tables.python {
            rows.push((row.cycle.text.clone(), row.source.as_ref(), row.as_of));
        }
        for row in tables.ubuntu.iter().chain(&tables.debian) {
            rows.push((row.version.text.clone(), row.source.as_ref(), row.as_of));
        }
        for row in &tables.cuda_image {
            rows.push((row.version.text.clone(), row.source.as_ref(), row.as_of));
        }
        for row in &tables.cuda_driver {
            rows.push((row.major.to_string(), row.source.as_ref(), row.as_of));
        }
        for row in &tables.driver_branch {
            rows.push((row.branch.text.clone(), row.source.as_ref(), row.as_of));
        }
        for row in &tables.machinery {
            rows.push((row.image.0.clone(), row.source.as_ref(), row.as_of));
        }
        for row in &tables.limit {
            rows.push((row.key.value.clone(), row.source.as_ref(), row.as_of));
        }
        rows
    }

    #[test]
    fn every_row_has_a_source_and_a_date() {
        let mut seen = 0;
        for (name, tables) in tables() {
            let as_of = tables.as_of.unwrap_or_else(|| panic!("{name} has no date"));
            let stated = |text: Option<&String>| text.is_some_and(|t| !t.trim().is_empty());
            assert!(stated(tables.by.as_ref()), "{name}: says who?");
            assert!(stated(tables.confidence.as_ref()), "{name}: how sure?");
            assert!(stated(tables.source.first()), "{name}: read where?");
            for (key, source, date) in rows(&tables) {
                seen += 1;
                let own = tables.source.iter().all(|s| s.starts_with("each row"));
                assert!(
                    stated(source) || (!own && source.is_none()),
                    "{name}: {key}"
                );
                let today = Day::parse("2026-11-30").expect("a day");
                assert!(
                    date.unwrap_or(as_of) <= today,
                    "{name}: {key} is of the future"
                );
            }
        }
        assert!(seen > 100, "{seen} rows");
    }

    fn rise(name: &str, keys: &[&Numbers]) {
        for pair in keys.windows(2) {
            assert!(
                pair[0].version <= pair[1].version,
                "{name}: {} stands before {}",
                pair[0].text,
                pair[1].text
            );
        }
    }

    #[test]
    fn rows_are_sorted_and_keys_unique() {
        for (name, t) in tables() {
            rise(name, &t.python.iter().map(|r| &r.cycle).collect::<Vec<_>>());
            rise(
                name,
                &t.ubuntu.iter().map(|r| &r.version).collect::<Vec<_>>(),
            );
            rise(
                name,
                &t.debian.iter().map(|r| &r.version).collect::<Vec<_>>(),
            );
            let images: Vec<_> = t.cuda_image.iter().map(|r| &r.version).collect();
            rise(name, &images);
            rise(
                name,
                &t.driver_branch
                    .iter()
                    .map(|r| &r.branch)
                    .collect::<Vec<_>>(),
            );
            assert!(t.cuda_driver.is_sorted_by_key(|r| r.major), "{name}");
            let limits = t.limit.iter().map(|r| (&r.provider, &r.key.value));
            assert!(limits.is_sorted(), "{name}");
            let mut keys = BTreeSet::new();
            for row in &t.cuda_image {
                for distro in &row.distros {
                    assert!(keys.insert((&row.version.text, distro)), "{name}: {row:?}");
                }
            }
            for row in &t.limit {
                assert!(
                    keys.insert((&row.provider, &row.key.value)),
                    "{name}: {row:?}"
                );
                assert!(row.value > 0, "{name}: {row:?}");
            }
        }
    }

    #[test]
    fn dates_follow_each_other() {
        for (name, t) in tables() {
            for row in &t.python {
                assert!(row.release.is_some_and(|r| r < row.eol), "{name}: {row:?}");
            }
            for row in t.ubuntu.iter().chain(&t.debian) {
                assert!(row.release.is_some_and(|r| r < row.eol), "{name}: {row:?}");
                assert!(row.extended.is_none_or(|e| row.eol < e), "{name}: {row:?}");
            }
        }
    }

    #[test]
    fn an_image_lies_in_the_window_of_its_distribution() {
        let t = cuda_images();
        for row in t.cuda_image.iter().chain(&cuda_images_ended().cuda_image) {
            assert_eq!(row.version.text.split('.').count(), 3, "{row:?}");
            assert!(row.arches.iter().any(|a| a == "amd64"), "{row:?}");
            for distro in &row.distros {
                let window = t.cuda_window.iter().find(|w| w.distro == *distro);
                let window = window.unwrap_or_else(|| panic!("{distro} has no window"));
                let last = window.last.as_ref();
                assert!(window.first.version <= row.version.version, "{row:?}");
                assert!(
                    last.is_none_or(|l| row.version.version <= l.version),
                    "{row:?}"
                );
            }
        }
    }

    #[test]
    fn every_pin_is_a_commit() {
        for pin in action_pins() {
            let hex = pin.sha.bytes().all(|b| b.is_ascii_hexdigit());
            assert!(pin.sha.len() == 40 && hex, "{pin:?}");
        }
    }
}
