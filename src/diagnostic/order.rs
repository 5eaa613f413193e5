//! The order in which names stand for people: numbers in them by their worth, so that `3.9` comes before `3.10`.

use std::cmp::Ordering;

/// Compares two texts part by part: digits as a number, all else by its bytes. Only equal texts are equal.
pub fn by_version(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    while let (Some(one), Some(other)) = (left.first(), right.first()) {
        if one.is_ascii_digit() && other.is_ascii_digit() {
            let (number, rest) = digits(left);
            let (against, rest_of_other) = digits(right);
            let by_worth = number
                .len()
                .cmp(&against.len())
                .then_with(|| number.cmp(against));
            if by_worth != Ordering::Equal {
                return by_worth;
            }
            (left, right) = (rest, rest_of_other);
        } else if one == other {
            (left, right) = (&left[1..], &right[1..]);
        } else {
            return one.cmp(other);
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// The digits that a text begins with, without leading zeros, and what follows them.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let zeros = number.iter().take_while(|b| **b == b'0').count();
    (&number[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_their_worth() {
        for (less, more) in [
            ("3.9", "3.10"),
            ("base/3.9_none", "base/3.10_none"),
            ("a", "a1"),
            ("a2", "a10"),
            ("v1.02", "v1.3"),
            ("1.2", "1.2.0"),
            ("a/9/x", "a/10/b"),
            ("01", "1"),
            ("é9", "é10"),
            ("99999999999999999999999", "100000000000000000000000"),
        ] {
            assert_eq!(by_version(less, more), Ordering::Less, "{less} {more}");
            assert_eq!(by_version(more, less), Ordering::Greater, "{more} {less}");
            assert_eq!(by_version(less, less), Ordering::Equal);
        }
    }
}
