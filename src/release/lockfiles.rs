//! Lock files of package managers, which repeat the version of the package they lie beside. They are another tool's to
//! write, so gen says which command refreshes them.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::config::{Config, Locator, Spanned};
use crate::diagnostic::{Finding, Place, Sink, code};
use crate::release::locate::{self, Found};
use crate::source::{Repository, SourceFile};

/// A manifest with the key of its version, and the lock file that repeats it.
struct Kind {
    manifest: &'static str,
    key: &'static str,
    /// Where the manifest states the name of the package.
    name: &'static str,
    lock: &'static str,
    /// Whether the lock file may lie in a folder above.
    above: bool,
    /// The packages of a lock file, when it can be read.
    read: fn(&str) -> Option<Vec<Package>>,
    command: &'static str,
}

/// A package that a lock file lists as part of the repository itself.
struct Package {
    name: String,
    version: String,
}

const KINDS: &[Kind] = &[
    Kind {
        manifest: "Cargo.toml",
        key: "package.version",
        name: "package.name",
        lock: "Cargo.lock",
        above: true,
        read: cargo,
        command: "cargo update --workspace --offline",
    },
    Kind {
        manifest: "pyproject.toml",
        key: "project.version",
        name: "project.name",
        lock: "uv.lock",
        above: true,
        read: uv,
        command: "uv lock --offline",
    },
    Kind {
        manifest: "package.json",
        key: "version",
        name: "name",
        lock: "package-lock.json",
        above: false,
        read: npm,
        command: "npm install --package-lock-only --offline",
    },
];

/// Reports lock files that repeat another version than the manifest that a pin names.
pub fn look(repository: &Repository, config: &Config, sink: &mut Sink) {
    let pins = config.release.iter().flat_map(|r| &r.pins);
    for pin in pins {
        let Locator::Key(key) = &pin.locator else {
            continue;
        };
        let (folder, name) = split(&pin.file);
        let kinds = KINDS
            .iter()
            .filter(|k| k.manifest == name && k.key == key.value);
        for kind in kinds {
            if let Some(finding) = one(repository, kind, &pin.file, folder) {
                sink.push(finding);
            }
        }
    }
}

fn one(
    repository: &Repository,
    kind: &Kind,
    manifest: &Spanned<String>,
    folder: &str,
) -> Option<Finding> {
    let manifest = repository.text(manifest)?;
    let version = locate::key(&manifest, kind.key).ok()?;
    let name = locate::key(&manifest, kind.name).ok()?.value;
    let lock = lock_file(repository, kind, folder)?;
    let stated = stated(kind, &lock, &name, &version)?;
    Some(
        Finding::new(
            &code::LOCKFILE_STALE,
            format!("`{}` still says `{stated}` for `{name}`", lock.path),
            Place {
                label: format!("says `{stated}`"),
                ..place(&lock, &name, &stated)
            },
        )
        .related(Place::span(
            &manifest,
            version.span.clone(),
            "the package is this version",
        ))
        .help(format!("run `{}`", kind.command)),
    )
}

/// The lock file beside a manifest, or above it where a workspace has one for all.
fn lock_file(repository: &Repository, kind: &Kind, folder: &str) -> Option<Arc<SourceFile>> {
    let mut folder = folder;
    loop {
        let path = match folder {
            "" => kind.lock.to_owned(),
            folder => format!("{folder}/{}", kind.lock),
        };
        if let Some(file) = repository.text(&path) {
            return Some(file);
        }
        if folder.is_empty() || !kind.above {
            return None;
        }
        folder = split(folder).0;
    }
}

/// Another version than the manifest's, that the lock file states for the package.
fn stated(kind: &Kind, lock: &SourceFile, name: &str, version: &Found) -> Option<String> {
    // Lock files are long, and as a rule they are right.
    let right = format!("name = \"{name}\"\nversion = \"{}\"\n", version.value);
    if lock.text.contains(&right) {
        return None;
    }
    let packages = (kind.read)(&lock.text)?;
    let mut own = packages.into_iter().filter(|p| p.name == name);
    let other = own.find(|p| !same(&p.version, &version.value))?;
    Some(other.version)
}

/// Whether two texts are one version: lock files write them in their normal form.
fn same(a: &str, b: &str) -> bool {
    let read = |text: &str| text.parse::<pep440_rs::Version>().ok();
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
}

/// Where the lock file states it: its first line with that version after the name.
fn place(lock: &Arc<SourceFile>, name: &str, version: &str) -> Place {
    let after = lock.text.find(&format!("\"{name}\"")).unwrap_or(0);
    let quoted = format!("\"{version}\"");
    let at: Option<Range<usize>> = lock.text[after..].find(&quoted).map(|i| {
        let start = after + i + 1;
        start..start + version.len()
    });
    match at {
        Some(span) => Place::span(lock, span, ""),
        None => Place::file(lock.path.clone()),
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn cargo(text: &str) -> Option<Vec<Package>> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        name: String,
        version: String,
        source: Option<IgnoredAny>,
    }
    let lock: Lock = toml::from_str(text).ok()?;
    // What comes from a registry may bear the same name.
    let own = lock.package.into_iter().filter(|row| row.source.is_none());
    Some(
        own.map(|r| Package {
            name: r.name,
            version: r.version,
        })
        .collect(),
    )
}

fn uv(text: &str) -> Option<Vec<Package>> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<Row>,
    }
    #[derive(Deserialize)]
    struct Row {
        name: String,
        version: Option<String>,
        source: toml::Table,
    }
    let lock: Lock = toml::from_str(text).ok()?;
    let own = lock.package.into_iter().filter(|row| {
        ["editable", "virtual", "directory"]
            .iter()
            .any(|kind| row.source.contains_key(*kind))
    });
    Some(
        own.filter_map(|r| {
            Some(Package {
                name: r.name,
                version: r.version?,
            })
        })
        .collect(),
    )
}

fn npm(text: &str) -> Option<Vec<Package>> {
    let lock: serde_json::Value = serde_json::from_str(text).ok()?;
    let name = lock.get("name")?.as_str()?.to_owned();
    let versions = [lock.get("version"), lock.pointer("/packages//version")];
    let versions = versions.into_iter().flatten().filter_map(|v| v.as_str());
    Some(
        versions
            .map(|version| Package {
                name: name.clone(),
                version: version.to_owned(),
            })
            .collect(),
    )
}
