//! Names of branches and tags, as git has them.

/// Whether git could have a branch or tag of this name, whatever characters it is of. Source: git-check-ref-format(1), and of
/// branches git-branch(1), which has none called `HEAD` or that begin with `-`.
pub fn is_ref_name(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(".lock")
            && !part.contains("..")
    };
    text.split('/').all(is_part) && !text.ends_with('.') && !text.starts_with('-') && text != "HEAD"
}

#[cfg(test)]
mod tests {
    use super::is_ref_name;

    #[test]
    fn names_are_what_git_takes() {
        for good in ["main", "release/1.x", "v1.0", "a-b_c+d", "release/**"] {
            assert!(is_ref_name(good), "{good}");
        }
        for bad in [
            "", "/x", "x/", "a//b", "a..b", ".x", "a/.b", "x.", "x.lock", "x.lock/y", "-x", "HEAD",
            "./x",
        ] {
            assert!(!is_ref_name(bad), "{bad}");
        }
    }
}
