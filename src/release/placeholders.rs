//! Tags that stand for a tag: `TAG`, `vX.Y.Z`, `your-tag`.

/// Words that documents write in the place of a whole tag.
const WHOLE: &[&str] = &[
    "changeme",
    "placeholder",
    "tag",
    "version",
    "vversion",
    "yyyymmdd",
];
/// What parts of tags are called, written in capitals or after a word such as `your`.
const WORDS: &[&str] = &[
    "arch", "branch", "build", "commit", "date", "digest", "flavor", "flavour", "hash", "image",
    "major", "micro", "minor", "name", "number", "patch", "platform", "release", "sha", "suffix",
    "tag", "target", "variant", "version", "yyyymmdd",
];
/// Words that stand before one of those.
const BEFORE: &[&str] = &["a", "any", "my", "new", "some", "the", "this", "your"];
/// What such words end in where nothing of the kind stands before them: `image-tag`, `commit-sha`.
const LAST: &[&str] = &[
    "date", "digest", "hash", "name", "number", "sha", "tag", "version",
];
/// What stands for one of the numbers of a version.
const NUMBERS: &[&str] = &[
    "dd", "major", "micro", "minor", "mm", "n", "patch", "x", "xx", "xxx", "y", "yy", "yyyy", "z",
];

/// Whether a tag is none, but what documents write in its place. One that is a tag of the matrix must not be asked about.
pub(super) fn is_placeholder(tag: &str) -> bool {
    let words: Vec<&str> = tag
        .split(['.', '-', '_'])
        .filter(|w| !w.is_empty())
        .collect();
    let lower: Vec<String> = words.iter().map(|w| w.to_ascii_lowercase()).collect();
    let known = |word: &str, list: &[&str]| list.contains(&word);
    match lower.as_slice() {
        [] => return false,
        [only] if known(only, WHOLE) || (only.len() > 1 && only.bytes().all(|b| b == b'x')) => {
            return true;
        }
        [first, rest @ ..] if known(first, BEFORE) && rest.iter().any(|w| known(w, WORDS)) => {
            return true;
        }
        [.., _, last]
            if known(last, LAST) && lower.iter().all(|w| known(w, WORDS) || known(w, BEFORE)) =>
        {
            return true;
        }
        _ => {}
    }
    // `__VERSION__-cu128`: a mark for a program that writes it.
    let framed = tag
        .find("__")
        .is_some_and(|at| tag[at + 2..].contains("__"));
    // `PYTHON_VERSION-RELEASE`: letters of nothing that could be a version.
    let capitals =
        tag.contains('_') && words.len() > 1 && words.iter().all(|w| is_capital(bare(w)));
    framed || capitals || tag.split(['-', '_']).any(stands_in)
}

/// A word without the `v` of a version.
fn bare(word: &str) -> &str {
    let rest = word
        .strip_prefix(['v', 'V'])
        .filter(|rest| !rest.is_empty());
    rest.unwrap_or(word)
}

fn is_capital(word: &str) -> bool {
    word.bytes().all(|b| b.is_ascii_uppercase())
}

/// Whether one part of a tag is a version without its numbers, or what such a part is called.
fn stands_in(part: &str) -> bool {
    let numbers: Vec<&str> = bare(part).split('.').collect();
    if let [only] = numbers.as_slice() {
        let called = |w: &str| is_capital(w) && WORDS.contains(&w.to_ascii_lowercase().as_str());
        let named = called(part) || called(only);
        // `vX`; an `X` or `N` alone may be the name of a variant.
        let numbered = *only != part && ["X", "N", "x"].contains(only);
        // `cuXXX`, `cuXYZ`, `pyNN`.
        let letters = only.trim_end_matches(['X', 'Y', 'Z', 'N']);
        let left_out = ["XX", "XYZ", "NN"].iter().any(|end| only.ends_with(end))
            && letters.bytes().all(|b| b.is_ascii_lowercase());
        return named || numbered || left_out;
    }
    let digits = |n: &&str| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit());
    let stands = |n: &&str| NUMBERS.contains(&n.to_ascii_lowercase().as_str());
    let all = numbers.iter().all(|n| digits(n) || stands(n));
    (all && !numbers.iter().all(digits)) || numbers == ["a", "b", "c"]
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
            "x.y.z",
            "vx.y.z",
            "vX.Y.Z",
            "X.Y",
            "vX.Y",
            "vX",
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
            "XXX",
            "yyyymmdd",
            "image-tag",
            "the-release-tag",
            "commit-sha",
            "__VERSION__-cu128",
            "v1.2.0-cuXYZ",
            "v1.2.0-cuXXX",
            "v1.2.0-pyNN",
            "v1.2.0-VARIANT",
            "3.12-VERSION",
            "changeme",
            "a.b.c",
        ] {
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
            "release",
            "image",
            "minor",
            "LATEST",
            "DEV",
            "GPU",
            "x",
            "v1.1.0-x",
            "v1.1.0-n",
            "v1.1.0-z",
            "v1.1.0-dd",
            "v1.1.0-mm",
            "v1.1.0-N",
            "v1.1.0-NX",
            "release-image",
            "_",
        ] {
            assert!(!is_placeholder(tag), "{tag}");
        }
    }
}
