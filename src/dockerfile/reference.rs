//! Whether a word can name an image.
//!
//! Source: `ParseNormalizedNamed` of distribution/reference. What host, path and tag of an image mean is told elsewhere;
//! here is only what FROM refuses.

/// Longest name, host and path together.
const MAX_NAME: usize = 255;

/// Why a word cannot name an image; `None` when it can.
pub(super) fn fault(reference: &str) -> Option<String> {
    let cannot = |why: &str| {
        Some(format!(
            "`{}` names no image: {why}",
            reference.escape_debug()
        ))
    };
    if reference.len() == 64
        && reference
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return cannot("it looks like an id");
    }
    let (named, digest) = match reference.split_once('@') {
        Some((named, digest)) => (named, Some(digest)),
        None => (reference, None),
    };
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return cannot("its digest is none");
    }
    let (first, rest) = match named.split_once('/') {
        Some((first, rest)) if is_host(first) => (Some(first), rest),
        _ => (None, named),
    };
    let (path, tag) = match rest.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (rest, None),
    };
    if path.chars().any(|c| c.is_ascii_uppercase()) {
        return cannot("its repository must be in lower case");
    }
    if first.is_some_and(|host| !host_is_sound(host)) {
        return cannot("its host is none");
    }
    if !path.split('/').all(component) {
        return cannot("its repository is none");
    }
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return cannot("its tag is none");
    }
    if first.map_or(0, |host| host.len() + 1) + path.len() > MAX_NAME {
        return cannot("it is longer than 255 characters");
    }
    None
}

/// Whether the first part of a name is a host: it has a dot, a port or upper case, or is `localhost`.
fn is_host(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(|c| c.is_uppercase())
}

fn host_is_sound(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        _ => (host, None),
    };
    let label = |label: &str| {
        let inside = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        !label.is_empty()
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let address = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|inside| {
            !inside.is_empty() && inside.bytes().all(|b| b.is_ascii_hexdigit() || b == b':')
        });
    port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
        && (address || name.split('.').all(label))
}

/// Letters and digits in lower case, with single `.`, one or two `_` or any run of `-` between them.
fn component(part: &str) -> bool {
    let sound = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let edge = |b: Option<u8>| b.is_some_and(sound);
    edge(part.bytes().next())
        && edge(part.bytes().last())
        && part
            .split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            .all(|between| {
                matches!(between, "" | "." | "_" | "__") || between.bytes().all(|b| b == b'-')
            })
}

fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn is_digest(digest: &str) -> bool {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    match digest.split_once(':') {
        Some(("sha256", hash)) => hash.len() == 64 && hash.bytes().all(hex),
        Some(("sha512", hash)) => hash.len() == 128 && hash.bytes().all(hex),
        Some(("sha384", hash)) => hash.len() == 96 && hash.bytes().all(hex),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_builders_refuse_names_no_image() {
        let digest = format!("a@sha256:{}", "0a".repeat(32));
        for sound in [
            "debian",
            "debian:Bookworm",
            "a/b-c__d:1",
            "localhost:5000/a/b",
            "Foo/bar",
            "ghcr.io/a/b:1",
            "[::1]:5000/a",
            "0",
            &digest,
        ] {
            assert_eq!(fault(sound), None, "{sound}");
        }
        for odd in [
            "DEBIAN:bookworm",
            "Foo",
            "",
            "a..b",
            "a:",
            "a:-x",
            "-a",
            "a/",
            "/a",
            "a b",
            "a@sha256:00",
            "https://a/b",
            &"a".repeat(256),
            &"0a".repeat(32),
        ] {
            assert!(fault(odd).is_some(), "{odd}");
        }
    }
}
