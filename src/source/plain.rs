//! Which texts are paths of files below the root, and nothing else to whoever they are handed to.

/// Whether a path is relative and stays below the root, out of git's own folder. A builder takes `https://…` and
/// `git@host:…` for what to fetch, a command takes what begins with `-` for an option, and Windows reads `\` and `:`.
pub fn plain(path: &str) -> bool {
    !path.is_empty()
        && !path.starts_with('-')
        && !path.contains(|c: char| matches!(c, '\\' | ':') || c.is_control())
        && path
            .split('/')
            .all(|part| !matches!(part, "" | "." | "..") && !part.eq_ignore_ascii_case(".git"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_builder_or_a_shell_reads_otherwise_is_no_path() {
        for good in [
            "a",
            "a/b c",
            "docker/é/Dockerfile",
            "a-b",
            "a/-b",
            ".a",
            "a..b",
        ] {
            assert!(plain(good), "{good}");
        }
        for bad in [
            "",
            "-",
            "--file",
            "/etc",
            "../a",
            "a/../../b",
            "a//b",
            "./a",
            "a/",
            "a\\b",
            "C:/a",
            "https://example.com/a.git",
            "git@example.com:a/b.git",
            "docker-image://alpine",
            ".git/config",
            "a/.GIT",
            "a\nb",
            "a\u{1b}b",
        ] {
            assert!(!plain(bad), "{bad:?}");
        }
    }
}
