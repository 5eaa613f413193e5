//! What is there: the project and its version, where it is at home, Dockerfiles, and what builds them today.

use crate::emit::PROVIDERS;
use crate::locate;
use crate::source::{Git, Repository};

/// More Dockerfiles than these are not looked at one by one.
pub(super) const MOST_DOCKERFILES: usize = 40;

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) project: Option<Project>,
    pub(super) remote: Option<Remote>,
    pub(super) dockerfiles: Vec<String>,
    pub(super) workflows: Vec<String>,
    pub(super) compose: Vec<String>,
    pub(super) bake: Vec<String>,
    /// Tables of `[ci]` for what is in use.
    pub(super) providers: Vec<&'static str>,
    /// Constants that state the version: file and name.
    pub(super) constants: Vec<(String, &'static str)>,
}

/// The library.
#[derive(Debug)]
pub(super) struct Project {
    pub(super) name: String,
    pub(super) version: Option<String>,
    pub(super) file: &'static str,
    pub(super) key: &'static str,
    pub(super) language: Language,
    /// The Python it asks for: `>=3.10`.
    pub(super) python: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Rust,
    Script,
}

/// Where the repository is at home.
#[derive(Clone, Debug)]
pub(super) struct Remote {
    pub(super) host: String,
    /// `owner/name`.
    pub(super) path: String,
}

impl Remote {
    /// Reads what git calls a remote.
    pub(super) fn read(url: &str) -> Option<Self> {
        let url = url.trim();
        let rest = match url.split_once("://") {
            Some((_, rest)) => rest
                .split_once('@')
                .map_or(rest, |(_, rest)| rest)
                .to_owned(),
            // `git@host:path`
            None => {
                let (host, path) = url.split_once(':')?;
                let host = host.rsplit('@').next().unwrap_or(host);
                format!("{host}/{path}")
            }
        };
        let (host, path) = rest.split_once('/')?;
        let host = host.split(':').next().unwrap_or(host);
        let path = path.trim_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        let word = |text: &str| {
            let fits = |c: char| c.is_ascii_alphanumeric() || "._-/~".contains(c);
            !text.is_empty() && text.chars().all(fits)
        };
        (word(host) && host.contains('.') && word(path) && path.contains('/')).then(|| Remote {
            host: host.to_owned(),
            path: path.to_owned(),
        })
    }

    pub(super) fn url(&self) -> String {
        format!("https://{}/{}", self.host, self.path)
    }

    pub(super) fn owner(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }
}

impl Survey {
    pub(super) fn of(repository: &Repository) -> Self {
        let project = project(repository);
        let version = project
            .as_ref()
            .and_then(|project| project.version.as_deref());
        let constants = version.map_or(Vec::new(), |version| constants(repository, version));
        let workflows =
            repository.matching(&[".github/workflows/*.yml", ".github/workflows/*.yaml"]);
        let in_use = PROVIDERS
            .iter()
            .filter(|provider| !repository.matching(provider.traces()).is_empty());
        let providers = in_use.map(|provider| provider.key()).collect();
        // Trees of others, and what is built for tests alone.
        let strange = [
            "!**/node_modules/**",
            "!**/vendor/**",
            "!**/third_party/**",
            "!**/testdata/**",
            "!**/tests/**",
            "!**/test/**",
            "!**/*.dockerignore",
        ];
        let mut globs = vec![
            "**/Dockerfile",
            "**/Dockerfile.*",
            "**/*.Dockerfile",
            "**/*.dockerfile",
        ];
        globs.extend(strange);
        let mut dockerfiles = repository.matching(&globs);
        dockerfiles.sort_by_key(|path| (path.matches('/').count(), path.clone()));
        Survey {
            project,
            remote: Git::new(repository)
                .origin_url()
                .as_deref()
                .and_then(Remote::read),
            dockerfiles,
            workflows,
            compose: repository.matching(&[
                "compose.yml",
                "compose.yaml",
                "docker-compose.yml",
                "docker-compose.yaml",
            ]),
            bake: repository.matching(&[
                "docker-bake.json",
                "docker-bake.hcl",
                "**/docker-bake.json",
                "**/docker-bake.hcl",
            ]),
            providers,
            constants,
        }
    }
}

fn project(repository: &Repository) -> Option<Project> {
    let kinds = [
        (
            "pyproject.toml",
            "project.name",
            "project.version",
            Language::Python,
        ),
        (
            "pyproject.toml",
            "tool.poetry.name",
            "tool.poetry.version",
            Language::Python,
        ),
        (
            "Cargo.toml",
            "package.name",
            "package.version",
            Language::Rust,
        ),
        (
            "Cargo.toml",
            "workspace.package.name",
            "workspace.package.version",
            Language::Rust,
        ),
        ("package.json", "name", "version", Language::Script),
    ];
    let mut nameless = None;
    for (file, name, key, language) in kinds {
        let Some(text) = repository.text(file) else {
            continue;
        };
        let at = |path: &str| locate::key(&text, path).ok().map(|found| found.value);
        let version = at(key);
        let found = at(name);
        let project = Project {
            name: found.clone().unwrap_or_default(),
            version: version.filter(|version| !version.is_empty() && version != "0.0.0"),
            file,
            key,
            language,
            python: at("project.requires-python"),
        };
        if found.is_some() {
            return Some(project);
        }
        nameless.get_or_insert(project);
    }
    nameless
}

fn constants(repository: &Repository, version: &str) -> Vec<(String, &'static str)> {
    let files = repository.matching(&[
        "*/__init__.py",
        "src/*/__init__.py",
        "*/_version.py",
        "src/*/_version.py",
        "*/version.py",
        "src/*/version.py",
        "*/__about__.py",
        "src/*/__about__.py",
    ]);
    let mut found = Vec::new();
    for path in files.into_iter().take(MOST_DOCKERFILES) {
        let Some(text) = repository.text(&path) else {
            continue;
        };
        for name in ["__version__", "VERSION"] {
            let stated = locate::constant(&text, name);
            if stated.is_ok_and(|stated| stated.value == version) {
                found.push((path.clone(), name));
                break;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::Remote;

    #[test]
    fn a_remote_is_read_in_each_of_its_forms() {
        let forms = [
            "https://github.com/acme/lib.git",
            "https://user:secret@github.com/acme/lib",
            "git@github.com:acme/lib.git",
            "ssh://git@github.com:22/acme/lib.git",
        ];
        for url in forms {
            let remote = Remote::read(url).expect(url);
            assert_eq!(remote.url(), "https://github.com/acme/lib", "{url}");
            assert_eq!(remote.owner(), "acme");
        }
        for url in [
            "/srv/git/lib.git",
            "../lib",
            "file:///srv/lib",
            "",
            "a b:c/d",
        ] {
            assert!(Remote::read(url).is_none(), "{url}");
        }
    }
}
