//! Lock files of package managers, which repeat the version of the package they lie beside. They are another tool's to
//! write, so gen says which command refreshes them.

use std::sync::Arc;

use serde::Deserialize;

use crate::config::{Config, Locator};
use crate::diagnostic::{Finding, Place, Sink, and_list, code};
use crate::grammar::Spanned;
use crate::locate;
use crate::release::workspace;
use crate::source::{Repository, SourceFile};

/// A manifest with the key of its version, and the lock file that repeats it.
struct Kind {
    manifest: &'static str,
    key: &'static str,
    /// The packages of that version, by their names in the lock file.
    packages: fn(&Repository, &SourceFile) -> Vec<String>,
    /// Its lock files; of several that are there the first is the one that counts.
    locks: &'static [&'static str],
    /// Whether the lock file may lie in a folder above.
    above: bool,
    /// The packages of a lock file, when it can be read.
    read: fn(&str) -> Option<Vec<Package>>,
    command: &'static str,
}

/// A package that a lock file lists as part of the repository itself.
#[derive(Clone)]
struct Package {
    name: String,
    version: String,
}

const KINDS: &[Kind] = &[
    Kind {
        manifest: "Cargo.toml",
        key: "package.version",
        packages: |_, manifest| name(manifest, "package.name"),
        locks: &["Cargo.lock"],
        above: true,
        read: cargo,
        command: "cargo update --workspace --offline",
    },
    Kind {
        manifest: "Cargo.toml",
        key: "workspace.package.version",
        packages: workspace::heirs,
        locks: &["Cargo.lock"],
        above: true,
        read: cargo,
        command: "cargo update --workspace --offline",
    },
    Kind {
        manifest: "pyproject.toml",
        key: "project.version",
        packages: |_, manifest| normalised(name(manifest, "project.name")),
        locks: &["uv.lock"],
        above: true,
        read: uv,
        command: "uv lock --offline",
    },
    Kind {
        manifest: "package.json",
        key: "version",
        packages: |_, manifest| name(manifest, "name"),
        // <https://docs.npmjs.com/cli/v11/configuring-npm/npm-shrinkwrap-json>: it takes precedence.
        locks: &["npm-shrinkwrap.json", "package-lock.json"],
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
    let lock = lock_file(repository, kind, folder)?;
    let packages = (kind.packages)(repository, &manifest);
    let stale = stale(kind, &lock, packages, &version.value);
    let (
        Package {
            name,
            version: stated,
        },
        others,
    ) = stale.split_first()?;
    let finding = Finding::new(
        &code::LOCKFILE_STALE,
        format!("`{}` still says `{stated}` for `{name}`", lock.path),
        place(&lock, name, stated),
    )
    .related(Place::span(
        &manifest,
        version.span,
        format!("the manifest says `{}`", version.value),
    ))
    .help(format!("run `{}`", kind.command));
    if others.is_empty() {
        return Some(finding);
    }
    let others = and_list(others.iter().map(|other| other.name.as_str()));
    Some(finding.note(format!("it repeats another version for {others} too")))
}

/// The name that a manifest states.
fn name(manifest: &SourceFile, key: &str) -> Vec<String> {
    let found = locate::key(manifest, key);
    found.map(|found| found.value).into_iter().collect()
}

/// Names as `uv.lock` writes them. Source: "Name normalization" in the specification of Python package names.
fn normalised(names: Vec<String>) -> Vec<String> {
    let one = |name: String| {
        let words = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("-").to_lowercase()
    };
    names.into_iter().map(one).collect()
}

/// The lock file beside a manifest, or above it where a workspace has one for all.
fn lock_file(repository: &Repository, kind: &Kind, folder: &str) -> Option<Arc<SourceFile>> {
    let mut folder = folder;
    loop {
        let path = |lock: &str| match folder {
            "" => lock.to_owned(),
            folder => format!("{folder}/{lock}"),
        };
        let file = kind
            .locks
            .iter()
            .find_map(|lock| repository.text(&path(lock)));
        if let Some(file) = file {
            return Some(file.with_lf());
        }
        if folder.is_empty() || !kind.above {
            return None;
        }
        folder = split(folder).0;
    }
}

/// Those of the packages for which the lock file states another version than the manifest.
fn stale(kind: &Kind, lock: &SourceFile, names: Vec<String>, version: &str) -> Vec<Package> {
    // Lock files are long, and as a rule they are right.
    let wrong = |name: &String| !lock.text.contains(&row(name, version));
    let names: Vec<String> = names.into_iter().filter(wrong).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let listed = (kind.read)(&lock.text).unwrap_or_default();
    let other = |package: &&Package| !same(&package.version, version);
    let other: Vec<&Package> = listed.iter().filter(other).collect();
    let of = |name: &String| other.iter().find(|package| package.name == *name);
    names.iter().filter_map(of).map(|p| (*p).clone()).collect()
}

/// How `Cargo.lock` and `uv.lock` write a package.
fn row(name: &str, version: &str) -> String {
    format!("name = \"{name}\"\nversion = \"{version}\"\n")
}

/// Whether two texts are one version: lock files write them in their normal form.
fn same(a: &str, b: &str) -> bool {
    let read = |text: &str| text.parse::<pep440_rs::Version>().ok();
    a == b || matches!((read(a), read(b)), (Some(a), Some(b)) if a == b)
}

/// Where the lock file states it: the first such version after the package's name.
fn place(lock: &Arc<SourceFile>, name: &str, version: &str) -> Place {
    // Other packages may name it before, among what they depend on.
    let names = [
        row(name, version),
        format!("name = \"{name}\""),
        format!("\"{name}\""),
    ];
    let after = names.iter().find_map(|name| lock.text.find(name));
    let after = after.unwrap_or(0);
    match lock.text[after..].find(&format!("\"{version}\"")) {
        Some(i) => {
            let start = after + i + 1;
            let span = start..start + version.len();
            Place::span(lock, span, format!("says `{version}`"))
        }
        None => Place::file(lock.path.clone()),
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn cargo(text: &str) -> Option<Vec<Package>> {
    // What comes from a registry may bear the same name.
    listed(text, |source| source.is_none())
}

fn uv(text: &str) -> Option<Vec<Package>> {
    const OWN: [&str; 3] = ["editable", "virtual", "directory"];
    listed(text, |source| {
        source.is_some_and(|source| OWN.iter().any(|kind| source.get(kind).is_some()))
    })
}

/// The packages of a lock file in TOML whose source says that they are the repository's own.
fn listed(text: &str, own: fn(Option<&toml::Value>) -> bool) -> Option<Vec<Package>> {
    #[derive(Deserialize)]
    struct Lock {
        #[serde(default)]
        package: Vec<RawPackage>,
    }
    #[derive(Deserialize)]
    struct RawPackage {
        name: String,
        version: Option<String>,
        source: Option<toml::Value>,
    }
    let lock: Lock = toml::from_str(text).ok()?;
    let rows = lock.package.into_iter();
    let package = |row: RawPackage| {
        Some(Package {
            name: row.name,
            version: row.version?,
        })
    };
    let own = rows.filter(|row| own(row.source.as_ref()));
    Some(own.filter_map(package).collect())
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
