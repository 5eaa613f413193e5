//! One term of a selector: which values of an axis it means.

use crate::grammar::Version;

/// Parts that must all hold, as in `>=12,!13.0.0`.
#[derive(Clone, Debug)]
pub(crate) struct Term {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    Text(String),
    Glob(String),
    Prefix(Vec<u64>),
    Compare(Comparison, Version),
}

#[derive(Clone, Copy, Debug)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Why a term cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TermFault {
    /// Nothing between two commas, after `!`, or at all.
    Empty,
    /// The text after a comparison is not a version.
    NotAVersion(String),
    /// `=` or `==`, which equality does not need.
    EqualsSign,
    /// `@name` inside a term; a set is a whole selector.
    SetInTerm(String),
    /// Two plain values that must both hold: nothing is both.
    TwoValues(String, String),
}

impl Term {
    /// Reads a term.
    ///
    /// # Errors
    /// When a part is empty, a comparison has no version, a sign is not of this language, or two values would have to
    /// hold at once.
    pub(crate) fn parse(text: &str) -> Result<Self, TermFault> {
        let parts = text
            .split(',')
            .map(|p| Part::parse(p.trim()))
            .collect::<Result<Vec<_>, _>>()?;
        let mut wanted = parts.iter().filter_map(|part| match &part.test {
            Test::Text(text) if !part.negated => Some(text),
            _ => None,
        });
        if let Some(first) = wanted.next()
            && let Some(second) = wanted.find(|second| *second != first)
        {
            return Err(TermFault::TwoValues(first.clone(), second.clone()));
        }
        Ok(Term { parts })
    }

    /// Whether it holds for a text that compares as `version`.
    pub(crate) fn holds_for(&self, text: &str, version: Option<&Version>) -> bool {
        self.parts
            .iter()
            .all(|p| p.negated != p.test.holds(text, version))
    }

    /// The plain values it names, which must exist.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|p| match &p.test {
            Test::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Part {
    fn parse(text: &str) -> Result<Self, TermFault> {
        let (negated, rest) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim_start()),
            None => (false, text),
        };
        Ok(Part {
            negated,
            test: Test::parse(rest)?,
        })
    }
}

impl Test {
    fn parse(text: &str) -> Result<Self, TermFault> {
        for (sign, comparison) in [
            (">=", Comparison::GreaterOrEqual),
            ("<=", Comparison::LessOrEqual),
            (">", Comparison::Greater),
            ("<", Comparison::Less),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                let rest = rest.trim();
                let version =
                    Version::parse(rest).ok_or_else(|| TermFault::NotAVersion(rest.to_owned()))?;
                return Ok(Test::Compare(comparison, version));
            }
        }
        if text.starts_with('=') {
            return Err(TermFault::EqualsSign);
        }
        if let Some(name) = text.strip_prefix('@') {
            return Err(TermFault::SetInTerm(name.to_owned()));
        }
        if text.is_empty() || text.starts_with('!') {
            return Err(TermFault::Empty);
        }
        if !text.contains('*') {
            return Ok(Test::Text(text.to_owned()));
        }
        if let Some(prefix) = text.strip_suffix(".*") {
            let numbers: Option<Vec<u64>> = prefix
                .split('.')
                .map(|n| {
                    if n.bytes().all(|b| b.is_ascii_digit()) {
                        n.parse().ok()
                    } else {
                        None
                    }
                })
                .collect();
            if let Some(numbers) = numbers {
                return Ok(Test::Prefix(numbers));
            }
        }
        Ok(Test::Glob(text.to_owned()))
    }

    fn holds(&self, text: &str, version: Option<&Version>) -> bool {
        match self {
            Test::Text(wanted) => wanted == text,
            Test::Glob(pattern) => glob(pattern, text),
            Test::Prefix(prefix) => version.is_some_and(|v| v.starts_with(prefix)),
            Test::Compare(comparison, wanted) => version.is_some_and(|v| match comparison {
                Comparison::Less => v < wanted,
                Comparison::LessOrEqual => v <= wanted,
                Comparison::Greater => v > wanted,
                Comparison::GreaterOrEqual => v >= wanted,
            }),
        }
    }
}

/// Whether `text` matches `pattern`, in which `*` stands for any run of characters, once at least. Linear in the text for
/// each star.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut last = None;
    for piece in pieces {
        if let Some(middle) = last.replace(piece) {
            match rest.find(middle) {
                Some(at) => rest = &rest[at + middle.len()..],
                None => return false,
            }
        }
    }
    last.is_some_and(|tail| rest.ends_with(tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(term: &str, value: &str) -> bool {
        let term = Term::parse(term).unwrap_or_else(|e| panic!("{term}: {e:?}"));
        term.holds_for(value, Version::parse(value).as_ref())
    }

    #[test]
    fn equality_is_of_text() {
        assert!(holds("12.8", "12.8"));
        assert!(!holds("12.8", "12.8.0"));
    }

    #[test]
    fn a_comma_joins_what_must_all_hold() {
        assert!(holds(">=12,<13", "12.8.1"));
        assert!(!holds(">=12,<13", "13.0.0"));
        assert!(!holds(">=12,!12.8.1", "12.8.1"));
    }

    #[test]
    fn nothing_is_two_values_at_once() {
        let fault = |term| Term::parse(term).err();
        let two = |first: &str, second: &str| TermFault::TwoValues(first.into(), second.into());
        assert_eq!(fault("3.11,3.12"), Some(two("3.11", "3.12")));
        assert_eq!(fault(">=3,3.11,!3.9,3.12"), Some(two("3.11", "3.12")));
        assert_eq!(fault("3.11,3.11"), None);
        assert_eq!(fault("!3.11,!3.12"), None);
    }

    #[test]
    fn ranges_never_hold_for_words_and_their_negation_does() {
        assert!(!holds(">=0", "none"));
        assert!(!holds("<99", "slim"));
        assert!(holds("!>=12", "none"));
    }

    #[test]
    fn a_version_prefix_means_that_version_and_below_it() {
        assert!(holds("12.4.*", "12.4"));
        assert!(holds("12.4.*", "12.4.1"));
        assert!(!holds("12.4.*", "12.40"));
        assert!(!holds("12.*", "none"));
    }

    #[test]
    fn other_stars_are_globs_over_the_text() {
        for (pattern, text, expected) in [
            ("3.1*", "3.11", true),
            ("*", "none", true),
            ("ubuntu*.04", "ubuntu22.04", true),
            ("*a*a", "aa", true),
            ("*a*a", "a", false),
            ("a*b*c", "aXbYc", true),
            ("a*b*c", "acb", false),
            ("ab*b", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn unreadable_terms_say_why() {
        assert_eq!(Term::parse("").err(), Some(TermFault::Empty));
        assert_eq!(Term::parse("a,,b").err(), Some(TermFault::Empty));
        assert_eq!(Term::parse("!!a").err(), Some(TermFault::Empty));
        assert_eq!(
            Term::parse(">=").err(),
            Some(TermFault::NotAVersion(String::new()))
        );
        assert_eq!(Term::parse("==12").err(), Some(TermFault::EqualsSign));
        assert_eq!(
            Term::parse("!@gpu").err(),
            Some(TermFault::SetInTerm("gpu".into()))
        );
    }
}
