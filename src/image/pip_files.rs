//! Files of the repository that say which Python packages are installed, and what a build is sent of them.

use std::ops::Range;

use serde::Serialize;

use crate::config::PipFileKind;

/// One of them, as a Dockerfile mounts it. Paths are told from the context.
#[derive(Clone, Debug, Serialize)]
pub(super) struct PipFile {
    /// A file of requirements; of a project its `uv.lock`.
    pub source: String,
    /// The `pyproject.toml` beside a `uv.lock`.
    pub project: Option<String>,
    /// Whether it states hashes of requirements, all of which have to fit then.
    pub hashed: bool,
    /// Where the matrix names it.
    #[serde(skip)]
    pub stated: Range<usize>,
}

impl PipFile {
    /// The file at this path from the root, sent with a context, and with this text.
    pub(super) fn new(
        kind: PipFileKind,
        (path, stated): (&str, &Range<usize>),
        context: &str,
        text: &str,
    ) -> Self {
        let source = below(path, context);
        let project = match kind {
            PipFileKind::Requirements => None,
            PipFileKind::UvLock => Some(match source.rsplit_once('/') {
                Some((folder, _)) => format!("{folder}/pyproject.toml"),
                None => "pyproject.toml".to_owned(),
            }),
        };
        PipFile {
            hashed: project.is_none() && text.contains("--hash="),
            source,
            project,
            stated: stated.clone(),
        }
    }

    /// What has to be sent.
    pub(super) fn sent(&self) -> impl Iterator<Item = &String> {
        [&self.source].into_iter().chain(&self.project)
    }
}

/// A path told from the context; one outside of it stays as it is, and is found to be none of its files.
pub(super) fn below(path: &str, context: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let inside = path.strip_prefix(context).and_then(|p| p.strip_prefix('/'));
    inside.unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_told_from_the_context() {
        for (path, context, source, project) in [
            ("uv.lock", ".", "uv.lock", "pyproject.toml"),
            ("./lib/uv.lock", ".", "lib/uv.lock", "lib/pyproject.toml"),
            ("lib/uv.lock", "lib", "uv.lock", "pyproject.toml"),
            (
                "library/uv.lock",
                "lib",
                "library/uv.lock",
                "library/pyproject.toml",
            ),
        ] {
            let file = PipFile::new(PipFileKind::UvLock, (path, &(0..0)), context, "");
            assert_eq!(file.source, source);
            assert_eq!(file.project.as_deref(), Some(project));
        }
        let hashed =
            |kind| PipFile::new(kind, ("r.lock", &(0..0)), ".", "six==1 --hash=sha256:0").hashed;
        assert!(hashed(PipFileKind::Requirements) && !hashed(PipFileKind::UvLock));
    }
}
