//! Patterns of `${NAME#…}`, `${NAME%…}` and `${NAME/…/…}`: `*` is any text, `?` one character, `\` escapes.
//!
//! Source: `convertShellPatternToRegex` in `frontend/dockerfile/shell/lex.go` of BuildKit.

use regex::Regex;

/// `value` without what `pattern` matches at its start: the longest, or the shortest there is.
///
/// # Errors
/// When the pattern escapes what needs no escape.
pub(super) fn without_prefix(value: &str, pattern: &str, longest: bool) -> Result<String, String> {
    let matches = compiled(&units(pattern)?, longest, true)?;
    let end = matches.find(value).map_or(0, |found| found.end());
    Ok(value[end..].to_owned())
}

/// `value` without what `pattern` matches at its end.
///
/// # Errors
/// As [`without_prefix`].
pub(super) fn without_suffix(value: &str, pattern: &str, longest: bool) -> Result<String, String> {
    let mut units = units(pattern)?;
    units.reverse();
    let turned: String = value.chars().rev().collect();
    let matches = compiled(&units, longest, true)?;
    let end = matches.find(&turned).map_or(0, |found| found.end());
    Ok(turned[end..].chars().rev().collect())
}

/// `value` with the first match of `pattern`, or all of them, replaced.
///
/// # Errors
/// As [`without_prefix`].
pub(super) fn replaced(value: &str, pattern: &str, by: &str, all: bool) -> Result<String, String> {
    let matches = compiled(&units(pattern)?, true, false)?;
    if all {
        return Ok(matches.replace_all(value, by).into_owned());
    }
    Ok(match matches.find(value) {
        Some(found) => format!("{}{by}{}", &value[..found.start()], &value[found.end()..]),
        None => value.to_owned(),
    })
}

/// A part of a pattern.
enum Unit {
    Any,
    One,
    Literal(char),
}

fn units(pattern: &str) -> Result<Vec<Unit>, String> {
    let mut units = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        units.push(match c {
            '*' => Unit::Any,
            '?' => Unit::One,
            '\\' => match chars.peek() {
                // Escaped for the sake of the `${…}` around it.
                Some('}' | '/') => continue,
                Some(c @ ('*' | '?' | '\\')) => {
                    let literal = Unit::Literal(*c);
                    chars.next();
                    literal
                }
                Some(c) => {
                    return Err(format!(
                        "`\\{c}` escapes nothing in the pattern `{pattern}`"
                    ));
                }
                None => return Err(format!("the pattern `{pattern}` ends in an escape")),
            },
            c => Unit::Literal(c),
        });
    }
    Ok(units)
}

fn compiled(units: &[Unit], longest: bool, at_start: bool) -> Result<Regex, String> {
    let mut text = String::new();
    if at_start {
        text.push('^');
    }
    for unit in units {
        match unit {
            Unit::Any if longest => text.push_str(".*"),
            Unit::Any => text.push_str(".*?"),
            Unit::One => text.push('.'),
            Unit::Literal(c) => text.push_str(&regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    Regex::new(&text).map_err(|_| "a pattern is too long".to_owned())
}
