//! Tags that stand for a tag: `TAG`, `vX.Y.Z`, `your-tag`.

/// Words that documents write in the place of a number, a version or a tag.
const WORDS: &[&str] = &[
    "branch", "commit", "date", "dd", "digest", "hash", "image", "major", "micro", "minor", "mm",
    "n", "name", "patch", "release", "sha", "tag", "version", "x", "xx", "xxx", "y", "yy", "yyyy",
    "yyyymmdd", "z",
];
/// Words that stand before one of those.
const BEFORE: &[&str] = &["a", "any", "my", "new", "some", "the", "this", "your"];

/// Whether a tag is none, but what documents write in its place. One that is a tag of the matrix must not be asked about.
pub(super) fn is_placeholder(tag: &str) -> bool {
    let words: Vec<&str> = tag
        .split(['.', '-', '_'])
        .filter(|w| !w.is_empty())
        .collect();
    let upper = |w: &&str| w.bytes().all(|b| b.is_ascii_uppercase());
    // `PYTHON_VERSION-RELEASE`: letters of nothing that could be a version.
    if words
        .iter()
        .all(|w| upper(&w.strip_prefix('v').filter(|w| !w.is_empty()).unwrap_or(w)))
    {
        return !words.is_empty();
    }
    let stands_for = |word: &str| {
        let bare = word.strip_prefix(['v', 'V']).unwrap_or(word);
        let known = |w: &str| WORDS.contains(&w.to_ascii_lowercase().as_str());
        known(word) || known(bare)
    };
    match words.as_slice() {
        // A word alone may be a tag; in lower case only these are none.
        [only] if !only.bytes().any(|b| b.is_ascii_digit()) => stands_for(only),
        [first, rest @ ..] if BEFORE.contains(&first.to_ascii_lowercase().as_str()) => {
            rest.iter().any(|w| stands_for(w))
        }
        words => {
            let letters = |w: &&&str| {
                let bare = w.strip_prefix(['v', 'V']).filter(|b| !b.is_empty());
                let word = bare.unwrap_or(w);
                stands_for(word)
                    && (word.len() < 3 || upper(&word) || words.iter().all(|w| stands_for(w)))
            };
            words.iter().any(|w| letters(&w))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_tag_is_told_from_tags() {
        for tag in [
            "TAG",
            "VERSION",
            "YOUR_TAG",
            "<TAG",
            "x.y.z",
            "vx.y.z",
            "vX.Y.Z",
            "X.Y",
            "vX.Y",
            "1.x",
            "v1.2.x",
            "3.12-vX.Y.Z",
            "3.12-TAG",
            "v1.2.N",
            "tag",
            "your-tag",
            "my_version",
            "version",
            "vMAJOR.MINOR.PATCH",
            "major.minor",
            "YYYY.MM.DD",
            "PYTHON_VERSION-RELEASE",
            "vVERSION",
            "xxx",
            "yyyymmdd",
            "image-tag",
            "the-release-tag",
        ] {
            let tag = tag.trim_start_matches('<');
            assert!(is_placeholder(tag), "{tag}");
        }
        for tag in [
            "v1.2.0",
            "latest",
            "stable",
            "v1.2.0-cu126",
            "v1.2.0-GPU",
            "v1.2.0-rocm",
            "gpu-latest",
            "3.12",
            "v1.2.0-slim",
            "2026.11.28",
            "v1.2.0-20260101",
            "main",
            "edge",
            "v1.2.0-release",
            "trixie",
            "v1.2.0-image",
            "nightly",
            "v2",
        ] {
            assert!(!is_placeholder(tag), "{tag}");
        }
    }
}
