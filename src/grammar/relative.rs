//! The path from one place of a repository to another.

/// The path from a folder to a file. Both are paths from the root of the repository, which itself is `.`.
pub fn relative(folder: &str, file: &str) -> String {
    let mut folders: Vec<&str> = folder.split('/').filter(|part| *part != ".").collect();
    let mut parts: Vec<&str> = file.split('/').collect();
    let shared = folders
        .iter()
        .zip(&parts)
        .take_while(|(folder, part)| folder == part)
        .count();
    folders.drain(..shared);
    parts.drain(..shared);
    let up = folders.iter().map(|_| "..");
    up.chain(parts).collect::<Vec<_>>().join("/")
}

/// The folder of a file.
pub fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or(".", |(folder, _)| folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_go_up_as_far_as_they_part() {
        for (folder, file, path) in [
            ("a/b", "a/b/Dockerfile", "Dockerfile"),
            (".", "a/Dockerfile", "a/Dockerfile"),
            ("a/b", "a/c/Dockerfile", "../c/Dockerfile"),
            ("ab", "a/Dockerfile", "../a/Dockerfile"),
            ("docs/a", "generated/x", "../../generated/x"),
        ] {
            assert_eq!(relative(folder, file), path);
        }
        assert_eq!(folder_of("docs/a/b.md"), "docs/a");
        assert_eq!(folder_of("README.md"), ".");
    }
}
