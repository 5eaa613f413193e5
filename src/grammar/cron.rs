//! Cron lines, as GitHub reads them in `on.schedule`.

use std::ops::RangeInclusive;

/// Minute, hour, day of the month, month, day of the week; names stand for numbers from the first on.
const FIELDS: [(RangeInclusive<u32>, &[&str]); 5] = [
    (0..=59, &[]),
    (0..=23, &[]),
    (1..=31, &[]),
    (
        1..=12,
        &[
            "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
        ],
    ),
    (0..=6, &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]),
];

/// Whether a text is a cron line: five fields of `*`, numbers, names, ranges, lists and steps. Without `@daily` and its
/// kin, which GitHub does not know. Source: docs.github.com, "Events that trigger workflows", `schedule`.
pub fn is_cron(text: &str) -> bool {
    let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
    words.len() == FIELDS.len()
        && words
            .iter()
            .zip(&FIELDS)
            .all(|(word, (range, names))| word.split(',').all(|part| is_part(part, range, names)))
}

/// `*`, a number or a range of them, and a step.
fn is_part(part: &str, range: &RangeInclusive<u32>, names: &[&str]) -> bool {
    let (span, step) = part
        .split_once('/')
        .map_or((part, None), |(s, n)| (s, Some(n)));
    let number = |word: &str| -> Option<u32> {
        let named = names
            .iter()
            .position(|name| name.eq_ignore_ascii_case(word));
        let number = match named {
            Some(place) => range.start() + u32::try_from(place).ok()?,
            None if word.bytes().all(|b| b.is_ascii_digit()) => word.parse().ok()?,
            None => return None,
        };
        range.contains(&number).then_some(number)
    };
    let spans = span == "*"
        || match span.split_once('-') {
            Some((from, to)) => matches!((number(from), number(to)), (Some(a), Some(b)) if a <= b),
            None => number(span).is_some(),
        };
    spans && step.is_none_or(|step| step.parse::<u32>().is_ok_and(|step| step > 0))
}

#[cfg(test)]
mod tests {
    use super::is_cron;

    #[test]
    fn five_fields_within_their_ranges() {
        for good in [
            "17 3 * * 1",
            "*/15 0-6 1,15 JAN-mar sun",
            "0 0 31 12 6",
            "5/20 * * * MON-FRI",
        ] {
            assert!(is_cron(good), "{good}");
        }
        for bad in [
            "",
            "17 3 * *",
            "17 3 * * 1 2026",
            "@daily",
            "60 * * * *",
            "* 24 * * *",
            "* * 0 * *",
            "* * * 13 *",
            "* * * * 7",
            "*/0 * * * *",
            "5-1 * * * *",
            "a * * * *",
            "1, * * * *",
            "+1 * * * *",
            "17\t3 * * 1",
        ] {
            assert!(!is_cron(bad), "{bad}");
        }
    }
}
