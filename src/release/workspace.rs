//! The packages of a Cargo workspace that take their version from `workspace.package`.
//! Source: "Workspaces" in the Cargo reference.

use serde::Deserialize;

use crate::source::{Repository, SourceFile};

#[derive(Deserialize)]
struct Manifest {
    package: Option<Package>,
    workspace: Option<Workspace>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: Option<toml::Value>,
}

#[derive(Deserialize)]
struct Workspace {
    #[serde(default)]
    members: Vec<String>,
    #[serde(default)]
    exclude: Vec<String>,
}

impl Manifest {
    fn read(file: &SourceFile) -> Option<Self> {
        toml::from_str(&file.text).ok()
    }

    /// Its package's name, if the version is the workspace's: `version.workspace = true`.
    fn heir(self) -> Option<String> {
        let package = self.package?;
        let inherits = package.version?.get("workspace")?.as_bool()?;
        inherits.then_some(package.name)
    }
}

/// The names of those packages: the one of the manifest `root` itself, then the members in the order of their paths.
/// Members that only a path dependency names are not looked for.
pub(super) fn heirs(repository: &Repository, root: &SourceFile) -> Vec<String> {
    let Some(manifest) = Manifest::read(root) else {
        return Vec::new();
    };
    let folder = root.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let globs = manifest
        .workspace
        .as_ref()
        .map(|w| w.globs(folder))
        .unwrap_or_default();
    let globs: Vec<&str> = globs.iter().map(String::as_str).collect();
    let members = repository
        .matching(&globs)
        .into_iter()
        .filter(|path| **path != *root.path)
        .filter_map(|path| Manifest::read(&*repository.text(&path)?)?.heir());
    let members: Vec<String> = members.collect();
    manifest.heir().into_iter().chain(members).collect()
}

impl Workspace {
    /// Globs, from the repository root, for the manifests of the members of a workspace in `folder`.
    fn globs(&self, folder: &str) -> Vec<String> {
        let folder = match folder {
            "" => String::new(),
            folder => format!("{}/", globset::escape(folder)),
        };
        let plain = |path: &str| path.trim_start_matches("./").trim_matches('/').to_owned();
        let members = self.members.iter().map(|path| plain(path));
        let excluded = self.exclude.iter().map(|path| plain(path));
        members
            .map(|glob| format!("{folder}{glob}/Cargo.toml"))
            // Cargo takes these for paths, not for globs.
            .chain(excluded.map(|path| format!("!{folder}{}/**", globset::escape(&path))))
            .collect()
    }
}
