//! What tags of images say of what is in them, besides the version of the image itself: `2.5.0-cuda12.4-cudnn9-runtime`,
//! `v0.20.0-cu130`, `25.02-cuda12.8-py3.12`, `cuda-12.9.1-auto`.
//!
//! So write pytorch/pytorch, vllm, sglang, rapidsai, dustynv, vastai and most that is built on them. In such a word stands
//! a version with dots, or its digits run together: of CUDA the last of three is the minor (`cu128` is 12.8, `cu130` is
//! 13.0), of Python the first is the major (`py311` is 3.11).

/// The CUDA versions that words of a tag state.
pub(super) fn cuda(tag: &str) -> Vec<String> {
    stated(tag, &["cuda", "cu"], |digits| match digits.len() {
        // `cu92` was 9.2; `cu12` names the major alone.
        2 if digits.starts_with(['8', '9']) => Some(parted(digits, &[1])),
        1 | 2 => Some(digits.to_owned()),
        3 => Some(parted(digits, &[2])),
        4 => Some(parted(digits, &[2, 3])),
        _ => None,
    })
}

/// The Python versions that words of a tag state.
pub(super) fn python(tag: &str) -> Vec<String> {
    stated(tag, &["python", "py", "cp"], |digits| {
        let majors = digits.starts_with(['2', '3']);
        match digits.len() {
            1 if majors => Some(digits.to_owned()),
            2 | 3 if majors => Some(parted(digits, &[1])),
            _ => None,
        }
    })
}

/// Digits with a dot before each of these.
fn parted(digits: &str, at: &[usize]) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if at.contains(&index) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The versions behind one of `names`, in its word or as the next one.
fn stated(tag: &str, names: &[&str], joined: fn(&str) -> Option<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut words = tag.split(['-', '_']).peekable();
    while let Some(word) = words.next() {
        let rest = names.iter().find_map(|name| word.strip_prefix(name));
        let version = match rest {
            // `cuda-12.4`, never `cuda-2024` or `py-3`.
            Some("") => words.peek().copied().filter(|next| next.contains('.')),
            rest => rest,
        };
        let Some(version) = version.filter(|v| is_version(v)) else {
            continue;
        };
        if version.contains('.') {
            found.push(version.to_owned());
        } else {
            found.extend(joined(version));
        }
    }
    found
}

/// Digits with single dots between them.
fn is_version(text: &str) -> bool {
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    text.split('.').all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuda_is_read_from_words_of_tags() {
        for (tag, versions) in [
            ("2.5.0-cuda12.4-cudnn9-runtime", "12.4"),
            ("v0.20.0-cu130", "13.0"),
            ("latest-cu128", "12.8"),
            ("r36.4.0-cu126-24.04", "12.6"),
            ("25.02-cuda12.8-py3.12", "12.8"),
            ("23.10-cuda11.8-base-ubuntu22.04-py3.10", "11.8"),
            ("cuda-12.9.1-auto", "12.9.1"),
            ("pytorch_2.9.0_cuda_12.8", "12.8"),
            ("cu12", "12"),
            ("cu92", "9.2"),
            ("cu1281", "12.8.1"),
            ("cuda12.4-cu118", "12.4 11.8"),
            ("cudnn9", ""),
            ("cuda", ""),
            ("cuda-2024", ""),
            ("cuda12.4.", ""),
            ("accu128", ""),
            ("cu20240101", ""),
        ] {
            assert_eq!(cuda(tag).join(" "), versions, "{tag}");
        }
    }

    #[test]
    fn python_is_read_from_words_of_tags() {
        for (tag, versions) in [
            ("25.02-cuda12.8-py3.12", "3.12"),
            ("24.05-py3", "3"),
            ("1.0-py311-cu128", "3.11"),
            ("py39", "3.9"),
            ("python3.13-slim", "3.13"),
            ("python-3.13.1", "3.13.1"),
            ("cp312", "3.12"),
            ("pypy3.10", ""),
            ("py2024", ""),
            ("pytorch2.5", ""),
        ] {
            assert_eq!(python(tag).join(" "), versions, "{tag}");
        }
    }
}
