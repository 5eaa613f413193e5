//! A matrix as the owner of outputs: where what it writes stands, and by which word it is told from others beside it.

use sha2::{Digest, Sha256};

/// The folder of outputs.
const FOLDER: &str = "generated";

/// Folders that a matrix makes in its own; no matrix beside it is called so.
const TAKEN: [&str; 3] = ["catalog", "ci", "docker"];

/// The longest name: it goes into tags and paths with more around it.
const LONGEST: usize = 64;

/// A matrix file, and what tells its outputs from those of others in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    matrix: String,
    name: Option<String>,
}

impl Owner {
    /// Of the matrix file of that path, which no other lists: `generated/` is its own.
    pub fn alone(matrix: impl Into<String>) -> Self {
        Owner {
            matrix: matrix.into(),
            name: None,
        }
    }

    /// Of the matrix file of that path, which another lists: `generated/NAME/` is its own.
    pub fn listed(matrix: impl Into<String>) -> Self {
        let matrix = matrix.into();
        let name = Some(name_of(&matrix));
        Owner { matrix, name }
    }

    /// Path of the matrix file from the root.
    pub fn matrix(&self) -> &str {
        &self.matrix
    }

    /// Its path as a name, where another lists it.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The folder below which its outputs stand.
    pub fn folder(&self) -> String {
        match &self.name {
            Some(name) => format!("{FOLDER}/{name}"),
            None => FOLDER.to_owned(),
        }
    }

    /// The path of an output in its folder.
    pub fn path(&self, rest: &str) -> String {
        format!("{}/{rest}", self.folder())
    }

    /// The list of all that it owns.
    pub fn list(&self) -> String {
        self.path(".outputs")
    }

    /// What is put behind a word that names one thing in a repository: nothing, or `-NAME`.
    pub fn suffix(&self) -> String {
        self.name
            .as_ref()
            .map_or_else(String::new, |name| format!("-{name}"))
    }

    /// The path of a file that stands where somebody looks for it, with the suffix before its endings.
    pub fn beside(&self, path: &str) -> String {
        let at = path.rfind('/').map_or(0, |slash| slash + 1);
        let ending = path[at..].find('.').filter(|dot| *dot > 0);
        let (stem, ending) = path.split_at(ending.map_or(path.len(), |dot| at + dot));
        format!("{stem}{}{ending}", self.suffix())
    }
}

/// A path as a name: without `.toml`, and of a `matrix.toml` the folder's; `-` for all but letters, digits and `_`.
fn name_of(matrix: &str) -> String {
    let stem = matrix.strip_suffix(".toml").unwrap_or(matrix);
    let stem = stem.strip_suffix("/matrix").unwrap_or(stem);
    let word = |c: char| match c.to_ascii_lowercase() {
        c if c.is_ascii_alphanumeric() || c == '_' => c,
        _ => '-',
    };
    let name: String = stem.chars().map(word).collect();
    let name = name.trim_matches('-');
    if name.is_empty() || TAKEN.contains(&name) {
        return format!("{name}-matrix").trim_matches('-').to_owned();
    }
    if name.len() <= LONGEST {
        return name.to_owned();
    }
    let hash = Sha256::digest(matrix.as_bytes());
    let hash: String = hash[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{hash}", &name[..LONGEST - 9])
}

/// Path of the lock of a matrix file: `matrix.lock` beside `matrix.toml`.
pub fn lock_path(matrix_path: &str) -> String {
    let (folder, name) = match matrix_path.rfind('/') {
        Some(at) => matrix_path.split_at(at + 1),
        None => ("", matrix_path),
    };
    let stem = match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    };
    format!("{folder}{stem}.lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_name() {
        for (path, name) in [
            ("docker/builder.toml", "docker-builder"),
            ("services/api/matrix.toml", "services-api"),
            ("images.v2.toml", "images-v2"),
            ("Docker/GPU_x.toml", "docker-gpu_x"),
            (".ci/matrix.toml", "ci-matrix"),
            ("docker/matrix.toml", "docker-matrix"),
            ("docker.toml", "docker-matrix"),
            ("żółw.toml", "w"),
            ("ż.toml", "matrix"),
        ] {
            assert_eq!(Owner::listed(path).name(), Some(name), "{path}");
        }
        let long = Owner::listed(format!("{}/matrix.toml", "a".repeat(200)));
        let other = Owner::listed(format!("{}/matrix.toml", "a".repeat(201)));
        assert_eq!(long.name().map(str::len), Some(LONGEST));
        assert_ne!(long.name(), other.name());
    }

    #[test]
    fn the_suffix_stands_before_all_endings() {
        let owner = Owner::listed("x.toml");
        for (path, beside) in [
            (
                ".github/workflows/base-images.yml",
                ".github/workflows/base-images-x.yml",
            ),
            (
                ".gitlab/base-images.gitlab-ci.yml",
                ".gitlab/base-images-x.gitlab-ci.yml",
            ),
            ("cloudbuild.yaml", "cloudbuild-x.yaml"),
            ("a.b/plain", "a.b/plain-x"),
        ] {
            assert_eq!(owner.beside(path), beside);
            assert_eq!(Owner::alone("matrix.toml").beside(path), path);
        }
    }

    #[test]
    fn the_lock_stands_beside_its_matrix() {
        for (matrix, lock) in [
            ("matrix.toml", "matrix.lock"),
            ("ci/images.toml", "ci/images.lock"),
            ("a.b/matrix", "a.b/matrix.lock"),
            (".toml", ".toml.lock"),
            ("matrix.v2.toml", "matrix.v2.lock"),
        ] {
            assert_eq!(lock_path(matrix), lock);
        }
    }
}
