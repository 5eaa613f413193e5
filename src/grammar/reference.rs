//! The grammar of image references, as in distribution/reference (`regexp.go`).

/// Longest tag a registry accepts, in bytes.
pub const MAX_TAG: usize = 128;
/// Longest repository name (host and path) a registry accepts, in bytes.
pub const MAX_REPOSITORY: usize = 255;

/// Why `tag` is not a tag; `None` when it is: a word character, then word characters, `.` and `-`, 128 in all.
pub fn tag_fault(tag: &str) -> Option<String> {
    if tag.is_empty() {
        return Some("it is empty".to_owned());
    }
    if tag.len() > MAX_TAG {
        return Some(format!(
            "it has {} characters, a tag has at most {MAX_TAG}",
            tag.len()
        ));
    }
    if tag.starts_with(['.', '-']) {
        return Some("a tag starts with a letter, a digit or `_`".to_owned());
    }
    tag.chars()
        .find(|c| !(c.is_ascii_alphanumeric() || "_.-".contains(*c)))
        .map(|c| format!("a tag cannot hold {}", quoted(c)))
}

/// Why `tag` is none that a matrix may give: no tag, or one by which pipelines keep what they know of a repository (the
/// contents in it, the layers of its builds, its newest release, one-off parents).
pub fn given_tag_fault(tag: &str) -> Option<String> {
    let is_hash = |text: &str| {
        text.get(..12).is_some_and(|hash| {
            hash.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        })
    };
    let hashed = ["content-", "layers-", "oneoff-"];
    let content = hashed
        .iter()
        .find_map(|prefix| tag.strip_prefix(prefix))
        .filter(|rest| is_hash(rest) && (rest.len() == 12 || rest.as_bytes()[12] == b'-'));
    let marker = tag
        .strip_prefix("newest-release")
        .filter(|rest| rest.is_empty() || rest.starts_with('-'));
    if content.or(marker).is_some() {
        return Some("pipelines put this tag themselves".to_owned());
    }
    tag_fault(tag)
}

/// Why `path` is not the path of a repository; `None` when it is: lower-case words joined by `/`, in each word
/// letters and digits with single `.`, one or two `_`, or any run of `-` between them.
pub fn path_fault(path: &str) -> Option<String> {
    if path.is_empty() {
        return Some("it is empty".to_owned());
    }
    path.split('/').find_map(component_fault)
}

fn component_fault(component: &str) -> Option<String> {
    if component.is_empty() {
        return Some("a part between two `/` is empty".to_owned());
    }
    if let Some(c) = component
        .chars()
        .find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(*c)))
    {
        return Some(format!("a repository name cannot hold {}", quoted(c)));
    }
    let edge = |c: Option<char>| c.is_none_or(|c| !c.is_ascii_alphanumeric());
    if edge(component.chars().next()) || edge(component.chars().last()) {
        return Some(format!("`{component}` starts or ends with a separator"));
    }
    let separators = component
        .split(|c: char| c.is_ascii_alphanumeric())
        .filter(|s| !s.is_empty());
    separators
        .into_iter()
        .find(|s| !(matches!(*s, "." | "_" | "__") || s.bytes().all(|b| b == b'-')))
        .map(|s| format!("`{s}` cannot stand between two letters"))
}

/// Why `base` cannot stand behind FROM; `None` when it can: `[host/]path[:tag][@algorithm:hex]`, or the name of a stage.
pub fn base_fault(base: &str) -> Option<String> {
    if base.contains("://") {
        return Some("a reference has no scheme".to_owned());
    }
    let (named, digest) = base
        .split_once('@')
        .map_or((base, None), |(n, d)| (n, Some(d)));
    let hex = |d: &str| {
        d.split_once(':').is_some_and(|(algorithm, hex)| {
            !algorithm.is_empty() && hex.len() >= 32 && hex.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    if digest.is_some_and(|d| !hex(d)) {
        return Some("its digest is not `sha256:` and 64 hex digits".to_owned());
    }
    if digest.is_some_and(|d| d.contains(|c: char| c.is_ascii_uppercase())) {
        return Some("a digest has no upper-case letters".to_owned());
    }
    let (name, tag) = match named.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (named, None),
    };
    let (first, rest) = name.split_once('/').unwrap_or((name, ""));
    let has_host = !rest.is_empty() && (first.contains(['.', ':']) || first == "localhost");
    let path = if has_host { rest } else { name };
    host_fault(first)
        .filter(|_| has_host)
        .or_else(|| path_fault(path))
        .or_else(|| {
            tag.and_then(tag_fault)
                .map(|fault| format!("its tag: {fault}"))
        })
}

/// The next step for a rendered text in which `fault` finds a fault.
pub fn mend_reference(text: &str, fault: fn(&str) -> Option<String>) -> String {
    if tag_fault(text).is_none() && given_tag_fault(text).is_some() {
        return "give it another tag".to_owned();
    }
    if fault(&text.to_lowercase()).is_none() {
        return "write it in lower case, or add `| lower`".to_owned();
    }
    let odd = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && fault(&text.replace(*c, "-")).is_none());
    match odd {
        Some('+') => {
            "print `{{ release.tag }}`, which holds `-` for `+`, or add `| replace('+', '-')`"
                .to_owned()
        }
        Some(c) => format!("write another character, or add `| replace('{c}', '-')`"),
        None if text.len() > MAX_TAG => "shorten it".to_owned(),
        None => "write letters, digits, `.`, `_` and `-` alone".to_owned(),
    }
}

/// A character as people can see it.
fn quoted(c: char) -> String {
    if c == ' ' {
        "a space".to_owned()
    } else if c.is_control() || c.is_whitespace() {
        format!("{c:?}")
    } else {
        format!("`{c}`")
    }
}

/// Host and path of a registry prefix. The first part is a host when it has a dot, a colon or is `localhost`.
pub fn split_prefix(prefix: &str) -> (&str, &str) {
    let (first, rest) = prefix.split_once('/').unwrap_or((prefix, ""));
    if first.contains(['.', ':']) || first == "localhost" {
        (first, rest)
    } else {
        ("docker.io", prefix)
    }
}

/// A reference with nothing left out: host, Docker Hub's `library/`, tag. Two references that builders take for the same
/// are equal in this form.
pub fn full(reference: &str) -> String {
    // Before a first `/` only: what follows the colon of `python:3.11` is a tag, not a port.
    let (host, path) = match reference.contains('/') {
        true => split_prefix(reference),
        false => ("docker.io", reference),
    };
    // As distribution/reference takes them for one.
    let host = match host {
        host if host.eq_ignore_ascii_case("index.docker.io") => "docker.io".to_owned(),
        host => host.to_ascii_lowercase(),
    };
    let library = if host == "docker.io" && !path.contains('/') {
        "library/"
    } else {
        ""
    };
    let last = path.rsplit('/').next().unwrap_or(path);
    let tag = if last.contains([':', '@']) {
        ""
    } else {
        ":latest"
    };
    format!("{host}/{library}{path}{tag}")
}

/// A reference as short as Docker prints it: without `docker.io/`, `library/` and `:latest`. By this form of what stands
/// behind FROM builders look a named context up (`FamiliarString` of distribution/reference).
pub fn familiar(reference: &str) -> String {
    let full = full(reference);
    let short = full.strip_prefix("docker.io/").unwrap_or(&full);
    let short = short
        .strip_prefix("library/")
        .filter(|rest| !rest.contains('/'))
        .unwrap_or(short);
    short.strip_suffix(":latest").unwrap_or(short).to_owned()
}

/// A reference taken apart, with what Docker Hub leaves out filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// `docker.io`.
    pub host: &'a str,
    /// Path of the repository without `library/`: `python`, `nvidia/cuda`.
    pub path: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest.
    pub digest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// Takes a reference apart.
    pub fn of(reference: &'a str) -> Self {
        let (named, digest) = reference
            .split_once('@')
            .map_or((reference, None), |(named, digest)| (named, Some(digest)));
        let (name, tag) = match named.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (named, None),
        };
        let (host, path) = split_prefix(name);
        let path = match host {
            "docker.io" => path.strip_prefix("library/").unwrap_or(path),
            _ => path,
        };
        Parts {
            host,
            path,
            tag,
            digest,
        }
    }

    /// Whether it is this repository of Docker Hub: `python`, `nvidia/cuda`.
    pub fn is_hub(&self, path: &str) -> bool {
        self.host == "docker.io" && self.path == path
    }

    /// Whether it is one of Docker's official images.
    pub fn is_official(&self) -> bool {
        self.host == "docker.io" && !self.path.contains('/')
    }
}

/// Why `host` is not a registry host.
pub fn host_fault(host: &str) -> Option<String> {
    let (name, port) = host
        .split_once(':')
        .map_or((host, None), |(n, p)| (n, Some(p)));
    if port.is_some_and(|p| p.is_empty() || p.len() > 5 || !p.bytes().all(|b| b.is_ascii_digit())) {
        return Some("its port is not a number".to_owned());
    }
    let label = |l: &str| {
        !l.is_empty()
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    (!name.split('.').all(label)).then(|| "it is not a host name".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_the_same_when_builders_say_so() {
        for (short, long) in [
            ("python", "docker.io/library/python:latest"),
            ("python:3.11", "docker.io/library/python:3.11"),
            ("docker.io/python:3.11", "docker.io/library/python:3.11"),
            ("nvidia/cuda:12.8.1", "docker.io/nvidia/cuda:12.8.1"),
            ("index.docker.io/python", "docker.io/library/python:latest"),
            ("localhost:5000/a/b", "localhost:5000/a/b:latest"),
            ("ghcr.io/a@sha256:00", "ghcr.io/a@sha256:00"),
        ] {
            assert_eq!(full(short), long);
            assert_eq!(full(long), long);
        }
    }

    #[test]
    fn references_are_taken_apart() {
        let of = |reference| {
            let parts = Parts::of(reference);
            (parts.host, parts.path, parts.tag, parts.digest)
        };
        for (reference, parts) in [
            ("python", ("docker.io", "python", None, None)),
            (
                "docker.io/library/python:3.11@sha256:00",
                ("docker.io", "python", Some("3.11"), Some("sha256:00")),
            ),
            (
                "nvidia/cuda:12.8.1-base-ubuntu24.04",
                (
                    "docker.io",
                    "nvidia/cuda",
                    Some("12.8.1-base-ubuntu24.04"),
                    None,
                ),
            ),
            (
                "localhost:5000/python",
                ("localhost:5000", "python", None, None),
            ),
            (
                "ghcr.io/library/x:1",
                ("ghcr.io", "library/x", Some("1"), None),
            ),
        ] {
            assert_eq!(of(reference), parts, "{reference}");
        }
    }

    #[test]
    fn tags_follow_the_grammar() {
        for good in ["3.11-gpu-v0.2.2", "_x", "A.b-c_d", &"a".repeat(128)] {
            assert_eq!(tag_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "-x",
            ".x",
            "1.0+cu128",
            "a b",
            "a/b",
            "a:b",
            "é",
            "!tag",
            &"a".repeat(129),
        ] {
            assert!(tag_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn digests_are_written_in_lower_case() {
        let pinned = |digit: &str| format!("debian:13@sha256:{}", digit.repeat(64));
        assert_eq!(base_fault(&pinned("a")), None);
        assert!(base_fault(&pinned("A")).is_some_and(|fault| fault.contains("upper-case")));
        assert!(base_fault("debian:13@sha256:a").is_some());
    }

    #[test]
    fn repository_paths_follow_the_grammar() {
        for good in ["a", "a/b-c/d", "a.b_c__d---e", "1"] {
            assert_eq!(path_fault(good), None, "{good}");
        }
        for bad in [
            "", "A", "a/", "/a", "a..b", "a___b", "-a", "a_", "a b", "a._b",
        ] {
            assert!(path_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn familiar_references_leave_out_what_docker_fills_in() {
        for (reference, short) in [
            ("docker.io/acme/base:1", "acme/base:1"),
            ("docker.io/library/base:1", "base:1"),
            ("docker.io/library/acme/base:1", "library/acme/base:1"),
            ("base:1", "base:1"),
            ("acme/base", "acme/base"),
            ("python:latest", "python"),
            ("ghcr.io/library/base:1", "ghcr.io/library/base:1"),
            ("localhost:5000/base:latest", "localhost:5000/base"),
        ] {
            assert_eq!(familiar(reference), short, "{reference}");
        }
    }

    #[test]
    fn a_first_part_with_a_dot_or_port_is_a_host() {
        assert_eq!(split_prefix("docker.io/acme"), ("docker.io", "acme"));
        assert_eq!(split_prefix("acme/images"), ("docker.io", "acme/images"));
        assert_eq!(split_prefix("localhost:5000/a"), ("localhost:5000", "a"));
    }
}
